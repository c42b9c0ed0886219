"""Instruments and the price ladder their exchange quotes them on."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_EVEN, Decimal

from skim_tui.domain.session import ASX, US


@dataclass(frozen=True, slots=True)
class PriceLadder:
    """Price steps by price band: ``(lower edge, step)`` sorted from edge 0.

    The band that counts is that of the price being sent. Source: ASX "Price steps"
    (0.001 below A$0.10, 0.005 below A$2.00, 0.01 from A$2.00) and the broker's market rules.
    """

    bands: tuple[tuple[Decimal, Decimal], ...]

    def __post_init__(self) -> None:
        if not self.bands or self.bands[0][0] != 0:
            raise ValueError("a price ladder starts at price 0")
        edges = [edge for edge, _ in self.bands]
        if edges != sorted(set(edges)) or any(step <= 0 for _, step in self.bands):
            raise ValueError(f"price ladder bands must rise and have positive steps: {self.bands}")

    def step_at(self, price: Decimal) -> Decimal:
        """The step of the band that holds ``price``."""
        step = self.bands[0][1]
        for edge, band_step in self.bands:
            if price < edge:
                break
            step = band_step
        return step

    def floor(self, price: Decimal) -> Decimal:
        """The highest ladder price not above ``price``."""
        return self._snap(price, ROUND_FLOOR)

    def ceil(self, price: Decimal) -> Decimal:
        """The lowest ladder price not below ``price``."""
        return self._snap(price, ROUND_CEILING)

    def nearest(self, price: Decimal) -> Decimal:
        """The ladder price nearest to ``price``."""
        return self._snap(price, ROUND_HALF_EVEN)

    def is_on(self, price: Decimal) -> bool:
        """Whether ``price`` is a positive price of this ladder."""
        return price > 0 and self.floor(price) == price

    def up(self, price: Decimal, steps: int = 1) -> Decimal:
        """``price`` (put on the ladder first) moved ``steps`` steps up."""
        price = self.ceil(price)
        for _ in range(steps):
            price += self.step_at(price)
        return price

    def down(self, price: Decimal, steps: int = 1) -> Decimal:
        """``price`` (put on the ladder first) moved ``steps`` steps down, never below one step."""
        price = self.floor(price)
        for _ in range(steps):
            below = price - self.step_at(price)
            # Just under a band's edge the smaller step of the lower band applies.
            price = price - self.step_at(below) if below > 0 else price
        return price

    def _snap(self, price: Decimal, rounding: str) -> Decimal:
        step = self.step_at(price)
        snapped = (price / step).to_integral_value(rounding=rounding) * step
        return snapped.quantize(step) if snapped == snapped.quantize(step) else snapped


def ladder(*bands: tuple[str, str]) -> PriceLadder:
    """A ladder from text, e.g. ``ladder(("0", "0.001"), ("0.10", "0.005"))``."""
    return PriceLadder(tuple((Decimal(edge), Decimal(step)) for edge, step in bands))


ASX_LADDER = ladder(("0", "0.001"), ("0.10", "0.005"), ("2.00", "0.01"))
"""ASX equities. Source: ASX trading services, price steps."""

US_LADDER = ladder(("0", "0.0001"), ("1.00", "0.01"))
"""US equities. Source: Regulation NMS rule 612."""

LADDERS = {ASX: ASX_LADDER, US: US_LADDER}
"""Each market's ladder, for as long as the instrument's own is not known."""


@dataclass(frozen=True, slots=True)
class Instrument:
    """A share that can be traded, as the broker describes it."""

    symbol: str
    mic: str
    """ISO 10383 code of the listing exchange, e.g. ``XASX``."""
    currency: str
    ladder: PriceLadder
    lot: int = 1
    """Smallest quantity step, shares."""
    con_id: int = 0
    """The broker's contract id; 0 when unknown."""
    name: str = ""
    min_order_value: Decimal = Decimal(0)
    """Least value of an opening order in ``currency`` (ASX marketable parcel: 500)."""

    def round_lot(self, quantity: int) -> int:
        """``quantity`` rounded down to whole lots, shares."""
        return quantity - quantity % self.lot


def price(value: float | str | Decimal) -> Decimal:
    """A market price as an exact Decimal: a float by its shortest text, so 0.1 is 0.1."""
    return value if isinstance(value, Decimal) else Decimal(str(value))
