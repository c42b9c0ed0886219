"""Market depth: the book of one price level on each side that this exchange shows, and where depth is had."""

from __future__ import annotations

from skim_tui.domain.market import Quote
from skim_tui.exchange.model import Rejected
from skim_tui.exchange.tws.client import Client, Handler
from skim_tui.exchange.tws.contracts import find, home_of, letters_of, read_contract
from skim_tui.exchange.tws.hub import Hub, Subscription
from skim_tui.exchange.tws.wire import INT_MAX, Reader

MOST_BOOKS = 3
"""Books at a hundred lines."""
ASK, BID = 0, 1
INSERT, UPDATE, DELETE = 0, 1, 2


class Depth(Subscription):
    """A subscribed book. A smart one names the exchange of each row."""

    def __init__(self, client: Client, request_id: int, symbol: str, *, is_smart: bool) -> None:
        super().__init__(request_id, symbol)
        self._client = client
        self._is_smart = is_smart
        self._shown: dict[int, tuple[float, int]] = {}

    def start(self) -> None:
        quote = self._client.exchange.quote(self.symbol)
        if quote is not None:
            self.on_quote(quote)

    def on_quote(self, quote: Quote) -> None:
        self._show(BID, quote.bid, quote.bid_size)
        self._show(ASK, quote.ask, quote.ask_size)

    def _show(self, side: int, price: float, size: int) -> None:
        level, known = (price, size // self._client.quote_unit), self._shown.get(side)
        if price <= 0.0 or size <= 0:
            if self._shown.pop(side, None) is not None:
                self._send(DELETE, side, 0.0, 0)
        elif level != known:
            self._shown[side] = level
            self._send(INSERT if known is None else UPDATE, side, *level)

    def _send(self, operation: int, side: int, price: float, size: int) -> None:
        out, request_id = self._client.out, self.request_id
        if self._is_smart:
            home = home_of(self._client.exchange.day().mic)
            out.send([13, 1, request_id, 0, home, operation, side, price, size, True])
        else:
            out.send([12, 1, request_id, 0, operation, side, price, size])


class DepthRequests:
    """What a client asks about books and the exchanges behind a quote."""

    def __init__(self, client: Client, hub: Hub) -> None:
        self._client = client
        self._hub = hub
        self._books: dict[int, Depth] = {}
        self.handlers: dict[int, Handler] = {
            10: self._watch, 11: self._cancel, 82: self._exchanges, 83: self._smart_components,
        }  # fmt: skip

    def _watch(self, reader: Reader) -> None:
        reader.skip()
        request_id = reader.integer()
        named = read_contract(reader)
        rows, is_smart = reader.integer(), reader.flag()
        if request_id in self._books:
            raise Rejected(102, "Duplicate ticker id")
        instrument = find(self._client.exchange, named)
        if rows < 1 or (named.exchange in ("", "SMART") and not is_smart):
            raise Rejected(10092, "Deep market data is not supported for this combination of security type/exchange")
        if len(self._books) >= MOST_BOOKS:
            raise Rejected(309, f"Max number ({MOST_BOOKS}) of market depth requests has been reached.")
        book = Depth(self._client, request_id, instrument.symbol, is_smart=is_smart)
        self._books[request_id] = book
        book.start()
        self._hub.add(book)

    def _cancel(self, reader: Reader) -> None:
        reader.skip()
        request_id = reader.integer()
        book = self._books.pop(request_id, None)
        if book is None:
            raise Rejected(310, f"Can't find the subscribed market depth with tickerId:{request_id}")
        self._hub.remove(book)

    def _exchanges(self, reader: Reader) -> None:
        home = home_of(self._client.exchange.day().mic)
        self._client.out.send([80, 1, home, "STK", "", "Deep2", INT_MAX])

    def _smart_components(self, reader: Reader) -> None:
        """The letters of the exchanges in a quote."""
        request_id = reader.integer()
        letters = letters_of(self._client.exchange.day().mic)
        rows = [(number, venue, letters[venue]) for number, venue in enumerate(letters)]
        self._client.out.send([82, request_id, len(rows), *(field for row in rows for field in row)])
