"""Bringing an account over the end of the exchange's process: when to write its state, and how to take it up again."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Collection
from dataclasses import replace
from datetime import date

from skim_tui.domain.session import ExchangeDay
from skim_tui.exchange.account import Account
from skim_tui.exchange.book import Book
from skim_tui.exchange.families import Families
from skim_tui.exchange.model import SimOrder
from skim_tui.exchange.statefile import State, StateError, StateFile

log = logging.getLogger(__name__)


def resume_time(state: State | None, dates: Collection[date], opens: Callable[[date], float]) -> float | None:
    """The exchange time at which a saved account goes on: where its session was left, or the open of the tape's
    next one. None when it can only begin the tape anew, or when there is nothing to take up."""
    if state is None or not is_busy(state):
        return None
    if state.session in dates and not state.finished:
        return state.ts
    later = [day for day in dates if day > state.session]
    return opens(min(later)) if later else None


def is_busy(state: State) -> bool:
    """Whether the account holds, has ordered or has traded something in its session."""
    traded = bool(state.executions) and not state.finished
    return bool(state.positions) or traded or any(not order.is_done for order in state.orders)


class Survival:
    """Writes the state after everything that changes it, before the loop goes on. Without a file it does nothing."""

    def __init__(
        self,
        file: StateFile | None,
        account: Account,
        book: Book,
        families: Families,
        *,
        now: Callable[[], float],
        day: Callable[[], ExchangeDay],
    ) -> None:
        self._file = file
        self._account = account
        self._book = book
        self._families = families
        self._now = now
        self._day = day
        self._ready = False
        self._dirty = False
        self._finished = False
        self._later: asyncio.TimerHandle | None = None

    def restore(self, listed: Collection[str]) -> State | None:
        """Take up what was saved; None when nothing was. Raises :class:`StateError`."""
        self._ready = True
        if self._file is None or (state := self._file.load()) is None:
            return None
        self._check(state, self._file, listed)
        same = state.session == self._day().date and not state.finished
        account, book = self._account, self._book
        account.balances, account.positions = state.balances, state.positions
        account.realised_in, account.commissions_in = state.realised, state.commissions
        book.account_id = state.account_id
        book.next_perm, book.next_execution = state.next_perm, state.next_execution
        book.executions = state.executions if same else []
        self._families.highest_ids.update(state.highest_ids)
        book.take_up(state.orders if same else self._outliving(state.orders))
        return state

    def changed(self) -> None:
        """An order, an execution or the account changed."""
        self._dirty = True

    def session_began(self) -> None:
        self._finished, self._dirty = False, True

    def session_ended(self) -> None:
        """Day orders have expired."""
        self._finished, self._dirty = True, True

    def save(self) -> None:
        """Write what changed, unless the last write was so slow that this one has to wait a moment."""
        if self._file is None or not self._dirty or not self._ready:
            return
        if (wait := self._file.wait) > 0.0 and self._write_later(wait):
            return
        self._write()

    def close(self) -> None:
        """Write what has not been written; the process ends."""
        if self._later is not None:
            self._later.cancel()
        if self._file is not None and self._ready:
            self._write()

    # ---- details ----------------------------------------------------------------------------------

    def _write_later(self, wait: float) -> bool:
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            return False
        if self._later is None:
            self._later = loop.call_later(wait, self._write)
        return True

    def _write(self) -> None:
        assert self._file is not None
        if self._later is not None:
            self._later.cancel()
            self._later = None
        self._dirty = False
        try:
            self._file.save(self._state())
        except StateError as error:
            self._dirty = True  # tried again with the next change; trading goes on
            log.error("the account's state is not saved: %s", error)

    def _state(self) -> State:
        account, book, begin = self._account, self._book, self._day().pre_open
        return State(
            account_id=book.account_id,
            currency=account.currency,
            balances=account.balances,
            positions=account.positions,
            realised=account.realised_in,
            commissions=account.commissions_in,
            orders=[order for order in book.orders.values() if not order.is_done or order.finished >= begin],
            executions=[execution for execution in book.executions if execution.ts >= begin],
            next_perm=book.next_perm,
            next_execution=book.next_execution,
            highest_ids=self._families.highest_ids,
            session=self._day().date,
            finished=self._finished,
            ts=self._now(),
        )

    def _check(self, state: State, file: StateFile, listed: Collection[str]) -> None:
        if state.currency != self._account.currency:
            raise StateError(f"{file.path}: an account in {state.currency}, not in {self._account.currency}")
        named = {*state.positions, *(order.symbol for order in state.orders)}
        if unknown := sorted(named - set(listed)):
            raise StateError(f"{file.path}: {unknown[0]} is not listed on this tape")

    def _outliving(self, orders: list[SimOrder]) -> list[SimOrder]:
        """Of the orders of an earlier session those that are good for longer, their children cut to what was filled."""
        now = self._now()
        kept: list[SimOrder] = []
        by_id = {(order.client_id, order.order_id): order for order in orders}
        for order in orders:
            lasts = order.tif in ("GTC", "OPG") or (order.tif == "GTD" and order.good_till > now)
            if order.is_done or order.status == "ApiPending" or not lasts:
                continue
            parent = by_id.get((order.client_id, order.parent_id)) if order.parent_id else None
            if parent is not None and not parent.is_done and parent.tif == "DAY":
                if parent.filled == 0:
                    continue
                order = replace(order, quantity=min(order.quantity, parent.filled))
            kept.append(order)
        return kept
