"""The settings: typed, ranged, and refused with one clear line when they are wrong."""

from __future__ import annotations

from datetime import time
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from skim_tui.domain.announcements import Kind
from skim_tui.domain.money import FxRate
from skim_tui.domain.windows import parse_restart, parse_window


class Section(BaseModel):
    """A table of the file. Unknown keys are kept and written back."""

    model_config = ConfigDict(extra="allow", frozen=True, validate_default=True)


class StrictSection(Section):
    """A table in which an unknown key is an error, so that a typo cannot relax a limit."""

    model_config = ConfigDict(extra="forbid", frozen=True, validate_default=True)


Percent = Annotated[float, Field(ge=0, le=100)]
Money = Annotated[Decimal, Field(ge=0)]
IndexSymbol = Annotated[str, Field(pattern=r"^([A-Z0-9][A-Z0-9. ]{0,11})?$")]
"""The symbol of an index fund, or nothing."""


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
    region: Literal["", "north-america", "europe", "asia-pacific"] = ""
    """Whose servers the account is on, which decides when the broker resets them; empty: those of the market."""
    gateway_restart: str = ""
    """When the gateway is set to restart itself every day, ``HH:MM Zone``; empty: it does not, or nobody said."""
    windows: tuple[str, ...] = ()
    """Further absences of the broker, ``[Day ]HH:MM-HH:MM Zone name``: no entry leaves in or shortly before any."""

    @field_validator("gateway_restart")
    @classmethod
    def _restart_can_be_read(cls, restart: str) -> str:
        if restart:
            parse_restart(restart)
        return restart

    @field_validator("windows")
    @classmethod
    def _windows_can_be_read(cls, windows: tuple[str, ...]) -> tuple[str, ...]:
        for window in windows:
            parse_window(window)
        return windows


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
    min_volume: Annotated[int, Field(ge=0, le=10**12)] = 50_000
    min_price: Annotated[float, Field(ge=0, le=1_000_000)] = 0.10
    min_turnover: Money = Decimal(500_000)
    """Average daily turnover of the last 20 sessions; 0 asks for none."""
    min_rel_volume: Annotated[float, Field(ge=0, le=1000)] = 1.0
    """Volume at the break over what is usual by that time of day; 0 asks for none."""
    minute_sessions: Annotated[int, Field(ge=0, le=20)] = 20
    """Earlier sessions fetched by minute for each candidate; 0 compares volume by days alone."""
    max_spread_pct: Percent = 2.0
    """Median spread over the opening range; 0 asks for none."""
    news: Literal["required", "preferred", "ignored"] = "preferred"
    """A price-sensitive announcement since the last close."""
    news_exclude: tuple[Kind, ...] = (Kind.TAKEOVER, Kind.RAISING)
    """Kinds of announcement that refuse, unless news are ignored."""
    symbols: tuple[str, ...] = ()
    """Followed every day, whether the broker's scanner names them or not."""
    follow_announcements: bool = False
    """Follow every code with a price-sensitive announcement, as far as there is room."""
    corporate_actions: str = ""
    """A CSV file of splits and dividends: symbol,ex_date,split,dividend."""
    max_candidates: Annotated[int, Field(ge=1, le=40)] = 30


class OpeningRange(Section):
    minutes: Annotated[int, Field(ge=1, le=60)] = 10
    include_auction: bool = True
    min_bars: Annotated[int, Field(ge=1, le=60)] = 3


class Breakout(Section):
    margin_steps: Annotated[int, Field(ge=0, le=100)] = 0
    """The level to be broken lies this many price steps above the range's high."""
    margin_pct: Percent = 0.0
    """... or this percentage above it, whichever is more. With both 0 any price above the high breaks."""
    confirm: Literal["trade", "bid", "bar close"] = "trade"
    max_signals: Annotated[int, Field(ge=1, le=10)] = 1
    """Breaks of one symbol that may make a ticket in a session; at most one entry comes of them."""
    rearm_steps: Annotated[int, Field(ge=0, le=100)] = 1
    """It arms again when a minute closes this many price steps below the range's high."""
    limit_steps: Annotated[int, Field(ge=0, le=100)] = 2
    """The entry limit lies at least this many price steps above the break."""
    limit_pct: Percent = 0.5
    """... and at least this percentage above it."""
    latest_entry: time = time(15, 0)
    """Exchange-local time after which no entry is offered."""
    no_entry_before_close: Annotated[int, Field(ge=0, le=390)] = 30
    """No entry within so many minutes of the close, which a half day brings forward."""
    ticket_seconds: Annotated[float, Field(ge=5, le=3600)] = 60.0
    """How long a ticket waits for the operator, real seconds."""


