"""One client's market-data subscriptions: quotes, trades, updating bars and scans."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from skim_tui.domain.market import Announcement, Bar, Quote, Trade
from skim_tui.exchange.core import ExchangeApi, Listener
from skim_tui.exchange.model import Rejected
from skim_tui.exchange.tws import scanner
from skim_tui.exchange.tws.history import SIZES, bar_row, merge
from skim_tui.exchange.tws.outbox import Outbox

SCAN_EVERY = 30.0
"""Exchange seconds between two scanner refreshes."""


@dataclass(slots=True)
class Line:
    """A market-data line."""

    symbol: str
    volume_ticks: bool
    news: bool


@dataclass(slots=True)
class Updating:
    """A historical request kept up to date."""

    symbol: str
    size: int
    form: int


class Feed:
    """Turns what the market does into ticks for one client."""

    def __init__(self, exchange: ExchangeApi, listener: Listener, outbox: Outbox) -> None:
        self._exchange = exchange
        self._listener = listener
        self._outbox = outbox
        self._lines: dict[int, Line] = {}
        self._updating: dict[int, Updating] = {}
        self._scans: dict[int, scanner.Scan] = {}
        self._scanned = 0.0

    @property
    def lines(self) -> int:
        """Market data lines in use."""
        return len(self._lines)

    @property
    def scans(self) -> int:
        """Scanner subscriptions in use."""
        return len(self._scans)

    # ---- subscriptions --------------------------------------------------------------------------

    def watch(self, request_id: int, symbol: str, generic: str, *, snapshot: bool) -> None:
        """Start a line. Raises :class:`Rejected` 102 on a taken id."""
        if request_id in self._lines:
            raise Rejected(102, "Duplicate ticker id")
        out, exchange = self._outbox, self._exchange
        instrument = exchange.instruments[symbol]
        least = float(instrument.ladder.bands[0][1])
        out.send([81, request_id, least, "9c0001", 3])
        stats, quote, last = exchange.stats(symbol), exchange.quote(symbol), exchange.last(symbol)
        ticks = {part.split(":")[0] for part in generic.split(",") if part}
        if stats.prev_close > 0.0:
            out.send([1, 6, request_id, 9, stats.prev_close, 0, 0])
        if stats.open > 0.0:
            out.send([1, 6, request_id, 14, stats.open, 0, 0])
        if quote is not None:
            self._quote(request_id, quote)
        if last is not None:
            self._trade(request_id, last, volume_ticks=False)
        out.send([45, 6, request_id, 49, 1 if stats.halted else 0])
        if snapshot:
            out.send([57, 1, request_id])
            return
        line = Line(symbol, "233" in ticks, "292" in ticks)
        self._lines[request_id] = line
        if line.news:
            for item in exchange.announcements:
                if item.symbol == symbol:
                    self._news(request_id, item)
        exchange.subscribe(self._listener, symbol)

    def unwatch(self, request_id: int) -> None:
        line = self._lines.pop(request_id, None)
        if line is None:
            raise Rejected(300, f"Can't find EId with tickerId:{request_id}")
        self._release(line.symbol)

    def keep_updated(self, request_id: int, symbol: str, size: str, form: int) -> None:
        self._updating[request_id] = Updating(symbol, SIZES[size], form)
        self._exchange.subscribe(self._listener, symbol)

    def stop_updating(self, request_id: int) -> None:
        gone = self._updating.pop(request_id, None)
        if gone is not None:
            self._release(gone.symbol)

    def scan(self, request_id: int, scan: scanner.Scan) -> None:
        self._scans[request_id] = scan
        self._send_scan(request_id, scan)

    def stop_scan(self, request_id: int) -> None:
        if self._scans.pop(request_id, None) is None:
            raise Rejected(300, f"Can't find EId with tickerId:{request_id}")

    def _release(self, symbol: str) -> None:
        wanted = [line.symbol for line in self._lines.values()] + [item.symbol for item in self._updating.values()]
        if symbol not in wanted:
            self._exchange.unsubscribe(self._listener, symbol)

    # ---- the market -----------------------------------------------------------------------------

    def on_quote(self, quote: Quote) -> None:
        for request_id, line in self._lines.items():
            if line.symbol == quote.symbol:
                self._quote(request_id, quote)

    def on_trade(self, trade: Trade) -> None:
        for request_id, line in self._lines.items():
            if line.symbol == trade.symbol:
                self._trade(request_id, trade, volume_ticks=line.volume_ticks)
        for request_id, item in self._updating.items():
            if item.symbol == trade.symbol:
                self._update_bar(request_id, item, trade.ts)

    def on_bars(self, bars: Sequence[Bar]) -> None:
        now = self._exchange.now()
        if now - self._scanned >= SCAN_EVERY:
            self._scanned = now
            for request_id, scan in self._scans.items():
                self._send_scan(request_id, scan)
        self._outbox.flush()

    def on_halt(self, symbol: str, halted: bool) -> None:
        for request_id, line in self._lines.items():
            if line.symbol == symbol:
                self._outbox.send([45, 6, request_id, 49, 1 if halted else 0])

    def on_announcement(self, item: Announcement) -> None:
        for request_id, line in self._lines.items():
            if line.news and line.symbol == item.symbol:
                self._news(request_id, item)

    # ---- details --------------------------------------------------------------------------------

    def _quote(self, request_id: int, quote: Quote) -> None:
        tick = self._outbox.tick
        tick(request_id, 1, [1, 6, request_id, 1, quote.bid, quote.bid_size, 1])
        tick(request_id, 2, [1, 6, request_id, 2, quote.ask, quote.ask_size, 1])

    def _trade(self, request_id: int, trade: Trade, *, volume_ticks: bool) -> None:
        tick = self._outbox.tick
        tick(request_id, 4, [1, 6, request_id, 4, trade.price, trade.size, 0])
        tick(request_id, 8, [2, 6, request_id, 8, trade.day_volume])
        tick(request_id, 45, [46, 6, request_id, 45, int(trade.ts)])
        if volume_ticks:
            value = f"{trade.price};{trade.size};{int(trade.ts * 1000)};{trade.day_volume};{trade.price};true"
            tick(request_id, 48, [46, 6, request_id, 48, value])

    def _news(self, request_id: int, item: Announcement) -> None:
        extra = "A:800015:L:en:K:n/a:C:0.9" + (":S:1" if item.price_sensitive else "")
        self._outbox.send([84, request_id, int(item.ts * 1000), item.source or "ASX", item.key, item.headline, extra])

    def _update_bar(self, request_id: int, item: Updating, ts: float) -> None:
        start = ts - ts % item.size
        bars = merge(self._exchange.minute_bars(item.symbol, start, ts + 1.0), item.size)
        if bars:
            when, opened, high, low, close, volume, average, count = bar_row(bars[-1], self._exchange, item.form)
            self._outbox.tick(request_id, 90, [90, request_id, count, when, opened, close, high, low, average, volume])

    def _send_scan(self, request_id: int, scan: scanner.Scan) -> None:
        self._outbox.send(scanner.message(self._exchange, request_id, scanner.run(self._exchange, scan)))
