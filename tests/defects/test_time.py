"""Schedules that are an hour early, end on Thursday, or mean something else on another machine."""

import time
from datetime import date, timedelta
from datetime import time as clock

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from skim_tui.domain.schedule import ScheduleRule, latest_entry, schedule
from skim_tui.domain.session import ASX, Phase
from tests.conftest import calendar_of
from tests.desk.scripted import Script, T
from tests.desk.stage import Stage

YEARS = (date(2016, 1, 4), date(2026, 12, 31))


def test_friday_is_looked_after_like_any_other_day_in_summer_and_in_winter():
    """On Fridays, and half the year on all days, nobody watches the stops, because the days were counted in UTC."""
    calendar = calendar_of(ASX)
    day, spans, weekdays = YEARS[0], {}, {}
    while day <= YEARS[1]:
        if calendar.is_session(day):
            timetable = calendar.day(day)
            steps = {step.name: step for step in schedule(timetable, ScheduleRule())}
            manage = steps["manage"]
            assert (manage.start, manage.end) == (timetable.open, timetable.close)
            local = (timetable.local(manage.start).time(), timetable.local(manage.end).time())
            spans.setdefault(timetable.half_day, set()).add(local)
            assert timetable.local(manage.start).weekday() == timetable.local(manage.end).weekday() == day.weekday()
            weekdays[day.weekday()] = weekdays.get(day.weekday(), 0) + 1
            in_utc = time.gmtime(manage.start).tm_hour
            assert in_utc == (23 if timetable.local(manage.start).utcoffset() == timedelta(hours=11) else 0)
        day += timedelta(days=1)
    assert spans[False] == {(clock(10), clock(16))} and spans[True] == {(clock(10), clock(14))}
    assert set(weekdays) == {0, 1, 2, 3, 4} and min(weekdays.values()) > 480


@given(st.dates(*YEARS), st.sampled_from([ASX, "XNYS"]), st.integers(-60, 24 * 60))
@settings(max_examples=120)
@example(date(2026, 10, 5), ASX, 0)
@example(date(2026, 4, 6), ASX, 0)
def test_nothing_is_bought_outside_the_hours_of_the_exchange_on_any_day(day, mic, minutes):
    """For half a year the first orders go out before the open, because summer time was forgotten."""
    calendar = calendar_of(mic)
    while not calendar.is_session(day):
        day += timedelta(days=1)
    timetable = calendar.day(day)
    now = timetable.open + minutes * 60.0
    inside = timetable.open <= now < timetable.close
    assert (timetable.phase(now) is Phase.OPEN) is inside
    assert latest_entry(timetable, ScheduleRule()) < timetable.close


@pytest.mark.parametrize("closed", [date(2026, 4, 27), date(2026, 1, 26), date(2026, 4, 3), date(2026, 12, 28)])
def test_a_holiday_of_the_exchange_is_no_session(closed):
    """The desk waits for an open that does not come; or, by a state's list, stays away on a day that trades."""
    assert calendar_of(ASX).is_session(closed) is (closed == date(2026, 4, 27)), (
        "when Anzac Day falls on a Saturday the exchange trades on the Monday after it"
    )


def test_the_machines_time_zone_changes_neither_trades_nor_report(asx_calendar, monkeypatch):
    """The server moves to another data centre and the times in the journal mean something else."""

    def played(host):
        monkeypatch.setenv("TZ", host)
        time.tzset()
        stage = Stage(asx_calendar)
        stage.desk.operator.set_auto(True, "test")
        stage.play(40)
        report = stage.desk.trading_day.report()[1]
        fills = [(fill.ref, fill.ts) for fill in stage.journal.fills(stage.desk.context.account_id)]
        stage.journal.close()
        return report, fills

    try:
        expected = played("UTC")
        assert expected[1]
        for host in ("Australia/Sydney", "America/New_York"):
            assert played(host) == expected
    finally:
        monkeypatch.undo()
        time.tzset()


def test_a_position_of_friday_is_on_its_second_day_on_monday():
    """Days counted in hours sell half of Friday's purchase on Monday as if it were the third day."""
    script = Script(exits={"half_on_day": 3, "trail_sma_days": 0})
    calendar = script.desk.context.calendar
    friday = calendar.day(date(2026, 3, 6))
    script.broker.time = friday.open + 900.0
    script.wait(2)
    script.market()
    script.enter(ticket_id=T)
    for session, sold in ((date(2026, 3, 9), 0), (date(2026, 3, 10), 1)):
        script.broker.time = calendar.day(session).open + 1200.0
        script.wait(3)
        script.market()
        script.wait(3)
        assert len(script.placed("H")) == sold, session
