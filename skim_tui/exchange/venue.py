"""What the order book sees of the market it stands in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from skim_tui.domain.instrument import Instrument
from skim_tui.exchange.playback import Playback
from skim_tui.exchange.sessions import Sessions


@dataclass(slots=True)
class Closing:
    """The closing auction's price and what post-close trading has left at it, shares."""

    price: Decimal
    to_buy: int
    to_sell: int


class Venue:
    """The market of every listing, now."""

    def __init__(
        self, instruments: dict[str, Instrument], now: Callable[[], float], sessions: Sessions, playback: Playback
    ) -> None:
        self.instruments = instruments
        self.now = now
        self.state = sessions.state
        self.accepted_before = sessions.accepted_before
        self.market = playback.market
        self._playback = playback
        self.closings: dict[str, Closing] = {}
        """What the closing auctions of the day have left for the session after them, by symbol."""

    def last_today(self, symbol: str) -> float:
        """0.0 while it has not traded today."""
        return self._playback.stats(symbol).last

    def prev_close(self, symbol: str) -> float:
        return self._playback.stats(symbol).prev_close
