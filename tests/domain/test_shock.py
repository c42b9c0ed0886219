"""News shocks: worked examples of both detectors, the event clock, and what the intake refuses."""

import math
from dataclasses import FrozenInstanceError
from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skim_tui.domain.baseline import Baseline
from skim_tui.domain.detectors import ClassicDetector, RobustDetector
from skim_tui.domain.instrument import ASX_LADDER
from skim_tui.domain.market import Announcement, Bar, DailyBar, Quote
from skim_tui.domain.news import NewsIntake, NewsRule, normalised
from skim_tui.domain.session import ASX, exchange_day
from skim_tui.domain.shock import BAR_LAG, Direction, Halt, MarketIndex, NoShock, NotYet, ShockCase, ShockSignal
from skim_tui.domain.volume import SessionMinutes, session_minutes

DAY = exchange_day(ASX, date(2026, 3, 3))
NEWS = Announcement("PLS", DAY.open + 30 * 60 + 20, "Binding offtake signed", True, "ASX", "1")


def minute(index, close, volume=10_000, spread=0.01):
    return Bar("PLS", DAY.open + index * 60, close, close + spread, close - spread, close, volume)


def quiet(count=30, close=3.0):
    """Bars that go up and down by a cent: true range 0.03 each after the first."""
    return [minute(i, close + (0.01 if i % 2 else 0.0)) for i in range(count)]


def case(bars, now_minute, **change):
    facts = dict(item=NEWS, now=DAY.open + now_minute * 60, day=DAY, bars=bars, ladder=ASX_LADDER, prev_close=2.95)
    return ShockCase(**facts | change)


def flat_minutes(volume=10_000, count=360, close=3.0):
    """A session that swings by 0.2 % a minute."""
    return SessionMinutes((volume,) * count, tuple(close * (1.002 if i % 2 else 1.0) for i in range(count)))


USUAL = Baseline(minutes=tuple(flat_minutes(volume) for volume in (8_000, 9_000, 10_000, 11_000, 12_000)))


# ---- classic --------------------------------------------------------------------------------------


def test_classic_fires_on_a_move_over_3_atr_with_volume_over_5_averages():
    answer = ClassicDetector().judge(case([*quiet(), minute(30, 3.15, 60_000)], 31))
    assert isinstance(answer, ShockSignal)
    # Range 0.02, close to close 0.01: each true range is max(0.02, 0.02) = 0.02
    numbers = {measure.name: measure for measure in answer.evidence}
    assert numbers["ATR(10)"].value == pytest.approx(0.02)
    assert numbers["move"].value == pytest.approx(0.14) and numbers["move"].needed == pytest.approx(0.06)
    assert (numbers["volume"].value, numbers["volume"].needed) == (60_000, 50_000)
    assert (answer.direction, answer.reference, answer.price) == (Direction.UP, 3.01, 3.15)
    assert (answer.start, answer.ts) == (DAY.open + 30 * 60, DAY.open + 31 * 60)


@pytest.mark.parametrize(("close", "volume"), [(3.06, 60_000), (3.15, 50_000), (3.01, 500_000)])
def test_classic_needs_both_and_strictly_more(close, volume):
    answer = ClassicDetector().judge(case([*quiet(), minute(30, close, volume)], 31))
    assert isinstance(answer, NotYet) and answer.again == DAY.open + 32 * 60
    answer = ClassicDetector().judge(case([*quiet(), minute(30, close, volume)], 36))
    assert isinstance(answer, NoShock) and " of " in answer.reason


def test_classic_sees_a_fall_and_a_jump_between_bars():
    jump = Bar("PLS", DAY.open + 1800, 2.80, 2.80, 2.80, 2.80, 60_000)  # no body at all
    answer = ClassicDetector().judge(case([*quiet(), jump], 31))
    assert isinstance(answer, ShockSignal) and answer.direction is Direction.DOWN


