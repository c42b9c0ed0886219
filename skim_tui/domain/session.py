"""Exchange days: when a market opens, what phase it is in, and session arithmetic."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

ASX = "XASX"
US = "XNYS"

TIME_ZONES = {ASX: "Australia/Sydney", US: "America/New_York"}
CURRENCIES = {ASX: "AUD", US: "USD"}

ASX_SINGLE_OPEN_FROM = date(2025, 6, 23)
"""ASX Trade Service Release 15: one opening auction for all codes. Before it five groups by letter."""

ASX_STAGGER = (
    ("0123456789AB", time(10, 0, 0)),
    ("CDEF", time(10, 2, 15)),
    ("GHIJKLM", time(10, 4, 30)),
    ("NOPQR", time(10, 6, 45)),
    ("STUVWXYZ", time(10, 9, 0)),
)
"""Group openings before 2025-06-23, each +/- 15 s. Source: ASX opening phase, staggered open."""


class Phase(StrEnum):
    CLOSED = "CLOSED"
    PRE_OPEN = "PRE-OPEN"
    OPENING_AUCTION = "OPENING AUCTION"
    OPEN = "OPEN"
    CLOSING_AUCTION = "CLOSING AUCTION"
    POST_CLOSE = "POST-CLOSE"


@dataclass(frozen=True, slots=True)
class ExchangeDay:
    """One session of one exchange. All times are UTC epoch seconds."""

    mic: str
    date: date
    half_day: bool
    pre_open: float
    opening_auction: float
    """The opening auction's uncross; equals ``open`` where there is no separate auction."""
    open: float
    """Continuous trading begins."""
    close: float
    """Continuous trading ends."""
    closing_auction: float
    """The closing auction's uncross."""
    end: float
    """Nothing trades after this."""
    staggered: bool = False
    """ASX before 2025-06-23: the open depends on the code's first letter."""

    @property
    def tz(self) -> ZoneInfo:
        return ZoneInfo(TIME_ZONES[self.mic])

    def at(self, clock: time) -> float:
        """The epoch second of an exchange-local time of this day."""
        return datetime.combine(self.date, clock, self.tz).timestamp()

    def local(self, ts: float) -> datetime:
        """``ts`` as exchange-local time."""
        return datetime.fromtimestamp(ts, self.tz)

    def open_of(self, symbol: str) -> float:
        """When continuous trading of ``symbol`` is due to begin."""
        if not self.staggered:
            return self.open
        first = symbol[:1].upper()
        for letters, start in ASX_STAGGER:
            if first in letters:
                return self.at(start)
        return self.open

    def phase(self, ts: float, symbol: str = "") -> Phase:
        """The phase at ``ts``; with a ``symbol``, that symbol's own opening counts."""
        opens = self.open_of(symbol) if symbol else self.open
        if ts < self.pre_open or ts >= self.end:
            return Phase.CLOSED
        if ts < min(self.opening_auction, opens):
            return Phase.PRE_OPEN
        if ts < opens:
            return Phase.PRE_OPEN if self.staggered else Phase.OPENING_AUCTION
        if ts < self.close:
            return Phase.OPEN
        if ts <= self.closing_auction:
            return Phase.CLOSING_AUCTION
        return Phase.POST_CLOSE

    def next_change(self, ts: float) -> float:
        """When the phase at ``ts`` ends; ``ts`` itself when no later change is left today."""
        changes = (self.pre_open, self.opening_auction, self.open, self.close, self.closing_auction, self.end)
        return next((change for change in changes if change > ts), ts)


def exchange_day(mic: str, day: date, *, half_day: bool = False) -> ExchangeDay:
    """The timetable of ``day`` on exchange ``mic``.

    Raises :class:`KeyError` for an exchange without rules here. Sources: ASX trading hours (single
    open, closing auction, post-close) since 2025-06-23 and the staggered open before; NYSE hours.
    """
    tz = ZoneInfo(TIME_ZONES[mic])

    def at(hour: int, minute: int, second: int = 0) -> float:
        return datetime.combine(day, time(hour, minute, second), tz).timestamp()

    if mic == ASX:
        close_hour = 14 if half_day else 16
        single = day >= ASX_SINGLE_OPEN_FROM
        return ExchangeDay(
            mic=mic,
            date=day,
            half_day=half_day,
            pre_open=at(7, 0),
            opening_auction=at(9, 59) if single else at(10, 0),
            open=at(10, 0),
            close=at(close_hour, 0),
            closing_auction=at(close_hour, 10),
            end=at(close_hour, 21, 30) if single else at(close_hour, 12),
            staggered=not single,
        )
    close = at(13, 0) if half_day else at(16, 0)
    return ExchangeDay(
        mic=mic,
        date=day,
        half_day=half_day,
        pre_open=at(4, 0),
        opening_auction=at(9, 30),
        open=at(9, 30),
        close=close,
        closing_auction=close,
        end=at(17, 0) if half_day else at(20, 0),
    )


class TradingCalendar:
    """The sessions of one exchange, in order, and which of them are half days."""

    def __init__(self, mic: str, sessions: Iterable[date], half_days: Iterable[date] = ()) -> None:
        self.mic = mic
        self.sessions = tuple(sorted(sessions))
        self.half_days = frozenset(half_days)
        if not self.sessions:
            raise ValueError(f"calendar of {mic} has no session")

    def is_session(self, day: date) -> bool:
        index = bisect_left(self.sessions, day)
        return index < len(self.sessions) and self.sessions[index] == day

    def day(self, day: date) -> ExchangeDay:
        """The timetable of session ``day``; :class:`LookupError` when it is none."""
        self._index(day)
        return exchange_day(self.mic, day, half_day=day in self.half_days)

    def offset(self, day: date, sessions: int) -> date:
        """The session ``sessions`` after (before, if negative) session ``day``."""
        index = self._index(day) + sessions
        if not 0 <= index < len(self.sessions):
            raise LookupError(f"{self.mic} calendar ends before {day} {sessions:+d} sessions")
        return self.sessions[index]

    def previous(self, day: date) -> date:
        return self.offset(day, -1)

    def count(self, first: date, last: date) -> int:
        """Which trading day ``last`` is when ``first`` is day 1."""
        return self._index(last) - self._index(first) + 1

    def current_or_next(self, ts: float) -> ExchangeDay:
        """The session that holds ``ts``, or else the next one to come."""
        local = datetime.fromtimestamp(ts, ZoneInfo(TIME_ZONES[self.mic])).date()
        index = bisect_left(self.sessions, local - timedelta(days=1))
        for day in self.sessions[index:]:
            timetable = self.day(day)
            if ts < timetable.end:
                return timetable
        raise LookupError(f"{self.mic} calendar ends {self.sessions[-1]}, before {local}")

    def _index(self, day: date) -> int:
        index = bisect_left(self.sessions, day)
        if index == len(self.sessions) or self.sessions[index] != day:
            raise LookupError(f"{day} is not a session of {self.mic}")
        return index
