"""What the newsroom keeps of each item on its way, and its account of what became of every one."""

from __future__ import annotations

from dataclasses import dataclass, field

from skim_tui.domain.market import Announcement


@dataclass(slots=True)
class NewsCounts:
    """What became of every item: received = duplicates + stale + no ticker + overflow + tested + :attr:`waiting`."""

    received: int = 0
    duplicates: int = 0
    stale: int = 0
    """Too old when they came, or from before the open and left to the opening range."""
    no_ticker: int = 0
    overflow: int = 0
    """Given up because newer ones filled the queue."""
    tested: int = 0
    signals: int = 0
    """Of those tested."""
    no_data: int = 0
    """Of those tested: candles or quotes did not come."""
    waiting: int = 0

    @property
    def add_up(self) -> bool:
        settled = self.duplicates + self.stale + self.no_ticker + self.overflow + self.tested
        return self.received == settled + self.waiting


@dataclass(slots=True)
class Work:
    """One item on its way through the newsroom."""

    item: Announcement
    arrived: float
    """Real time, seconds."""
    symbols: tuple[str, ...] = ()
    left: set[str] = field(default_factory=set[str])
    """Symbols not judged for good yet."""
    spent: float = 0.0
    """Real seconds of our own work on it; not the wait for a place in the pool nor the broker's answers."""
    since: float = 0.0
    """Real time since when it waits for data."""
    opened: float = 0.0
    """Exchange time of the first look at it."""
    fired: bool = False
    lacking: str = ""
