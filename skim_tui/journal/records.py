"""What the journal keeps, one frozen value for each kind of row. Times are UTC epoch seconds."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any


@dataclass(frozen=True, slots=True)
class TicketRecord:
    id: str
    account: str
    session_date: date
    symbol: str
    strategy: str
    side: str
    state: str
    reason: str
    quantity: int
    limit: Decimal
    stop: Decimal
    target: Decimal | None
    risk: Decimal
    value: Decimal
    fees: Decimal
    created: float
    decided: float | None
    decided_by: str
    evidence: tuple[tuple[str, str], ...]
    gates: tuple[tuple[str, bool, str], ...]


@dataclass(frozen=True, slots=True)
class OrderRecord:
    ref: str
    ticket_id: str
    account: str
    symbol: str
    leg: str
    side: str
    type: str
    quantity: int
    limit: Decimal | None
    stop: Decimal | None
    tif: str
    oca_group: str
    parent_ref: str
    status: str
    filled: int
    avg_price: Decimal
    perm_id: int
    reason: str
    created: float
    updated: float


@dataclass(frozen=True, slots=True)
class FillRecord:
    exec_id: str
    ref: str
    account: str
    symbol: str
    side: str
    quantity: int
    price: Decimal
    ts: float
    perm_id: int
    fees: Decimal | None
    fee_currency: str


@dataclass(frozen=True, slots=True)
class PositionRecord:
    id: str
    account: str
    symbol: str
    ticket_id: str
    side: str
    """Of the entry: BUY is long, SELL is short."""
    quantity: int
    """Shares held, or owed by a short position."""
    bought: int
    """Shares of the entry, bought or sold short."""
    entry_price: Decimal
    initial_stop: Decimal
    risk_per_share: Decimal
    opened: float
    opened_session: date
    state: str
    stop_ref: str
    stop_price: Decimal | None
    half_done: bool
    realised: Decimal
    fees: Decimal
    exit_value: Decimal
    exit_quantity: int
    closed: float | None
    why_closed: str


@dataclass(frozen=True, slots=True)
class CandidateRecord:
    account: str
    session_date: date
    symbol: str
    prev_close: float | None
    open: float | None
    gap_pct: float | None
    or_high: float | None
    or_low: float | None
    first_break_ts: float | None
    break_price: float | None
    low_of_day_at_break: float | None
    state: str
    why_not: str
    rel_volume: float | None = None
    """At its first break, else at the end of its day."""
    signals: int = 0
    """How often its range high was broken."""
    source: str = ""
    """Who named it: scan, list, announcement, own computation."""
    range_rule: str = ""
    """How its opening range was measured."""
    news: str = ""
    """The price-sensitive announcement it rests on."""


@dataclass(frozen=True, slots=True)
class LatchRecord:
    """Something that holds until it is taken back, over restarts: the kill switch, a lock-out. An empty value is off."""

    name: str
    value: str
    since: float


@dataclass(frozen=True, slots=True)
class EventRecord:
    """One line of the append-only history: who did what to which subject, and why."""

    ts: float
    who: str
    what: str
    subject: str
    why: str = ""
    data: dict[str, Any] = field(default_factory=dict[str, Any])


Record = TicketRecord | OrderRecord | FillRecord | PositionRecord | CandidateRecord | LatchRecord
