"""Bars that are finished: the days before, adjusted for corporate actions since, and today's minutes."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TypeVar

from skim_tui.domain.market import Bar, DailyBar
from skim_tui.domain.session import TradingCalendar
from skim_tui.exchange.actions import Actions
from skim_tui.exchange.tape import Tape

AnyBar = TypeVar("AnyBar", Bar, DailyBar)


class Archive:
    """History as it is seen on the present day: nothing of the day itself, nothing later."""

    def __init__(self, tape: Tape, calendar: TradingCalendar, actions: Actions) -> None:
        self._tape = tape
        self._calendar = calendar
        self._actions = actions
        self._rolled: dict[str, list[DailyBar]] = {}
        """Daily bars of finished tape days, from their minutes."""
        self._rolled_days: set[date] = set()
        self._by_symbol: dict[date, dict[str, list[Bar]]] = {}
        """Minute bars of days that were asked about."""
        self.today: dict[str, list[Bar]] = {}
        """Closed minute bars of the present day."""

    def daily(self, symbol: str, sessions: int, today: date) -> list[DailyBar]:
        """The last ``sessions`` sessions before ``today``, oldest first."""
        if sessions <= 0:
            return []
        bars = self._raw(symbol, sessions, today)
        if symbol not in self._actions:
            return bars
        return [self._adjusted_day(bar, today) for bar in bars]

    def minutes(self, symbol: str, today: date) -> list[Bar]:
        """Minute bars of the tape's days before ``today``, oldest first."""
        found: list[Bar] = []
        for day in self._tape.dates:
            if day >= today:
                break
            prices, shares = self._factors(symbol, day, today)
            bars = self.recorded(symbol, day)
            found += bars if (prices, shares) == (1.0, 1.0) else [_scaled(bar, prices, shares) for bar in bars]
        return found

    def recorded(self, symbol: str, day: date) -> list[Bar]:
        """The tape's minute bars of one day as they were recorded, whether played already or not."""
        known = self._by_symbol.get(day)
        if known is None:
            known = self._by_symbol[day] = {}
            for bar in self._tape.bars.get(day, ()):
                known.setdefault(bar.symbol, []).append(bar)
        return known.get(symbol, [])

    def previous_close(self, symbol: str, today: date) -> float:
        """The close of the session before ``today``; 0.0 if it is not known."""
        history = self._raw(symbol, 1, today)
        try:
            previous = self._calendar.previous(today)
        except LookupError:
            return 0.0
        if not history or history[-1].date != previous:
            return 0.0
        return self._adjusted_day(history[-1], today).close

    def roll(self, day: date, bars: dict[str, DailyBar]) -> None:
        """Keep the daily bars of a finished day."""
        if day in self._rolled_days:
            return
        self._rolled_days.add(day)
        for symbol, bar in bars.items():
            self._rolled.setdefault(symbol, []).append(bar)

    # ---- details ----------------------------------------------------------------------------------

    def _raw(self, symbol: str, sessions: int, today: date) -> list[DailyBar]:
        recorded = self._tape.daily.get(symbol, ())
        rolled = self._rolled.get(symbol, ())
        if not rolled and recorded and recorded[-1].date < today:
            return list(recorded[-sessions:])
        known = {bar.date: bar for bar in rolled}
        known.update({bar.date: bar for bar in recorded if bar.date < today})
        return [known[day] for day in sorted(known)[-sessions:]]

    def _factors(self, symbol: str, day: date, today: date) -> tuple[float, float]:
        """By what prices and share counts of ``day`` are multiplied to be seen from ``today``."""
        prices = shares = 1.0
        for action in self._actions.of(symbol, day, today):
            before = self._raw(symbol, 1, action.date)
            prices *= action.price_factor(before[-1].close if before else 0.0)
            shares *= action.share_factor
        return prices, shares

    def _adjusted_day(self, bar: DailyBar, today: date) -> DailyBar:
        prices, shares = self._factors(bar.symbol, bar.date, today)
        return bar if (prices, shares) == (1.0, 1.0) else _scaled(bar, prices, shares)


def _scaled(bar: AnyBar, prices: float, shares: float) -> AnyBar:
    return replace(
        bar,
        open=round(bar.open * prices, 6),
        high=round(bar.high * prices, 6),
        low=round(bar.low * prices, 6),
        close=round(bar.close * prices, 6),
        volume=round(bar.volume * shares),
    )
