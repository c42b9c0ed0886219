"""The settings: typed, ranged, and refused with one clear line when they are wrong."""

from __future__ import annotations

from datetime import time
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field


class Section(BaseModel):
    """A table of the file. Unknown keys are kept and written back."""

    model_config = ConfigDict(extra="allow", frozen=True, validate_default=True)


class StrictSection(Section):
    """A table in which an unknown key is an error, so that a typo cannot relax a limit."""

    model_config = ConfigDict(extra="forbid", frozen=True, validate_default=True)


Percent = Annotated[float, Field(ge=0, le=100)]
Money = Annotated[Decimal, Field(ge=0)]


class Market(Section):
    exchange: Literal["XASX", "XNYS"] = "XASX"


class BrokerSection(Section):
    kind: Literal["sim", "tws", "web"] = "sim"
    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=1, le=65535)] = 4002
    client_id: Annotated[int, Field(ge=0, le=999)] = 7
    account: str = ""
    """The account that must be logged in; empty accepts the only one."""
    connect_timeout: Annotated[float, Field(ge=1, le=60)] = 6.0


class Sim(Section):
    tape: str = "synthetic:asx:1"
    speed: Annotated[float, Field(gt=0, le=1000)] = 15.0
    start: str = ""
    """Exchange-local HH:MM at which the simulated clock starts; empty: shortly before the open."""
    cash: Money = Decimal(100_000)


class Scan(Section):
    min_gap_pct: Percent = 3.0
    max_gap_pct: Annotated[float, Field(ge=0, le=10_000)] = 60.0
    """Larger gaps look like corporate actions and are dropped."""
    min_volume: Annotated[int, Field(ge=0)] = 50_000
    min_price: Annotated[float, Field(ge=0)] = 0.10
    max_candidates: Annotated[int, Field(ge=1, le=40)] = 30


class OpeningRange(Section):
    minutes: Annotated[int, Field(ge=1, le=60)] = 10
    include_auction: bool = True
    min_bars: Annotated[int, Field(ge=1, le=60)] = 3


class Breakout(Section):
    limit_steps: Annotated[int, Field(ge=0, le=100)] = 2
    """The entry limit lies at least this many price steps above the break."""
    limit_pct: Percent = 0.5
    """... and at least this percentage above it."""
    latest_entry: time = time(15, 0)
    """Exchange-local time after which no entry is offered."""
    ticket_seconds: Annotated[float, Field(ge=5, le=3600)] = 60.0
    """How long a ticket waits for the operator, real seconds."""


class Exits(Section):
    stop_buffer_steps: Annotated[int, Field(ge=0, le=100)] = 1
    """The stop lies this many price steps below the low of day."""
    max_stop_pct: Percent = 10.0
    """No trade when the stop would be further away than this."""
    end_of_day: bool = False
    """Close every position before the close of its entry day."""
    end_of_day_minutes: Annotated[int, Field(ge=1, le=120)] = 10
    half_on_day: Annotated[int, Field(ge=0, le=60)] = 3
    """Sell half on this trading day (entry session = day 1); 0 never."""
    trail_sma_days: Annotated[int, Field(ge=0, le=200)] = 10
    """Sell the rest on a close below this moving average after the half sale; 0 never."""


class Risk(StrictSection):
    risk_per_trade_pct: Annotated[float, Field(gt=0, le=5)] = 0.5
    """Money lost at the stop, as a percentage of equity."""
    max_order_value: Annotated[Decimal, Field(gt=0)] = Decimal(20_000)
    max_exposure: Annotated[Decimal, Field(gt=0)] = Decimal(80_000)
    max_positions: Annotated[int, Field(ge=1, le=50)] = 5
    max_daily_loss: Annotated[Decimal, Field(gt=0)] = Decimal(1_500)
    max_quote_age: Annotated[float, Field(gt=0, le=600)] = 15.0
    """Oldest quote an entry may rest on, exchange seconds."""
    max_spread_pct: Percent = 2.0
    max_price_move_pct: Percent = 1.0
    """How far above the entry limit the offer may be when the ticket is approved."""
    orders_per_minute: Annotated[int, Field(ge=1, le=600)] = 20
    cooldown_minutes: Annotated[int, Field(ge=0, le=1440)] = 0
    """No new entry this long after a losing trade."""
    loss_streak: Annotated[int, Field(ge=0, le=100)] = 0
    """Losing trades in a row after which entries cool down; 0 never."""
    loss_streak_minutes: Annotated[int, Field(ge=0, le=1440)] = 30
    give_back_from: Money = Decimal(0)
    """The day's best profit from which giving it back locks entries out; 0 never."""
    give_back_pct: Annotated[float, Field(gt=0, le=100)] = 50.0
    """Percent of the day's best profit which, once given back, locks entries out."""
    override_minutes: Annotated[int, Field(ge=0, le=1440)] = 15
    """How long an override of a lock-out waits before it takes effect."""


class Announcements(Section):
    may_use_source: bool = False
    """The operator confirms that they may read the source's public lists; nothing is asked of it before."""
    url: str = "https://www.asx.com.au/asx/v2/statistics/"
    """Folder of the pages, or with form ``json`` the whole address of the list."""
    form: Literal["page", "json"] = "page"
    interval: Annotated[float, Field(ge=20, le=3600)] = 60.0
    """Seconds between two requests in announcement hours."""


Switch = Literal["off", "screen", "bell", "discord", "both"]
"""Where an alert is heard: nowhere, on screen, with the bell, at Discord, or everywhere."""


class Alerts(Section):
    discord_url: Annotated[str, Field(repr=False)] = ""
    """The webhook's address: a secret. Empty: no Discord."""
    session_start: Switch = "discord"
    candidates: Switch = "discord"
    breakout: Switch = "discord"
    ticket: Switch = "both"
    fill: Switch = "both"
    exit: Switch = "both"
    mismatch: Switch = "both"
    disconnect: Switch = "both"
    kill: Switch = "both"
    source: Switch = "discord"
    report: Switch = "discord"


class Desk(Section):
    without_console: Literal["exits-only", "continue", "flatten"] = "exits-only"


class Screen(Section):
    theme: str = "skim-dark"
    fps: Annotated[int, Field(ge=1, le=30)] = 8
    bell: bool = True


class Config(Section):
    """The whole file. Every table and key has a default; the file may be empty."""

    market: Market = Market()
    broker: BrokerSection = BrokerSection()
    sim: Sim = Sim()
    scan: Scan = Scan()
    opening_range: OpeningRange = OpeningRange()
    breakout: Breakout = Breakout()
    exits: Exits = Exits()
    risk: Risk = Risk()
    announcements: Announcements = Announcements()
    alerts: Alerts = Alerts()
    desk: Desk = Desk()
    screen: Screen = Screen()
