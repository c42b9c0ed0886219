"""What flows on the link: greeting, deltas of published rows and replies down, commands up."""

from __future__ import annotations

import msgspec

from skim_tui.link.account import HeaderView
from skim_tui.link.commands import AnyCommand
from skim_tui.link.controls import PlaybackView, SettingsView
from skim_tui.link.health import HealthView, SelfTestView, VitalsView
from skim_tui.link.history import AwayView, JournalView, WhyNotView
from skim_tui.link.market import CandidateView, ChartView
from skim_tui.link.news import ArticleView, NewsView
from skim_tui.link.notices import AlertView, LogView, ReportView
from skim_tui.link.trading import DraftView, OrderView, PositionView, TicketView, TradeView

VERSION = 3
"""Raised when a value changes incompatibly; a console of another version refuses with both numbers."""

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


Answer = tuple[bool, str] | tuple[bool, str, AnyView]
"""What the desk says to a command: done or not, in words, and what was asked for."""


class Up(msgspec.Struct, frozen=True):
    """A command on its way to the desk."""

    id: int
    command: AnyCommand
    at: float = 0.0
    """When the console sent it, by the monotonic clock that both processes share; 0 when it does not say."""


class Attach(msgspec.Struct, frozen=True):
    """The first frame of a console."""

    version: int
    who: str = ""
    """Shown in the desk's log, e.g. ``console pts/3``."""
    observer: bool = False
    """True for a client that only asks one thing, e.g. ``skim flatten``: it is no console."""
