"""What a desk publishes and what a console may ask: the whole vocabulary of the link.

Every published row belongs to a topic and has a key; a console holds one dict per topic and applies
deltas to it. Times are UTC epoch seconds of the exchange's clock unless a name says otherwise.
"""

from __future__ import annotations

from decimal import Decimal

import msgspec

VERSION = 1
"""Raised when a value changes incompatibly; a console of another version refuses with both numbers."""


class View(msgspec.Struct, frozen=True, tag=True, tag_field="_", omit_defaults=True):
    """Base of all published rows."""


class HeaderView(View, frozen=True):
    """The one row of topic ``header`` (key ``""``)."""

    desk_version: str = ""
    market: str = ""
    tz: str = "UTC"
    session_date: str = ""
    now: float = 0.0
    speed: float = 1.0
    """Exchange seconds per real second, so that a console can run its clock between updates."""
    phase: str = ""
    phase_until: float = 0.0
    connection: str = "DISCONNECTED"
    connection_reason: str = ""
    account: str = ""
    simulated: bool = False
    paper: bool = False
    auto: bool = False
    currency: str = ""
    equity: Decimal | None = None
    realised: Decimal = Decimal(0)
    """Today's realised profit after fees."""
    unrealised: Decimal = Decimal(0)
    open_risk: Decimal = Decimal(0)
    """Money lost if every stop fills at its price."""
    daily_loss_limit: Decimal = Decimal(0)
    positions: int = 0
    max_positions: int = 0
    entries_blocked: str = ""
    """Why no entry can leave now; empty when entries may."""
    mismatches: tuple[str, ...] = ()
    """Differences between journal and broker that wait for the operator's acknowledgement."""
    data_dir: str = ""
    tape: str = ""


class CandidateView(View, frozen=True):
    """Topic ``candidates``, key ``symbol``."""

    symbol: str
    rank: int = 0
    name: str = ""
    state: str = "watching"
    why_not: str = ""
    prev_close: float = 0.0
    open: float = 0.0
    gap_pct: float | None = None
    last: float = 0.0
    bid: float = 0.0
    ask: float = 0.0
    volume: int = 0
    rel_volume: float | None = None
    or_high: float | None = None
    or_low: float | None = None
    or_until: float = 0.0
    news: str = ""
    """Newest headline; a price-sensitive one begins with ``$``."""
    spark: tuple[float, ...] = ()
    halted: bool = False


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


class PositionView(View, frozen=True):
    """Topic ``positions``, key ``symbol``."""

    symbol: str
    quantity: int
    entry: Decimal
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


class NewsView(View, frozen=True):
    """Topic ``news``, key ``key``."""

    key: str
    ts: float
    symbol: str
    headline: str
    price_sensitive: bool = False
    source: str = ""
    pages: int = 0
    link: str = ""
    sentiment: float | None = None
    """-1 to 1 where the wire rates its headline."""
    verdict: str = ""
    """What the shock test said of it; empty while it waits or when it is not tested."""


class ArticleView(View, frozen=True):
    """Topic ``articles``, key of the news row: the text behind its headline."""

    key: str
    headline: str
    text: str = ""
    state: str = "loading"
    """``loading``, ``ready``, or ``failed`` with the reason as text."""


class HealthView(View, frozen=True):
    """Topic ``health``, key ``group/label``: one figure the desk measures of itself."""

    group: str
    label: str
    value: str
    level: str = "ok"
    """``ok``, ``warning`` or ``error``."""


class ReportView(View, frozen=True):
    """Topic ``report``, key the session date: the daily report as Markdown."""

    session_date: str
    markdown: str


class LogView(View, frozen=True):
    """Topic ``log``, key the running number as text."""

    seq: int
    ts: float
    level: str
    text: str


class ChartBar(msgspec.Struct, frozen=True, array_like=True):
    ts: float
    open: float
    high: float
    low: float
    close: float
    volume: int


class ChartView(View, frozen=True):
    """Topic ``chart``, key ``symbol``: the chart a console asked for with :class:`SelectChart`."""

    symbol: str
    bars: tuple[ChartBar, ...] = ()
    or_high: float | None = None
    or_low: float | None = None
    or_from: float = 0.0
    or_until: float = 0.0
    prev_close: float = 0.0
    entry: float | None = None
    stop: float | None = None
    target: float | None = None


AnyView = (
    HeaderView
    | CandidateView
    | TicketView
    | PositionView
    | OrderView
    | TradeView
    | NewsView
    | LogView
    | ChartView
    | ArticleView
    | HealthView
    | ReportView
)

TOPICS = (
    "header", "candidates", "tickets", "positions", "orders", "trades", "news", "log", "chart", "articles", "health",
    "report",
)  # fmt: skip


class Down(msgspec.Struct, frozen=True, tag=True, tag_field="_", omit_defaults=True):
    """Base of what flows from desk to console."""


class Hello(Down, frozen=True):
    version: int
    pid: int
    desk_version: str


class Delta(Down, frozen=True):
    """Changed and removed rows since the last one; the first after ``Hello`` is the whole state."""

    upserts: dict[str, dict[str, AnyView]] = {}
    removes: dict[str, tuple[str, ...]] = {}
    whole: bool = False


class Reply(Down, frozen=True):
    """The answer to the command with the same ``id``."""

    id: int
    ok: bool
    text: str = ""


AnyDown = Hello | Delta | Reply


class Command(msgspec.Struct, frozen=True, tag=True, tag_field="_", omit_defaults=True):
    """Base of what a console may ask."""


class Approve(Command, frozen=True):
    ticket_id: str


class Decline(Command, frozen=True):
    ticket_id: str


class SetAuto(Command, frozen=True):
    armed: bool


class ClosePosition(Command, frozen=True):
    symbol: str


class CancelOrder(Command, frozen=True):
    ref: str


class Kill(Command, frozen=True):
    """Cancel every entry and block new ones; with ``close_all`` also close every position."""

    close_all: bool = False


class Resume(Command, frozen=True):
    """Allow entries again after :class:`Kill`."""


class Acknowledge(Command, frozen=True):
    """The operator has seen the mismatches."""


class SelectChart(Command, frozen=True):
    symbol: str


class StopDesk(Command, frozen=True):
    """End the desk process; refused with open tickets unless ``force``."""

    force: bool = False


AnyCommand = (
    Approve | Decline | SetAuto | ClosePosition | CancelOrder | Kill | Resume | Acknowledge | SelectChart | StopDesk
)


class Up(msgspec.Struct, frozen=True):
    """A command on its way to the desk."""

    id: int
    command: AnyCommand


class Attach(msgspec.Struct, frozen=True):
    """The first frame of a console."""

    version: int
    who: str = ""
    """Shown in the desk's log, e.g. ``console pts/3``."""
    observer: bool = False
    """True for a client that only asks one thing, e.g. ``skim flatten``: it is no console."""
