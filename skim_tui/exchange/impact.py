"""Market impact: how far an order that takes liquidity moves its own price. Off unless a coefficient is given."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from math import floor, sqrt

from skim_tui.domain.instrument import PriceLadder, price
from skim_tui.domain.orders import Side


@dataclass(frozen=True, slots=True)
class Impact:
    """Price steps of impact = ``coefficient`` x sqrt(shares taken / shares shown), the square-root law."""

    coefficient: float = 0.0

    def __post_init__(self) -> None:
        if self.coefficient < 0:
            raise ValueError(f"impact coefficient {self.coefficient} is negative")

    def worsen(
        self, at: Decimal, side: Side, quantity: int, shown: int, ladder: PriceLadder, low: float, high: float
    ) -> Decimal:
        """``at`` moved against ``side``, but never out of the tape's range [low, high]."""
        steps = floor(self.coefficient * sqrt(quantity / max(shown, 1)))
        if steps <= 0:
            return at
        if side is Side.BUY:
            return max(at, min(ladder.up(at, steps), price(high)))
        return min(at, max(ladder.down(at, steps), price(low)))
