"""From a signal to prices that can be sent: the entry's limit, its protective stop, its target."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from skim_tui.domain.breakout import Breakout
from skim_tui.domain.instrument import Instrument, PriceLadder, price
from skim_tui.domain.orders import Side
from skim_tui.domain.rounding import limit_price, stop_price
from skim_tui.domain.shock import Direction, ShockSignal


@dataclass(frozen=True, slots=True)
class EntryRule:
    """Percentages are plain numbers: 0.5 means 0.5 %. 0 switches a rule off where it says so."""

    limit_steps: int = 2
    """The limit lies at least this many price steps beyond the signal's price ..."""
    limit_pct: float = 0.5
    """... and at least this far beyond it, percent."""
    stop_buffer_steps: int = 1
    """The stop lies this many price steps beyond the low of day."""
    min_stop_steps: int = 1
    """No trade when, after rounding, the stop is not this many price steps from the entry."""
    max_stop_pct: float = 10.0
    """No trade when the stop is further from the limit than this."""
    max_stop_atr: float = 0.0
    """No trade when the stop is further from the limit than so many daily average true ranges; 0 off.
    Source: episodic pivots are skipped when the low of day is more than one ATR away (Qullamaggie)."""
    stop_loss_pct: float = 0.0
    """The stop never lies further from the limit than this: a nearer one is set; 0 off."""
    target_r: float = 0.0
    """Take profit so many times the distance to the stop away; 0 none."""
    stop_atr: float = 1.5
    """News shocks: the stop lies so many one-minute average true ranges away, or at the extreme since
    the news, whichever is nearer."""


@dataclass(frozen=True, slots=True)
class EntryPlan:
    limit: Decimal
    stop: Decimal
    target: Decimal | None = None
    side: Side = Side.BUY


def plan_entry(
    breakout: Breakout, instrument: Instrument, rule: EntryRule, daily_atr: float | None = None
) -> EntryPlan | str:
    """Limit, stop and target for a long entry on ``breakout``, or why there is none.

    The limit is capped at the level that was broken plus steps or percent, whichever is more. The stop
    lies below the low of day; it and the limit are what risk is counted with, so both are final here.
    """
    ladder, level = instrument.ladder, price(breakout.level)
    low = price(breakout.low_of_day)
    stop = ladder.down(low, rule.stop_buffer_steps)
    if rule.stop_buffer_steps and stop >= low:
        return f"no price below the low of day {low} for a stop"
    limit = _limit(ladder, level, Side.BUY, rule)
    return _checked(ladder, level, limit, stop, Side.BUY, rule, daily_atr)


def plan_shock(signal: ShockSignal, instrument: Instrument, rule: EntryRule, now: float) -> EntryPlan | str:
    """Limit, stop and target for an entry with the news shock's direction at market price ``now``, or why
    there is none: a price that is back on the wrong side of the average since the news has reversed."""
    ladder, last = instrument.ladder, price(signal.price)
    side = Side.BUY if signal.direction is Direction.UP else Side.SELL
    if (now - signal.vwap) * side.sign < 0:
        return f"price {now:g} is back {'under' if side is Side.BUY else 'over'} the average {signal.vwap:g} since the news"
    limit = _limit(ladder, last, side, rule)
    if limit is None:
        return f"no price beyond {last} for a limit"
    beyond = ladder.down if side is Side.BUY else ladder.up
    extreme = price(signal.low if side is Side.BUY else signal.high)
    candidates = [beyond(extreme, rule.stop_buffer_steps)]
    if signal.atr > 0:
        # From the price, not the limit: the limit's room is far more than one minute's range of a calm share.
        by_range = last - side.sign * price(rule.stop_atr) * price(signal.atr)
        rounded = stop_price(ladder, by_range, side.other) if by_range > 0 else None
        candidates += [rounded] if rounded is not None else []
    nearest = max(candidates) if side is Side.BUY else min(candidates)
    return _checked(ladder, last, limit, nearest, side, rule, None)


# ---- details --------------------------------------------------------------------------------------


def _limit(ladder: PriceLadder, level: Decimal, side: Side, rule: EntryRule) -> Decimal | None:
    """The worst price accepted: at least one step beyond the level, rounded so that it never passes its cap."""
    move = ladder.up if side is Side.BUY else ladder.down
    percent = price(rule.limit_pct) / 100 * side.sign
    by_percent = limit_price(ladder, level * (1 + percent), side)
    worst = [move(level, max(1, rule.limit_steps))] + ([by_percent] if by_percent is not None else [])
    limit = max(worst) if side is Side.BUY else min(worst)
    return limit if (limit - level) * side.sign > 0 else None


def _checked(
    ladder: PriceLadder,
    level: Decimal,
    limit: Decimal | None,
    stop: Decimal,
    side: Side,
    rule: EntryRule,
    daily_atr: float | None,
) -> EntryPlan | str:
    where = "below" if side is Side.BUY else "above"
    if limit is None:
        return f"no price beyond {level} for a limit"
    if rule.stop_loss_pct > 0:
        nearer = stop_price(ladder, limit * (1 - side.sign * price(rule.stop_loss_pct) / 100), side.other)
        if nearer is not None and (nearer - stop) * side.sign > 0:
            stop = nearer
    nearest = (ladder.down if side is Side.BUY else ladder.up)(level, rule.min_stop_steps)
    # On a penny stock rounding can lift the stop onto the entry: then there is no trade to be had.
    if stop <= 0 or (stop - nearest) * side.sign > 0 or (level - stop) * side.sign <= 0:
        steps = f"{rule.min_stop_steps} step{'s' if rule.min_stop_steps != 1 else ''}"
        return f"stop {stop} is not at least {steps} {where} the entry {level}"
    distance = abs(limit - stop)
    percent = distance / limit * 100
    if percent > price(rule.max_stop_pct):
        return f"stop {stop} is {percent:.1f} % {where} the entry {limit}, more than {rule.max_stop_pct:g} %"
    if rule.max_stop_atr > 0:
        if not daily_atr:
            return "average true range unknown"
        ranges = float(distance) / daily_atr
        if ranges > rule.max_stop_atr:
            return f"stop {stop} is {ranges:.1f} ATR {where} the entry {limit}, more than {rule.max_stop_atr:g}"
    target = None
    if rule.target_r > 0:
        target = limit_price(ladder, limit + side.sign * distance * price(rule.target_r), side.other)
        if target is None:
            return f"no positive price for a target {rule.target_r:g} R from {limit}"
    return EntryPlan(limit, stop, target, side)
