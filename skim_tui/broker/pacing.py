"""Pacing of messages to a broker: data requests wait their turn, orders never do."""

from __future__ import annotations

import asyncio
import heapq
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from enum import IntEnum


class Priority(IntEnum):
    """Who goes first when messages must wait."""

    STREAM = 0
    """Subscriptions."""
    LOOKUP = 1
    """Contract details, history."""


class TokenBucket:
    """Messages per second with a burst. The level may be driven below zero by ``spend``: what has
    already left counts, whoever sent it, and delays the next one that asks."""

    def __init__(self, rate: float, burst: int) -> None:
        if rate <= 0 or burst < 1:
            raise ValueError(f"token bucket of {rate}/s with burst {burst}")
        self.rate = rate
        self.burst = burst
        self._level = float(burst)
        self._at = 0.0
        self._started = False

    def spend(self, now: float, count: int = 1) -> None:
        """Count messages that leave regardless of the level."""
        self._refill(now)
        self._level -= count

    def take(self, now: float) -> bool:
        """Take one message's turn, if there is one."""
        self._refill(now)
        # A rounding error must not cost a caller that waited exactly long enough another round.
        if self._level < 1.0 - 1e-9:
            return False
        self._level -= 1.0
        return True

    def ready_in(self, now: float) -> float:
        """Seconds until ``take`` succeeds."""
        self._refill(now)
        return max(0.0, (1.0 - self._level) / self.rate)

    def _refill(self, now: float) -> None:
        if not self._started:
            self._at, self._started = now, True
        if now > self._at:
            self._level = min(float(self.burst), self._level + (now - self._at) * self.rate)
            self._at = now


class Pacer:
    """Turns for data requests, first by priority and then by arrival; orders are only counted.

    The default of 30 messages a second with a burst of 10 leaves orders at least 10 of the 50 a second
    the TWS API accepts (source: TWS API, "Pacing limitations"), and ``history_open`` keeps simultaneous
    historical requests far below its 50.
    """

    def __init__(
        self,
        *,
        rate: float = 30.0,
        burst: int = 10,
        history_open: int = 6,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._bucket = TokenBucket(rate, burst)
        self._history = asyncio.Semaphore(history_open)
        self._clock = clock
        self._waiting: list[tuple[int, int, asyncio.Future[None]]] = []
        self._arrivals = 0
        self._timer: asyncio.TimerHandle | None = None

    @property
    def waiting(self) -> int:
        """How many requests wait for their turn."""
        return sum(1 for *_, turn in self._waiting if not turn.done())

    async def turn(self, priority: Priority) -> None:
        """Wait until one data request may be sent."""
        turn = asyncio.get_running_loop().create_future()
        self._arrivals += 1
        heapq.heappush(self._waiting, (priority, self._arrivals, turn))
        self._release()
        await turn

    @asynccontextmanager
    async def history(self, priority: Priority = Priority.LOOKUP) -> AsyncGenerator[None, None]:
        """Hold one of the places for open historical requests, and a turn to send it."""
        async with self._history:
            await self.turn(priority)
            yield

    def sent(self, count: int = 1) -> None:
        """Count messages that did not wait: orders, cancels."""
        self._bucket.spend(self._clock(), count)

    def _release(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        now = self._clock()
        while self._waiting:
            turn = self._waiting[0][2]
            if turn.done():  # its request was cancelled while it waited
                heapq.heappop(self._waiting)
                continue
            if not self._bucket.take(now):
                wait = self._bucket.ready_in(now)
                self._timer = asyncio.get_running_loop().call_later(wait, self._release)
                return
            heapq.heappop(self._waiting)
            turn.set_result(None)
