"""The exit plan: what will be sold, when and why, as data the screen can show beforehand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from skim_tui.domain.session import ExchangeDay

LAST_MINUTES = 10
"""Exchange minutes before the close at which decisions "on the close" are taken."""


@dataclass(frozen=True, slots=True)
class ExitRule:
    end_of_day: bool = False
    end_of_day_minutes: int = 10
    half_on_day: int = 3
    """Trading day of the half sale (entry session = day 1); 0 never."""
    trail_sma_days: int = 10
    """After the half sale: sell the rest on a close below this average; 0 never."""


@dataclass(frozen=True, slots=True)
class Holding:
    """What the plan must know of a position at one moment."""

    symbol: str
    quantity: int
    day_number: int
    """1 on the entry session."""
    half_done: bool
    last: Decimal | None
    closes: Sequence[float]
    """Closes of the finished sessions, oldest first, without today."""


@dataclass(frozen=True, slots=True)
class PlannedExit:
    when: float
    """Exchange time at which it falls due."""
    quantity: int
    why: str
    is_half: bool = False


def simple_average(values: Sequence[float], count: int) -> float | None:
    """The mean of the last ``count`` values; None with fewer."""
    return sum(values[-count:]) / count if 0 < count <= len(values) else None


def decision_time(day: ExchangeDay, minutes: int = LAST_MINUTES) -> float:
    """When decisions on the close are taken: ``minutes`` before continuous trading ends."""
    return day.close - minutes * 60.0


def planned_exits(holding: Holding, rule: ExitRule, day: ExchangeDay) -> tuple[PlannedExit, ...]:
    """The exits that fall on ``day`` by plan, first one first. The stop is not among them: it rests
    at the broker.

    * end of day: everything, ``end_of_day_minutes`` before the close;
    * half sale: from the open of trading day ``half_on_day`` (session arithmetic, entry = day 1);
    * trail: the rest, shortly before the close, when the price is below the simple moving average of
      the last ``trail_sma_days`` closes with today's price as the newest.
    """
    exits: list[PlannedExit] = []
    left = holding.quantity
    if left <= 0:
        return ()
    half = holding.quantity // 2
    half_due = rule.half_on_day > 0 and holding.day_number >= rule.half_on_day and not holding.half_done
    if half_due and half > 0:
        exits.append(PlannedExit(day.open + 15 * 60, half, f"half off on day {holding.day_number}", is_half=True))
        left -= half
    if rule.end_of_day:
        exits.append(PlannedExit(decision_time(day, rule.end_of_day_minutes), left, "end of day"))
    elif rule.trail_sma_days > 0 and (holding.half_done or half_due) and holding.last is not None:
        values = [*holding.closes, float(holding.last)]
        average = simple_average(values, rule.trail_sma_days)
        if average is not None and float(holding.last) < average:
            exits.append(
                PlannedExit(
                    decision_time(day), left, f"close below the {rule.trail_sma_days}-day average {average:.3f}"
                )
            )
    return tuple(sorted(exits, key=lambda planned: planned.when))


def due_exit(exits: Sequence[PlannedExit], now: float) -> PlannedExit | None:
    """The first planned exit whose time has come."""
    return next((planned for planned in exits if planned.when <= now), None)


def describe_next(holding: Holding, rule: ExitRule) -> str:
    """The next planned exit in words, for the screen."""
    if rule.end_of_day:
        return f"all {rule.end_of_day_minutes} min before the close"
    if rule.half_on_day > 0 and not holding.half_done:
        wait = max(0, rule.half_on_day - holding.day_number)
        return f"half on day {rule.half_on_day}" + (f" (in {wait})" if wait else " (today)")
    if rule.trail_sma_days > 0:
        return f"rest on a close below SMA{rule.trail_sma_days}"
    return "stop only"
