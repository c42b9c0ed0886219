"""One symbol's session so far: its open, its opening range and the first break of the range's high.

The window's rule goes by exchange and date:

* US: the first ``minutes`` of the regular session.
* ASX since 2025-06-23: from the opening auction's print (just before 10:00) to 10:00 + ``minutes``;
  a code that first trades after 10:01 gets its own window from that trade.
* ASX before: groups opened one after another, so each code's window starts at its own first trade.

A range is fed by closed one-minute bars, by trades, or both. Bars decide which minute broke; trades
make the break known the moment it happens. Prices are compared as read, never computed.
"""

from __future__ import annotations

from dataclasses import dataclass

from skim_tui.domain.market import MINUTE, Bar, Trade, minute_of
from skim_tui.domain.session import ASX, ExchangeDay

CONFIRM_AFTER = 15.0
"""Exchange seconds after the window at which trades alone may confirm a thin symbol's range."""


@dataclass(frozen=True, slots=True)
class RangeRule:
    """How an opening range is measured; part of what is recorded with each trade."""

    minutes: int = 10
    include_auction: bool = True
    """Whether the ASX opening auction's print belongs to the range (since 2025-06-23)."""
    min_bars: int = 3
    """A range with fewer traded minutes is incomplete and never tradable."""


@dataclass(frozen=True, slots=True)
class Breakout:
    """The first trade above the opening range's high."""

    symbol: str
    ts: float
    """When it was seen: a trade's time, or the end of the bar that showed it."""
    minute: float
    """Start of the one-minute bar in which it happened."""
    price: float
    """max(ORH, open of that minute): where a stop order at ORH would have been reached."""
    or_high: float
    or_low: float
    low_of_day: float
    """Lowest trade known to lie before the break."""


class SymbolDay:
    """The state machine of one symbol on one session; fed in time order, it never looks ahead."""

    __slots__ = (
        "_bar_ts",
        "_confirmed",
        "_eligible_from",
        "_eligible_to",
        "_minute",
        "_minute_open",
        "_volume_from_trades",
        "breakout",
        "day",
        "end",
        "first_ts",
        "high",
        "last",
        "last_ts",
        "low",
        "open",
        "or_high",
        "or_low",
        "range_bars",
        "rule",
        "spark",
        "start",
        "symbol",
        "volume",
    )

    def __init__(self, symbol: str, day: ExchangeDay, rule: RangeRule) -> None:
        self.symbol = symbol
        self.day = day
        self.rule = rule
        self.open = 0.0
        self.first_ts = 0.0
        self.start = 0.0
        self.end = 0.0
        """End of the opening-range window; 0.0 until the first trade decides it."""
        self.or_high = 0.0
        self.or_low = 0.0
        self.range_bars = 0
        self.low = 0.0
        self.high = 0.0
        self.last = 0.0
        self.last_ts = 0.0
        self.volume = 0
        self.breakout: Breakout | None = None
        self.spark: list[float] = []
        """Closes of the last minutes, newest last."""
        single_open_asx = day.mic == ASX and not day.staggered
        self._eligible_from = day.opening_auction if single_open_asx and rule.include_auction else day.open
        self._eligible_to = day.close
        self._minute = 0.0
        self._minute_open = 0.0
        self._bar_ts = 0.0
        self._confirmed = False
        self._volume_from_trades = False

    @property
    def has_range(self) -> bool:
        """Whether anything traded inside the window."""
        return self.or_high > 0.0

    @property
    def is_complete(self) -> bool:
        """The window is over, its last minute is known, and enough of its minutes traded."""
        return self._confirmed and self.range_bars >= self.rule.min_bars

    @property
    def is_over(self) -> bool:
        """The window is over and its last minute is known."""
        return self._confirmed

    def on_bar(self, bar: Bar) -> Breakout | None:
        """Take a closed bar; the breakout, if this bar is the first known to hold it."""
        ts = bar.ts
        if ts < self._eligible_from or ts >= self._eligible_to or ts <= self._bar_ts:
            return None
        self._bar_ts = ts
        if self.first_ts == 0.0 or ts < minute_of(self.first_ts):
            self._begin(ts)
        if minute_of(self.first_ts) == ts:
            self.open = bar.open
        if not self._volume_from_trades:
            self.volume += bar.volume
        self.last, self.last_ts = bar.close, max(self.last_ts, ts)
        self.spark.append(bar.close)
        if len(self.spark) > 60:
            del self.spark[0]
        found = None
        if ts < self.end:
            self.range_bars += 1
            self._extend(bar.high, bar.low)
            if ts + MINUTE >= self.end:
                self._confirmed = True
        else:
            self._confirmed = True
            if self.breakout is None and self.has_range and bar.high > self.or_high:
                low_before = min(self.low, bar.open) if self.low else bar.open
                found = self.breakout = Breakout(
                    self.symbol, ts + MINUTE, ts, max(self.or_high, bar.open), self.or_high, self.or_low, low_before
                )
        self._see(bar.high, bar.low)
        return found

    def on_trade(self, trade: Trade) -> Breakout | None:
        """Take a trade; the breakout, if this trade is it."""
        ts, price = trade.ts, trade.price
        if ts < self._eligible_from or ts >= self._eligible_to:
            return None
        minute = minute_of(ts)
        if minute <= self._bar_ts:
            return None  # the closed bar already told of it
        if self.first_ts == 0.0:
            self._begin(ts)
            self.open = price
        if minute != self._minute:
            self._minute, self._minute_open = minute, price
        if trade.day_volume:
            self._volume_from_trades = True
            self.volume = max(self.volume, trade.day_volume)
        self.last, self.last_ts = price, ts
        found = None
        if ts < self.end:
            self._extend(price, price)
        else:
            if not self._confirmed and ts >= self.end + CONFIRM_AFTER:
                self._confirmed = True
            if self.breakout is None and self._confirmed and self.has_range and price > self.or_high:
                found = self.breakout = Breakout(
                    self.symbol,
                    ts,
                    minute,
                    max(self.or_high, self._minute_open),
                    self.or_high,
                    self.or_low,
                    min(self.low, price),
                )
        self._see(price, price)
        return found

    def on_time(self, now: float) -> None:
        """Let the window end for a symbol that went quiet before it did."""
        if self.end and not self._confirmed and now >= self.end + CONFIRM_AFTER:
            self._confirmed = True

    def _begin(self, ts: float) -> None:
        """The first trade fixes the window."""
        day, length = self.day, self.rule.minutes * MINUTE
        self.first_ts = ts
        first_minute = minute_of(ts)
        if day.mic == ASX and (day.staggered or first_minute > day.open):
            self.start, self.end = first_minute, first_minute + length
        else:
            self.start, self.end = self._eligible_from, day.open + length

    def _extend(self, high: float, low: float) -> None:
        if high > self.or_high:
            self.or_high = high
        if self.or_low == 0.0 or low < self.or_low:
            self.or_low = low

    def _see(self, high: float, low: float) -> None:
        if high > self.high:
            self.high = high
        if self.low == 0.0 or low < self.low:
            self.low = low


def gap_pct(prev_close: float, open_price: float) -> float | None:
    """(open / previous close - 1) in percent; None without both prices."""
    if prev_close <= 0.0 or open_price <= 0.0:
        return None
    return (open_price / prev_close - 1.0) * 100.0
