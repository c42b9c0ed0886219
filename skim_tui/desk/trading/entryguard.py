"""Takes back what an entry has not filled yet once its stop is gone or has acted (safety rule S2)."""

from __future__ import annotations

from skim_tui.desk.context import Context
from skim_tui.desk.trading.orders import Orders
from skim_tui.domain.orders import OrderUpdate, leg_of, ticket_of

ASK_AGAIN = 5.0
"""Real seconds after which an entry that still works is cancelled again."""


def why_not_entering(stops: list[OrderUpdate], targets: list[OrderUpdate]) -> str:
    """Why an entry with these orders around it must not fill any further; empty while it may.

    A stop that acted says that the trade is over: a purchase afterwards would be into the fall (a short sale into
    the rise), beyond a stop price that is no protection any more.
    """
    if any(order.filled for order in (*stops, *targets)):
        return "its position is being closed already"
    if stops and all(order.status.is_done for order in stops):
        return f"its stop is {stops[-1].status}"
    return ""


class EntryGuard:
    """Watches every entry that still works together with its stops."""

    def __init__(self, context: Context, orders: Orders) -> None:
        self._context = context
        self._orders = orders
        self._asked: dict[str, float] = {}
        """Ticket -> when its entry was last cancelled here, by the operator's clock."""

    def on_order(self, update: OrderUpdate) -> None:
        """One of our orders changed. Call it when the keeper had its turn: it may have placed another stop."""
        if leg_of(update.ref) in ("E", "S", "T"):
            self._check(ticket_of(update.ref))

    def on_time(self) -> None:
        for order in self._orders.live():
            if leg_of(order.ref) == "E":
                self._check(ticket_of(order.ref))

    def _check(self, ticket_id: str) -> None:
        entry = self._orders.working_entry(ticket_id)
        if entry is None:
            self._asked.pop(ticket_id, None)
            return
        family = self._orders.of_ticket(ticket_id)
        why = why_not_entering(
            [order for order in family if leg_of(order.ref) == "S"],
            [order for order in family if leg_of(order.ref) == "T"],
        )
        now = self._context.wall()
        if not why or now - self._asked.get(ticket_id, float("-inf")) < ASK_AGAIN:
            return
        self._asked[ticket_id] = now
        self._context.log("error", f"{entry.symbol}: entry {entry.ref} is cancelled: {why}")
        not_sent = self._orders.cancel(entry.ref, "desk", why)
        if not_sent:
            self._context.log("error", f"{entry.symbol}: entry not cancelled: {not_sent}")
