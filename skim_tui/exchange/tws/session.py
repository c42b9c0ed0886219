"""One client's session: every request answered, every order event told, in the order of a gateway."""

from __future__ import annotations

from collections.abc import Sequence

from skim_tui.domain.market import Announcement, Bar, Quote, Trade
from skim_tui.domain.session import ExchangeDay
from skim_tui.exchange.model import Execution, Rejected, SimOrder
from skim_tui.exchange.tws.accountdesk import AccountRequests
from skim_tui.exchange.tws.client import Client, Handler
from skim_tui.exchange.tws.market import MarketRequests
from skim_tui.exchange.tws.orderdesk import OrderRequests
from skim_tui.exchange.tws.pnl import ProfitRequests
from skim_tui.exchange.tws.positionsdesk import PositionRequests
from skim_tui.exchange.tws.wire import Reader, WireError

FARMS = (
    (2104, "Market data farm connection is OK:asxfarm"),
    (2106, "HMDS data farm connection is OK:ushmds"),
    (2158, "Sec-def data farm connection is OK:secdefhk"),
)
VERSIONED = frozenset({
    1, 2, 4, 7, 9, 10, 11, 19, 21, 23, 25, 50, 51, 52, 53, 54, 55, 56, 57, 62, 63, 67, 68, 69, 70, 74, 75, 76, 77,
})  # fmt: skip
"""Requests whose id stands after a message version."""

LONGEST_NUMBER = 19
"""Digits of the largest number in the protocol."""

NAMELESS = frozenset({5, 6, 8, 12, 13, 14, 15, 16, 17, 18, 24, 49, 58, 59, 61, 64, 65, 66, 72, 73, 80, 82, 85, 99})
"""Requests without an id: what is wrong with them is told with id -1."""


class Session:
    """A connected client after START_API. It is a listener of the exchange."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.feed = MarketRequests(client, self)
        self._orders = OrderRequests(client)
        self._account = AccountRequests(client)
        self._positions = PositionRequests(client)
        self._profit = ProfitRequests(client)
        self._handlers: dict[int, Handler] = {
            14: self._nothing, 49: self._current_time, 104: self._user_info,
            **self.feed.handlers, **self._orders.handlers, **self._account.handlers, **self._positions.handlers,
            **self._profit.handlers,
        }  # fmt: skip

    def greet(self) -> None:
        """Own open orders first, then the account, the next order id and the state of the data farms."""
        self._orders.greet()
        self._account.greet()
        self.client.out.send([9, 1, self._orders.next_order_id()])
        for code, text in FARMS:
            self.client.error(-1, code, text)

    def handle(self, fields: Sequence[str]) -> None:
        """One message. Bad or unknown requests get an error, never silence."""
        error = self.client.error
        message = _number(fields[0]) if fields else None
        if message is None:
            error(-1, 320, f"Error reading request. Message id {fields[0][:20] if fields else ''!r} is not a number")
            return
        request_id = _request_id(message, fields)
        handler = self._handlers.get(message)
        if handler is None:
            error(request_id, 321, f"Error validating request.-'bW' : cause - Request {message} is not supported")
            return
        try:
            handler(Reader(fields[1:]))
        except Rejected as refusal:
            error(request_id, refusal.code, refusal.text)
        except WireError as fault:
            error(request_id, 320, f"Error reading request. {fault}")

    def close(self) -> None:
        """The client is gone."""
        self._profit.close()

    # ---- small requests ---------------------------------------------------------------------------

    def _nothing(self, reader: Reader) -> None:
        """Accepted; TWS answers nothing either."""

    def _current_time(self, reader: Reader) -> None:
        self.client.out.send([49, 1, int(self.client.exchange.now())])

    def _user_info(self, reader: Reader) -> None:
        self.client.out.send([107, reader.integer(), ""])

    # ---- the exchange speaks ----------------------------------------------------------------------

    def on_quote(self, quote: Quote) -> None:
        self.feed.on_quote(quote)

    def on_trade(self, trade: Trade) -> None:
        self.feed.on_trade(trade)

    def on_bars(self, bars: Sequence[Bar]) -> None:
        self.feed.on_bars(bars)
        self._account.on_minute()

    def on_halt(self, symbol: str, halted: bool) -> None:
        self.feed.on_halt(symbol, halted)

    def on_borrow(self, symbol: str) -> None:
        self.feed.on_borrow(symbol)

    def on_announcement(self, announcement: Announcement) -> None:
        self.feed.on_announcement(announcement)

    def on_order(self, order: SimOrder) -> None:
        self._orders.on_order(order)

    def on_execution(self, execution: Execution) -> None:
        self._orders.on_execution(execution)

    def on_position(self, symbol: str) -> None:
        self._positions.on_position(symbol)
        self._account.on_position(symbol)
        self._profit.on_position(symbol)

    def on_day(self, day: ExchangeDay) -> None:
        """Subscriptions go on into the next day."""
        self.feed.on_day()


def _request_id(message: int, fields: Sequence[str]) -> int:
    """Where the request id usually stands: after the version, or first in messages without one."""
    if message in NAMELESS:
        return -1
    place = 2 if message in VERSIONED else 1
    number = _number(fields[place]) if len(fields) > place else None
    return -1 if number is None else number


def _number(text: str) -> int | None:
    """A whole number as clients write it; None for anything else that Python would take for one."""
    digits = text.removeprefix("-")
    return int(text) if digits.isascii() and digits.isdigit() and len(digits) <= LONGEST_NUMBER else None
