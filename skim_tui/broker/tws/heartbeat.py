"""The heartbeat of a connection: it samples the broker's clock and finds out half-open sockets."""

from __future__ import annotations

import asyncio
import time

from skim_tui.broker.brokerclock import BrokerClock, ClockSample
from skim_tui.broker.tws.errors import NoAnswer
from skim_tui.broker.tws.session import Session
from skim_tui.steadytime import elapsed

FIRST_SAMPLES = (0.0, 0.1, 0.1, 0.2, 0.4)
"""Local seconds between the clock samples of a new connection: ever longer, as the fit gets better."""

HEARTBEAT = 2.0
HEARTBEAT_TIMEOUT = 10.0
"""A connection on which nothing at all arrives for so long is dead, though the socket may look open."""

UPSTREAM_PATIENCE = 180.0
"""Local seconds that TWS may wait for its server. Then the connection is made anew: a word that all is well again
can be lost, and without it no order, not even an exit, would ever leave."""


class Heartbeat:
    """Asks one connection for the time again and again. ``upstream`` is set while TWS reaches its server."""

    def __init__(
        self, session: Session, clock: BrokerClock, upstream: asyncio.Event, interval: float, timeout: float
    ) -> None:
        self._session = session
        self._clock = clock
        self._upstream = upstream
        self._interval = interval
        self._timeout = timeout

    async def first_samples(self) -> None:
        """Know the broker's time before anything is judged by it. One sample is enough for a broker on the
        system clock."""
        for wait in FIRST_SAMPLES:
            await asyncio.sleep(wait)
            await self._sample()
            if self._clock.is_system:
                return

    async def beat(self) -> str:
        """Until nothing arrives any more; then the connection is closed and the reason returned."""
        cut_off: float | None = None
        while True:
            await asyncio.sleep(self._interval)
            await self._sample()
            now = time.monotonic()
            if self._upstream.is_set():
                cut_off = None
            elif cut_off is None:
                cut_off = now
            silent = now - self._session.last_received
            reason = ""
            if cut_off is not None and now - cut_off >= UPSTREAM_PATIENCE:
                reason = f"TWS has not reached its server for {now - cut_off:.0f} s: connecting anew"
            elif cut_off is None and silent >= self._timeout:
                reason = f"nothing heard from the broker for {silent:.0f} s"
            if reason:
                self._session.close(reason, abort=True)
                return reason

    async def _sample(self) -> None:
        sent = elapsed()
        try:
            answer = await self._session.ask("time", self._session.wire.reqCurrentTime, self._timeout)
        except NoAnswer:
            return  # whether the connection is dead is judged by all that arrives on it
        self._clock.sample(ClockSample(sent, elapsed(), int(answer[0])), time.time())
