"""The order book of our clients: validation, brackets, OCA groups, matching against the tape."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from skim_tui.domain.fees import FeeSchedule
from skim_tui.domain.instrument import Instrument, price
from skim_tui.domain.orders import Side
from skim_tui.exchange.account import Account
from skim_tui.exchange.model import Execution, Rejected, SimOrder

TYPES = ("MKT", "LMT", "STP", "STP LMT")
TIFS = ("DAY", "GTC", "IOC")
REDUCING = (2, 3)
"""OCA types that reduce the other orders instead of cancelling them."""


@dataclass(slots=True)
class Market:
    """What an order can trade against right now. Sizes shrink as orders take them."""

    bid: float
    bid_size: int
    ask: float
    ask_size: int
    last: float
    low: float
    high: float
    """The current bar's range: no fill lies outside it."""


class Book:
    """Every order of the run, and the matching of the live ones. It knows no doors and no tape."""

    def __init__(
        self,
        account_id: str,
        currency: str,
        account: Account,
        fees: FeeSchedule,
        instruments: dict[str, Instrument],
        *,
        now: Callable[[], float],
        is_open: Callable[[str], bool],
        market: Callable[[str], Market | None],
        on_order: Callable[[SimOrder], None],
        on_execution: Callable[[Execution], None],
        allow_short: bool = False,
    ) -> None:
        self._account_id = account_id
        self._currency = currency
        self._account = account
        self._fees = fees
        self._instruments = instruments
        self._now = now
        self._is_open = is_open
        self._market = market
        self._on_order = on_order
        self._on_execution = on_execution
        self._allow_short = allow_short
        self.orders: dict[int, SimOrder] = {}
        self.executions: list[Execution] = []
        self.live: dict[str, list[SimOrder]] = {}
        """Released orders that may still fill, by symbol, oldest first: time priority."""
        self._values: dict[int, Decimal] = {}
        self._next_perm = 900_000_001

    # ---- commands -------------------------------------------------------------------------------

    def submit(self, order: SimOrder) -> None:
        """Take an order in. Raises :class:`Rejected`."""
        self._validate(order, order.quantity, order.limit, order.stop)
        order.perm_id, self._next_perm = self._next_perm, self._next_perm + 1
        order.account = order.account or self._account_id
        order.entered = self._now()
        self.orders[order.perm_id] = order
        if not order.transmit:
            return
        family = [order]
        if order.parent_id or any(self._is_child(other, order) for other in self.orders.values()):
            root = order.parent_id or order.order_id
            family = [
                other
                for other in self.orders.values()
                if other.client_id == order.client_id
                and root in (other.order_id, other.parent_id)
                and (other.status == "ApiPending")
            ]
            family.sort(key=lambda other: (other.order_id != root, other.perm_id))
        for member in family:
            self._release(member)
        for member in family:
            if not member.is_done:
                self._match_one(member)

    def modify(
        self,
        order: SimOrder,
        *,
        quantity: int | None = None,
        limit: Decimal | None = None,
        stop: Decimal | None = None,
        tif: str | None = None,
        type: str | None = None,
    ) -> None:
        """Change terms in place. Raises :class:`Rejected`; the old terms then stay."""
        if order.is_done:
            raise Rejected(201, f"Order rejected - reason:Cannot modify order, state: {order.status}")
        new_quantity = order.quantity if quantity is None else quantity
        new_limit = order.limit if limit is None else limit
        new_stop = order.stop if stop is None else stop
        if new_quantity <= order.filled:
            raise Rejected(201, f"Order rejected - reason:{order.filled} shares are filled already")
        self._validate(order, new_quantity, new_limit, new_stop)
        order.quantity, order.limit, order.stop = new_quantity, new_limit, new_stop
        order.tif, order.type = tif or order.tif, type or order.type
        order.modifications += 1
        self._on_order(order)
        self._match_one(order)

    def cancel(self, order: SimOrder, reason: str = "") -> None:
        """Cancel. Raises :class:`Rejected` 10148 when the order is done."""
        if order.is_done:
            raise Rejected(
                10148,
                f"OrderId {order.order_id} that needs to be cancelled cannot be cancelled, state: {order.status}.",
            )
        self._finish(order, "Cancelled", reason)
        self._orphan(order)

    def expire_day_orders(self) -> None:
        """The session is over: DAY orders end, GTC orders stay."""
        for order in [order for book in self.live.values() for order in book]:
            if order.tif == "DAY" and not order.is_done:
                self._finish(order, "Cancelled", "expired at the end of the session")
                self._orphan(order)

    # ---- matching -------------------------------------------------------------------------------

    def match(self, symbol: str) -> None:
        """Match the live orders of ``symbol`` against the market as it stands."""
        for order in list(self.live.get(symbol, ())):
            if not order.is_done:
                self._match_one(order)

    def _match_one(self, order: SimOrder) -> None:
        symbol = order.symbol
        if order.status == "ApiPending" or not self._is_open(symbol):
            return
        market = self._market(symbol)
        capacity = self._capacity(order)
        if market is None or capacity <= 0:
            return
        if order.status == "PreSubmitted" and order.type in ("MKT", "LMT") and not order.why_held.startswith("child"):
            order.status = "Submitted"
            self._on_order(order)
        if order.type in ("STP", "STP LMT") and not order.triggered:
            assert order.stop is not None
            stop = float(order.stop)
            if not (market.last <= stop if order.side is Side.SELL else market.last >= stop):
                return
            order.triggered, order.status, order.why_held = True, "Submitted", ""
            self._on_order(order)
        buying = order.side is Side.BUY
        if buying:
            quoted, shown = min(market.ask, market.high), market.ask_size
        else:
            quoted, shown = max(market.bid, market.low), market.bid_size
        if quoted <= 0.0:
            return
        at = price(quoted)
        if order.limit is not None and (at > order.limit if buying else at < order.limit):
            return
        quantity = min(capacity, shown)
        if quantity > 0:
            if buying:
                market.ask_size -= quantity
            else:
                market.bid_size -= quantity
            self._execute(order, quantity, at)
        if order.tif == "IOC" and not order.is_done:
            self._finish(order, "Cancelled", "immediate or cancel")
            self._orphan(order)

    def _capacity(self, order: SimOrder) -> int:
        """Shares an order may fill now: a child never more than its parent has filled."""
        parent = self._parent(order)
        if parent is None or parent.status == "Filled":
            return order.remaining
        return min(order.remaining, parent.filled - order.filled)

    def _execute(self, order: SimOrder, quantity: int, at: Decimal) -> None:
        value = self._values.get(order.perm_id, Decimal(0)) + at * quantity
        self._values[order.perm_id] = value
        order.filled += quantity
        commission = self._fees.order_fee(order.filled, value) - order.commission
        order.commission += commission
        order.avg_price, order.last_price = value / order.filled, at
        realised = self._account.apply(order.symbol, order.side, quantity, at, commission)
        if order.remaining == 0:
            self._finish(order, "Filled", "", tell=False)
        execution = Execution(
            exec_id=f"0000e0d5.{order.perm_id:08x}.{len(self.executions) + 1:06d}.01",
            perm_id=order.perm_id,
            order_id=order.order_id,
            client_id=order.client_id,
            order_ref=order.order_ref,
            account=order.account,
            symbol=order.symbol,
            side=order.side,
            quantity=quantity,
            price=at,
            ts=self._now(),
            cum_quantity=order.filled,
            avg_price=order.avg_price,
            liquidity=2,
            commission=commission,
            currency=self._currency,
            realised=realised,
        )
        self.executions.append(execution)
        self._on_execution(execution)
        self._on_order(order)
        for child in self._children(order):
            if child.why_held.startswith("child"):
                child.why_held = "trigger" if child.type.startswith("STP") else ""
                if not child.type.startswith("STP"):
                    child.status = "Submitted"
                self._on_order(child)
        self._reduce_group(order, quantity)

    def _reduce_group(self, order: SimOrder, quantity: int) -> None:
        """What an OCA fill does to the other orders of its group."""
        group = self._group(order)
        if not group:
            return
        for other in list(self.live.get(order.symbol, ())):
            if other is order or other.is_done or self._group(other) != group:
                continue
            if order.oca_type in REDUCING and other.remaining > quantity:
                other.quantity -= quantity
                self._on_order(other)
            else:
                self._finish(other, "Cancelled", "another order of its OCA group was filled")

    # ---- families -------------------------------------------------------------------------------

    def _release(self, order: SimOrder) -> None:
        parent = self._parent(order)
        if parent is not None and parent.is_done and parent.filled == 0:
            self._finish(order, "Cancelled", "its parent is not live")
            return
        waits = parent is not None and parent.filled == 0
        stop = order.type.startswith("STP")
        order.why_held = ",".join(word for word in ("child" if waits else "", "trigger" if stop else "") if word)
        order.status = "Submitted" if not waits and not stop and self._is_open(order.symbol) else "PreSubmitted"
        self.live.setdefault(order.symbol, []).append(order)
        self._on_order(order)

    def _finish(self, order: SimOrder, status: str, reason: str, *, tell: bool = True) -> None:
        order.status, order.reason, order.finished, order.why_held = status, reason, self._now(), ""
        book = self.live.get(order.symbol, [])
        if order in book:
            book.remove(order)
        if tell:
            self._on_order(order)

    def _orphan(self, parent: SimOrder) -> None:
        """Children of an entry that ended early protect what was filled, or end with it."""
        for child in self._children(parent):
            if parent.filled == 0:
                self._finish(child, "Cancelled", "its parent was cancelled")
            elif child.quantity > parent.filled:
                child.quantity = parent.filled
                self._on_order(child)

    @staticmethod
    def _is_child(order: SimOrder, parent: SimOrder) -> bool:
        return order.client_id == parent.client_id and bool(order.parent_id) and order.parent_id == parent.order_id

    def _children(self, parent: SimOrder) -> list[SimOrder]:
        return [
            order for order in self.live.get(parent.symbol, ()) if self._is_child(order, parent) and not order.is_done
        ]

    def _parent(self, order: SimOrder) -> SimOrder | None:
        if not order.parent_id:
            return None
        for other in self.orders.values():
            if other.client_id == order.client_id and other.order_id == order.parent_id:
                return other
        return None

    @staticmethod
    def _group(order: SimOrder) -> str:
        if order.oca_group:
            return order.oca_group
        return f"#{order.client_id}.{order.parent_id}" if order.parent_id else ""

    # ---- what may be sent -----------------------------------------------------------------------

    def _validate(self, order: SimOrder, quantity: int, limit: Decimal | None, stop: Decimal | None) -> None:
        instrument = self._instruments[order.symbol]
        if order.type not in TYPES:
            raise Rejected(201, f"Order rejected - reason:order type {order.type} is not supported")
        if order.tif not in TIFS:
            raise Rejected(10052, f"Invalid time in force:{order.tif or 'Empty'}")
        if quantity <= 0 or quantity % instrument.lot:
            raise Rejected(201, f"Order rejected - reason:quantity {quantity} is not a positive number of lots")
        for named in (limit, stop):
            if named is not None and not instrument.ladder.is_on(named):
                raise Rejected(110, "The price does not conform to the minimum price variation for this contract.")
        if order.side is Side.SELL:
            self._validate_sale(order, quantity)
        elif order.perm_id == 0:
            self._validate_purchase(order, instrument, quantity, limit or stop)

    def _validate_sale(self, order: SimOrder, quantity: int) -> None:
        if self._allow_short or order.parent_id:
            return
        group = self._group(order)
        others = sum(
            other.remaining
            for other in self.live.get(order.symbol, ())
            if other.side is Side.SELL
            and other is not order
            and not (group and self._group(other) == group)
            and not other.parent_id
        )
        held = self._account.quantity(order.symbol) - others + order.filled
        if quantity > held:
            raise Rejected(201, f"Order rejected - reason:short sale: {quantity} to sell, {max(held, 0)} available")

    def _validate_purchase(self, order: SimOrder, instrument: Instrument, quantity: int, named: Decimal | None) -> None:
        market = self._market(order.symbol)
        if named is None:
            if market is None or market.ask <= 0.0:
                raise Rejected(201, "Order rejected - reason:no market data for a market order")
            named = price(market.ask)
        value = named * quantity
        if value < instrument.min_order_value and self._account.quantity(order.symbol) <= 0:
            raise Rejected(
                201,
                f"Order rejected - reason:opening order of {value:.2f} is below the minimum of "
                f"{instrument.min_order_value} {instrument.currency}",
            )
        committed = sum(
            (other.limit or Decimal(0)) * other.remaining
            for book in self.live.values()
            for other in book
            if other.side is Side.BUY
        )
        if value > self._account.cash - committed:
            raise Rejected(
                201,
                "Order rejected - reason:YOUR ORDER IS NOT ACCEPTED. IN ORDER TO OBTAIN THE DESIRED POSITION YOUR "
                f"AVAILABLE FUNDS [{self._account.cash - committed:.2f} {self._currency}] MUST EXCEED [{value:.2f}]",
            )
