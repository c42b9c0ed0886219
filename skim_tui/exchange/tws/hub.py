"""Who of one client wants which symbol: every event of the market reaches just those, by a look in a dictionary."""

from __future__ import annotations

from collections.abc import Callable

from skim_tui.domain.market import Quote, Trade
from skim_tui.exchange.api import Listener
from skim_tui.exchange.tws.client import Client


class Subscription:
    """Something a client asked for that goes on: told what happens to its symbol."""

    def __init__(self, request_id: int, symbol: str) -> None:
        self.request_id = request_id
        self.symbol = symbol

    def on_quote(self, quote: Quote) -> None:
        """The best bid or offer changed, or was renewed."""

    def on_trade(self, trade: Trade) -> None:
        """A trade happened."""

    def on_halt(self, halted: bool) -> None:
        """Trading stopped or resumed."""

    def on_borrow(self) -> None:
        """What can be borrowed may have changed."""

    def on_day(self) -> None:
        """A new session begins."""


class Hub:
    """The subscriptions of one client by symbol, and its timers in exchange time."""

    def __init__(self, client: Client, listener: Listener) -> None:
        self._client = client
        self._listener = listener
        self._by_symbol: dict[str, list[Subscription]] = {}
        self._daily: list[Callable[[], None]] = []

    def add(self, subscription: Subscription) -> None:
        """Events of its symbol from now on. Those of the running minute may come at once."""
        self._by_symbol.setdefault(subscription.symbol, []).append(subscription)
        self._client.exchange.subscribe(self._listener, subscription.symbol)

    def remove(self, subscription: Subscription) -> None:
        rest = self._by_symbol[subscription.symbol]
        rest.remove(subscription)
        if not rest:
            del self._by_symbol[subscription.symbol]
            self._client.exchange.unsubscribe(self._listener, subscription.symbol)

    def catch_up(self, symbol: str) -> None:
        """Let the exchange play what nobody looked at yet of the symbol's running minute."""
        if symbol not in self._by_symbol:
            self._client.exchange.subscribe(self._listener, symbol)
            self._client.exchange.unsubscribe(self._listener, symbol)

    def of(self, symbol: str) -> tuple[Subscription, ...]:
        return tuple(self._by_symbol.get(symbol, ()))

    def every(self, seconds: float, action: Callable[[float], None]) -> Timer:
        """Call ``action`` with each multiple of ``seconds`` that the exchange's clock comes to."""
        return Timer(self._client, seconds, action, self._daily)

    def on_day(self) -> None:
        for begin in tuple(self._daily):
            begin()
        for subscriptions in tuple(self._by_symbol.values()):
            for subscription in tuple(subscriptions):
                subscription.on_day()


class Timer:
    """Repeats until it is stopped, the client has gone or the day is over; begins again with the next day."""

    def __init__(
        self, client: Client, seconds: float, action: Callable[[float], None], daily: list[Callable[[], None]]
    ) -> None:
        self._client = client
        self._seconds = seconds
        self._action = action
        self._daily = daily
        self._round = 0
        daily.append(self._begin)
        self._begin()

    def stop(self) -> None:
        self._round += 1
        self._daily.remove(self._begin)

    def _begin(self) -> None:
        self._round += 1
        base = max(self._client.exchange.now(), self._client.exchange.day().pre_open)
        self._set(self._round, base - base % self._seconds + self._seconds)

    def _set(self, number: int, due: float) -> None:
        if due <= self._client.exchange.day().end:
            self._client.exchange.call_at(due, lambda: self._ring(number, due))

    def _ring(self, number: int, due: float) -> None:
        if number == self._round and not self._client.out.is_closed:
            self._action(due)
            # Late or not, the next one is due when it is due: a fast clock leaves none out.
            self._set(number, due + self._seconds)
