"""The newsroom: every item counted once, tested once, in a bounded queue; slow shares hold up nobody."""

from __future__ import annotations

import asyncio
import math
from dataclasses import replace
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skim_tui.config import Config
from skim_tui.desk.engine import Desk
from skim_tui.desk.news import newsroom as module
from skim_tui.desk.news.newsboard import NewsBoard
from skim_tui.desk.news.newshealth import news_health
from skim_tui.domain.candidate import CandidateState
from skim_tui.domain.events import Article, RequestFailed
from skim_tui.domain.market import Announcement, Bar
from skim_tui.exchange import synthetic
from skim_tui.exchange.core import Exchange
from skim_tui.exchange.direct import DirectBroker
from skim_tui.journal import Journal
from tests.conftest import calendar_of

SEED = 1


def config(**shock):
    base = Config()
    return base.model_copy(update={"shock": base.shock.model_copy(update={"enabled": True, **shock})})


class Wire(DirectBroker):
    """The in-process broker with a news wire whose articles a test writes, and shares it does not answer for."""

    def __init__(self, exchange):
        super().__init__(exchange)
        self.articles = {}
        self.asked = []
        self.fetched = []
        self.silent = set()

    def follow_news(self, providers=()):
        pass

    def fetch_article(self, provider, article_id):
        self.asked.append(article_id)
        if article_id in self.articles:
            self._emit(Article(provider, article_id, self.articles[article_id]))

    def fetch_minutes(self, symbol, sessions):
        self.fetched.append(symbol)

    def watch(self, symbol):
        if symbol not in self.silent:
            super().watch(symbol)


generated = cache(synthetic.generate)


class Day:
    """A generated day played up to ``minute`` of the session, with a desk on it."""

    def __init__(self, minute=30, seed=SEED, **shock):
        calendar = calendar_of("XASX")
        tape = replace(generated(seed), announcements=[])
        day = calendar.day(tape.dates[0])
        self.open = day.open
        self.exchange = Exchange(tape, calendar, start=day.open + minute * 60.0, speed=None)
        self.broker = Wire(self.exchange)
        self.journal = Journal.open(":memory:", durable=False)
        self.real = 0.0
        self.desk = Desk(config(**shock), self.broker, self.journal, calendar, wall=self.broker.now)
        self.room = self.desk.newsroom
        self.room._clock = lambda: self.real
        self.broker.connect(self.desk.handle)

    def tell(self, *items):
        for item in items:
            self.desk.handle(item)

    def item(self, symbol="WES", number=0, **more):
        text = more.pop("headline", f"Something new about it, part {number}")
        return Announcement(
            symbol, self.broker.now() - 1.0, text, source="DJ-N", key=more.pop("key", f"{symbol}${number}"), **more
        )

    def play(self, minutes):
        self.exchange.play(self.broker.now() + minutes * 60.0)


@pytest.fixture(autouse=True)
def _quiet(caplog):
    caplog.set_level("CRITICAL")


def test_an_item_waits_for_its_window_and_is_tested_once():
    day = Day()
    first = day.item()
    day.tell(first, first, replace(first, source="FLY", key="FLY$1"))
    assert (day.room.counts.received, day.room.counts.duplicates, day.room.open_windows) == (3, 2, 1)
    day.play(12)
    assert day.room.counts.tested == 1 and day.room.counts.waiting == 0 and day.room.counts.add_up
    assert "WES" not in {symbol for symbol, one in day.desk.watchlist.symbols.items() if one.watched}
    verdict = next(iter(day.desk.board.verdicts.values()))
    assert verdict.startswith("no shock within 10 min")
    day.tell(first)
    assert day.room.counts.tested == 1 and day.room.counts.duplicates == 3


def test_old_news_and_news_from_before_the_open_is_not_tested():
    day = Day(minute=60)
    day.tell(
        replace(day.item(number=1), ts=day.open + 60.0),
        replace(day.item(number=2), ts=day.open - 60.0),
    )
    assert (day.room.counts.received, day.room.counts.stale, day.room.counts.waiting) == (2, 2, 0)


