"""What the desk says of itself in words: log, alerts and the daily report."""

from __future__ import annotations

from skim_tui.link.view import View


class LogView(View, frozen=True):
    """Topic ``log``, key the running number as text."""

    seq: int
    ts: float
    level: str
    text: str


class AlertView(View, frozen=True):
    """Topic ``alerts``, key the running number as text."""

    seq: int
    ts: float
    kind: str
    title: str
    text: str = ""
    rings: bool = False
    """The terminal's bell is wanted for it."""


class ReportView(View, frozen=True):
    """Topic ``report``, key the session date: the daily report as Markdown."""

    session_date: str
    markdown: str
