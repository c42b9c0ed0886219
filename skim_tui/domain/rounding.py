"""Which way an order price is rounded onto the ladder: by side and by purpose, never to the nearest."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum

from skim_tui.domain.instrument import PriceLadder
from skim_tui.domain.orders import Side


class Purpose(StrEnum):
    LIMIT = "limit"
    """The worst price accepted: a buy is rounded down and a sale up, so that no cap is passed."""
    STOP = "stop"
    """The price that triggers: rounded away from the market, so a sale's stop down and a buy's up."""


def order_price(ladder: PriceLadder, value: Decimal, side: Side, purpose: Purpose) -> Decimal | None:
    """``value`` as a price that may be sent, in the band of the result; None when no such price is positive."""
    down = (side is Side.BUY) == (purpose is Purpose.LIMIT)
    rounded = ladder.floor(value) if down else ladder.ceil(value)
    return rounded if rounded > 0 else None


def limit_price(ladder: PriceLadder, value: Decimal, side: Side) -> Decimal | None:
    return order_price(ladder, value, side, Purpose.LIMIT)


def stop_price(ladder: PriceLadder, value: Decimal, side: Side) -> Decimal | None:
    return order_price(ladder, value, side, Purpose.STOP)