def test_news_from_before_the_open_is_tested_where_that_is_wanted():
    for in_session_only, stale in ((True, 1), (False, 0)):
        day = Day(minute=5, in_session_only=in_session_only)
        day.tell(replace(day.item(), ts=day.open - 60.0))
        assert (day.room.counts.stale, day.room.open_windows) == (stale, 1 - stale)


def test_a_share_is_found_in_the_headline_or_in_the_article():
    day = Day()
    day.broker.articles["A$1"] = "<p>Wesfarmers (ASX: WES) and nobody else</p>"
    day.broker.articles["A$2"] = "<p>Shares were mixed</p>"
    day.tell(
        day.item("", 1, headline="Retailer (ASX: WOW) opens a store", key="A$0"),
        day.item("", 2, key="A$1"),
        day.item("", 3, key="A$2"),
        day.item("", 3, key="A$2"),
        day.item("", 4, key=""),
    )
    assert day.broker.asked == ["A$1", "A$2"]
    assert set(day.room._open) == {"WOW", "WES"}
    counts = day.room.counts
    assert (counts.received, counts.no_ticker, counts.duplicates, counts.waiting) == (5, 2, 1, 2) and counts.add_up


def test_an_article_that_cannot_be_had_leaves_no_ticker():
    day = Day()
    day.tell(day.item("", 1, key="A$1"))
    assert day.room.busy == 1
    day.tell(RequestFailed("fetch_article", "A$1", "10172 no data"))
    assert (day.room.busy, day.room.counts.no_ticker) == (0, 1)
    day.tell(day.item("", 2, key="A$2"))
    day.real += 31.0
    day.desk.advance(day.broker.now())
    assert (day.room.busy, day.room.counts.no_ticker) == (0, 2)


def test_a_slow_share_holds_one_place_and_is_given_up():
    day = Day(workers=2)
    day.broker.silent = {"CSL"}
    day.tell(*(day.item("CSL", number) for number in range(5)))
    day.tell(*(day.item(symbol) for symbol in ("WES", "WOW", "TCL", "GMG", "QBE")))
    assert day.room.busy == 1 and set(day.room._open) == {"WES", "WOW", "TCL", "GMG", "QBE"}
    day.real += 31.0
    day.desk.advance(day.broker.now())
    counts = day.room.counts
    assert (counts.tested, counts.no_data, day.room.busy) == (5, 5, 0) and counts.add_up
    assert any("no data within" in verdict for verdict in day.desk.board.verdicts.values())


def test_an_unknown_share_is_told_as_such():
    day = Day()
    day.tell(day.item("ZZZZ"))
    assert day.room.counts.no_data == 1 and day.room.counts.add_up
    assert "no security definition" in day.desk.board.verdicts["DJ-N/ZZZZ$0"]


def test_a_full_queue_gives_up_the_oldest():
    day = Day(workers=1, queue=10)
    day.broker.silent = {"CSL"}
    day.tell(day.item("CSL"))
    day.tell(*(day.item("WES", number) for number in range(25)))
    counts = day.room.counts
    assert (day.room.queued, counts.overflow) == (10, 15) and counts.add_up
    assert news_health(day.room, "items").level == "warning"
    day.broker.silent.clear()
    day.real += 31.0
    day.desk.advance(day.broker.now())
    day.tell(day.item("WOW"))
    assert day.room.queued == 0
    kept = [work.item.key for works in day.room._open.values() for work in works]
    assert "WES$24" in kept and "WES$0" not in kept


def test_a_shock_becomes_a_ticket_with_its_evidence():
    shocked = next(item for item in generated(SEED).announcements if item.source == "DJ-N" and item.sentiment)
    day = Day(minute=0)
    day.play((shocked.ts - day.open) / 60.0)
    day.tell(shocked)
    day.play(3)
    (entry,) = [one for one in day.desk.tickets.entries.values() if one.ticket.strategy == "news shock"]
    evidence = dict(entry.ticket.evidence)
    assert entry.ticket.symbol == shocked.symbol and evidence["news"] == shocked.headline
    assert "z of return" in evidence and entry.ticket.target is not None
    assert day.room.counts.signals == 1 and len(day.room.processing) == len(day.room.ordering) == 1
    assert day.desk.board.verdicts[f"DJ-N/{shocked.key}"].startswith("SHOCK up")


