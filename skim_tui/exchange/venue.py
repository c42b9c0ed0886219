"""What the order book sees of the market it stands in."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

from skim_tui.domain.instrument import Instrument
from skim_tui.exchange.auction import Auction
from skim_tui.exchange.sessions import Trading


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


@dataclass(slots=True)
class Closing:
    """The closing auction's price and what post-close trading has left at it, shares."""

    price: Decimal
    to_buy: int
    to_sell: int


class Venue(Protocol):
    """The market of every listing, now."""

    instruments: dict[str, Instrument]

    def now(self) -> float: ...
    def state(self, symbol: str) -> Trading: ...
    def accepted_before(self, auction: Auction) -> float:
        """Orders entered from this time on are not in the auction's book."""
        ...

    def market(self, symbol: str) -> Market | None: ...
    def closing(self, symbol: str) -> Closing | None: ...
    def last_today(self, symbol: str) -> float:
        """0.0 while it has not traded today."""
        ...

    def prev_close(self, symbol: str) -> float: ...
