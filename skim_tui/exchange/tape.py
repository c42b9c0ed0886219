"""Tapes: recorded or generated market days, read into plain values."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from skim_tui.domain.market import Announcement, Bar, DailyBar, Quote, Trade


class TapeError(Exception):
    """A tape that cannot be read: the message names the file, the line and what is wrong."""


@dataclass(slots=True)
class Tape:
    """One or more consecutive days of one market."""

    name: str
    mic: str
    currency: str
    timezone: str
    dates: tuple[date, ...]
    bars: dict[date, list[Bar]] = field(default_factory=dict[date, list[Bar]])
    """One-minute bars by session date, ordered by (ts, symbol)."""
    daily: dict[str, list[DailyBar]] = field(default_factory=dict[str, list[DailyBar]])
    """Sessions before the tape, oldest first, by symbol."""
    quotes: dict[date, list[Quote]] = field(default_factory=dict[date, list[Quote]])
    trades: dict[date, list[Trade]] = field(default_factory=dict[date, list[Trade]])
    announcements: list[Announcement] = field(default_factory=list[Announcement])
    names: dict[str, str] = field(default_factory=dict[str, str])
    """Company names by symbol, where known."""
    provenance: str = ""
