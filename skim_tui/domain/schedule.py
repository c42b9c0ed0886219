"""The day's work as times: scan, track, execute, manage, report, all derived from the session."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import time

from skim_tui.domain.session import ASX, ExchangeDay

MINUTE = 60.0


@dataclass(frozen=True, slots=True)
class ScheduleRule:
    range_minutes: int = 10
    latest_entry: time = time(15, 0)
    """Exchange-local time of day."""
    no_entry_before_close: int = 30
    """No entry within so many minutes of the close, which a half day brings forward."""
    decide_minutes: int = 10
    """Minutes before the close at which exits "on the close" are decided."""
    report_after: int = 5
    """Minutes after the last trading phase at which the day's report is due."""


@dataclass(frozen=True, slots=True)
class Step:
    name: str
    start: float
    end: float
    what: str


def latest_entry(day: ExchangeDay, rule: ScheduleRule) -> float:
    """The last moment for an entry on ``day``: the set time, or earlier when the session ends early."""
    return min(day.at(rule.latest_entry), day.close - rule.no_entry_before_close * MINUTE)


def schedule(day: ExchangeDay, rule: ScheduleRule) -> tuple[Step, ...]:
    """What happens when on ``day``, in order of time. All epoch seconds.

    With the staggered open each code's range runs from its own open, so tracking ends after the last
    group's; a code that opens late (a halt) has its own window in any case.
    """
    first = day.open if day.mic != ASX or day.staggered else day.opening_auction
    last_open = max(day.open, day.open_of("Z")) if day.staggered else day.open
    tracked = last_open + rule.range_minutes * MINUTE
    executed = day.open + rule.range_minutes * MINUTE
    latest = max(latest_entry(day, rule), executed)
    steps = [
        Step("pre-open", day.pre_open, first, "orders and announcements gather; nothing trades"),
        Step("scan", first, latest, "gaps of the opening prices; followed all morning for late opens"),
        Step("track", first, tracked, f"opening ranges of {rule.range_minutes} min"),
        Step("execute", executed, latest, "breaks of the range high become tickets"),
        Step("manage", day.open, day.close, "stops watched, planned exits carried out"),
        Step("decide", day.close - rule.decide_minutes * MINUTE, day.close, "exits that depend on the close"),
    ]
    if day.closing_auction > day.close:
        steps.append(Step("closing auction", day.close, day.closing_auction, "no new orders"))
    if day.end > day.closing_auction:
        steps.append(Step(_after_close(day), day.closing_auction, day.end, "no new orders"))
    report = day.end if day.mic == ASX else day.close
    steps.append(Step("report", report + rule.report_after * MINUTE, report + rule.report_after * MINUTE, "the day"))
    return tuple(steps)


def _after_close(day: ExchangeDay) -> str:
    return "post-close" if day.mic == ASX else "extended hours"
