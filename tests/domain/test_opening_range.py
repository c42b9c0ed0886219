"""The opening range and its breaks: windows, halts, confirmation, arming again, any grouping of ticks."""

from datetime import date, time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skim_tui.domain.breakout import BreakRule, Confirm
from skim_tui.domain.instrument import ladder
from skim_tui.domain.market import Bar, Quote, Trade
from skim_tui.domain.opening_range import RangeRule
from skim_tui.domain.session import ASX, US, exchange_day
from skim_tui.domain.symbolday import SymbolDay

DAY = exchange_day(ASX, date(2026, 3, 3))
OLD = exchange_day(ASX, date(2024, 12, 20))
NYSE = exchange_day(US, date(2026, 3, 3))


def bar(minute, close, *, high=None, low=None, opened=None, volume=1000, day=DAY, symbol="BHP"):
    opened = close if opened is None else opened
    high, low = max(opened, close, high or 0), min(opened, close, low or 10**9)
    return Bar(symbol, day.open + minute * 60, opened, high, low, close, volume)


def trade(seconds, price, size=100, *, day=DAY, total=0):
    return Trade("BHP", day.open + seconds, price, size, total)


def ranged(day=DAY, rule=RangeRule(), breaks=None, symbol="BHP"):
    """Ten minutes between 9.90 and 10.10."""
    own = SymbolDay(symbol, day, rule, breaks)
    for minute in range(10):
        own.on_bar(bar(minute, 10.0, high=10.1, low=9.9, day=day, symbol=symbol))
    return own


# ---- windows --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("day", "symbol", "first", "start", "end"),
    [
        (DAY, "ZIP", -1, time(9, 59), time(10, 10)),  # the auction's print just before 10:00
        (DAY, "ZIP", 0, time(9, 59), time(10, 10)),  # the print sits in the vendor's 10:00 bar
        (DAY, "ZIP", 1, time(10, 1), time(10, 11)),  # late: its own window
        (DAY, "ZIP", 90, time(11, 30), time(11, 40)),  # a trading halt over the open
        (OLD, "ZIP", 9, time(10, 9), time(10, 19)),  # the last group of the staggered open
        (OLD, "ANZ", 0, time(10, 0), time(10, 10)),
        (NYSE, "ZIP", 0, time(9, 30), time(9, 40)),
        (NYSE, "ZIP", 3, time(9, 30), time(9, 40)),
    ],
)
def test_where_a_range_begins_and_ends(day, symbol, first, start, end):
    own = SymbolDay(symbol, day, RangeRule())
    own.on_bar(bar(first, 10.0, day=day, symbol=symbol))
    assert (own.start, own.end) == (day.at(start), day.at(end))


@pytest.mark.parametrize("minutes", [1, 5, 10, 60])
def test_any_length_from_1_to_60_minutes(minutes):
    own = SymbolDay("BHP", DAY, RangeRule(minutes=minutes, min_bars=1))
    for minute in range(minutes):
        assert not own.is_over
        own.on_bar(bar(minute, 10.0, high=10 + minute / 100))
    assert own.is_complete and own.or_high == 10 + (minutes - 1) / 100
    assert own.on_bar(bar(minutes, 11.0)) is not None


@pytest.mark.parametrize(("include", "high", "low"), [(True, 10.5, 9.8), (False, 10.1, 10.0)])
@pytest.mark.parametrize("by", ["bars", "ticks"])
def test_the_auctions_print_counts_in_the_range_or_not_as_the_rule_says(include, high, low, by):
    for printed in (10.5, 9.8):
        own = SymbolDay("BHP", DAY, RangeRule(include_auction=include))
        if by == "bars":
            own.on_bar(bar(-1, printed, volume=90_000))
        else:
            own.on_trade(trade(-52, printed, 90_000, total=90_000))
        for minute in range(10):
            if by == "ticks":
                own.on_trade(trade(minute * 60 + 5, 10.1, 1000, total=91_000 + minute * 1000))
            own.on_bar(bar(minute, 10.0, high=10.1))
        assert (own.or_high, own.or_low) == (max(10.1, high) if printed > 10 else 10.1, low if printed < 10 else 10.0)
        assert (own.open, own.high, own.low) == (printed, max(printed, 10.1), min(printed, 10.0)), "of the day it is"
        assert own.volume - own.auction_volume == 10_000
        assert (own.start, own.end) == (DAY.at(time(9, 59) if include else time(10)), DAY.at(time(10, 10)))
        assert str(own.rule) == f"10 min, {'with' if include else 'without'} the auction"


