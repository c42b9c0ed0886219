"""Exit plans: never more than is held, the right session, stops that only tighten."""

from dataclasses import replace
from datetime import date
from decimal import Decimal as D

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skim_tui.domain.exits import (
    ExitKind,
    ExitRule,
    Holding,
    TrailWhen,
    describe_next,
    due_exit,
    planned_exits,
    tightened_stop,
    whole_plan,
)
from skim_tui.domain.instrument import ASX_LADDER
from skim_tui.domain.orders import Side
from skim_tui.domain.session import ASX, exchange_day
from tests.conftest import calendar_of

DAY = exchange_day(ASX, date(2026, 3, 3))
RISING = tuple(10 + i / 10 for i in range(12))


def holding(quantity=100, day=1, half=False, last="11.50", closes=RISING, **more):
    facts = dict(entry=D("10.50"), risk_per_share=D("0.50"), opened=DAY.open + 700)
    return Holding("BHP", quantity, day, half, None if last is None else D(last), closes, **facts | more)


def told(plan, day=DAY):
    return [(day.local(item.when).strftime("%H:%M"), item.quantity, item.kind.value) for item in plan]


@pytest.mark.parametrize(
    ("held", "rule", "expected"),
    [
        (holding(), ExitRule(), []),
        (holding(day=2), ExitRule(), []),
        (holding(day=3), ExitRule(), [("10:15", 50, "half")]),
        (holding(101, day=3), ExitRule(), [("10:15", 50, "half")]),
        (holding(day=4), ExitRule(), [("10:15", 50, "half")]),  # missed on day 3: as soon as possible
        (holding(day=4, half=True), ExitRule(), []),
        (holding(1, day=3), ExitRule(), []),  # one share has no half
        (holding(50, day=4, half=True, last="10.40"), ExitRule(), [("15:50", 50, "trail")]),
        (holding(day=3, last="10.40"), ExitRule(), [("10:15", 50, "half"), ("15:50", 50, "trail")]),
        (holding(day=2, last="10.40"), ExitRule(), []),  # before the half sale nothing trails
        (holding(1, day=4, last="10.40"), ExitRule(), [("15:50", 1, "trail")]),
        (holding(day=2, last="10.40"), ExitRule(half_on_day=0), [("15:50", 100, "trail")]),
        (holding(day=1, last="10.40"), ExitRule(half_on_day=0), []),
        (holding(), ExitRule(end_of_day=True), [("15:50", 100, "end of day")]),
        (holding(), ExitRule(time_stop_minutes=60), [("11:11", 100, "time stop")]),
        (
            holding(day=3),
            ExitRule(end_of_day=True, end_of_day_minutes=5),
            [("10:15", 50, "half"), ("15:55", 50, "end of day")],
        ),
        (holding(day=3, entry=D("11.50")), ExitRule(half_in_profit=True), []),
        (holding(day=3, entry=D("11.49")), ExitRule(half_in_profit=True, half_after_open=0), [("10:00", 50, "half")]),
    ],
)
def test_what_falls_due_on_a_day(held, rule, expected):
    assert told(planned_exits(held, rule, DAY)) == expected


def test_the_trail_counts_todays_price_as_the_newest_close():
    """SMA10 of 10.3 … 11.1 and today's price x is below x exactly when x is above the mean of the nine."""
    nine = RISING[-9:]
    mean = sum(nine) / 9
    for last, sold in ((mean - 0.01, True), (mean + 0.01, False)):
        plan = planned_exits(holding(50, day=4, half=True, last=f"{last:.4f}"), ExitRule(), DAY)
        assert bool(plan) is sold


def test_the_trail_by_the_official_close_acts_on_the_next_session():
    rule = ExitRule(trail_when=TrailWhen.NEXT_OPEN)
    below = (*RISING[:-1], 10.0)
    assert told(planned_exits(holding(50, day=4, half=True, closes=below), rule, DAY)) == [("10:15", 50, "trail")]
    assert not planned_exits(holding(50, day=4, half=True, last="9.00"), rule, DAY), "today's price is no close yet"
    assert told(planned_exits(holding(100, day=3, closes=below), rule, DAY)) == [("10:15", 50, "half")]


def test_too_few_closes_make_no_average():
    assert not planned_exits(holding(50, day=4, half=True, last="1.00", closes=RISING[:8]), ExitRule(), DAY)


def test_a_half_day_brings_decisions_forward():
    half_day = exchange_day(ASX, date(2026, 12, 24), half_day=True)
    assert told(planned_exits(holding(), ExitRule(end_of_day=True), half_day), half_day) == [
        ("13:50", 100, "end of day")
    ]


def test_what_is_due_and_what_is_not():
    plan = planned_exits(holding(day=3, last="10.40"), ExitRule(), DAY)
    assert due_exit(plan, DAY.open + 14 * 60) is None
    assert due_exit(plan, DAY.open + 15 * 60).kind is ExitKind.HALF
    conditional = whole_plan(holding(), ExitRule(), DAY, calendar_of(ASX))
    assert due_exit([item for item in conditional if item.conditional], DAY.end + 10**9) is None


def test_the_whole_plan_is_known_on_the_day_of_entry():
    """Entry on Wednesday 2026-12-23: day 3 is Tuesday 29th, after Christmas and a weekend."""
    calendar = calendar_of(ASX)
    day = calendar.day(date(2026, 12, 23))
    half, trail = whole_plan(holding(101), ExitRule(), day, calendar)
    assert (half.session, half.quantity, half.is_half) == (date(2026, 12, 29), 50, True)
    assert (trail.session, trail.quantity, trail.conditional) == (date(2026, 12, 29), 51, True)
    assert calendar.day(half.session).local(half.when).strftime("%d %H:%M") == "29 10:15"
    assert describe_next(holding(101), ExitRule()) == "half on day 3 (in 2)"
    assert describe_next(holding(50, day=3, half=True), ExitRule()) == "rest on a close below SMA10"
    assert describe_next(holding(), ExitRule(time_stop_minutes=60)) == "all 60 min after the entry"
    assert describe_next(holding(), ExitRule(half_on_day=0, trail_sma_days=0)) == "stop only"


