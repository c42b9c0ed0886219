"""Everything a broker adapter can tell the desk: one stream of plain values."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from skim_tui.domain.instrument import Instrument
from skim_tui.domain.market import Announcement, Bar, DailyBar, Quote, Trade
from skim_tui.domain.orders import (
    AccountReport,
    Fill,
    FillFees,
    OrderUpdate,
    PositionReport,
)


class Connection(StrEnum):
    DISCONNECTED = "DISCONNECTED"
    CONNECTING = "CONNECTING"
    SYNCING = "SYNCING"
    OPERATIONAL = "OPERATIONAL"


@dataclass(frozen=True, slots=True)
class ConnectionChanged:
    state: Connection
    reason: str


@dataclass(frozen=True, slots=True)
class BrokerSnapshot:
    """The broker's whole truth at one moment, asked for after each connect and on demand.

    The desk reconciles it before the adapter turns OPERATIONAL (safety rule S4).
    """

    account: AccountReport
    positions: tuple[PositionReport, ...]
    open_orders: tuple[OrderUpdate, ...]
    completed_orders: tuple[OrderUpdate, ...]
    fills: tuple[Fill, ...]
    fees: tuple[FillFees, ...] = ()


@dataclass(frozen=True, slots=True)
class ScanRow:
    rank: int
    symbol: str
    con_id: int = 0


@dataclass(frozen=True, slots=True)
class ScanResult:
    """The broker's scanner list, whole, best first; it replaces the list before."""

    rows: tuple[ScanRow, ...]


@dataclass(frozen=True, slots=True)
class InstrumentResolved:
    instrument: Instrument


@dataclass(frozen=True, slots=True)
class DailyHistory:
    """Daily bars of the sessions before today, oldest first."""

    symbol: str
    bars: tuple[DailyBar, ...]


@dataclass(frozen=True, slots=True)
class MinuteHistory:
    """One-minute bars of the sessions before today, oldest first."""

    symbol: str
    bars: tuple[Bar, ...]


@dataclass(frozen=True, slots=True)
class TodayBars:
    """Today's closed one-minute bars up to now, oldest first: sent once when a watch begins."""

    symbol: str
    bars: tuple[Bar, ...]


@dataclass(frozen=True, slots=True)
class OpenPrice:
    """Today's official open as the exchange tells it. Sent only once the symbol has traded today: before, brokers
    go on telling the previous session's."""

    symbol: str
    ts: float
    """When it was told."""
    price: float


@dataclass(frozen=True, slots=True)
class BarsClosed:
    """One-minute bars that just closed, all of the same minute."""

    bars: tuple[Bar, ...]


@dataclass(frozen=True, slots=True)
class HaltChanged:
    """The instrument was halted or resumed; None when the feed does not say."""

    symbol: str
    ts: float
    halted: bool | None


@dataclass(frozen=True, slots=True)
class ShortAvailability:
    """Whether shares can be borrowed to sell ``symbol`` short: streamed while it is watched, where the broker says."""

    symbol: str
    ts: float
    available: bool
    """Shares can be borrowed now, without the broker having to look for them first."""
    shares: int | None = None
    """How many; None when the broker gives no number."""


@dataclass(frozen=True, slots=True)
class RequestFailed:
    """A data request that got an error or no answer. ``what`` is the port method's name."""

    what: str
    symbol: str
    reason: str


@dataclass(frozen=True, slots=True)
class BrokerNotice:
    """A message of the broker that is not about one order or request: farms, connectivity."""

    code: int
    text: str


@dataclass(frozen=True, slots=True)
class Article:
    """The text behind a headline, asked for with ``fetch_article``. Empty for a wire that only sends headlines."""

    provider: str
    article_id: str
    text: str


class SourceState(StrEnum):
    WORKING = "working"
    TROUBLED = "troubled"
    """It could not be read this time; it is tried again."""
    STOPPED = "stopped"
    """It refuses us, or the operator has not allowed it: nothing is asked of it any more."""


@dataclass(frozen=True, slots=True)
class SourceReport:
    """How a source of announcements or news is doing."""

    source: str
    state: SourceState
    text: str


BrokerEvent = (
    ConnectionChanged
    | BrokerSnapshot
    | ScanResult
    | InstrumentResolved
    | DailyHistory
    | MinuteHistory
    | TodayBars
    | OpenPrice
    | BarsClosed
    | Quote
    | Trade
    | HaltChanged
    | ShortAvailability
    | Announcement
    | OrderUpdate
    | Fill
    | FillFees
    | PositionReport
    | AccountReport
    | Article
    | SourceReport
    | RequestFailed
    | BrokerNotice
)
