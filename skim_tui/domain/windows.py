"""The hours in which a broker is known to be away: the gateway's restart, server resets, the weekly login. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
LEAD = 300.0
"""Seconds before a window begins in which no entry leaves: an order must have its answer before."""

_FORM = re.compile(
    r"(?:(?P<day>Mon|Tue|Wed|Thu|Fri|Sat|Sun)\s+)?(?P<start>\d\d:\d\d)-(?P<end>\d\d:\d\d)\s+(?P<zone>[\w+-]+/[\w+/-]+|UTC)"
    r"\s+(?P<name>\S.*)"
)


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch of every day, or of one weekday, in a named time zone; it may pass midnight."""

    name: str
    start: time
    end: time
    zone: ZoneInfo
    weekday: int | None = None
    """0 is Monday; None every day. It names the day on which the window begins."""

    def on(self, day: date) -> tuple[float, float]:
        """Begin and end of the window that begins on ``day``, UTC epoch seconds."""
        begins = datetime.combine(day, self.start, self.zone)
        ends = datetime.combine(day + timedelta(days=self.end <= self.start), self.end, self.zone)
        return begins.timestamp(), ends.timestamp()

    def next(self, now: float) -> tuple[float, float]:
        """The window that ``now`` is in, or else the next one."""
        today = datetime.fromtimestamp(now, self.zone).date()
        for offset in range(-1, 9):
            day = today + timedelta(days=offset)
            if self.weekday is not None and day.weekday() != self.weekday:
                continue
            begins, ends = self.on(day)
            if ends > now:
                return begins, ends
        raise AssertionError("every window comes within nine days")


def parse_window(text: str) -> Window:
    """``[Day ]HH:MM-HH:MM Zone name``, e.g. ``23:45-23:50 Australia/Sydney gateway restart``.

    Raises :class:`ValueError` that says what is wrong with which window.
    """
    match = _FORM.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"window {text!r} is not of the form '[Day ]HH:MM-HH:MM Zone name'")
    try:
        start, end = time.fromisoformat(match["start"]), time.fromisoformat(match["end"])
    except ValueError:
        raise ValueError(f"window {text!r}: not a time of day") from None
    try:
        zone = ZoneInfo(match["zone"])
    except (KeyError, ValueError, OSError):
        raise ValueError(f"window {text!r}: no time zone {match['zone']}") from None
    return Window(match["name"], start, end, zone, DAYS.index(match["day"]) if match["day"] else None)


@dataclass(frozen=True, slots=True)
class Outlook:
    """What is near: the window that is on or comes next, and whether entries wait for it."""

    name: str
    begins: float
    ends: float
    blocks: bool

    def text(self, now: float) -> str:
        """In words, for the screen."""
        if now >= self.begins:
            return f"{self.name}: {max(0.0, self.ends - now) / 60:.0f} min more"
        return f"{self.name} in {(self.begins - now) / 60:.0f} min"


def outlook(windows: Sequence[Window], now: float) -> Outlook | None:
    """The window that is on, or the next one to come; None without windows."""
    coming = [(*window.next(now), window.name) for window in windows]
    if not coming:
        return None
    begins, ends, name = min(coming)
    return Outlook(name, begins, ends, blocks=now >= begins - LEAD)
