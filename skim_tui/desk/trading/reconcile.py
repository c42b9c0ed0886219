"""After each connect and on demand: what the journal meant against what the broker says is (safety rules S3, S4).

Every order, fill and share is explained, repaired, or raised as a mismatch that blocks entries until the operator
acknowledges it. A holding that differs is believed only when two looks in a row say so: a position list may be a
moment older than the fills beside it.
"""

from __future__ import annotations

from skim_tui.crashpoints import crashpoint
from skim_tui.desk.context import Context
from skim_tui.desk.trading.books import Books
from skim_tui.desk.trading.keeper import Keeper
from skim_tui.desk.trading.orders import Orders
from skim_tui.domain.events import BrokerSnapshot
from skim_tui.domain.orders import OrderStatus, OrderUpdate, leg_of
from skim_tui.domain.session import ExchangeDay


def lost_order(order: OrderUpdate, created: float, day: ExchangeDay) -> str:
    """Why one of our live orders that the broker does not list is dead.

    The list of open orders is complete, so an order missing from it, from today's completed orders
    and from the executions cannot work any more.
    """
    if order.status in (OrderStatus.INTENDED, OrderStatus.SENT):
        return "never reached the broker"
    if order.tif == "DAY" and created < day.pre_open:
        return "expired with its session"
    return "no longer at the broker"


class Reconciler:
    """Brings orders, fills and positions in line with the broker's snapshots."""

    def __init__(self, context: Context, orders: Orders, books: Books, keeper: Keeper) -> None:
        self._context = context
        self._orders = orders
        self._books = books
        self._keeper = keeper
        self._doubts: dict[str, int] = {}
        """symbol -> shares at the broker that differed from the books at the last look."""

    def take(self, snapshot: BrokerSnapshot) -> list[str]:
        """Digest one snapshot; the mismatches that nothing explains, one line each."""
        crashpoint("reconcile-begun")
        with self._keeper.taking_stock():
            self._take_fills(snapshot)
            crashpoint("reconcile-fills-taken")
            mismatches = [*self._take_orders(snapshot), *self._oversold(), *self._compare(snapshot)]
        crashpoint("reconcile-done")
        return mismatches

    def _take_fills(self, snapshot: BrokerSnapshot) -> None:
        for fill in sorted(snapshot.fills, key=lambda fill: fill.ts):
            self._keeper.on_fill(fill)
        for fees in snapshot.fees:
            self._keeper.on_fees(fees)

    def _take_orders(self, snapshot: BrokerSnapshot) -> list[str]:
        """What became of every order of ours; orders with our mark that the journal does not know."""
        context, orders = self._context, self._orders
        known_before = frozenset(orders.updates)  # what is sent while the list is read is not on it
        listed: set[str] = set()
        strange: list[str] = []
        for update in (*snapshot.completed_orders, *snapshot.open_orders):
            listed.add(update.ref)
            known = update.ref in orders.updates
            before, after = orders.take(update, listed=not update.status.is_done)
            if known and after != before:
                self._keeper.on_order(after)
            if known:
                continue
            if not update.foreign and not update.status.is_done and leg_of(update.ref):
                strange.append(
                    f"{update.symbol}: order {update.ref} ({update.side} {update.quantity:,}) bears a desk's mark "
                    "and is not in this journal"
                )
        for gone in [ref for ref in orders.foreign if ref not in listed]:
            del orders.foreign[gone]
            context.touch("orders", gone)
        for order in orders.live():
            if order.ref in known_before and order.ref not in listed:
                dead = orders.mark(
                    order.ref, OrderStatus.CANCELLED, lost_order(order, orders.created(order.ref), context.day)
                )
                context.log("warning", f"{order.symbol}: order {order.ref} {dead.reason}")
                self._keeper.on_order(dead)
        return strange

    def _oversold(self) -> list[str]:
        """Exits whose entry the broker's whole list does not hold."""
        return [
            f"{fill.symbol}: execution {fill.exec_id} ({fill.side} {fill.quantity:,}) closes more than was opened"
            for fill in self._books.early.values()
        ]

    def _compare(self, snapshot: BrokerSnapshot) -> list[str]:
        """The books' shares against the account's, symbol by symbol."""
        context, books = self._context, self._books
        held = {report.symbol: report for report in snapshot.positions if report.quantity != 0}
        mismatches: list[str] = []
        doubts: dict[str, int] = {}
        for symbol, position in tuple(books.positions.items()):
            at_broker = held[symbol].quantity if symbol in held else 0
            if at_broker == position.signed:
                continue
            doubts[symbol] = at_broker
            mismatches.append(f"{symbol}: the journal holds {position.signed:,}, the broker {at_broker:,}")
            if self._doubts.get(symbol) == at_broker:
                self._believe(symbol, at_broker)
            else:
                context.broker.resync()
        self._doubts = doubts
        books.strangers = {
            symbol: (report.quantity, report.avg_cost)
            for symbol, report in held.items()
            if symbol not in books.positions
        }
        for symbol in {*books.positions, *books.strangers}:
            context.touch("positions", symbol)
        return mismatches

    def _believe(self, symbol: str, at_broker: int) -> None:
        """The broker holds less than the books, twice in a row: the books follow, so that no stop or exit closes
        what is not there. What it holds beyond the books is not ours and is left alone."""
        position = self._books.positions[symbol]
        missing = position.quantity - max(0, at_broker * position.side.sign)
        if missing <= 0:
            return
        why = "not held at the broker"
        self._books.write_off(symbol, missing, why, self._orders.of_symbol(symbol))
        self._context.journal.save(
            self._keeper.record(position),
            events=[self._context.event("desk", "shares gone", symbol, why, shares=missing)],
        )
        self._context.log("error", f"{symbol}: {missing:,} shares taken off the books: {why}")
        self._context.touch("positions", symbol)
