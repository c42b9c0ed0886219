"""Orders, executions and rejections as the exchange keeps them."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from skim_tui.domain.orders import Side

AFTER_TRIGGER = {
    "STP": "MKT",
    "STP LMT": "LMT",
    "TRAIL": "MKT",
    "TRAIL LIMIT": "LMT",
    "MIT": "MKT",
    "LIT": "LMT",
}
"""Order types that wait for the last price to reach their stop, and what they are from then on."""

TOUCHED = ("MIT", "LIT")
"""Those that trigger on the favourable side of the market."""

TRAILING = ("TRAIL", "TRAIL LIMIT")


class Rejected(Exception):
    """An order or a request the exchange refuses: the broker's error code and text."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(f"{code} {text}")
        self.code = code
        self.text = text


@dataclass(slots=True)
class SimOrder:
    """One order in the exchange's books. Statuses are the broker's own words:
    PreSubmitted, Submitted, Filled, Cancelled, Inactive, ApiPending (not transmitted)."""

    client_id: int
    order_id: int
    symbol: str
    side: Side
    type: str
    """MKT, LMT, MTL, MOC, LOC, STP, STP LMT, TRAIL, TRAIL LIMIT, MIT, LIT."""
    quantity: int
    limit: Decimal | None = None
    stop: Decimal | None = None
    tif: str = "DAY"
    outside_rth: bool = False
    order_ref: str = ""
    parent_id: int = 0
    """``order_id`` of the parent under the same client id; 0 for none."""
    oca_group: str = ""
    oca_type: int = 3
    transmit: bool = True
    good_till: float = 0.0
    """UTC epoch seconds at which a GTD order ends; 0 for none."""
    good_after: float = 0.0
    """UTC epoch seconds before which it is not active; 0 for none."""
    trail_amount: Decimal | None = None
    """Distance of a trailing stop from the market; None when it trails by percent."""
    trail_percent: Decimal | None = None
    trail_stop: Decimal | None = None
    """A trailing order's stop price: the first one named by the client (None: from the market), then as it trails."""
    limit_offset: Decimal | None = None
    """TRAIL LIMIT: how far the limit lies beyond the stop."""
    min_quantity: int = 0
    display: int = 0
    """Shares shown of an iceberg order; 0 for all."""
    all_or_none: bool = False
    account: str = ""
    perm_id: int = 0
    status: str = "ApiPending"
    why_held: str = ""
    filled: int = 0
    avg_price: Decimal = Decimal(0)
    last_price: Decimal = Decimal(0)
    commission: Decimal = Decimal(0)
    reason: str = ""
    triggered: bool = False
    value: Decimal = Decimal(0)
    """Price times shares of what is filled."""
    reserve: Decimal = Decimal(0)
    """Price a share at which it was accepted: what a working purchase commits of the cash."""
    priority: int = 0
    """Its place in time: smaller is earlier. A better price or a larger quantity loses the place."""
    resting: bool = False
    """It did not find the market at its price: it waits at its limit, behind the queue."""
    queue_ahead: int = -1
    """Shares of others before it at its price; -1 while the market has not shown that price."""
    modifications: int = 0
    entered: float = 0.0
    finished: float = 0.0
    wire: dict[str, Any] = field(default_factory=dict[str, Any])
    """Everything else the client sent with it, to be echoed by the door it came through."""

    @property
    def remaining(self) -> int:
        return self.quantity - self.filled

    @property
    def waits_trigger(self) -> bool:
        return not self.triggered and self.type in AFTER_TRIGGER

    @property
    def working_type(self) -> str:
        """What it is in the book now: a triggered stop is a market order, a triggered stop-limit a limit order."""
        return AFTER_TRIGGER.get(self.type, self.type) if self.triggered else self.type

    @property
    def waits_parent(self) -> bool:
        return self.why_held.startswith("child")

    @property
    def waits_locate(self) -> bool:
        """Whether it is held until shares to sell short have been found."""
        return "locate" in self.why_held

    @property
    def is_done(self) -> bool:
        return self.status in ("Filled", "Cancelled", "Inactive")


@dataclass(frozen=True, slots=True)
class Execution:
    """One fill, with its commission and (for a closing one) realised profit."""

    exec_id: str
    perm_id: int
    order_id: int
    client_id: int
    order_ref: str
    account: str
    symbol: str
    side: Side
    quantity: int
    price: Decimal
    ts: float
    cum_quantity: int
    avg_price: Decimal
    liquidity: int
    """1 added, 2 removed."""
    commission: Decimal
    currency: str
    realised: Decimal | None = None
