"""The broker's time from its whole-second answers: the system clock, or a fitted one on a simulated day."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

SAME_CLOCK = 2.0
"""Seconds between the broker's time and ours up to which they are one clock with a small skew."""

_JUMP = 10.0
"""Broker seconds back that are a jump of its clock; anything less is ours running ahead, and it waits."""


@dataclass(frozen=True, slots=True)
class ClockSample:
    """The broker said ``second`` at some moment between ``sent`` and ``received`` (local seconds).

    The broker truncates, so its time at that moment was in [second, second + 1).
    """

    sent: float
    received: float
    second: int


class BrokerClock:
    """Broker time as a function of local time, from samples of the broker's truncated seconds.

    While every recent sample lies within :data:`SAME_CLOCK` of the system clock, that is the time and
    ``skew`` the small difference. Otherwise the time is ``a + speed * local``: each sample allows a band of
    lines, the bands of the recent samples intersect in a narrow one, and its middle is taken. The error is
    then about half a broker second plus the answer's delay times the speed.

    Local times come from one clock that never steps; ``wall`` is the system clock's UTC at that same moment. A system
    clock that is set to another time does not take the broker's along: between two samples the time runs on as before.
    """

    def __init__(self, *, window: float = 60.0, keep: int = 64, horizon: float = 15.0) -> None:
        self._samples: deque[ClockSample] = deque(maxlen=keep)
        self._window = window
        self._horizon = horizon
        """Local seconds after the last sample for which the clock runs on; then it stands until the next."""
        self._offsets: deque[float] = deque(maxlen=8)
        self._wall = 0.0
        """The system clock when the newest sample came."""
        self._base = 0.0
        self._origin = 0.0
        """The fitted line: broker time is ``_base`` at local time ``_origin``."""
        self._last = 0.0
        self.speed = 1.0
        """Broker seconds per local second."""
        self.skew = 0.0
        """Broker time minus the system clock, seconds, while they are the same clock; else 0."""
        self.is_system = True
        """Whether the broker's time is the system clock's."""

    @property
    def round_trip(self) -> float | None:
        """Local seconds between the newest question for the time and its answer; None before the first."""
        return self._samples[-1].received - self._samples[-1].sent if self._samples else None

    def reconnected(self) -> None:
        """A new connection may lead to another clock: whether it is the system's is judged anew. Until its
        first sample the time goes on as it was, so that an outage does not throw the day away."""
        self._offsets.clear()

    def sample(self, sample: ClockSample, wall: float) -> None:
        """Take one answer; ``wall`` is the system clock when it was received."""
        self._samples.append(sample)
        self._wall = wall
        while sample.received - self._samples[0].received > self._window:
            self._samples.popleft()
        self._offsets.append(sample.second + 0.5 - wall)
        self.is_system = all(abs(offset) < SAME_CLOCK for offset in self._offsets)
        if self.is_system:
            ordered = sorted(self._offsets)
            self.skew = ordered[len(ordered) // 2]
            self.speed = 1.0
        else:
            self.skew = 0.0
            self._fit()

    def now(self, local: float, wall: float) -> float:
        """Broker time, UTC epoch seconds. It never goes back while the broker's clock does not jump."""
        if not self._samples:
            return wall
        newest = self._samples[-1]
        if self.is_system:
            since = local - newest.received
            was_set = since < self._horizon and abs(self._wall + since - wall) >= SAME_CLOCK
            self._last = self._wall + since if was_set else wall
            return self._last
        ahead = min(local, newest.received + self._horizon) - self._origin
        estimate = self._base + self.speed * ahead
        self._last = max(self._last, estimate)
        return self._last

    def _fit(self) -> None:
        samples = self._samples
        slopes = self._slopes()
        if slopes is None:
            # The broker's clock jumped or changed its pace: go on from the newest answer at the known pace,
            # which the coming ones will correct.
            newest = samples[-1]
            samples.clear()
            samples.append(newest)
        elif len(samples) > 1:
            self.speed = (slopes[0] + slopes[1]) / 2
        newest = samples[-1]
        least = max(s.second + self.speed * (newest.received - s.received) for s in samples)
        most = min(s.second + 1 + self.speed * (newest.received - s.sent) for s in samples)
        self._origin, self._base = newest.received, (least + most) / 2
        if self._last > newest.second + _JUMP + 2 * self.speed:
            self._last = 0.0  # the broker's clock itself went back

    def _slopes(self) -> tuple[float, float] | None:
        """The least and the greatest speed that every pair of samples allows; None when none does."""
        samples = self._samples
        low, high = 0.0, float("inf")
        for index, later in enumerate(samples):
            for earlier in list(samples)[:index]:
                longest = max(later.received - earlier.sent, 1e-6)
                low = max(low, (later.second - earlier.second - 1) / longest)
                if later.sent > earlier.received:
                    high = min(high, (later.second - earlier.second + 1) / (later.sent - earlier.received))
        if low > high:
            return None
        return low, high if high != float("inf") else max(low, self.speed)
