"""Prices that are no prices, feeds that die without a word, and questions the broker never answers."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncGenerator

import pytest

from skim_tui.broker.tws import TwsBroker
from skim_tui.domain.events import BrokerNotice, Connection, DailyHistory, InstrumentResolved, RequestFailed, TodayBars
from skim_tui.domain.market import Quote, Trade
from tests.broker.gateway import contract_details
from tests.broker.harness import Desk, running, tws_broker
from tests.broker.test_feed import Listener
from tests.broker.test_tws_market import TEN, Market


@pytest.fixture
async def market() -> AsyncGenerator[Market, None]:
    market = Market()
    await market.start()
    yield market
    await market.stop()


@pytest.fixture
async def broker(market: Market) -> TwsBroker:
    return tws_broker(market.port)


@pytest.fixture
async def desk(broker: TwsBroker) -> AsyncGenerator[Desk, None]:
    async with running(broker) as desk:
        await desk.operational()
        yield desk


def quote(market: Market, bid: str = "10.19", ask: str = "10.20") -> None:
    market.send(1, 6, market.feed_id, 1, bid, 500, 1)
    market.send(1, 6, market.feed_id, 2, ask, 300, 1)


async def test_a_competing_session_is_named_once_each_time_and_the_data_come_back(
    market: Market, broker: TwsBroker, desk: Desk
) -> None:
    """The trader looks at his phone, the desk's data stop without a word and stay away."""

    def refuse(fields: list[str]) -> None:
        market.error(fields[2], 10197, "No market data during competing live session")

    broker.watch("BHP")
    await desk.until(lambda: desk.all(TodayBars))
    quote(market)
    await desk.until(lambda: desk.all(Quote))
    for times in (1, 2):
        market.replies[1] = refuse
        refuse(["1", "11", market.feed_id])
        asked = len(market.messages(1))
        await market.until(lambda before=asked: len(market.messages(1)) >= before + 2)
        failed = [one.reason for one in desk.all(RequestFailed)]
        assert len(failed) == times and "10197" in failed[-1] and "competing" in failed[-1]
        del market.replies[1]
        asked = len(market.messages(1))
        await market.until(lambda before=asked: len(market.messages(1)) > before)
        seen = len(desk.all(Quote))
        quote(market)
        await desk.until(lambda before=seen: len(desk.all(Quote)) > before)
    assert Connection.DISCONNECTED not in desk.states(), "nobody is evicted for it"
    assert market.connections == 1


def test_yesterdays_close_is_never_a_price_of_today() -> None:
    """The previous close comes as a tick like any other, and the trader buys a share that has not traded."""
    it = Listener()
    for tick in (9, 14, 35, 37, 50, 51, 57, 92):  # close, open, auction, mark, yields, last RTH trade
        it.feed.on_price(tick, 12.34, 100)
        it.feed.on_size(8, 1_000 + tick)
    it.feed.end_packet()
    assert it.events == []


@pytest.mark.parametrize("tick", [66, 67, 68, 72, 73, 75, 76])
def test_delayed_ticks_are_no_quote_even_if_nobody_says_that_they_are_delayed(tick: int) -> None:
    """The trader trades on prices of twenty minutes ago."""
    it = Listener()
    it.feed.on_price(tick, 12.34, 100)
    it.feed.on_size(74, 5_000)
    it.feed.on_string(88, "1772499723")
    it.feed.end_packet()
    assert it.events == []


@pytest.mark.parametrize("bad", [float("nan"), -1.0, 0.0, -100.0])
def test_a_side_without_a_price_is_no_quote_to_trade_on(bad: float) -> None:
    """The broker writes "nothing" as a number, and the trader's order is priced by it."""
    it = Listener()
    it.feed.on_price(1, bad, 100)
    it.feed.on_price(2, 10.0, 100)
    it.feed.on_price(4, bad, 100)
    it.feed.on_size(8, 1_000)
    it.feed.on_size(8, 1_100)
    it.feed.end_packet()
    (told,) = it.events
    assert isinstance(told, Quote) and not told.two_sided and told.bid == 0.0


async def test_the_wrong_share_of_the_same_code_is_refused_by_name(
    market: Market, broker: TwsBroker, desk: Desk
) -> None:
    """The trader wants RIO in Sydney and buys the one in New York or London because it came first in the list."""

    def foreign(fields: list[str]) -> None:
        market.send(*contract_details(fields[2], fields[4], con_id=1, primary="NYSE", currency="USD"))
        market.send(*contract_details(fields[2], fields[4], con_id=2, primary="LSE", currency="GBP"))
        market.send(52, 1, fields[2])

    market.replies[9] = foreign
    broker.resolve("RIO")
    await desk.until(lambda: desk.all(RequestFailed))
    assert "no share RIO on XASX in AUD: the broker knows RIO NYSE USD, RIO LSE GBP" in desk.last(RequestFailed).reason
    assert desk.all(InstrumentResolved) == []


async def test_the_right_share_is_found_behind_foreign_ones(market: Market, broker: TwsBroker, desk: Desk) -> None:
    """The first of several answers is taken, whatever it is."""

    def several(fields: list[str]) -> None:
        market.send(*contract_details(fields[2], fields[4], con_id=1, primary="NYSE", currency="USD"))
        market.send(*contract_details(fields[2], fields[4], con_id=5, primary="CHIXAU", currency="AUD"))
        market.send(*contract_details(fields[2], fields[4], con_id=9))
        market.send(52, 1, fields[2])

    market.replies[9] = several
    broker.resolve("RIO")
    await desk.until(lambda: desk.all(InstrumentResolved))
    assert desk.last(InstrumentResolved).instrument.con_id == 9


