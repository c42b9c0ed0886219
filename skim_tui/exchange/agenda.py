"""What is to happen, in order: a day's script that is known beforehand, and what is entered meanwhile."""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import Callable
from typing import Any

CLOSE, SESSION, NEWS, MINUTE, STEP, TIMER = range(6)
"""At one instant: bars close first, then the session's own events, then news, then the new minute."""

Entry = tuple[float, int, int, Callable[..., None], tuple[Any, ...]]


class Agenda:
    """Entries by time, rank and the order in which they were made."""

    def __init__(self) -> None:
        self._script: list[Entry] = []
        self._place = 0
        self._entered: list[Entry] = []
        self._count = 0
        self.sooner = asyncio.Event()
        """Set when something is entered that is due before everything else."""

    def __bool__(self) -> bool:
        return self._place < len(self._script) or bool(self._entered)

    @property
    def due(self) -> float:
        """When the next entry is due; infinity when there is none."""
        script = self._script[self._place][0] if self._place < len(self._script) else float("inf")
        return min(script, self._entered[0][0]) if self._entered else script

    def plan(self, ts: float, rank: int, action: Callable[..., None], *arguments: Any) -> None:
        """Put into the script of a day; to be followed by :meth:`begin`."""
        self._count += 1
        self._script.append((ts, rank, self._count, action, arguments))

    def begin(self) -> None:
        """The script is complete."""
        del self._script[: self._place]
        self._place = 0
        self._script.sort(key=_order)
        self.sooner.set()

    def enter(self, ts: float, rank: int, action: Callable[..., None], *arguments: Any) -> None:
        """Add one entry while the script runs."""
        self._count += 1
        if ts < self.due:
            self.sooner.set()
        heapq.heappush(self._entered, (ts, rank, self._count, action, arguments))

    def run_next(self) -> None:
        """Take the next entry out and do it."""
        script = self._script[self._place] if self._place < len(self._script) else None
        if script is None or (self._entered and self._entered[0] < script):
            entry = heapq.heappop(self._entered)
        else:
            entry = script
            self._place += 1
        entry[3](*entry[4])


def _order(entry: Entry) -> tuple[float, int, int]:
    return entry[:3]