INDEX = "CBA"
"""Stands for the market in these tests."""


def test_a_shock_is_measured_against_the_index_and_the_index_is_not_traded():
    shocked = next(item for item in generated(SEED).announcements if item.source == "DJ-N" and item.sentiment)
    day = Day(minute=0, index_asx=INDEX)
    follows = day.desk.watchlist.symbols[INDEX]
    assert follows.watched and follows.state is CandidateState.DROPPED and "not traded" in follows.why_not
    day.play((shocked.ts - day.open) / 60.0)
    day.tell(shocked)
    day.play(3)
    (entry,) = [one for one in day.desk.tickets.entries.values() if one.ticket.strategy == "news shock"]
    evidence = dict(entry.ticket.evidence)
    minutes = int(evidence["detector"].split(", ")[1].split()[0])
    start = shocked.ts - shocked.ts % 60.0
    closes = {bar.ts: bar.close for bar in day.exchange.minute_bars(INDEX, day.open, start + minutes * 60.0)}
    before = closes[max(ts for ts in closes if ts + 60.0 <= shocked.ts)]
    last = closes[max(ts for ts in closes if ts + 60.0 <= start + minutes * 60.0)]
    assert float(evidence[f"index {INDEX} %"]) == pytest.approx(math.log(last / before) * 100, rel=1e-3)
    assert not any(one.ticket.symbol == INDEX for one in day.desk.tickets.entries.values())


def test_every_open_window_is_looked_at_when_the_indexs_minute_comes():
    day = Day(index_asx=INDEX)
    day.tell(day.item("WES"), day.item("WOW"))
    looked, judge = [], day.room._test.judge
    day.room._test.judge = lambda symbol, item: looked.append(symbol) or judge(symbol, item)
    at = day.broker.now() - 60.0
    for symbol, expected in (("QBE", []), ("WOW", ["WOW"]), (INDEX, ["WOW", "WES", "WOW"])):
        day.room.on_bars((Bar(symbol, at, 1.0, 1.0, 1.0, 1.0, 1),))
        assert sorted(looked[-2:]) == sorted(expected[-2:]) and len(looked) == len(expected)


def test_no_index_is_followed_when_none_is_asked_for_or_the_strategy_is_off():
    for shock in ({}, {"index_us": INDEX}, {"index_asx": INDEX, "enabled": False}):
        assert INDEX not in Day(minute=0, **shock).desk.watchlist.symbols


def test_an_index_that_cannot_be_had_is_said_in_each_verdict():
    day = Day(index_asx="ZZZZ")
    day.tell(day.item())
    day.play(12)
    (verdict,) = day.desk.board.verdicts.values()
    assert verdict == "no price of index ZZZZ to measure the market's move by"


def test_the_earlier_sessions_minutes_are_fetched_while_a_window_is_open_and_nothing_else_waits():
    day = Day(streams=1)
    day.tell(day.item("WES"), day.item("WES", 1))
    assert day.room.open_windows == 2 and day.broker.fetched.count("WES") == 1
    day.tell(day.item("WOW"), day.item("TCL"))
    day.play(4)
    assert day.room.queued == 1 and set(day.room._open) == {"TCL"}
    assert "TCL" not in day.broker.fetched, "another item waits for its data"
    day.play(4)
    assert day.broker.fetched.count("WOW") == 1


def test_without_minutes_of_earlier_sessions_an_item_still_waits_for_what_it_needs():
    day = Day()
    day.broker.silent = {"CSL"}
    day.tell(day.item("CSL"), RequestFailed("fetch_minutes", "CSL", "no data"))
    assert day.room.busy == 1


def test_the_day_ends_with_nothing_open():
    day = Day()
    day.broker.silent = {"CSL"}
    day.tell(day.item("WES"), day.item("CSL"))
    day.desk.trading_day.finish()
    assert (day.room.counts.waiting, day.room.open_windows, day.room.busy) == (0, 0, 0) and day.room.counts.add_up


