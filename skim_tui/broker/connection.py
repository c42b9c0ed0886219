"""The connection's states, the moves allowed between them, and how long to wait before trying again."""

from __future__ import annotations

from collections import deque
from random import Random

from skim_tui.domain.events import Connection, ConnectionChanged

_MOVES = {
    Connection.DISCONNECTED: {Connection.CONNECTING},
    Connection.CONNECTING: {Connection.SYNCING, Connection.DISCONNECTED},
    Connection.SYNCING: {Connection.OPERATIONAL, Connection.DISCONNECTED},
    Connection.OPERATIONAL: {Connection.SYNCING, Connection.DISCONNECTED},
}
"""OPERATIONAL is reached through SYNCING alone, so never without a reconciled snapshot (safety rule S4)."""

HISTORY = 50


class IllegalTransition(Exception):
    """A move the connection cannot make; the message names both states."""


class ConnectionStates:
    """The connection state machine. It starts DISCONNECTED and keeps its last changes with their reasons."""

    def __init__(self) -> None:
        self.state = Connection.DISCONNECTED
        self.history: deque[ConnectionChanged] = deque(maxlen=HISTORY)

    @property
    def reason(self) -> str:
        """Why the connection is in its state; empty before the first change."""
        return self.history[-1].reason if self.history else ""

    def move(self, to: Connection, reason: str) -> ConnectionChanged:
        """Go to another state. Raises :class:`IllegalTransition` when there is no such move."""
        if to not in _MOVES[self.state]:
            raise IllegalTransition(f"connection cannot go from {self.state} to {to} ({reason})")
        return self._enter(to, reason)

    def explain(self, reason: str) -> ConnectionChanged:
        """Stay in the state for a new reason."""
        return self._enter(self.state, reason)

    def _enter(self, state: Connection, reason: str) -> ConnectionChanged:
        change = ConnectionChanged(state, reason)
        self.state = state
        self.history.append(change)
        return change


class Backoff:
    """Waiting times before reconnects: doubling from ``first`` to ``longest`` seconds, each shortened by
    a random part of up to ``jitter`` so that several clients do not return in step."""

    def __init__(self, random: Random, *, first: float = 1.0, longest: float = 30.0, jitter: float = 0.3) -> None:
        if not 0 < first <= longest or not 0 <= jitter < 1:
            raise ValueError(f"backoff of {first}..{longest} s with jitter {jitter}")
        self._random = random
        self._first = first
        self._longest = longest
        self._jitter = jitter
        self._next = first

    def wait(self) -> float:
        """Seconds to wait now; the next answer is twice as long."""
        base, self._next = self._next, min(self._longest, self._next * 2)
        return base * (1 - self._jitter * self._random.random())

    def wait_longest(self) -> float:
        """Seconds to wait when trying soon cannot help."""
        self._next = self._longest
        return self.wait()

    def reset(self) -> None:
        """The connection worked: begin again at ``first``."""
        self._next = self._first
