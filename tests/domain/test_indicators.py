"""Indicators: running values equal the batch formula, computed here with pandas."""

import math

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skim_tui.domain.indicators import Sma, Vwap, WilderAtr, atr, median, robust_sigma, sma
from skim_tui.domain.market import Bar

levels = st.integers(1, 4000).map(lambda cents: cents / 100)
bars = st.lists(st.tuples(levels, levels, levels, st.integers(0, 10**6)), min_size=1, max_size=60).map(
    lambda rows: [Bar("A", 60.0 * i, *sorted_bar(row), row[3]) for i, row in enumerate(rows)]
)


def sorted_bar(row):
    low, close, high = sorted(row[:3])
    return close, high, low, close


def frame(rows):
    return pd.DataFrame([(bar.high, bar.low, bar.close, bar.volume) for bar in rows], columns=["h", "l", "c", "v"])


@given(bars, st.integers(1, 20))
def test_wilders_average_true_range_equals_the_batch_formula(rows, period):
    table = frame(rows)
    before = table["c"].shift()
    spans = pd.concat([table["h"] - table["l"], (table["h"] - before).abs(), (table["l"] - before).abs()], axis=1)
    spans = spans.max(axis=1)[1:]
    expected = None
    if len(spans) >= period:
        seeded = pd.concat([pd.Series([spans[:period].mean()]), spans[period:]], ignore_index=True)
        expected = seeded.ewm(alpha=1 / period, adjust=False).mean().iloc[-1]
    assert atr(rows, period) == (None if expected is None else pytest.approx(expected, rel=1e-12, abs=1e-12))


@given(st.lists(levels, min_size=1, max_size=80), st.integers(1, 30))
def test_moving_average_equals_the_batch_formula_at_each_step(values, period):
    running, table = Sma(period), pd.Series(values).rolling(period).mean()
    for index, value in enumerate(values):
        got = running.update(value)
        assert got == sma(values[: index + 1], period)
        assert (got is None) == (index + 1 < period)
        if got is not None:
            assert got == pytest.approx(table[index], rel=1e-9)


@given(bars)
def test_vwap_equals_the_batch_formula(rows):
    running, table = Vwap(), frame(rows)
    for bar in rows:
        running.update((bar.high + bar.low + bar.close) / 3, bar.volume)
    total = table["v"].sum()
    if not total:
        assert running.value is None
        return
    typical = (table["h"] + table["l"] + table["c"]) / 3
    assert running.value == pytest.approx((typical * table["v"]).sum() / total, rel=1e-9)


def test_a_worked_average_true_range():
    # TR: |12-10|=2 (H-C'), 3 (H-L), 1; seed over 2 = 2.5; then (2.5 + 1) / 2
    rows = [Bar("A", 0, 10, 11, 9, 10, 1), Bar("A", 60, 11, 12, 11, 12, 1), Bar("A", 120, 12, 14, 11, 13, 1)]
    assert atr(rows, 2) == 2.5
    assert atr([*rows, Bar("A", 180, 13, 13.5, 12.5, 13, 1)], 2) == 1.75


@given(st.lists(st.integers(-1000, 1000), min_size=1, max_size=50), st.integers(-100, 100))
def test_robust_sigma_ignores_shifts_and_one_outlier(values, shift):
    sigma = robust_sigma(values)
    assert sigma == pytest.approx(1.4826 * (pd.Series(values) - pd.Series(values).median()).abs().median())
    assert robust_sigma([value + shift for value in values]) == pytest.approx(sigma)
    assert robust_sigma([5] * 10 + [10**9]) == 0.0


def test_nothing_and_nonsense_are_told():
    with pytest.raises(ValueError):
        median([])
    for make in (WilderAtr, Sma):
        with pytest.raises(ValueError):
            make(0)
    assert sma([1.0], 0) is None and sma([1.0], 2) is None and Vwap().update(5.0, 0) is None
    assert math.isclose(sma([0.1] * 10, 10), 0.1)
