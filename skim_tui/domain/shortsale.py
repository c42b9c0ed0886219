"""Whether shares may be sold short now: allowed by the operator, to be borrowed, and not under a price test."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from skim_tui.domain.events import ShortAvailability
from skim_tui.domain.instrument import price
from skim_tui.domain.session import US

PRICE_TEST_FALL = Decimal("0.10")
"""A US share that fell so far below its previous close may be sold short only above the best bid for the rest of
that session and the next (Regulation SHO, Rule 201, 17 CFR 242.201): an entry at or below the bid cannot fill."""


@dataclass(frozen=True, slots=True)
class ShortSale:
    """What decides over one short sale, at one moment."""

    enabled: bool
    """The operator allows short positions."""
    quantity: int
    borrow: ShortAvailability | None
    """The broker's last word; None while it has not said."""
    mic: str
    prev_close: float
    """0.0 when unknown."""
    low: float
    """Low of the day; 0.0 when unknown."""


def refuse_short_sale(sale: ShortSale) -> str:
    """Why it must not be made; empty when it may. What is not known refuses."""
    if not sale.enabled:
        return "short selling is not enabled"
    if sale.borrow is None:
        return "not known whether shares can be borrowed"
    if not sale.borrow.available:
        return "no shares to borrow"
    if sale.borrow.shares is not None and sale.borrow.shares < sale.quantity:
        return f"only {sale.borrow.shares:,} shares to borrow"
    return _price_test(sale) if sale.mic == US else ""


def describe_borrow(borrow: ShortAvailability | None) -> str:
    """What can be borrowed, in words; empty while the broker has not said."""
    if borrow is None:
        return ""
    if not borrow.available:
        return "none to borrow"
    return f"{borrow.shares:,} to borrow" if borrow.shares is not None else "to borrow"


def _price_test(sale: ShortSale) -> str:
    if sale.prev_close <= 0 or sale.low <= 0:
        return "not known whether the short sale price test is on"
    fall = 1 - price(sale.low) / price(sale.prev_close)
    if fall < PRICE_TEST_FALL:
        return ""
    return f"fell {fall:.0%} below its close: short sales only above the bid (Rule 201)"
