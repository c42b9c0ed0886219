"""Requests about orders: placed, changed, tried out, cancelled, listed; and each change told in a gateway's order."""

from __future__ import annotations

from datetime import datetime

from skim_tui.domain.session import ExchangeDay, Phase
from skim_tui.exchange.model import Execution, Rejected, SimOrder
from skim_tui.exchange.tws import orders
from skim_tui.exchange.tws.client import Client, Handler
from skim_tui.exchange.tws.contracts import find, home_of, zone_of
from skim_tui.exchange.tws.executions import ExecutionFilter
from skim_tui.exchange.tws.orderrules import PRESET_TIF, order_of
from skim_tui.exchange.tws.placement import Placement, read_placement
from skim_tui.exchange.tws.whatif import what_if
from skim_tui.exchange.tws.wire import Reader

DUPLICATE = 103
LOCATING = 404, "Order held while securities are located."
"""What a sale is told for which shares have to be borrowed first. Source: ib_insync issue 328."""
INACTIVE_AFTER = frozenset({110, 201})
"""Refusals after which TWS reports the order Inactive; the others are errors alone."""

TERMS = (
    "quantity", "limit", "stop", "tif", "type", "trail_amount", "trail_percent", "limit_offset", "good_till",
    "good_after", "outside_rth",
)  # fmt: skip
"""What a second placeOrder with the same id may change."""

CONTINUOUS = ("MKT", "LMT", "MTL", "STP", "STP LMT", "TRAIL", "TRAIL LIMIT", "MIT", "LIT")
"""Order types that wait for continuous trading and are warned about outside of it."""


