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
    """A long holding that this desk opened, kept up to date by its fills alone."""

    ticket_id: str
    symbol: str
    initial_stop: Decimal
    risk_per_share: Decimal
    opened: float = 0.0
    opened_session: date = date.min
    state: PositionState = PositionState.OPEN
    bought: int = 0
    sold: int = 0
    buy_value: Decimal = Decimal(0)
    sell_value: Decimal = Decimal(0)
    fees: Decimal = Decimal(0)
    closed: float = 0.0
    why_closed: str = ""
    half_done: bool = False
    gone: int = 0
    """Shares that left the account without a fill of ours: sold elsewhere, or taken by a corporate action."""

    @property
    def quantity(self) -> int:
        """Shares held."""
        return self.bought - self.sold - self.gone

    @property
    def entry_price(self) -> Decimal:
        """Average price paid, without fees."""
        return self.buy_value / self.bought if self.bought else Decimal(0)

    @property
    def exit_price(self) -> Decimal:
        """Average price received, without fees."""
        return self.sell_value / self.sold if self.sold else Decimal(0)

    @property
    def realised(self) -> Decimal:
        """Profit of the shares sold, less all fees so far."""
        return self.sell_value - self.entry_price * self.sold - self.fees

    def unrealised(self, last: Decimal) -> Decimal:
        """Profit of the shares held at price ``last``."""
        return (last - self.entry_price) * self.quantity

    @property
    def initial_risk(self) -> Decimal:
        """One R: what the shares bought would have lost at the first stop."""
        return self.risk_per_share * self.bought

    def r_multiple(self, profit: Decimal) -> float | None:
        """``profit`` in units of the initial risk; None while there is no risk to divide by."""
        return float(profit / self.initial_risk) if self.initial_risk > 0 else None

    def take(self, fill: Fill) -> None:
        """Apply one fill. Raises :class:`ValueError` when it sells more than is held."""
        value = fill.price * fill.quantity
        if fill.side is Side.BUY:
            if not self.bought:
                self.opened = fill.ts
            self.bought += fill.quantity
            self.buy_value += value
            return
        if fill.quantity > self.quantity:
            raise ValueError(f"{fill.symbol}: fill {fill.exec_id} sells {fill.quantity}, held {self.quantity}")
        self.sold += fill.quantity
        self.sell_value += value
        if self.quantity == 0:
            self.state, self.closed = PositionState.CLOSED, fill.ts

    def write_off(self, shares: int, ts: float) -> None:
        """Take ``shares`` off the books without a price. Raises :class:`ValueError` for more than is held."""
        if not 0 < shares <= self.quantity:
            raise ValueError(f"{self.symbol}: {shares} shares to write off, held {self.quantity}")
        self.gone += shares
        if self.quantity == 0:
            self.state, self.closed = PositionState.CLOSED, ts


@dataclass(frozen=True, slots=True)
class Protection:
    """What of a holding is covered by resting stop orders the broker confirmed."""

    covered: int
    orders: tuple[OrderUpdate, ...]

    def covers(self, held: int) -> bool:
        return self.covered >= held


def protection(orders: Iterable[OrderUpdate], symbol: str) -> Protection:
    """The resting protective stops of ``symbol`` among ``orders``, and how many shares they cover."""
    stops = tuple(
        order
        for order in orders
        if order.symbol == symbol
        and order.side is Side.SELL
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
