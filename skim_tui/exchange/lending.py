"""What can be borrowed to sell short: how many shares of each listing, and how many of them are out already."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from skim_tui.domain.market import DailyBar
from skim_tui.exchange.account import Account

AVERAGED_OVER = 63
"""Sessions of the average volume."""
LENT = 0.05
"""Of the average day's volume: what a liquid listing has to lend, if its tape does not say."""

EASY_PRICE, EASY_TURNOVER = 1.0, 1_000_000.0
"""A listing from this close and this average value traded a day (in its currency) is easy to borrow."""
HARD_PRICE, HARD_TURNOVER = 0.20, 100_000.0
"""... from this close and this value hard to borrow, and below it not at all."""

LOCATE_SECONDS = 90.0
"""Exchange seconds in which shares that are hard to borrow are found, where there are any."""
ROUNDING = 0.01
"""Seconds that two readings of an epoch clock may differ by."""

ROUND = 1000
"""With fewer shares left than these a listing is no longer told as easy to borrow."""


class Supply(StrEnum):
    EASY = "easy"
    """Lent at once."""
    HARD = "hard"
    """Lent when somebody has been found who lends it."""
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Offer:
    """What a listing's owners lend. A hard one of no shares is looked for and never found."""

    supply: Supply
    shares: int = 0

    def __post_init__(self) -> None:
        if self.shares < 0:
            raise ValueError(f"{self.shares} shares to borrow is below zero")


NOTHING = Offer(Supply.NONE)


class Lending:
    """The lender of one account. Listings without an offer of their own get one by price and turnover."""

    def __init__(
        self, given: Mapping[str, Offer], account: Account, daily: Callable[[str, int], Sequence[DailyBar]]
    ) -> None:
        self._given = dict(given)
        self._account = account
        self._daily = daily
        self._usual: dict[str, Offer] = {}

    def begin(self) -> None:
        """A new session: averages are taken anew."""
        self._usual.clear()

    def put(self, symbol: str, offer: Offer) -> None:
        """From now on this is lent."""
        self._given[symbol] = offer

    def offer(self, symbol: str) -> Offer:
        given = self._given.get(symbol)
        if given is not None:
            return given
        usual = self._usual.get(symbol)
        if usual is None:
            usual = self._usual[symbol] = usual_offer(self._daily(symbol, AVERAGED_OVER))
        return usual

    def left(self, symbol: str) -> int:
        """Shares that are not borrowed yet, whether at hand or still to be found."""
        return max(0, self.offer(symbol).shares + min(0, self._account.quantity(symbol)))

    def at_hand(self, symbol: str, looked_for: float) -> int:
        """Shares that may be sold short now by an order for which they were looked for that many seconds."""
        supply = self.offer(symbol).supply
        found = supply is Supply.EASY or (supply is Supply.HARD and looked_for > LOCATE_SECONDS - ROUNDING)
        return self.left(symbol) if found else 0

    def told(self, symbol: str) -> tuple[float, int]:
        """What clients are told: the level (3 at once, 2 when it can be located, 1 not) and the shares at hand."""
        shares = self.at_hand(symbol, 0.0)
        if self.offer(symbol).supply is Supply.NONE:
            return 1.0, 0
        return (3.0 if shares >= ROUND else 2.0), shares


def usual_offer(daily: Sequence[DailyBar]) -> Offer:
    """What is lent of a listing with these sessions behind it: liquid names freely, penny and thin ones not."""
    if not daily:
        return NOTHING
    volume = sum(bar.volume for bar in daily) // len(daily)
    turnover = sum(bar.volume * bar.close for bar in daily) / len(daily)
    close = daily[-1].close
    if close >= EASY_PRICE and turnover >= EASY_TURNOVER:
        return Offer(Supply.EASY, int(volume * LENT))
    if close >= HARD_PRICE and turnover >= HARD_TURNOVER:
        return Offer(Supply.HARD, int(volume * LENT) // 10)
    return NOTHING
