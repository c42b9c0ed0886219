"""Requests about orders, and what the exchange says of them."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

from skim_tui.domain.orders import Side
from skim_tui.exchange.model import Execution, Rejected, SimOrder
from skim_tui.exchange.tws import orders
from skim_tui.exchange.tws.client import Client, Handler
from skim_tui.exchange.tws.contracts import find
from skim_tui.exchange.tws.wire import Reader


class OrderRequests:
    """One client's orders: placed, changed, cancelled, listed; and told as they change."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._highest_order = 0
        self.handlers: dict[int, Handler] = {
            3: self._place_order, 4: self._cancel_order, 5: self._open_orders, 7: self._executions, 8: self._next_id,
            16: self._all_open_orders, 58: self._global_cancel, 99: self._completed_orders,
        }  # fmt: skip

    def greet(self) -> None:
        """Own open orders, as a gateway sends them at once to a client that comes back."""
        own = self._own_open_orders()
        for order in own:
            self._tell(order)
        if own:
            self._client.out.send([53, 1])

    def next_order_id(self) -> int:
        self._highest_order = max(self._highest_order, self._client.exchange.next_order_id(self._client.id) - 1)
        return self._highest_order + 1

    def on_order(self, order: SimOrder) -> None:
        if order.client_id != self._client.id:
            return
        self._tell(order)
        if order.status == "Cancelled":
            self._client.error(order.order_id, 202, f"Order Canceled - reason:{order.reason}")

    def on_execution(self, execution: Execution) -> None:
        if execution.client_id == self._client.id:
            self._client.out.send(orders.exec_details(execution, self._client.exchange.instruments[execution.symbol]))
            self._client.out.send(orders.commission_report(execution))

    # ---- requests ---------------------------------------------------------------------------------

    def _next_id(self, reader: Reader) -> None:
        self._client.out.send([9, 1, self.next_order_id()])

    def _place_order(self, reader: Reader) -> None:
        order, named, what_if = orders.read_place_order(reader, self._client.id)
        instrument = find(self._client.exchange, named)
        order.symbol = instrument.symbol
        if what_if:
            self._what_if(order)
            return
        known = self._own(order.order_id)
        try:
            if known is not None:
                self._replace(known, order)
                return
            if order.order_id <= self._highest_order:
                raise Rejected(103, "Duplicate order id")
            self._highest_order = order.order_id
            self._client.exchange.submit(order)
        except Rejected as refusal:
            self._client.error(order.order_id, refusal.code, refusal.text)
            if known is None and refusal.code != 103:
                order.status, order.account = "Inactive", self._client.exchange.account_id
                self._client.out.send(orders.order_status(order))

    def _replace(self, known: SimOrder, order: SimOrder) -> None:
        """The same order id again: new terms, or the leg that transmits a parked order."""
        if known.is_done:
            raise (
                Rejected(103, "Duplicate order id")
                if known.status == "Inactive"
                else Rejected(201, f"Order rejected - reason:Cannot modify an order in state {known.status}")
            )
        same = order.quantity == known.quantity and order.limit == known.limit and order.stop == known.stop
        if same and order.tif == known.tif and order.type == known.type:
            self._tell(known)
            return
        self._client.exchange.modify(
            known, quantity=order.quantity, limit=order.limit, stop=order.stop, tif=order.tif, type=order.type
        )

    def _what_if(self, order: SimOrder) -> None:
        exchange = self._client.exchange
        quote = exchange.quote(order.symbol)
        at = order.limit or Decimal(str(quote.ask if quote else 0))
        change, equity = at * order.quantity * order.side.sign, exchange.equity()
        order.account = exchange.account_id
        state = {
            "status": "PreSubmitted", "init_before": 0, "maint_before": 0, "equity_before": equity, "init_change": change,
            "maint_change": change, "equity_change": 0, "init_after": change, "maint_after": change,
            "equity_after": equity, "commission": max(Decimal(6), at * order.quantity * Decimal("0.0008")),
        }  # fmt: skip
        self._client.out.send(orders.open_order(order, exchange.instruments[order.symbol], state=state))

    def _cancel_order(self, reader: Reader) -> None:
        reader.skip()
        order_id = reader.integer()
        order = self._own(order_id)
        if order is None:
            self._client.error(order_id, 10147, f"OrderId {order_id} that needs to be cancelled is not found.")
            return
        try:
            self._client.exchange.cancel(order)
        except Rejected as refusal:
            self._client.error(order_id, refusal.code, refusal.text)

    def _global_cancel(self, reader: Reader) -> None:
        for order in [order for order in self._client.exchange.orders.values() if not order.is_done]:
            if not order.is_done:
                self._client.exchange.cancel(order)

    def _open_orders(self, reader: Reader) -> None:
        for order in self._own_open_orders():
            self._tell(order)
        self._client.out.send([53, 1])

    def _all_open_orders(self, reader: Reader) -> None:
        for order in self._client.exchange.orders.values():
            if not order.is_done and order.status != "ApiPending":
                self._tell(order)
        self._client.out.send([53, 1])

    def _completed_orders(self, reader: Reader) -> None:
        for order in self._client.exchange.orders.values():
            if order.is_done and order.finished >= self._client.exchange.day().pre_open:
                self._client.out.send(orders.completed_order(order, self._client.exchange.instruments[order.symbol]))
        self._client.out.send([102])

    def _executions(self, reader: Reader) -> None:
        reader.skip()
        request_id, client_id, account, since, symbol = (
            reader.integer(), reader.integer(), reader.text(), reader.text(), reader.text(),
        )  # fmt: skip
        reader.skip(2)
        side = reader.text().upper()
        day = self._client.exchange.day()
        for execution in self._client.exchange.executions:
            if execution.ts < day.pre_open or (client_id and execution.client_id != client_id):
                continue
            if (account and execution.account != account) or (symbol and execution.symbol != symbol):
                continue
            if side and side not in (execution.side.value, "BOT" if execution.side is Side.BUY else "SLD"):
                continue
            if since and datetime.fromtimestamp(execution.ts, UTC).strftime("%Y%m%d-%H:%M:%S") < since.replace(
                " ", "-"
            ):
                continue
            self._client.out.send(
                orders.exec_details(execution, self._client.exchange.instruments[execution.symbol], request_id)
            )
            self._client.out.send(orders.commission_report(execution))
        self._client.out.send([55, 1, request_id])

    # ---- details ------------------------------------------------------------------------------------

    def _tell(self, order: SimOrder) -> None:
        if order.status == "ApiPending":
            return
        own = order.client_id == self._client.id
        self._client.out.send(orders.open_order(order, self._client.exchange.instruments[order.symbol], own=own))
        if own:
            self._client.out.send(orders.order_status(order))

    def _own(self, order_id: int) -> SimOrder | None:
        for order in self._client.exchange.orders.values():
            if order.client_id == self._client.id and order.order_id == order_id:
                return order
        return None

    def _own_open_orders(self) -> list[SimOrder]:
        return [
            order for order in self._client.exchange.orders.values()
            if order.client_id == self._client.id and not order.is_done and order.status != "ApiPending"
        ]  # fmt: skip
