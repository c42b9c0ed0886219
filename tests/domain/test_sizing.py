"""Sizing: no cap and no budget is ever exceeded, zero has its reason, currencies are never mixed."""

from decimal import Decimal as D

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from skim_tui.domain.fees import FEES
from skim_tui.domain.instrument import ASX_LADDER, US_LADDER, Instrument
from skim_tui.domain.money import FxRate, convert
from skim_tui.domain.orders import Side
from skim_tui.domain.session import ASX, US
from skim_tui.domain.sizing import SizingLimits, size_entry

BHP = Instrument("BHP", ASX, "AUD", ASX_LADDER, min_order_value=D(500))
AAPL = Instrument("AAPL", US, "USD", US_LADDER)
LOTS = Instrument("LOT", ASX, "AUD", ASX_LADDER, lot=100)

money = st.decimals("0", "300000", places=2)
maybe_shares = st.none() | st.integers(0, 100_000)


@given(
    instrument=st.sampled_from((BHP, AAPL, LOTS)),
    side=st.sampled_from(Side),
    entry=st.decimals("0.10", "200", places=2),
    distance=st.decimals("0.005", "20", places=3),
    budget=st.decimals("1", "5000", places=2),
    order_value=money,
    exposure=money,
    cash=money,
    fixed=st.none() | money,
    by_average=maybe_shares,
    by_today=maybe_shares,
    fee_pct=st.none() | st.decimals("1", "100", places=0),
)
def test_no_cap_and_no_budget_is_ever_exceeded(
    instrument, side, entry, distance, budget, order_value, exposure, cash, fixed, by_average, by_today, fee_pct
):
    stop = entry - distance * side.sign
    assume(stop > 0)
    limits = SizingLimits(budget, order_value, exposure, cash, fixed, by_average, by_today, fee_pct)
    fees = FEES[instrument.mic]
    sized = size_entry(instrument, entry, stop, limits, fees, side)
    if sized.quantity == 0:
        assert sized.reason
        return
    shares, value = sized.quantity, sized.quantity * max(entry, stop)
    paid = fees.order_fee(shares, shares * entry) + fees.order_fee(shares, shares * stop)
    assert sized.fees == paid and sized.value == value
    assert shares * distance + paid <= sized.risk <= budget
    assert value <= min(order_value, exposure) and value + paid <= cash
    assert fixed is None or value <= fixed
    assert by_average is None or shares <= by_average
    assert by_today is None or shares <= by_today
    assert fee_pct is None or paid * 100 <= fee_pct * sized.risk
    assert shares % instrument.lot == 0 and value >= instrument.min_order_value


@given(
    st.decimals("0.10", "200", places=2),
    st.decimals("0.01", "5", places=2),
    st.decimals("50", "5000", places=0),
    st.decimals("1000", "200000", places=0),
)
def test_one_lot_more_would_exceed_something(entry, distance, budget, cash):
    assume(entry > distance)
    limits = SizingLimits(budget, D(10**9), D(10**9), cash)
    sized = size_entry(AAPL, entry, entry - distance, limits, FEES[US])
    assume(sized.quantity)
    more = sized.quantity + 1
    fees = FEES[US].order_fee(more, more * entry) + FEES[US].order_fee(more, more * (entry - distance))
    slip = max(D("0.01"), entry * D("0.001"))
    assert more * (distance + slip) + fees > budget or more * entry + fees > cash


def test_a_worked_example():
    """Equity 50,000 at 0.5 % risks 250: entry 1.235, stop 1.165, allowance 0.005, so 0.075 a share. Fees of
    2 x 6 leave 238 for 3,173 shares; the plain 3,333 of the formula without fees would risk 262."""
    sized = size_entry(BHP, D("1.235"), D("1.165"), SizingLimits(D(250), D(20000), D(80000), D(50000)), FEES[ASX])
    assert (sized.quantity, sized.bound_by, sized.fees) == (3173, "risk", D("12.00"))
    assert sized.risk == D("249.975")


@pytest.mark.parametrize(
    ("change", "bound_by"),
    [
        ({"max_order_value": D(1000)}, "order value"),
        ({"exposure_left": D(900)}, "exposure"),
        ({"cash": D(800)}, "cash"),
        ({"fixed_value": D(700)}, "fixed value"),
        ({"average_volume": 600}, "share of average volume"),
        ({"traded_volume": 500}, "share of today's volume"),
    ],
)
def test_the_cap_that_bounds_is_named(change, bound_by):
    facts = dict(risk_budget=D(250), max_order_value=D(20000), exposure_left=D(80000), cash=D(50000))
    sized = size_entry(BHP, D("1.235"), D("1.165"), SizingLimits(**facts | change), FEES[ASX])
    assert sized.quantity and sized.bound_by == bound_by


@pytest.mark.parametrize(
    ("stop", "change", "said"),
    [
        ("1.235", {}, "not below the entry"),
        ("1.165", {"risk_budget": D(10)}, "risk allows"),
        ("1.165", {"exposure_left": D(-5)}, "exposure allows no share"),
        ("1.165", {"max_order_value": D(499)}, "below the least order of 500"),
        ("1.230", {"max_order_value": D(600), "max_fee_pct": D(10)}, "fees 12.00 are"),
    ],
)
def test_no_share_has_its_reason(stop, change, said):
    facts = dict(risk_budget=D(250), max_order_value=D(20000), exposure_left=D(80000), cash=D(50000))
    sized = size_entry(BHP, D("1.235"), D(stop), SizingLimits(**facts | change), FEES[ASX])
    assert sized.quantity == 0 and said in sized.reason


# ---- currencies -------------------------------------------------------------------------------------


def test_money_is_converted_both_ways_by_the_stated_rate_only():
    rate = FxRate.parse("USD/AUD 1.5230")
    assert convert(D(1000), "USD", "AUD", rate) == D("1523.0000")
    assert convert(D("1523"), "AUD", "USD", rate) == D(1000)
    assert convert(D(7), "AUD", "AUD", None) == D(7)
    assert convert(D(7), "USD", "AUD", None) == "account in USD, market in AUD: no USD/AUD rate"
    assert "only USD/AUD" in convert(D(7), "EUR", "AUD", rate)
    assert "unknown currency" in convert(D(7), "", "AUD", rate)


@pytest.mark.parametrize("text", ["1.5", "USDAUD 1.5", "USD/AUD 0", "USD/USD 1", "usd/aud 1.5", "USD/AUD -1", ""])
def test_a_rate_must_say_which_way_it_goes(text):
    with pytest.raises(ValueError):
        FxRate.parse(text)