@pytest.mark.parametrize(("include", "high"), [(True, 10.7), (False, 10.1)])
@pytest.mark.parametrize("first", [True, False])
def test_a_print_that_no_bar_holds_is_taken_from_the_exchanges_open(include, high, first):
    """A vendor's first bar is often 10:00 and lacks the auction; the open is told before or after the bars."""
    own = SymbolDay("BHP", DAY, RangeRule(include_auction=include))
    if first:
        own.on_open(DAY.open + 1800, 10.7)
    for minute in range(10):
        own.on_bar(bar(minute, 10.0, high=10.1, low=9.9))
    if not first:
        own.on_open(DAY.open + 601, 10.7)
    assert (own.open, own.high, own.or_high, own.or_low) == (10.7, 10.7, high, 9.9)
    assert own.range_bars == 10, "its price is known, not a minute of trading"
    assert (own.on_bar(bar(10, 10.5)) is None) is include


def test_an_open_told_before_trading_or_alone_makes_no_range():
    own = SymbolDay("BHP", DAY, RangeRule(min_bars=1))
    own.on_open(DAY.opening_auction - 1, 7.0)
    own.on_open(DAY.open, 0.0)
    assert own.open == 0.0
    own.on_open(DAY.open + 5, 10.7)
    own.on_time(DAY.close)
    assert own.open == 0.0 and not own.has_range and own.low == 0.0
    own.on_bar(bar(0, 10.0))
    assert (own.open, own.or_high, own.low) == (10.7, 10.7, 10.0)


def test_after_a_halt_the_days_open_is_no_part_of_the_new_range():
    own = SymbolDay("BHP", DAY, RangeRule())
    own.on_bar(bar(0, 10.0))
    own.on_open(DAY.open + 30, 10.9)
    assert own.or_high == 10.9
    own.on_halt(DAY.open + 100, True)
    own.on_halt(DAY.open + 1200, False)
    own.on_bar(bar(20, 10.0, high=10.2))
    own.on_open(DAY.open + 1300, 10.9)
    assert (own.or_high, own.open, own.high) == (10.2, 10.9, 10.9)


def test_in_the_us_the_open_is_what_the_exchange_says_and_the_range_is_its_bars():
    own = SymbolDay("BHP", NYSE, RangeRule())
    own.on_bar(bar(0, 10.0, day=NYSE))
    own.on_open(NYSE.open + 90, 10.3)
    assert (own.open, own.or_high) == (10.3, 10.0)


# ---- coming late ----------------------------------------------------------------------------------


def test_who_comes_in_the_first_minute_does_not_know_the_open_before_its_bar():
    own = SymbolDay("BHP", DAY, RangeRule())
    own.on_trade(trade(31, 10.4, 100, total=60_000))
    assert (own.open, own.last, own.or_high) == (0.0, 10.4, 10.4)
    own.on_bar(bar(0, 10.4, opened=10.2, volume=20_000))
    assert own.open == 10.2
    known = SymbolDay("BHP", DAY, RangeRule())
    known.on_open(DAY.open + 30, 10.1)
    known.on_trade(trade(31, 10.4, 100, total=60_000))
    assert (known.open, known.low) == (10.1, 10.1)


@pytest.mark.parametrize("auction", [0, 50_000])
@pytest.mark.parametrize("day", [DAY, NYSE])
def test_what_traded_before_the_open_is_worked_out_by_who_comes_late(day, auction):
    """The feed's count holds the auction (in the US: the pre-market), the bars do not: they are what is compared."""
    own = SymbolDay("BHP", day, RangeRule())
    for minute in range(3):
        own.on_bar(bar(minute, 10.0, volume=1000, day=day))
    assert (own.volume, own.auction_volume) == (3_000, 0)
    own.on_trade(trade(200, 10.0, 100, total=auction + 3_400, day=day))
    own.on_trade(trade(239, 10.0, 600, total=auction + 4_000, day=day))
    own.on_trade(trade(241, 10.0, 50, total=auction + 4_050, day=day))  # before the bar of the minute that ended
    own.on_bar(bar(3, 10.0, volume=1000, day=day))
    assert (own.volume, own.auction_volume) == (auction + 4_050, auction)
    own.on_bar(bar(4, 10.0, volume=9_000, day=day))
    assert own.auction_volume == auction, "worked out once"


