"""What a desk publishes and what a console may ask: the whole vocabulary of the link.

Every published row belongs to a topic and has a key; a console holds one dict per topic and applies
deltas to it. Times are UTC epoch seconds of the exchange's clock unless a name says otherwise.
"""

from __future__ import annotations

from decimal import Decimal

import msgspec

VERSION = 2
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
    outlook: str = ""
    """The broker's present or next known absence in words, e.g. ``server reset in 42 min``."""
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
    plan: tuple[PlannedExitView, ...] = ()
    """What the plan will sell, first one first; the stop is not part of it."""


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


class AlertView(View, frozen=True):
    """Topic ``alerts``, key the running number as text."""

    seq: int
    ts: float
    kind: str
    title: str
    text: str = ""
    rings: bool = False
    """The terminal's bell is wanted for it."""


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
    """Today's minutes."""
    daily: tuple[ChartBar, ...] = ()
    """The sessions before today; ``ts`` is midnight UTC of the date."""
    or_high: float | None = None
    or_low: float | None = None
    or_from: float = 0.0
    or_until: float = 0.0
    prev_close: float = 0.0
    entry: float | None = None
    stop: float | None = None
    target: float | None = None


class ConnectionRow(msgspec.Struct, frozen=True, array_like=True):
    ts: float
    state: str
    reason: str


class FeedRow(msgspec.Struct, frozen=True, array_like=True):
    """How long ago a subscription was last heard of, real seconds; None for never."""

    symbol: str
    tick: float | None = None
    bar: float | None = None
    order: float | None = None


class VitalsView(View, frozen=True):
    """The one row of topic ``vitals`` (key ``""``), renewed each real second. Durations are milliseconds of
    real time; rates are per real second over the last one."""

    pid: int = 0
    uptime: float = 0.0
    """Real seconds since the desk started."""
    memory_mb: float = 0.0
    cpu_pct: float = 0.0
    loop_lag: float = 0.0
    """The longest the desk's loop kept a due task waiting in the last second."""
    loop_worst: float = 0.0
    """... and since the desk started."""
    stalls: int = 0
    """How often it was more than 50 ms."""
    events_per_second: float = 0.0
    events: int = 0
    round_trip: float | None = None
    """From the last heartbeat's question to its answer; None when the broker tells none."""
    slowest_event: float = 0.0
    """The longest that one broker event took in the last minute, its journal writes included."""
    orders_last_minute: int = 0
    orders_per_minute: int = 0
    requests_waiting: int | None = None
    """Data requests that wait for their turn at the broker; None when the broker paces none."""
    followed: int = 0
    streamed: int = 0
    consoles: int = 0
    dirty_rows: int = 0
    """Changed rows that an attached console has not been told of yet."""
    warnings: int = 0
    errors: int = 0
    connection: tuple[ConnectionRow, ...] = ()
    """The last changes of the broker connection, oldest first."""
    feeds: tuple[FeedRow, ...] = ()
    """Every subscription, the longest silent one first."""


class DraftView(View, frozen=True):
    """What an order form would send, computed by the desk: the same sizing, ladder and gates as a ticket's."""

    symbol: str
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
    """Paid above the ticket's limit (negative: below it), per share."""
    exit_slip: Decimal | None = None
    """Received below the stop's price, per share; None when no stop ended it."""


class JournalView(View, frozen=True):
    trades: tuple[PastTrade, ...] = ()
    """Oldest first."""
    today: str = ""


class SettingRow(msgspec.Struct, frozen=True, omit_defaults=True):
    section: str
    key: str
    value: str
    default: str
    kind: str
    """What is allowed, in words."""
    doc: str = ""
    at_once: bool = False
    """True when a change counts at once; else at the desk's next start."""
    pending: str = ""
    """The value in the file when it differs from the one in force."""


class SettingsView(View, frozen=True):
    path: str = ""
    rows: tuple[SettingRow, ...] = ()


class PlaybackView(View, frozen=True):
    """The tape that a simulated exchange plays."""

    tape: str = ""
    speed: float = 0.0
    """Exchange seconds for each real second; 0 while paused."""
    paused: bool = False
    now: float = 0.0
    start: float = 0.0
    end: float = 0.0
    tapes: tuple[str, ...] = ()
    """What else can be played."""


class SelfTestView(View, frozen=True):
    """Topic ``selftest``, key ``name``: one line of the self-test's report; ``verdict`` is the last one."""

    name: str
    ok: bool
    text: str = ""


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
    | AlertView
    | HealthView
    | ReportView
    | VitalsView
    | DraftView
    | AwayView
    | WhyNotView
    | JournalView
    | SettingsView
    | PlaybackView
    | SelfTestView
)

