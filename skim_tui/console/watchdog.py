"""Watches the console's own event loop: how late it is, and how often it was stalled."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

EVERY = 0.2
"""Seconds between two looks."""
STALL = 0.050
"""Seconds of lag that count as a stall."""
WINDOW = 60.0


@dataclass(slots=True)
class Watchdog:
    """Call :meth:`beat` every :data:`EVERY` seconds. Times are monotonic seconds, lags are seconds."""

    clock: Callable[[], float] = time.monotonic
    worst: float = 0.0
    stalls: int = 0
    _due: float = 0.0
    _lags: deque[tuple[float, float]] = field(default_factory=deque[tuple[float, float]])

    def beat(self) -> None:
        now = self.clock()
        if self._due:
            late = max(0.0, now - self._due)
            self._lags.append((now, late))
            self.worst = max(self.worst, late)
            self.stalls += late > STALL
        while self._lags and now - self._lags[0][0] > WINDOW:
            self._lags.popleft()
        self._due = now + EVERY

    @property
    def recent(self) -> float:
        """The worst lag of the last minute."""
        return max((late for _, late in self._lags), default=0.0)
