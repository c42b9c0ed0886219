"""Our own book of the account's orders, kept by reference and perm id from the raw TWS messages.

The client library's own order objects are not used: it marks live orders cancelled on informational
codes and drops them all when the connection is lost.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal

from skim_tui.broker.tws.errors import Verdict, order_verdict
from skim_tui.broker.tws.reports import ExecutionReport, OrderReport, StatusReport
from skim_tui.domain.orders import Fill, FillFees, OrderSpec, OrderStatus, OrderUpdate

OrderEvent = OrderUpdate | Fill | FillFees

_OUR_REF = re.compile(r"\S+\.[A-Z]\d*")
"""The shape of :func:`skim_tui.domain.orders.order_ref`; any other reference is not this desk's."""

_STATUS = {
    "ApiPending": OrderStatus.SENT,
    "PendingSubmit": OrderStatus.SENT,
    "PreSubmitted": OrderStatus.HELD,
    "Submitted": OrderStatus.WORKING,
    "Filled": OrderStatus.FILLED,
    "Cancelled": OrderStatus.CANCELLED,
    "ApiCancelled": OrderStatus.CANCELLED,
    "Inactive": OrderStatus.REJECTED,
}
"""PendingCancel is not here: until the cancel is confirmed the order is what it was."""

GRACE = 10.0
"""Local seconds in which an order just sent need not be in the broker's lists yet."""

KEEP_DONE = 2_000
KEEP_FILLS = 20_000


@dataclass(slots=True)
class Record:
    """One order: what is known of it, and what a change of it must send again."""

    update: OrderUpdate
    order_id: int = 0
    client_id: int = -1
    con_id: int = 0
    outside_rth: bool = False
    oca_group: str = ""
    oca_type: int = 0
    parent_id: int = 0
    sent_at: float = 0.0
    connection: int = 0
    """The connection it was sent on; 0 when another program sent it."""
    seen: int = 0
    """The last sync in which the broker spoke of it."""
    said_done: bool = False
    """The broker's status, not an error code, ended it."""
    doubtful: bool = False
    """A message raised doubt: only the broker's lists decide."""


@dataclass(frozen=True, slots=True)
class Ruling:
    """What a message about an order led to."""

    events: tuple[OrderEvent, ...] = ()
    notice: str = ""
    """What the operator should read; empty when the events say it all."""
    ask: bool = False
    """The broker must be asked for its whole truth."""