TOPICS = (
    "header", "candidates", "tickets", "positions", "orders", "trades", "news", "log", "chart", "articles", "alerts",
    "health", "report", "vitals", "selftest",
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
    """The answer to the command with the same ``id``. A question's answer comes as ``view``."""

    id: int
    ok: bool
    text: str = ""
    view: AnyView | None = None


AnyDown = Hello | Delta | Reply


class Command(msgspec.Struct, frozen=True, tag=True, tag_field="_", omit_defaults=True):
    """Base of what a console may ask."""


class Approve(Command, frozen=True):
    """Send the ticket. What the operator saw goes along: a ticket that reads differently by now, or a market
    that left the price behind, refuses. A field left out is not compared."""

    ticket_id: str
    quantity: int = 0
    limit: Decimal | None = None
    stop: Decimal | None = None
    seen_ask: float = 0.0


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


class MakeReport(Command, frozen=True):
    """Make the report of the session so far; it comes as a :class:`ReportView`."""


class ReadArticle(Command, frozen=True):
    """Fetch the text behind a news row; it comes as an :class:`ArticleView`."""

    key: str


class StopDesk(Command, frozen=True):
    """End the desk process; refused with open tickets unless ``force``."""

    force: bool = False


class SelfTest(Command, frozen=True):
    """Run the scripted crashes and faults against a twin of the desk; refused on a live account."""


class OverrideLock(Command, frozen=True):
    """Ask for a lock-out of the loss discipline to end; it does so only after a delay, on the record."""

    reason: str


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


class Preview(Command, frozen=True):
    """Compute ``draft`` without doing anything; answered with a :class:`DraftView`."""

    draft: Draft


class Enter(Command, frozen=True):
    """Send an entry by hand with its bracket, through the same gates as a ticket."""

    draft: Draft
    key: str = ""
    """Made by the console: a repeated one, after an answer was lost, sends nothing again."""


class Amend(Command, frozen=True):
    """Give a waiting ticket other terms; it still waits for its approval."""

    draft: Draft


class MoveStop(Command, frozen=True):
    """Tighten a position's stop; a stop is never widened."""

    symbol: str
    price: Decimal


class SetTarget(Command, frozen=True):
    """Place or move the limit order that takes a position's profit; ``price`` None cancels it."""

    symbol: str
    price: Decimal | None


class ScaleOut(Command, frozen=True):
    """Sell part of a position at market."""

    symbol: str
    quantity: int


class RepairStop(Command, frozen=True):
    """See now that a position's stop covers what is held."""

    symbol: str


class CancelAll(Command, frozen=True):
    """Cancel every working entry; protective orders stay."""


class AskAway(Command, frozen=True):
    """What happened while no console was attached: :class:`AwayView`."""


class AskWhyNot(Command, frozen=True):
    """Today's candidates that were not traded, or those of another session: :class:`WhyNotView`."""

    session: str = ""


class AskJournal(Command, frozen=True):
    """Closed trades of all sessions: :class:`JournalView`."""


class AskSettings(Command, frozen=True):
    """The settings in force: :class:`SettingsView`."""


class SaveSetting(Command, frozen=True):
    """Write one setting to the file; refused with what is allowed. Answered with :class:`SettingsView`."""

    section: str
    key: str
    value: str


class AskPlayback(Command, frozen=True):
    """Where the simulated exchange's tape stands: :class:`PlaybackView`; refused at a real broker."""


class SetPlayback(Command, frozen=True):
    """Steer the simulated exchange. ``action``: ``pause``, ``resume``, ``speed`` (``value`` times real time),
    ``step`` (``value`` exchange seconds, then paused), ``seek`` (forward to ``value``, UTC epoch seconds)."""

    action: str
    value: float = 0.0


AnyCommand = (
    Approve
    | Decline
    | SetAuto
    | ClosePosition
    | CancelOrder
    | Kill
    | Resume
    | Acknowledge
    | SelectChart
    | StopDesk
    | Preview
    | Enter
    | Amend
    | MoveStop
    | SetTarget
    | ScaleOut
    | RepairStop
    | CancelAll
    | AskAway
    | AskWhyNot
    | AskJournal
    | AskSettings
    | SaveSetting
    | AskPlayback
    | SetPlayback
    | ReadArticle
    | MakeReport
    | SelfTest
    | OverrideLock
)

Answer = tuple[bool, str] | tuple[bool, str, AnyView]
"""What the desk says to a command: done or not, in words, and what was asked for."""


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
