"""When a public list may be asked again: announcement hours, a minute's pause, backoff, and when to stop."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time
from random import Random

from skim_tui.announcements.listing import SYDNEY

OPENS = time(7, 30)
CLOSES = time(19, 30)
CLOSES_IN_SUMMER = time(20, 30)
"""Announcements are released until 19:30 Sydney, an hour longer in daylight saving for the sake of Perth.
Source: ASX, market announcements office hours."""


@dataclass(frozen=True, slots=True)
class Manners:
    """How a list is asked politely. Seconds are the exchange's, so that a faster exchange is asked as often
    in its own time."""

    interval: float = 60.0
    jitter: float = 0.2
    """Each pause differs by up to this share, so that many users do not ask in step."""
    longest: float = 900.0
    """A failing source is asked at doubling intervals up to this."""

    def pause(self, failures: int, random: Random) -> float:
        """Seconds until the next request after ``failures`` failed ones in a row."""
        wait = min(self.interval * 2.0 ** min(failures, 16), max(self.longest, self.interval))
        return wait * (1.0 + self.jitter * (2.0 * random.random() - 1.0))


def in_hours(ts: float) -> bool:
    """Whether announcements are released at ``ts``: a weekday between 07:30 and the evening in Sydney."""
    moment = datetime.fromtimestamp(ts, SYDNEY)
    return moment.weekday() < 5 and OPENS <= moment.time() < _closes(moment)


def _closes(moment: datetime) -> time:
    return CLOSES_IN_SUMMER if moment.dst() else CLOSES
