"""Time that no setting of the system clock moves: what the machine counts, its sleep included."""

from __future__ import annotations

import time
from collections.abc import Callable

_CLOCK = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
"""Linux's monotonic clock stands still while the machine sleeps; elsewhere it does not."""


def elapsed() -> float:
    """Seconds since a moment in the past; never back, and on through a sleep of the machine."""
    return time.clock_gettime(_CLOCK)


def steady_wall() -> Callable[[], float]:
    """A clock in UTC epoch seconds: the system's at this moment, and counted on from here whatever is done to it.

    Waits are measured by it: by the system clock, one that is set back an hour would stretch every wait by that hour.
    """
    begun = time.time() - elapsed()
    return lambda: begun + elapsed()
