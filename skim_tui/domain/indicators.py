"""Indicators as running values: one update for each bar or trade, the same number as the batch formula.

Each starts as None and stays so until it has seen enough; nothing here looks ahead. They hold floats:
an order price is never made from one without going over the price ladder.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable, Sequence
from typing import Protocol


class HighLowClose(Protocol):
    """What of a bar the indicators read."""

    @property
    def high(self) -> float: ...
    @property
    def low(self) -> float: ...
    @property
    def close(self) -> float: ...


def true_range(high: float, low: float, previous_close: float) -> float:
    """max(H - L, |H - C'|, |L - C'|). Source: Wilder, New Concepts in Technical Trading Systems (1978)."""
    return max(high - low, abs(high - previous_close), abs(low - previous_close))


class WilderAtr:
    """Average true range: seeded with the mean of the first ``period`` true ranges, then
    ``(ATR * (period - 1) + TR) / period``.

    The first true range needs a previous close, so the first value comes with bar ``period + 1``: the
    seed of TA-Lib. (Others count the first bar's H - L and differ by about 1 % after twenty bars.)
    Source: Wilder (1978).
    """

    __slots__ = ("_close", "_seed", "period", "value")

    def __init__(self, period: int) -> None:
        if period < 1:
            raise ValueError(f"an average true range over {period} bars")
        self.period = period
        self.value: float | None = None
        self._close: float | None = None
        self._seed: list[float] = []

    def update(self, high: float, low: float, close: float) -> float | None:
        """Take a closed bar; the average so far."""
        previous, self._close = self._close, close
        if previous is None:
            return None
        span = true_range(high, low, previous)
        if self.value is not None:
            self.value = (self.value * (self.period - 1) + span) / self.period
        else:
            self._seed.append(span)
            if len(self._seed) == self.period:
                self.value = math.fsum(self._seed) / self.period
        return self.value


class Sma:
    """Simple moving average of the last ``period`` values: exactly ``fsum(last) / period``, without drift."""

    __slots__ = ("_values", "period", "value")

    def __init__(self, period: int) -> None:
        if period < 1:
            raise ValueError(f"a moving average over {period} values")
        self.period = period
        self.value: float | None = None
        self._values: deque[float] = deque(maxlen=period)

    def update(self, value: float) -> float | None:
        self._values.append(value)
        if len(self._values) == self.period:
            self.value = math.fsum(self._values) / self.period
        return self.value


class Vwap:
    """Volume-weighted average price since it was made: sum(price * size) / sum(size).

    From trades it is exact; from bars the price is (H + L + C) / 3. Make a new one for each session.
    """

    __slots__ = ("_size", "_value", "value")

    def __init__(self) -> None:
        self.value: float | None = None
        self._value = 0.0
        self._size = 0

    def update(self, price: float, size: int) -> float | None:
        if size > 0:
            self._value += price * size
            self._size += size
            self.value = self._value / self._size
        return self.value


def atr(bars: Iterable[HighLowClose], period: int) -> float | None:
    """Wilder's average true range after the last of ``bars`` (oldest first); None with too few."""
    average = WilderAtr(period)
    for bar in bars:
        average.update(bar.high, bar.low, bar.close)
    return average.value


def sma(values: Sequence[float], period: int) -> float | None:
    """The mean of the last ``period`` values; None with fewer."""
    return math.fsum(values[-period:]) / period if 0 < period <= len(values) else None


def median(values: Sequence[float]) -> float:
    """The middle value, or the mean of the two middle ones. Raises :class:`ValueError` without values."""
    if not values:
        raise ValueError("a median of nothing")
    ordered = sorted(values)
    middle = len(ordered) // 2
    return ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2


def robust_sigma(values: Sequence[float]) -> float:
    """1.4826 * median(|x - median|): the standard deviation of a normal sample, untouched by outliers.

    0.0 when more than half of the values are equal, as minute returns of thin stocks are: every user
    needs a floor. Source: Hampel, The influence curve and its role in robust estimation (1974).
    """
    middle = median(values)
    return 1.4826 * median([abs(value - middle) for value in values])
