"""A position and the stop that protects it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from skim_tui.domain.orders import Fill, OrderType, OrderUpdate, Side


class PositionState(StrEnum):
    OPEN = "open"
    HALF_EXITED = "half exited"
    CLOSED = "closed"


@dataclass(slots=True)
class Position:
    """A holding that this desk opened, long or short, kept up to date by its fills alone. Shares are never
    negative here: ``side`` says which way they count."""

    ticket_id: str
    symbol: str
    initial_stop: Decimal
    risk_per_share: Decimal
    side: Side = Side.BUY
    """The side of the entry: BUY is long, SELL is short."""
    opened: float = 0.0
    opened_session: date = date.min
    state: PositionState = PositionState.OPEN
    entered: int = 0
    """Shares that the entry bought, or sold short."""
    exited: int = 0
    """Shares sold again, or bought back."""
    entry_value: Decimal = Decimal(0)
    exit_value: Decimal = Decimal(0)
    fees: Decimal = Decimal(0)
    closed: float = 0.0
    why_closed: str = ""
    half_done: bool = False
    gone: int = 0
    """Shares that left the account without a fill of ours: sold elsewhere, or taken by a corporate action."""

    @property
    def quantity(self) -> int:
        """Shares held, or owed by a short position."""
        return self.entered - self.exited - self.gone

    @property
    def signed(self) -> int:
        """Shares as the account counts them: negative for a short position."""
        return self.side.sign * self.quantity

    @property
    def is_short(self) -> bool:
        return self.side is Side.SELL

    @property
    def entry_price(self) -> Decimal:
        """Average price of the entry, without fees."""
        return self.entry_value / self.entered if self.entered else Decimal(0)

    @property
    def exit_price(self) -> Decimal:
        """Average price of the exits, without fees."""
        return self.exit_value / self.exited if self.exited else Decimal(0)

    @property
    def gross(self) -> Decimal:
        """Profit of the shares that were closed, before fees."""
        return (self.exit_value - self.entry_price * self.exited) * self.side.sign

    @property
    def realised(self) -> Decimal:
        """Profit of the shares that were closed, less all fees so far."""
        return self.gross - self.fees

    def unrealised(self, last: Decimal) -> Decimal:
        """Profit of the shares held at price ``last``."""
        return (last - self.entry_price) * self.signed

    @property
    def initial_risk(self) -> Decimal:
        """One R: what the shares of the entry would have lost at the first stop."""
        return self.risk_per_share * self.entered

    def r_multiple(self, profit: Decimal) -> float | None:
        """``profit`` in units of the initial risk; None while there is no risk to divide by."""
        return float(profit / self.initial_risk) if self.initial_risk > 0 else None

    def take(self, fill: Fill) -> None:
        """Apply one fill. Raises :class:`ValueError` when it closes more than is held."""
        value = fill.price * fill.quantity
        if fill.side is self.side:
            if not self.entered:
                self.opened = fill.ts
            self.entered += fill.quantity
            self.entry_value += value
            return
        if fill.quantity > self.quantity:
            raise ValueError(f"{fill.symbol}: fill {fill.exec_id} closes {fill.quantity}, held {self.quantity}")
        self.exited += fill.quantity
        self.exit_value += value
        if self.quantity == 0:
            self.state, self.closed = PositionState.CLOSED, fill.ts

    def write_off(self, shares: int, ts: float) -> None:
        """Take ``shares`` off the books without a price. Raises :class:`ValueError` for more than is held."""
        if not 0 < shares <= self.quantity:
            raise ValueError(f"{self.symbol}: {shares} shares to write off, held {self.quantity}")
        self.gone += shares
        if self.quantity == 0:
            self.state, self.closed = PositionState.CLOSED, ts


def slip(side: Side, meant: Decimal, filled: Decimal) -> Decimal:
    """How much worse than ``meant`` a share of an order of ``side`` was filled; negative when better."""
    return (filled - meant) * side.sign


@dataclass(frozen=True, slots=True)
class Protection:
    """What of a holding is covered by resting stop orders the broker confirmed."""

    covered: int
    orders: tuple[OrderUpdate, ...]

    def covers(self, held: int) -> bool:
        return self.covered >= held


def protection(orders: Iterable[OrderUpdate], symbol: str, holding: Side = Side.BUY) -> Protection:
    """The resting stops among ``orders`` that protect a ``holding`` of ``symbol`` (BUY: long), and how many
    shares they cover."""
    stops = tuple(
        order
        for order in orders
        if order.symbol == symbol
        and order.side is holding.other
        and not order.foreign
        and order.type in (OrderType.STOP, OrderType.STOP_LIMIT)
        and order.status.is_resting
    )
    return Protection(sum(order.remaining for order in stops), stops)


@dataclass(frozen=True, slots=True)
class ResizeStop:
    ref: str
    quantity: int
    """The order's new total quantity, shares already filled on it included."""


@dataclass(frozen=True, slots=True)
class PlaceStop:
    quantity: int


@dataclass(frozen=True, slots=True)
class CancelStop:
    """A stop too many: the others cover all that is held."""

    ref: str


def stop_repair(
    held: int, stops: tuple[OrderUpdate, ...], *, entry_working: bool, stop_in_flight: bool
) -> ResizeStop | PlaceStop | CancelStop | None:
    """What must be done so that resting stops cover exactly ``held`` shares (safety rule S2).

    While the entry still works, a stop larger than what is held is right: it grows into the fill.
    While a stop is in flight nothing is sent twice. A stop is resized, and cancelled only when others cover all.
    ``stops`` are resting ones, oldest first.
    """
    if stop_in_flight or held <= 0:
        return None
    covered = sum(order.remaining for order in stops)
    if covered == held or (entry_working and covered > held):
        return None
    if not stops:
        return PlaceStop(held)
    newest = stops[-1]
    others = covered - newest.remaining
    if held > others:
        return ResizeStop(newest.ref, newest.filled + held - others)
    return CancelStop(newest.ref)