class Exits(Section):
    stop_buffer_steps: Annotated[int, Field(ge=0, le=100)] = 1
    """The stop lies this many price steps below the low of day."""
    min_stop_steps: Annotated[int, Field(ge=1, le=100)] = 1
    """No trade when, after rounding, the stop is not this many price steps from the entry."""
    max_stop_pct: Percent = 10.0
    """No trade when the stop would be further away than this."""
    max_stop_atr: Annotated[float, Field(ge=0, le=100)] = 0.0
    """No trade when the stop would be further away than so many daily average true ranges; 0 off."""
    stop_loss_pct: Percent = 0.0
    """The stop never lies further from the entry than this: a nearer one is set instead; 0 off."""
    take_profit_r: Annotated[float, Field(ge=0, le=100)] = 0.0
    """Take profit so many times the risk above the entry; 0 none."""
    time_stop_minutes: Annotated[int, Field(ge=0, le=100_000)] = 0
    """Sell everything so long after the entry; 0 never."""
    break_even_r: Annotated[float, Field(ge=0, le=100)] = 0.0
    """Move the stop to the entry once the price is so many times the risk above it; 0 never."""
    break_even_after_half: bool = False
    end_of_day: bool = False
    """Close every position before the close of its entry day."""
    end_of_day_minutes: Annotated[int, Field(ge=1, le=120)] = 10
    half_on_day: Annotated[int, Field(ge=0, le=60)] = 3
    """Sell half on this trading day (entry session = day 1); 0 never."""
    half_after_open: Annotated[int, Field(ge=0, le=390)] = 15
    half_in_profit: bool = False
    """Sell the half only above the entry."""
    trail_sma_days: Annotated[int, Field(ge=0, le=200)] = 10
    """Sell the rest on a close below this moving average after the half sale; 0 never."""
    trail_when: Literal["before close", "next open"] = "before close"
    decide_minutes: Annotated[int, Field(ge=1, le=120)] = 10
    """Minutes before the close at which exits on the close are decided."""


class Sizing(StrictSection):
    mode: Literal["risk", "value"] = "risk"
    """The same risk for each trade, or the same value; the risk budget and every cap hold in both."""
    fixed_value: Annotated[Decimal, Field(gt=0)] = Decimal(5_000)
    max_adv_pct: Annotated[float, Field(gt=0, le=100)] = 1.0
    """Most of the average daily volume of 20 sessions that one entry may buy."""
    max_volume_pct: Annotated[float, Field(gt=0, le=100)] = 5.0
    """Most of what traded so far today that one entry may buy."""
    max_fee_pct: Annotated[float, Field(gt=0, le=100)] = 50.0
    """No trade when fees are a larger part of its risk."""
    fx_rate: str = ""
    """Needed when the account is kept in another currency, e.g. "USD/AUD 1.5230": one USD is 1.5230 AUD."""

    @field_validator("fx_rate")
    @classmethod
    def _is_a_rate(cls, text: str) -> str:
        if text:
            FxRate.parse(text)
        return text


class Shock(StrictSection):
    """The news-shock strategy."""

    enabled: bool = False
    in_session_only: bool = True
    """Leave news from before the open to the opening range: it is in the first price."""
    providers: tuple[str, ...] = ()
    """News providers of the broker to read; empty: all that the account may."""
    workers: Annotated[int, Field(ge=1, le=12)] = 6
    """Shares whose data are fetched at once for the test."""
    streams: Annotated[int, Field(ge=1, le=40)] = 12
    """Shares streamed for their news at once; with ``scan.max_candidates`` at most what the broker streams (42)."""
    queue: Annotated[int, Field(ge=10, le=100_000)] = 1000
    """Items that may wait for the test; then the oldest give way."""
    detector: Literal["robust", "classic"] = "robust"
    short: bool = False
    """Sell downward shocks short, where the broker says that shares can be borrowed."""
    max_age_minutes: Annotated[float, Field(gt=0, le=1440)] = 30.0
    """Older items are stale when they arrive."""
    same_event_minutes: Annotated[float, Field(ge=0, le=1440)] = 60.0
    """The same headline of the same symbol within this time is one event."""
    atr_period: Annotated[int, Field(ge=1, le=100)] = 10
    atr_multiple: Annotated[float, Field(gt=0, le=100)] = 3.0
    volume_period: Annotated[int, Field(ge=1, le=100)] = 20
    volume_multiple: Annotated[float, Field(gt=0, le=1000)] = 5.0
    window_minutes: Annotated[int, Field(ge=1, le=60)] = 5
    """Minutes after the news that the classic detector looks at."""
    min_z: Annotated[float, Field(gt=0, le=100)] = 3.0
    min_rel_volume: Annotated[float, Field(gt=0, le=1000)] = 3.0
    min_z_volume: Annotated[float, Field(gt=0, le=100)] = 2.0
    min_move_pct: Percent = 2.0
    min_move_steps: Annotated[int, Field(ge=0, le=100)] = 4
    min_turnover: Money = Decimal(50_000)
    """Turnover since the news."""
    index_asx: IndexSymbol = ""
    """An index fund of the ASX, e.g. IOZ: moves are judged in excess of its return; empty: as they are."""
    index_us: IndexSymbol = ""
    """The same for the US, e.g. SPY."""
    stop_atr: Annotated[float, Field(gt=0, le=100)] = 1.5
    """The stop lies so many one-minute average true ranges away, or at the extreme since the news if nearer."""
    take_profit_r: Annotated[float, Field(ge=0, le=100)] = 2.0
    time_stop_minutes: Annotated[int, Field(ge=0, le=390)] = 60


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
    refused: Switch = "both"
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


class Keys(Section):
    """Action of the console -> its keys, e.g. ``approve = "f5"``; ``?`` on the screen shows the actions."""


class Config(Section):
    """The whole file. Every table and key has a default; the file may be empty."""

    market: Market = Market()
    broker: BrokerSection = BrokerSection()
    sim: Sim = Sim()
    scan: Scan = Scan()
    opening_range: OpeningRange = OpeningRange()
    breakout: Breakout = Breakout()
    exits: Exits = Exits()
    sizing: Sizing = Sizing()
    shock: Shock = Shock()
    risk: Risk = Risk()
    announcements: Announcements = Announcements()
    alerts: Alerts = Alerts()
    desk: Desk = Desk()
    screen: Screen = Screen()
    keys: Keys = Keys()
