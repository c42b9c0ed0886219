"""Figures and spans: the right decimals, signs and widths, whatever comes in."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wcwidth import wcwidth

from skim_tui.console import figures
from skim_tui.console.lineview import changed
from skim_tui.console.spans import clean, clip, fit, length, spread


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0.045, "0.045"),
        (1.995, "1.995"),
        (2.0, "2.000"),
        (2.01, "2.01"),
        (Decimal("1234.5"), "1,234.50"),
        (0.0, "·"),
        (None, "·"),
    ],
)
def test_prices_have_the_decimals_of_their_price_step(value, shown):
    assert figures.price(value) == shown


def test_profit_says_its_direction_without_colour():
    assert figures.profit(Decimal("1234.5")) == ("▲+1,234.50", "gain")
    assert figures.profit(Decimal("-36.6")) == ("▼-36.60", "loss")
    assert figures.profit(Decimal(0))[0] == " 0.00"


def test_times_are_exchange_local():
    assert figures.clock(1_773_097_200.0, "Australia/Sydney") == "10:00:00"
    assert figures.clock(0, "Australia/Sydney") == ""


def test_durations_show_two_units():
    assert [figures.duration(s) for s in (8, 125, 20_799, 90_000, -5)] == ["8s", "2m05s", "5h46m", "1d01h", "0s"]


@given(st.text(), st.integers(0, 60), st.sampled_from(["left", "right"]))
def test_fit_is_exact_and_every_character_one_cell(text, width, align):
    shown = fit(text, width, align)
    assert len(shown) == width
    assert all(wcwidth(char) == 1 for char in shown)


@given(st.text())
def test_clean_keeps_length_and_removes_control_characters(text):
    assert len(clean(text)) == len(text)
    assert "\x1b" not in clean(text) and "\n" not in clean(text)


@given(st.lists(st.tuples(st.text("ab ", max_size=9), st.just("text"))), st.integers(0, 40))
def test_clip_and_spread_never_exceed_the_width(spans, width):
    line = tuple(spans)
    assert length(clip(line, width)) == min(width, length(line))
    assert length(spread(line, (("end", "muted"),), width)) <= max(width, 0)


@given(st.floats(-1, 2), st.integers(1, 20))
def test_meter_fills_its_width(share, width):
    assert len(figures.meter(share, width)) == width


@given(st.lists(st.floats(0.01, 100), max_size=50), st.integers(2, 30))
def test_sparkline_fills_its_width(values, width):
    assert len(figures.sparkline(tuple(values), width)) == width


parts = st.lists(st.tuples(st.text("ab .", min_size=1, max_size=9), st.sampled_from(["text", "gain bold"])), max_size=8)


@given(parts, parts, st.booleans())
def test_what_is_sent_again_covers_every_cell_that_differs(old, new, same_places):
    if same_places:
        new = [(text.ljust(len(was), "x")[: len(was)], style) for (was, _), (text, style) in zip(old, new)]
        old = old[: len(new)]
    width = 80

    def cells(line):
        shown = [(char, style) for text, style in line for char in text]
        return shown + [(" ", "")] * (width - len(shown))

    regions = changed(tuple(old), tuple(new), width)
    sent = {x + i for x, wide in regions for i in range(wide)}
    differ = {x for x, (was, now) in enumerate(zip(cells(old), cells(new))) if was != now}
    assert differ <= sent
    assert changed(tuple(new), tuple(new), width) == []
