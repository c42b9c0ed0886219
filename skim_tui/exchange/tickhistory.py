"""Past quotes and trades, symbol by symbol: what the tape recorded of them, or the steps inside its minute bars."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from itertools import chain

from skim_tui.domain.market import MINUTE, Bar, Quote, Trade
from skim_tui.exchange.api import ExchangeApi
from skim_tui.exchange.path import Step, expand


class TickHistory:
    """Reads an exchange's tape up to the exchange's now."""

    def __init__(self, exchange: ExchangeApi) -> None:
        self._exchange = exchange

    def sessions(self) -> list[date]:
        """The tape's days that have begun, oldest first."""
        today = self._exchange.day().date
        return [day for day in self._exchange.tape.dates if day <= today]

    def steps(self, symbol: str, start: float, end: float) -> list[Step]:
        """Quotes and trades with ``start <= ts <= end``, none later than now, in time order."""
        end = min(end, self._exchange.now())
        days = [day for day in self.sessions() if self._exchange.tape.trades.get(day)]
        recorded = [step for day in days for step in self._recorded(day, symbol)]
        steps = iter(recorded) if recorded else self._expanded(symbol, start, end)
        return [step for step in steps if start <= step.ts <= end]

    def _expanded(self, symbol: str, start: float, end: float) -> Iterator[Step]:
        exchange, today = self._exchange, self._exchange.day()
        ladder = exchange.instruments[symbol].ladder
        bars = exchange.minute_bars(symbol, start - MINUTE, end + 1.0)
        whole = {bar.ts: bar for bar in exchange.recorded_minutes(symbol, today.date)}
        for bar in bars:
            yield from _played(bar, expand(whole.get(bar.ts, bar), ladder))

    def _recorded(self, day: date, symbol: str) -> Iterator[Step]:
        """Recorded trades and quotes of one symbol as one series."""
        tape = self._exchange.tape
        trades = (trade for trade in tape.trades.get(day, ()) if trade.symbol == symbol)
        quotes = (quote for quote in tape.quotes.get(day, ()) if quote.symbol == symbol)
        bid = ask = last = 0.0
        bid_size = ask_size = 0
        items: list[Quote | Trade] = sorted(chain(quotes, trades), key=lambda item: item.ts)
        for item in items:
            size = 0
            if isinstance(item, Quote):
                bid, bid_size, ask, ask_size = item.bid, item.bid_size, item.ask, item.ask_size
            else:
                last, size = item.price, item.size
            yield Step(item.ts, bid, bid_size, ask, ask_size, last, size)


def _played(bar: Bar, steps: list[Step]) -> Iterator[Step]:
    """Of a whole minute's steps those that happened: a running or interrupted minute has less volume than its tape."""
    volume = 0
    for step in steps:
        volume += step.size
        if volume > bar.volume:
            return
        yield step
