"""The order book of our clients: every order's life from acceptance to its end, and what it is told."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

from skim_tui.domain.fees import FeeSchedule
from skim_tui.exchange.account import Account
from skim_tui.exchange.families import REDUCING, Families
from skim_tui.exchange.model import Execution, Rejected, SimOrder
from skim_tui.exchange.sessions import Trading
from skim_tui.exchange.validation import Rules, Terms
from skim_tui.exchange.venue import Venue

FIRST_PERM = 900_000_001
TOO_LATE = "Order rejected - reason:Order has been cancelled already, too late to replace"


class Book:
    """Orders are accepted, released, filled, changed and ended here; who fills them is the matcher's business."""

    def __init__(
        self,
        account_id: str,
        account: Account,
        fees: FeeSchedule,
        venue: Venue,
        families: Families,
        rules: Rules,
        *,
        on_order: Callable[[SimOrder], None],
        on_execution: Callable[[Execution], None],
    ) -> None:
        self.account_id = account_id
        self._account = account
        self._fees = fees
        self._venue = venue
        self._families = families
        self._rules = rules
        self._on_order = on_order
        self._on_execution = on_execution
        self.attempt: Callable[[SimOrder], None] = lambda order: None
        """Matches one order at once: the matcher's."""
        self.looking: Callable[[SimOrder], None] = lambda order: None
        """Shares to borrow are looked for from now on: the timetable's."""
        self.executions: list[Execution] = []
        self.next_perm = FIRST_PERM
        self.next_execution = 1
        self._place = 0

    @property
    def orders(self) -> dict[int, SimOrder]:
        return self._families.orders

    def take_up(self, orders: list[SimOrder]) -> None:
        """Orders of an earlier run of the exchange, as they stood."""
        for order in sorted(orders, key=lambda order: order.priority):
            self._families.add(order)
            self._place = max(self._place, order.priority)
            if not order.is_done and order.status != "ApiPending":
                self._families.live.setdefault(order.symbol, []).append(order)

    # ---- commands -------------------------------------------------------------------------------

    def submit(self, order: SimOrder) -> None:
        """Take an order in. Raises :class:`Rejected`."""
        terms = Terms.of(order)
        terms.drop_unused()
        order.reserve = self._rules.check(order, terms)
        terms.put_on(order)
        order.perm_id, self.next_perm = self.next_perm, self.next_perm + 1
        order.account = order.account or self.account_id
        order.entered = self._venue.now()
        if order.type == "TRAIL LIMIT" and order.limit_offset is None and order.limit and order.trail_stop:
            order.limit_offset = abs(order.trail_stop - order.limit)
        self._families.add(order)
        if order.transmit:
            self._transmit(order)

    def transmit(self, order: SimOrder) -> None:
        """Release a parked order and the family that waits with it."""
        order.transmit = True
        if order.status == "ApiPending":
            self._transmit(order)

    def modify(self, order: SimOrder, **changes: Any) -> None:
        """Change terms in place; None leaves one. Raises :class:`Rejected`; the old terms then stay."""
        if order.is_done:
            raise Rejected(201, f"Order rejected - reason:Cannot modify order, state: {order.status}")
        old = Terms.of(order)
        new = replace(old, **{name: value for name, value in changes.items() if value is not None})
        new.drop_unused()
        if new.quantity <= order.filled:
            raise Rejected(201, f"Order rejected - reason:{order.filled} shares are filled already")
        if self._venue.state(order.symbol) is Trading.CALL and not order.waits_trigger and not order.waits_parent:
            raise Rejected(201, "Order rejected - reason:no order can be changed while the auction uncrosses")
        reserve = self._rules.check(order, new)
        if new.limit != old.limit and (refusal := self._rules.band_refusal(order, new.limit)):
            self.cancel(order, refusal)
            raise Rejected(201, TOO_LATE)
        new.put_on(order)
        order.reserve = reserve
        if new.type != old.type:
            order.triggered = False
        if new.type != old.type or new.quantity != old.quantity:
            self._hold(order)
        if new.limit != old.limit or new.quantity > old.quantity or new.type != old.type:
            self._queue_up(order)
        order.modifications += 1
        self._on_order(order)
        self.attempt(order)

    def cancel(self, order: SimOrder, reason: str = "") -> None:
        """Cancel. Raises :class:`Rejected` 10148 when the order is done."""
        if order.is_done:
            raise Rejected(
                10148,
                f"OrderId {order.order_id} that needs to be cancelled cannot be cancelled, state: {order.status}.",
            )
        self.end(order, reason)

    def end(self, order: SimOrder, reason: str) -> None:
        """The exchange cancels what is left of a live order, for ``reason``."""
        self._finish(order, "Cancelled", reason)
        self._cut_children(order)
        self.locate(order.symbol)

    def locate(self, symbol: str) -> None:
        """Set free what was held for want of shares to sell short, where they are there now."""
        for order in [order for order in self._families.live.get(symbol, ()) if order.waits_locate]:
            if not order.is_done and order.waits_locate and not self._rules.must_locate(order):
                order.why_held = self._why_held(order)
                if self._stands(order):
                    order.status = "Submitted"
                self._queue_up(order)
                self._on_order(order)
                self.attempt(order)

    def expire(self, applies: Callable[[SimOrder], bool], reason: str) -> None:
        """End every live order for which ``applies`` holds."""
        for order in [order for book in self._families.live.values() for order in book]:
            if not order.is_done and applies(order):
                self.end(order, reason)

    # ---- what the matcher does to an order ----------------------------------------------------------

    def execute(self, order: SimOrder, quantity: int, at: Decimal, *, liquidity: int = 2) -> None:
        """Fill ``quantity`` shares at ``at``, and all that follows from it."""
        currency = self._venue.instruments[order.symbol].currency
        order.filled += quantity
        order.value += at * quantity
        commission = self._fees.order_fee(order.filled, order.value) - order.commission
        order.commission += commission
        order.avg_price, order.last_price = order.value / order.filled, at
        realised = self._account.apply(order.symbol, order.side, quantity, at, commission, currency)
        if order.remaining == 0:
            self._finish(order, "Filled", "", tell=False)
        execution = Execution(
            exec_id=f"0000e0d5.{order.perm_id:08x}.{self.next_execution:06d}.01",
            perm_id=order.perm_id,
            order_id=order.order_id,
            client_id=order.client_id,
            order_ref=order.order_ref,
            account=order.account,
            symbol=order.symbol,
            side=order.side,
            quantity=quantity,
            price=at,
            ts=self._venue.now(),
            cum_quantity=order.filled,
            avg_price=order.avg_price,
            liquidity=liquidity,
            commission=commission,
            currency=currency,
            realised=realised,
        )
        self.next_execution += 1
        self.executions.append(execution)
        self._on_execution(execution)
        self._on_order(order)
        for child in self._families.children(order):
            if child.waits_parent:
                child.why_held = "trigger" if child.waits_trigger else ""
                if not child.waits_trigger and self._venue.state(child.symbol) is Trading.CONTINUOUS:
                    child.status = "Submitted"
                self._on_order(child)
        if order.is_done:
            self._cut_children(order)
        self._reduce_group(order, quantity)
        self.locate(order.symbol)

    def set_off(self, order: SimOrder) -> None:
        """Its trigger was reached: it is a live market or limit order from now on."""
        order.triggered, order.status, order.why_held = True, "Submitted", ""
        self._queue_up(order)
        self._on_order(order)

    def forget_queues(self, symbol: str = "") -> None:
        """A new book is being made (of every listing if none is named): nobody's place is known in it."""
        for book in [self._families.live.get(symbol, [])] if symbol else self._families.live.values():
            for order in book:
                order.resting, order.queue_ahead = False, -1

    def set_working(self, order: SimOrder) -> None:
        """The market of a held order is open: it stands at the exchange."""
        order.status = "Submitted"
        self._on_order(order)

    # ---- details ----------------------------------------------------------------------------------

    def _transmit(self, order: SimOrder) -> None:
        family = self._families.unpark(order)
        for member in family:
            self._release(member)
        for member in family:
            if not member.is_done:
                self.attempt(member)

    def _release(self, order: SimOrder) -> None:
        parent = self._families.parent(order)
        if parent is not None and parent.is_done and parent.filled == 0:
            self._finish(order, "Cancelled", "its parent is not live")
            return
        self._hold(order)
        order.status = "Submitted" if self._stands(order) else "PreSubmitted"
        self._queue_up(order)
        self._families.live.setdefault(order.symbol, []).append(order)
        if refusal := self._rules.band_refusal(order, order.limit):
            order.status = "PreSubmitted"
            self._on_order(order)
            self.end(order, refusal)
            return
        self._on_order(order)

    def _hold(self, order: SimOrder) -> None:
        """Say anew for what the order waits, if for anything."""
        order.why_held = self._why_held(order)
        if order.waits_locate:
            order.status = "PreSubmitted"
            self.looking(order)

    def _stands(self, order: SimOrder) -> bool:
        """Whether nothing keeps it from the market."""
        trading = self._venue.state(order.symbol) is Trading.CONTINUOUS and _is_continuous(order)
        return trading and not order.why_held and order.good_after <= self._venue.now()

    def _why_held(self, order: SimOrder) -> str:
        parent = self._families.parent(order)
        reasons = {
            "child": parent is not None and parent.filled == 0,
            "locate": self._rules.must_locate(order),
            "trigger": order.waits_trigger,
        }
        return ",".join(word for word, holds in reasons.items() if holds)

    def _queue_up(self, order: SimOrder) -> None:
        self._place += 1
        order.priority, order.resting, order.queue_ahead = self._place, False, -1

    def _finish(self, order: SimOrder, status: str, reason: str, *, tell: bool = True) -> None:
        order.status, order.reason, order.finished, order.why_held = status, reason, self._venue.now(), ""
        book = self._families.live.get(order.symbol, [])
        if order in book:
            book.remove(order)
        if tell:
            self._on_order(order)

    def _cut_children(self, parent: SimOrder) -> None:
        """Children of an entry that is over protect what was filled, or end with it."""
        left = self._families.uncovered(parent)
        for child in self._families.children(parent):
            if left <= 0:
                self._finish(child, "Cancelled", "its parent was cancelled")
            elif child.remaining > left:
                child.quantity = child.filled + left
                self._on_order(child)

    def _reduce_group(self, order: SimOrder, quantity: int) -> None:
        """What an OCA fill does to the other orders of its group: one for one in the same listing, in proportion
        in another."""
        before = order.remaining + quantity
        for other in self._families.peers(order):
            cut = quantity if other.symbol == order.symbol else -(-other.remaining * quantity // before)
            if order.oca_type in REDUCING and other.remaining > cut:
                other.quantity -= cut
                self._on_order(other)
            else:
                self.end(other, "another order of its OCA group was filled")


def _is_continuous(order: SimOrder) -> bool:
    return order.tif != "OPG" and order.type not in ("MOC", "LOC")
