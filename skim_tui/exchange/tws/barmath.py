"""Bars from bars and bars from steps, for historical requests and their updates."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from skim_tui.domain.market import Bar, DailyBar
from skim_tui.domain.session import ExchangeDay
from skim_tui.exchange.path import Step
from skim_tui.exchange.tws.barspec import HOUR, WEEK

SESSIONS_A_YEAR = 252
NO_VOLUME = -1
"""What a gateway writes where a kind of bar has no volume, average or count."""


@dataclass(slots=True)
class Candle:
    """A bar as it is told: with its volume-weighted average and number of trades."""

    ts: float
    open: float
    high: float
    low: float
    close: float
    volume: int = 0
    average: float = 0.0
    count: int = 0
    day: date | None = None
    """Its date, when it is of a day or longer."""

    def take(self, price: float, size: int = 0, count: int = 1) -> None:
        """A trade, or a price without one (size 0)."""
        self.high, self.low, self.close = max(self.high, price), min(self.low, price), price
        if size > 0:
            total = self.volume + size
            self.average = (self.average * self.volume + price * size) / total
            self.volume, self.count = total, self.count + count

    def extend(self, later: Candle) -> None:
        """Take in the next bar."""
        self.high, self.low, self.close = max(self.high, later.high), min(self.low, later.low), later.close
        total = self.volume + later.volume
        if total > 0:
            self.average = (self.average * self.volume + later.average * later.volume) / total
        self.volume, self.count, self.day = total, self.count + later.count, later.day


def of_trade(ts: float, price: float, size: int) -> Candle:
    return Candle(ts, price, price, price, price, size, price, 1 if size else 0)


def of_minute(bar: Bar) -> Candle:
    middle = round((bar.high + bar.low + bar.close) / 3, 6)
    return Candle(bar.ts, bar.open, bar.high, bar.low, bar.close, bar.volume, middle, -(-bar.volume // 100))


def of_day(bar: DailyBar, ts: float) -> Candle:
    middle = round((bar.high + bar.low + bar.close) / 3, 6)
    return Candle(ts, bar.open, bar.high, bar.low, bar.close, bar.volume, middle, -(-bar.volume // 100), bar.date)


def start_of(ts: float, size: int, day: ExchangeDay) -> float:
    """When the bar that holds ``ts`` begins: on a multiple of its size, hours on those of the exchange's midnight.
    A bar that the open falls into begins with it."""
    if size <= HOUR // 2:
        return ts - ts % size
    midnight = day.open - _seconds_into_day(day.open, day)
    start = ts - (ts - midnight) % size
    return day.open if start < day.open <= ts else start


def merge(minutes: Iterable[Candle], size: int, day_of: Callable[[float], ExchangeDay]) -> list[Candle]:
    """Minute bars gathered into longer ones within a day."""
    merged: list[Candle] = []
    for minute in minutes:
        start = start_of(minute.ts, size, day_of(minute.ts))
        if merged and merged[-1].ts == start:
            merged[-1].extend(minute)
        else:
            minute.ts = start
            merged.append(minute)
    return merged


def gather_days(days: Iterable[Candle], size: int) -> list[Candle]:
    """Daily bars as weeks or months; each has the date of its last session."""
    gathered: list[Candle] = []
    current: object = None
    for bar in days:
        assert bar.day is not None
        key = bar.day.isocalendar()[:2] if size == WEEK else (bar.day.year, bar.day.month)
        if key == current:
            gathered[-1].extend(bar)
        else:
            gathered.append(bar)
        current = key
    return gathered


def from_steps(steps: Sequence[Step], what: str, size: int, day_of: Callable[[float], ExchangeDay]) -> list[Candle]:
    """Bars of trades below a minute, or of quotes of any length within a day."""
    bars: list[Candle] = []
    spreads: dict[float, list[tuple[float, float]]] = {}
    for step in steps:
        start = start_of(step.ts, size, day_of(step.ts))
        price = shown(step.bid, step.ask, step.price, what)
        if price <= 0.0:
            continue
        amount = step.size if what in TRADE_KINDS else 0
        if bars and bars[-1].ts == start:
            bars[-1].take(price, amount)
        else:
            bars.append(of_trade(start, price, amount))
        if what == "BID_ASK":
            spreads.setdefault(start, []).append((step.bid, step.ask))
    for bar in bars:
        if what == "BID_ASK":
            # Open and close are the averages of bid and ask, low the least bid, high the greatest ask.
            pairs = spreads[bar.ts]
            bar.open = round(sum(bid for bid, _ in pairs) / len(pairs), 6)
            bar.close = round(sum(ask for _, ask in pairs) / len(pairs), 6)
            bar.low, bar.high = min(bid for bid, _ in pairs), max(ask for _, ask in pairs)
        if what not in TRADE_KINDS:
            bar.volume, bar.average, bar.count = NO_VOLUME, float(NO_VOLUME), NO_VOLUME
    return bars


TRADE_KINDS = ("TRADES", "ADJUSTED_LAST", "AGGTRADES")


def shown(bid: float, ask: float, last: float, what: str) -> float:
    """The price that ``what`` is about; 0.0 when a side is missing."""
    match what:
        case "BID":
            return bid
        case "ASK":
            return ask
        case "MIDPOINT" | "BID_ASK":
            return round((bid + ask) / 2, 6) if bid > 0.0 and ask > 0.0 else 0.0
        case _:
            return last


class DayOf:
    """The timetable of the session that holds a time."""

    def __init__(self, days: Sequence[ExchangeDay]) -> None:
        self._days = days

    def __call__(self, ts: float) -> ExchangeDay:
        for day in self._days:
            if ts < day.end + HOUR:
                return day
        return self._days[-1]


def volatility(closes: list[float]) -> float:
    """Annualised standard deviation of daily log returns. Source: the usual close-to-close estimator."""
    returns = [math.log(after / before) for before, after in zip(closes, closes[1:], strict=False) if before > 0.0]
    if len(returns) < 2:
        return 0.0
    mean = sum(returns) / len(returns)
    variance = sum((value - mean) ** 2 for value in returns) / (len(returns) - 1)
    return round(math.sqrt(variance * SESSIONS_A_YEAR), 8)


def _seconds_into_day(ts: float, day: ExchangeDay) -> float:
    moment = day.local(ts)
    return moment.hour * 3600.0 + moment.minute * 60.0 + moment.second
