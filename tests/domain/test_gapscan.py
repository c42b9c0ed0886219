"""The scan: adjusted gaps, floors, relative volume by time of day, spreads, and the announcement filter."""

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skim_tui.domain.announcements import AnnouncementRule, Kind, NewsNeed, judge, kind_of
from skim_tui.domain.gapscan import CorporateAction, ScanRule, adjusted_close, gap_pct
from skim_tui.domain.market import Announcement, DailyBar
from skim_tui.domain.session import ASX, US, exchange_day
from skim_tui.domain.volume import (
    CURVE,
    RelativeVolume,
    SessionMinutes,
    average_turnover,
    average_volume,
    relative_volume,
    usual_share,
)

FRIDAY, MONDAY = date(2026, 2, 27), date(2026, 3, 2)
DAY = exchange_day(ASX, MONDAY)


def days(volumes, close=2.0):
    start = date(2026, 1, 1)
    return [DailyBar("A", start + timedelta(i), close, close, close, close, volume) for i, volume in enumerate(volumes)]


# ---- the previous close ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("actions", "close"),
    [
        ([], 10.0),
        ([CorporateAction("A", MONDAY, split=2.0)], 5.0),
        ([CorporateAction("A", MONDAY, split=0.1)], 100.0),  # one for ten: else it looks like +900 %
        ([CorporateAction("A", MONDAY, dividend=0.45)], 9.55),
        ([CorporateAction("A", MONDAY, split=2.0, dividend=1.0)], 4.5),
        ([CorporateAction("A", FRIDAY, split=2.0)], 10.0),  # the close of Friday is already after it
        ([CorporateAction("A", date(2026, 3, 3), split=2.0)], 10.0),  # tomorrow's
        ([CorporateAction("A", date(2026, 2, 28), split=2.0), CorporateAction("A", MONDAY, dividend=1.0)], 4.0),
        ([CorporateAction("A", MONDAY, dividend=11.0)], 0.0),
    ],
)
def test_the_previous_close_is_compared_as_of_today(actions, close):
    assert adjusted_close(10.0, FRIDAY, MONDAY, actions) == pytest.approx(close)


@pytest.mark.parametrize(
    ("close", "opened", "gap"),
    [
        (0.10, 0.103, 3.0),  # 2.9999999999999805 in floats
        (1.60, 1.648, 3.0),
        (10.0, 10.3, 3.0),
        (2.0, 2.1, 5.0),
        (2.0, 1.9, -5.0),
        (0.0, 2.1, None),
        (2.0, 0.0, None),
    ],
)
def test_a_gap_is_exact_at_its_threshold(close, opened, gap):
    assert gap_pct(close, opened) == gap
    assert bool(ScanRule(min_price=0).refusal(gap, opened)) is (gap is None or gap < 3.0)


def test_an_impossible_action_is_refused():
    for change in ({"split": 0}, {"split": -1}, {"dividend": -1}):
        with pytest.raises(ValueError):
            CorporateAction("A", MONDAY, **change)


# ---- refusals -------------------------------------------------------------------------------------

RULE = ScanRule(min_turnover=100_000, min_rel_volume=1.0, max_spread_pct=2.0)
LIQUID = days([60_000] * 20)


@pytest.mark.parametrize(
    ("gap", "price", "daily", "said"),
    [
        (3.0, 0.10, LIQUID, ""),
        (None, 5.0, LIQUID, "no previous close"),
        (2.99, 5.0, LIQUID, "gap 2.99 % below 3 %"),
        (-5.0, 5.0, LIQUID, "below 3 %"),
        (900.0, 5.0, LIQUID, "corporate action"),
        (5.0, 0.099, LIQUID, "price 0.099 below 0.1"),
        (5.0, 5.0, days([40_000] * 20), "average turnover 80,000 below 100,000"),
        (5.0, 5.0, days([60_000] * 4), "average turnover unknown"),
    ],
)
def test_a_symbol_is_a_candidate_or_its_reason_is_told(gap, price, daily, said):
    refusal = RULE.refusal(gap, price, daily)
    assert said in refusal and bool(refusal) == bool(said)


@pytest.mark.parametrize(
    ("volume", "ratio", "said"),
    [
        (50_000, 5.0, "volume 50,000 not above"),
        (50_001, 1.0, ""),
        (90_000, 0.99, "0.99 below 1"),
        (90_000, None, "unknown"),
    ],
)
def test_volume_at_the_break(volume, ratio, said):
    relative = None if ratio is None else RelativeVolume(ratio, volume, 1.0, "test")
    refusal = RULE.volume_refusal(volume, relative)
    assert said in refusal and bool(refusal) == bool(said)


def test_the_usual_spread_over_the_range_counts_not_one_wide_quote():
    assert RULE.spread_refusal([0.5, 9.0, 0.6]) == ""
    assert "spread 2.50 % above 2 %" in RULE.spread_refusal([2.5, 0.5, 3.0])
    assert RULE.spread_refusal([9.0, 9.0]) == "", "two quotes say little: the gate at the ticket judges"
    assert ScanRule().spread_refusal([50.0] * 9) == "" and ScanRule().refusal(5.0, 5.0) == ""


# ---- relative volume ------------------------------------------------------------------------------


