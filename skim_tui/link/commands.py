"""What a console may ask of a desk: decisions, orders by hand, questions."""

from __future__ import annotations

from decimal import Decimal

import msgspec

from skim_tui.link.trading import Draft


class Command(msgspec.Struct, frozen=True, tag=True, tag_field="_", omit_defaults=True):
    """Base of what a console may ask."""


class Approve(Command, frozen=True):
    """Send the ticket. What the operator saw goes along: a ticket that reads differently by now, or a market
    that left the price behind, refuses. A field left out is not compared."""

    ticket_id: str
    quantity: int = 0
    limit: Decimal | None = None
    stop: Decimal | None = None
    seen_price: float = 0.0
    """The price that the entry meets: the offer for a purchase, the bid for a short sale."""


class Decline(Command, frozen=True):
    ticket_id: str


class SetAuto(Command, frozen=True):
    armed: bool


class Kill(Command, frozen=True):
    """Cancel every entry and block new ones; with ``close_all`` also close every position."""

    close_all: bool = False


class Resume(Command, frozen=True):
    """Allow entries again after :class:`Kill`."""


class Acknowledge(Command, frozen=True):
    """The operator has seen the mismatches."""


class OverrideLock(Command, frozen=True):
    """Ask for a lock-out of the loss discipline to end; it does so only after a delay, on the record."""

    reason: str


class StopDesk(Command, frozen=True):
    """End the desk process; refused with open tickets unless ``force``."""

    force: bool = False


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


class ClosePosition(Command, frozen=True):
    symbol: str


class MoveStop(Command, frozen=True):
    """Tighten a position's stop; a stop is never widened."""

    symbol: str
    price: Decimal


class SetTarget(Command, frozen=True):
    """Place or move the limit order that takes a position's profit; ``price`` None cancels it."""

    symbol: str
    price: Decimal | None


class ScaleOut(Command, frozen=True):
    """Close part of a position at market."""

    symbol: str
    quantity: int


class RepairStop(Command, frozen=True):
    """See now that a position's stop covers what is held."""

    symbol: str


class CancelOrder(Command, frozen=True):
    ref: str


class CancelAll(Command, frozen=True):
    """Cancel every working entry; protective orders stay."""


class SelectChart(Command, frozen=True):
    symbol: str


class MakeReport(Command, frozen=True):
    """Make the report of the session so far; it comes as a :class:`ReportView`."""


class ReadArticle(Command, frozen=True):
    """Fetch the text behind a news row; it comes as an :class:`ArticleView`."""

    key: str


class SelfTest(Command, frozen=True):
    """Run the scripted crashes and faults against a twin of the desk; refused on a live account."""


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
