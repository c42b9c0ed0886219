"""The generated hour on which a desk is tried: one share gaps, breaks its range at a known minute, and goes its way."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from random import Random
from zoneinfo import ZoneInfo

from skim_tui.domain.market import Bar, DailyBar
from skim_tui.domain.session import ASX
from skim_tui.exchange.tape import Tape

TODAY = date(2026, 3, 3)
SYMBOL = "BHP"
ZONE = "Australia/Sydney"
BREAK_MINUTE = 18
"""Minute of the session (10:00 = 0) in which the range high is broken: after 10:15, from when half sales are due."""

PREVIOUS_CLOSE = 10.0


def at(hour: int, minute: int, second: int = 0) -> float:
    """An exchange-local time of the day as UTC epoch seconds."""
    return datetime.combine(TODAY, time(hour, minute, second), ZoneInfo(ZONE)).timestamp()


def hour(random: Random, *, falls_at: int = 0, volume: int = 4_000, minutes: int = 90) -> Tape:
    """Eighteen minutes inside the range, then the break; from minute ``falls_at`` on (0 never) the price falls
    through any stop. ``volume`` shares trade each minute: little of it makes partial fills."""
    days = [TODAY - timedelta(days=offset) for offset in (5, 4, 1)]
    tape = Tape("selftest", ASX, "AUD", ZONE, (TODAY,))
    tape.daily[SYMBOL] = [
        DailyBar(SYMBOL, day, PREVIOUS_CLOSE, PREVIOUS_CLOSE, PREVIOUS_CLOSE, PREVIOUS_CLOSE, 1_000_000) for day in days
    ]
    bars: list[Bar] = []
    for minute in range(minutes):
        if minute >= BREAK_MINUTE:
            level = 10.57 + 0.01 * random.randint(-1, 2)
        elif minute < 5:
            level = 10.53 if minute == 2 else 10.50 + 0.01 * random.randint(-3, 3)
        else:
            level = 10.50 + 0.01 * random.randint(-2, 1)
        level = round(level, 2)
        if falls_at and minute >= falls_at:
            level = round(max(9.0, 10.50 - 0.06 * (minute - falls_at + 1)), 2)
        low, high = round(level - 0.03, 2), round(level + 0.02, 2)
        traded = volume if minute >= BREAK_MINUTE else 60_000
        bars.append(Bar(SYMBOL, at(10, 0) + 60.0 * minute, level, high, low, level, traded))
    tape.bars[TODAY] = bars
    return tape
