"""A market of one share on an exchange whose clock stands still, and its door."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import date

from skim_tui.domain.market import Bar, DailyBar
from skim_tui.domain.session import ASX, CURRENCIES, TIME_ZONES, TradingCalendar, exchange_day
from skim_tui.exchange.core import Exchange
from skim_tui.exchange.tape import Tape
from skim_tui.exchange.tws.server import TwsDoor

DAY = date(2026, 3, 3)
SESSIONS = (date(2026, 2, 27), date(2026, 3, 2), DAY, date(2026, 3, 4), date(2026, 3, 5))
VOLUME = 1000
"""Shares a minute."""


def contract(symbol: str = "ABC", currency: str = "AUD", exchange: str = "SMART") -> list[object]:
    """The twelve fields of a share."""
    return [0, symbol, "STK", "", 0, "", "", exchange, "", currency, "", ""]


def small_tape(mic: str, minutes: int = 40) -> Tape:
    """One share that goes from 5.00 to 5.02 over 5.03 in every minute since the open."""
    tape = Tape("small", mic, CURRENCIES[mic], TIME_ZONES[mic], (DAY,))
    tape.names["ABC"] = "Abc Limited"
    tape.daily["ABC"] = [DailyBar("ABC", day, 4.9, 5.1, 4.8, 5.0, 100_000) for day in SESSIONS[:2]]
    start = exchange_day(mic, DAY).open
    tape.bars[DAY] = [Bar("ABC", start + 60.0 * minute, 5.0, 5.03, 5.0, 5.02, VOLUME) for minute in range(minutes)]
    return tape


@asynccontextmanager
async def open_market(
    mic: str = ASX, *, minutes: float = 20.0, half_days: tuple[date, ...] = (), tape: Tape | None = None
) -> AsyncGenerator[tuple[Exchange, int], None]:
    """The exchange ``minutes`` after the open, and the port of its door."""
    start = exchange_day(mic, DAY).open + minutes * 60.0
    exchange = Exchange(tape or small_tape(mic), TradingCalendar(mic, SESSIONS, half_days), start=start)
    door = TwsDoor(exchange)
    _, port = await door.start()
    try:
        yield exchange, port
    finally:
        await door.stop()
        exchange.close()
