"""Prices on the ladder: its edges, and which way each order price is rounded."""

from decimal import Decimal as D

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skim_tui.domain.instrument import ASX_LADDER, US_LADDER, PriceLadder, ladder
from skim_tui.domain.orders import Side
from skim_tui.domain.rounding import Purpose, limit_price, order_price, stop_price

prices = st.decimals("0.0001", "300", places=4)
ladders = st.sampled_from((ASX_LADDER, US_LADDER, ladder(("0", "0.001"), ("0.05", "0.005"), ("10", "0.05"))))


@pytest.mark.parametrize(
    ("market", "price", "floor", "ceil", "up", "down"),
    [
        # Just under 10 cents the fine step still counts, at 10 cents the coarse one begins.
        (ASX_LADDER, "0.0995", "0.099", "0.100", "0.105", "0.098"),
        (ASX_LADDER, "0.099", "0.099", "0.099", "0.100", "0.098"),
        (ASX_LADDER, "0.10", "0.10", "0.10", "0.105", "0.099"),
        (ASX_LADDER, "0.1049", "0.10", "0.105", "0.110", "0.099"),
        (ASX_LADDER, "1.995", "1.995", "1.995", "2.00", "1.990"),
        (ASX_LADDER, "1.999", "1.995", "2.000", "2.01", "1.990"),
        (ASX_LADDER, "2.00", "2.00", "2.00", "2.01", "1.995"),
        (ASX_LADDER, "2.005", "2.00", "2.01", "2.02", "1.995"),
        (ASX_LADDER, "0.001", "0.001", "0.001", "0.002", "0.001"),
        (US_LADDER, "0.99995", "0.9999", "1.0000", "1.01", "0.9998"),
        (US_LADDER, "1.00", "1.00", "1.00", "1.01", "0.9999"),
        (US_LADDER, "4.567", "4.56", "4.57", "4.58", "4.55"),
    ],
)
def test_ladder_edges(market, price, floor, ceil, up, down):
    value = D(price)
    assert (market.floor(value), market.ceil(value)) == (D(floor), D(ceil))
    assert (market.up(value), market.down(value)) == (D(up), D(down))


@pytest.mark.parametrize(
    ("side", "purpose", "price", "rounded"),
    [
        (Side.BUY, Purpose.LIMIT, "1.9999", "1.995"),
        (Side.SELL, Purpose.LIMIT, "1.9951", "2.000"),
        (Side.SELL, Purpose.STOP, "0.1049", "0.10"),
        (Side.SELL, Purpose.STOP, "0.0999", "0.099"),
        (Side.BUY, Purpose.STOP, "0.0991", "0.100"),
        (Side.BUY, Purpose.LIMIT, "0.0009", None),
        (Side.SELL, Purpose.STOP, "0.0004", None),
    ],
)
def test_worked_examples(side, purpose, price, rounded):
    assert order_price(ASX_LADDER, D(price), side, purpose) == (None if rounded is None else D(rounded))


@given(ladders, prices)
def test_a_limit_never_passes_its_cap_and_a_stop_never_comes_nearer(market, price):
    buy, sale = limit_price(market, price, Side.BUY), limit_price(market, price, Side.SELL)
    assert (buy is None or buy <= price) and sale >= price
    protects_long, protects_short = stop_price(market, price, Side.SELL), stop_price(market, price, Side.BUY)
    assert (protects_long is None or protects_long <= price) and protects_short >= price
    for rounded in (buy, sale, protects_long, protects_short):
        assert rounded is None or market.is_on(rounded)


@given(ladders, prices, st.integers(1, 60))
def test_steps_up_and_down_are_each_others_inverse(market, price, steps):
    at = market.ceil(price)
    assert market.down(market.up(at, steps), steps) == at
    assert market.is_on(market.up(at, steps))


def test_a_ladder_must_begin_at_zero_and_rise():
    for bands in ((), ((D("0.1"), D("0.01")),), ((D(0), D(0)),), ((D(0), D("0.1")), (D(0), D("0.2")))):
        with pytest.raises(ValueError):
            PriceLadder(bands)
