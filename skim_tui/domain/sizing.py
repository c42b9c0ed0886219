"""How many shares: the money lost at the stop is the budget, and every cap holds."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_FLOOR, Decimal

from skim_tui.domain.fees import FeeSchedule
from skim_tui.domain.instrument import Instrument

SLIP_RATE = Decimal("0.001")
"""Allowance for slippage at the stop: one price step or 0.1 % of the entry, whichever is more."""


@dataclass(frozen=True, slots=True)
class SizingLimits:
    """Money in the instrument's currency."""

    risk_budget: Decimal
    """Most that may be lost at the stop, fees and slippage allowance included."""
    max_order_value: Decimal
    exposure_left: Decimal
    """Exposure that may still be added."""
    cash: Decimal


@dataclass(frozen=True, slots=True)
class Sizing:
    """A size, what bounds it, and what it costs. ``quantity`` 0 means no trade: see ``reason``."""

    quantity: int
    bound_by: str
    risk: Decimal = Decimal(0)
    fees: Decimal = Decimal(0)
    """Commission of the entry and one exit."""
    value: Decimal = Decimal(0)
    reason: str = ""


def slippage(instrument: Instrument, entry: Decimal) -> Decimal:
    """The allowance per share for a stop that fills beyond its price."""
    return max(instrument.ladder.step_at(entry), entry * SLIP_RATE)


def size_entry(
    instrument: Instrument, entry: Decimal, stop: Decimal, limits: SizingLimits, fees: FeeSchedule
) -> Sizing:
    """The largest long position with risk (fees included) within budget and every cap kept.

    ``risk = quantity * (entry - stop + slippage) + fees``.  Fixed fractional sizing.
    """
    if stop >= entry:
        return Sizing(0, "stop", reason=f"stop {stop} is not below the entry {entry}")
    per_share = entry - stop + slippage(instrument, entry)
    caps = {
        "risk": limits.risk_budget / per_share,
        "order value": limits.max_order_value / entry,
        "exposure": limits.exposure_left / entry,
        "cash": limits.cash / entry,
    }
    bound_by = min(caps, key=lambda name: caps[name])
    quantity = instrument.round_lot(max(0, int(caps[bound_by].to_integral_value(rounding=ROUND_FLOOR))))

    def cost(shares: int) -> tuple[Decimal, Decimal]:
        value = shares * entry
        round_trip = fees.order_fee(shares, value) + fees.order_fee(shares, shares * stop)
        return shares * per_share + round_trip, round_trip

    def fits(shares: int) -> str:
        """What ``shares`` would exceed once fees are counted; empty when they fit."""
        risk, round_trip = cost(shares)
        if risk > limits.risk_budget:
            return "risk"
        if shares * entry + round_trip > limits.cash:
            return "cash"
        return ""

    low, high = 0, quantity // instrument.lot
    while low < high:
        middle = (low + high + 1) // 2
        exceeded = fits(middle * instrument.lot)
        if exceeded:
            bound_by, high = exceeded, middle - 1
        else:
            low = middle
    quantity = low * instrument.lot
    if quantity == 0:
        return Sizing(0, bound_by, reason=f"{bound_by} allows no share at {entry} with the stop at {stop}")
    value = quantity * entry
    if value < instrument.min_order_value:
        return Sizing(
            0,
            bound_by,
            reason=f"{bound_by} allows {value:.2f}, below the least order of {instrument.min_order_value}",
        )
    risk, round_trip = cost(quantity)
    return Sizing(quantity, bound_by, risk=risk, fees=round_trip, value=value)
