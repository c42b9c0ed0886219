"""Answers from the journal: what happened meanwhile, what was not traded, trades of all sessions."""

from __future__ import annotations

from decimal import Decimal

import msgspec

from skim_tui.link.trading import TradeView
from skim_tui.link.view import View


class AwayRow(msgspec.Struct, frozen=True, array_like=True):
    ts: float
    who: str
    what: str
    subject: str
    why: str


class AwayView(View, frozen=True):
    """What the desk did while no console was attached."""

    since: float = 0.0
    until: float = 0.0
    rows: tuple[AwayRow, ...] = ()
    """Oldest first; the newest 500."""
    closed: tuple[TradeView, ...] = ()


class WhyNotRow(msgspec.Struct, frozen=True, omit_defaults=True):
    session: str
    symbol: str
    state: str
    why: str = ""
    gap_pct: float | None = None
    or_high: float | None = None
    or_low: float | None = None
    break_ts: float = 0.0
    break_price: float | None = None
    best_pct: float | None = None
    """How far it went above the break afterwards, percent of the break price."""
    best_r: float | None = None
    """... in units of the risk to the low of day at the break; stopped out first when ``stopped``."""
    last_pct: float | None = None
    """Where it stood at the end, or stands now, against the break price."""
    stopped: bool = False
    """The low of day broke before the best price came."""


class WhyNotView(View, frozen=True):
    rows: tuple[WhyNotRow, ...] = ()
    sessions: tuple[str, ...] = ()
    """Sessions of which candidates are recorded, newest first."""


class PastTrade(msgspec.Struct, frozen=True, omit_defaults=True):
    """A closed round trip of any session."""

    id: str
    session: str
    symbol: str
    strategy: str
    quantity: int
    entry: Decimal
    exit: Decimal
    entered: float
    exited: float
    fees: Decimal
    pnl: Decimal
    r: float | None = None
    why: str = ""
    entry_slip: Decimal | None = None
    """Lost against the ticket's limit (negative: gained), per share."""
    exit_slip: Decimal | None = None
    """Lost against the stop's price, per share; None when no stop ended it."""
    side: str = "BUY"
    """The side of its entry: ``SELL`` for a short one."""


class JournalView(View, frozen=True):
    trades: tuple[PastTrade, ...] = ()
    """Oldest first."""
    today: str = ""
