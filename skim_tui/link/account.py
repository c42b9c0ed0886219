"""The published head of the desk: market and session, connection, money and what blocks entries."""

from __future__ import annotations

from decimal import Decimal

import msgspec

from skim_tui.link.view import View


class Ahead(msgspec.Struct, frozen=True, array_like=True):
    """Something that is known to come: an absence of the broker, or the market's open. Exchange time, epoch seconds."""

    name: str
    begins: float
    ends: float
    blocks: bool = False
    """Whether entries wait for its end."""


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
    ahead: tuple[Ahead, ...] = ()
    """What comes: the broker's known absences and the market's open, the nearest first."""
    data_dir: str = ""
    tape: str = ""
