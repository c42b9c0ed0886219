"""The chart draws what the bars say, in cells one wide, at any size."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from wcwidth import wcwidth

from skim_tui.console import chart
from skim_tui.console.spans import length
from skim_tui.link.market import ChartBar, ChartView

from .scripted import OPEN, bars


def text(lines):
    return ["".join(part for part, _ in line) for line in lines]


prices = st.lists(st.floats(0.01, 50), min_size=4, max_size=4).map(sorted)


@given(
    st.lists(st.tuples(prices, st.booleans(), st.integers(0, 10**7)), min_size=1, max_size=400),
    st.integers(20, 200), st.integers(6, 60), st.none() | st.floats(0.01, 60),
)  # fmt: skip
def test_any_bars_fill_the_box_with_single_cells(rows, width, height, level):
    made = tuple(
        ChartBar(OPEN + i * 60, p[1] if up else p[2], p[3], p[0], p[2] if up else p[1], volume)
        for i, (p, up, volume) in enumerate(rows)
    )
    lines = chart.paint(ChartView("X", made, or_high=level, stop=level), [], "Australia/Sydney", width, height)
    assert len(lines) == height
    assert all(length(line) == width for line in lines)
    assert all(wcwidth(char) == 1 for line in text(lines) for char in line)


def test_levels_are_named_and_priced():
    view = ChartView("PLS", bars(), or_high=3.39, or_low=3.18, or_from=OPEN, entry=3.41, stop=3.10)
    shown = text(chart.paint(view, [], "Australia/Sydney", 90, 30))
    for name, price in (("entry", "3.41"), ("OR high", "3.39"), ("OR low", "3.18"), ("stop", "3.10")):
        assert any(name in line and line.rstrip().endswith(price) for line in shown)
    assert any("◂" in line for line in shown) and "10:00" in shown[-1]


def test_a_name_that_candles_would_cut_stands_where_there_are_none():
    """A fast fall right before now crosses the levels at the right edge, where their names stand else."""
    flat = [ChartBar(OPEN + i * 60, 3.50, 3.51, 3.49, 3.50, 100) for i in range(40)]
    fall = [ChartBar(OPEN + i * 60, 3.50, 3.51, 3.00, 3.02, 900) for i in range(40, 44)]
    view = ChartView("PLS", (*flat, *fall), entry=3.30, stop=3.40, side="SELL")
    shown = text(chart.paint(view, [], "Australia/Sydney", 102, 24, chart.Look(minutes=1)))
    for name, price in (("short entry", "3.30"), ("buy stop", "3.40")):
        (line,) = [line for line in shown if line.rstrip().endswith(price)]
        assert f" {name} " in line


def test_rising_and_falling_candles_differ_in_shape():
    scale = chart.Scale(1.0, 2.0, 10)
    row = 5
    rising, falling = ChartBar(0, 1.1, 1.9, 1.1, 1.9, 1), ChartBar(0, 1.9, 1.9, 1.1, 1.1, 1)
    assert chart.candle(rising, row, scale)[0] != chart.candle(falling, row, scale)[0]
    assert chart.candle(rising, row, scale, spaced=False)[0] != chart.candle(falling, row, scale, spaced=False)[0]


def test_merging_keeps_extremes_and_volume():
    five = chart.merge(bars(10), 5)
    assert len(five) == 2
    assert five[0].high == max(bar.high for bar in bars(10)[:5])
    assert sum(bar.volume for bar in five) == sum(bar.volume for bar in bars(10))


def test_no_bars_says_why():
    assert "nothing yet" in "".join(text(chart.paint(None, ["nothing yet"], "UTC", 60, 20)))