@given(st.integers(0, 8), st.integers(0, 90_000), st.lists(st.integers(1, 5_000), min_size=10, max_size=10))
def test_whenever_one_comes_continuous_volume_is_the_bars(begin, auction, volumes):
    own, total = SymbolDay("BHP", DAY, RangeRule()), auction
    for minute, volume in enumerate(volumes):
        total += volume
        if minute >= begin:
            own.on_trade(trade(minute * 60 + 30, 10.0, volume, total=total))
        own.on_bar(bar(minute, 10.0, volume=volume))
    assert own.volume - own.auction_volume == sum(volumes)


def test_auction_volume_is_told_apart_by_ticks_too():
    own = SymbolDay("BHP", DAY, RangeRule())
    own.on_trade(trade(-45, 10.0, 50_000, total=50_000))
    own.on_trade(trade(5, 10.0, 700, total=50_700))
    assert (own.volume, own.auction_volume) == (50_700, 50_000)


# ---- incomplete ranges ----------------------------------------------------------------------------


def test_too_few_traded_minutes_never_make_a_tradable_range():
    own = SymbolDay("BHP", DAY, RangeRule(min_bars=3))
    own.on_bar(bar(0, 10.0))
    own.on_bar(bar(7, 10.1))
    own.on_bar(bar(12, 10.5))
    assert own.is_over and not own.is_complete and own.range_bars == 2


def test_a_range_is_not_over_before_its_last_minute_is_known():
    own = SymbolDay("BHP", DAY, RangeRule())
    for minute in range(9):
        own.on_bar(bar(minute, 10.0))
    own.on_time(own.end + 14)
    assert not own.is_over, "the bar of the last minute may still come"
    own.on_time(own.end + 15)
    assert own.is_complete


def test_while_trades_may_have_been_missed_a_range_does_not_end():
    own = SymbolDay("BHP", DAY, RangeRule())
    for minute in range(5):
        own.on_bar(bar(minute, 10.0))
    own.blind = True
    own.on_time(own.end + 600)
    own.on_trade(trade(1200, 12.0))
    assert not own.is_over and own.breakout is None
    for minute in range(5, 10):
        own.on_bar(bar(minute, 10.0, high=10.4))
    own.blind = False
    assert own.is_complete and own.or_high == 10.4


def test_a_window_in_which_nothing_traded_is_never_a_range():
    own = SymbolDay("BHP", NYSE, RangeRule())
    own.on_bar(bar(12, 10.0, day=NYSE))
    assert own.is_over and not own.has_range and own.level == 0.0
    assert own.on_bar(bar(13, 99.0, day=NYSE)) is None


# ---- breaks ---------------------------------------------------------------------------------------


def test_a_touch_is_no_break_and_the_price_is_where_a_stop_order_would_be_reached():
    own = ranged()
    assert own.on_bar(bar(10, 10.05, high=10.1)) is None
    found = own.on_bar(bar(11, 10.2, opened=10.0, low=9.95))
    assert (found.price, found.level, found.ts, found.minute) == (10.1, 10.1, DAY.open + 720, DAY.open + 660)
    assert found.low_of_day == 9.9
    gapped = ranged().on_bar(bar(10, 10.3, opened=10.25, low=9.5))
    assert gapped.price == 10.25 and gapped.low_of_day == 9.9, "the bar's own low may lie after its break"


@pytest.mark.parametrize(
    ("rule", "level"),
    [
        (BreakRule(margin_steps=1), 10.11),
        (BreakRule(margin_steps=3), 10.13),
        (BreakRule(margin_pct=0.5), 10.16),
        (BreakRule(margin_steps=1, margin_pct=1.0), 10.21),
    ],
)
def test_a_margin_must_be_reached(rule, level):
    own = ranged(breaks=rule)
    assert own.level == level
    assert own.on_bar(bar(10, round(level - 0.01, 2))) is None
    found = own.on_bar(bar(11, level, opened=10.0))
    assert (found.level, found.price, found.or_high) == (level, level, 10.1)


def test_a_closing_bar_confirms_only_by_its_close():
    own = ranged(breaks=BreakRule(confirm=Confirm.BAR_CLOSE))
    assert own.on_bar(bar(10, 10.1, high=10.6)) is None
    assert own.on_trade(trade(660 + 5, 10.3)) is None
    found = own.on_bar(bar(11, 10.2, high=10.6))
    assert (found.price, found.ts) == (10.2, DAY.open + 720)


