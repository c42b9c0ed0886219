"""A thousand reconnects of one desk: what must not grow does not. ``python benchmarks/reconnects.py [COUNT [EVERY]]``.

The exchange runs in a process of its own; desk and adapter are in this one, so that every task, subscription and
object of theirs can be counted.
"""

from __future__ import annotations

import asyncio
import gc
import logging
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from random import Random

from skim_tui.broker.tws import TwsBroker, adapter, heartbeat
from skim_tui.calendar_source import calendar
from skim_tui.config import Config
from skim_tui.desk.engine import Desk
from skim_tui.desk.telling.pulse import resident_mb
from skim_tui.domain.events import Connection
from skim_tui.domain.session import ASX
from skim_tui.journal import Journal
from skim_tui.selftest.market import TODAY

EVERY = 100


@dataclass(frozen=True, slots=True)
class Reading:
    """What could grow."""

    reconnects: int
    tasks: int
    streams: int
    """Market data, bar and scan subscriptions of the connection."""
    requests: int
    """Requests that still wait for an answer."""
    objects: int
    memory_mb: float

    def __str__(self) -> str:
        return (
            f"{self.reconnects:6} reconnects  {self.tasks:3} tasks  {self.streams:3} streams  "
            f"{self.requests:3} requests  {self.objects:8,} objects  {self.memory_mb:6.1f} MB"
        )


async def reconnects(count: int, every: int = EVERY, tell: Callable[[Reading], None] = print) -> list[Reading]:
    """Cut the connection ``count`` times, each time once everything is subscribed again."""
    logging.disable(logging.CRITICAL)
    heartbeat.FIRST_SAMPLES = (0.0, 0.005)
    adapter.RESYNC_PAUSE = 0.01
    exchange = subprocess.Popen(
        [sys.executable, "-m", "skim_tui", "exchange", "--tape", "synthetic:asx:1", "--at", "10:30", "--no-limits"],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert exchange.stdout is not None
        found = re.search(r"tws=([\d.]+):(\d+)", exchange.stdout.readline())
        assert found is not None
        return await _reconnects(found[1], int(found[2]), count, every, tell)
    finally:
        exchange.terminate()
        exchange.wait()


async def _reconnects(host: str, port: int, count: int, every: int, tell: Callable[[Reading], None]) -> list[Reading]:
    broker = TwsBroker(host, port, 7, ASX, first_wait=0.01, random=Random(1))
    journal = Journal.open(Path(tempfile.mkdtemp(prefix="skim-")) / "journal.db", durable=False)
    desk = Desk(Config(), broker, journal, calendar(ASX, today=TODAY))
    running = asyncio.create_task(broker.run(desk.handle))
    for symbol in ("BHP", "CBA", "CSL", "NAB", "WBC", "ANZ", "MQG", "WES"):
        desk.watchlist.follow(symbol)
    readings: list[Reading] = []
    for number in range(count + 1):
        await _operational(desk)
        desk.context.dirty.clear()  # a publisher would have told it
        session = broker._trading._session
        assert session is not None
        if number % every == 0:
            await asyncio.sleep(0.5)  # everything is subscribed, what was cancelled is gone
            gc.collect()
            readings.append(
                Reading(
                    number,
                    tasks=len(asyncio.all_tasks()),
                    streams=len(session.feeds) + len(session.histories) + len(session.scans),
                    requests=len(session.requests),
                    objects=len(gc.get_objects()),
                    memory_mb=resident_mb(),
                )
            )
            tell(readings[-1])
        session._client.conn.transport.abort()
        await _lost(desk)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    journal.close()
    return readings


async def _operational(desk: Desk) -> None:
    async with asyncio.timeout(20):
        while desk.context.connection is not Connection.OPERATIONAL:
            await asyncio.sleep(0.002)


async def _lost(desk: Desk) -> None:
    async with asyncio.timeout(20):
        while desk.context.connection is Connection.OPERATIONAL:
            await asyncio.sleep(0.001)


if __name__ == "__main__":
    began = time.monotonic()
    wanted = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    every = int(sys.argv[2]) if len(sys.argv) > 2 else EVERY
    _, first, *_, last = asyncio.run(reconnects(wanted, every))
    print(
        f"{wanted} reconnects in {time.monotonic() - began:.0f} s: tasks {last.tasks - first.tasks:+}, "
        f"streams {last.streams - first.streams:+}, objects {last.objects - first.objects:+,}, "
        f"memory {last.memory_mb - first.memory_mb:+.1f} MB"
    )
