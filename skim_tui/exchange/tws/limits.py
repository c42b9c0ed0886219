"""The limits a gateway holds each client to: message rate, data lines, scanners, historical pacing."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

MARKET_DATA, HISTORY, SCANNER = 1, 20, 22
SMALL_BARS = ("1 sec", "1 secs", "5 secs", "10 secs", "15 secs", "30 secs")
PACING = "Historical Market Data Service error message:API historical data query cancelled: pacing violation"


@dataclass(frozen=True, slots=True)
class Limits:
    """Numbers per client. Source: IBKR's API documentation, order, historical and scanner limitations."""

    messages_per_second: int = 50
    """Half the market data lines; above it error 100."""
    rate_violations: int = 3
    """After so many error 100 the gateway hangs up."""
    lines: int = 100
    scanners: int = 10
    same_history_seconds: float = 15.0
    """Small bars: no identical request within it."""
    burst_history: int = 5
    """Small bars: requests for one contract in two seconds, one more is a violation."""
    small_history: int = 60
    """Small bars: requests in ten minutes."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a request is not served."""

    request_id: int
    code: int
    text: str
    hang_up: bool = False


class InUse(Protocol):
    """What a client holds now."""

    @property
    def lines(self) -> int: ...
    @property
    def scans(self) -> int: ...


class Meter:
    """Counts one client's requests against the limits. ``monotonic`` is real, ``now`` exchange time."""

    def __init__(
        self, limits: Limits, in_use: InUse, *, monotonic: Callable[[], float], now: Callable[[], float]
    ) -> None:
        self._limits = limits
        self._in_use = in_use
        self._monotonic = monotonic
        self._now = now
        self._recent: deque[float] = deque()
        self._violations = 0
        self._small: deque[float] = deque()
        self._same: dict[tuple[str, ...], float] = {}
        self._bursts: dict[tuple[str, ...], deque[float]] = {}

    def admit(self, fields: Sequence[str]) -> Refusal | None:
        """Why this request is refused; None when it may pass."""
        if len(fields) < 3 or not fields[0].isdecimal():
            return self._rate()
        refusal = self._rate()
        if refusal is not None:
            return refusal
        kind = int(fields[0])
        if kind == MARKET_DATA:
            return self._line(fields)
        if kind == SCANNER:
            return self._scanner(fields[1])
        if kind == HISTORY:
            return self._history(fields)
        return None

    def _rate(self) -> Refusal | None:
        now, recent = self._monotonic(), self._recent
        while recent and recent[0] <= now - 1.0:
            recent.popleft()
        recent.append(now)
        if len(recent) <= self._limits.messages_per_second:
            return None
        recent.clear()
        self._violations += 1
        text = "Max rate of messages per second has been exceeded"
        return Refusal(-1, 100, text, hang_up=self._violations >= self._limits.rate_violations)

    def _line(self, fields: Sequence[str]) -> Refusal | None:
        is_snapshot = fields[15:16] == ["0"] and fields[17:18] == ["1"]
        if is_snapshot or self._in_use.lines < self._limits.lines:
            return None
        return Refusal(_number(fields[2]), 101, "Max number of tickers has been reached")

    def _scanner(self, request: str) -> Refusal | None:
        if self._in_use.scans < self._limits.scanners:
            return None
        text = "Historical Market Data Service error message:API scanner subscription cancelled: too many scanners"
        return Refusal(_number(request), 162, text)

    def _history(self, fields: Sequence[str]) -> Refusal | None:
        # 20, reqId, 12 contract fields, expired, end, size, duration, regular, what, ...
        if len(fields) < 20 or fields[16] not in SMALL_BARS:
            return None
        now, limits, request = self._now(), self._limits, _number(str(fields[1]))
        key, contract = tuple(fields[2:20]), (*fields[2:14], fields[19])
        cost = 2 if fields[19] == "BID_ASK" else 1
        small, burst = self._small, self._bursts.setdefault(contract, deque())
        while small and small[0] <= now - 600.0:
            small.popleft()
        while burst and burst[0] <= now - 2.0:
            burst.popleft()
        if (
            now - self._same.get(key, -1e18) < limits.same_history_seconds
            or len(burst) + 1 > limits.burst_history
            or len(small) + cost > limits.small_history
        ):
            return Refusal(request, 162, PACING)
        self._same = {known: ts for known, ts in self._same.items() if ts > now - limits.same_history_seconds}
        self._same[key] = now
        burst.append(now)
        small.extend([now] * cost)
        return None


def _number(text: str) -> int:
    return int(text) if text.lstrip("-").isdecimal() else -1
