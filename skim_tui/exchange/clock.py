"""The exchange's clock: real time, N times real time, or as fast as events can be handled."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable

LONGEST_NAP = 0.25
"""Real seconds after which a sleeper looks again, so that a change of speed takes effect."""


class SimClock:
    """Exchange time as UTC epoch seconds. ``speed`` None is maximum speed: time is what events set."""

    def __init__(
        self, start: float, speed: float | None = 1.0, *, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        if speed is not None and speed <= 0:
            raise ValueError(f"clock speed {speed} is not positive")
        self._monotonic = monotonic
        self._base = start
        self._since = monotonic()
        self._speed = speed

    @property
    def speed(self) -> float | None:
        return self._speed

    def now(self) -> float:
        if self._speed is None:
            return self._base
        return self._base + (self._monotonic() - self._since) * self._speed

    def set(self, ts: float) -> None:
        """Move to ``ts``; time never runs backwards."""
        if ts > self.now():
            self._base, self._since = ts, self._monotonic()

    def change(self, speed: float) -> None:
        """Run at another speed from now on; 0 stands still."""
        if speed < 0:
            raise ValueError(f"clock speed {speed} is negative")
        self._base, self._since, self._speed = self.now(), self._monotonic(), speed

    async def sleep_until(self, ts: float, sooner: asyncio.Event) -> None:
        """Wait until the clock shows ``ts`` or ``sooner`` is set; at maximum speed, jump there."""
        while not sooner.is_set():
            if self._speed is None:
                self.set(ts)
            left = ts - self.now()
            if left <= 0:
                return
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(
                    sooner.wait(), min(left / self._speed if self._speed else LONGEST_NAP, LONGEST_NAP)
                )
