"""What of an account outlives the exchange's process: one JSON file, replaced whole, so that no kill can tear it."""

from __future__ import annotations

import os
import time
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec

from skim_tui.exchange.model import Execution, SimOrder

LONGEST_DELAY = 0.1
"""Real seconds that a change may wait for the file, when writing it has become slow."""

FORMAT = 1


class StateError(Exception):
    """A state file that cannot be used: the message names the file and what is wrong."""


class State(msgspec.Struct, kw_only=True):
    """Everything that is kept."""

    format: int = FORMAT
    account_id: str
    currency: str
    balances: dict[str, Decimal]
    positions: dict[str, tuple[int, Decimal]]
    realised: dict[str, Decimal]
    commissions: dict[str, Decimal]
    orders: list[SimOrder]
    """Live and parked orders, and those that ended in the session."""
    executions: list[Execution]
    """Of the session."""
    next_perm: int
    next_execution: int
    highest_ids: dict[int, int]
    """The highest order id each client has used."""
    session: date
    finished: bool
    """Whether the session's day orders have expired."""
    ts: float
    """Exchange time of the last change, UTC epoch seconds."""


class StateFile:
    """Where the state is kept. Writing is atomic; a crash of the machine may lose the last write, not the file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._quiet_until = 0.0

    def load(self) -> State | None:
        """The state; None when there is no file yet. Raises :class:`StateError`."""
        try:
            data = self.path.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise StateError(f"{self.path}: {error.strerror or error}") from None
        try:
            state = msgspec.json.decode(data, type=State)
        except msgspec.MsgspecError as error:
            raise StateError(f"{self.path}: {error}") from None
        if state.format != FORMAT:
            raise StateError(f"{self.path}: format {state.format}, this version reads {FORMAT}")
        return state

    @property
    def wait(self) -> float:
        """Real seconds to wait before the next write: none, unless the last one took long."""
        return max(0.0, self._quiet_until - time.monotonic())

    def save(self, state: State) -> None:
        """Replace the file. Raises :class:`StateError`."""
        began = time.monotonic()
        fresh = self.path.with_name(f".{self.path.name}.{os.getpid()}")
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            fresh.write_bytes(msgspec.json.encode(state, enc_hook=_plain))
            fresh.replace(self.path)
        except OSError as error:
            raise StateError(f"{self.path}: {error.strerror or error}") from None
        took = time.monotonic() - began
        self._quiet_until = began + took + min(LONGEST_DELAY, 4 * took if took > 0.002 else 0.0)


def _plain(value: Any) -> Any:
    """What a client sent with an order and JSON does not know is kept as text."""
    return str(value)
