"""The desk's own pulse: how late its loop is, what passes through it, and how its connection fared."""

from __future__ import annotations

import os
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Protocol, runtime_checkable

from skim_tui.desk.engine import Desk
from skim_tui.domain.events import BrokerEvent, ConnectionChanged
from skim_tui.link.health import ConnectionRow, FeedRow, VitalsView

STALL = 0.050
"""Seconds of loop lag that count as a stall."""
CHANGES_KEPT = 50
SLOWEST_OVER = 60.0
"""Real seconds over which the slowest event is told."""


@runtime_checkable
class HasVitals(Protocol):
    """A broker that can tell how its line is."""

    def vitals(self) -> tuple[float | None, int]: ...


class Pulse:
    """Counts and times what the service does. ``clock`` is monotonic real time, seconds."""

    def __init__(self, desk: Desk, clock: Callable[[], float] = time.monotonic) -> None:
        self._desk = desk
        self._clock = clock
        self._started = clock()
        self._changes: deque[ConnectionRow] = deque(maxlen=CHANGES_KEPT)
        self._slow: deque[tuple[float, float]] = deque()
        self._events = 0
        self._lag = self._worst = 0.0
        self._stalls = 0
        self._before = (self._started, 0, time.process_time())
        self._next = self._started

    def event(self, event: BrokerEvent, took: float) -> None:
        """One broker event was handled in ``took`` seconds."""
        self._events += 1
        now = self._clock()
        while self._slow and (self._slow[-1][1] <= took or now - self._slow[0][0] > SLOWEST_OVER):
            if self._slow[-1][1] <= took:
                self._slow.pop()
            else:
                self._slow.popleft()
        self._slow.append((now, took))
        if isinstance(event, ConnectionChanged):
            self._changes.append(ConnectionRow(self._desk.context.now(), event.state.value, event.reason))

    def beat(self, late: float) -> None:
        """The loop came back ``late`` seconds after it was due."""
        self._lag = max(self._lag, late)
        self._worst = max(self._worst, late)
        self._stalls += late > STALL

    def due(self) -> bool:
        """Whether a second has passed since the last reading."""
        now = self._clock()
        if now < self._next:
            return False
        self._next = now + 1.0
        return True

    def read(self, *, consoles: int, dirty_rows: int, feeds: tuple[FeedRow, ...] = ()) -> VitalsView:
        """The pulse now; rates are since the last reading."""
        context, now, cpu = self._desk.context, self._clock(), time.process_time()
        then, events, used = self._before
        self._before = (now, self._events, cpu)
        passed = max(now - then, 1e-3)
        lag, self._lag = self._lag, 0.0
        broker = context.broker
        round_trip, waiting = broker.vitals() if isinstance(broker, HasVitals) else (None, None)
        levels = [line.level for line in context.lines]
        return VitalsView(
            pid=os.getpid(),
            uptime=now - self._started,
            memory_mb=resident_mb(),
            cpu_pct=(cpu - used) / passed * 100,
            loop_lag=lag * 1000,
            loop_worst=self._worst * 1000,
            stalls=self._stalls,
            events_per_second=(self._events - events) / passed,
            events=self._events,
            round_trip=None if round_trip is None else round_trip * 1000,
            slowest_event=self._slow[0][1] * 1000 if self._slow else 0.0,
            orders_last_minute=self._desk.orders.sent_last_minute(),
            orders_per_minute=context.config.risk.orders_per_minute,
            requests_waiting=waiting,
            followed=len(self._desk.watchlist.symbols),
            streamed=sum(1 for followed in self._desk.watchlist.symbols.values() if followed.watched),
            consoles=consoles,
            dirty_rows=dirty_rows,
            warnings=levels.count("warning"),
            errors=levels.count("error"),
            connection=tuple(self._changes),
            feeds=feeds,
        )


def resident_mb() -> float:
    """Resident memory of this process, MB; 0.0 where the system does not tell."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
    except (OSError, IndexError, ValueError):
        return 0.0
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6