def test_without_bars_a_minute_closes_with_the_next_trade():
    own = ranged(breaks=BreakRule(confirm=Confirm.BAR_CLOSE))
    assert own.on_trade(trade(605, 10.3)) is None
    assert own.on_trade(trade(650, 10.2)) is None
    found = own.on_trade(trade(665, 10.0))
    assert (found.price, found.ts) == (10.2, DAY.open + 660)


@pytest.mark.parametrize(
    ("bid", "ask", "age", "breaks"),
    [
        (10.11, 10.12, 0, True),
        (10.10, 10.12, 0, False),  # a touch
        (10.11, 10.12, 16, False),  # stale
        (10.13, 10.12, 0, False),  # crossed
        (10.12, 10.12, 0, False),  # locked
        (10.11, 0.0, 0, False),  # no offer
    ],
)
def test_a_bid_confirms_only_when_fresh_and_two_sided(bid, ask, age, breaks):
    own = ranged(breaks=BreakRule(confirm=Confirm.BID))
    assert own.on_bar(bar(10, 10.6)) is None, "trades do not confirm"
    at = DAY.open + 700
    found = own.on_quote(Quote("BHP", at, bid, 500, ask, 500 if ask else 0), at + age)
    assert (found is not None) == breaks and (not breaks or found.price == bid)


def test_quotes_never_break_by_another_rule_nor_outside_continuous_trading():
    assert ranged().on_quote(Quote("BHP", DAY.open + 700, 11, 1, 12, 1), DAY.open + 700) is None
    late = DAY.close + 5
    assert ranged(breaks=BreakRule(confirm=Confirm.BID)).on_quote(Quote("BHP", late, 11, 1, 12, 1), late) is None


def test_a_bid_does_not_confirm_while_trades_may_have_been_missed():
    own = ranged(breaks=BreakRule(confirm=Confirm.BID))
    own.on_bar(bar(10, 10.0))
    at, quote = DAY.open + 700, Quote("BHP", DAY.open + 700, 10.11, 500, 10.12, 500)
    own.blind = True
    assert own.on_quote(quote, at) is None
    own.blind = False
    assert own.on_quote(quote, at) is not None


def test_the_level_is_on_the_instruments_own_ladder_once_that_is_known():
    own = ranged(breaks=BreakRule(margin_steps=1))
    assert own.level == 10.11
    own.ladder = ladder(("0", "0.05"))
    assert own.level == 10.15


# ---- arming again ---------------------------------------------------------------------------------


def signals(own, closes):
    return [minute for minute, row in enumerate(closes, 10) if own.on_bar(bar(minute, *row[:1], high=row[-1]))]


def test_by_default_a_symbol_breaks_once_a_day():
    assert signals(ranged(), [(10.2,), (9.8,), (10.2,), (9.8,), (10.3,)]) == [10]


def test_it_arms_again_when_a_minute_closes_back_below_the_high():
    rule = BreakRule(max_signals=3, rearm_steps=2)
    closes = [(10.2,), (10.09,), (10.3,), (10.08,), (10.1, 10.2), (10.3,), (10.0,), (10.2,), (10.0,), (10.4,)]
    # 10.09 is one step below 10.10: not enough; the wick of minute 14 breaks at once
    assert signals(ranged(breaks=rule), closes) == [10, 14, 17]


def test_the_first_break_is_what_is_recorded():
    own = ranged(breaks=BreakRule(max_signals=2))
    signals(own, [(10.2,), (9.8,), (10.5,)])
    assert own.signals == 2 and own.breakout.ts == DAY.open + 660 and not own.may_signal


# ---- halts ----------------------------------------------------------------------------------------


def test_a_halt_inside_the_window_begins_it_anew_at_the_resumption():
    own = SymbolDay("BHP", DAY, RangeRule())
    for minute in range(4):
        own.on_bar(bar(minute, 10.0, high=10.9))
    own.on_halt(DAY.open + 250, True)
    own.on_time(DAY.open + 900)
    own.on_halt(DAY.open + 15 * 60 + 20, False)
    for minute in range(15, 25):
        assert not own.is_over
        own.on_bar(bar(minute, 10.0, high=10.2, low=9.7))
    assert (own.start, own.end) == (DAY.at(time(10, 15)), DAY.at(time(10, 25)))
    assert own.is_complete and (own.or_high, own.or_low, own.range_bars) == (10.2, 9.7, 10)
    assert (own.open, own.high) == (10.0, 10.9), "the day's open and extremes stay"


