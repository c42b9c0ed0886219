"""The day's schedule as lines of text, in the exchange's time and the reader's."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, tzinfo

from skim_tui.domain.schedule import ScheduleRule, schedule
from skim_tui.domain.session import TIME_ZONES, ExchangeDay


def lines(day: ExchangeDay, rule: ScheduleRule, here: tzinfo | None = None) -> Iterator[str]:
    """One line for each step of ``day``. ``here`` is the reader's zone; None: that of this machine."""
    special = ", half day" if day.half_day else ""
    special += ", opening in five groups by letter" if day.staggered else ""
    noon = datetime.fromtimestamp(day.open, here).astimezone(here)
    yield f"{day.mic} session of {day.date:%a %Y-%m-%d}{special}"
    yield f"{'':16}{TIME_ZONES[day.mic]:<22}{_zone(noon)}"
    for step in schedule(day, rule):
        there = _span(day.local(step.start), day.local(step.end), day.date.toordinal())
        local = _span(
            datetime.fromtimestamp(step.start, here).astimezone(here),
            datetime.fromtimestamp(step.end, here).astimezone(here),
            day.date.toordinal(),
        )
        yield f"{step.name:<16}{there:<22}{local:<26}{step.what}"


def _zone(moment: datetime) -> str:
    offset = moment.strftime("%z")
    return f"here ({moment.tzname()}, UTC{offset[:3]}:{offset[3:5]})"


def _span(start: datetime, end: datetime, day: int) -> str:
    """``10:00-16:00``; the day before or after the session's is marked."""
    first = _clock(start, day)
    return first if start == end else f"{first}-{_clock(end, day)}"


def _clock(moment: datetime, day: int) -> str:
    text = moment.strftime("%H:%M:%S" if moment.second else "%H:%M")
    shift = moment.date().toordinal() - day
    return f"{text}{f' {shift:+d}d' if shift else ''}"
