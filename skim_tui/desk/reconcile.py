"""After each connect: what the journal meant against what the broker says is (safety rules S3, S4)."""

from __future__ import annotations

from skim_tui.desk.context import Context
from skim_tui.desk.keeper import Keeper
from skim_tui.desk.orders import Orders
from skim_tui.domain.events import BrokerSnapshot
from skim_tui.domain.orders import OrderStatus, OrderUpdate
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


def reconcile(context: Context, snapshot: BrokerSnapshot, orders: Orders, keeper: Keeper) -> list[str]:
    """Bring orders, fills and positions in line with the broker; returns the mismatches that nothing
    explains, one line each."""
    for fill in sorted(snapshot.fills, key=lambda fill: fill.ts):
        keeper.on_fill(fill)
    for fees in snapshot.fees:
        keeper.on_fees(fees)

    listed: set[str] = set()
    for update in (*snapshot.completed_orders, *snapshot.open_orders):
        listed.add(update.ref)
        orders.take(update)
        if not update.foreign:
            keeper.on_order(update)
    for gone in [ref for ref in orders.foreign if ref not in listed]:
        del orders.foreign[gone]
        context.touch("orders", gone)
    for order in orders.live():
        if order.ref not in listed:
            dead = orders.mark(
                order.ref, OrderStatus.CANCELLED, lost_order(order, orders.created(order.ref), context.day)
            )
            context.log("warning", f"{order.symbol}: order {order.ref} {dead.reason}")
            keeper.on_order(dead)

    mismatches: list[str] = []
    held = {report.symbol: report for report in snapshot.positions if report.quantity != 0}
    for symbol, position in tuple(keeper.positions.items()):
        at_broker = held[symbol].quantity if symbol in held else 0
        if at_broker == position.quantity:
            continue
        mismatches.append(f"{symbol}: the journal holds {position.quantity:,}, the broker {at_broker:,}")
        if at_broker == 0:
            keeper.vanish(symbol, "not held at the broker")
    keeper.strangers = {
        symbol: (report.quantity, report.avg_cost) for symbol, report in held.items() if symbol not in keeper.positions
    }
    for symbol in {*keeper.positions, *keeper.strangers}:
        context.touch("positions", symbol)
    for symbol in tuple(keeper.positions):
        keeper.check(symbol)
    return mismatches
