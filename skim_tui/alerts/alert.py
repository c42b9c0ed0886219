"""An alert as a plain value, and which kinds there are."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class AlertKind(StrEnum):
    SESSION_START = "session_start"
    CANDIDATES = "candidates"
    BREAKOUT = "breakout"
    TICKET = "ticket"
    FILL = "fill"
    EXIT = "exit"
    REFUSED = "refused"
    """An entry, a stop or an exit was refused, or a stop was taken away."""
    MISMATCH = "mismatch"
    DISCONNECT = "disconnect"
    """The broker has been away for more than a minute, or is back after that."""
    KILL = "kill"
    SOURCE = "source"
    """A source of announcements or news stopped."""
    REPORT = "report"


@dataclass(frozen=True, slots=True)
class Alert:
    """One thing the operator should know. ``ts`` is exchange time, UTC epoch seconds."""

    kind: AlertKind
    ts: float
    title: str
    text: str = ""
    fields: tuple[tuple[str, str], ...] = ()
    """(label, value) pairs shown in columns."""
    good: bool | None = None
    """True for a gain or a recovery, False for a loss or a fault, None for neither."""
