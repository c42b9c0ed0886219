"""Properties and worked examples of the pure core: ladder, sessions, sizing, stops, gates, tickets."""

from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skim_tui.domain.breakout import Breakout
from skim_tui.domain.candidate import CandidateState, IllegalTransition, advance
from skim_tui.domain.entry import EntryPlan, EntryRule, plan_entry
from skim_tui.domain.events import Connection
from skim_tui.domain.fees import FEES
from skim_tui.domain.gates import EntryFacts, Limits, first_failed, judge
from skim_tui.domain.instrument import ASX_LADDER, Instrument
from skim_tui.domain.market import Bar, Quote, Trade
from skim_tui.domain.opening_range import RangeRule
from skim_tui.domain.orders import OrderStatus, OrderType, OrderUpdate, Side
from skim_tui.domain.position import PlaceStop, ResizeStop, stop_repair
from skim_tui.domain.session import ASX, US, Phase, exchange_day
from skim_tui.domain.sizing import SizingLimits, size_entry
from skim_tui.domain.symbolday import SymbolDay
from skim_tui.domain.ticket import TicketState, become

D = Decimal
BHP = Instrument("BHP", ASX, "AUD", ASX_LADDER, min_order_value=D(500))
prices = st.decimals("0.001", "300", places=3)


@pytest.mark.parametrize(
    ("price", "up", "down"),
    [("0.099", "0.100", "0.098"), ("0.10", "0.105", "0.099"), ("1.995", "2.00", "1.990"), ("2.00", "2.01", "1.995")],
)
def test_ladder_edges(price, up, down):
    assert ASX_LADDER.up(D(price)) == D(up)
    assert ASX_LADDER.down(D(price)) == D(down)


@given(prices)
def test_rounding_goes_the_way_it_says(price):
    floor, ceil = ASX_LADDER.floor(price), ASX_LADDER.ceil(price)
    assert floor <= price <= ceil
    assert ASX_LADDER.is_on(ceil)
    assert ceil - floor <= ASX_LADDER.step_at(price)


@pytest.mark.parametrize(
    ("mic", "day", "half", "open_utc", "close_utc"),
    [
        (ASX, date(2026, 3, 3), False, "2026-03-02T23:00", "2026-03-03T05:00"),
        (ASX, date(2026, 4, 7), False, "2026-04-07T00:00", "2026-04-07T06:00"),
        (ASX, date(2026, 12, 24), True, "2026-12-23T23:00", "2026-12-24T03:00"),
        (US, date(2026, 3, 6), False, "2026-03-06T14:30", "2026-03-06T21:00"),
        (US, date(2026, 3, 9), False, "2026-03-09T13:30", "2026-03-09T20:00"),
        (US, date(2026, 11, 27), True, "2026-11-27T14:30", "2026-11-27T18:00"),
    ],
)
def test_sessions_follow_the_exchange_not_utc(mic, day, half, open_utc, close_utc):
    timetable = exchange_day(mic, day, half_day=half)

    def utc(text):
        return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("UTC")).timestamp()

    assert (timetable.open, timetable.close) == (utc(open_utc), utc(close_utc))


def test_the_staggered_open_ended_on_2025_06_23():
    before, after = exchange_day(ASX, date(2025, 6, 20)), exchange_day(ASX, date(2025, 6, 23))
    assert before.staggered and not after.staggered
    assert before.open_of("ZIP") - before.open_of("ANZ") == 9 * 60
    assert before.phase(before.open + 60, "ZIP") is Phase.PRE_OPEN
    assert after.phase(after.open + 1, "ZIP") is Phase.OPEN


@given(
    equity=st.decimals("1000", "1000000", places=2),
    entry=st.decimals("0.10", "200", places=2),
    distance=st.decimals("0.01", "20", places=2),
    cap=st.decimals("600", "100000", places=0),
    exposure=st.decimals("0", "100000", places=0),
    cash=st.decimals("0", "200000", places=2),
)
def test_sizing_never_exceeds_a_cap(equity, entry, distance, cap, exposure, cash):
    limits = SizingLimits(equity * D("0.005"), cap, exposure, cash)
    sizing = size_entry(BHP, entry, entry - distance, limits, FEES[ASX])
    if sizing.quantity == 0:
        assert sizing.reason
        return
    assert sizing.risk <= limits.risk_budget
    assert sizing.quantity * entry <= min(cap, exposure, cash)
    assert sizing.quantity * entry >= BHP.min_order_value


def breakout(high, low):
    return Breakout("BHP", 0.0, 0.0, high, high, low, low)


@given(st.integers(20, 20000), st.integers(1, 400))
def test_entry_prices_are_on_the_ladder_and_the_stop_is_below(ticks, depth):
    high = float(ASX_LADDER.ceil(D(ticks) / 100))
    low = float(ASX_LADDER.floor(D(str(high)) - D(depth) / 100)) if D(depth) / 100 < D(str(high)) else 0.0
    plan = plan_entry(breakout(high, low), BHP, EntryRule())
    if isinstance(plan, EntryPlan):
        assert ASX_LADDER.is_on(plan.limit) and ASX_LADDER.is_on(plan.stop)
        assert plan.stop < D(str(low)) or low == 0.0
        assert plan.stop < D(str(high)) < plan.limit


