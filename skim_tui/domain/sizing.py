"""How many shares: what is lost at the stop is the budget, and every cap holds."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_FLOOR, Decimal

from skim_tui.domain.fees import FeeSchedule
from skim_tui.domain.instrument import Instrument
from skim_tui.domain.orders import Side

SLIP_RATE = Decimal("0.001")
"""Allowance for slippage at the stop: one price step or 0.1 % of the entry, whichever is more."""


@dataclass(frozen=True, slots=True)
class SizingLimits:
    """What a size is bound by: money in the instrument's currency, shares where it says so."""

    risk_budget: Decimal
    """Most that may be lost at the stop, fees and slippage allowance included."""
    max_order_value: Decimal
    exposure_left: Decimal
    """Exposure that may still be added."""
    cash: Decimal
    """Money there is to pay with, fees included."""
    fixed_value: Decimal | None = None
    """Value of the position when positions are of one value; the risk budget caps it all the same."""
    average_volume: int | None = None
    """Most shares by the share of average daily volume; None: no such cap."""
    traded_volume: int | None = None
    """Most shares by the share of what traded so far today; None: no such cap."""
    max_fee_pct: Decimal | None = None
    """No trade when the fees are a larger part of its risk, percent; None: no such rule."""


@dataclass(frozen=True, slots=True)
class Sizing:
    """A size, what bounds it, and what it costs. ``quantity`` 0 means no trade: see ``reason``."""

    quantity: int
    bound_by: str
    risk: Decimal = Decimal(0)
    fees: Decimal = Decimal(0)
    """Commission of the entry and one exit."""
    value: Decimal = Decimal(0)
    """At the highest price it may be entered at."""
    reason: str = ""


def slippage(instrument: Instrument, entry: Decimal) -> Decimal:
    """The allowance per share for a stop that fills beyond its price."""
    return max(instrument.ladder.step_at(entry), entry * SLIP_RATE)


def size_entry(
    instrument: Instrument,
    entry: Decimal,
    stop: Decimal,
    limits: SizingLimits,
    fees: FeeSchedule,
    side: Side = Side.BUY,
) -> Sizing:
    """The largest position whose risk (fees included) is within budget and which keeps every cap.

    ``risk = quantity * (|entry - stop| + slippage) + fees of entry and stop``. ``entry`` is the worst
    price the entry's limit allows. Value is counted at the highest price there can be: a purchase at its limit; a
    short sale, which may fill above its limit, at the stop. Fixed fractional sizing: Vince, Portfolio Management Formulas
    (1990); the slippage allowance is this project's.
    """
    distance = (entry - stop) * side.sign
    if distance <= 0:
        where = "below" if side is Side.BUY else "above"
        return Sizing(0, "stop", reason=f"stop {stop} is not {where} the entry {entry}")
    per_share, highest = distance + slippage(instrument, entry), max(entry, stop)
    caps = {
        "risk": limits.risk_budget / per_share,
        "order value": limits.max_order_value / highest,
        "exposure": limits.exposure_left / highest,
        "cash": limits.cash / highest,
    }
    if limits.fixed_value is not None:
        caps["fixed value"] = limits.fixed_value / highest
    if limits.average_volume is not None:
        caps["share of average volume"] = Decimal(limits.average_volume)
    if limits.traded_volume is not None:
        caps["share of today's volume"] = Decimal(limits.traded_volume)
    bound_by = min(caps, key=lambda name: caps[name])
    most = instrument.round_lot(max(0, int(caps[bound_by].to_integral_value(rounding=ROUND_FLOOR))))

    def cost(shares: int) -> tuple[Decimal, Decimal]:
        """(risk, fees) of ``shares``."""
        round_trip = fees.order_fee(shares, shares * entry) + fees.order_fee(shares, shares * stop)
        return shares * per_share + round_trip, round_trip

    def exceeded(shares: int) -> str:
        """What ``shares`` would exceed once fees are counted; empty when they fit."""
        risk, round_trip = cost(shares)
        if risk > limits.risk_budget:
            return "risk"
        return "cash" if shares * highest + round_trip > limits.cash else ""

    # Both rise with the shares, so the largest size that fits is found by halving.
    low, high = 0, most // instrument.lot
    while low < high:
        middle = (low + high + 1) // 2
        what = exceeded(middle * instrument.lot)
        if what:
            bound_by, high = what, middle - 1
        else:
            low = middle
    quantity = low * instrument.lot
    if quantity == 0:
        return Sizing(0, bound_by, reason=f"{bound_by} allows no share at {entry} with the stop at {stop}")
    value = quantity * highest
    if value < instrument.min_order_value:
        least = f"below the least order of {instrument.min_order_value}"
        return Sizing(0, bound_by, reason=f"{bound_by} allows {value:.2f}, {least}")
    risk, round_trip = cost(quantity)
    if limits.max_fee_pct is not None and round_trip * 100 > limits.max_fee_pct * risk:
        part = round_trip * 100 / risk
        return Sizing(0, "fees", reason=f"fees {round_trip} are {part:.0f} % of the risk, above {limits.max_fee_pct} %")
    return Sizing(quantity, bound_by, risk=risk, fees=round_trip, value=value)
