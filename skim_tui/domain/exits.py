"""The exit plan: what will be sold, when and why, as data the desk carries out and the screen can show
beforehand. The protective stop rests at the broker; here is only how it may be tightened."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from skim_tui.domain.indicators import sma
from skim_tui.domain.instrument import PriceLadder
from skim_tui.domain.orders import Side
from skim_tui.domain.rounding import stop_price
from skim_tui.domain.session import ExchangeDay, TradingCalendar


class TrailWhen(StrEnum):
    """When a close below the average is acted on."""

    BEFORE_CLOSE = "before close"
    """Shortly before continuous trading ends, with the price of that moment as the close."""
    NEXT_OPEN = "next open"
    """On the next session, by the official close."""


class ExitKind(StrEnum):
    HALF = "half"
    TRAIL = "trail"
    TIME_STOP = "time stop"
    END_OF_DAY = "end of day"


@dataclass(frozen=True, slots=True)
class ExitRule:
    """Minutes are exchange minutes; 0 switches a rule off where it says so."""

    end_of_day: bool = False
    end_of_day_minutes: int = 10
    """Minutes before the close at which the day's position is sold."""
    half_on_day: int = 3
    """Trading day of the half sale (entry session = day 1); 0 never."""
    half_after_open: int = 15
    """Minutes after the open at which the half is sold."""
    half_in_profit: bool = False
    """Sell the half only above the entry; it is looked at again on each later day."""
    trail_sma_days: int = 10
    """After the half sale: sell the rest on a close below this average; 0 never."""
    trail_when: TrailWhen = TrailWhen.BEFORE_CLOSE
    decide_minutes: int = 10
    """Minutes before the close at which "on the close" is decided."""
    time_stop_minutes: int = 0
    """Sell everything so long after the entry; 0 never."""
    break_even_r: float = 0.0
    """Move the stop to the entry once the price is so many R above it; 0 never."""
    break_even_after_half: bool = False
    """Move the stop to the entry after the half sale."""


@dataclass(frozen=True, slots=True)
class Holding:
    """What the plan must know of a position at one moment."""

    symbol: str
    quantity: int
    """Shares held, or owed by a short position."""
    day_number: int
    """1 on the entry session."""
    half_done: bool
    last: Decimal | None
    closes: Sequence[float]
    """Closes of the finished sessions, oldest first, without today."""
    entry: Decimal = Decimal(0)
    risk_per_share: Decimal = Decimal(0)
    opened: float = 0.0
    """Time of the first fill."""
    side: Side = Side.BUY
    """BUY is long, SELL is short."""

    def gain(self, at: Decimal) -> Decimal:
        """Profit of one share at price ``at``."""
        return (at - self.entry) * self.side.sign


@dataclass(frozen=True, slots=True)
class PlannedExit:
    when: float
    """Exchange time at which it falls due."""
    quantity: int
    why: str
    is_half: bool = False
    kind: ExitKind = ExitKind.TRAIL
    session: date | None = None
    conditional: bool = False
    """It depends on a price that is not known yet: shown, never carried out."""


def planned_exits(holding: Holding, rule: ExitRule, day: ExchangeDay) -> tuple[PlannedExit, ...]:
    """The exits that fall on ``day`` by plan, first one first; together never more than is held.

    * time stop: everything, ``time_stop_minutes`` after the entry;
    * half sale: on trading day ``half_on_day`` or the first after it (session arithmetic, entry = day 1);
    * end of day: everything left;
    * trail: the rest, on a close below (short: above) the simple moving average of the last ``trail_sma_days`` closes.
    """
    held = holding.quantity
    if held <= 0:
        return ()
    exits: list[PlannedExit] = []
    if rule.time_stop_minutes > 0 and holding.opened > 0:
        due = min(holding.opened + rule.time_stop_minutes * 60.0, decision_time(day, 1))
        why = f"{rule.time_stop_minutes} min after the entry"
        exits.append(PlannedExit(due, held, why, kind=ExitKind.TIME_STOP, session=day.date))
    if half_due(holding, rule):
        when, why = day.open + rule.half_after_open * 60.0, f"half off on day {holding.day_number}"
        half = held // 2
        exits.append(PlannedExit(when, half, why, is_half=True, kind=ExitKind.HALF, session=day.date))
    if rule.end_of_day:
        when = decision_time(day, rule.end_of_day_minutes)
        exits.append(PlannedExit(when, held, "end of day", kind=ExitKind.END_OF_DAY, session=day.date))
    else:
        exits += _trail(holding, rule, day)
    return _within(held, sorted(exits, key=lambda planned: planned.when))


def half_due(holding: Holding, rule: ExitRule) -> bool:
    """Whether today is the day of the half sale and it has not been made."""
    if rule.half_on_day <= 0 or holding.half_done or holding.quantity < 2 or holding.day_number < rule.half_on_day:
        return False
    return not rule.half_in_profit or (holding.last is not None and holding.gain(holding.last) > 0)


def due_exit(exits: Sequence[PlannedExit], now: float) -> PlannedExit | None:
    """The first planned exit whose time has come."""
    return next((planned for planned in exits if planned.when <= now and not planned.conditional), None)