@given(
    st.sampled_from((DAY, exchange_day(US, MONDAY), exchange_day(ASX, date(2026, 12, 24), half_day=True))), st.data()
)
def test_the_usual_share_equals_interpolation_and_never_falls(day, data):
    points = sorted(data.draw(st.lists(st.floats(day.open - 600, day.close + 600), min_size=2, max_size=5)))
    shares = [usual_share(day, ts) for ts in points]
    x, y = zip(*CURVE, strict=True)
    expected = np.interp([(ts - day.open) / (day.close - day.open) for ts in points], x, y)
    assert shares == pytest.approx(expected.tolist()) and shares == sorted(shares)


@given(st.integers(0, 2**32), st.integers(5, 25), st.integers(1, 360))
def test_with_minutes_it_is_volume_over_the_median_of_the_same_minutes(seed, sessions, elapsed):
    rng = np.random.default_rng(seed)
    table = pd.DataFrame(rng.integers(1, 10**5, (sessions, 360)))
    minutes = [SessionMinutes(tuple(map(int, row)), (1.0,) * 360) for row in table.to_numpy()]
    half = SessionMinutes((10**9,) * 240, (1.0,) * 240, half_day=True)
    got = relative_volume(DAY, DAY.open + elapsed * 60, 123_456, (), [half, *minutes])
    usual = table.loc[:, : elapsed - 1].sum(axis=1).median()
    assert got.ratio == pytest.approx(123_456 / usual) and f"{sessions} sessions" in got.basis


def test_with_days_it_is_spread_by_the_usual_curve_and_says_so():
    got = relative_volume(DAY, DAY.open + 360 * 60 * 30 / 390, 164_000, days([1_000_000] * 20))
    assert got.ratio == pytest.approx(1.0) and "estimated" in got.basis
    assert relative_volume(DAY, DAY.open, 1, LIQUID) is None
    assert relative_volume(DAY, DAY.open + 60, 1, LIQUID[:4]) is None
    assert relative_volume(DAY, DAY.open + 60, 1, days([0] * 20)) is None


def test_averages_are_of_the_last_twenty_sessions():
    daily = days([9_999_999] * 5 + [100] * 10 + [200] * 10)
    assert average_volume(daily) == 150 and average_turnover(daily) == 300
    assert average_volume(daily[:4]) is None and average_turnover(()) is None


# ---- announcements --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("headline", "kind"),
    [
        ("Half Year Results and Appendix 4D", Kind.RESULTS),
        ("Trading Update and FY26 Guidance Upgrade", Kind.RESULTS),
        ("Quarterly Activities and Appendix 5B", Kind.RESULTS),
        ("Thick high-grade intercepts: 24m @ 5.1 g/t Au", Kind.RESOURCE),
        ("Binding Offtake Agreement", Kind.CONTRACT),
        ("FDA Approval for Lead Product", Kind.CONTRACT),
        ("Takeover Bid - Bidder's Statement", Kind.TAKEOVER),
        ("Scheme Implementation Deed: $5.20 cash per share", Kind.TAKEOVER),
        ("Completion of Institutional Placement", Kind.RAISING),
        ("Placement to fund acquisition", Kind.RAISING),
        ("Proposed issue of securities - XYZ", Kind.RAISING),
        ("Trading Halt", Kind.HALT),
        ("Pause in Trading", Kind.HALT),
        ("Reinstatement to Official Quotation", Kind.HALT),
        ("Response to ASX Price Query", Kind.PRICE_QUERY),
        ("Change of Director's Interest Notice", Kind.ROUTINE),
        ("Appendix 3Y", Kind.ROUTINE),
        ("Becoming a substantial holder", Kind.ROUTINE),
        ("Dividend/Distribution - XYZ", Kind.DIVIDEND),
        ("Letter to shareholders", Kind.OTHER),
    ],
)
def test_kinds_of_headlines(headline, kind):
    assert kind_of(headline) is kind


def said(ts, headline, sensitive=True):
    return Announcement("A", ts, headline, sensitive)


@pytest.mark.parametrize(
    ("items", "need", "refused"),
    [
        ([], NewsNeed.REQUIRED, "no price-sensitive"),
        ([], NewsNeed.PREFERRED, ""),
        ([], NewsNeed.IGNORED, ""),
        ([said(110, "Contract award")], NewsNeed.REQUIRED, ""),
        ([said(110, "Contract award", False)], NewsNeed.REQUIRED, "no price-sensitive"),
        ([said(100, "Contract award")], NewsNeed.REQUIRED, "no price-sensitive"),  # at the last close: yesterday's news
        ([said(201, "Contract award")], NewsNeed.REQUIRED, "no price-sensitive"),  # not out yet
        ([said(110, "Placement")], NewsNeed.PREFERRED, "is a raising: Placement"),
        ([said(110, "Placement"), said(150, "Contract award")], NewsNeed.PREFERRED, "is a raising"),
        ([said(110, "Placement")], NewsNeed.IGNORED, ""),
        ([said(110, "Placement", False)], NewsNeed.PREFERRED, ""),
    ],
)
def test_the_filter(items, need, refused):
    finding = judge(items, 100, 200, AnnouncementRule(need))
    assert refused in finding.refusal and bool(finding.refusal) == bool(refused)


def test_the_newest_announcement_is_what_a_trade_rests_on():
    finding = judge([said(150, "Contract award"), said(110, "Quarterly")], 100, 200, AnnouncementRule())
    assert finding.item.headline == "Contract award" and finding.kind is Kind.CONTRACT
