"""Matching our clients' orders against the tape: continuous trading, auctions and the post-close session.

An order that finds the market at its price takes what is displayed. One that does not rests at its limit, behind
the shares displayed there; what trades at that price shortens the queue before it, what trades through fills it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from skim_tui.domain.instrument import Instrument, price
from skim_tui.domain.orders import Side
from skim_tui.exchange import triggers
from skim_tui.exchange.auction import CLOSING_TYPES, Auction, Interest, allocate, ends_with, takes_part
from skim_tui.exchange.book import Book
from skim_tui.exchange.disturbance import Disturbance
from skim_tui.exchange.families import Families
from skim_tui.exchange.impact import Impact
from skim_tui.exchange.model import SimOrder
from skim_tui.exchange.sessions import Trading
from skim_tui.exchange.touch import Market
from skim_tui.exchange.venue import Closing, Venue

TAKEN, ADDED = 2, 1
"""Liquidity of an execution, as the API numbers it."""

PARTICIPATION = 0.25
"""Share of a trade's volume that our resting orders may have of it."""


@dataclass(slots=True)
class _Print:
    """A trade of the tape (size 0: only the quote moved), and what our own resting orders have had of this moment."""

    price: float
    size: int
    had: dict[Side, int]

    @classmethod
    def of(cls, at: float, size: int) -> _Print:
        return cls(at, size, {Side.BUY: 0, Side.SELL: 0})


