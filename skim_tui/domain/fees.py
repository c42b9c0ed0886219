"""What a trade costs at the broker."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from skim_tui.domain.session import ASX, US

CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class FeeSchedule:
    """Commission of one order: a rate on value, a rate per share, a minimum and a ceiling.

    ``max_rate`` caps the whole commission, the minimum included, as a share of the order's value.
    """

    rate: Decimal = Decimal(0)
    per_share: Decimal = Decimal(0)
    minimum: Decimal = Decimal(0)
    max_rate: Decimal = Decimal(1)

    def order_fee(self, quantity: int, value: Decimal) -> Decimal:
        """The commission of an order in which ``quantity`` shares for ``value`` were filled."""
        if quantity <= 0:
            return Decimal(0)
        fee = max(self.minimum, self.rate * value + self.per_share * quantity)
        return min(fee, max(self.max_rate * value, CENT)).quantize(CENT, ROUND_HALF_UP)


FEES = {
    ASX: FeeSchedule(rate=Decimal("0.0008"), minimum=Decimal(6)),
    US: FeeSchedule(per_share=Decimal("0.005"), minimum=Decimal(1), max_rate=Decimal("0.01")),
}
"""IBKR Pro fixed pricing: ASX 0.08 % of value, at least A$6; US USD 0.005 a share, at least 1, at
most 1 % of value. Source: Interactive Brokers, commissions for stocks (Australia, United States)."""