FACTS = dict(
    now=100.0,
    connection=Connection.OPERATIONAL,
    blocked="",
    phase=Phase.OPEN,
    latest_entry=200.0,
    halted=False,
    quote=Quote("BHP", 99.0, 10.0, 500, 10.01, 500),
    limit=D("10.05"),
    value=D(5000),
    risk=D(100),
    positions=0,
    exposure=D(0),
    day_pnl=D(0),
    live_tickets=0,
    entries_today=0,
    last_loss_ts=0.0,
    orders_last_minute=0,
    currency="AUD",
    account_currency="AUD",
)
LIMITS = Limits(5, D(20000), D(80000), D(500), D(1500), 15.0, 2.0, 1.0, 20, 300.0)


def test_every_gate_passes_on_good_facts():
    assert first_failed(judge(EntryFacts(**FACTS), LIMITS)) is None


@pytest.mark.parametrize(
    ("change", "gate"),
    [
        ({"connection": Connection.SYNCING}, "connection"),
        ({"blocked": "kill switch"}, "entries allowed"),
        ({"phase": Phase.CLOSING_AUCTION}, "phase"),
        ({"phase": None}, "phase"),
        ({"latest_entry": 50.0}, "entry time"),
        ({"halted": True}, "halt"),
        ({"halted": None}, "halt"),
        ({"quote": None}, "quote"),
        ({"quote": Quote("BHP", 50.0, 10.0, 500, 10.01, 500)}, "quote"),
        ({"quote": Quote("BHP", 99.0, 10.02, 500, 10.01, 500)}, "quote"),
        ({"quote": Quote("BHP", 99.0, 9.0, 500, 10.01, 500)}, "spread"),
        ({"quote": Quote("BHP", 99.0, 10.4, 500, 10.41, 500)}, "price"),
        ({"positions": 5}, "positions"),
        ({"positions": None}, "positions"),
        ({"value": D(20001)}, "order value"),
        ({"exposure": D(79000)}, "exposure"),
        ({"exposure": None}, "exposure"),
        ({"risk": D("505.01")}, "risk"),
        ({"day_pnl": D(-1500)}, "daily loss"),
        ({"day_pnl": None}, "daily loss"),
        ({"live_tickets": 1}, "symbol"),
        ({"entries_today": 1}, "symbol"),
        ({"strange": -5}, "symbol"),
        ({"side": Side.SELL}, "short sale"),
        ({"last_loss_ts": 90.0}, "cool-down"),
        ({"orders_last_minute": 20}, "order rate"),
        ({"account_currency": "USD"}, "currency"),
        ({"account_currency": ""}, "currency"),
    ],
)
def test_each_gate_refuses_and_is_named(change, gate):
    failed = first_failed(judge(EntryFacts(**FACTS | change), LIMITS))
    assert failed is not None and failed.name == gate and failed.text


def test_a_ticket_sized_just_before_equity_fell_a_little_is_not_refused():
    gates = {gate.name: gate for gate in judge(EntryFacts(**FACTS | {"risk": D(505)}), LIMITS)}
    assert gates["risk"].ok and gates["risk"].text == "505.00 of 500.00, sized before equity fell a little"


def stop_order(quantity, filled=0):
    return OrderUpdate(
        "T.S",
        "BHP",
        Side.SELL,
        OrderType.STOP,
        quantity,
        OrderStatus.HELD,
        filled,
        quantity - filled,
        D(0),
        stop_price=D(9),
    )


@pytest.mark.parametrize(
    ("held", "stops", "entry_working", "repair"),
    [
        (100, (stop_order(100),), False, None),
        (60, (stop_order(100),), True, None),
        (60, (stop_order(100),), False, ResizeStop("T.S", 60)),
        (100, (), False, PlaceStop(100)),
        (100, (stop_order(60),), True, ResizeStop("T.S", 100)),
        (0, (), False, None),
        (40, (stop_order(100, 60),), False, None),
    ],
)
def test_what_repairs_a_stop(held, stops, entry_working, repair):
    assert stop_repair(held, stops, entry_working=entry_working, stop_in_flight=False) == repair
    assert stop_repair(held, stops, entry_working=entry_working, stop_in_flight=True) is None


def test_states_only_go_where_they_may():
    assert advance(CandidateState.READY, CandidateState.BROKEN_OUT) is CandidateState.BROKEN_OUT
    with pytest.raises(IllegalTransition):
        advance(CandidateState.DROPPED, CandidateState.TICKETED)
    assert become(TicketState.CANCELLED, TicketState.FILLED) is TicketState.FILLED
    with pytest.raises(IllegalTransition):
        become(TicketState.EXPIRED, TicketState.APPROVED)


@given(st.lists(st.integers(0, 40), min_size=25, max_size=25), st.integers(0, 24))
def test_trades_and_bars_find_the_same_range_and_break(levels, seed):
    """The same minutes as bars only, and as trades with their bars, give the same answer."""
    day = exchange_day(ASX, date(2026, 3, 3))
    by_bars, by_trades = SymbolDay("BHP", day, RangeRule()), SymbolDay("BHP", day, RangeRule())
    for minute, level in enumerate(levels):
        ts, opened, high, low = day.open + minute * 60, 10 + level / 100, 10 + (level + 3) / 100, 10 + (level - 2) / 100
        bar = Bar("BHP", ts, opened, high, low, opened, 1000)
        for index, price in enumerate((opened, high, low, opened)):
            by_trades.on_trade(Trade("BHP", ts + 1 + index * 10, price, 250))
        by_bars.on_bar(bar)
        by_trades.on_bar(bar)
    assert (by_bars.or_high, by_bars.or_low, by_bars.open) == (by_trades.or_high, by_trades.or_low, by_trades.open)
    one, two = by_bars.breakout, by_trades.breakout
    assert (one and (one.minute, one.price)) == (two and (two.minute, two.price))
