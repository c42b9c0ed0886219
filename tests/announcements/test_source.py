"""The polite worker against a web server that behaves, fails and refuses."""

import asyncio
from contextlib import asynccontextmanager, suppress
from datetime import datetime
from random import Random
from zoneinfo import ZoneInfo

import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st

from skim_tui.announcements import source as module
from skim_tui.announcements.poll import Manners, in_hours
from skim_tui.announcements.source import AnnouncementSource
from skim_tui.domain.events import SourceReport, SourceState
from skim_tui.domain.market import Announcement
from tests.announcements.pages import BLOCK_PAGE, ROWS, Row, today_page

SYDNEY = ZoneInfo("Australia/Sydney")
MORNING = datetime(2026, 11, 10, 9, 0, tzinfo=SYDNEY).timestamp()


@pytest.fixture(autouse=True)
def _quick(monkeypatch):
    monkeypatch.setattr(module, "SHORTEST_PAUSE", 0.0)
    monkeypatch.setattr(module, "CLOCK_LOOK", 0.01)


class Site:
    """A web server whose answers a test sets, one after another; the last one stays."""

    def __init__(self, *answers):
        self.answers = list(answers)
        self.asked = []
        self.at_once = self.most_at_once = 0

    async def answer(self, request):
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        self.asked.append((request.path.rpartition("/")[2], dict(request.headers)))
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        await asyncio.sleep(0.002)
        self.at_once -= 1
        if isinstance(answer, int):
            return web.Response(status=answer)
        tag = f'"{hash(answer) & 0xFFFFFF:x}"'
        if request.headers.get("If-None-Match") == tag:
            return web.Response(status=304)
        return web.Response(text=answer, content_type="text/html", headers={"ETag": tag})


@asynccontextmanager
async def reading(site, *, now=lambda: MORNING, speed=6000.0, **more):
    """A source at work on ``site``; what it told so far, and its task."""
    app = web.Application()
    app.router.add_get("/lists/{page}", site.answer)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    base = f"http://127.0.0.1:{runner.addresses[0][1]}/lists/"
    told = []
    source = AnnouncementSource(base, now, lambda: speed, random=Random(1), **more)
    task = asyncio.create_task(source.run(told.append))
    try:
        yield told, task
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        await runner.cleanup()


async def until(holds, seconds=5.0):
    async with asyncio.timeout(seconds):
        while not holds():
            await asyncio.sleep(0.005)


def items(told):
    return [one for one in told if isinstance(one, Announcement)]


def reports(told):
    return [one for one in told if isinstance(one, SourceReport)]


async def test_previous_day_once_then_today_and_only_what_is_new():
    yesterday = today_page((Row("OLD", "4:30 pm", "Late news", "04999999", day="09/11/2026"),), day="9 November 2026")
    site = Site(yesterday, today_page(rows=()), today_page(ROWS[3:]), today_page(ROWS[3:]), today_page())
    async with reading(site) as (told, _):
        await until(lambda: len(items(told)) >= 7 and len(site.asked) > 6)
    assert [one.key for one in items(told)] == ["04999999", *(row.number for row in reversed(ROWS))]
    assert [page for page, _ in site.asked[:3]] == ["prevBusDayAnns.do", "todayAnns.do", "todayAnns.do"]
    assert "nothing released yet" in reports(told)[1].text
    assert {one.state for one in reports(told)} == {SourceState.WORKING}
    assert site.most_at_once == 1
    assert any("If-None-Match" in headers for _, headers in site.asked[3:])


@pytest.mark.parametrize("refusal", [401, 403, 429, BLOCK_PAGE])
async def test_a_refusal_ends_it(refusal):
    site = Site(today_page(), refusal, today_page())
    async with reading(site) as (told, task):
        await asyncio.wait_for(task, 5)
        assert reports(told)[-1].state is SourceState.STOPPED
        await asyncio.sleep(0.1)
    assert len(site.asked) == 2, "nothing is asked after a refusal"


async def test_trouble_is_told_and_tried_again_with_growing_pauses():
    site = Site(today_page(), 500, 503, "<html>maintenance</html>", today_page())
    async with reading(site) as (told, _):
        await until(lambda: len(reports(told)) >= 5)
    states = [one.state for one in reports(told)]
    assert states[:5] == [
        SourceState.WORKING,
        SourceState.TROUBLED,
        SourceState.TROUBLED,
        SourceState.TROUBLED,
        SourceState.WORKING,
    ]
    assert "HTTP 500" in reports(told)[1].text and "neither a list" in reports(told)[3].text
    assert len(items(told)) == len(ROWS)


async def test_nothing_is_asked_outside_announcement_hours():
    clock = [datetime(2026, 11, 10, 3, 0, tzinfo=SYDNEY).timestamp()]
    site = Site(today_page())
    async with reading(site, now=lambda: clock[0]) as (told, _):
        await asyncio.sleep(0.1)
        assert site.asked == []
        clock[0] = MORNING
        await until(lambda: items(told))


def test_announcement_hours_follow_sydney():
    def at(*when):
        return in_hours(datetime(*when, tzinfo=SYDNEY).timestamp())

    assert not at(2026, 11, 10, 7, 29) and at(2026, 11, 10, 7, 30)
    assert at(2026, 11, 10, 20, 29) and not at(2026, 11, 10, 20, 30)
    assert at(2026, 7, 10, 19, 29) and not at(2026, 7, 10, 19, 30)
    assert not at(2026, 11, 14, 10, 0)


@given(st.integers(0, 10_000), st.integers(0, 1000))
def test_pauses_are_about_a_minute_and_grow_to_a_bound(failures, seed):
    manners = Manners()
    pause = manners.pause(failures, Random(seed))
    assert 48.0 <= pause <= 900.0 * 1.2
    if failures == 0:
        assert pause <= 72.0
