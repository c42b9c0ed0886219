"""Answers about what the operator can turn: the settings in force and the tape that plays."""

from __future__ import annotations

import msgspec

from skim_tui.link.view import View


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