holdings = st.builds(
    Holding,
    symbol=st.just("BHP"),
    quantity=st.integers(0, 1000),
    day_number=st.integers(1, 12),
    half_done=st.booleans(),
    last=st.none() | st.decimals("0.01", "30", places=2),
    closes=st.lists(st.floats(0.01, 30), max_size=15),
    entry=st.decimals("0.01", "30", places=2),
    risk_per_share=st.decimals("0", "3", places=3),
    opened=st.floats(DAY.open - 10**6, DAY.close),
)
exit_rules = st.builds(
    ExitRule,
    end_of_day=st.booleans(),
    end_of_day_minutes=st.integers(1, 60),
    half_on_day=st.integers(0, 5),
    half_after_open=st.integers(0, 360),
    half_in_profit=st.booleans(),
    trail_sma_days=st.integers(0, 12),
    trail_when=st.sampled_from(TrailWhen),
    decide_minutes=st.integers(1, 60),
    time_stop_minutes=st.integers(0, 600),
    break_even_r=st.sampled_from((0.0, 0.5, 1.0, 2.0)),
    break_even_after_half=st.booleans(),
)


@given(holdings, exit_rules)
def test_exits_never_exceed_what_is_held_and_come_in_order(held, rule):
    for plan in (planned_exits(held, rule, DAY), whole_plan(held, rule, DAY, calendar_of(ASX))):
        assert sum(item.quantity for item in plan) <= held.quantity
        assert all(item.quantity > 0 and item.why for item in plan)
    plan = planned_exits(held, rule, DAY)
    assert [item.when for item in plan] == sorted(item.when for item in plan)
    assert sum(item.is_half for item in plan) <= (0 if held.half_done else 1)
    assert planned_exits(held, rule, DAY) == plan


@given(holdings, exit_rules, st.lists(st.decimals("0.01", "40", places=2), min_size=1, max_size=12))
def test_a_stop_only_ever_tightens_and_stays_below_the_market(held, rule, prices):
    stop = ASX_LADDER.floor(max(D("0.001"), held.entry - held.risk_per_share))
    for at in prices:
        now = Holding(
            held.symbol,
            held.quantity,
            held.day_number,
            held.half_done,
            at,
            held.closes,
            held.entry,
            held.risk_per_share,
        )
        moved = tightened_stop(now, rule, stop, ASX_LADDER)
        if moved is not None:
            assert stop < moved < at and moved <= held.entry and ASX_LADDER.is_on(moved)
            stop = moved


quarters = st.integers(1, 120).map(lambda number: number / 4)
"""Prices that floats hold exactly, so that a mirrored average is exactly the average mirrored."""


@given(
    st.lists(quarters, max_size=15),
    quarters,
    quarters,
    st.integers(0, 100),
    st.integers(1, 6),
    st.booleans(),
    exit_rules,
)
def test_a_short_position_has_the_plan_of_a_long_one_with_the_market_upside_down(
    closes, last, entry, quantity, day, half, rule
):
    facts = dict(quantity=quantity, day=day, half=half, risk_per_share=D("0.50"))
    long = holding(**facts, last=str(last), closes=closes, entry=D(str(entry)))
    short = holding(
        **facts, last=str(40 - last), closes=[40 - close for close in closes], entry=40 - D(str(entry)), side=Side.SELL
    )
    for plan in (planned_exits, lambda *of: whole_plan(*of, calendar_of(ASX))):
        ours, theirs = plan(short, rule, DAY), plan(long, rule, DAY)
        assert [(item.when, item.quantity, item.kind) for item in ours] == [
            (item.when, item.quantity, item.kind) for item in theirs
        ]
    stop = long.entry - D("0.50")
    moved, mirrored = tightened_stop(long, rule, stop, ASX_LADDER), tightened_stop(short, rule, 40 - stop, ASX_LADDER)
    assert mirrored == (None if moved is None else 40 - moved) or min(long.entry, short.entry) < 2


@given(holdings, exit_rules, st.lists(st.decimals("0.01", "40", places=2), min_size=1, max_size=12))
def test_the_stop_of_a_short_position_only_ever_comes_down_and_stays_above_the_market(held, rule, prices):
    stop = ASX_LADDER.ceil(held.entry + held.risk_per_share)
    for at in prices:
        moved = tightened_stop(replace(held, last=at, side=Side.SELL), rule, stop, ASX_LADDER)
        if moved is not None:
            assert at < moved < stop and moved >= held.entry and ASX_LADDER.is_on(moved)
            stop = moved


@pytest.mark.parametrize(
    ("last", "half", "rule", "stop"),
    [
        ("10.99", False, ExitRule(break_even_r=1.0), None),
        ("11.00", False, ExitRule(break_even_r=1.0), "10.50"),
        ("11.00", False, ExitRule(), None),
        ("10.60", True, ExitRule(break_even_after_half=True), "10.50"),
        ("10.60", False, ExitRule(break_even_after_half=True), None),
        ("10.50", True, ExitRule(break_even_after_half=True), None),  # it would sell at once
    ],
)
def test_break_even(last, half, rule, stop):
    moved = tightened_stop(holding(last=last, half=half), rule, D("10.00"), ASX_LADDER)
    assert moved == (None if stop is None else D(stop))
    assert tightened_stop(holding(last="20", half=True), rule, D("10.50"), ASX_LADDER) is None
