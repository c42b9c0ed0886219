"""The matching core: one market on one clock, whatever door a client came through."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

from skim_tui.domain.instrument import Instrument
from skim_tui.domain.market import Announcement, Bar, DailyBar, Quote, Trade
from skim_tui.domain.session import ExchangeDay
from skim_tui.exchange.model import Execution, SimOrder


@dataclass(slots=True)
class DayStats:
    """A listing's day so far; prices 0.0 while nothing has traded."""

    prev_close: float = 0.0
    open: float = 0.0
    high: float = 0.0
    low: float = 0.0
    last: float = 0.0
    last_ts: float = 0.0
    volume: int = 0
    halted: bool = False


class Listener(Protocol):
    """A door's connection. Called synchronously, in market order; must not block."""

    def on_quote(self, quote: Quote) -> None: ...
    def on_trade(self, trade: Trade) -> None: ...
    def on_bars(self, bars: Sequence[Bar]) -> None:
        """Minute bars that just closed, all of one minute, of every listing that traded."""
        ...
    def on_halt(self, symbol: str, halted: bool) -> None: ...
    def on_announcement(self, announcement: Announcement) -> None: ...
    def on_order(self, order: SimOrder) -> None:
        """The order changed state, fill or terms."""
        ...
    def on_execution(self, execution: Execution) -> None: ...
    def on_position(self, symbol: str) -> None: ...
    def on_day(self, day: ExchangeDay) -> None:
        """A new session of the tape begins."""
        ...


class ExchangeApi(Protocol):
    """What a door may ask of the core (:class:`Exchange` implements it)."""

    account_id: str
    currency: str
    instruments: dict[str, Instrument]
    """By symbol; ``con_id`` is unique and stable for a symbol."""
    orders: dict[int, SimOrder]
    """By perm id, every order of the run, finished ones included."""
    executions: list[Execution]
    cash: Decimal
    positions: dict[str, tuple[int, Decimal]]
    """symbol -> (signed shares, average cost incl. commission)."""
    realised: Decimal

    def now(self) -> float: ...
    def day(self) -> ExchangeDay: ...
    def symbol_of(self, con_id: int) -> str: ...
    def join(self, listener: Listener) -> None: ...
    def leave(self, listener: Listener) -> None: ...
    def subscribe(self, listener: Listener, symbol: str) -> None:
        """Quotes, trades and halts of ``symbol`` from now on."""
        ...
    def unsubscribe(self, listener: Listener, symbol: str) -> None: ...
    def stats(self, symbol: str) -> DayStats: ...
    def quote(self, symbol: str) -> Quote | None: ...
    def last(self, symbol: str) -> Trade | None: ...
    def minute_bars(self, symbol: str, start: float, end: float) -> list[Bar]:
        """Bars with ``start <= ts < end`` that have begun by now; the last may be forming."""
        ...
    def daily_bars(self, symbol: str, sessions: int) -> list[DailyBar]:
        """The last ``sessions`` finished sessions, oldest first."""
        ...
    def equity(self) -> Decimal:
        """Cash plus positions at the last price."""
        ...
    def next_order_id(self, client_id: int) -> int: ...
    def submit(self, order: SimOrder) -> None:
        """Enter an order (transmit False parks it). Raises :class:`Rejected`; assigns perm_id.

        A bracket's children arrive with ``parent_id``; the leg with transmit True releases all.
        """
        ...
    def modify(self, order: SimOrder, *, quantity: int | None = None, limit: Decimal | None = None,
               stop: Decimal | None = None, tif: str | None = None, type: str | None = None) -> None:
        """Raises :class:`Rejected`; the old terms then stay in force."""
        ...
    def cancel(self, order: SimOrder, reason: str = "") -> None:
        """Raises :class:`Rejected` with 10148 when it is done already."""
        ...
