"""Orders, fills and what the broker says of them, as plain values."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum


class Side(StrEnum):
    BUY = "BUY"
    SELL = "SELL"

    @property
    def sign(self) -> int:
        return 1 if self is Side.BUY else -1

    @property
    def other(self) -> Side:
        """The side that takes it back."""
        return Side.SELL if self is Side.BUY else Side.BUY


class OrderType(StrEnum):
    MARKET = "MKT"
    LIMIT = "LMT"
    STOP = "STP"
    STOP_LIMIT = "STP LMT"


class Tif(StrEnum):
    DAY = "DAY"
    GTC = "GTC"
    IOC = "IOC"


class OrderStatus(StrEnum):
    """The life of one order as the desk knows it."""

    INTENDED = "intended"
    """Durable in the journal, not known to have left."""
    SENT = "sent"
    """Bytes left; no answer yet."""
    HELD = "held"
    """At the broker, waiting for its trigger or its parent."""
    WORKING = "working"
    FILLED = "filled"
    CANCELLED = "cancelled"
    REJECTED = "rejected"
    UNKNOWN = "unknown"
    """The answer was lost: ask the broker, never resend."""

    @property
    def is_done(self) -> bool:
        return self in (OrderStatus.FILLED, OrderStatus.CANCELLED, OrderStatus.REJECTED)

    @property
    def is_resting(self) -> bool:
        """At the broker and able to act."""
        return self in (OrderStatus.HELD, OrderStatus.WORKING)


@dataclass(frozen=True, slots=True)
class OrderSpec:
    """One order as we mean it. ``ref`` is ours, unique for ever, and echoed by the broker."""

    ref: str
    symbol: str
    side: Side
    type: OrderType
    quantity: int
    tif: Tif
    limit_price: Decimal | None = None
    stop_price: Decimal | None = None
    outside_rth: bool = False
    oca_group: str = ""
    parent_ref: str = ""

    def __post_init__(self) -> None:
        if self.quantity <= 0:
            raise ValueError(f"order {self.ref}: quantity {self.quantity} is not positive")
        needs_limit = self.type in (OrderType.LIMIT, OrderType.STOP_LIMIT)
        needs_stop = self.type in (OrderType.STOP, OrderType.STOP_LIMIT)
        if needs_limit != (self.limit_price is not None):
            raise ValueError(f"order {self.ref}: {self.type} with limit {self.limit_price}")
        if needs_stop != (self.stop_price is not None):
            raise ValueError(f"order {self.ref}: {self.type} with stop {self.stop_price}")


@dataclass(frozen=True, slots=True)
class Bracket:
    """An entry with the orders that protect it, sent as one group."""

    entry: OrderSpec
    stop: OrderSpec
    target: OrderSpec | None = None

    @property
    def legs(self) -> tuple[OrderSpec, ...]:
        return (self.entry, self.stop) if self.target is None else (self.entry, self.target, self.stop)


@dataclass(frozen=True, slots=True)
class OrderUpdate:
    """What the broker last said of one order. ``filled`` and ``remaining`` are shares."""

    ref: str
    symbol: str
    side: Side
    type: OrderType
    quantity: int
    status: OrderStatus
    filled: int
    remaining: int
    avg_price: Decimal
    limit_price: Decimal | None = None
    stop_price: Decimal | None = None
    tif: str = ""
    perm_id: int = 0
    """The broker's account-wide order id; 0 while unknown."""
    reason: str = ""
    """Why it was rejected or cancelled, in the broker's words."""
    foreign: bool = False
    """True when the order was not sent by this desk (TWS by hand, another client)."""

    @classmethod
    def first(cls, spec: OrderSpec, status: OrderStatus) -> OrderUpdate:
        """The order as it was asked for, before the broker has said anything of it."""
        return cls(
            ref=spec.ref,
            symbol=spec.symbol,
            side=spec.side,
            type=spec.type,
            quantity=spec.quantity,
            status=status,
            filled=0,
            remaining=spec.quantity,
            avg_price=Decimal(0),
            limit_price=spec.limit_price,
            stop_price=spec.stop_price,
            tif=spec.tif.value,
        )


@dataclass(frozen=True, slots=True)
class Fill:
    """One execution of one of the account's orders."""

    exec_id: str
    ref: str
    symbol: str
    side: Side
    quantity: int
    price: Decimal
    ts: float
    perm_id: int = 0


@dataclass(frozen=True, slots=True)
class FillFees:
    """The fees of one execution, in ``currency``."""

    exec_id: str
    fees: Decimal
    currency: str
    realised: Decimal | None = None
    """The broker's realised profit of a closing execution; None when it opens."""


@dataclass(frozen=True, slots=True)
class PositionReport:
    """The account's holding of one instrument as the broker sees it, signed shares."""

    symbol: str
    quantity: int
    avg_cost: Decimal


@dataclass(frozen=True, slots=True)
class AccountReport:
    """The account's money, in ``currency``."""

    account: str
    currency: str
    equity: Decimal
    cash: Decimal
    buying_power: Decimal
    simulated: bool = False
    """True for the embedded exchange."""
    paper: bool = False


def order_ref(ticket_id: str, leg: str) -> str:
    """The deterministic reference of one leg of a ticket: E entry, S stop, T target, H half sale, X exit."""
    return f"{ticket_id}.{leg}"


def leg_of(ref: str) -> str:
    """The leg's letter in an order reference: E, S, T, H or X; empty for a foreign order."""
    _, dot, leg = ref.rpartition(".")
    return leg[:1] if dot else ""


def ticket_of(ref: str) -> str:
    """The ticket id of an order reference; empty for a foreign order."""
    head, dot, _ = ref.rpartition(".")
    return head if dot else ""
