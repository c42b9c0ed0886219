"""What stands at the touch of a market: the best prices and the shares shown at them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class Market:
    """What an order can trade against right now. Sizes shrink as orders take them."""

    bid: float
    bid_size: int
    ask: float
    ask_size: int
    last: float
    low: float
    high: float
    """The current bar's range: no fill lies outside it."""
