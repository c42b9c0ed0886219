"""The hours in which a broker is known to be away: the gateway's restart, server resets, the weekly login. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from skim_tui.domain.session import ASX, US

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


PUBLISHED: dict[str, tuple[str, ...]] = {
    "north-america": ("00:15-01:45 America/New_York server reset",),
    "europe": ("06:25-07:45 Europe/Zurich server reset",),
    "asia-pacific": (
        "04:45-06:05 Asia/Hong_Kong server reset",
        "20:15-21:15 Asia/Hong_Kong second server reset",
    ),
}
"""The broker's daily resets by the region whose servers an account is on. They are published for Sunday to Friday and
taken for every day. Source: Interactive Brokers, System Status (interactivebrokers.com/en/software/systemStatus.php)."""

WEEKLY = (
    "Fri 23:00-03:00 America/New_York weekend maintenance",
    "Sun 01:00-01:30 America/New_York weekly login",
)
"""For every region. The maintenance: same source. The login: each Sunday at 01:00 New York time the tokens with which a
gateway restarts by itself become invalid, and the next start waits for a person; half an hour is left for that. Source:
IBKR Guides, Auto Restart Considerations (ibkrguides.com/traderworkstation/auto-restart-considerations.htm)."""

REGIONS = {ASX: "asia-pacific", US: "north-america"}
"""Where the accounts that trade an exchange mostly are: what holds while the settings do not say."""

RESTART = "gateway restart"
RESTART_TAKES = timedelta(minutes=5)
"""A gateway's daily restart: measured ones refused connections for half a minute to three minutes."""


def parse_restart(text: str) -> Window:
    """``HH:MM Zone``: the time at which a gateway is set to restart itself every day.

    Raises :class:`ValueError` that says what is wrong.
    """
    clock, _, zone = text.strip().partition(" ")
    try:
        begins = datetime.strptime(clock, "%H:%M")
    except ValueError:
        raise ValueError(f"restart {text!r} is not of the form 'HH:MM Zone'") from None
    return parse_window(f"{clock}-{begins + RESTART_TAKES:%H:%M} {zone.strip()} {RESTART}")


def known_windows(mic: str, region: str, restart: str, more: Sequence[str]) -> tuple[Window, ...]:
    """Every absence that is known of: the published ones of ``region`` (empty: that of the market), the gateway's own
    ``restart`` (empty: not told), and ``more``."""
    published = (*PUBLISHED[region or REGIONS[mic]], *WEEKLY)
    own = (parse_restart(restart),) if restart else ()
    return (*own, *(parse_window(text) for text in (*published, *more)))


@dataclass(frozen=True, slots=True)
class Outlook:
    """What is near: a window that is on or comes, and whether entries wait for it."""

    name: str
    begins: float
    ends: float
    blocks: bool

    def text(self, now: float) -> str:
        """In words, for the screen."""
        if now >= self.begins:
            return f"{self.name}: {max(0.0, self.ends - now) / 60:.0f} min more"
        return f"{self.name} in {(self.begins - now) / 60:.0f} min"


def ahead(windows: Sequence[Window], now: float) -> tuple[Outlook, ...]:
    """Each window as it is on or comes next, in the order of their beginnings."""
    coming = sorted((*window.next(now), window.name) for window in windows)
    return tuple(Outlook(name, begins, ends, blocks=now >= begins - LEAD) for begins, ends, name in coming)
