"""What is usual for one symbol: how far it moves and how much it trades, by time of day."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from skim_tui.domain.indicators import median, robust_sigma
from skim_tui.domain.market import MINUTE, DailyBar
from skim_tui.domain.session import ExchangeDay
from skim_tui.domain.volume import MIN_SESSIONS, SessionMinutes, average_volume, usual_share

SLOT = 15
"""Returns of the same clock time, this many minutes to either side, count as alike."""

OVERNIGHT_SESSIONS = 60
MINUTE_SESSIONS = 20


@dataclass(frozen=True, slots=True)
class Usual:
    """What one window of the day usually holds."""

    sigma: float
    """Robust standard deviation of the log return over the window; 0.0 is possible: use a floor."""
    volume: float
    """Median shares."""
    log_volume: float
    """Mean of ln(1 + shares)."""
    log_volume_sd: float
    """Standard deviation of ln(1 + shares)."""
    basis: str


@dataclass(frozen=True, slots=True)
class Baseline:
    """Earlier sessions of one symbol, oldest first, today never among them.

    Minutes are the better base and win when at least five full sessions are known; otherwise daily
    bars are spread over the session by the market's volume curve, and variance with volume.
    """

    daily: tuple[DailyBar, ...] = ()
    minutes: tuple[SessionMinutes, ...] = ()

    def usual(self, day: ExchangeDay, start: float, length: int) -> Usual | None:
        """What ``length`` minutes from ``start`` (epoch second) usually hold; None when too little is known."""
        full = [session for session in self.minutes if not session.half_day][-MINUTE_SESSIONS:]
        if len(full) >= MIN_SESSIONS:
            return _by_minutes(full, int((start - day.open) // MINUTE), length)
        return _by_days(self.daily, day, start, length)

    def overnight_sigma(self) -> float | None:
        """Robust standard deviation of log(open / previous close) over 60 sessions; None when unknown."""
        days = self.daily[-OVERNIGHT_SESSIONS - 1 :]
        gaps = [
            math.log(today.open / before.close)
            for before, today in zip(days, days[1:], strict=False)
            if before.close > 0 and today.open > 0
        ]
        return robust_sigma(gaps) if len(gaps) >= MIN_SESSIONS else None


def _by_minutes(sessions: Sequence[SessionMinutes], first: int, length: int) -> Usual:
    returns: list[float] = []
    volumes: list[int] = []
    for session in sessions:
        volumes.append(session.between(first, first + length))
        closes = session.closes
        for at in range(max(1, first - SLOT), min(len(closes) - length, first + SLOT) + 1):
            before, after = closes[at - 1], closes[at + length - 1]
            if before > 0 and after > 0:
                returns.append(math.log(after / before))
    return _usual(returns, volumes, f"minutes of {len(sessions)} sessions")


def _by_days(daily: Sequence[DailyBar], day: ExchangeDay, start: float, length: int) -> Usual | None:
    if average_volume(daily) is None:
        return None
    share = usual_share(day, start + length * MINUTE) - usual_share(day, start)
    recent = daily[-MINUTE_SESSIONS:]
    returns = [math.log(bar.close / bar.open) for bar in recent if bar.open > 0 and bar.close > 0]
    usual = _usual(returns, [round(bar.volume * share) for bar in recent], f"days of {len(recent)} sessions")
    # Variance runs with volume (Clark 1973; Ane and Geman 2000), so a window has its share of both.
    return Usual(usual.sigma * math.sqrt(share), usual.volume, usual.log_volume, usual.log_volume_sd, usual.basis)


def _usual(returns: Sequence[float], volumes: Sequence[int], basis: str) -> Usual:
    logs = [math.log1p(volume) for volume in volumes]
    mean = math.fsum(logs) / len(logs)
    sd = math.sqrt(math.fsum((value - mean) ** 2 for value in logs) / (len(logs) - 1))
    return Usual(robust_sigma(returns) if returns else 0.0, median(volumes), mean, sd, basis)
