"""What has traded and been quoted so far, by symbol: minute bars of all days played, and the steps inside them."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from datetime import date
from itertools import chain

from skim_tui.domain.market import MINUTE, Bar, Quote, Trade
from skim_tui.exchange.core import ExchangeApi
from skim_tui.exchange.path import Step, expand


class TickHistory:
    """Reads an exchange's tape up to the exchange's now. Days are indexed by symbol when first asked for."""

    def __init__(self, exchange: ExchangeApi) -> None:
        self._exchange = exchange
        self._bars: dict[date, dict[str, list[Bar]]] = {}

    def sessions(self) -> list[date]:
        """The tape's days that have begun, oldest first."""
        today = self._exchange.day().date
        return [day for day in self._exchange.tape.dates if day <= today]

    def minute_bars(self, symbol: str, start: float, end: float) -> list[Bar]:
        """Bars with ``start <= ts < end`` that have begun; the last may be forming."""
        today, pre_open = self._exchange.day().date, self._exchange.day().pre_open
        past = (
            bar
            for day in self.sessions()
            if day < today
            for bar in self._of(day).get(symbol, ())
            if start <= bar.ts < end
        )
        return [*past, *self._exchange.minute_bars(symbol, max(start, pre_open), end)]

    def steps(self, symbol: str, start: float, end: float) -> list[Step]:
        """Quotes and trades with ``start <= ts < end``, none later than now, in time order."""
        end = min(end, self._exchange.now())
        found = chain.from_iterable(self._day_steps(day, symbol, start, end) for day in self.sessions())
        return [step for step in found if start <= step.ts <= end]

    def _day_steps(self, day: date, symbol: str, start: float, end: float) -> Iterator[Step]:
        tape = self._exchange.tape
        trades = [trade for trade in tape.trades.get(day, ()) if trade.symbol == symbol]
        if trades:
            yield from _recorded(trades, [quote for quote in tape.quotes.get(day, ()) if quote.symbol == symbol])
            return
        bars = self._of(day).get(symbol, [])
        ladder = self._exchange.instruments[symbol].ladder
        first = bisect_left(bars, start - MINUTE, key=lambda bar: bar.ts)
        for bar in bars[first:]:
            if bar.ts > end:
                return
            yield from expand(bar, ladder)

    def _of(self, day: date) -> dict[str, list[Bar]]:
        known = self._bars.get(day)
        if known is None:
            known = self._bars[day] = {}
            for bar in self._exchange.tape.bars.get(day, ()):
                known.setdefault(bar.symbol, []).append(bar)
        return known


def _recorded(trades: list[Trade], quotes: list[Quote]) -> Iterator[Step]:
    """Recorded trades and quotes of one symbol as one series."""
    bid = ask = last = 0.0
    bid_size = ask_size = 0
    for item in sorted([*quotes, *trades], key=lambda item: item.ts):
        size = 0
        if isinstance(item, Quote):
            bid, bid_size, ask, ask_size = item.bid, item.bid_size, item.ask, item.ask_size
        else:
            last, size = item.price, item.size
        yield Step(item.ts, bid, bid_size, ask, ask_size, last, size)
