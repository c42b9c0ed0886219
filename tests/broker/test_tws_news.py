"""The adapter's news on the embedded exchange, over its TWS door: providers, headlines, articles, refusals."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import suppress

import pytest

from skim_tui.broker.tws.news import epoch_seconds, past_time
from skim_tui.domain.events import Article, RequestFailed, SourceReport, SourceState
from skim_tui.domain.market import Announcement
from skim_tui.exchange import synthetic
from skim_tui.exchange.core import Exchange
from skim_tui.exchange.model import Rejected
from skim_tui.exchange.tws.newsdesk import NewsDesk
from skim_tui.exchange.tws.server import TwsDoor

from .harness import Desk, running, tws_broker


@pytest.fixture
async def floor(asx_calendar) -> AsyncGenerator[tuple[Exchange, TwsDoor, int]]:
    """An exchange at its open, with wires that sent two headlines before it and send more after."""
    tape = synthetic.generate(1)
    day = asx_calendar.day(tape.dates[0])
    tape.announcements = [
        Announcement("QAN", day.open - 3600, "Qantas lifts fares", source="DJ-N", key="DJ-N$1", symbols=("QAN",)),
        Announcement("QAN", day.open - 1800, "Fuel &amp; wages", source="FLY", key="FLY$1", symbols=("QAN",)),
        Announcement(
            "BHP", day.open + 20, "Miners rise as ore recovers", source="DJ-N", key="DJ-N$2", symbols=("BHP", "QAN"),
            sentiment=0.5, confidence=0.9,
        ),
        Announcement("CBA", day.open + 25, "Bank says nothing", source="FLY", key="FLY$2", symbols=("CBA",)),
    ]  # fmt: skip
    tape.articles[("DJ-N", "DJ-N$2")] = "<p>Ore (ASX: BHP) recovers</p>"
    exchange = Exchange(tape, asx_calendar, start=day.open, speed=60.0)
    door = TwsDoor(exchange)
    _, port = await door.start()
    playing = asyncio.create_task(exchange.run(linger=True))
    yield exchange, door, port
    playing.cancel()
    with suppress(asyncio.CancelledError):
        await playing
    await door.stop()


def headlines(desk: Desk) -> dict[str, Announcement]:
    return {item.key: item for item in desk.all(Announcement)}


async def test_providers_tapes_past_headlines_and_articles(floor):
    _, _, port = floor
    broker = tws_broker(port)
    broker.follow_news()
    async with running(broker) as desk:
        await desk.operational()
        broker.watch("QAN")
        await desk.until(lambda: set(headlines(desk)) >= {"DJ-N$1", "FLY$1", "DJ-N$2", "FLY$2"})
        found = headlines(desk)
        assert found["FLY$1"].headline == "Fuel & wages" and found["FLY$1"].symbols == ("QAN",)
        await desk.until(lambda: set(headlines(desk)["DJ-N$2"].symbols) == {"BHP", "QAN"})
        assert (found["DJ-N$2"].sentiment, found["DJ-N$2"].confidence) == (0.5, 0.9)
        assert found["FLY$2"].symbol == "CBA", "a broad tape's contract id is looked up"
        reports = desk.all(SourceReport)
        assert reports[0].state is SourceState.WORKING and "DJ-N" in reports[0].text and "FLY" in reports[0].text

        broker.fetch_article("DJ-N", "DJ-N$2")
        await desk.until(lambda: desk.all(Article))
        assert desk.last(Article) == Article("DJ-N", "DJ-N$2", "<p>Ore (ASX: BHP) recovers</p>")
        broker.fetch_article("DJ-N", "DJ-N$99")
        await desk.until(lambda: [one for one in desk.all(RequestFailed) if one.what == "fetch_article"])
        assert "10172" in desk.last(RequestFailed).reason and desk.last(RequestFailed).symbol == "DJ-N$99"


async def test_only_the_wanted_providers_are_read(floor):
    _, _, port = floor
    broker = tws_broker(port)
    broker.follow_news(("FLY", "BZ"))
    async with running(broker) as desk:
        await desk.operational()
        await desk.until(lambda: desk.all(SourceReport))
        assert "not offered: BZ" in desk.all(SourceReport)[0].text
        await desk.until(lambda: "FLY$2" in headlines(desk))
        assert not [key for key in headlines(desk) if key.startswith("DJ-N")]


async def test_a_refused_tape_is_told_once_and_the_rest_goes_on(floor, monkeypatch):
    _, _, port = floor

    def refuse(self, request_id, symbol):
        raise Rejected(10276, "News feed is not allowed.")

    monkeypatch.setattr(NewsDesk, "watch_tape", refuse)
    broker = tws_broker(port)
    broker.follow_news()
    async with running(broker) as desk:
        await desk.operational()
        broker.watch("QAN")
        await desk.until(lambda: "FLY$1" in headlines(desk))
        refused = [one.text for one in desk.all(SourceReport) if "10276" in one.text]
    assert sorted(refused) == sorted(set(refused)) and len(refused) == 3


def test_times_come_in_either_unit():
    assert epoch_seconds(1_790_000_000_123) == epoch_seconds(1_790_000_000.123) == 1_790_000_000.123
    assert past_time("2026-03-03 01:02:03.0") == 1_772_499_723.0
    assert past_time("yesterday") is None
