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


def _history(symbol: str) -> list[DailyBar]:
    """Two months of the same day, so that every average is known."""
    days = [TODAY - timedelta(days=offset) for offset in range(60, 0, -1)]
    level = PREVIOUS_CLOSE
    return [DailyBar(symbol, day, level, level, level, level, 1_000_000) for day in days if day.weekday() < 5]


def hour(random: Random, *, falls_at: int = 0, volume: int = 4_000, minutes: int = 90) -> Tape:
    """Eighteen minutes inside the range, then the break; from minute ``falls_at`` on (0 never) the price falls
    through any stop. ``volume`` shares trade each minute: little of it makes partial fills."""
    tape = Tape("selftest", ASX, "AUD", ZONE, (TODAY,))
    tape.daily[SYMBOL] = _history(SYMBOL)
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


def busy_day(random: Random, *, symbols: int = 30, minutes: int = 210, quiet: int = 100) -> Tape:
    """Many shares that gap and break their ranges, spread over all but the last ``quiet`` minutes; some then rise, some fall through any
    stop. Little volume makes partial fills."""
    tape = Tape("busy", ASX, "AUD", ZONE, (TODAY,))
    bars: list[Bar] = []
    for number in range(symbols):
        symbol = f"{chr(65 + number // 26)}{chr(65 + number % 26)}X"
        breaks = random.randint(6, max(7, minutes - quiet))
        falls = breaks + random.randint(3, 40) if random.random() < 0.5 else minutes + 1
        tape.daily[symbol] = _history(symbol)
        volume = random.choice((1_500, 6_000, 60_000))
        base = round(10.30 + 0.05 * random.randint(0, 8), 2)
        for minute in range(minutes):
            cents = random.randint(-2, 1) + (8 if minute >= breaks else 3 if minute == 2 else 0)
            if minute >= falls:
                cents = -6 * (minute - falls + 1)
            level = round(max(9.0, base + cents / 100), 2)
            traded = volume if minute >= breaks else 60_000
            low, high = round(level - 0.03, 2), round(level + 0.02, 2)
            bars.append(Bar(symbol, at(10, 0) + 60.0 * minute, level, high, low, level, traded))
    tape.bars[TODAY] = sorted(bars, key=lambda bar: (bar.ts, bar.symbol))
    return tape