def test_a_resumption_before_the_break_is_a_second_open_even_after_a_complete_range():
    own = ranged()
    own.on_halt(DAY.open + 30 * 60, True)
    assert own.on_trade(trade(31 * 60, 11.0)) is None, "a late print while halted breaks nothing"
    own.on_halt(DAY.open + 40 * 60, False)
    assert not own.is_over and not own.has_range
    assert own.on_bar(bar(40, 11.5)) is None


def test_the_auction_that_reopens_belongs_to_the_new_range_though_it_is_told_first():
    own = ranged()
    own.on_halt(DAY.open + 1800, True)
    own.on_trade(trade(1801, 9.0))  # still from before
    own.on_trade(trade(2400, 10.8))  # the reopening print, a second before the word of it
    own.on_halt(DAY.open + 2401, False)
    own.on_trade(trade(2405, 10.6))
    assert (own.or_high, own.or_low) == (10.8, 10.6) and own.end == DAY.open + 2400 + 600


def test_a_halt_after_the_break_changes_nothing():
    own = ranged()
    assert own.on_bar(bar(10, 10.5))
    own.on_halt(DAY.open + 700, True)
    own.on_halt(DAY.open + 1300, False)
    assert own.is_complete and own.or_high == 10.1


# ---- groupings ------------------------------------------------------------------------------------

levels = st.lists(st.tuples(st.integers(0, 40), st.integers(0, 3)), min_size=20, max_size=40)
rules = st.builds(
    BreakRule,
    margin_steps=st.integers(0, 2),
    confirm=st.sampled_from((Confirm.TRADE, Confirm.BAR_CLOSE)),
    max_signals=st.integers(1, 3),
    rearm_steps=st.integers(0, 2),
)


def play(rows, rule, group):
    """The same day as bars alone, as single trades with bars, or as trades with bars told late."""
    own, found, late = SymbolDay("BHP", DAY, RangeRule(), rule), [], []
    for minute, (level, spread) in enumerate(rows):
        prices = [round(10 + cents / 100, 2) for cents in (level, level + spread, level - spread, level)]
        whole = Bar("BHP", DAY.open + minute * 60, prices[0], max(prices), min(prices), prices[3], 400)
        if group != "bars":
            for index, at in enumerate(prices):
                found.append(own.on_trade(trade(minute * 60 + 1 + index * 12, at)))
                if index == 0:
                    found.extend(own.on_bar(waiting) for waiting in late)
                    late.clear()
        if group == "late bars":
            late.append(whole)
        else:
            found.append(own.on_bar(whole))
    return own, [(item.minute, item.price, item.level) for item in found if item is not None]


@settings(max_examples=150)
@given(levels, rules)
def test_the_same_market_gives_the_same_answer_in_any_grouping(rows, rule):
    bars, seen_in_bars = play(rows, rule, "bars")
    ticks, seen_in_ticks = play(rows, rule, "ticks")
    assert (bars.or_high, bars.or_low, bars.range_bars) == (ticks.or_high, ticks.or_low, ticks.range_bars)
    assert seen_in_bars == seen_in_ticks
    again, seen_again = play(rows, rule, "ticks")
    assert seen_again == seen_in_ticks and again.breakout == ticks.breakout


@settings(max_examples=80)
@given(levels, st.integers(0, 2))
def test_bars_that_come_late_change_neither_range_nor_break(rows, margin):
    rule = BreakRule(margin_steps=margin)
    early, seen = play(rows, rule, "ticks")
    late, seen_late = play(rows, rule, "late bars")
    assert (early.or_high, early.or_low) == (late.or_high, late.or_low)
    # Without the last minute's bar a break right after the window is only known from its own bar.
    assert [row[:2] for row in seen] == [row[:2] for row in seen_late] or seen[-1][0] >= DAY.open + (len(rows) - 1) * 60


@given(levels)
def test_it_never_looks_ahead(rows):
    """What is known after a minute is the same whatever comes after it."""
    cut = len(rows) // 2
    short, seen = play(rows[:cut], BreakRule(), "bars")
    _, seen_whole = play(rows, BreakRule(), "bars")
    assert seen_whole[: len(seen)] == seen
    if short.is_complete:
        whole, _ = play(rows, BreakRule(), "bars")
        assert (whole.or_high, whole.or_low) == (short.or_high, short.or_low)
