"""The generated hours on which a desk is tried: a share breaks its range or falls on news, and goes its way."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from random import Random
from zoneinfo import ZoneInfo

from skim_tui.domain.market import Announcement, Bar, DailyBar
from skim_tui.domain.session import ASX
from skim_tui.exchange.tape import Tape

TODAY = date(2026, 3, 3)
SYMBOL = "BHP"
ZONE = "Australia/Sydney"
WIRE = "DJ-N"
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


def bad_news(symbol: str, minute: int) -> Announcement:
    """What a share falls on in ``minute`` of the session."""
    return Announcement(
        symbol, at(10, 0) + 60.0 * minute + 2.0, f"{symbol} cuts its guidance for the year", source=WIRE,
        key=f"{WIRE}${symbol}", symbols=(symbol,), language="en",
    )  # fmt: skip


def bad_hour(random: Random, *, turns_at: int = 0, volume: int = 4_000, minutes: int = 90) -> Tape:
    """Eighteen quiet minutes, then news and a fall, after which it drifts on down; from minute ``turns_at`` on
    (0 never) the price rises through any stop of a short sale. ``volume`` shares trade each minute after the fall."""
    tape = Tape("selftest", ASX, "AUD", ZONE, (TODAY,))
    tape.daily[SYMBOL] = _history(SYMBOL)
    tape.announcements = [bad_news(SYMBOL, BREAK_MINUTE)]
    tape.bars[TODAY] = [
        _falling(random, SYMBOL, minute, BREAK_MINUTE, PREVIOUS_CLOSE, turns_at, volume) for minute in range(minutes)
    ]
    return tape


def _falling(random: Random, symbol: str, minute: int, falls: int, base: float, turns_at: int, volume: int) -> Bar:
    """One minute of a share that falls by three percent in minute ``falls``, wide and busy, and then drifts down."""
    since = minute - falls
    cents = random.randint(-1, 1)
    opened, traded = 0, 60_000
    if since >= 0:
        cents -= round(base * 3) + since // 3
        opened, traded = cents, volume
    if since == 0:
        opened, traded = 0, 400_000
    if turns_at and minute >= turns_at:
        cents = min(60, cents + 6 * (minute - turns_at + 1))
        opened = cents
    close, first = round(base + cents / 100, 2), round(base + (opened if since >= 0 else cents) / 100, 2)
    low, high = round(min(close, first) - 0.03, 2), round(max(close, first) + 0.02, 2)
    return Bar(symbol, at(10, 0) + 60.0 * minute, first, high, low, close, traded)


def busy_day(random: Random, *, symbols: int = 30, minutes: int = 210, quiet: int = 100) -> Tape:
    """Many shares that gap and break their ranges, spread over all but the last ``quiet`` minutes; some then rise,
    some fall through any stop. Every third does neither and falls on news. Little volume makes partial fills."""
    tape = Tape("busy", ASX, "AUD", ZONE, (TODAY,))
    bars: list[Bar] = []
    for number in range(symbols):
        symbol = f"{chr(65 + number // 26)}{chr(65 + number % 26)}X"
        breaks = random.randint(6, max(7, minutes - quiet))
        falls = breaks + random.randint(3, 40) if random.random() < 0.5 else minutes + 1
        tape.daily[symbol] = _history(symbol)
        volume = random.choice((1_500, 6_000, 60_000))
        if number % 3 == 2:
            breaks = max(breaks, 8)
            tape.announcements.append(bad_news(symbol, breaks))
            bars += [
                _falling(random, symbol, minute, breaks, PREVIOUS_CLOSE, falls, volume) for minute in range(minutes)
            ]
            continue
        base = round(10.30 + 0.05 * random.randint(0, 8), 2)
        for minute in range(minutes):
            cents = random.randint(-2, 1) + (8 if minute >= breaks else 3 if minute == 2 else 0)
            if minute >= falls:
                cents = -6 * (minute - falls + 1)
            level = round(max(9.0, base + cents / 100), 2)
            traded = volume if minute >= breaks else 60_000
            low, high = round(level - 0.03, 2), round(level + 0.02, 2)
            bars.append(Bar(symbol, at(10, 0) + 60.0 * minute, level, high, low, level, traded))
    tape.announcements.sort(key=lambda item: item.ts)
    tape.bars[TODAY] = sorted(bars, key=lambda bar: (bar.ts, bar.symbol))
    return tape
