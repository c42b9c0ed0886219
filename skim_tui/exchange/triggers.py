"""When a stop, trailing or if-touched order becomes a live one: a function of the last price alone."""

from __future__ import annotations

from decimal import Decimal

from skim_tui.domain.instrument import PriceLadder
from skim_tui.domain.orders import Side
from skim_tui.exchange.model import TOUCHED, TRAILING, SimOrder

HUNDRED = Decimal(100)


def trigger_price(order: SimOrder) -> Decimal | None:
    """The price that sets the order off; None while a trailing one has not seen a last price."""
    return order.trail_stop if order.type in TRAILING else order.stop


def follow(order: SimOrder, last: Decimal, ladder: PriceLadder) -> None:
    """Draw a trailing order's stop (and limit) after ``last``. It only ever tightens.

    Stops are put on the ladder away from the market, so that rounding never brings them nearer.
    """
    if order.type not in TRAILING or order.triggered:
        return
    distance = order.trail_amount if order.trail_amount is not None else last * (order.trail_percent or 0) / HUNDRED
    selling = order.side is Side.SELL
    drawn = ladder.floor(last - distance) if selling else ladder.ceil(last + distance)
    if drawn <= 0:
        return
    stop = order.trail_stop
    if stop is None or (drawn > stop if selling else drawn < stop):
        order.trail_stop = drawn
        if order.type == "TRAIL LIMIT" and order.limit_offset is not None:
            order.limit = (
                ladder.floor(drawn - order.limit_offset) if selling else ladder.ceil(drawn + order.limit_offset)
            )


def is_set_off(order: SimOrder, last: Decimal) -> bool:
    """Whether ``last`` triggers the order: at or through its stop, or touching it for MIT and LIT."""
    at = trigger_price(order)
    if at is None:
        return False
    falls_to_it = (order.side is Side.SELL) != (order.type in TOUCHED)
    return last <= at if falls_to_it else last >= at
