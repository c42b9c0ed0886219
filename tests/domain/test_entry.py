"""Entry prices: limits that never pass their cap, stops that never lie on the entry, targets."""

from datetime import date
from decimal import Decimal as D

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skim_tui.domain.breakout import Breakout
from skim_tui.domain.entry import EntryPlan, EntryRule, plan_entry, plan_shock
from skim_tui.domain.instrument import ASX_LADDER, US_LADDER, Instrument
from skim_tui.domain.market import Announcement
from skim_tui.domain.orders import Side
from skim_tui.domain.session import ASX, US, exchange_day
from skim_tui.domain.shock import Direction, ShockSignal

SHARE = Instrument("PLS", ASX, "AUD", ASX_LADDER)
DAY = exchange_day(ASX, date(2026, 3, 3))


def breakout(high, low, level=0.0):
    return Breakout("PLS", 0.0, 0.0, high, high, low, low, level)


@pytest.mark.parametrize(
    ("high", "low", "limit", "stop"),
    [
        # ORH + max(2 steps, 0.5 %), and one step below the low of day
        (10.10, 9.90, "10.15", "9.89"),
        (1.995, 1.90, "2.01", "1.895"),  # over the edge: two steps are 2.00 and 2.01
        (2.00, 1.995, "2.02", "1.99"),
        (0.105, 0.10, "0.115", "0.099"),  # the stop falls into the finer band
        (0.0995, 0.095, "0.110", "0.094"),  # a midpoint print: put on the ladder first
        (0.034, 0.032, "0.036", "0.031"),
        (150.0, 149.0, "150.75", "148.99"),
    ],
)
def test_worked_examples(high, low, limit, stop):
    assert plan_entry(breakout(high, low), SHARE, EntryRule(max_stop_pct=20)) == EntryPlan(D(limit), D(stop))


@pytest.mark.parametrize(
    ("high", "low", "rule", "said"),
    [
        (0.002, 0.001, EntryRule(), "no price below the low of day 0.001"),
        # One step under a 1-cent stock is 10 % of it: with no buffer the low itself is the only stop there is
        (0.010, 0.010, EntryRule(stop_buffer_steps=0), "not at least 1 step below the entry 0.01"),
        (0.011, 0.010, EntryRule(stop_buffer_steps=0, min_stop_steps=2, max_stop_pct=50), "not at least 2 steps"),
        (10.10, 8.90, EntryRule(), "12.4 % below the entry 10.15, more than 10 %"),
        (10.10, 9.90, EntryRule(max_stop_atr=1.0), "average true range unknown"),
    ],
)
def test_no_plan_has_its_reason(high, low, rule, said):
    answer = plan_entry(breakout(high, low), SHARE, rule)
    assert isinstance(answer, str) and said in answer


def test_a_stop_further_than_the_daily_range_is_no_trade():
    rule = EntryRule(max_stop_atr=1.0)
    assert isinstance(plan_entry(breakout(10.10, 9.90), SHARE, rule, 0.26), EntryPlan)
    assert "1.1 ATR" in plan_entry(breakout(10.10, 9.90), SHARE, rule, 0.24)


def test_a_nearer_stop_and_a_target():
    plan = plan_entry(breakout(10.10, 9.50), SHARE, EntryRule(stop_loss_pct=2.0, target_r=2.0))
    assert plan == EntryPlan(D("10.15"), D("9.94"), D("10.57"))
    assert plan_entry(breakout(10.10, 10.05), SHARE, EntryRule(stop_loss_pct=2.0)).stop == D("10.04")


def test_the_limit_counts_from_the_level_that_was_broken():
    assert plan_entry(breakout(10.10, 9.90, level=10.20), SHARE, EntryRule()).limit == D("10.25")


steps = st.integers(1, 4000)


@given(
    st.sampled_from((Instrument("A", ASX, "AUD", ASX_LADDER), Instrument("B", US, "USD", US_LADDER))),
    steps,
    st.integers(0, 400),
    st.integers(0, 5),
    st.integers(1, 3),
    st.floats(0, 3),
    st.integers(0, 4),
)
def test_prices_are_on_the_ladder_and_in_order(instrument, height, depth, buffer, least, percent, target):
    ladder = instrument.ladder
    high = ladder.up(ladder.ceil(D("0.001")), height)
    low = ladder.down(high, depth)
    rule = EntryRule(
        stop_buffer_steps=buffer, min_stop_steps=least, limit_pct=percent, target_r=target, max_stop_pct=100
    )
    plan = plan_entry(breakout(float(high), float(low)), instrument, rule)
    if isinstance(plan, str):
        return
    assert all(ladder.is_on(price) for price in (plan.limit, plan.stop, plan.target or plan.limit))
    assert plan.stop <= ladder.down(high, least) < high < plan.limit
    assert plan.stop <= low and (buffer == 0 or plan.stop < low)
    cap = max(ladder.up(high, max(1, rule.limit_steps)), high * (1 + D(str(percent)) / 100))
    assert plan.limit <= cap
    assert (plan.target is None) == (target == 0) or plan.target > plan.limit


# ---- news shocks ----------------------------------------------------------------------------------


def shock(direction=Direction.UP, price=3.15, low=3.00, high=3.30, atr=0.02, vwap=3.12):
    item = Announcement("PLS", DAY.open, "Upgrade")
    return ShockSignal(
        "PLS", "robust", direction, item, DAY.open, DAY.open + 60, 1, 3.0, price, high, low, vwap, atr, ()
    )


def test_a_shock_up_is_bought_with_the_nearer_of_range_and_extreme_as_stop():
    rule = EntryRule(target_r=2.0)
    # limit 3.15 + 2 steps; stop 1.5 * 0.02 below 3.15; target twice the distance of the limit from the stop
    assert plan_shock(shock(), SHARE, rule, 3.15) == EntryPlan(D("3.17"), D("3.12"), D("3.27"))
    assert plan_shock(shock(atr=0.2), SHARE, rule, 3.15).stop == D("2.99"), "the low since the news, less a step"
    assert plan_shock(shock(atr=0.0), SHARE, rule, 3.15).stop == D("2.99")


def test_a_shock_down_is_the_mirror_image():
    plan = plan_shock(shock(Direction.DOWN, vwap=3.2), SHARE, EntryRule(target_r=2.0), 3.15)
    assert plan == EntryPlan(D("3.13"), D("3.18"), D("3.03"), Side.SELL)
    assert plan_shock(shock(Direction.DOWN, atr=0.0, vwap=3.2), SHARE, EntryRule(), 3.15).stop == D("3.31")


@pytest.mark.parametrize(("direction", "now"), [(Direction.UP, 3.11), (Direction.DOWN, 3.13)])
def test_a_price_back_on_the_other_side_of_the_average_is_no_entry(direction, now):
    assert "back" in plan_shock(shock(direction), SHARE, EntryRule(), now)
