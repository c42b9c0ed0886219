"""Whether a listing trades: the day's timetable, its own auctions, and trading halts."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum

from skim_tui.domain.market import MINUTE, minute_of
from skim_tui.domain.session import ASX, ExchangeDay
from skim_tui.exchange.auction import Auction

PRINT_WINDOW = 60.0
"""Seconds after the start of continuous trading in which a first trade is still the opening auction's."""

CALL = 60.0
"""Length of the closing auction's uncrossing state, seconds."""


class Trading(StrEnum):
    """What may happen to an order now."""

    CLOSED = "closed"
    PRE_OPEN = "pre-open"
    """Orders are entered, changed and cancelled; none matches."""
    CALL = "call"
    """An auction uncrosses: what is entered now waits for the session after it."""
    CONTINUOUS = "continuous"
    PRE_CLOSE = "pre-close"
    POST_CLOSE = "post-close"
    """Trading at the closing auction's price alone."""
    EXTENDED = "extended"
    """US trading outside regular hours, for orders that ask for it."""
    HALTED = "halted"


class Sessions:
    """The trading state of every listing on the present day."""

    def __init__(self, day: ExchangeDay, now: Callable[[], float]) -> None:
        self._now = now
        self.halted: set[str] = set()
        """Halted listings; a halt lasts over the night."""
        self._resuming: set[str] = set()
        self.begin(day)

    def begin(self, day: ExchangeDay) -> None:
        """A new day: every listing has its auctions before it."""
        self._day = day
        self._opened: set[str] = set()
        self._closed: set[str] = set()
        self._opens: dict[str, float] = {}

    def opens_at(self, symbol: str) -> float:
        """When continuous trading of ``symbol`` is due to begin."""
        opens = self._opens.get(symbol)
        if opens is None:
            opens = self._opens[symbol] = self._day.open_of(symbol)
        return opens

    def is_regular(self, ts: float) -> bool:
        """Whether a trade at ``ts`` counts for the day's open, high, low and close."""
        day = self._day
        return day.opening_auction <= ts < day.end and (day.mic == ASX or ts < day.close)

    def state(self, symbol: str) -> Trading:
        now, day = self._now(), self._day
        if now < day.pre_open or now >= day.end:
            return Trading.CLOSED
        if symbol in self.halted:
            return Trading.HALTED
        opens = self.opens_at(symbol)
        if now < opens:
            if day.staggered:
                # A group opens some seconds around its time: its first trade tells when.
                return Trading.CONTINUOUS if symbol in self._opened else Trading.PRE_OPEN
            if day.mic != ASX:
                return Trading.EXTENDED
            return Trading.CALL if now >= day.opening_auction else Trading.PRE_OPEN
        if now < day.close:
            waits = symbol in self._resuming or (symbol not in self._opened and now < opens + PRINT_WINDOW)
            return Trading.PRE_OPEN if waits else Trading.CONTINUOUS
        if day.mic != ASX:
            return Trading.EXTENDED if symbol in self._closed or now >= day.close + CALL else Trading.PRE_CLOSE
        if now < day.closing_auction:
            return Trading.PRE_CLOSE
        if now < day.closing_auction + CALL or day.staggered:
            return Trading.CALL
        return Trading.POST_CLOSE

    def print_of(self, symbol: str, ts: float) -> Auction | None:
        """Which auction the trade at ``ts`` is the print of; None for a trade of a running market.

        Told of each regular trade once, in order.
        """
        day = self._day
        minute = minute_of(ts)
        if minute >= minute_of(day.closing_auction):
            if symbol in self._closed:
                return None
            self._closed.add(symbol)
            return Auction.CLOSING
        if ts >= day.close:
            return None
        opens = self.opens_at(symbol)
        called = opens if day.staggered else day.opening_auction
        if minute < minute_of(called):
            return None
        if symbol in self._resuming:
            self._resuming.discard(symbol)
            self._opened.add(symbol)
            return Auction.RESUMPTION
        if symbol in self._opened:
            return None
        self._opened.add(symbol)
        return Auction.OPENING if ts < opens + PRINT_WINDOW else None

    def accepted_before(self, auction: Auction) -> float:
        """Orders entered from this time on are not in the auction's book any more."""
        day = self._day
        if day.mic == ASX and auction is Auction.CLOSING:
            return day.closing_auction
        if day.mic == ASX and auction is Auction.OPENING and not day.staggered:
            return day.opening_auction
        return float("inf")

    def is_auction_only(self, minute: float) -> bool:
        """Whether a bar of this minute holds nothing but an auction's trade."""
        day = self._day
        if day.mic != ASX:
            return False
        return (not day.staggered and minute + MINUTE <= day.open) or minute >= minute_of(day.closing_auction)

    def halt(self, symbol: str) -> bool:
        """Stop trading; whether it traded before."""
        if symbol in self.halted:
            return False
        self.halted.add(symbol)
        return True

    def resume(self, symbol: str) -> bool:
        """Let trading resume with an auction; whether it was halted."""
        if symbol not in self.halted:
            return False
        self.halted.discard(symbol)
        self._resuming.add(symbol)
        return True
