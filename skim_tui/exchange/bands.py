"""Price bands: how far through the market a limit may reach before the order is cancelled."""

from __future__ import annotations

from decimal import Decimal

from skim_tui.domain.instrument import Instrument
from skim_tui.domain.orders import Side
from skim_tui.domain.session import ASX

ASX_BANDS = (
    (Decimal(0), Decimal("1.00")),
    (Decimal("0.10"), Decimal("0.60")),
    (Decimal("0.30"), Decimal("0.38")),
    (Decimal("0.50"), Decimal("0.25")),
    (Decimal("1.00"), Decimal("0.15")),
    (Decimal("2.35"), Decimal("0.10")),
)
"""(reference price from, share of it). ASX anomalous order thresholds: 10 % of a reference price of A$2.35
and more, wider below (38 % at A$0.37 on a market with the same mechanism); the steps between are approximate."""

US_BAND = Decimal("0.03")
"""The broker's own cap for US shares: 265.255792 was refused at a market price of 257.68."""


def most_aggressive(instrument: Instrument, side: Side, reference: Decimal) -> Decimal:
    """The limit price at or beyond which an order is refused, for a market at ``reference``."""
    share = US_BAND
    if instrument.mic == ASX:
        share = next(share for edge, share in reversed(ASX_BANDS) if reference >= edge)
    return reference * (1 + share * side.sign)


def refusal(instrument: Instrument, side: Side, limit: Decimal, reference: Decimal) -> str:
    """Why ``limit`` is too aggressive, in the broker's words; empty when it is not."""
    bound = most_aggressive(instrument, side, reference)
    if (limit < bound) if side is Side.BUY else (limit > bound):
        return ""
    return (
        f"We cannot accept an order at a limit price at or more aggressive than {bound.normalize():f}. Please submit "
        f"your order using a limit price that is closer to the current market price of {reference.normalize():f}."
    )