def test_classic_does_not_compare_a_bar_with_itself():
    """With the bar inside its own averages a 4.5 ATR move on 5.5 times the volume would not fire."""
    assert isinstance(ClassicDetector().judge(case([*quiet(), minute(30, 3.10, 55_000)], 31)), ShockSignal)


def test_classic_waits_for_the_bar_to_close_and_refuses_too_short_a_history():
    bars = [*quiet(), minute(30, 3.15, 60_000)]
    assert isinstance(ClassicDetector().judge(case(bars, 30.9)), NotYet)
    short = [bar for bar in bars if bar.ts >= DAY.open + 12 * 60]
    answer = ClassicDetector().judge(case(short, 31))
    assert isinstance(answer, NoShock) and "20 needed" in answer.reason


# ---- robust ---------------------------------------------------------------------------------------


def test_robust_fires_with_its_numbers():
    answer = RobustDetector().judge(case([*quiet(), minute(30, 3.15, 60_000)], 31, baseline=USUAL))
    assert isinstance(answer, ShockSignal)
    numbers = {measure.name: measure.value for measure in answer.evidence}
    move = math.log(3.15 / 3.01)
    sigma = max(1.4826 * math.log(1.002), 0.01 / 3.01)  # swings of 0.2 % either way; one price step
    assert numbers["z of return"] == pytest.approx(move / sigma)
    assert numbers["relative volume"] == pytest.approx(6.0)
    logs = np.log1p([8_000, 9_000, 10_000, 11_000, 12_000])
    assert numbers["z of volume"] == pytest.approx((np.log1p(60_000) - logs.mean()) / logs.std(ddof=1))
    assert numbers["turnover"] == pytest.approx(60_000 * 3.15)
    assert answer.minutes == 1 and (answer.high, answer.low) == pytest.approx((3.16, 3.14))
    assert answer.vwap == pytest.approx(3.15)


def test_a_signal_cannot_be_changed_after_it_was_found():
    answer = RobustDetector().judge(case([*quiet(), minute(30, 3.15, 60_000)], 31, baseline=USUAL))
    for value, name in ((answer, "price"), (answer, "evidence"), (answer.evidence[0], "value"), (answer.item, "ts")):
        with pytest.raises(FrozenInstanceError):
            setattr(value, name, 0)
    assert isinstance(answer.evidence, tuple)


def test_robust_takes_a_later_window_when_the_first_is_quiet():
    bars = [*quiet(), minute(30, 3.02), minute(31, 3.06, 90_000), minute(32, 3.14, 90_000)]
    assert isinstance(RobustDetector().judge(case(bars, 32, baseline=USUAL)), NotYet)
    answer = RobustDetector().judge(case(bars, 33, baseline=USUAL))
    assert isinstance(answer, ShockSignal) and answer.minutes == 3


@pytest.mark.parametrize(
    ("close", "volume", "change", "missing"),
    [
        (3.05, 60_000, {}, "move %"),
        (3.15, 12_000, {}, "relative volume"),
        (3.15, 60_000, {"quote": Quote("PLS", NEWS.ts, 3.0, 100, 3.3, 100)}, "z of return"),
        (3.15, 60_000, {"index": MarketIndex("IOZ", (minute(29, 100.0), minute(30, 104.0)))}, "z of return"),
    ],
)
def test_robust_says_what_was_missing(close, volume, change, missing):
    bars = [*quiet(), minute(30, close, volume), *(minute(i, close, 0) for i in range(31, 41))]
    answer = RobustDetector(min_turnover=10_000).judge(case(bars, 41, baseline=USUAL, **change))
    assert isinstance(answer, NoShock) and missing in answer.reason


def test_robust_needs_a_least_turnover():
    bars = [*quiet(), minute(30, 3.15, 60_000)]
    assert isinstance(RobustDetector(min_turnover=189_000).judge(case(bars, 31, baseline=USUAL)), ShockSignal)
    answer = RobustDetector(min_turnover=189_001, windows=(1,)).judge(case(bars, 32, baseline=USUAL))
    assert isinstance(answer, NoShock) and "turnover" in answer.reason


