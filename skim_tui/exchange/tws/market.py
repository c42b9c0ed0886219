"""All requests for market data, and the place where the market's events enter a client's session."""

from __future__ import annotations

from collections.abc import Sequence

from skim_tui.domain.market import Announcement, Bar, Quote, Trade
from skim_tui.exchange.api import Listener
from skim_tui.exchange.tws.barsdesk import BarRequests
from skim_tui.exchange.tws.client import Client, Handler
from skim_tui.exchange.tws.depth import DepthRequests
from skim_tui.exchange.tws.hub import Hub
from skim_tui.exchange.tws.linesdesk import LineRequests
from skim_tui.exchange.tws.newsdesk import NewsDesk
from skim_tui.exchange.tws.others import OtherRequests
from skim_tui.exchange.tws.reference import ReferenceRequests
from skim_tui.exchange.tws.scanner import ScannerRequests
from skim_tui.exchange.tws.tickbytick import TickRequests


class MarketRequests:
    """What a client asks of the market, and what goes on until it cancels."""

    def __init__(self, client: Client, listener: Listener) -> None:
        self._client = client
        self._hub = Hub(client, listener)
        self.news = NewsDesk(client)
        self._lines = LineRequests(client, self._hub, self.news)
        self._scanner = ScannerRequests(client, self._hub)
        self.handlers: dict[int, Handler] = {
            **OtherRequests(client).handlers,
            **ReferenceRequests(client).handlers,
            **self.news.handlers,
            **self._lines.handlers,
            **self._scanner.handlers,
            **BarRequests(client, self._hub).handlers,
            **TickRequests(client, self._hub).handlers,
            **DepthRequests(client, self._hub).handlers,
        }

    @property
    def lines(self) -> int:
        """Market data lines in use."""
        return self._lines.count

    @property
    def scans(self) -> int:
        """Scanner subscriptions in use."""
        return self._scanner.count

    @property
    def entitled(self) -> bool:
        """Whether the account has live data; without them a line is refused, or delayed if that was asked for."""
        return self._lines.entitled

    @entitled.setter
    def entitled(self, entitled: bool) -> None:
        self._lines.entitled = entitled

    # ---- the market -------------------------------------------------------------------------------

    def on_quote(self, quote: Quote) -> None:
        for subscription in self._hub.of(quote.symbol):
            subscription.on_quote(quote)

    def on_trade(self, trade: Trade) -> None:
        for subscription in self._hub.of(trade.symbol):
            subscription.on_trade(trade)

    def on_halt(self, symbol: str, halted: bool) -> None:
        for subscription in self._hub.of(symbol):
            subscription.on_halt(halted)

    def on_borrow(self, symbol: str) -> None:
        for subscription in self._hub.of(symbol):
            subscription.on_borrow()

    def on_bars(self, bars: Sequence[Bar]) -> None:
        """A minute is over: whoever reads again is told what waited."""
        self._client.out.flush()

    def on_announcement(self, item: Announcement) -> None:
        self.news.on_announcement(item)

    def on_day(self) -> None:
        self._hub.on_day()
        self.news.on_day()
