"""What every part of the desk shares: settings, broker, journal, the day and the desk's voice."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from skim_tui.alerts.alert import Alert
from skim_tui.broker.port import Broker
from skim_tui.config import Config
from skim_tui.desk.recorder import Recorder
from skim_tui.domain.events import Connection
from skim_tui.domain.orders import AccountReport
from skim_tui.domain.session import ExchangeDay, TradingCalendar
from skim_tui.domain.windows import Outlook
from skim_tui.journal import EventRecord
from skim_tui.redaction import redactor

logger = logging.getLogger("skim.desk")

LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}


@dataclass(frozen=True, slots=True)
class LogLine:
    seq: int
    ts: float
    level: str
    text: str


@dataclass(slots=True)
class Context:
    """The desk's common ground. Times from ``now`` are the broker's; ``wall`` is the operator's clock."""

    config: Config
    broker: Broker
    journal: Recorder
    calendar: TradingCalendar
    wall: Callable[[], float]
    day: ExchangeDay
    account: AccountReport | None = None
    connection: Connection = Connection.DISCONNECTED
    connection_reason: str = "not connected yet"
    killed: str = ""
    """Why the operator blocked entries; empty when not."""
    flatten: str = ""
    """Who wants every position closed; empty when nobody does. It holds until all is flat or it is taken back."""
    fault: str = ""
    """A failure of the desk itself that blocks entries."""
    lockout: str = ""
    """Why the loss discipline allows no entry; empty when it does."""
    unattended: str = ""
    """Why entries wait for a console; empty while one is attached or none is needed."""
    mismatches: list[str] = field(default_factory=list[str])
    acknowledged: set[str] = field(default_factory=set[str])
    """Mismatches the operator has seen; the same one is not raised again in this session."""
    ahead: tuple[Outlook, ...] = ()
    """The broker's known absences, the nearest first; none where the broker is simulated."""
    auto: bool = False
    track_all: bool = False
    """Follow every symbol whose bars arrive (replay), not only what the scanner names."""
    dirty: set[tuple[str, str]] = field(default_factory=set[tuple[str, str]])
    lines: deque[LogLine] = field(default_factory=lambda: deque[LogLine](maxlen=500))
    alert: Callable[[Alert], None] = lambda alert: None
    """Tell the operator who is not looking."""
    _seq: int = 0

    def now(self) -> float:
        return self.broker.now()

    @property
    def account_id(self) -> str:
        return self.account.account if self.account else ""

    @property
    def session_date(self) -> date:
        return self.day.date

    @property
    def outlook(self) -> Outlook | None:
        """The absence of the broker that no entry may leave in or shortly before; None while there is none."""
        return next((absence for absence in self.ahead if absence.blocks), None)

    def touch(self, topic: str, key: str) -> None:
        """Mark a published row as changed."""
        self.dirty.add((topic, key))

    def log(self, level: str, text: str) -> None:
        """One line for the operator, on screen and in the log file."""
        self._seq += 1
        text = redactor.text(text)
        line = LogLine(self._seq, self.now(), level, text)
        self.lines.append(line)
        self.touch("log", str(line.seq))
        logger.log(LEVELS[level], "%s", text)

    def event(self, who: str, what: str, subject: str, why: str = "", **data: Any) -> EventRecord:
        """A journal event stamped with the broker's time; save it with the rows it explains."""
        return EventRecord(
            ts=self.now(), who=who, what=what, subject=subject, why=redactor.text(why), data=redactor.value(data)
        )

    def entries_blocked(self) -> str:
        """Why no entry may leave, apart from its own gates; empty when entries may."""
        if self.fault:
            return redactor.text(self.fault)
        if self.journal.fault:
            return f"journal: {self.journal.fault}"
        if self.killed:
            return self.killed
        if self.lockout:
            return self.lockout
        if self.unattended:
            return self.unattended
        if self._is_unnamed_live():
            return f"live account {self.account_id} must be named in broker.account"
        if self.outlook is not None:
            return self.outlook.text(self.now())
        if self.mismatches:
            return f"{len(self.mismatches)} mismatch(es) wait for acknowledgement"
        return ""

    def _is_unnamed_live(self) -> bool:
        """Real money is traded only when the settings name its account: a login to the wrong one buys nothing."""
        account = self.account
        if account is None or account.simulated or account.paper:
            return False
        return self.config.broker.account != account.account