class OrderRequests:
    """One client's orders."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._exchange = client.exchange
        self._highest_order = 0
        self._own = {order.order_id: order for order in client.exchange.orders.values() if order.client_id == client.id}
        self._told: dict[int, object] = {}
        """By perm id, what was last told of an order."""
        self._session: list[SimOrder] = []
        """Orders of this connection, for the answer to a global cancel."""
        self._binds = False
        self._locating: set[int] = set()
        """Perm ids of orders whose owner knows that shares are looked for."""
        self.handlers: dict[int, Handler] = {
            3: self._place_order, 4: self._cancel_order, 5: self._open_orders, 7: self._executions, 8: self._next_id,
            15: self._auto_open_orders, 16: self._all_open_orders, 58: self._global_cancel, 99: self._completed_orders,
        }  # fmt: skip

    def greet(self) -> None:
        """Own open orders, as a gateway sends them at once to a client that comes back."""
        own = self._open(own=True)
        for order in own:
            self._tell(order)
        if own:
            self._client.out.send([53, 1])

    def next_order_id(self) -> int:
        self._highest_order = max(self._highest_order, self._exchange.next_order_id(self._client.id) - 1)
        return self._highest_order + 1

    # ---- the exchange speaks ----------------------------------------------------------------------

    def on_order(self, order: SimOrder) -> None:
        if order.client_id != self._client.id:
            if self._binds and order.order_id == 0:
                self._bind(order)
            return
        self._own.setdefault(order.order_id, order)
        if order.status == "ApiPending" or self._told.get(order.perm_id) == _face(order):
            return
        out = self._client.out
        if order.status == "Cancelled":
            self._remember(order)
            out.send(orders.order_status(order))
            self._client.error(order.order_id, 202, f"Order Canceled - reason:{order.reason}")
            return
        if order.perm_id not in self._told and order.status == "Submitted":
            self._tell(order, "PreSubmitted")
        self._tell(order)
        self._warn_of_locate(order)

    def _warn_of_locate(self, order: SimOrder) -> None:
        if not order.waits_locate:
            self._locating.discard(order.perm_id)
        elif order.perm_id not in self._locating:
            self._locating.add(order.perm_id)
            self._client.error(order.order_id, *LOCATING)

    def on_execution(self, execution: Execution) -> None:
        """Execution, order and status without its fee, both again with the fee, and the fee itself."""
        if execution.client_id != self._client.id:
            return
        out, order = self._client.out, self._exchange.orders[execution.perm_id]
        instrument = self._exchange.instruments[execution.symbol]
        if execution.perm_id not in self._told:
            self._tell(order, "PreSubmitted", unfilled=True)
        out.send(orders.exec_details(execution, instrument, self._client.version))
        state = orders.state_of(order, instrument)
        for told in (orders.before_fee(state, execution, order), state):
            out.send(self._open_order(order, told))
            out.send(orders.order_status(order))
        self._remember(order)
        out.send(orders.commission_report(execution))

    # ---- placing ------------------------------------------------------------------------------------

    def _next_id(self, reader: Reader) -> None:
        self._client.out.send([9, 1, self.next_order_id()])

    def _place_order(self, reader: Reader) -> None:
        placement = read_placement(reader, self._client.version)
        try:
            self._take(placement)
        except Rejected as refusal:
            self._client.error(placement.order_id, refusal.code, refusal.text)

    def _take(self, placement: Placement) -> None:
        exchange, order_id = self._exchange, placement.order_id
        instrument = find(exchange, placement.named)
        order = order_of(placement, self._client.id, exchange.account_id, exchange.day(), exchange.now())
        order.symbol = instrument.symbol
        if placement.flag("whatIf"):
            self._client.out.send(self._open_order(order, what_if(exchange, order, instrument)))
            return
        known = self._own.get(order_id)
        if known is not None:
            self._change(known, order)
            return
        if order_id <= self._highest_order:
            raise Rejected(DUPLICATE, "Duplicate order id")
        if order.parent_id:
            parent = self._own.get(order.parent_id)
            if parent is None or parent.status == "Inactive":
                raise Rejected(135, f"Can't find order with id ={order.parent_id}")
        self._highest_order = max(self._highest_order, order_id)
        self._enter(order, placement)

    def _enter(self, order: SimOrder, placement: Placement) -> None:
        if not placement.text("tif"):
            self._client.error(order.order_id, 10349, PRESET_TIF)
        self._own[order.order_id] = order
        self._session.append(order)
        try:
            self._exchange.submit(order)
        except Rejected as refusal:
            self._refused(order, refusal)
            return
        until = self._opens(order)
        if until and order.transmit:
            day = self._exchange.day()
            self._client.error(order.order_id, 399, _not_before(order, day.mic, day.local(until)))

    def _refused(self, order: SimOrder, refusal: Rejected) -> None:
        """The order is dead before it lived. Its id stays used."""
        order.status, order.reason, order.finished = "Inactive", refusal.text, self._exchange.now()
        self._client.error(order.order_id, refusal.code, refusal.text)
        if refusal.code in INACTIVE_AFTER:
            self._client.out.send(orders.order_status(order))

    def _change(self, known: SimOrder, order: SimOrder) -> None:
        """The same order id again: new terms. Raises :class:`Rejected`; the old terms then stay."""
        if known.status == "Filled":
            raise Rejected(104, "Cannot modify a filled order.")
        if known.is_done:
            raise Rejected(DUPLICATE, "Duplicate order id")
        if (known.symbol, known.side) != (order.symbol, order.side):
            raise Rejected(105, "Order being modified does not match original order.")
        if known.status == "ApiPending":
            self._change_parked(known, order)
        elif _terms(known) == _terms(order):
            self._tell(known)
        else:
            self._modify(known, order)

    def _change_parked(self, known: SimOrder, order: SimOrder) -> None:
        """Nothing was told of it yet. It may change its family, and be transmitted at last."""
        known.parent_id, known.oca_group, known.oca_type = order.parent_id, order.oca_group, order.oca_type
        known.order_ref = order.order_ref
        if _terms(known) != _terms(order):
            self._modify(known, order)
        if order.transmit:
            self._exchange.transmit(known)

    def _modify(self, known: SimOrder, order: SimOrder) -> None:
        before, known.wire = known.wire, order.wire
        try:
            self._exchange.modify(known, **{name: getattr(order, name) for name in TERMS})
        except Rejected:
            known.wire = before
            raise

    def _opens(self, order: SimOrder) -> float:
        """When an order that came outside of trading hours will be placed at the exchange; 0 when it is there."""
        day, now = self._exchange.day(), self._exchange.now()
        waits = order.status == "PreSubmitted" and order.type in CONTINUOUS and order.tif != "OPG"
        if not waits or order.waits_parent or order.good_after > now:
            return 0.0
        if day.phase(now, order.symbol) is not Phase.CLOSED:
            return 0.0
        try:
            coming = day if now < day.open else self._exchange.calendar.current_or_next(now)
        except LookupError:
            return 0.0  # the calendar ends here
        return coming.open_of(order.symbol)

    # ---- cancelling ---------------------------------------------------------------------------------

    def _cancel_order(self, reader: Reader) -> None:
        reader.skip()
        order_id = reader.integer()
        order = self._own.get(order_id)
        if order is None or order.status == "Inactive":
            self._client.error(order_id, 10147, f"OrderId {order_id} that needs to be cancelled is not found.")
            return
        try:
            self._exchange.cancel(order)
        except Rejected as refusal:
            self._client.error(order_id, refusal.code, refusal.text)

    def _global_cancel(self, reader: Reader) -> None:
        done = [order for order in self._session if order.is_done and order.perm_id]
        for order in [order for order in self._exchange.orders.values() if not order.is_done]:
            if not order.is_done:  # a cancelled parent takes its children along
                self._exchange.cancel(order)
        for order in done:
            text = f"Cancel attempted when order is not in a cancellable state.  Order permId ={order.perm_id}"
            self._client.error(order.order_id, 161, text)

    # ---- listing ------------------------------------------------------------------------------------

    def _open_orders(self, reader: Reader) -> None:
        if self._client.id == 0:
            self._bind_all()
        for order in self._open(own=True):
            self._tell(order)
        self._client.out.send([53, 1])

    def _all_open_orders(self, reader: Reader) -> None:
        for order in self._open(own=False):
            self._tell(order)
        self._client.out.send([53, 1])

    def _auto_open_orders(self, reader: Reader) -> None:
        reader.skip()
        binds = reader.flag()
        if self._client.id != 0:
            raise Rejected(
                327, "Only API connections with clientId set to 0 can set the auto bind TWS orders property."
            )
        self._binds = binds
        if binds:
            self._bind_all()

    def _bind_all(self) -> None:
        for order in self._open(own=False):
            if order.order_id == 0:
                self._bind(order)

    def _bind(self, order: SimOrder) -> None:
        """An order placed by hand becomes client 0's, with an id of its own."""
        order.client_id, order.order_id = 0, self.next_order_id()
        self._highest_order = order.order_id
        self._own[order.order_id] = order
        self._client.out.send([100, order.perm_id, 0, order.order_id])
        self._tell(order)

    def _completed_orders(self, reader: Reader) -> None:
        api_only = reader.flag()
        since, exchange = _midnight(self._exchange.day()), self._exchange
        for order in exchange.orders.values():
            if order.is_done and order.finished >= since and not (api_only and order.order_id == 0):
                parent = self._parent(order)
                self._client.out.send(
                    orders.completed_order(
                        order, exchange.instruments[order.symbol], self._client.version,
                        group=self._group(order), parent=parent.perm_id if parent else 0,
                    )
                )  # fmt: skip
        self._client.out.send([102])

    def _executions(self, reader: Reader) -> None:
        reader.skip()
        request_id = reader.integer()
        wanted = ExecutionFilter.read(reader, self._exchange.day())
        since = _midnight(self._exchange.day())
        for execution in self._exchange.executions:
            instrument = self._exchange.instruments[execution.symbol]
            if execution.ts >= since and wanted.takes(execution, instrument):
                self._client.out.send(orders.exec_details(execution, instrument, self._client.version, request_id))
                self._client.out.send(orders.commission_report(execution))
        self._client.out.send([55, 1, request_id])

    # ---- telling ------------------------------------------------------------------------------------

    def _tell(self, order: SimOrder, status: str = "", *, unfilled: bool = False) -> None:
        """Order and status; ``status`` is one it passed through, ``unfilled`` before its first fill."""
        instrument = self._exchange.instruments[order.symbol]
        state = orders.OrderState(status) if status else orders.state_of(order, instrument)
        self._client.out.send(self._open_order(order, state))
        told = orders.order_status(order, status)
        if unfilled:
            told[3:6], told[8] = [0, order.quantity, "0"], "0"
        self._client.out.send(told)
        if not status:
            self._remember(order)

    def _remember(self, order: SimOrder) -> None:
        if order.client_id == self._client.id:
            self._told[order.perm_id] = _face(order)

    def _open_order(self, order: SimOrder, state: orders.OrderState) -> list[object]:
        instrument = self._exchange.instruments[order.symbol]
        return orders.open_order(order, instrument, self._client.version, group=self._group(order), state=state)

    def _group(self, order: SimOrder) -> str:
        """A bracket's children are told in a group named after their parent."""
        parent = None if order.oca_group else self._parent(order)
        return order.oca_group or (str(parent.perm_id) if parent else "")

    def _parent(self, order: SimOrder) -> SimOrder | None:
        if not order.parent_id:
            return None
        if order.client_id == self._client.id:
            return self._own.get(order.parent_id)
        for other in self._exchange.orders.values():
            if (other.client_id, other.order_id) == (order.client_id, order.parent_id):
                return other
        return None

    def _open(self, *, own: bool) -> list[SimOrder]:
        found = self._own if own else self._exchange.orders
        return [order for order in found.values() if not order.is_done and order.status != "ApiPending"]


def _terms(order: SimOrder) -> list[object]:
    return [getattr(order, name) for name in TERMS]


def _face(order: SimOrder) -> object:
    """What a client can see of an order that changes."""
    return (
        order.status, order.filled, order.quantity, order.limit, order.stop, order.tif, order.type, order.why_held,
        order.modifications, order.trail_stop, order.commission,
    )  # fmt: skip


def _midnight(day: ExchangeDay) -> float:
    """Executions and completed orders are known since the start of the exchange's day."""
    return day.local(day.open).replace(hour=0, minute=0, second=0).timestamp()


def _not_before(order: SimOrder, mic: str, until: datetime) -> str:
    """The text of a 399 for an order that waits for the exchange to open."""
    home = home_of(mic)
    listing = f"{home}.NMS" if home == "NASDAQ" else home
    return (
        f"Order Message:\n{order.side.value} {order.quantity} {order.symbol} {listing}\nWarning: Your order will not be "
        f"placed at the exchange until {until:%Y-%m-%d %H:%M:%S} {zone_of(mic)}."
    )
