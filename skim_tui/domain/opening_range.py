"""The opening range: the window after a symbol's own opening, and the highest and lowest trade inside it.

The window's rule goes by exchange and date:

* US: the first ``minutes`` of the regular session.
* ASX since 2025-06-23: from the opening auction's print (just before 10:00) to 10:00 + ``minutes``;
  a code that first trades after 10:01 gets its own window from that trade.
* ASX before: groups opened one after another, so each code's window starts at its own first trade.
* A halt before the range is broken: a second open, so a new window from the first trade after it.
"""

from __future__ import annotations

from dataclasses import dataclass

from skim_tui.domain.market import MINUTE, minute_of
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

    def __str__(self) -> str:
        return f"{self.minutes} min, {'with' if self.include_auction else 'without'} the auction"


class OpeningRange:
    """One symbol's range on one session. Prices are compared as read, never computed."""

    __slots__ = ("_counted", "_from", "_restarted", "bars", "day", "end", "high", "is_over", "low", "rule", "start")

    def __init__(self, day: ExchangeDay, rule: RangeRule) -> None:
        self.day = day
        self.rule = rule
        self.start = 0.0
        self.end = 0.0
        """End of the window; 0.0 until the first trade decides it."""
        self.high = 0.0
        self.low = 0.0
        self.bars = 0
        """Traded minutes inside the window."""
        self.is_over = False
        """The window is over and its last minute is known."""
        self._from = 0.0
        self._restarted = False
        self._counted = 0.0

    @property
    def exists(self) -> bool:
        """Whether anything traded inside the window."""
        return self.bars > 0

    @property
    def is_complete(self) -> bool:
        """The window is over, its last minute is known, and enough of its minutes traded."""
        return self.is_over and self.bars >= self.rule.min_bars

    @property
    def holds_auction(self) -> bool:
        """Whether the print of the day's opening auction belongs to this range, once its window is fixed."""
        single_open = self.day.mic == ASX and not self.day.staggered
        return single_open and self.rule.include_auction and not self._restarted and self.end > 0.0

    def open_with(self, ts: float) -> bool:
        """A trade at ``ts``: the first one fixes the window, so does the first one after a resumption.
        Whether this one did."""
        if self.end or ts < self._from:
            return False
        day, length, first = self.day, self.rule.minutes * MINUTE, minute_of(ts)
        own = day.mic == ASX and (day.staggered or first > day.open)
        if own or self._restarted:
            self.start, self.end = first, first + length
        else:
            self.start = day.opening_auction if self.rule.include_auction else day.open
            self.end = day.open + length
        return True

    def begin_anew(self, ts: float, *, resumed: bool) -> None:
        """Measure from ``ts`` on: trading ``resumed`` after a halt, or earlier trades became known."""
        self.start = self.end = self.high = self.low = self._counted = 0.0
        self.bars = 0
        self.is_over = False
        self._from, self._restarted = ts, resumed

    def holds(self, ts: float) -> bool:
        """Whether a trade at ``ts`` lies inside the window."""
        return max(self.start, self._from) <= minute_of(ts) < self.end

    def extend(self, minute: float, high: float, low: float) -> None:
        """Take prices that traded in ``minute``."""
        if minute > self._counted:
            self._counted = minute
            self.bars += 1
        self.stretch(high, low)

    def stretch(self, high: float, low: float) -> None:
        """Take prices without counting a traded minute: the auction's print, of which only the price is known."""
        if high > self.high:
            self.high = high
        if self.low == 0.0 or low < self.low:
            self.low = low

    def close_minute(self, ts: float) -> None:
        """The bar of minute ``ts`` is closed: the range is over with the bar of its last minute, or a later one."""
        if self.end and ts + MINUTE >= self.end:
            self.is_over = True

    def pass_time(self, now: float) -> None:
        """The range of a symbol that went quiet is over once its last minute's bar had time to come."""
        if self.end and now >= self.end + CONFIRM_AFTER:
            self.is_over = True
