"""Bars that go on: historical requests kept up to date, and five-second bars."""

from __future__ import annotations

from skim_tui.domain.market import MINUTE, Quote, Trade
from skim_tui.exchange.tws.barmath import NO_VOLUME, TRADE_KINDS, Candle, merge, of_minute, of_trade, shown, start_of
from skim_tui.exchange.tws.barspec import DAY
from skim_tui.exchange.tws.client import Client
from skim_tui.exchange.tws.history import Historian, Query, is_regular
from skim_tui.exchange.tws.hub import Subscription

REALTIME_SIZE = 5


class UpdatingBars(Subscription):
    """A historical request with ``keepUpToDate``: the forming bar after each trade or quote."""

    def __init__(self, client: Client, historian: Historian, query: Query, last: Candle) -> None:
        super().__init__(query.request_id, query.symbol)
        self._client = client
        self._historian = historian
        self._query = query
        self._bar = last
        self._of_trades = query.what in TRADE_KINDS

    def on_trade(self, trade: Trade) -> None:
        if not self._of_trades or not self._wanted(trade.ts):
            return
        size = self._query.size
        if size < MINUTE:
            self._form(trade.ts, trade.price, trade.size)
        elif size < DAY:
            self._refresh(trade.ts)
        else:
            self._extend_day(trade)
        self._send()

    def on_quote(self, quote: Quote) -> None:
        if self._of_trades or not self._wanted(quote.ts):
            return
        price = shown(quote.bid, quote.ask, 0.0, self._query.what)
        if price > 0.0 and self._query.size < DAY:
            self._form(quote.ts, price, 0)
            self._bar.volume, self._bar.average, self._bar.count = NO_VOLUME, float(NO_VOLUME), NO_VOLUME
            self._send()

    def _wanted(self, ts: float) -> bool:
        return not self._query.regular or is_regular(ts, self._client.exchange.day())

    def _form(self, ts: float, price: float, size: int) -> None:
        start = start_of(ts, self._query.size, self._client.exchange.day())
        if start > self._bar.ts:
            self._bar = of_trade(start, price, size)
        else:
            self._bar.take(price, size)

    def _refresh(self, ts: float) -> None:
        """The running bar, made of the minutes that the exchange keeps."""
        exchange, size = self._client.exchange, self._query.size
        day = exchange.day()
        start = start_of(ts, size, day)
        bars = merge(
            (of_minute(bar) for bar in exchange.minute_bars(self.symbol, start, ts + 1.0) if self._wanted(bar.ts)),
            size,
            lambda _: day,
        )
        if bars:
            self._bar = bars[-1]

    def _extend_day(self, trade: Trade) -> None:
        today = self._client.exchange.day().date
        if self._bar.day is None or self._bar.day < today:
            self._bar = of_trade(trade.ts, trade.price, trade.size)
            self._bar.day = today
        else:
            self._bar.take(trade.price, trade.size)

    def _send(self) -> None:
        """count, date, open, close, high, low, average, volume: this message has an order of its own."""
        when, opened, high, low, close, volume, average, count = self._historian.row(
            self._bar, self._query.form, self._client.history_unit
        )
        fields = [90, self.request_id, count, when, opened, close, high, low, average, volume]
        self._client.out.tick(self.request_id, 90, fields)


class RealTimeBars(Subscription):
    """A bar every five seconds of trading, told when it is over; a quiet one repeats the last price."""

    def __init__(self, client: Client, request_id: int, symbol: str, what: str, regular: bool) -> None:
        super().__init__(request_id, symbol)
        self._client = client
        self._what = what
        self._regular = regular
        self._bars: dict[float, Candle] = {}
        """The bars that are not over, by start."""
        self._close = 0.0

    def on_trade(self, trade: Trade) -> None:
        if self._what in TRADE_KINDS:
            self._take(trade.ts, trade.price, trade.size)

    def on_quote(self, quote: Quote) -> None:
        if self._what not in TRADE_KINDS:
            self._take(quote.ts, shown(quote.bid, quote.ask, 0.0, self._what), 0)

    def ring(self, due: float) -> None:
        """Five seconds are over."""
        start = due - REALTIME_SIZE
        bar = self._bars.pop(start, None)
        day = self._client.exchange.day()
        if (self._regular and not is_regular(start, day)) or not day.pre_open <= start < day.end:
            return
        if bar is None:
            if self._close <= 0.0:
                return
            bar = of_trade(start, self._close, 0)
        self._close = bar.close
        unit, no_volume = self._client.quote_unit, self._what not in TRADE_KINDS
        volume, count = (NO_VOLUME, NO_VOLUME) if no_volume else (bar.volume // unit, bar.count)
        average = float(NO_VOLUME) if no_volume else round(bar.average, 8)
        self._client.out.send(
            [50, 3, self.request_id, int(start), bar.open, bar.high, bar.low, bar.close, volume, average, count]
        )

    def _take(self, ts: float, price: float, size: int) -> None:
        if price <= 0.0:
            return
        start = ts - ts % REALTIME_SIZE
        bar = self._bars.get(start)
        if bar is None:
            self._bars = {known: bar for known, bar in self._bars.items() if known > start - 60.0}
            self._bars[start] = of_trade(ts, price, size)
        else:
            bar.take(price, size)
