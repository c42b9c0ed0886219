"""Trading calendars: right days, kept between starts, and without pandas in our process."""

import asyncio
import subprocess
import sys
from datetime import date

import pytest

from skim_tui import calendar_source
from skim_tui.calendar_source import CalendarError, calendar, load_calendar

RANGE = (date(2025, 12, 1), date(2026, 2, 27))
TODAY = date(2026, 1, 5)


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("SKIM_CACHE_DIR", str(tmp_path / "cache"))
    return tmp_path / "cache"


def test_the_asx_keeps_its_own_holidays_and_half_days(cache):
    asx = calendar("XASX", *RANGE, today=TODAY)
    assert not asx.is_session(date(2026, 1, 26)) and asx.is_session(date(2026, 1, 27))  # Australia Day
    assert asx.day(date(2025, 12, 24)).half_day and not asx.day(date(2025, 12, 23)).half_day
    assert (asx.sessions[0], asx.sessions[-1]) == RANGE


def test_it_is_computed_once_and_a_corrupt_copy_is_computed_anew(cache, monkeypatch):
    first = calendar("XASX", *RANGE, today=TODAY)
    (kept,) = cache.iterdir()
    with monkeypatch.context() as patch:
        patch.setattr(subprocess, "run", lambda *_, **__: pytest.fail("computed again"))
        assert calendar("XASX", *RANGE, today=TODAY).sessions == first.sessions
    good = kept.read_bytes()
    for bad in (
        b"",
        b"null",
        b"[1]",
        b'{"sessions": []}',
        b'{"sessions": [1], "half_days": []}',
        b"\xff\xfe",
        good[:-9],
    ):
        kept.write_bytes(bad)
        assert calendar_source._Wanted("XASX", *RANGE).cached() is None
    assert calendar("XASX", *RANGE, today=TODAY).sessions == first.sessions and kept.read_bytes() == good


def test_the_default_range_reaches_from_2005_to_the_end_of_next_year(us_calendar):
    assert us_calendar.sessions[0] == date(2005, 1, 3) and us_calendar.sessions[-1] == date(2027, 12, 31)


async def test_the_loop_goes_on_while_it_is_computed(cache):
    task = asyncio.create_task(load_calendar("XNYS", *RANGE, today=TODAY))
    turns = 0
    while not task.done():
        await asyncio.sleep(0.005)
        turns += 1
    assert turns > 5 and not task.result().is_session(date(2026, 1, 19))  # Martin Luther King Day
    assert (await load_calendar("XNYS", *RANGE, today=TODAY)).sessions == task.result().sessions


def test_an_unknown_exchange_is_an_error_and_leaves_nothing_behind(cache):
    with pytest.raises(CalendarError, match="calendar of XXXX: .*XXXX"):
        calendar("XXXX", *RANGE, today=TODAY)
    assert not cache.exists()


def test_a_cache_that_cannot_be_written_does_not_matter(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("SKIM_CACHE_DIR", str(tmp_path / "file"))
    assert calendar("XASX", *RANGE, today=TODAY).is_session(TODAY)


def test_pandas_stays_out_of_the_calling_process(cache):
    code = (
        "import sys; from datetime import date; from skim_tui.calendar_source import calendar;"
        "calendar('XASX', date(2026, 1, 5), date(2026, 1, 30), today=date(2026, 1, 5));"
        "print('pandas' in sys.modules, 'exchange_calendars' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]