def test_switched_off_it_counts_nothing():
    day = Day(enabled=False)
    day.tell(day.item())
    assert day.room.counts.received == 0 and len(day.desk.board.rows) == 1


SYMBOLS = ("WES", "WOW", "TCL", "CSL", "ZZZZ", "")


@given(
    st.lists(
        st.tuples(st.sampled_from(SYMBOLS), st.integers(0, 4), st.sampled_from((1.0, 5000.0)), st.booleans()),
        max_size=40,
    ),
    st.integers(1, 3),
)
@settings(max_examples=25, deadline=None)
def test_counts_always_add_up(steps, workers):
    day = Day(workers=workers, queue=10)
    day.broker.silent = {"CSL"}
    for symbol, number, age, passes in steps:
        item = day.item(symbol, number)
        day.tell(replace(item, ts=item.ts - age))
        if passes:
            day.play(1)
            day.real += 5.0
        assert day.room.counts.add_up
        assert day.room.queued <= 10 and day.room.busy <= workers
        waiting = day.room.queued + day.room.open_windows + len(day.room._reading)
        waiting += sum(len(works) for works in day.room._fetching.values())
        assert day.room.counts.waiting == waiting
    day.desk.trading_day.finish()
    assert day.room.counts.waiting == day.room.queued + len(day.room._reading)


async def test_a_worker_takes_what_is_offered_in_small_batches(monkeypatch):
    monkeypatch.setattr(module, "BATCH", 3)
    day = Day()
    day.desk.news_inline = False
    task = asyncio.create_task(day.room.run())
    day.tell(*(day.item("WES", number) for number in range(20)))
    assert day.room.queued == 20, "the handler only queues"
    async with asyncio.timeout(5):
        while day.room.queued:
            await asyncio.sleep(0)
    assert day.room.open_windows == 20
    task.cancel()


def test_the_board_shows_an_event_once_and_learns_from_each_source():
    board = NewsBoard()
    wire = Announcement("KPX", 1000.0, "Guidance upgrade", source="DJ-N", key="1", symbols=("KPX",), sentiment=0.5)
    page = Announcement("KPX", 960.0, "GUIDANCE UPGRADE", True, "ASX", "05000001", pages=4, link="https://x")
    assert board.take(wire) == ("DJ-N/1", ())
    assert board.take(page) == ("DJ-N/1", ())
    assert board.take(page) == ("", ())
    (row,) = board.rows.values()
    assert (row.price_sensitive, row.pages, row.sentiment, row.ts) == (True, 4, 0.5, 1000.0)
    board.ask("DJ-N/1")
    assert board.answer("FLY", "1", "x") == "" and board.answer("DJ-N", "1", "<p>Text</p>") == "DJ-N/1"
    assert board.articles["DJ-N/1"].text == "Text"
    assert board.forget_before(1001.0) == ("DJ-N/1",) and not board.rows
    for number in range(1005):
        key, gone = board.take(Announcement("KPX", float(number), f"Item {number}", source="DJ-N", key=str(number)))
        assert key and len(gone) == (number >= 1000)
    assert len(board.rows) == 1000


def test_no_more_shares_are_streamed_than_are_set_aside_for_news():
    day = Day(streams=3)
    day.tell(*(day.item(symbol) for symbol in ("WES", "WOW", "TCL", "GMG", "QBE")))
    assert set(day.room._open) == {"WES", "WOW", "TCL"} and day.room.queued == 2
    day.play(2)
    assert set(day.room._open) == {"WES", "WOW", "TCL"} and day.room.queued == 2
    day.play(2)
    assert day.room.queued == 0 and {"GMG", "QBE"} < set(day.room._open)
    early = [text for text in day.desk.board.verdicts.values() if "newer news" in text]
    assert len(early) == 2 and day.room.counts.tested == 2
    day.play(15)
    assert day.room.counts.tested == 5 and day.room.counts.waiting == 0 and day.room.counts.add_up