class OrderBook:
    """Every order of the account that the broker or we spoke of. Duplicates change nothing; shares
    filled never go back; a fill supersedes a cancel."""

    def __init__(self, client_id: int) -> None:
        self.client_id = client_id
        self._records: dict[str, Record] = {}
        self._by_perm: dict[int, Record] = {}
        self._by_id: dict[tuple[int, int], Record] = {}
        self._fills: dict[str, Fill] = {}
        self._fees: dict[str, FillFees] = {}
        self._next_id = 1
        self._connection = 0
        self._sync = 0

    # ---- identities -----------------------------------------------------------------------------

    def begin_connection(self, next_valid_id: int) -> None:
        """A new connection: order ids of the one before may have been given out again, so orders are
        found by reference and perm id until the broker names their ids anew."""
        self._connection += 1
        self._by_id.clear()
        self._next_id = max(self._next_id, next_valid_id)

    def new_id(self) -> int:
        """An order id that neither we nor, as far as known, the broker have used."""
        self._next_id += 1
        return self._next_id - 1

    def owns_id(self, order_id: int) -> bool:
        """Whether ``order_id`` names an order of this client."""
        return (self.client_id, order_id) in self._by_id

    def find(self, ref: str) -> Record | None:
        return self._records.get(ref)

    # ---- what we do -----------------------------------------------------------------------------

    def sent(self, spec: OrderSpec, order_id: int, parent_id: int, oca_type: int, now: float) -> Record:
        """An order of ours leaves; ``now`` is local monotonic time."""
        update = OrderUpdate(
            ref=spec.ref,
            symbol=spec.symbol,
            side=spec.side,
            type=spec.type,
            quantity=spec.quantity,
            status=OrderStatus.SENT,
            filled=0,
            remaining=spec.quantity,
            avg_price=Decimal(0),
            limit_price=spec.limit_price,
            stop_price=spec.stop_price,
            tif=spec.tif.value,
        )
        record = Record(
            update=update,
            order_id=order_id,
            client_id=self.client_id,
            outside_rth=spec.outside_rth,
            oca_group=spec.oca_group,
            oca_type=oca_type,
            parent_id=parent_id,
            sent_at=now,
            connection=self._connection,
            seen=self._sync,
        )
        self._records[spec.ref] = record
        self._by_id[(self.client_id, order_id)] = record
        return record

    # ---- what the broker says -------------------------------------------------------------------

    def take_open(self, report: OrderReport) -> list[OrderEvent]:
        """An openOrder message: the order's terms as they now stand, and its state."""
        return self._take_terms(report)

    def take_completed(self, report: OrderReport) -> list[OrderEvent]:
        """A completedOrder message: how an order of today ended."""
        return self._take_terms(report)

    def take_status(self, report: StatusReport) -> list[OrderEvent]:
        """An orderStatus message. One about an order never introduced is left to its openOrder."""
        record = self._by_perm.get(report.perm_id) if report.perm_id else None
        if record is None:
            record = self._by_id.get((report.client_id, report.order_id))
            if record is None or record.update.perm_id not in (0, report.perm_id):
                return []
        record.seen = self._sync
        self._identify(record, report.order_id, report.client_id, report.perm_id)
        update = record.update
        filled = max(update.filled, report.filled)
        return self._set(
            record,
            replace(
                update,
                status=self._next_status(record, _STATUS.get(report.status), filled, update.quantity),
                filled=filled,
                avg_price=report.avg_price or update.avg_price,
                perm_id=report.perm_id or update.perm_id,
            ),
        )

    def take_execution(self, report: ExecutionReport) -> Ruling:
        """An execDetails message; one with a known execution id changes nothing."""
        record = self._by_perm.get(report.perm_id) or self._records.get(report.ref)
        events: list[OrderEvent] = []
        if report.exec_id not in self._fills:
            corrected = self._corrected(report.exec_id)
            if corrected:
                text = f"{report.contract.symbol}: execution {corrected} was corrected by {report.exec_id}"
                return Ruling(notice=text, ask=True)
            ref = record.update.ref if record is not None else self._ref_of(report.ref, report.perm_id)
            fill = Fill(
                exec_id=report.exec_id,
                ref=ref,
                symbol=report.contract.symbol,
                side=report.side,
                quantity=report.quantity,
                price=report.price,
                ts=report.ts,
                perm_id=report.perm_id,
            )
            self._fills[report.exec_id] = fill
            while len(self._fills) > KEEP_FILLS:
                oldest = next(iter(self._fills))
                del self._fills[oldest]
                self._fees.pop(oldest, None)
            events.append(fill)
        if record is not None:
            record.seen = self._sync
            update = record.update
            filled = max(update.filled, report.filled)
            events += self._set(
                record,
                replace(
                    update,
                    status=self._next_status(record, None, filled, update.quantity),
                    filled=filled,
                    avg_price=report.avg_price if report.filled >= update.filled else update.avg_price,
                    perm_id=report.perm_id or update.perm_id,
                ),
            )
        return Ruling(tuple(events))

    def take_fees(self, fees: FillFees) -> list[OrderEvent]:
        """A commissionReport message."""
        if self._fees.get(fees.exec_id) == fees:
            return []
        self._fees[fees.exec_id] = fees
        return [fees]

    def take_error(self, order_id: int, code: int, text: str) -> Ruling:
        """An error message about one of this client's orders."""
        record = self._by_id.get((self.client_id, order_id))
        if record is None:
            return Ruling(notice=text)
        ref, status = record.update.ref, record.update.status
        match order_verdict(code):
            case Verdict.CANCELLED:
                return Ruling(tuple(self._end(record, OrderStatus.CANCELLED, text)))
            case Verdict.REFUSED if status is OrderStatus.SENT:
                return Ruling(tuple(self._end(record, OrderStatus.REJECTED, text)))
            case Verdict.REFUSED if status.is_done:
                # The status came first and says how; the message says why.
                why = text if not record.update.reason else record.update.reason
                return Ruling(tuple(self._set(record, replace(record.update, reason=why))))
            case Verdict.ALIVE:
                return Ruling(notice=f"{ref}: {text}")
            case Verdict.TOO_LATE if status.is_done:
                return Ruling()
            case _:
                record.doubtful = not status.is_done
                return Ruling(notice=f"{ref}: {text}", ask=not status.is_done)

    # ---- the whole truth ------------------------------------------------------------------------

    def begin_sync(self) -> None:
        """The broker's lists are about to come."""
        self._sync += 1

    def end_sync(self, now: float) -> list[str]:
        """The lists are complete. Live orders that none of them named are UNKNOWN from now on, except
        those just sent on this connection. Returns the references of our lost orders."""
        lost: list[str] = []
        for record in self._records.values():
            update = record.update
            if update.status.is_done or update.status is OrderStatus.UNKNOWN or record.seen == self._sync:
                continue
            fresh = record.connection == self._connection and now - record.sent_at < GRACE
            if fresh and update.status is OrderStatus.SENT and not record.doubtful:
                continue
            record.update = replace(update, status=OrderStatus.UNKNOWN)
            if not update.foreign:
                lost.append(update.ref)
        self._prune()
        return lost

    def open_orders(self) -> tuple[OrderUpdate, ...]:
        """Every order that lives at the broker or is on its way there."""
        live = (OrderStatus.SENT, OrderStatus.HELD, OrderStatus.WORKING)
        return tuple(record.update for record in self._records.values() if record.update.status in live)

    def completed_orders(self) -> tuple[OrderUpdate, ...]:
        """The orders known to be done, of the last days at most."""
        return tuple(record.update for record in self._records.values() if record.update.status.is_done)

    @property
    def fills(self) -> tuple[Fill, ...]:
        return tuple(self._fills.values())

    @property
    def fees(self) -> tuple[FillFees, ...]:
        return tuple(self._fees.values())

    # ---- details --------------------------------------------------------------------------------

    def _take_terms(self, report: OrderReport) -> list[OrderEvent]:
        ours = _OUR_REF.fullmatch(report.ref) is not None
        record = self._by_perm.get(report.perm_id) if report.perm_id else None
        if record is None and ours:
            record = self._records.get(report.ref)
        status = _STATUS.get(report.status)
        if record is None:
            ref = report.ref if ours else self._ref_of("", report.perm_id or report.order_id)
            record = Record(
                OrderUpdate(
                    ref=ref,
                    symbol=report.contract.symbol,
                    side=report.side,
                    type=report.type,
                    quantity=report.quantity,
                    status=OrderStatus.SENT,
                    filled=0,
                    remaining=report.quantity,
                    avg_price=Decimal(0),
                    foreign=not ours,
                )
            )
            self._records[ref] = record
        known = record.update
        record.seen = self._sync
        if report.order_id or not record.order_id:
            record.outside_rth = report.outside_rth
            record.con_id = report.contract.con_id
            if record.connection == 0:  # learned from the broker: a change sends back what it said
                record.oca_group, record.oca_type = report.oca_group, report.oca_type
                record.parent_id = report.parent_id
        self._identify(record, report.order_id, report.client_id, report.perm_id)
        quantity = report.quantity or known.quantity
        filled = max(known.filled, report.filled)
        if status is OrderStatus.FILLED:
            filled = max(filled, quantity)
        after = replace(
            known,
            status=self._next_status(record, status, filled, quantity),
            type=report.type,
            quantity=quantity,
            limit_price=report.limit,
            stop_price=report.stop,
            tif=report.tif or known.tif,
            perm_id=report.perm_id or known.perm_id,
            filled=filled,
            reason=known.reason or (report.reason if status is not OrderStatus.FILLED else ""),
        )
        return self._set(record, after)

    @staticmethod
    def _next_status(record: Record, said: OrderStatus | None, filled: int, quantity: int) -> OrderStatus:
        known = record.update.status
        if known is OrderStatus.FILLED or 0 < quantity <= filled:
            return OrderStatus.FILLED
        if said is None:
            return known
        if said.is_done:
            record.said_done = True
            record.doubtful = False
            return said
        if known.is_done:
            # Messages of one connection come in order, so a live status after an error code revives the
            # order; after a final status it is a late duplicate.
            return known if record.said_done else said
        if said is OrderStatus.SENT and known.is_resting:
            return known
        record.doubtful = False
        return said

    def _set(self, record: Record, update: OrderUpdate) -> list[OrderEvent]:
        done = update.status.is_done
        update = replace(update, remaining=0 if done else max(0, update.quantity - update.filled))
        if update == record.update:
            return []
        record.update = update
        return [update]

    def _end(self, record: Record, status: OrderStatus, text: str) -> list[OrderEvent]:
        update = record.update
        if update.status is OrderStatus.FILLED:
            return []
        status = update.status if update.status.is_done else status
        return self._set(record, replace(update, status=status, reason=update.reason or _why(text)))

    def _identify(self, record: Record, order_id: int, client_id: int, perm_id: int) -> None:
        if order_id > 0:
            record.order_id, record.client_id = order_id, client_id
            self._by_id[(client_id, order_id)] = record
            if client_id == self.client_id:
                self._next_id = max(self._next_id, order_id + 1)
        if perm_id:
            self._by_perm[perm_id] = record

    @staticmethod
    def _ref_of(ref: str, perm_id: int) -> str:
        """The reference of an order not in the book: ours as it stands, else one made of the perm id."""
        return ref if _OUR_REF.fullmatch(ref) else f"tws-{perm_id}"

    def _corrected(self, exec_id: str) -> str:
        """The known execution that ``exec_id`` corrects: the same id but for its last number."""
        head, dot, revision = exec_id.rpartition(".")
        if not dot or not _IS_EXEC_ID.fullmatch(exec_id) or revision == "01":
            return ""
        earlier = (f"{head}.{number:02d}" for number in range(int(revision) - 1, 0, -1))
        return next((candidate for candidate in earlier if candidate in self._fills), "")

    def _prune(self) -> None:
        done = [ref for ref, record in self._records.items() if record.update.status.is_done]
        gone = [
            ref
            for ref, record in self._records.items()
            if record.update.foreign and record.update.status is OrderStatus.UNKNOWN
        ]
        self._drop([*gone, *done[: max(0, len(done) - KEEP_DONE)]])

    def _drop(self, refs: Iterable[str]) -> None:
        for ref in refs:
            record = self._records.pop(ref, None)
            if record is None:
                continue
            self._by_perm.pop(record.update.perm_id, None)
            self._by_id.pop((record.client_id, record.order_id), None)


_IS_EXEC_ID = re.compile(r"[0-9a-f]{8}\.[0-9a-f]{8}\.\d\d\.\d\d")


def _why(text: str) -> str:
    """The reason inside a cancel or reject message, e.g. ``Order rejected - reason:...``."""
    _, mark, reason = text.partition("reason:")
    return (reason if mark else text).strip()
