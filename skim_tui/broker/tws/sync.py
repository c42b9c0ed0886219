"""Asking the broker for its whole truth: positions, orders, executions, money, as one snapshot."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from ib_async.objects import ExecutionFilter

from skim_tui.broker.port import BrokerError
from skim_tui.broker.tws.account import Account
from skim_tui.broker.tws.errors import NoAnswer
from skim_tui.broker.tws.orders import OrderBook
from skim_tui.broker.tws.session import Session
from skim_tui.domain.events import BrokerSnapshot

ANSWER_TIMEOUT = 10.0
"""Local seconds for each list. A gateway that has just restarted takes several."""


EXECUTIONS_TIMEOUT = 4.0
"""... and for the executions, whose end a gateway may never send: what protects shares must not wait for it."""


class SyncFailed(BrokerError):
    """A part of the truth did not come; the message names it."""


async def take_snapshot(
    session: Session,
    book: OrderBook,
    account: Account,
    *,
    subscribe_account: bool,
    notice: Callable[[str], None],
    now: Callable[[], float],
) -> BrokerSnapshot:
    """Ask for everything at once and put the answers together. ``now`` is local monotonic time.

    Raises :class:`SyncFailed` when a list does not come whole, with one exception: gateways are known to
    leave out the end of the list of executions, so what came of it is used and the operator is told.
    """
    wire = session.wire
    book.begin_sync()
    account.begin_positions()
    executions = session.new_request_id()
    wanted = ExecutionFilter(acctCode=account.account)
    if session.client_id == 0:
        wire.reqAutoOpenOrders(True)
    lists: dict[str, tuple[int | str, Callable[[], None]]] = {
        "positions": ("positions", wire.reqPositions),
        "open orders": ("open orders", wire.reqAllOpenOrders),
        "completed orders": ("completed orders", lambda: wire.reqCompletedOrders(False)),
        "executions": (executions, lambda: wire.reqExecutions(executions, wanted)),
    }
    if subscribe_account:
        lists["account values"] = ("account", lambda: wire.reqAccountUpdates(True, account.account))
    answers = await asyncio.gather(
        *(
            session.ask(key, send, EXECUTIONS_TIMEOUT if name == "executions" else ANSWER_TIMEOUT)
            for name, (key, send) in lists.items()
        ),
        return_exceptions=True,
    )
    for name, answer in zip(lists, answers, strict=True):
        if not isinstance(answer, BaseException):
            continue
        if name == "executions" and isinstance(answer, NoAnswer) and session.is_open:
            notice("the broker did not end its list of executions: today's fills may be incomplete")
            continue
        if isinstance(answer, BrokerError):
            raise SyncFailed(f"{name}: {answer}") from answer
        raise answer
    account.end_positions()
    lost = book.end_sync(now())
    if lost:
        notice(f"not at the broker any more: {', '.join(lost)}")
    return BrokerSnapshot(
        account=account.report(),
        positions=account.positions,
        open_orders=book.open_orders(),
        completed_orders=book.completed_orders(),
        fills=book.fills,
        fees=book.fees,
    )
