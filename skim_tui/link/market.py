"""Published rows of the market: candidates and the chart of one symbol."""

from __future__ import annotations

import msgspec

from skim_tui.link.view import View


class CandidateView(View, frozen=True):
    """Topic ``candidates``, key ``symbol``."""

    symbol: str
    rank: int = 0
    name: str = ""
    state: str = "watching"
    why_not: str = ""
    prev_close: float = 0.0
    open: float = 0.0
    gap_pct: float | None = None
    last: float = 0.0
    bid: float = 0.0
    ask: float = 0.0
    volume: int = 0
    rel_volume: float | None = None
    or_high: float | None = None
    or_low: float | None = None
    or_until: float = 0.0
    news: str = ""
    """Newest headline; a price-sensitive one begins with ``$``."""
    spark: tuple[float, ...] = ()
    halted: bool = False
    borrow: str = ""
    """What can be borrowed to sell it short, in words; empty while the broker has not said."""


class ChartBar(msgspec.Struct, frozen=True, array_like=True):
    ts: float
    open: float
    high: float
    low: float
    close: float
    volume: int


class ChartView(View, frozen=True):
    """Topic ``chart``, key ``symbol``: the chart a console asked for with :class:`SelectChart`."""

    symbol: str
    bars: tuple[ChartBar, ...] = ()
    """Today's minutes."""
    daily: tuple[ChartBar, ...] = ()
    """The sessions before today; ``ts`` is midnight UTC of the date."""
    or_high: float | None = None
    or_low: float | None = None
    or_from: float = 0.0
    or_until: float = 0.0
    prev_close: float = 0.0
    side: str = "BUY"
    """The side of ``entry``: ``SELL`` for a short one."""
    entry: float | None = None
    stop: float | None = None
    target: float | None = None
