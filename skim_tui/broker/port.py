"""What the desk asks of a broker: plain commands down, one stream of events up.

No command blocks or waits. Orders are handed to the transport before the method returns;
data requests may be paced, and their answers (or ``RequestFailed``) come as events.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol, runtime_checkable

from skim_tui.domain.events import BrokerEvent
from skim_tui.domain.orders import Bracket, OrderSpec

EventSink = Callable[[BrokerEvent], None]


@dataclass(frozen=True, slots=True)
class ScanRequest:
    """A gap scan. Percentages are plain numbers: 3.0 means 3 %."""

    min_gap_pct: float
    min_volume: int
    min_price: float
    max_rows: int = 50


class BrokerError(Exception):
    """Base of what a broker command raises; the message names the thing and the cause."""


class NotConnected(BrokerError):
    """The command needs a connection and there is none: nothing was sent."""


class Broker(Protocol):
    """A connection to one account at one broker.

    ``place``, ``place_order``, ``modify`` and ``cancel`` raise :class:`NotConnected` when there
    is no connection, before any byte leaves. They may raise nothing else.
    """

    async def run(self, sink: EventSink) -> None:
        """Connect, stay connected, and feed ``sink`` until cancelled."""
        ...

    def now(self) -> float:
        """The broker's time, UTC epoch seconds: the desk's only clock."""
        ...

    @property
    def speed(self) -> float:
        """Broker seconds for each real second: 1.0 but for an exchange that runs faster."""
        ...

    def scan(self, request: ScanRequest) -> None:
        """Start the gap scan; ``ScanResult`` follows, and again at each refresh."""
        ...

    def resolve(self, symbol: str) -> None:
        """Ask what ``symbol`` is on the desk's exchange: ``InstrumentResolved``."""
        ...

    def fetch_daily(self, symbol: str, sessions: int) -> None:
        """Ask for the last ``sessions`` daily bars before today: ``DailyHistory``."""
        ...

    def watch(self, symbol: str) -> None:
        """Stream quotes, trades and closed bars; ``TodayBars`` comes first. Idempotent."""
        ...

    def unwatch(self, symbol: str) -> None: ...

    def place(self, bracket: Bracket) -> None:
        """Send an entry with its protective orders as one group."""
        ...

    def place_order(self, order: OrderSpec) -> None:
        """Send a single order: an exit, or a stop that replaces a lost one."""
        ...

    def modify(
        self,
        ref: str,
        *,
        quantity: int | None = None,
        stop_price: Decimal | None = None,
        limit_price: Decimal | None = None,
    ) -> None:
        """Change one of our working orders in place."""
        ...

    def cancel(self, ref: str) -> None:
        """Ask to cancel one of our orders."""
        ...

    def resync(self) -> None:
        """Ask the broker for its whole truth: ``BrokerSnapshot`` follows."""
        ...

    def reconciled(self) -> None:
        """The desk has digested the ``BrokerSnapshot``; the adapter may turn OPERATIONAL."""
        ...


@runtime_checkable
class MinuteSource(Protocol):
    """What a broker that keeps one-minute bars of earlier sessions does."""

    def fetch_minutes(self, symbol: str, sessions: int) -> None:
        """Ask for the one-minute bars of the last ``sessions`` sessions before today: ``MinuteHistory``, or
        ``RequestFailed`` with ``what = "fetch_minutes"``."""
        ...


@runtime_checkable
class NewsWire(Protocol):
    """What a broker that also sends news does. Headlines come as ``Announcement`` events, without a symbol
    where the wire names none; ``source`` is the provider and ``key`` the article."""

    def follow_news(self, providers: Sequence[str] = ()) -> None:
        """Stream the news of each watched symbol and every broad tape, of these providers or of all that
        the account may read. Goes on through reconnects."""
        ...

    def fetch_article(self, provider: str, article_id: str) -> None:
        """Ask for the text behind a headline: ``Article``, or ``RequestFailed`` with
        ``what = "fetch_article"`` and the article id as symbol."""
        ...