def test_robust_needs_a_baseline_and_floors_a_dead_one():
    bars = [*quiet(), minute(30, 3.15, 60_000)]
    for baseline in (None, Baseline(minutes=USUAL.minutes[:4])):
        answer = RobustDetector().judge(case(bars, 31, baseline=baseline))
        assert isinstance(answer, NoShock) and "baseline" in answer.reason
    dead = Baseline(minutes=(SessionMinutes((100,) * 360, (3.0,) * 360),) * 5)  # MAD and spread of volume are 0
    answer = RobustDetector().judge(case(bars, 31, baseline=dead))
    assert isinstance(answer, ShockSignal)
    assert answer.evidence[0].value == pytest.approx(math.log(3.15 / 3.01) / (0.01 / 3.01))


def test_a_daily_baseline_serves_where_minutes_are_unknown():
    daily = tuple(
        DailyBar("PLS", date(2026, 1, 1 + i), 3.0, 3.1, 2.9, 3.0 * (1.01 if i % 2 else 0.99), 3_000_000)
        for i in range(20)
    )
    answer = RobustDetector().judge(case([*quiet(), minute(30, 3.25, 200_000)], 31, baseline=Baseline(daily=daily)))
    assert isinstance(answer, ShockSignal)


@settings(max_examples=40)
@given(st.integers(0, 2**32), st.integers(5, 12), st.integers(0, 50))
def test_what_is_usual_equals_an_independent_computation(seed, sessions, start):
    rng = np.random.default_rng(seed)
    volumes = rng.integers(0, 10**5, (sessions, 60))
    closes = 3 + rng.normal(0, 0.02, (sessions, 60)).cumsum(axis=1).clip(-1, 1)
    minutes = [SessionMinutes(tuple(map(int, v)), tuple(c)) for v, c in zip(volumes, closes, strict=True)]
    baseline = Baseline(minutes=tuple(minutes))
    usual = baseline.usual(DAY, DAY.open + start * 60, 3)
    table = volumes[:, start : start + 3].sum(axis=1)
    assert usual.volume == np.median(table)
    logs = np.log1p(table)
    assert usual.log_volume == pytest.approx(logs.mean()) and usual.log_volume_sd == pytest.approx(logs.std(ddof=1))
    at = [i for i in range(start - 15, start + 16) if 1 <= i <= 57]
    returns = np.array([np.log(row[i + 2] / row[i - 1]) for row in closes for i in at])
    assert usual.sigma == pytest.approx(1.4826 * np.median(np.abs(returns - np.median(returns))))


def test_a_session_is_laid_on_its_minutes():
    bars = [minute(-1, 2.9, 5_000), minute(0, 3.0, 7), minute(3, 3.1, 8), minute(360, 3.2, 9_000)]
    session = session_minutes(DAY, bars)
    assert len(session.volumes) == 360 and sum(session.volumes) == 15
    assert session.closes[:5] == (3.0, 3.0, 3.0, 3.1, 3.1)
    assert session.between(0, 3) == 7 and session.between(-5, 4) == 15 and session.between(400, 500) == 0


# ---- the market index -----------------------------------------------------------------------------


def shocked(**change):
    """A share that rises from 3.01 to 3.15 in the minute after the news."""
    return RobustDetector().judge(case([*quiet(), minute(30, 3.15, 60_000)], 31, baseline=USUAL, **change))


def numbers_of(answer):
    return {measure.name: measure.value for measure in answer.evidence}


def test_the_move_is_measured_in_excess_of_the_index_over_the_same_span():
    # 28.00 to 28.28 from the last minute before the news: the minutes before and after do not count
    bars = (minute(0, 27.0), minute(29, 28.0), minute(30, 28.28), minute(31, 99.0))
    answer = shocked(index=MarketIndex("IOZ", bars, prev_close=20.0))
    numbers = numbers_of(answer)
    sigma = max(1.4826 * math.log(1.002), 0.01 / 3.01)
    assert numbers["index IOZ %"] == pytest.approx(math.log(1.01) * 100)
    assert numbers["z of return"] == pytest.approx((math.log(3.15 / 3.01) - math.log(1.01)) / sigma)
    assert numbers["move %"] == pytest.approx(math.log(3.15 / 3.01) * 100), "the share's own"


