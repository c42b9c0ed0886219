"""Our own book of the account's orders, kept by reference and perm id from the raw TWS messages.

The client library's own order objects are not used: it marks live orders cancelled on informational
codes and drops them all when the connection is lost.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal

from skim_tui.broker.tws.errors import Verdict, order_verdict
from skim_tui.broker.tws.orderrecord import (
    STATUS,
    OrderEvent,
    Record,
    Ruling,
    corrected_execution,
    is_our_ref,
    next_status,
    ref_of,
    why,
)
from skim_tui.broker.tws.reports import ExecutionReport, OrderReport, StatusReport
from skim_tui.domain.orders import Fill, FillFees, OrderSpec, OrderStatus, OrderUpdate

GRACE = 10.0
"""Local seconds in which an order just sent need not be in the broker's lists yet."""

KEEP_DONE = 2_000
KEEP_FILLS = 20_000


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
        self._listing = False
        """The broker's lists are coming."""

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

    def reserve(self, order_id: int) -> None:
        """An order that is not ours has this id: it is not to be given to a new one."""
        self._next_id = max(self._next_id, order_id + 1)

    def owns_id(self, order_id: int) -> bool:
        """Whether ``order_id`` names an order of this client."""
        return (self.client_id, order_id) in self._by_id

    def find(self, ref: str) -> Record | None:
        return self._records.get(ref)

    # ---- what we do -----------------------------------------------------------------------------

    def sent(self, spec: OrderSpec, order_id: int, parent_id: int, oca_type: int, now: float) -> Record:
        """An order of ours leaves; ``now`` is local monotonic time."""
        record = Record(
            update=OrderUpdate.first(spec, OrderStatus.SENT),
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
                status=next_status(record, STATUS.get(report.status), filled, update.quantity),
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
            corrected = corrected_execution(report.exec_id, self._fills)
            if corrected:
                text = f"{report.contract.symbol}: execution {corrected} was corrected by {report.exec_id}"
                return Ruling(notice=text, ask=True)
            ref = record.update.ref if record is not None else ref_of(report.ref, report.perm_id)
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
                del self._fills[next(iter(self._fills))]
            events.append(fill)
            fees = self._fees.get(report.exec_id)
            if fees is not None:
                events.append(fees)
        if record is not None:
            record.seen = self._sync
            update = record.update
            filled = max(update.filled, report.filled)
            events += self._set(
                record,
                replace(
                    update,
                    status=next_status(record, None, filled, update.quantity),
                    filled=filled,
                    avg_price=report.avg_price if report.filled >= update.filled else update.avg_price,
                    perm_id=report.perm_id or update.perm_id,
                ),
            )
        return Ruling(tuple(events))

    def take_fees(self, fees: FillFees) -> list[OrderEvent]:
        """A commissionReport message. One that comes before its execution is told after it; one of another
        market's execution never."""
        if self._fees.get(fees.exec_id) == fees:
            return []
        self._fees[fees.exec_id] = fees
        while len(self._fees) > KEEP_FILLS:
            del self._fees[next(iter(self._fees))]
        return [fees] if fees.exec_id in self._fills else []

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
                reason = record.update.reason or why(text)
                return Ruling(tuple(self._set(record, replace(record.update, reason=reason))))
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
        self._listing = True

    def end_sync(self, now: float) -> list[str]:
        """The lists are complete. Live orders that none of them named are UNKNOWN from now on, except
        those just sent on this connection. Returns the references of our lost orders."""
        self._listing = False
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
        return tuple(fees for exec_id, fees in self._fees.items() if exec_id in self._fills)

    # ---- details --------------------------------------------------------------------------------

    def _take_terms(self, report: OrderReport) -> list[OrderEvent]:
        ours = is_our_ref(report.ref)
        record = self._by_perm.get(report.perm_id) if report.perm_id else None
        if record is None and ours:
            record = self._records.get(report.ref)
        status = STATUS.get(report.status)
        if record is None:
            ref = report.ref if ours else ref_of("", report.perm_id or report.order_id)
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
        if self._listing and known.status is OrderStatus.REJECTED and status is not None and not status.is_done:
            record.said_done = False  # "Inactive" is not always the end: the list of open orders decides
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
            status=next_status(record, status, filled, quantity),
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
        return self._set(record, replace(update, status=status, reason=update.reason or why(text)))

    def _identify(self, record: Record, order_id: int, client_id: int, perm_id: int) -> None:
        if order_id > 0:
            record.order_id, record.client_id = order_id, client_id
            self._by_id[(client_id, order_id)] = record
            self.reserve(order_id)
        if perm_id:
            self._by_perm[perm_id] = record

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
