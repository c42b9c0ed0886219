"""Historical bars as the API gives them: duration and bar-size words, sessions, time formats."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from skim_tui.domain.market import Bar
from skim_tui.exchange.core import ExchangeApi
from skim_tui.exchange.model import Rejected
from skim_tui.exchange.tws.contracts import zone_of

SIZES = {
    "1 min": 60, "2 mins": 120, "3 mins": 180, "5 mins": 300, "10 mins": 600, "15 mins": 900, "20 mins": 1200,
    "30 mins": 1800, "1 hour": 3600,
}  # fmt: skip
UNITS = {"S": 1, "D": 86_400, "W": 7 * 86_400, "M": 31 * 86_400, "Y": 366 * 86_400}
NOTHING = "Historical Market Data Service error message:HMDS query returned no data"


def seconds_of(duration: str) -> int:
    """``"1 D"`` in seconds. Raises :class:`Rejected` 321."""
    count, _, unit = duration.strip().partition(" ")
    if not count.isdigit() or unit not in UNITS:
        raise Rejected(
            321, f"Error validating request.-'bO' : cause - Historical data request for duration '{duration}'"
        )
    return int(count) * UNITS[unit]


def merge(bars: Iterable[Bar], size: int) -> list[Bar]:
    """One-minute bars gathered into bars of ``size`` seconds, aligned to the epoch."""
    merged: dict[float, Bar] = {}
    for bar in bars:
        ts = bar.ts - bar.ts % size
        known = merged.get(ts)
        merged[ts] = (
            Bar(bar.symbol, ts, bar.open, bar.high, bar.low, bar.close, bar.volume)
            if known is None
            else Bar(
                bar.symbol,
                ts,
                known.open,
                max(known.high, bar.high),
                min(known.low, bar.low),
                bar.close,
                known.volume + bar.volume,
            )  # fmt: skip
        )
    return [merged[ts] for ts in sorted(merged)]


def history(
    exchange: ExchangeApi, symbol: str, request_id: int, size: str, duration: str, *, regular: bool, form: int
) -> list[object]:
    """A historicalData message. Raises :class:`Rejected` 162 when there is nothing, 321 for a bad request."""
    span, now, day = seconds_of(duration), exchange.now(), exchange.day()
    zone = zone_of(day.mic)
    rows: list[list[object]] = []
    if size == "1 day":
        sessions = max(1, span // 86_400) if duration.endswith("D") else max(1, span // 86_400 * 5 // 7)
        for daily in exchange.daily_bars(symbol, sessions):
            middle = (daily.high + daily.low + daily.close) / 3
            rows.append(
                [
                    f"{daily.date:%Y%m%d}",
                    daily.open,
                    daily.high,
                    daily.low,
                    daily.close,
                    daily.volume,
                    middle,
                    daily.volume // 100,
                ]
            )
        stats = exchange.stats(symbol)
        if stats.open > 0.0:
            rows.append(
                [
                    f"{day.date:%Y%m%d}",
                    stats.open,
                    stats.high,
                    stats.low,
                    stats.last,
                    stats.volume,
                    stats.last,
                    stats.volume // 100,
                ]
            )
        rows = rows[-sessions:]
    elif size in SIZES:
        start = day.pre_open - max(0, span - 86_400)
        end = now + 1.0
        bars = exchange.minute_bars(symbol, start, end)
        if regular:
            bars = [bar for bar in bars if day.opening_auction <= bar.ts < day.end or bar.ts < day.pre_open]
        for bar in merge(bars, SIZES[size]):
            rows.append(bar_row(bar, exchange, form))
    else:
        raise Rejected(
            321, f"Error validating request.-'bO' : cause - Historical data bar size setting is invalid: {size}"
        )
    if not rows:
        raise Rejected(162, NOTHING)
    opened = datetime.fromtimestamp(now - span, day.tz)
    closed = day.local(now)
    return [
        17, request_id, f"{opened:%Y%m%d %H:%M:%S} {zone}", f"{closed:%Y%m%d %H:%M:%S} {zone}", len(rows),
        *(field for row in rows for field in row),
    ]  # fmt: skip


def bar_row(bar: Bar, exchange: ExchangeApi, form: int) -> list[object]:
    """date, open, high, low, close, volume, average, count of an intraday bar."""
    day = exchange.day()
    when: object = int(bar.ts) if form == 2 else f"{day.local(bar.ts):%Y%m%d %H:%M:%S} {zone_of(day.mic)}"
    middle = round((bar.high + bar.low + bar.close) / 3, 6)
    return [when, bar.open, bar.high, bar.low, bar.close, bar.volume, middle, max(1, bar.volume // 100)]
