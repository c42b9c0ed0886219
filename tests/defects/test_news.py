"""Announcements that are read wrongly, cut off, or named after the wrong share."""

import asyncio

import pytest
from aiohttp import web

from skim_tui.domain.events import SourceState
from skim_tui.domain.market import Announcement
from skim_tui.domain.news import NewsIntake, NewsRule
from skim_tui.news.tickers import tickers_in
from tests.announcements.pages import ROWS, Row, today_page
from tests.announcements.test_source import Site, items, reading, reports, until


@pytest.fixture(autouse=True)
def _quick(monkeypatch):
    monkeypatch.setattr("skim_tui.announcements.source.SHORTEST_PAUSE", 0.0)
    monkeypatch.setattr("skim_tui.announcements.source.CLOCK_LOOK", 0.01)


class Chunked(Site):
    """A site that sends its pages in pieces, without saying how long they are; it may hang up after some."""

    def __init__(self, *answers, hang_up_after=10**6):
        super().__init__(*answers)
        self.left = hang_up_after

    async def answer(self, request):
        self.asked.append((request.path.rpartition("/")[2], dict(request.headers)))
        page = (self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]).encode()
        answer = web.StreamResponse(headers={"Content-Type": "text/html; charset=utf-8"})
        answer.enable_chunked_encoding()
        await answer.prepare(request)
        for start in range(0, len(page), 700):
            if self.left <= 0:
                request.transport.abort()
                return answer
            self.left -= 1
            await answer.write(page[start : start + 700])
            await asyncio.sleep(0)
        await answer.write_eof()
        return answer


async def test_a_page_without_a_length_is_read_whole():
    """A good answer is thrown away because it does not say how long it is, and every day looks free of news."""
    async with reading(Chunked(today_page(rows=()), today_page())) as (told, _):
        await until(lambda: len(items(told)) == len(ROWS))
    assert {one.headline for one in items(told)} >= {"Trading Halt", "Quarterly activities report"}


async def test_a_page_that_breaks_off_is_trouble_and_not_a_short_list():
    """Half a page is taken for the whole list, and what stood below the break never happened."""
    async with reading(Chunked(today_page(), hang_up_after=3)) as (told, _):
        await until(lambda: reports(told))
        assert reports(told)[0].state is SourceState.TROUBLED and not items(told)


async def test_news_of_last_evening_is_there_in_the_morning():
    """Most gaps come from what was released after yesterday's close, which is not on today's page."""
    evening = today_page(
        (Row("KPX", "7:12 pm", "Binding offtake", "04999998", True, day="09/11/2026"),), day="9 November 2026"
    )
    async with reading(Site(evening, today_page(rows=()))) as (told, _):
        await until(lambda: len(reports(told)) >= 2)
    (item,) = items(told)
    assert (item.symbol, item.headline, item.price_sensitive) == ("KPX", "Binding offtake", True)
    assert item.headline != "09/11/2026" and "7:12" not in item.headline


@pytest.mark.parametrize(
    ("text", "mic", "found"),
    [
        ("Life360 (ASX: 360) lifts guidance", "XASX", ("360",)),
        ("Robots (ASX:4DX) and (ASX: C6C), 14D.AX", "XASX", ("4DX", "C6C", "14D")),
        ("Holdings (NYSE: BRK.B) reports", "XNYS", ("BRK B",)),
        ("The index (ASX: 200) fell", "XASX", ()),
        ("S&P/ASX: 300 up, ASX: 360 companies rose", "XASX", ()),
    ],
)
def test_codes_with_digits_and_dots_are_shares_too(text, mic, found):
    """News about a share whose code has a digit or a dot in it is about nobody."""
    assert tickers_in(text, mic) == found


def test_the_same_news_on_several_wires_is_one_signal():
    """The trader buys three times because three wires tell the same story."""
    intake = NewsIntake(NewsRule())
    wires = [("DJ-N", "BHP lifts dividend", 0), ("FLY", "* BHP Lifts Dividend", 2), ("BRFG", "BHP LIFTS DIVIDEND.", 9)]
    taken = [
        intake.refuse(Announcement("BHP", 1000.0 + delay, text, source=wire, key=f"{wire}$1"), 1001.0 + delay)
        for wire, text, delay in wires
    ]
    assert taken[0] == "" and all("duplicate" in one for one in taken[1:])