def decision_time(day: ExchangeDay, minutes: int) -> float:
    """``minutes`` before continuous trading ends."""
    return day.close - minutes * 60.0


def tightened_stop(holding: Holding, rule: ExitRule, current: Decimal, ladder: PriceLadder) -> Decimal | None:
    """Where the stop of a position moves now, by the break-even rules; None to leave it.

    Never further from the market than ``current``, never at or beyond it: a stop only ever tightens.
    """
    wanted = (
        rule.break_even_r > 0
        and holding.last is not None
        and holding.risk_per_share > 0
        and holding.gain(holding.last) >= holding.risk_per_share * Decimal(str(rule.break_even_r))
    ) or (rule.break_even_after_half and holding.half_done)
    if not wanted or holding.last is None or holding.entry <= 0:
        return None
    stop = stop_price(ladder, holding.entry, holding.side.other)
    if stop is None:
        return None
    sign = holding.side.sign
    return stop if current * sign < stop * sign < holding.last * sign else None


def whole_plan(
    holding: Holding, rule: ExitRule, day: ExchangeDay, calendar: TradingCalendar
) -> tuple[PlannedExit, ...]:
    """Everything the plan says from today on, for the screen: today's exits, the half on its session,
    and the trail as what it is, a condition on each close."""
    exits = list(planned_exits(holding, rule, day))
    left = holding.quantity - sum(planned.quantity for planned in exits)
    if left <= 0:
        return tuple(exits)
    wait = rule.half_on_day - holding.day_number
    pending = rule.half_on_day > 0 and not holding.half_done and left >= 2
    if pending and wait > 0:
        session = calendar.day(calendar.offset(day.date, wait))
        when = session.open + rule.half_after_open * 60.0
        why = f"half off on day {rule.half_on_day}"
        exits.append(PlannedExit(when, left // 2, why, is_half=True, kind=ExitKind.HALF, session=session.date))
        left -= left // 2
    if rule.trail_sma_days > 0:
        first = calendar.day(calendar.offset(day.date, max(0, wait))) if pending else day
        why = f"on a close {_against(holding)} the {rule.trail_sma_days}-day average"
        when = decision_time(first, rule.decide_minutes)
        exits.append(PlannedExit(when, left, why, kind=ExitKind.TRAIL, session=first.date, conditional=True))
    return tuple(exits)


def describe_next(holding: Holding, rule: ExitRule) -> str:
    """The next planned exit in words, for a table's cell."""
    if rule.time_stop_minutes > 0:
        return f"all {rule.time_stop_minutes} min after the entry"
    if rule.end_of_day:
        return f"all {rule.end_of_day_minutes} min before the close"
    if rule.half_on_day > 0 and not holding.half_done and holding.quantity > 1:
        wait = max(0, rule.half_on_day - holding.day_number)
        profit = ", if in profit" if rule.half_in_profit else ""
        return f"half on day {rule.half_on_day}" + (f" (in {wait})" if wait else " (today)") + profit
    if rule.trail_sma_days > 0:
        return f"rest on a close {_against(holding)} SMA{rule.trail_sma_days}"
    return "stop only"


# ---- details --------------------------------------------------------------------------------------


def _trail(holding: Holding, rule: ExitRule, day: ExchangeDay) -> list[PlannedExit]:
    """The rest, when the close is on the wrong side of its average. With the half still to come on this very day the
    trail already runs for what it leaves; without a half sale (``half_on_day`` 0) it runs from day 2."""
    if rule.trail_sma_days <= 0:
        return []
    begun = holding.half_done or half_due(holding, rule)
    if rule.half_on_day <= 0 or holding.quantity == 1:
        begun = begun or holding.day_number > max(1, rule.half_on_day)
    if not begun:
        return []
    if rule.trail_when is TrailWhen.NEXT_OPEN:
        # Yesterday's close counts only if the trail ran yesterday.
        if holding.day_number <= max(1, rule.half_on_day):
            return []
        values, when = list(holding.closes), day.open + rule.half_after_open * 60.0
    elif holding.last is None:
        return []
    else:
        values, when = [*holding.closes, float(holding.last)], decision_time(day, rule.decide_minutes)
    average = sma(values, rule.trail_sma_days)
    if average is None or (values[-1] - average) * holding.side.sign >= 0:
        return []
    why = f"close {_against(holding)} the {rule.trail_sma_days}-day average {average:.3f}"
    return [PlannedExit(when, holding.quantity, why, kind=ExitKind.TRAIL, session=day.date)]


def _against(holding: Holding) -> str:
    """On which side of its average a close speaks against the position."""
    return "below" if holding.side is Side.BUY else "above"


def _within(held: int, exits: Sequence[PlannedExit]) -> tuple[PlannedExit, ...]:
    """In order of time, each takes at most what those before it leave."""
    kept: list[PlannedExit] = []
    for planned in exits:
        quantity = min(planned.quantity, held)
        if quantity > 0:
            kept.append(
                PlannedExit(planned.when, quantity, planned.why, planned.is_half, planned.kind, planned.session)
            )
            held -= quantity
    return tuple(kept)
