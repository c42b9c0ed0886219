"""From a breakout to prices that can be sent: the entry's limit and its protective stop."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from skim_tui.domain.instrument import Instrument, price
from skim_tui.domain.opening_range import Breakout


@dataclass(frozen=True, slots=True)
class EntryRule:
    limit_steps: int = 2
    """The limit lies at least this many price steps above the range high ..."""
    limit_pct: float = 0.5
    """... and at least this far above it, percent."""
    stop_buffer_steps: int = 1
    """The stop lies this many price steps below the low of day."""
    max_stop_pct: float = 10.0
    """No trade when the stop is further below the limit than this."""


@dataclass(frozen=True, slots=True)
class EntryPlan:
    limit: Decimal
    stop: Decimal


def plan_entry(breakout: Breakout, instrument: Instrument, rule: EntryRule) -> EntryPlan | str:
    """Limit and stop for a long entry on ``breakout``, or why there is none.

    The limit is capped at max(ORH + steps, ORH + percent) and rounded down, so it never passes its
    cap; the stop is rounded away from the market.
    """
    ladder = instrument.ladder
    or_high = price(breakout.or_high)
    by_steps = ladder.up(or_high, rule.limit_steps)
    by_percent = ladder.floor(or_high * (1 + price(rule.limit_pct) / 100))
    limit = max(by_steps, by_percent, ladder.up(or_high))
    stop = ladder.down(price(breakout.low_of_day), rule.stop_buffer_steps)
    if stop <= 0:
        return f"no price below the low of day {breakout.low_of_day} for a stop"
    if stop >= ladder.down(or_high):
        return f"stop {stop} is not at least one step below the entry {or_high}"
    distance = (limit - stop) / limit * 100
    if distance > price(rule.max_stop_pct):
        return f"stop {stop} is {distance:.1f} % below the entry {limit}, more than {rule.max_stop_pct:g} %"
    return EntryPlan(limit, stop)
