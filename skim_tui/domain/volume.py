"""Relative volume: what traded so far against what usually has by this time of day.

Like is compared with like: the same minutes of earlier sessions where they are known, else the
average day spread over the session by the market's usual curve. Never volume so far against a full
day, nor a full day divided evenly: volume is heavy at both ends of a session.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from skim_tui.domain.indicators import median
from skim_tui.domain.market import MINUTE, Bar, DailyBar
from skim_tui.domain.session import ASX, ExchangeDay

MIN_SESSIONS = 5
"""With fewer earlier sessions there is no usual volume to compare with."""

CURVE = (
    (0.0, 0.0),
    (1 / 390, 0.032),
    (5 / 390, 0.053),
    (10 / 390, 0.079),
    (20 / 390, 0.127),
    (30 / 390, 0.164),
    (60 / 390, 0.267),
    (90 / 390, 0.351),
    (120 / 390, 0.422),
    (180 / 390, 0.544),
    (240 / 390, 0.640),
    (300 / 390, 0.739),
    (330 / 390, 0.796),
    (360 / 390, 0.865),
    (375 / 390, 0.908),
    (385 / 390, 0.955),
    (1.0, 1.0),
)
"""(part of the session gone, part of its volume traded): medians over 240 recorded symbol-days of
liquid US stocks, 2019 to 2025, closing auction left out. The same shape serves the ASX, whose stocks'
minutes were not at hand: there it is an estimate."""


def usual_share(day: ExchangeDay, ts: float) -> float:
    """The part of a session's continuous volume that has usually traded by ``ts``, 0 to 1."""
    gone = (ts - day.open) / (day.close - day.open)
    if gone <= 0.0:
        return 0.0
    if gone >= 1.0:
        return 1.0
    index = bisect_right(CURVE, (gone, 2.0))
    (x0, y0), (x1, y1) = CURVE[index - 1], CURVE[index]
    return y0 + (y1 - y0) * (gone - x0) / (x1 - x0)


@dataclass(frozen=True, slots=True)
class SessionMinutes:
    """One earlier session by minute since its continuous open. A minute without a trade has volume 0
    and the close before it; minutes before the first trade have close 0.0."""

    volumes: tuple[int, ...]
    closes: tuple[float, ...]
    half_day: bool = False
    _running: tuple[int, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        running, total = [0], 0
        for volume in self.volumes:
            total += volume
            running.append(total)
        object.__setattr__(self, "_running", tuple(running))

    def between(self, first: int, last: int) -> int:
        """Shares traded in minutes ``first`` to ``last``, the latter excluded."""
        end = len(self.volumes)
        return self._running[min(max(last, 0), end)] - self._running[min(max(first, 0), end)]


def session_minutes(day: ExchangeDay, bars: Iterable[Bar]) -> SessionMinutes:
    """Lay a session's bars (oldest first) on its minutes. Auctions outside continuous trading are left out."""
    count = round((day.close - day.open) / MINUTE)
    volumes, closes = [0] * count, [0.0] * count
    for bar in bars:
        index = int((bar.ts - day.open) // MINUTE)
        if 0 <= index < count:
            volumes[index] += bar.volume
            closes[index] = bar.close
    last = 0.0
    for index, close in enumerate(closes):
        last = close or last
        closes[index] = last
    return SessionMinutes(tuple(volumes), tuple(closes), day.half_day)


@dataclass(frozen=True, slots=True)
class RelativeVolume:
    """A ratio with its parts, so that a screen can say where it comes from."""

    ratio: float
    volume: int
    usual: float
    """Shares that have usually traded by this time."""
    basis: str
    """What "usually" rests on."""


def average_volume(daily: Sequence[DailyBar], sessions: int = 20) -> float | None:
    """Mean daily volume of the last ``sessions`` sessions, shares; None with fewer than five."""
    volumes = [bar.volume for bar in daily[-sessions:]]
    return sum(volumes) / len(volumes) if len(volumes) >= MIN_SESSIONS else None


def average_turnover(daily: Sequence[DailyBar], sessions: int = 20) -> float | None:
    """Mean daily close * volume of the last ``sessions`` sessions, money; None with fewer than five."""
    values = [bar.volume * bar.close for bar in daily[-sessions:]]
    return sum(values) / len(values) if len(values) >= MIN_SESSIONS else None


def relative_volume(
    day: ExchangeDay, now: float, volume: int, daily: Sequence[DailyBar], minutes: Sequence[SessionMinutes] = ()
) -> RelativeVolume | None:
    """Continuous ``volume`` of ``day`` up to ``now`` over what is usual by then; None when unknown.

    With at least five full earlier sessions by minute: the median of their volume over the same
    minutes. Else the 20-session average volume times :func:`usual_share`. Half days are compared by
    their own length and never serve as an earlier session. Source: relative volume of Zarattini,
    Barbon, Aziz, A profitable day trading strategy for the US equity market (2024).
    """
    if now <= day.open:
        return None
    full = [session for session in minutes if not session.half_day]
    if len(full) >= MIN_SESSIONS and not day.half_day:
        elapsed = max(1, int((now - day.open) // MINUTE))
        usual = median([session.between(0, elapsed) for session in full])
        basis = f"same minutes of {len(full)} sessions"
    else:
        average = average_volume(daily)
        if average is None:
            return None
        usual = average * usual_share(day, now)
        basis = f"usual curve of {'the ASX (estimated)' if day.mic == ASX else 'the market'}"
    return RelativeVolume(volume / usual, volume, usual, basis) if usual > 0 else None
