"""Published rows of trading: tickets, order forms, positions, orders and closed trades.

``side`` of a ticket, form, position or trade is the side of its entry: ``BUY`` for a long one, ``SELL`` for a short
one. Quantities are positive on both sides.
"""

from __future__ import annotations

from decimal import Decimal

import msgspec

from skim_tui.link.view import View


class GateView(msgspec.Struct, frozen=True, omit_defaults=True):
    name: str
    ok: bool
    text: str = ""


class TicketView(View, frozen=True):
    """Topic ``tickets``, key ``id``."""

    id: str
    symbol: str
    strategy: str
    state: str
    reason: str = ""
    side: str = "BUY"
    quantity: int = 0
    limit: Decimal = Decimal(0)
    stop: Decimal = Decimal(0)
    target: Decimal | None = None
    value: Decimal = Decimal(0)
    risk: Decimal = Decimal(0)
    """Worst-case loss at the stop including fees and slippage allowance."""
    fees: Decimal = Decimal(0)
    gates: tuple[GateView, ...] = ()
    evidence: tuple[tuple[str, str], ...] = ()
    """What fired it, as (label, value) lines."""
    created: float = 0.0
    expires_unix: float = 0.0
    """Real (host) time at which the ticket expires: the operator's clock, not the exchange's."""
    decided_by: str = ""


class Draft(msgspec.Struct, frozen=True, omit_defaults=True):
    """An entry by hand, or other terms for a waiting ticket. What is left out the desk proposes."""

    symbol: str
    quantity: int = 0
    """0: the size that the risk budget allows."""
    limit: Decimal | None = None
    stop: Decimal | None = None
    target: Decimal | None = None
    ticket_id: str = ""
    """The waiting ticket whose terms these are; empty for a new entry."""


class DraftView(View, frozen=True):
    """What an order form would send, computed by the desk: the same sizing, ladder and gates as a ticket's."""

    symbol: str
    side: str = "BUY"
    name: str = ""
    problem: str = ""
    """Why it cannot be sent whatever the gates say; empty when it can."""
    quantity: int = 0
    most: int = 0
    """The largest size that risk and caps allow at these prices."""
    bound_by: str = ""
    limit: Decimal = Decimal(0)
    stop: Decimal = Decimal(0)
    target: Decimal | None = None
    value: Decimal = Decimal(0)
    risk: Decimal = Decimal(0)
    budget: Decimal = Decimal(0)
    """Most that one trade may lose."""
    fees: Decimal = Decimal(0)
    step: Decimal = Decimal("0.01")
    lot: int = 1
    last: float = 0.0
    bid: float = 0.0
    ask: float = 0.0
    gates: tuple[GateView, ...] = ()


class PlannedExitView(msgspec.Struct, frozen=True, omit_defaults=True):
    """One line of a position's exit plan."""

    when: float
    quantity: int
    why: str
    conditional: bool = False
    """It depends on a price that is not known yet."""


class PositionView(View, frozen=True):
    """Topic ``positions``, key ``symbol``."""

    symbol: str
    quantity: int
    """Shares held, or owed by a short position; that of a holding the desk did not open may be negative instead."""
    entry: Decimal
    side: str = "BUY"
    last: float = 0.0
    unrealised: Decimal = Decimal(0)
    realised: Decimal = Decimal(0)
    r: float | None = None
    """Open profit in units of the initial risk."""
    state: str = "open"
    day: int = 1
    opened: float = 0.0
    stop_price: Decimal | None = None
    stop_quantity: int = 0
    stop_status: str = ""
    stop_ref: str = ""
    stop_perm_id: int = 0
    stop_confirmed: float = 0.0
    protected: bool = False
    """Every held share is covered by a resting stop the broker confirmed."""
    next_exit: str = ""
    owned: bool = True
    """False for a holding that this desk did not open."""
    plan: tuple[PlannedExitView, ...] = ()
    """What the plan will close, first one first; the stop is not part of it."""


class OrderView(View, frozen=True):
    """Topic ``orders``, key ``ref``."""

    ref: str
    symbol: str
    side: str
    type: str
    quantity: int
    filled: int = 0
    limit: Decimal | None = None
    stop: Decimal | None = None
    avg_price: Decimal | None = None
    tif: str = ""
    status: str = ""
    perm_id: int = 0
    reason: str = ""
    updated: float = 0.0
    foreign: bool = False


class TradeView(View, frozen=True):
    """Topic ``trades``, key ``id``: a closed round trip."""

    id: str
    symbol: str
    quantity: int
    entry: Decimal
    exit: Decimal
    entered: float
    exited: float
    fees: Decimal
    pnl: Decimal
    r: float | None = None
    why: str = ""
    side: str = "BUY"
