"""Single-price auctions: what our orders get of an uncrossing whose price and volume the tape tells."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from skim_tui.domain.orders import Side
from skim_tui.exchange.model import SimOrder

CLOSING_TYPES = ("MOC", "LOC")


class Auction(StrEnum):
    OPENING = "opening"
    CLOSING = "closing"
    RESUMPTION = "resumption"


@dataclass(frozen=True, slots=True)
class Interest:
    """One order as it stands in an auction. A market order has no limit."""

    limit: Decimal | None
    quantity: int


def allocate(side: Side, queue: Sequence[Interest], at: Decimal, volume: int, participation: float) -> list[int]:
    """Shares each order of ``queue`` (one side, earliest first) gets at the uncrossing price ``at``.

    Orders priced better than ``at`` come first, best price first and then by time, and are filled
    wholly; those exactly at it share, in time, ``participation`` of what is left, because others
    stood there too. Together never more than ``volume``; none beyond its quantity.
    """
    given = [0] * len(queue)
    if volume <= 0:
        return given

    def price_rank(index: int) -> tuple[int, Decimal, int]:
        limit = queue[index].limit
        if limit is None:
            return (0, Decimal(0), index)
        return (1, -limit if side is Side.BUY else limit, index)

    better = [index for index, interest in enumerate(queue) if _is_better(side, interest.limit, at)]
    left = volume
    for index in sorted(better, key=price_rank):
        given[index] = min(queue[index].quantity, left)
        left -= given[index]
    shared = int(left * participation)
    for index, interest in enumerate(queue):
        if interest.limit == at:
            given[index] = min(interest.quantity, shared)
            shared -= given[index]
    return given


def takes_part(order: SimOrder, auction: Auction, entered_before: float) -> bool:
    """Whether the order stands in this auction's book. Untriggered stops and what waits for
    shares to borrow do not; IOC waits for the market."""
    if order.waits_trigger or order.waits_parent or order.waits_locate:
        return False
    if order.tif == "IOC" or order.entered >= entered_before:
        return False
    if order.type in CLOSING_TYPES:
        return auction is Auction.CLOSING
    return order.tif != "OPG" or auction is not Auction.CLOSING


def ends_with(order: SimOrder, auction: Auction) -> bool:
    """Whether what the auction left of the order is cancelled."""
    return (order.tif == "OPG" and auction is not Auction.CLOSING) or (
        order.type in CLOSING_TYPES and auction is Auction.CLOSING
    )


def _is_better(side: Side, limit: Decimal | None, at: Decimal) -> bool:
    return limit is None or (limit > at if side is Side.BUY else limit < at)
