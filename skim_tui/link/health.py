"""What the desk measures of itself: figures, vital signs, silent subscriptions, the self-test."""

from __future__ import annotations

import msgspec

from skim_tui.link.view import View


class HealthView(View, frozen=True):
    """Topic ``health``, key ``group/label``: one figure the desk measures of itself."""

    group: str
    label: str
    value: str
    level: str = "ok"
    """``ok``, ``warning`` or ``error``."""


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


class SelfTestView(View, frozen=True):
    """Topic ``selftest``, key ``name``: one line of the self-test's report; ``verdict`` is the last one."""

    name: str
    ok: bool
    text: str = ""