async def test_histories_are_asked_for_in_units_the_broker_knows(market: Market, broker: TwsBroker, desk: Desk) -> None:
    """Every history is refused because minutes are no unit of a duration, and the strategy never fires."""
    for sessions in (1, 20, 250, 500):
        broker.fetch_daily("BHP", sessions)
        await desk.until(lambda: desk.all(DailyHistory))
        desk.events.clear()
    broker.fetch_minutes("BHP", 20)
    broker.watch("BHP")
    await desk.until(lambda: desk.all(TodayBars))
    durations = {fields[17] for fields in market.messages(20)}
    assert len(durations) >= 4 and all(re.fullmatch(r"[1-9]\d{0,2} [SDWMY]", text) for text in durations), durations


async def test_bars_are_asked_for_in_seconds_that_mean_the_same_everywhere(
    market: Market, broker: TwsBroker, desk: Desk
) -> None:
    """Past bars and live ones lie hours apart because each is written in another zone."""
    broker.fetch_minutes("BHP", 20)
    broker.watch("BHP")
    await desk.until(lambda: desk.all(TodayBars))
    assert {fields[20] for fields in market.messages(20)} == {"2"}, "epoch seconds"
    assert [bar.ts for bar in desk.last(TodayBars).bars] == [TEN, TEN + 60]


async def test_two_questions_without_a_number_of_their_own_are_both_answered(
    market: Market, broker: TwsBroker, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two shares ask for the same price steps at once: the first answer goes to the second, the other waits on."""
    monkeypatch.setattr("skim_tui.broker.tws.lookup.DETAILS_TIMEOUT", 2.0)
    loop = asyncio.get_running_loop()
    market.replies[91] = lambda fields: loop.call_later(0.05, market.rule, fields)
    for symbol in ("BHP", "RIO", "FMG"):
        broker.resolve(symbol)
    began = loop.time()
    await desk.until(lambda: len(desk.all(InstrumentResolved)) == 3)
    assert loop.time() - began < 1.5, "nobody waited until his patience ended"


async def test_a_broken_message_about_prices_is_not_the_end_of_the_feed(
    market: Market, broker: TwsBroker, desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    """One damaged tick stops all quotes of the day."""
    broker.watch("BHP")
    await desk.until(lambda: desk.all(TodayBars))
    with caplog.at_level("CRITICAL"):
        market.send(1, 6, market.feed_id, 1, "ten", 500, 1)
        market.send(1, 6, market.feed_id)
        market.send(46, 6, market.feed_id, 48, "10.2;x;y")
        market.send(58, 1, "none", 3)
    quote(market)
    market.send(46, 6, market.feed_id, 48, f"10.2;100;{int((TEN + 209) * 1000)};3400;10.1;false")
    await desk.until(lambda: desk.all(Quote) and desk.all(Trade))
    assert desk.states()[-1] is Connection.OPERATIONAL


async def test_a_look_up_that_is_never_answered_ends_in_words(
    market: Market, broker: TwsBroker, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The desk waits for ever for a description of a share, and its row says nothing."""
    monkeypatch.setattr("skim_tui.broker.tws.lookup.DETAILS_TIMEOUT", 0.05)
    market.replies[9] = lambda fields: None
    broker.resolve("BHP")
    await desk.until(lambda: desk.all(RequestFailed))
    assert "no answer within" in desk.last(RequestFailed).reason


async def test_histories_that_are_never_answered_give_their_places_back(
    market: Market, broker: TwsBroker, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After six lost histories no further one is ever asked for, and every candidate stays without its averages."""
    monkeypatch.setattr("skim_tui.broker.tws.lookup.HISTORY_TIMEOUT", 0.05)
    market.replies[20] = lambda fields: None
    symbols = [f"S{number:02}" for number in range(9)]
    for symbol in symbols:
        broker.fetch_daily(symbol, 20)
    await desk.until(lambda: len(desk.all(RequestFailed)) == len(symbols))
    assert len(market.messages(25)) >= len(symbols), "each is cancelled at the broker"
    market.replies[20] = market.history
    broker.fetch_daily("BHP", 20)
    await desk.until(lambda: desk.all(DailyHistory))


async def test_too_many_messages_is_said_and_costs_no_order(market: Market, broker: TwsBroker, desk: Desk) -> None:
    """The broker hangs up because the desk asked for everything at once when the market opened."""
    for number in range(60):
        broker.resolve(f"S{number:02}")
    await market.until(lambda: len(market.messages(9)) >= 10)
    began = asyncio.get_running_loop().time()
    before = len(market.seen)
    await asyncio.sleep(0.5)
    rate = (len(market.seen) - before) / (asyncio.get_running_loop().time() - began)
    assert rate <= 50
    market.error(-1, 100, "Max rate of messages per second has been exceeded")
    await desk.until(lambda: any(one.code == 100 for one in desk.all(BrokerNotice)))
    assert desk.states()[-1] is Connection.OPERATIONAL
