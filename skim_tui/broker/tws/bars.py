"""Minute bars of one symbol from a history request that is kept up to date: which of them are closed."""

from __future__ import annotations

from collections.abc import Iterable

from skim_tui.domain.market import MINUTE, Bar


class MinuteBars:
    """Turns the forming bar's updates into closed bars, each once and in order.

    A bar is closed when the next one begins or, on a quiet tape, once its minute is over and its last
    update had time to come. Minutes without a trade have no bar.
    """

    def __init__(self) -> None:
        self._forming: Bar | None = None
        self._closed_to = 0.0

    @property
    def closed_to(self) -> float:
        """Everything that traded before this time is in the closed bars handed out."""
        return self._closed_to

    def begin(self, bars: Iterable[Bar], now: float) -> tuple[Bar, ...]:
        """The history: its closed bars. The last one keeps forming if its minute is not over at ``now``."""
        traded = sorted((bar for bar in bars if bar.volume > 0), key=lambda bar: bar.ts)
        if traded and traded[-1].ts + MINUTE > now:
            self._forming = traded.pop()
        if traded:
            self._closed_to = traded[-1].ts + MINUTE
        return tuple(traded)

    def update(self, bar: Bar) -> Bar | None:
        """An update of the forming bar, or the first of the next one: the bar it closes."""
        if bar.ts < self._closed_to or (self._forming is not None and bar.ts < self._forming.ts):
            return None
        closed = None
        if self._forming is not None and bar.ts > self._forming.ts:
            closed = self._close()
        if bar.volume > 0:
            self._forming = bar
        return closed

    def due(self, now: float, grace: float) -> Bar | None:
        """The forming bar, if its minute has been over for ``grace`` broker seconds."""
        if self._forming is None or now < self._forming.ts + MINUTE + grace:
            return None
        return self._close()

    def _close(self) -> Bar | None:
        bar, self._forming = self._forming, None
        if bar is not None:
            self._closed_to = bar.ts + MINUTE
        return bar