def test_without_an_index_the_evidence_says_so():
    answer = shocked()
    assert {measure.name: str(measure) for measure in answer.evidence}["index"] == "none"
    assert numbers_of(answer)["z of return"] > numbers_of(shocked(index=index(28.0, 28.28)))["z of return"]


def index(before, after, **more):
    return MarketIndex("IOZ", (minute(29, before), minute(30, after)), **more)


def test_a_share_that_stood_still_in_a_falling_market_is_no_shock_and_neither_is_one_that_fell_less():
    for close in (3.01, 2.93):
        bars = [*quiet(), minute(30, close, 90_000), *(minute(i, close, 90_000) for i in range(31, 41))]
        falling = MarketIndex("IOZ", (minute(29, 28.0), *(minute(i, 25.0) for i in range(30, 41))))
        assert isinstance(RobustDetector().judge(case(bars, 41, baseline=USUAL, index=falling)), NoShock)


def test_the_indexs_minute_is_waited_for_and_then_it_did_not_trade():
    early = MarketIndex("IOZ", (minute(29, 28.0),))
    waiting = shocked(index=early)
    assert isinstance(waiting, NotYet) and "IOZ" in waiting.reason
    assert waiting.again == DAY.open + 31 * 60 + BAR_LAG
    assert numbers_of(shocked(index=early, now=waiting.again))["index IOZ %"] == 0.0


def test_an_index_without_a_price_lets_nothing_pass():
    for bars in ((), (minute(31, 28.0),)):
        answer = shocked(index=MarketIndex("IOZ", bars), now=DAY.open + 31 * 60 + BAR_LAG)
        assert isinstance(answer, NoShock) and "no price of index IOZ" in answer.reason


def test_an_index_that_had_not_traded_yet_is_measured_from_its_first_trade():
    first = Bar("IOZ", DAY.open + 1800, 28.0, 28.3, 28.0, 28.28, 500)
    answer = shocked(index=MarketIndex("IOZ", (first,), prev_close=20.0))
    assert numbers_of(answer)["index IOZ %"] == pytest.approx(math.log(1.01) * 100)


def test_over_a_night_the_index_is_measured_from_its_previous_close():
    market = MarketIndex("IOZ", (minute(-1, 28.2), minute(0, 28.28)), prev_close=28.0)
    numbers = numbers_of(RobustDetector().judge(overnight(3.10, index=market)))
    assert numbers["index IOZ %"] == pytest.approx(math.log(1.01) * 100)
    assert numbers["move %"] == pytest.approx(math.log(3.10 / 2.95) * 100)
    unknown = RobustDetector().judge(overnight(3.10, index=MarketIndex("IOZ", market.bars)))
    assert isinstance(unknown, NoShock) and "no price of index" in unknown.reason


@settings(max_examples=60)
@given(st.floats(2.5, 3.6), st.floats(-0.05, 0.05))
def test_a_flat_index_changes_nothing_and_a_moving_one_only_its_part(close, moved):
    bars = [*quiet(), minute(30, round(close, 2), 60_000)]
    flat, none = (
        RobustDetector().judge(case(bars, 31, baseline=USUAL, index=market)) for market in (index(28.0, 28.0), None)
    )
    assert type(flat) is type(none)
    if isinstance(flat, ShockSignal):
        assert flat.evidence[0] == none.evidence[0] and flat.direction is none.direction
    answer = RobustDetector().judge(case(bars, 31, baseline=USUAL, index=index(28.0, 28.0 * math.exp(moved))))
    if isinstance(answer, ShockSignal):
        excess = math.log(round(close, 2) / 3.01) - moved
        sigma = max(1.4826 * math.log(1.002), 0.01 / 3.01)
        assert answer.evidence[0].value == pytest.approx(abs(excess) / sigma)
        assert (excess > 0) is (answer.direction is Direction.UP)


