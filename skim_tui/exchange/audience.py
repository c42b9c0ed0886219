"""Who listens to the exchange: every door's connections, and which of them follow which symbol."""

from __future__ import annotations

from collections.abc import Sequence

from skim_tui.domain.market import Announcement, Bar, Quote, Trade
from skim_tui.domain.session import ExchangeDay
from skim_tui.exchange.api import Listener
from skim_tui.exchange.disturbance import Disturbance
from skim_tui.exchange.model import Execution, SimOrder


class Audience:
    """Listeners may join and leave while something is told; they see the market as it is disturbed."""

    def __init__(self, disturbance: Disturbance) -> None:
        self._disturbance = disturbance
        self._everybody: list[Listener] = []
        self._following: dict[str, list[Listener]] = {}

    def join(self, listener: Listener) -> None:
        self._everybody.append(listener)

    def leave(self, listener: Listener) -> list[str]:
        """The symbols that ``listener`` followed."""
        if listener in self._everybody:
            self._everybody.remove(listener)
        return [symbol for symbol, followers in self._following.items() if listener in followers]

    def follow(self, listener: Listener, symbol: str) -> None:
        followers = self._following.setdefault(symbol, [])
        if listener not in followers:
            followers.append(listener)

    def unfollow(self, listener: Listener, symbol: str) -> bool:
        """Whether nobody follows ``symbol`` any more."""
        followers = self._following.get(symbol, [])
        if listener in followers:
            followers.remove(listener)
        if followers:
            return False
        self._following.pop(symbol, None)
        return True

    # ---- the market of one symbol -------------------------------------------------------------------

    def quoted(self, quote: Quote) -> None:
        if (followers := self._following.get(quote.symbol)) and not self._disturbance.is_silent(quote.symbol):
            shown = self._disturbance.shown(quote)
            if shown is not None:
                for listener in tuple(followers):
                    listener.on_quote(shown)

    def traded(self, trade: Trade) -> None:
        if (followers := self._following.get(trade.symbol)) and not self._disturbance.is_silent(trade.symbol):
            for listener in tuple(followers):
                listener.on_trade(trade)

    def halt_changed(self, symbol: str, halted: bool) -> None:
        for listener in tuple(self._following.get(symbol, ())):
            listener.on_halt(symbol, halted)

    def borrow_changed(self, symbol: str) -> None:
        for listener in tuple(self._following.get(symbol, ())):
            listener.on_borrow(symbol)

    # ---- what everybody hears -----------------------------------------------------------------------

    def bars_closed(self, bars: Sequence[Bar]) -> None:
        heard = [bar for bar in bars if not self._disturbance.is_silent(bar.symbol)]
        for listener in tuple(self._everybody):
            listener.on_bars(heard)

    def announced(self, item: Announcement) -> None:
        for listener in tuple(self._everybody):
            listener.on_announcement(item)

    def day_began(self, day: ExchangeDay) -> None:
        for listener in tuple(self._everybody):
            listener.on_day(day)

    def order_changed(self, order: SimOrder) -> None:
        for listener in tuple(self._everybody):
            listener.on_order(order)

    def executed(self, execution: Execution) -> None:
        for listener in tuple(self._everybody):
            listener.on_execution(execution)
        self.position_changed(execution.symbol)

    def position_changed(self, symbol: str) -> None:
        for listener in tuple(self._everybody):
            listener.on_position(symbol)
