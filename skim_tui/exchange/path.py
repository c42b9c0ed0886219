"""From a one-minute bar to the quotes and trades that may have made it.

The path is a function of the bar alone. It starts at the open, visits low and high (the one nearer
to the way to the close last), ends at the close, and no trade leaves the bar's range.
"""

from __future__ import annotations

from dataclasses import dataclass
from zlib import crc32

from skim_tui.domain.instrument import PriceLadder, price
from skim_tui.domain.market import MINUTE, Bar

LEAST_DISPLAYED = 100
"""Shares shown at each side when the bar's volume says less."""

LEAST_STEPS = 10
"""Steps in a minute, so that a quote is never older than a few seconds while its symbol trades."""


@dataclass(frozen=True, slots=True)
class Step:
    """One moment of the path: a trade (size 0 when the bar had no volume) and the quote after it."""

    ts: float
    bid: float
    bid_size: int
    ask: float
    ask_size: int
    price: float
    size: int


def way_points(bar: Bar) -> list[float]:
    """Open, the two extremes and close in the order they are visited, without repetition."""
    extremes = (bar.low, bar.high) if bar.close >= bar.open else (bar.high, bar.low)
    points = [bar.open]
    for point in (*extremes, bar.close):
        if point != points[-1]:
            points.append(point)
    return points


def expand(bar: Bar, ladder: PriceLadder) -> list[Step]:
    """The steps of ``bar``, in time order inside its minute. Trade sizes add up to its volume.

    Quotes lie inside [low, high] unless the bar is narrower than one price step; then one side lies
    a step outside.
    """
    points = way_points(bar)
    tick = float(ladder.step_at(price(bar.close)))
    prices = [points[0]]
    for before, after in zip(points, points[1:], strict=False):
        middle = round(round((before + after) / 2 / tick) * tick, 6)
        if abs(after - before) >= 2 * tick and min(before, after) < middle < max(before, after):
            prices.append(middle)
        prices.append(after)
    # A price holds for a few seconds: the quote is renewed, trades go on at it.
    repeats = -(-LEAST_STEPS // len(prices))
    prices = [at for at in prices for _ in range(repeats)]
    count = len(prices)
    share, rest = divmod(bar.volume, count)
    offset = crc32(f"{bar.symbol}{bar.ts:.0f}".encode()) % 1000 / 1000.0
    spacing = MINUTE / count
    steps: list[Step] = []
    rising = bar.close >= bar.open
    for index, at in enumerate(prices):
        if index and at != prices[index - 1]:
            rising = at > prices[index - 1]
        # A rising trade lifts the offer, a falling one hits the bid; the other side is a step away.
        if (rising and at - tick >= bar.low) or at + tick > bar.high:
            bid, ask = round(at - tick, 6), at
        else:
            bid, ask = at, round(at + tick, 6)
        if bid <= 0.0:
            bid, ask = at, round(at + tick, 6)
        size = share + (rest if index == count - 1 else 0)
        shown = max(LEAST_DISPLAYED, size)
        steps.append(Step(bar.ts + (index + 0.1 + 0.8 * offset) * spacing, bid, shown, ask, shown, at, size))
    return steps