# ---- the last minute of a window ------------------------------------------------------------------


@pytest.mark.parametrize("detector", [RobustDetector(windows=(1,)), ClassicDetector(window=1)])
def test_a_window_is_not_closed_before_its_last_minute_is_known(detector):
    """The bar of a quiet minute comes seconds after its end: a verdict before that would be of an earlier minute."""
    waiting = detector.judge(case(quiet(), 31, baseline=USUAL))
    assert isinstance(waiting, NotYet)
    end = DAY.open + 31 * 60
    late = [*quiet(), minute(30, 3.15, 60_000)]
    assert isinstance(detector.judge(case(late, 31, baseline=USUAL, now=end + 6)), ShockSignal)
    quiet_still = detector.judge(case(quiet(), 31, baseline=USUAL, now=end + BAR_LAG))
    assert not isinstance(quiet_still, ShockSignal)


def test_the_opening_auctions_print_is_the_price_before_news_of_the_first_minute():
    item = Announcement("PLS", DAY.open + 20, "Binding offtake signed", True, "ASX", "1")
    bars = [minute(-1, 3.20, 90_000), minute(0, 3.40, 60_000)]
    answer = RobustDetector().judge(case(bars, 1, item=item, baseline=USUAL))
    assert isinstance(answer, ShockSignal) and answer.reference == 3.20


# ---- event clock ----------------------------------------------------------------------------------


def test_the_clock_starts_at_the_resumption_when_the_item_halted_the_stock():
    begin, end = NEWS.ts + 5, NEWS.ts + 605
    bars = [*quiet(), minute(40, 3.15, 60_000)]
    waiting = RobustDetector().judge(case(bars[:-1], 35, baseline=USUAL, halts=(Halt(begin),)))
    assert isinstance(waiting, NotYet) and "halted" in waiting.reason
    answer = RobustDetector().judge(case(bars, 41, baseline=USUAL, halts=(Halt(begin, end),)))
    assert isinstance(answer, ShockSignal)
    assert (answer.start, answer.minutes, answer.reference) == (DAY.open + 40 * 60, 1, 3.01)


def test_a_print_during_the_halt_does_not_start_the_clock():
    halt = Halt(NEWS.ts + 5, NEWS.ts + 605)
    bars = [*quiet(), minute(35, 3.60, 90_000), minute(40, 3.15, 60_000)]
    answer = RobustDetector().judge(case(bars, 41, baseline=USUAL, halts=(halt,)))
    assert isinstance(answer, ShockSignal)
    assert (answer.start, answer.price, answer.high) == (DAY.open + 40 * 60, 3.15, pytest.approx(3.16))


def test_an_unrelated_later_halt_does_not_move_the_clock():
    bars = [*quiet(), minute(30, 3.15, 60_000)]
    answer = RobustDetector().judge(case(bars, 31, baseline=USUAL, halts=(Halt(NEWS.ts + 301),)))
    assert isinstance(answer, ShockSignal) and answer.start == DAY.open + 30 * 60


def overnight(opened, **change):
    item = Announcement("PLS", DAY.open - 3600, "Record quarter", True, "ASX", "2")
    days = tuple(
        DailyBar("PLS", date(2026, 1, 1 + i), 3.0 * (1.004 if i % 2 else 0.996), 3.1, 2.9, 3.0, 3_000_000)
        for i in range(25)
    )
    baseline = Baseline(daily=days, minutes=USUAL.minutes)
    return case([minute(-1, opened, 90_000), minute(0, opened, 90_000)], 1, item=item, baseline=baseline, **change)


