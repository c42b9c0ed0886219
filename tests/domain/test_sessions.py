"""Sessions and the schedule derived from them: real calendar days, both hemispheres' clock changes, half days."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import exchange_calendars
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skim_tui.domain.schedule import ScheduleRule, latest_entry, schedule
from skim_tui.domain.session import ASX, US, Phase, exchange_day
from tests.conftest import calendar_of


def utc(ts):
    return datetime.fromtimestamp(ts, UTC).strftime("%Y-%m-%d %H:%M:%S")


@pytest.mark.parametrize(
    ("mic", "day", "opens", "closes"),
    [
        # Sydney: summer time ends on Sunday 2026-04-05 and begins on Sunday 2026-10-04.
        (ASX, date(2026, 4, 2), "2026-04-01 23:00:00", "2026-04-02 05:00:00"),
        (ASX, date(2026, 4, 7), "2026-04-07 00:00:00", "2026-04-07 06:00:00"),
        (ASX, date(2026, 10, 2), "2026-10-02 00:00:00", "2026-10-02 06:00:00"),
        (ASX, date(2026, 10, 5), "2026-10-04 23:00:00", "2026-10-05 05:00:00"),
        (ASX, date(2026, 12, 24), "2026-12-23 23:00:00", "2026-12-24 03:00:00"),
        (ASX, date(2026, 12, 31), "2026-12-30 23:00:00", "2026-12-31 03:00:00"),
        # New York: summer time begins on Sunday 2026-03-08 and ends on Sunday 2026-11-01.
        (US, date(2026, 3, 6), "2026-03-06 14:30:00", "2026-03-06 21:00:00"),
        (US, date(2026, 3, 9), "2026-03-09 13:30:00", "2026-03-09 20:00:00"),
        (US, date(2026, 10, 30), "2026-10-30 13:30:00", "2026-10-30 20:00:00"),
        (US, date(2026, 11, 2), "2026-11-02 14:30:00", "2026-11-02 21:00:00"),
        (US, date(2026, 11, 27), "2026-11-27 14:30:00", "2026-11-27 18:00:00"),
        (US, date(2026, 12, 24), "2026-12-24 14:30:00", "2026-12-24 18:00:00"),
    ],
)
def test_continuous_trading_in_utc(mic, day, opens, closes):
    timetable = calendar_of(mic).day(day)
    assert (utc(timetable.open), utc(timetable.close)) == (opens, closes)


@pytest.mark.parametrize(
    ("mic", "day", "is_session"),
    [
        (ASX, date(2026, 1, 26), False),
        (ASX, date(2026, 4, 3), False),
        (ASX, date(2026, 4, 27), True),  # Anzac Monday trades
        (ASX, date(2026, 10, 5), True),  # a holiday of New South Wales, not of the exchange
        (ASX, date(2026, 12, 28), False),
        (ASX, date(2022, 9, 22), False),  # a day of mourning, not in any rule
        (US, date(2026, 7, 3), False),
        (US, date(2026, 11, 26), False),
        (US, date(2026, 1, 26), True),
    ],
)
def test_holidays(mic, day, is_session):
    assert calendar_of(mic).is_session(day) is is_session


@pytest.mark.parametrize("mic", [ASX, US])
def test_ten_years_of_sessions_equal_the_calendar_library(mic):
    known = exchange_calendars.get_calendar(mic, start="2016-01-04", end="2026-12-31")
    ours = calendar_of(mic)
    early = set(known.early_closes)
    for session, row in known.schedule.iterrows():
        day = ours.day(session.date())
        assert utc(day.open) == row["open"].strftime("%Y-%m-%d %H:%M:%S")
        assert day.half_day is (session in early)
        # For the ASX the library gives 16:00 on full days and the auction's 14:10 on half days.
        closes = row["close"] - pd.Timedelta(minutes=10) if mic == ASX and day.half_day else row["close"]
        assert utc(day.close) == closes.strftime("%Y-%m-%d %H:%M:%S"), session


@pytest.mark.parametrize(
    ("clock", "phase"),
    [
        (time(6, 59, 59), Phase.CLOSED),
        (time(7, 0), Phase.PRE_OPEN),
        (time(9, 58, 59), Phase.PRE_OPEN),
        (time(9, 59), Phase.OPENING_AUCTION),
        (time(10, 0), Phase.OPEN),
        (time(15, 59, 59), Phase.OPEN),
        (time(16, 0), Phase.CLOSING_AUCTION),
        (time(16, 10, 1), Phase.POST_CLOSE),
        (time(16, 21, 30), Phase.CLOSED),
    ],
)
def test_phases_of_a_full_asx_day_since_the_single_open(clock, phase):
    day = exchange_day(ASX, date(2026, 3, 3))
    assert day.phase(day.at(clock), "ZIP") is phase


@pytest.mark.parametrize(
    ("mic", "day", "changes"),
    [
        (
            ASX,
            date(2026, 12, 24),  # half day: continuous trading to 14:00, the auction prints at 14:10
            "07:00 PRE-OPEN 09:59 OPENING AUCTION 10:00 OPEN 14:00 CLOSING AUCTION 14:10:01 POST-CLOSE 14:21:30 CLOSED",
        ),
        (
            ASX,
            date(2019, 12, 24),  # before the single open: no opening auction for all, no post-close session
            "07:00 PRE-OPEN 10:00 OPEN 14:00 CLOSING AUCTION 14:10:01 POST-CLOSE 14:12 CLOSED",
        ),
        (US, date(2026, 3, 9), "04:00 PRE-OPEN 09:30 OPEN 16:00 CLOSING AUCTION 16:00:01 POST-CLOSE 20:00 CLOSED"),
        (US, date(2026, 11, 27), "04:00 PRE-OPEN 09:30 OPEN 13:00 CLOSING AUCTION 13:00:01 POST-CLOSE 17:00 CLOSED"),
    ],
)
def test_each_second_of_a_day_has_its_phase(mic, day, changes):
    timetable = calendar_of(mic).day(day)
    midnight, told, before = timetable.at(time()), [], Phase.CLOSED
    for second in range(24 * 3600):
        phase = timetable.phase(midnight + second)
        if phase is not before:
            clock = timetable.local(midnight + second).strftime("%H:%M:%S").removesuffix(":00")
            told.append(f"{clock} {phase}")
            before = phase
    assert " ".join(told) == changes


@pytest.mark.parametrize(
    ("symbol", "opens"),
    [
        ("8IH", time(10, 0)),
        ("BHP", time(10, 0)),
        ("CBA", time(10, 2, 15)),
        ("GMG", time(10, 4, 30)),
        ("NAB", time(10, 6, 45)),
        ("RIO", time(10, 6, 45)),
        ("SUN", time(10, 9)),
        ("ZIP", time(10, 9)),
    ],
)
def test_groups_opened_one_after_another_until_2025_06_20(symbol, opens):
    before, after = exchange_day(ASX, date(2025, 6, 20)), exchange_day(ASX, date(2025, 6, 23))
    assert before.open_of(symbol) == before.at(opens)
    assert before.phase(before.at(opens) - 1, symbol) is Phase.PRE_OPEN
    assert before.phase(before.at(opens), symbol) is Phase.OPEN
    assert after.open_of(symbol) == after.open


@pytest.mark.parametrize(
    ("first", "sessions", "last"),
    [
        (date(2026, 12, 23), 2, date(2026, 12, 29)),  # Christmas, Boxing Day's substitute and a weekend between
        (date(2026, 3, 6), 2, date(2026, 3, 10)),  # a Friday
        (date(2026, 4, 1), 2, date(2026, 4, 7)),  # Good Friday to Easter Monday
        (date(2026, 12, 30), 2, date(2027, 1, 4)),
    ],
)
def test_day_three_counts_sessions_not_days(first, sessions, last):
    calendar = calendar_of(ASX)
    assert calendar.offset(first, sessions) == last and calendar.count(first, last) == 3


# ---- the schedule ---------------------------------------------------------------------------------


def steps(mic, day, rule=ScheduleRule()):
    timetable = calendar_of(mic).day(day)
    zone = ZoneInfo("Australia/Sydney" if mic == ASX else "America/New_York")

    def clock(ts):
        moment = datetime.fromtimestamp(ts, zone)
        assert moment.date() == day
        return moment.strftime("%H:%M:%S").removesuffix(":00")

    return {step.name: (clock(step.start), clock(step.end)) for step in schedule(timetable, rule)}


def test_the_schedule_of_a_full_day():
    assert steps(ASX, date(2026, 3, 3)) == {
        "pre-open": ("07:00", "09:59"),
        "scan": ("09:59", "15:00"),
        "track": ("09:59", "10:10"),
        "execute": ("10:10", "15:00"),
        "manage": ("10:00", "16:00"),
        "decide": ("15:50", "16:00"),
        "closing auction": ("16:00", "16:10"),
        "post-close": ("16:10", "16:21:30"),
        "report": ("16:26:30", "16:26:30"),
    }


def test_the_schedule_of_half_days_and_of_the_staggered_open():
    half = steps(ASX, date(2026, 12, 24))
    assert (half["execute"], half["manage"]) == (("10:10", "13:30"), ("10:00", "14:00"))
    assert (half["closing auction"], half["post-close"]) == (("14:00", "14:10"), ("14:10", "14:21:30"))
    assert steps(ASX, date(2024, 12, 20))["track"] == ("10:00", "10:19")
    assert steps(US, date(2026, 11, 27), ScheduleRule(range_minutes=5))["track"] == ("09:30", "09:35")
    assert steps(US, date(2026, 11, 27))["report"] == ("13:05", "13:05")


@given(st.dates(date(2016, 1, 4), date(2027, 12, 30)), st.sampled_from((ASX, US)), st.integers(1, 60))
def test_the_schedule_is_in_order_on_any_day_of_ten_years(day, mic, minutes):
    calendar = calendar_of(mic)
    while not calendar.is_session(day):
        day += timedelta(days=1)
    timetable = calendar.day(day)
    named = {step.name: step for step in schedule(timetable, ScheduleRule(range_minutes=minutes))}
    assert all(step.start <= step.end for step in named.values())
    assert named["track"].start <= named["track"].end and named["execute"].start <= named["execute"].end
    assert named["execute"].start >= timetable.open + minutes * 60
    assert latest_entry(timetable, ScheduleRule()) <= timetable.close - 1800
    assert named["report"].start >= timetable.close
    assert timetable.local(timetable.open).time() == (time(10) if mic == ASX else time(9, 30))
