"""One client's session: every request answered, every order event told, in the order of a gateway."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from decimal import Decimal

from skim_tui.domain.market import Announcement, Bar, Quote, Trade
from skim_tui.domain.orders import Side
from skim_tui.domain.session import ExchangeDay
from skim_tui.exchange.core import ExchangeApi
from skim_tui.exchange.model import Execution, Rejected, SimOrder
from skim_tui.exchange.tws import contracts, orders, scanner
from skim_tui.exchange.tws.account import account_values, portfolio_row, position_row
from skim_tui.exchange.tws.contracts import find, read_contract
from skim_tui.exchange.tws.feed import Feed
from skim_tui.exchange.tws.history import history
from skim_tui.exchange.tws.outbox import Outbox
from skim_tui.exchange.tws.wire import Reader, WireError

Handler = Callable[[Reader], None]


class Session:
    """A connected client after START_API. It is a listener of the exchange."""

    def __init__(self, exchange: ExchangeApi, outbox: Outbox, client_id: int) -> None:
        self._exchange = exchange
        self._out = outbox
        self.client_id = client_id
        self._feed = Feed(exchange, self, outbox)
        self._account_updates = False
        self._positions = False
        self._highest_order = 0
        self._handlers: dict[int, Handler] = {
            1: self._market_data, 2: self._cancel_market_data, 3: self._place_order, 4: self._cancel_order,
            5: self._open_orders, 6: self._request_account_updates, 7: self._executions, 8: self._next_id,
            9: self._contract_details, 12: self._nothing, 13: self._nothing, 14: self._nothing, 15: self._nothing,
            16: self._all_open_orders, 17: self._managed_accounts, 20: self._history, 22: self._scanner,
            23: self._cancel_scanner, 24: self._scanner_parameters, 25: self._cancel_history, 49: self._current_time,
            58: self._global_cancel, 59: self._nothing, 61: self._request_positions, 62: self._account_summary,
            63: self._nothing, 64: self._cancel_positions, 76: self._account_updates_multi, 77: self._nothing,
            81: self._matching_symbols, 85: self._news_providers, 91: self._market_rule, 99: self._completed_orders,
            104: self._user_info,
        }  # fmt: skip

    # ---- requests ---------------------------------------------------------------------------------

    def greet(self) -> None:
        """Own open orders first, then the account, the next order id and the state of the data farms."""
        own = self._own_open_orders()
        for order in own:
            self._tell(order)
        if own:
            self._out.send([53, 1])
        self._out.send([15, 1, self._exchange.account_id])
        self._out.send([9, 1, self._next_order_id()])
        for code, text in (
            (2104, "Market data farm connection is OK:asxfarm"), (2106, "HMDS data farm connection is OK:ushmds"),
            (2158, "Sec-def data farm connection is OK:secdefhk"),
        ):  # fmt: skip
            self.error(-1, code, text)

    def handle(self, fields: Sequence[str]) -> None:
        """One message. Bad or unknown requests get an error, never silence."""
        if not fields or not fields[0].isdigit():
            self.error(-1, 320, f"Error reading request. Message id {fields[0] if fields else ''!r} is not a number")
            return
        message, reader = int(fields[0]), Reader(fields[1:])
        handler = self._handlers.get(message)
        if handler is None:
            self.error(
                self._request_id(fields),
                321,
                f"Error validating request.-'bW' : cause - Request {message} is not supported",
            )
            return
        try:
            handler(reader)
        except Rejected as refusal:
            self.error(self._request_id(fields), refusal.code, refusal.text)
        except WireError as error:
            self.error(self._request_id(fields), 320, f"Error reading request. {error}")

    def error(self, request_id: int, code: int, text: str) -> None:
        self._out.send([4, 2, request_id, code, text, ""])

    @staticmethod
    def _request_id(fields: Sequence[str]) -> int:
        """Where the request id usually stands: after the version, or first in messages without one."""
        versioned = {1, 2, 4, 7, 9, 23, 25, 50, 51, 62, 63, 76, 77}
        place = 2 if fields[0].isdigit() and int(fields[0]) in versioned else 1
        text = fields[place] if len(fields) > place else ""
        return int(text) if text.lstrip("-").isdigit() else -1

    def _nothing(self, reader: Reader) -> None:
        """Accepted; TWS answers nothing either."""

    def _next_id(self, reader: Reader) -> None:
        self._out.send([9, 1, self._next_order_id()])

    def _managed_accounts(self, reader: Reader) -> None:
        self._out.send([15, 1, self._exchange.account_id])

    def _current_time(self, reader: Reader) -> None:
        self._out.send([49, 1, int(self._exchange.now())])

    def _user_info(self, reader: Reader) -> None:
        self._out.send([107, reader.integer(), ""])

    def _contract_details(self, reader: Reader) -> None:
        reader.skip()
        request_id = reader.integer()
        instrument = find(self._exchange, read_contract(reader))
        self._out.send(contracts.details(instrument, request_id, self._exchange.day()))
        self._out.send([52, 1, request_id])

    def _matching_symbols(self, reader: Reader) -> None:
        request_id, pattern = reader.integer(), reader.text().upper()
        found = [
            item for item in self._exchange.instruments.values()
            if item.symbol.startswith(pattern) or pattern in item.name.upper()
        ][:16]  # fmt: skip
        fields: list[object] = [79, request_id, len(found)]
        for item in found:
            fields += [
                item.con_id,
                item.symbol,
                "STK",
                contracts.home_of(item.mic),
                item.currency,
                0,
                item.name.upper(),
                "",
            ]
        self._out.send(fields)

    def _market_rule(self, reader: Reader) -> None:
        self._out.send(contracts.market_rule(self._exchange, reader.integer()))

    def _news_providers(self, reader: Reader) -> None:
        self._out.send([85, 1, "ASX", "ASX company announcements"])

    def _market_data(self, reader: Reader) -> None:
        reader.skip()
        request_id = reader.integer()
        instrument = find(self._exchange, read_contract(reader))
        if reader.flag():
            reader.skip(3)
        self._feed.watch(request_id, instrument.symbol, reader.text(), snapshot=reader.flag())

    def _cancel_market_data(self, reader: Reader) -> None:
        reader.skip()
        self._feed.unwatch(reader.integer())

    def _history(self, reader: Reader) -> None:
        request_id = reader.integer()
        instrument = find(self._exchange, read_contract(reader))
        reader.skip(2)
        size, duration, regular, what, form = (
            reader.text(),
            reader.text(),
            reader.flag(),
            reader.text(),
            reader.integer(1),
        )
        keep = reader.flag()
        if what not in ("TRADES", "MIDPOINT", "BID", "ASK", "ADJUSTED_LAST"):
            raise Rejected(
                321, f"Error validating request.-'bO' : cause - Historical data type {what} is not supported"
            )
        self._out.send(
            history(self._exchange, instrument.symbol, request_id, size, duration, regular=regular, form=form)
        )
        if keep:
            self._feed.keep_updated(request_id, instrument.symbol, size, form)

    def _cancel_history(self, reader: Reader) -> None:
        reader.skip()
        self._feed.stop_updating(reader.integer())

    def _scanner(self, reader: Reader) -> None:
        request_id = reader.integer()
        self._feed.scan(request_id, scanner.read_scan(reader, self._exchange.day().mic))

    def _cancel_scanner(self, reader: Reader) -> None:
        reader.skip()
        self._feed.stop_scan(reader.integer())

    def _scanner_parameters(self, reader: Reader) -> None:
        self._out.send([19, 1, scanner.parameters(self._exchange.day().mic)])

    # ---- orders -----------------------------------------------------------------------------------

    def _place_order(self, reader: Reader) -> None:
        order, named, what_if = orders.read_place_order(reader, self.client_id)
        instrument = find(self._exchange, named)
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
            self._exchange.submit(order)
        except Rejected as refusal:
            self.error(order.order_id, refusal.code, refusal.text)
            if known is None and refusal.code != 103:
                order.status, order.account = "Inactive", self._exchange.account_id
                self._out.send(orders.order_status(order))

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
        self._exchange.modify(
            known, quantity=order.quantity, limit=order.limit, stop=order.stop, tif=order.tif, type=order.type
        )

    def _what_if(self, order: SimOrder) -> None:
        exchange = self._exchange
        quote = exchange.quote(order.symbol)
        at = order.limit or Decimal(str(quote.ask if quote else 0))
        change, equity = at * order.quantity * order.side.sign, exchange.equity()
        order.account = exchange.account_id
        state = {
            "status": "PreSubmitted", "init_before": 0, "maint_before": 0, "equity_before": equity, "init_change": change,
            "maint_change": change, "equity_change": 0, "init_after": change, "maint_after": change,
            "equity_after": equity, "commission": max(Decimal(6), at * order.quantity * Decimal("0.0008")),
        }  # fmt: skip
        self._out.send(orders.open_order(order, exchange.instruments[order.symbol], state=state))

    def _cancel_order(self, reader: Reader) -> None:
        reader.skip()
        order_id = reader.integer()
        order = self._own(order_id)
        if order is None:
            self.error(order_id, 10147, f"OrderId {order_id} that needs to be cancelled is not found.")
            return
        try:
            self._exchange.cancel(order)
        except Rejected as refusal:
            self.error(order_id, refusal.code, refusal.text)

    def _global_cancel(self, reader: Reader) -> None:
        for order in [order for order in self._exchange.orders.values() if not order.is_done]:
            if not order.is_done:
                self._exchange.cancel(order)

    def _open_orders(self, reader: Reader) -> None:
        for order in self._own_open_orders():
            self._tell(order)
        self._out.send([53, 1])

    def _all_open_orders(self, reader: Reader) -> None:
        for order in self._exchange.orders.values():
            if not order.is_done and order.status != "ApiPending":
                self._tell(order)
        self._out.send([53, 1])

    def _completed_orders(self, reader: Reader) -> None:
        for order in self._exchange.orders.values():
            if order.is_done and order.finished >= self._exchange.day().pre_open:
                self._out.send(orders.completed_order(order, self._exchange.instruments[order.symbol]))
        self._out.send([102])

    def _executions(self, reader: Reader) -> None:
        reader.skip()
        request_id, client_id, account, since, symbol = (
            reader.integer(), reader.integer(), reader.text(), reader.text(), reader.text(),
        )  # fmt: skip
        reader.skip(2)
        side = reader.text().upper()
        day = self._exchange.day()
        for execution in self._exchange.executions:
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
            self._out.send(orders.exec_details(execution, self._exchange.instruments[execution.symbol], request_id))
            self._out.send(orders.commission_report(execution))
        self._out.send([55, 1, request_id])

    # ---- account ----------------------------------------------------------------------------------

    def _request_account_updates(self, reader: Reader) -> None:
        reader.skip()
        self._account_updates = reader.flag()
        if self._account_updates:
            self._send_account()
            self._out.send([54, 1, self._exchange.account_id])

    def _account_updates_multi(self, reader: Reader) -> None:
        reader.skip()
        request_id, account, model = reader.integer(), reader.text(), reader.text()
        for key, value, currency in account_values(self._exchange):
            self._out.send([73, 1, request_id, account or self._exchange.account_id, model, key, value, currency])
        self._out.send([74, 1, request_id])

    def _account_summary(self, reader: Reader) -> None:
        reader.skip()
        request_id, _, tags = reader.integer(), reader.text(), reader.text().split(",")
        for key, value, currency in account_values(self._exchange):
            if key in tags:
                self._out.send([63, 1, request_id, self._exchange.account_id, key, value, currency])
        self._out.send([64, 1, request_id])

    def _request_positions(self, reader: Reader) -> None:
        self._positions = True
        for symbol in self._exchange.positions:
            self._out.send(position_row(self._exchange, symbol))
        self._out.send([62, 1])

    def _cancel_positions(self, reader: Reader) -> None:
        self._positions = False

    def _send_account(self, symbols: Sequence[str] | None = None) -> None:
        exchange = self._exchange
        for key, value, currency in account_values(exchange):
            self._out.send([6, 2, key, value, currency, exchange.account_id])
        for symbol in exchange.positions if symbols is None else symbols:
            self._out.send(portfolio_row(exchange, symbol))
        self._out.send([8, 1, f"{exchange.day().local(exchange.now()):%H:%M}"])

    # ---- the exchange speaks ------------------------------------------------------------------------

    def on_quote(self, quote: Quote) -> None:
        self._feed.on_quote(quote)

    def on_trade(self, trade: Trade) -> None:
        self._feed.on_trade(trade)

    def on_bars(self, bars: Sequence[Bar]) -> None:
        self._feed.on_bars(bars)

    def on_halt(self, symbol: str, halted: bool) -> None:
        self._feed.on_halt(symbol, halted)

    def on_announcement(self, announcement: Announcement) -> None:
        self._feed.on_announcement(announcement)

    def on_order(self, order: SimOrder) -> None:
        if order.client_id != self.client_id:
            return
        self._tell(order)
        if order.status == "Cancelled":
            self.error(order.order_id, 202, f"Order Canceled - reason:{order.reason}")

    def on_execution(self, execution: Execution) -> None:
        if execution.client_id == self.client_id:
            self._out.send(orders.exec_details(execution, self._exchange.instruments[execution.symbol]))
            self._out.send(orders.commission_report(execution))

    def on_position(self, symbol: str) -> None:
        if self._positions:
            self._out.send(position_row(self._exchange, symbol))
        if self._account_updates:
            self._send_account([symbol])

    def on_day(self, day: ExchangeDay) -> None:
        """Subscriptions go on into the next day."""

    # ---- details ------------------------------------------------------------------------------------

    def _tell(self, order: SimOrder) -> None:
        if order.status == "ApiPending":
            return
        own = order.client_id == self.client_id
        self._out.send(orders.open_order(order, self._exchange.instruments[order.symbol], own=own))
        if own:
            self._out.send(orders.order_status(order))

    def _own(self, order_id: int) -> SimOrder | None:
        for order in self._exchange.orders.values():
            if order.client_id == self.client_id and order.order_id == order_id:
                return order
        return None

    def _own_open_orders(self) -> list[SimOrder]:
        return [
            order for order in self._exchange.orders.values()
            if order.client_id == self.client_id and not order.is_done and order.status != "ApiPending"
        ]  # fmt: skip

    def _next_order_id(self) -> int:
        self._highest_order = max(self._highest_order, self._exchange.next_order_id(self.client_id) - 1)
        return self._highest_order + 1
