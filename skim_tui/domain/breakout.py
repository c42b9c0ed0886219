"""What counts as a break of the opening range's high, and what is known of one."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


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