class Matcher:
    """Fills live orders, best price first and then by time; never out of the tape's range."""

    def __init__(
        self,
        book: Book,
        families: Families,
        venue: Venue,
        disturbance: Disturbance,
        *,
        participation: float = PARTICIPATION,
        impact: Impact | None = None,
    ) -> None:
        if not 0.0 < participation <= 1.0:
            raise ValueError(f"participation {participation} is not in (0, 1]")
        self._book = book
        self._families = families
        self._venue = venue
        self._disturbance = disturbance
        self.participation = participation
        self._impact = impact or Impact()
        book.attempt = self.match_one

    def match(self, symbol: str, at: float = 0.0, size: int = 0) -> None:
        """The market of ``symbol`` moved; a trade of ``size`` at ``at`` may have moved it."""
        live = self._families.live.get(symbol)
        if not live:
            return
        trade = _Print.of(at, size)
        if len(live) == 1:
            self._match(live[0], trade)
            return
        for order in sorted(live, key=_rank):
            if not order.is_done:
                self._match(order, trade)

    def match_one(self, order: SimOrder) -> None:
        """One order that was just entered, changed or set free."""
        self._match(order, _Print.of(0.0, 0))

    def uncross(self, symbol: str, auction: Auction, at: float, volume: int) -> tuple[int, int]:
        """The auction's print: our orders get their part of ``volume`` shares at ``at``. Shares bought and sold."""
        live = self._families.live.get(symbol)
        if not live:
            return 0, 0
        done: dict[Side, int] = {}
        strike, before = price(at), self._venue.accepted_before(auction)
        for side in Side:
            part = [order for order in live if order.side is side and takes_part(order, auction, before)]
            part = [order for order in part if self._is_active(order)]
            part.sort(key=lambda order: order.priority)
            done[side] = self._fill_auction(part, side, strike, volume)
        for order in list(self._families.live.get(symbol, ())):
            if ends_with(order, auction) and order.entered < before:
                self._book.end(order, f"not filled in the {auction} auction")
            elif order.type == "MTL" and order.limit is None and order.filled:
                order.limit = strike
        return done[Side.BUY], done[Side.SELL]

    def end_auction(self, auction: Auction) -> None:
        """No print came: orders that were only for this auction end where trading goes on without it."""
        state = self._venue.state
        self._book.expire(
            lambda order: ends_with(order, auction) and state(order.symbol) is Trading.CONTINUOUS,
            f"not filled in the {auction} auction",
        )

    # ---- one order --------------------------------------------------------------------------------

    def _match(self, order: SimOrder, trade: _Print) -> None:
        if order.status == "ApiPending" or order.is_done or order.waits_locate or not self._is_active(order):
            return
        state = self._venue.state(order.symbol)
        if state is Trading.POST_CLOSE:
            self._match_post_close(order)
            return
        if state is not Trading.CONTINUOUS and not (state is Trading.EXTENDED and _trades_extended(order)):
            return
        market, capacity = self._venue.market(order.symbol), self._capacity(order)
        if market is None or capacity <= 0 or order.type in CLOSING_TYPES or order.tif == "OPG":
            return
        if order.waits_trigger:
            if not self._is_set_off(order, market):
                return
            self._book.set_off(order)
        elif order.status == "PreSubmitted" and not order.waits_parent:
            self._book.set_working(order)
        if order.resting:
            self._fill_resting(order, market, trade, capacity)
        else:
            self._take(order, market, capacity)
        if order.tif == "IOC" and not order.is_done:
            self._book.end(order, "immediate or cancel")

    def _is_set_off(self, order: SimOrder, market: Market) -> bool:
        if market.last <= 0.0:
            return False
        last = price(market.last)
        triggers.follow(order, last, self._instrument(order).ladder)
        return triggers.is_set_off(order, last)

    def _take(self, order: SimOrder, market: Market, capacity: int) -> None:
        """Take the displayed size if the market stands at the order's price or better, else come to rest."""
        buying = order.side is Side.BUY
        touch = min(market.ask, market.high) if buying else max(market.bid, market.low)
        if touch <= 0.0:
            return
        at = price(touch)
        if not _reaches(order, at):
            self._rest(order, market)
            return
        shown = market.ask_size if buying else market.bid_size
        quantity = min(capacity, shown)
        if quantity <= 0 or self._holds_out(order, quantity):
            return
        moved = self._impact.worsen(
            at, order.side, quantity, shown, self._instrument(order).ladder, market.low, market.high
        )
        if _reaches(order, moved):
            at = moved
        if buying:
            market.ask_size -= quantity
        else:
            market.bid_size -= quantity
        if order.type == "MTL" and order.limit is None:
            order.limit = at
        self._book.execute(order, quantity, at, liquidity=TAKEN)

    def _rest(self, order: SimOrder, market: Market) -> None:
        order.resting = True
        self._see_queue(order, market)

    def _see_queue(self, order: SimOrder, market: Market) -> None:
        """How much stands before the order at its price, once the market shows that price."""
        assert order.limit is not None
        best, shown = (market.bid, market.bid_size) if order.side is Side.BUY else (market.ask, market.ask_size)
        if best <= 0.0:
            return
        limit = float(order.limit)
        if best == limit:
            order.queue_ahead = shown
        elif (limit > best) if order.side is Side.BUY else (limit < best):
            order.queue_ahead = 0
        else:
            return
        for other in self._families.live[order.symbol]:
            # Who stands before an earlier order of ours stands before this one too.
            earlier = other.resting and other.side is order.side and other.priority < order.priority
            if earlier and other.limit == order.limit and not 0 <= other.queue_ahead <= order.queue_ahead:
                other.queue_ahead = order.queue_ahead

    def _fill_resting(self, order: SimOrder, market: Market, trade: _Print, capacity: int) -> None:
        assert order.limit is not None
        if order.queue_ahead < 0:
            self._see_queue(order, market)
        quantity, low, high = 0, market.low, market.high
        if trade.size > 0:
            low, high = min(low, trade.price), max(high, trade.price)
            quantity = self._reached_by(order, trade)
        buying = order.side is Side.BUY
        touch, shown = (market.ask, market.ask_size) if buying else (market.bid, market.bid_size)
        if touch > 0.0 and _reaches(order, price(touch)):
            quantity = max(quantity, int(shown * self.participation) - trade.had[order.side])
        quantity = min(quantity, capacity)
        if quantity <= 0 or self._holds_out(order, quantity):
            return
        trade.had[order.side] += quantity
        if buying:
            market.ask_size = max(0, shown - quantity)
        else:
            market.bid_size = max(0, shown - quantity)
        at = min(order.limit, price(high)) if buying else max(order.limit, price(low))
        self._book.execute(order, quantity, at, liquidity=ADDED)

    def _reached_by(self, order: SimOrder, trade: _Print) -> int:
        """Shares of ``trade`` that come through to the order, the queue before it served."""
        assert order.limit is not None
        limit, had = float(order.limit), trade.had[order.side]
        through = trade.price < limit if order.side is Side.BUY else trade.price > limit
        if not through and trade.price != limit:
            return 0
        others = max(0, trade.size - had)
        if through:
            ahead = 0
        elif order.queue_ahead < 0:
            ahead = trade.size  # never seen displayed: whoever traded here stood before it
        else:
            ahead = order.queue_ahead
        order.queue_ahead = max(0, ahead - others)
        return max(0, min(others - ahead, int(trade.size * self.participation) - had))

    def _match_post_close(self, order: SimOrder) -> None:
        closing, capacity = self._venue.closings.get(order.symbol), self._capacity(order)
        if closing is None or capacity <= 0 or order.waits_trigger or order.working_type not in ("LMT", "MTL"):
            return
        if order.status == "PreSubmitted":
            self._book.set_working(order)
        if not _reaches(order, closing.price):
            return
        quantity = min(capacity, _take_closing(closing, order.side, capacity))
        if quantity > 0:
            self._book.execute(order, quantity, closing.price)

    # ---- auctions -----------------------------------------------------------------------------------

    def _fill_auction(self, part: Sequence[SimOrder], side: Side, strike: Decimal, volume: int) -> int:
        total = 0
        queue = [Interest(order.limit, self._capacity(order)) for order in part]
        given = allocate(side, queue, strike, volume, self.participation)
        for order, quantity in zip(part, given, strict=True):
            # A fill may have ended or reduced a later order of the same group.
            quantity = min(quantity, self._capacity(order)) if not order.is_done else 0
            if quantity > 0 and not self._holds_out(order, quantity):
                self._book.execute(order, quantity, strike)
                total += quantity
        return total

    # ---- details ----------------------------------------------------------------------------------

    def _capacity(self, order: SimOrder) -> int:
        return self._disturbance.fillable(order, self._families.capacity(order))

    def _instrument(self, order: SimOrder) -> Instrument:
        return self._venue.instruments[order.symbol]

    def _is_active(self, order: SimOrder) -> bool:
        return order.good_after <= 0.0 or order.good_after <= self._venue.now()

    @staticmethod
    def _holds_out(order: SimOrder, quantity: int) -> bool:
        """Whether the order would rather wait than fill only ``quantity``."""
        if order.all_or_none:
            return quantity < order.remaining
        return order.filled == 0 and quantity < min(order.min_quantity, order.quantity)


def _take_closing(closing: Closing, side: Side, wanted: int) -> int:
    quantity = min(wanted, closing.to_buy if side is Side.BUY else closing.to_sell)
    if side is Side.BUY:
        closing.to_buy -= quantity
    else:
        closing.to_sell -= quantity
    return quantity


def _reaches(order: SimOrder, at: Decimal) -> bool:
    """Whether ``at`` is the order's limit or better; a market order takes any price."""
    if order.limit is None:
        return True
    return at <= order.limit if order.side is Side.BUY else at >= order.limit


def _trades_extended(order: SimOrder) -> bool:
    return order.outside_rth and order.working_type == "LMT"


def _rank(order: SimOrder) -> tuple[int, Decimal, int]:
    """Price-time priority: orders without a limit first, then the better price, then the earlier one."""
    if order.limit is None:
        return (0, Decimal(0), order.priority)
    return (1, -order.limit if order.side is Side.BUY else order.limit, order.priority)
