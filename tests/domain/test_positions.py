"""Positions of both sides: counted from fills, covered by stops, never beyond zero."""

from decimal import Decimal as D

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skim_tui.domain.events import ShortAvailability
from skim_tui.domain.orders import Fill, OrderStatus, OrderType, OrderUpdate, Side
from skim_tui.domain.position import Position, PositionState, protection, slip
from skim_tui.domain.session import ASX, US
from skim_tui.domain.shortsale import ShortSale, describe_borrow, refuse_short_sale

MIRROR = D(1000)


def fill(number, side, quantity, at):
    return Fill(f"0001.{number}", "t.E", "BHP", side, quantity, at, float(number))


@given(st.lists(st.tuples(st.booleans(), st.integers(1, 500), st.decimals("1", "900", places=2)), max_size=30))
def test_a_short_position_is_a_long_one_mirrored(fills):
    long, short = Position("t", "BHP", D(90), D(10)), Position("t", "BHP", D(910), D(10), Side.SELL)
    held = 0
    for number, (adds, quantity, at) in enumerate(fills):
        if not adds and quantity > held:
            with pytest.raises(ValueError, match="closes"):
                short.take(fill(number, Side.BUY, quantity, MIRROR - at))
            continue
        held += quantity if adds else -quantity
        long.take(fill(number, Side.BUY if adds else Side.SELL, quantity, at))
        short.take(fill(number, Side.SELL if adds else Side.BUY, quantity, MIRROR - at))
        assert short.quantity == long.quantity == held == -short.signed == long.signed
        assert abs(short.gross - long.gross) < D("1e-12") and short.state is long.state
        assert abs(short.unrealised(MIRROR - at) - long.unrealised(at)) < D("1e-12")
        if held == 0:
            assert long.state is PositionState.CLOSED
            break


def stop(side, *, symbol="BHP", status=OrderStatus.HELD, foreign=False):
    return OrderUpdate(
        "t.S", symbol, side, OrderType.STOP, 100, status, 0, 100, D(0), stop_price=D(10), foreign=foreign
    )


@pytest.mark.parametrize("holding", Side)
def test_only_stops_that_close_the_holding_protect_it(holding):
    orders = [stop(holding), stop(holding.other), stop(holding.other, symbol="CBA"), stop(holding.other, foreign=True)]
    found = protection(orders, "BHP", holding)
    assert found.covered == 100 and found.orders == (orders[1],)


def test_slip_is_positive_when_worse_whichever_way_the_order_goes():
    assert slip(Side.BUY, D("10.00"), D("10.02")) == D("0.02") == slip(Side.SELL, D("10.02"), D("10.00"))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({}, ""),
        ({"enabled": False}, "not enabled"),
        ({"borrow": None}, "not known whether"),
        ({"borrow": ShortAvailability("BHP", 0.0, False)}, "no shares"),
        ({"borrow": ShortAvailability("BHP", 0.0, True, 99)}, "only 99"),
        ({"borrow": ShortAvailability("BHP", 0.0, True)}, ""),
        ({"low": 9.01}, ""),
        ({"low": 9.0}, "fell 10% below its close"),
        ({"low": 8.5, "mic": ASX}, ""),
        ({"prev_close": 0.0}, "price test"),
        ({"prev_close": 0.0, "mic": ASX}, ""),
    ],
)
def test_what_refuses_a_short_sale(change, said):
    facts = dict(
        enabled=True, quantity=100, borrow=ShortAvailability("BHP", 0.0, True, 100), mic=US, prev_close=10.0, low=9.5
    )
    refusal = refuse_short_sale(ShortSale(**facts | change))
    assert said in refusal and bool(said) == bool(refusal)


def test_what_can_be_borrowed_in_words():
    assert describe_borrow(None) == ""
    assert describe_borrow(ShortAvailability("BHP", 0.0, False)) == "none to borrow"
    assert describe_borrow(ShortAvailability("BHP", 0.0, True)) == "to borrow"
    assert describe_borrow(ShortAvailability("BHP", 0.0, True, 12_000)) == "12,000 to borrow"
