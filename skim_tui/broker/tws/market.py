"""Everything asked of the market on one connection: watches, the scan, look-ups; each in its own task."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from skim_tui.broker.pacing import Pacer, Priority
from skim_tui.broker.port import BrokerError, ScanRequest
from skim_tui.broker.tws.errors import HISTORY_MESSAGE, NO_ROWS, NO_ROWS_TEXT, fails_request, is_worth_retrying
from skim_tui.broker.tws.lookup import Lookup
from skim_tui.broker.tws.reports import ContractKey
from skim_tui.broker.tws.scanner import gap_scan, scan_rows
from skim_tui.broker.tws.session import Session
from skim_tui.broker.tws.watch import Watch
from skim_tui.domain.events import (
    BrokerEvent,
    DailyHistory,
    InstrumentResolved,
    MinuteHistory,
    RequestFailed,
    ScanResult,
)
from skim_tui.domain.session import TIME_ZONES

logger = logging.getLogger("skim.tws")

TICK = 0.25
"""Local seconds between two looks for quiet minutes that ended."""

BAR_GRACE = 5.0
"""Broker seconds a minute's last update may come after its end (TWS updates forming bars every 5 s)."""

RETRIES = (2.0, 8.0)
"""Local seconds before a look-up that may succeed later is tried again."""

SCAN_RESTART = 30.0
MAX_WATCHES = 42
"""Each watch keeps one of TWS's 50 simultaneous historical requests open; the rest are for look-ups."""


class Market:
    """The market side of one connection. ``answered`` is called with a look-up's name and symbol when it
    needs no repeating on the next connection."""

    def __init__(
        self,
        session: Session,
        pacer: Pacer,
        mic: str,
        emit: Callable[[BrokerEvent], None],
        now: Callable[[], float],
        speed: Callable[[], float],
        answered: Callable[[str, str], None],
    ) -> None:
        self._session = session
        self._pacer = pacer
        self._mic = mic
        self._emit = emit
        self._now = now
        self._speed = speed
        self._answered = answered
        self.lookup = Lookup(session, pacer, mic)
        self._watches: dict[str, Watch] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._scan_id = 0
        self._scan_broken = asyncio.Event()

    # ---- commands ---------------------------------------------------------------------------------

    def watch(self, symbol: str) -> None:
        if symbol in self._watches:
            return
        if len(self._watches) >= MAX_WATCHES:
            reason = f"{MAX_WATCHES} symbols are watched already, as many as the broker streams bars for"
            self._emit(RequestFailed("watch", symbol, reason))
            return
        watch = Watch(symbol, self._mic, self._session, self._pacer, self.lookup, self._emit, self._now)
        self._watches[symbol] = watch
        self._start(f"watch {symbol}", watch.run())

    def unwatch(self, symbol: str) -> None:
        watch = self._watches.pop(symbol, None)
        if watch is not None:
            self._stop(f"watch {symbol}")
            self._start(f"unwatch {symbol} {id(watch)}", watch.stop())

    def scan(self, request: ScanRequest) -> None:
        """Replace the scan."""
        self._stop("scan")
        self._start("scan", self._keep_scan(request))

    def look_up(self, what: str, symbol: str, sessions: int = 0) -> None:
        """Answer ``resolve``, ``fetch_daily`` or ``fetch_minutes`` (bars of the last ``sessions``), once per question."""

        async def answer() -> BrokerEvent:
            if what == "resolve":
                return InstrumentResolved(await self.lookup.instrument(symbol))
            if what == "fetch_minutes":
                return MinuteHistory(symbol, await self.lookup.minutes(symbol, sessions, self._today))
            return DailyHistory(symbol, await self.lookup.daily(symbol, sessions, self._today))

        self._start(f"{what} {symbol}", self._look_up(what, symbol, answer))

    def start(self) -> None:
        """Begin to look for quiet minutes that end."""
        self._start("bar clock", self._close_quiet_minutes())

    async def close(self) -> None:
        """End every task; nothing is sent, the connection is over or about to be."""
        self.lookup.close()
        tasks = tuple(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    # ---- the scanner stream's side ------------------------------------------------------------------

    def on_rows(self, rows: list[tuple[int, ContractKey]]) -> None:
        self._emit(ScanResult(scan_rows(rows, self._mic)))

    def on_scan_error(self, code: int, text: str) -> None:
        if code == NO_ROWS or (code == HISTORY_MESSAGE and NO_ROWS_TEXT in text.lower()):
            self._emit(ScanResult(()))
        elif fails_request(code):
            self._emit(RequestFailed("scan", "", f"{code} {text}"))
            self._session.scans.pop(self._scan_id, None)
            self._scan_broken.set()

    # ---- details ------------------------------------------------------------------------------------

    async def _keep_scan(self, request: ScanRequest) -> None:
        subscription, filters = gap_scan(request, self._mic)
        session = self._session
        while True:
            # One scan at a time: the one before is cancelled, whoever started it.
            if session.scans.pop(self._scan_id, None) is not None:
                await self._pacer.turn(Priority.STREAM)
                session.wire.cancelScannerSubscription(self._scan_id)
            self._scan_broken.clear()
            await self._pacer.turn(Priority.STREAM)
            if not session.is_open:
                return
            self._scan_id = session.new_request_id()
            session.scans[self._scan_id] = self
            session.wire.reqScannerSubscription(self._scan_id, subscription, [], filters)
            await self._scan_broken.wait()
            await asyncio.sleep(SCAN_RESTART)

    async def _look_up(self, what: str, symbol: str, answer: Callable[[], Awaitable[BrokerEvent]]) -> None:
        for wait in (*RETRIES, None):
            try:
                event = await answer()
            except BrokerError as error:
                if not self._session.is_open:
                    return  # asked again on the next connection
                if wait is not None and is_worth_retrying(error):
                    await asyncio.sleep(wait)
                    continue
                event = RequestFailed(what, symbol, str(error))
            # Who hears the answer may ask again at once.
            self._tasks.pop(f"{what} {symbol}", None)
            self._answered(what, symbol)
            self._emit(event)
            return

    async def _close_quiet_minutes(self) -> None:
        while True:
            await asyncio.sleep(TICK)
            now, grace = self._now(), BAR_GRACE + self._speed()
            for watch in tuple(self._watches.values()):
                watch.tick(now, grace)

    def _today(self) -> date:
        return datetime.fromtimestamp(self._now(), ZoneInfo(TIME_ZONES[self._mic])).date()

    def _start(self, name: str, work: Coroutine[Any, Any, None]) -> None:
        if name in self._tasks:
            work.close()  # the same question is being asked
            return
        task = asyncio.create_task(work, name=f"tws {name}")
        self._tasks[name] = task
        task.add_done_callback(lambda done: self._ended(name, done))

    def _stop(self, name: str) -> None:
        task = self._tasks.pop(name, None)
        if task is not None:
            task.cancel()

    def _ended(self, name: str, task: asyncio.Task[None]) -> None:
        if self._tasks.get(name) is task:
            del self._tasks[name]
        if task.cancelled() or task.exception() is None:
            return
        logger.error("defect in %s", name, exc_info=task.exception())
        what, _, symbol = name.partition(" ")
        self._emit(RequestFailed(what, symbol, f"defect: {task.exception()!r}"))