def test_news_before_the_open_is_measured_against_nights_not_minutes():
    answer = RobustDetector().judge(overnight(3.10))
    assert isinstance(answer, ShockSignal)
    numbers = {measure.name: measure.value for measure in answer.evidence}
    sigma = 1.4826 * (math.log(1.004) - math.log(0.996)) / 2  # 12 nights each
    assert numbers["z of return"] == pytest.approx(math.log(3.10 / 2.95) / sigma)
    assert numbers["relative volume"] == pytest.approx(9.0)  # the auction's 90,000 are not in it
    assert answer.start == DAY.open
    assert isinstance(RobustDetector().judge(overnight(3.10, prev_close=0.0)), NoShock)


def test_nothing_is_tested_outside_the_session():
    late = Announcement("PLS", DAY.close + 5, "After hours", True, "ASX", "3")
    assert isinstance(RobustDetector().judge(case(quiet(), 365, item=late, baseline=USUAL)), NoShock)
    assert isinstance(ClassicDetector().judge(case(quiet(), 361)), NoShock)
    assert isinstance(ClassicDetector().judge(case(quiet(), 30.5)), NotYet)


@settings(max_examples=60)
@given(st.lists(st.tuples(st.integers(250, 350), st.integers(0, 200_000)), min_size=15, max_size=15), st.data())
def test_an_answer_never_depends_on_what_comes_later(rows, data):
    bars = [*quiet(), *(minute(30 + i, cents / 100, volume) for i, (cents, volume) in enumerate(rows))]
    now = data.draw(st.integers(31, 45))
    for detector in (ClassicDetector(), RobustDetector()):
        known = [bar for bar in bars if bar.ts + 60 <= DAY.open + now * 60]
        first = detector.judge(case(known, now, baseline=USUAL))
        if isinstance(first, ShockSignal):
            later = detector.judge(case(bars, 45, baseline=USUAL))
            assert later == first


# ---- intake ---------------------------------------------------------------------------------------


def item(ts, headline="Upgrade", key="", source="DJ", symbol="PLS"):
    return Announcement(symbol, ts, headline, False, source, key)


def test_the_intake_drops_stale_future_and_repeated_items():
    intake = NewsIntake(NewsRule(max_age=600, same_event=3600))
    assert intake.refuse(item(1000.0, key="a"), 1100.0) == ""
    assert "same item" in intake.refuse(item(1000.0, key="a"), 1100.0)
    assert "same headline" in intake.refuse(item(1050.0, "UPGRADE!", key="b", source="FLY"), 1100.0)
    assert intake.refuse(item(1000.0, key="a", symbol="MIN"), 1100.0) == ""  # one story, two companies
    assert "stale" in intake.refuse(item(1000.0, "Old", key="c"), 1601.0)
    assert intake.refuse(item(1000.0, "Old", key="c"), 1601.0, trading_since=1100.0) == ""
    assert "future" in intake.refuse(item(2000.0, "Soon", key="d"), 1100.0)
    assert "no symbol" in intake.refuse(item(1000.0, key="e", symbol=""), 1100.0)
    assert intake.refuse(item(5000.0, "Upgrade", key="f"), 5001.0) == ""  # the next day's, same words


@given(st.lists(st.tuples(st.integers(0, 400), st.sampled_from("ab"), st.sampled_from(["X", "Y"])), max_size=80))
def test_an_item_is_admitted_at_most_once_and_memory_is_bounded(rows):
    intake, admitted = NewsIntake(NewsRule(remembered=50)), []
    for ts, key, symbol in rows:
        if not intake.refuse(item(float(ts), f"{key}{ts // 100}", key, symbol=symbol), 500.0):
            admitted.append((key, symbol))
    assert len(admitted) == len(set(admitted))
    assert len(intake._keys) <= 50 and len(intake._headlines) <= 50


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Press Release: Acme Wins Contract", "ACME wins contract."),
        ("Acme wins contract -2-", "Acme Wins Contract"),
        ("UPDATE: Acme  wins contract", "Acme wins contract"),
    ],
)
def test_headlines_are_compared_without_what_wires_change(one, other):
    assert normalised(one) == normalised(other)
