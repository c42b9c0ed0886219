"""Notices feeds that have gone silent without a word, names them, and asks for them again (safety rule S1).

A subscription can be accepted and never tick. No error says so: only the age of the newest tick, bar and order
message does. Ages are real seconds, for a network's silence is real, whatever speed the market runs at.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from skim_tui.desk.context import Context
from skim_tui.domain.events import (
    BarsClosed,
    BrokerEvent,
    Connection,
    ConnectionChanged,
    TodayBars,
)
from skim_tui.domain.market import Quote, Trade
from skim_tui.domain.orders import Fill, OrderUpdate
from skim_tui.domain.session import Phase
from skim_tui.link.health import FeedRow

FEED_SILENT = 90.0
"""Real seconds without any tick of a symbol that has ticked, while the market is open, after which it is named."""
ALL_SILENT = 30.0
"""... without a tick of any symbol."""
ASK_AGAIN = 300.0
"""Least real seconds between two renewals of the same subscription."""


@dataclass(slots=True)
class Ages:
    """When a subscription was last heard of, by the operator's clock; 0.0 for never."""

    tick: float = 0.0
    bar: float = 0.0
    order: float = 0.0
    named: bool = False
    renewed: float = 0.0


class Silence:
    """Keeps the ages of every subscription."""

    def __init__(self, context: Context, held: Callable[[str], bool], watched: Callable[[], list[str]]) -> None:
        self._context = context
        self._held = held
        self._watched = watched
        self.ages: dict[str, Ages] = {}
        self._newest = 0.0
        self._all_named = False
        self._since = 0.0

    def hear(self, event: BrokerEvent) -> None:
        """Something arrived."""
        now = self._context.wall()
        match event:
            case Quote() | Trade():
                ages = self._of(event.symbol)
                ages.tick = self._newest = now
                if ages.named:
                    ages.named = False
                    self._context.log("info", f"{event.symbol}: ticks again")
            case BarsClosed():
                for bar in event.bars:
                    self._of(bar.symbol).bar = now
            case TodayBars():
                self._of(event.symbol).bar = now
            case OrderUpdate() | Fill():
                self._of(event.symbol).order = now
            case ConnectionChanged():
                self._since = now  # after a break everything has time to begin anew
            case _:
                pass

    def rows(self) -> tuple[FeedRow, ...]:
        """The ages of every subscription, the longest silent one first."""
        now = self._context.wall()

        def age(heard: float) -> float | None:
            return now - heard if heard else None

        rows = [
            FeedRow(symbol, age(ages.tick), age(ages.bar), age(ages.order))
            for symbol, ages in sorted(self.ages.items(), key=lambda item: item[1].tick)
        ]
        return tuple(rows)

    def on_time(self) -> None:
        """Look for silence, while there should be none."""
        context = self._context
        now = context.wall()
        is_open = context.day.phase(context.now()) is Phase.OPEN
        if context.connection is not Connection.OPERATIONAL or not is_open:
            self._since = now
            return
        watched = self._watched()
        for gone in [symbol for symbol in self.ages if symbol not in watched and not self._held(symbol)]:
            del self.ages[gone]
        self._look_at_all(now, watched)
        if self._all_named:
            return
        for symbol in watched:
            self._look_at(symbol, now)

    def _look_at_all(self, now: float, watched: list[str]) -> None:
        quiet = now - max(self._newest, self._since)
        silent = bool(watched) and self._newest > 0 and quiet >= ALL_SILENT
        if silent and not self._all_named:
            self._context.log("error", f"FEED SILENT: no tick of any of {len(watched)} symbols for {quiet:.0f} s")
        elif self._all_named and not silent:
            self._context.log("warning", "the feed ticks again")
        self._all_named = silent

    def _look_at(self, symbol: str, now: float) -> None:
        ages = self._of(symbol)
        if not ages.tick or now - max(ages.tick, self._since) < FEED_SILENT:
            return
        if not ages.named:
            ages.named = True
            level = "error" if self._held(symbol) else "warning"
            self._context.log(level, f"{symbol}: FEED SILENT: no tick for {now - ages.tick:.0f} s")
        if self._held(symbol) and now - ages.renewed >= ASK_AGAIN:
            ages.renewed = now
            self._context.broker.unwatch(symbol)
            self._context.broker.watch(symbol)
            self._context.log("warning", f"{symbol}: its subscription is made anew")

    def _of(self, symbol: str) -> Ages:
        return self.ages.setdefault(symbol, Ages())
