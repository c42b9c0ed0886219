"""Breaks of the opening range's high: what counts as one, how often, and what is known of each."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from skim_tui.domain.instrument import PriceLadder, price


class Confirm(StrEnum):
    """What counts as a break of the level."""

    TRADE = "trade"
    BID = "bid"
    """The best bid of a fresh quote that is neither crossed nor locked."""
    BAR_CLOSE = "bar close"


@dataclass(frozen=True, slots=True)
class BreakRule:
    """When the range's high counts as broken, and how often."""

    margin_steps: int = 0
    """The level lies this many price steps above the range's high ..."""
    margin_pct: float = 0.0
    """... or this far above it, percent, whichever is more. With both 0 any price above the high breaks."""
    confirm: Confirm = Confirm.TRADE
    max_signals: int = 1
    """Breaks that may signal in one session; 1 means that a symbol never arms again."""
    rearm_steps: int = 1
    """It arms again when a minute closes this many price steps below the range's high."""
    max_quote_age: float = 15.0
    """Exchange seconds after which a quote is stale and cannot confirm."""


@dataclass(frozen=True, slots=True)
class Breakout:
    """A break of the opening range's high."""

    symbol: str
    ts: float
    """When it was seen: a trade's time, or the end of the bar that showed it."""
    minute: float
    """Start of the one-minute bar in which it happened."""
    price: float
    """max(level, open of that minute): where a stop order at the level would have been reached."""
    or_high: float
    or_low: float
    low_of_day: float
    """Lowest trade known to lie before the break."""
    trigger: float = 0.0
    """The level that was broken, if it is not the range's high itself."""

    @property
    def level(self) -> float:
        return self.trigger or self.or_high

    @property
    def range_pct(self) -> float:
        """Width of the range in percent of its low."""
        return (self.or_high / self.or_low - 1.0) * 100.0


class BreakWatch:
    """Which price breaks one symbol's range, and whether another break may signal today."""

    __slots__ = ("_armed", "_ladder", "_level", "_level_of", "first", "rule", "signals")

    def __init__(self, rule: BreakRule, ladder: PriceLadder) -> None:
        self.rule = rule
        self.signals = 0
        self.first: Breakout | None = None
        self._ladder = ladder
        self._armed = True
        self._level = 0.0
        self._level_of = 0.0
        """The range's high that ``_level`` belongs to."""

    @property
    def ladder(self) -> PriceLadder:
        return self._ladder

    @ladder.setter
    def ladder(self, ladder: PriceLadder) -> None:
        self._ladder, self._level_of = ladder, 0.0

    @property
    def may_signal(self) -> bool:
        """Whether another break may signal today, now or after it armed again."""
        return self.signals < self.rule.max_signals

    def level(self, high: float) -> float:
        """The price that must be reached, and the range's ``high`` passed, for a break; 0.0 without a range."""
        if high <= 0.0:
            return 0.0
        if high != self._level_of:
            at, rule = price(high), self.rule
            by_steps = self._ladder.up(at, rule.margin_steps) if rule.margin_steps else at
            by_percent = self._ladder.ceil(at * (1 + price(rule.margin_pct) / 100)) if rule.margin_pct else at
            self._level, self._level_of = float(max(by_steps, by_percent)), high
        return self._level

    def passes(self, at: float, high: float) -> bool:
        """Whether a price ``at`` breaks a range with this ``high`` now."""
        return self._armed and self.may_signal and at > high > 0.0 and at >= self.level(high)

    def signal(self, found: Breakout) -> Breakout:
        """Count a break."""
        self.signals += 1
        self._armed = False
        self.first = self.first or found
        return found

    def close_minute(self, close: float, high: float) -> None:
        """A minute closed at ``close``: after a break it arms again far enough below the range's ``high``."""
        if not self._armed and self.may_signal and high > 0.0:
            self._armed = price(close) <= self._ladder.down(price(high), self.rule.rearm_steps)
