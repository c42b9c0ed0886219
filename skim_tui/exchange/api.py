"""What a door may ask of the exchange, and what it is told."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Protocol

from skim_tui.domain.instrument import Instrument
from skim_tui.domain.market import Announcement, Bar, DailyBar, Quote, Trade
from skim_tui.domain.session import ExchangeDay, TradingCalendar
from skim_tui.exchange.model import Execution, SimOrder
from skim_tui.exchange.tape import Tape


@dataclass(slots=True)
class DayStats:
    """A listing's day so far; prices 0.0 while nothing has traded."""

    prev_close: float = 0.0
    """The previous session's close, adjusted for today's corporate actions."""
    open: float = 0.0
    high: float = 0.0
    low: float = 0.0
    last: float = 0.0
    last_ts: float = 0.0
    volume: int = 0
    halted: bool = False
    trades: int = 0
    """Trades so far; a bar that was not played step by step counts as one per hundred shares."""
    turnover: float = 0.0
    """Value traded so far: price times shares."""
    close: float = 0.0
    """The closing auction's price, once it has uncrossed."""


class Listener(Protocol):
    """A door's connection. Called synchronously, in market order; must not block."""

    def on_quote(self, quote: Quote) -> None: ...
    def on_trade(self, trade: Trade) -> None: ...
    def on_bars(self, bars: Sequence[Bar]) -> None:
        """Minute bars that just closed, all of one minute, of every listing that traded."""
        ...

    def on_halt(self, symbol: str, halted: bool) -> None: ...
    def on_borrow(self, symbol: str) -> None:
        """What can be borrowed of ``symbol`` may have changed."""
        ...

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
    """What a door may ask of the core (:class:`skim_tui.exchange.core.Exchange` implements it)."""

    currency: str
    """The account's base currency; a listing's prices are in its instrument's currency."""
    tape: Tape
    calendar: TradingCalendar
    instruments: dict[str, Instrument]
    """By symbol; ``con_id`` is unique and stable for a symbol."""

    @property
    def account_id(self) -> str: ...
    @property
    def announcements(self) -> list[Announcement]:
        """Published so far today."""
        ...

    @property
    def orders(self) -> dict[int, SimOrder]:
        """By perm id, every order of the run, finished ones included."""
        ...

    @property
    def executions(self) -> list[Execution]: ...
    @property
    def cash(self) -> Decimal:
        """All balances in the base currency."""
        ...

    @property
    def balances(self) -> dict[str, Decimal]:
        """Cash by currency."""
        ...

    @property
    def positions(self) -> dict[str, tuple[int, Decimal]]:
        """symbol -> (signed shares, average cost incl. commission in the instrument's currency)."""
        ...

    @property
    def realised(self) -> Decimal:
        """Realised profit in the base currency."""
        ...

    def rate(self, currency: str) -> Decimal:
        """Units of the base currency for one of ``currency``."""
        ...

    def now(self) -> float: ...
    def day(self) -> ExchangeDay: ...
    def symbol_of(self, con_id: int) -> str: ...
    def call_at(self, ts: float, action: Callable[[], None]) -> None:
        """Run ``action`` at exchange time ``ts``. Who repeats it stops at the day's end, so that the tape can end."""
        ...

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

    def recorded_minutes(self, symbol: str, day: date) -> list[Bar]:
        """The whole bars the tape has of ``day``, today's coming ones too: of use only to find what was played."""
        ...

    def borrowable(self, symbol: str) -> tuple[float, int]:
        """How readily it can be sold short (3 at once, 2 when shares are located, 1 not) and the shares at hand."""
        ...

    def daily_bars(self, symbol: str, sessions: int) -> list[DailyBar]:
        """The last ``sessions`` finished sessions, oldest first, adjusted for corporate actions since."""
        ...

    def equity(self) -> Decimal:
        """Cash plus positions at the last price, in the base currency."""
        ...

    def free_funds(self) -> Decimal:
        """What is not bound by positions (orders may bind some of it), in the base currency; below zero when too much is."""
        ...

    def next_order_id(self, client_id: int) -> int: ...
    def submit(self, order: SimOrder) -> None:
        """Enter an order (transmit False parks it). Raises :class:`Rejected`; assigns perm_id.

        A bracket's children arrive with ``parent_id``; the leg with transmit True releases all.
        """
        ...

    def transmit(self, order: SimOrder) -> None:
        """Release a parked order and the family that waits with it."""
        ...

    def modify(self, order: SimOrder, **terms: Any) -> None:
        """Change terms by name: quantity, limit, stop, tif, type, trail_amount, trail_percent, limit_offset,
        good_till, outside_rth; None leaves a term. Raises :class:`Rejected`; the old terms then stay in force."""
        ...

    def cancel(self, order: SimOrder, reason: str = "") -> None:
        """Raises :class:`Rejected` with 10148 when it is done already."""
        ...
