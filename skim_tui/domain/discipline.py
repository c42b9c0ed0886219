"""The loss discipline: warnings on the way to the daily limit, lock-out, give-back and streaks. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

WARN_AT = (Decimal("0.75"), Decimal("0.90"), Decimal(1))
"""Parts of the daily loss limit at which the operator hears of it; the last one is the lock-out."""


@dataclass(frozen=True, slots=True)
class DisciplineRule:
    """What the trader decided beforehand. Money in the market's currency."""

    max_daily_loss: Decimal
    give_back_from: Decimal = Decimal(0)
    """The day's best profit from which the give-back lock watches; 0 never."""
    give_back_pct: float = 50.0
    """Percent of that best profit which, once given back, locks entries."""
    streak: int = 0
    """Losing trades in a row after which entries cool down; 0 never."""
    streak_minutes: int = 30


def loss_stage(pnl: Decimal, limit: Decimal) -> int:
    """How many of :data:`WARN_AT` the day's loss has reached: 0 to 3."""
    return sum(1 for part in WARN_AT if pnl <= -limit * part)


def gave_back(best: Decimal, pnl: Decimal, rule: DisciplineRule) -> bool:
    """Whether too much of the day's best profit is gone."""
    if rule.give_back_from <= 0 or best < rule.give_back_from:
        return False
    return pnl <= best * (1 - Decimal(str(rule.give_back_pct)) / 100)


def streak_until(results: Sequence[tuple[float, Decimal]], rule: DisciplineRule) -> float:
    """Until when a losing streak keeps entries back; 0.0 when there is none. ``results`` are (closed, profit)
    of today's round trips, oldest first."""
    if rule.streak <= 0 or len(results) < rule.streak:
        return 0.0
    last = results[-rule.streak :]
    if any(profit >= 0 for _, profit in last):
        return 0.0
    return last[-1][0] + rule.streak_minutes * 60.0
