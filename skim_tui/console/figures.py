"""Numbers and times the way a trader reads them: signs, thousands, the exchange's decimals and clock."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from skim_tui.console.spans import Span

NONE = "·"
"""Shown where there is no figure."""

Number = Decimal | float


def price(value: Number | None) -> str:
    """A price: three decimals to 2.00, where the ASX quotes in tenths or halves of a cent, else two."""
    if value is None or value <= 0:
        return NONE
    return f"{value:.3f}" if value <= 2 else f"{value:,.2f}"


def money(value: Number, *, sign: bool = False, cents: bool = True) -> str:
    """An amount with thousands, and with its sign when it is a profit or loss."""
    amount = abs(value)
    text = f"{amount:,.2f}" if cents else f"{amount:,.0f}"
    if value < 0:
        return f"-{text}"
    return f"+{text}" if sign and value > 0 else text


def profit(value: Number, *, cents: bool = True) -> Span:
    """A profit or loss: arrow, sign and colour say the same thing."""
    mark = "▲" if value > 0 else "▼" if value < 0 else " "
    style = "gain" if value > 0 else "loss" if value < 0 else "text"
    return f"{mark}{money(value, sign=True, cents=cents)}", style


def percent(value: float | None) -> Span:
    if value is None:
        return NONE, "faint"
    return f"{value:+z.1f}%", "gain" if value > 0 else "loss" if value < 0 else "text"


def multiple(value: float | None) -> Span:
    """Profit in units of the initial risk."""
    if value is None:
        return NONE, "faint"
    return f"{value:+z.1f}R", "gain" if value > 0 else "loss" if value < 0 else "text"


def shares(value: int) -> str:
    return f"{value:,}"


def volume(value: float) -> str:
    """Shares traded, short: 950, 12k, 3.4M."""
    if value >= 9_999_500:
        return f"{value / 1e6:.0f}M"
    if value >= 999_500:
        return f"{value / 1e6:.1f}M"
    return f"{value / 1e3:.0f}k" if value >= 1_000 else f"{value:.0f}"


@lru_cache(maxsize=16)
def zone(name: str) -> ZoneInfo:
    """The time zone ``name``; UTC when this machine does not know it."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")


def clock(ts: float, tz: str, form: str = "%H:%M:%S") -> str:
    """``ts`` as exchange-local time; empty when there is none."""
    return datetime.fromtimestamp(ts, zone(tz)).strftime(form) if ts > 0 else ""


def duration(seconds: float) -> str:
    """A length of time to its two largest units: 5h46m, 12m05s, 8s."""
    whole = max(0, int(seconds))
    if whole >= 86_400:
        return f"{whole // 86_400}d{whole % 86_400 // 3600:02d}h"
    if whole >= 3600:
        return f"{whole // 3600}h{whole % 3600 // 60:02d}m"
    return f"{whole // 60}m{whole % 60:02d}s" if whole >= 60 else f"{whole}s"


def minutes(seconds: float) -> str:
    """A length of time to the minute, for what is far off: 3d04h, 5h46m, 12 min."""
    return duration(seconds) if seconds >= 3600 else f"{max(0.0, seconds) / 60:.0f} min"


def age(seconds: float) -> str:
    """How long ago, coarsely: it must not change every second on a quiet screen."""
    if seconds < 15:
        return "just now"
    if seconds < 60:
        return "under 1m ago"
    return f"{duration(seconds - seconds % 60).removesuffix('00s')} ago"


def meter(share: float, width: int) -> str:
    """A bar of ``width`` cells, ``share`` (0 to 1) of it filled in eighths; the rest is shaded, so that it shows
    without a colour of its own."""
    eighths = round(max(0.0, min(1.0, share)) * width * 8)
    full, rest = divmod(eighths, 8)
    return ("█" * full + (" ▏▎▍▌▋▊▉"[rest] if rest else "")).ljust(width, "░")[:width]


def sparkline(values: tuple[float, ...], width: int) -> str:
    """The last ``width`` of ``values`` as a row of bars."""
    shown = values[-width:]
    if len(shown) < 2:
        return " " * width
    low, high = min(shown), max(shown)
    scale = 7 / (high - low) if high > low else 0.0
    return "".join("▁▂▃▄▅▆▇█"[round((value - low) * scale)] for value in shown).rjust(width)
