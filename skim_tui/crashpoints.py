"""Named points at which a test can kill the process; outside such a test each is one comparison.

``SKIM_CRASH_AT=after-intent:2`` kills the process with SIGKILL when it comes to ``after-intent`` for the second
time. SIGKILL cannot be caught, so nothing is flushed, closed or told: the same as a power cut for this process.
"""

from __future__ import annotations

import os
import signal

POINTS = (
    "before-intent",
    "after-intent",
    "between-legs",
    "after-send",
    "before-ack",
    "after-ack",
    "before-fill",
    "after-fill",
    "after-partial-fill",
    "before-modify",
    "after-modify",
    "before-stop-replaced",
    "after-stop-replaced",
    "before-exit",
    "after-exit",
    "after-exit-fill",
    "after-cancel",
    "flatten-begun",
    "flatten-half-done",
    "reconcile-begun",
    "reconcile-fills-taken",
    "reconcile-done",
    "ticket-proposed",
    "position-closed",
)
"""Every point there is, in the order of an order's life."""

_armed = ""
_left = 0


def arm(point: str, times: int = 1) -> None:
    """Die at the ``times``-th arrival at ``point``. Raises :class:`ValueError` for a point there is not."""
    global _armed, _left
    if point not in POINTS:
        raise ValueError(f"SKIM_CRASH_AT: no crash point {point!r} (there are {', '.join(POINTS)})")
    _armed, _left = point, times


def crashpoint(point: str) -> None:
    """Die here if this point is armed."""
    global _left
    if point != _armed:
        return
    _left -= 1
    if _left <= 0:
        os.kill(os.getpid(), signal.SIGKILL)


def arm_from_environment() -> None:
    """Arm what ``SKIM_CRASH_AT`` names, if anything."""
    named = os.environ.get("SKIM_CRASH_AT", "")
    if named:
        point, _, times = named.partition(":")
        arm(point, int(times or 1))


def disarm() -> None:
    """Nothing is armed."""
    global _armed, _left
    _armed, _left = "", 0
