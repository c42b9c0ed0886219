"""Playing an agenda on a clock: in time, at once, or up to where a client may begin; one day after the other."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import date

from skim_tui.domain.session import TradingCalendar
from skim_tui.exchange.agenda import Agenda
from skim_tui.exchange.clock import SimClock

BREATH = 500
"""Entries between two yields to the loop, when there is no time to wait."""


class Player:
    """Runs the days of a tape. ``begin_day`` fills the agenda, ``after`` is called after every entry."""

    def __init__(
        self,
        agenda: Agenda,
        calendar: TradingCalendar,
        dates: Sequence[date],
        *,
        begin_day: Callable[[date], None],
        after: Callable[[], None],
    ) -> None:
        self._agenda = agenda
        self._calendar = calendar
        self._days_left = list(dates)
        self._begin_day = begin_day
        self._after = after
        self.clock = SimClock(calendar.day(dates[0]).pre_open, None)

    def start(self, at: float | None, speed: float | None) -> None:
        """Play what comes before ``at`` (the first day's beginning if None) at once, then let the clock run."""
        self._begin_next()
        if at is not None:
            self._fast_forward(at)
        self.clock = SimClock(self.clock.now() if at is None else at, speed)

    async def run(self, linger: bool = False) -> None:
        """Play to the end of the last day. With ``linger`` go on waiting afterwards, until cancelled."""
        breath = 0
        while self._has_more():
            while (due := self._agenda.due) > self.clock.now():
                self._agenda.sooner.clear()
                await self.clock.sleep_until(due, self._agenda.sooner)
            self._step()
            breath += 1
            if breath % BREATH == 0:
                await asyncio.sleep(0)
        while linger:
            await asyncio.sleep(3600)

    def play(self, until: float = float("inf")) -> None:
        """Play at once, without a loop: to ``until``, or to the end. Not for a clock that runs."""
        while self._has_more() and self._agenda.due <= until:
            self.clock.set(self._agenda.due)
            self._step()
        if until < float("inf"):
            self.clock.set(until)

    def _step(self) -> None:
        self._agenda.run_next()
        self._after()

    def _has_more(self) -> bool:
        """Whether something is to come; the next day begins when nothing else comes before it."""
        while self._days_left and self._agenda.due > self._opens(self._days_left[0]):
            self._begin_next()
        return bool(self._agenda)

    def _fast_forward(self, start: float) -> None:
        while True:
            if self._days_left and self._opens(self._days_left[0]) <= start:
                self._has_more()
            if self._agenda.due > start:
                return
            self.clock.set(self._agenda.due)
            self._agenda.run_next()

    def _begin_next(self) -> None:
        self._begin_day(self._days_left.pop(0))

    def _opens(self, day: date) -> float:
        return self._calendar.day(day).pre_open
