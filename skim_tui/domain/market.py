"""Market data as plain values.

Times are UTC epoch seconds (float). Prices are floats read from decimal text: comparing two such
prices is exact, and arithmetic on them stays inside indicators; an order price is a Decimal.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from skim_tui.domain.orders import Side


@dataclass(frozen=True, slots=True)
class Quote:
    """Best bid and offer. A side that is absent has price 0.0 and size 0."""

    symbol: str
    ts: float
    bid: float
    bid_size: int
    ask: float
    ask_size: int

    @property
    def two_sided(self) -> bool:
        """Both sides present and neither crossed nor locked."""
        return 0.0 < self.bid < self.ask and self.bid_size > 0 and self.ask_size > 0

    def facing(self, side: Side) -> float:
        """The price an order of ``side`` meets: the offer for a purchase, the bid for a sale; 0.0 when absent."""
        return self.ask if side is Side.BUY else self.bid


@dataclass(frozen=True, slots=True)
class Trade:
    """A trade on the market (not one of ours)."""

    symbol: str
    ts: float
    price: float
    size: int
    day_volume: int = 0
    """Shares traded on the day including this trade; 0 when the feed does not say."""


@dataclass(frozen=True, slots=True)
class Bar:
    """A one-minute bar; ``ts`` is its start."""

    symbol: str
    ts: float
    open: float
    high: float
    low: float
    close: float
    volume: int


@dataclass(frozen=True, slots=True)
class DailyBar:
    """One session of one instrument."""

    symbol: str
    date: date
    open: float
    high: float
    low: float
    close: float
    volume: int


@dataclass(frozen=True, slots=True)
class Announcement:
    """A company announcement or a news headline."""

    symbol: str
    ts: float
    headline: str
    price_sensitive: bool = False
    source: str = ""
    key: str = ""
    """Unique within ``source``: the exchange's document id, the wire's article id."""
    symbols: tuple[str, ...] = ()
    """Every share the item is about, where its source names more than one."""
    pages: int = 0
    link: str = ""
    language: str = ""
    """Two letters where the wire says so, e.g. ``en``."""
    sentiment: float | None = None
    """-1 (bad) to 1 (good) as the wire rates it; None when it does not."""
    confidence: float | None = None
    """0 to 1: how sure the wire is of ``sentiment``."""


MINUTE = 60.0


def minute_of(ts: float) -> float:
    """The start of the minute that holds ``ts``."""
    return ts - ts % MINUTE
