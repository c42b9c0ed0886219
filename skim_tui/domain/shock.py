"""News shocks: did the price and the volume since a news item leave what is usual for this symbol?

Here are what a detector is given, when its clock starts, and what it answers: a signal with its
evidence, "not yet" with the moment to look again, or "no" with the reason.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from skim_tui.domain.baseline import Baseline
from skim_tui.domain.instrument import PriceLadder
from skim_tui.domain.market import MINUTE, Announcement, Bar, Quote
from skim_tui.domain.session import ExchangeDay

HALT_LAG = 300.0
"""A halt that begins this soon after a news item (exchange seconds) is taken as caused by it."""

BAR_LAG = 10.0
"""Exchange seconds a minute's bar may come after its end: TWS tells a forming bar's last state up to 5 s late, and
the bar of a quiet minute is closed only after that."""


class Direction(StrEnum):
    UP = "up"
    DOWN = "down"


@dataclass(frozen=True, slots=True)
class Halt:
    """A pause in trading; ``end`` is None while it lasts."""

    start: float
    end: float | None = None


@dataclass(frozen=True, slots=True)
class MarketIndex:
    """The market as a share of it stands for it: an index fund that trades on the same venue."""

    symbol: str
    bars: Sequence[Bar]
    """Its closed one-minute bars of today, oldest first."""
    prev_close: float = 0.0
    """Its adjusted previous close; 0.0 when unknown."""

    def log_return(self, day: ExchangeDay, since: float | None, until: float) -> float | None:
        """Its log return from its last price before ``since`` (None: from the previous close) to its last price
        before ``until``; None when it has no price at either end.

        A fund that had not traded yet at ``since`` is measured from its first trade of the day: its night is not
        the share's.
        """
        today = [bar for bar in self.bars if bar.ts >= day.opening_auction and bar.ts + MINUTE <= until]
        if not today:
            return None
        if since is None:
            base = self.prev_close
        else:
            before = [bar.close for bar in today if bar.ts + MINUTE <= since]
            base = before[-1] if before else today[0].open
        return math.log(today[-1].close / base) if base > 0 and today[-1].close > 0 else None


@dataclass(frozen=True, slots=True)
class ShockCase:
    """Everything a detector may look at, at one moment."""

    item: Announcement
    now: float
    day: ExchangeDay
    bars: Sequence[Bar]
    """Closed one-minute bars, oldest first; an earlier session's may come before today's."""
    ladder: PriceLadder
    prev_close: float = 0.0
    """Adjusted previous close; 0.0 when unknown."""
    baseline: Baseline | None = None
    quote: Quote | None = None
    halts: tuple[Halt, ...] = ()
    index: MarketIndex | None = None
    """What the move is judged in excess of; None: the move is judged as it is."""


@dataclass(frozen=True, slots=True)
class Measure:
    """One number of the evidence, with what it had to reach. A value of None says that there is no such number."""

    name: str
    value: float | None
    needed: float | None = None
    more: bool = False
    """Whether it has to be more than ``needed``, not only as much."""

    @property
    def ok(self) -> bool:
        if self.needed is None or self.value is None:
            return self.needed is None
        return self.value > self.needed if self.more else self.value >= self.needed

    def __str__(self) -> str:
        if self.value is None:
            return "none"
        return f"{self.value:,.4g}" if self.needed is None else f"{self.value:,.4g} of {self.needed:,.4g}"


@dataclass(frozen=True, slots=True)
class ShockSignal:
    """A shock with the evidence that made it one. Never changed after it was found."""

    symbol: str
    detector: str
    direction: Direction
    item: Announcement
    start: float
    """The event clock's zero: the news, or the resumption when it halted the stock."""
    ts: float
    """When it became known: the end of the window's last bar."""
    minutes: int
    """Length of the window that fired."""
    reference: float
    """Last price before the news."""
    price: float
    high: float
    """Highest price since ``start``."""
    low: float
    """Lowest price since ``start``."""
    vwap: float
    """Average price since ``start``."""
    atr: float
    """Average true range of one minute; 0.0 when too few minutes are known."""
    evidence: tuple[Measure, ...]


@dataclass(frozen=True, slots=True)
class NotYet:
    reason: str
    again: float
    """When to look again, epoch second."""


@dataclass(frozen=True, slots=True)
class NoShock:
    reason: str
    evidence: tuple[Measure, ...] = ()


Verdict = ShockSignal | NotYet | NoShock


class Detector(Protocol):
    """A shock test. ``name`` is what is journaled and shown."""

    @property
    def name(self) -> str: ...

    def judge(self, case: ShockCase) -> Verdict: ...


def is_known(bars: Sequence[Bar], until: float, now: float) -> bool:
    """Whether every bar before ``until`` has come by ``now``: the last minute's is there, or had time to come."""
    return now >= until + BAR_LAG or any(bar.ts + MINUTE >= until for bar in bars[-1:])


def event_start(case: ShockCase) -> float | NotYet | NoShock:
    """The event clock's zero, a minute's start: that of the first trade after the news that is not in a halt.

    A halt around the news moves it to the resumption: on the ASX a price-sensitive announcement in
    trading hours pauses the stock for about ten minutes, and it opens again by auction. News from
    before the open counts from continuous trading: the opening auction's volume has no usual to be
    compared with.
    """
    published, day = case.item.ts, case.day
    if published >= day.close:
        return NoShock("published after the close of continuous trading")
    earliest = published
    for halt in case.halts:
        if halt.start <= published + HALT_LAG and (halt.end is None or halt.end > published):
            if halt.end is None:
                return NotYet("halted since the news", case.now + MINUTE)
            earliest = max(earliest, halt.end)
    for bar in case.bars:
        if bar.ts + MINUTE > earliest and bar.ts >= day.open:
            return bar.ts if bar.ts < day.close else NoShock("no trade between the news and the close")
    if case.now >= day.close:
        return NoShock("no trade between the news and the close")
    return NotYet("no closed minute since the news", max(case.now, earliest, day.open) + MINUTE)
