"""Watches, look-ups and the scan over a real socket."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from skim_tui.broker.port import ScanRequest
from skim_tui.broker.tws import TwsBroker
from skim_tui.domain.events import (
    BarsClosed,
    DailyHistory,
    HaltChanged,
    InstrumentResolved,
    MinuteHistory,
    OpenPrice,
    RequestFailed,
    ScanResult,
    ScanRow,
    TodayBars,
)
from skim_tui.domain.instrument import ASX_LADDER, ladder
from skim_tui.domain.market import Quote, Trade

from .gateway import Gateway, contract_details
from .harness import Desk, running, tws_broker

SYDNEY = ZoneInfo("Australia/Sydney")
TEN = datetime(2025, 11, 20, 10, 0, tzinfo=SYDNEY).timestamp()


class Market(Gateway):
    """A gateway that knows ASX shares and has one symbol's bars, on a day that stands at 10:03:30."""

    def __init__(self) -> None:
        super().__init__(time=lambda: TEN + 210.0)
        self.minutes: list[tuple[float, float, int]] = [
            (TEN - 24 * 3600, 9.0, 700),
            (TEN, 10.0, 1000),
            (TEN + 60, 10.1, 2000),
            (TEN + 180, 10.2, 300),
        ]
        self.replies[9] = self.details
        self.replies[91] = self.rule
        self.replies[20] = self.history

    def details(self, fields: list[str]) -> None:
        self.send(*contract_details(fields[2], fields[4]))
        self.send(52, 1, fields[2])

    def rule(self, fields: list[str]) -> None:
        self.send(93, fields[1], 3, "0", "0.001", "0.1", "0.005", "2", "0.01")

    def history(self, fields: list[str]) -> None:
        request_id, size = fields[1], fields[16]
        if size == "1 day":
            days = ("20251118", "20251119", "20251120")
            rows = [value for day in days for value in (day, 9, 9.5, 8.5, 9.2, 10_000, 9.1, 50)]
            self.send(17, request_id, "", "", len(days), *rows)
            return
        rows = [
            value
            for ts, price, volume in self.minutes
            for value in (int(ts), price, price, price, price, volume, price, 9)
        ]
        self.send(17, request_id, "", "", len(self.minutes), *rows)

    def bar(self, request_id: str, ts: float, price: float, volume: int) -> None:
        """A historicalDataUpdate: open, close, high, low."""
        self.send(90, request_id, 5, int(ts), price, price, price, price, price, volume)

    @property
    def bars_id(self) -> str:
        return next(fields[1] for fields in reversed(self.messages(20)) if fields[16] == "1 min")

    @property
    def feed_id(self) -> str:
        return self.messages(1)[-1][2]


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


# ---- watching -----------------------------------------------------------------------------------


async def test_a_watch_gives_todays_bars_then_quotes_trades_and_closed_bars(
    market: Market, broker: TwsBroker, desk: Desk
) -> None:
    broker.watch("BHP")
    broker.watch("BHP")  # idempotent
    await desk.until(lambda: desk.all(TodayBars))
    assert [(bar.ts, bar.close, bar.volume) for bar in desk.last(TodayBars).bars] == [
        (TEN, 10.0, 1000),
        (TEN + 60, 10.1, 2000),
    ]
    assert len(market.messages(1)) == 1
    assert market.messages(1)[0][3] == "4036812"
    feed = market.feed_id
    market.send(1, 6, feed, 1, "10.19", 500, 1)
    market.send(1, 6, feed, 2, "10.20", 300, 1)
    market.send(46, 6, feed, 48, f"10.2;100;{int((TEN + 209) * 1000)};3400;10.1;false")
    market.send(45, 6, feed, 49, "1.0")
    market.bar(market.bars_id, TEN + 180, 10.25, 400)
    market.bar(market.bars_id, TEN + 240, 10.3, 50)
    await desk.until(lambda: desk.all(BarsClosed))
    quotes = [(quote.bid, quote.bid_size, quote.ask, quote.ask_size) for quote in desk.all(Quote)]
    assert quotes[-1] == (10.19, 500, 10.2, 300)
    assert [(trade.ts, trade.price, trade.size, trade.day_volume) for trade in desk.all(Trade)] == [
        (TEN + 209, 10.2, 100, 3400)
    ]
    assert [halt.halted for halt in desk.all(HaltChanged)] == [True]
    assert [(bar.ts, bar.close, bar.volume) for bar in desk.last(BarsClosed).bars] == [(TEN + 180, 10.25, 400)]
    kinds = [type(event) for event in desk.events]
    assert kinds.index(TodayBars) < min(kinds.index(Quote), kinds.index(Trade), kinds.index(HaltChanged))


async def test_the_official_open_is_told_before_the_bars_that_are_judged_by_it(
    market: Market, broker: TwsBroker, desk: Desk
) -> None:
    asked: list[list[str]] = []
    market.replies[20] = asked.append
    broker.watch("BHP")
    await market.until(lambda: market.messages(1) and asked)
    market.send(1, 6, market.feed_id, 14, "9.87", 0, 0)
    market.send(1, 6, market.feed_id, 1, "10.19", 500, 1)
    await asyncio.sleep(0.05)
    assert desk.all(OpenPrice) == []
    market.history(asked[0])
    await desk.until(lambda: desk.all(Quote))
    kinds = [type(event) for event in desk.events if isinstance(event, OpenPrice | TodayBars)]
    assert kinds == [OpenPrice, TodayBars] and desk.last(OpenPrice).price == 9.87


async def test_quotes_wait_for_todays_bars(market: Market, broker: TwsBroker, desk: Desk) -> None:
    asked: list[list[str]] = []
    market.replies[20] = asked.append
    broker.watch("BHP")
    await market.until(lambda: market.messages(1) and asked)
    market.send(1, 6, market.feed_id, 1, "10.19", 500, 1)
    await asyncio.sleep(0.05)
    assert desk.all(Quote) == []
    market.history(asked[0])
    await desk.until(lambda: desk.all(Quote))
    kinds = [type(event) for event in desk.events]
    assert kinds.index(TodayBars) < kinds.index(Quote)


async def test_bars_begun_before_the_first_trade_are_asked_for_again(
    market: Market, broker: TwsBroker, desk: Desk
) -> None:
    market.replies[20] = lambda fields: market.error(fields[1], 162, "HMDS query returned no data: BHP@SMART Trades")
    broker.watch("BHP")
    await desk.until(lambda: desk.all(TodayBars))
    assert desk.last(TodayBars).bars == ()
    assert desk.all(RequestFailed) == []
    market.replies[20] = market.history
    await desk.until(lambda: desk.last(TodayBars).bars)


async def test_the_first_trade_of_the_day_asks_for_its_bar(
    market: Market, broker: TwsBroker, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("skim_tui.broker.tws.watch.RESTART", 3600.0)
    market.replies[20] = lambda fields: market.error(fields[1], 162, "HMDS query returned no data: BHP@SMART Trades")
    broker.watch("BHP")
    await desk.until(lambda: desk.all(TodayBars))
    market.replies[20] = market.history
    market.send(46, 6, market.feed_id, 48, f"10.2;100;{int((TEN + 209) * 1000)};100;10.2;true")
    await desk.until(lambda: desk.last(TodayBars).bars)
    assert len([fields for fields in market.messages(20) if fields[16] == "1 min"]) == 2


async def test_an_empty_history_is_kept_up_to_date_all_the_same(market: Market, broker: TwsBroker, desk: Desk) -> None:
    market.minutes.clear()
    broker.watch("BHP")
    await desk.until(lambda: desk.all(TodayBars))
    market.bar(market.bars_id, TEN + 180, 10.0, 100)
    market.bar(market.bars_id, TEN + 240, 10.0, 100)
    await desk.until(lambda: desk.all(BarsClosed))
    assert desk.last(BarsClosed).bars[0].ts == TEN + 180


async def test_market_data_that_are_refused_are_told_once_and_tried_again(
    market: Market, broker: TwsBroker, desk: Desk
) -> None:
    market.replies[1] = lambda fields: market.error(fields[2], 354, "Requested market data is not subscribed.")
    broker.watch("BHP")
    await market.until(lambda: len(market.messages(1)) >= 3)
    failed = [(event.what, event.symbol) for event in desk.all(RequestFailed)]
    assert failed == [("watch", "BHP")]
    assert "354" in desk.last(RequestFailed).reason


async def test_unwatch_cancels_both_subscriptions(market: Market, broker: TwsBroker, desk: Desk) -> None:
    broker.watch("BHP")
    await desk.until(lambda: desk.all(TodayBars))
    feed, bars = market.feed_id, market.bars_id
    broker.unwatch("BHP")
    await market.until(lambda: market.messages(2) and market.messages(25))
    assert market.messages(2)[0][2] == feed
    assert market.messages(25)[0][2] == bars
    broker.watch("BHP")
    await desk.until(lambda: len(desk.all(TodayBars)) == 2)


async def test_a_reconnect_watches_again(market: Market, broker: TwsBroker, desk: Desk) -> None:
    broker.watch("BHP")
    await desk.until(lambda: desk.all(TodayBars))
    market.drop()
    await desk.until(lambda: len(desk.all(TodayBars)) == 2)
    assert desk.all(RequestFailed) == []


async def test_more_watches_than_the_broker_streams_are_refused(market: Market, broker: TwsBroker, desk: Desk) -> None:
    for number in range(43):
        broker.watch(f"S{number:02}")
    await desk.until(lambda: desk.all(RequestFailed))
    assert desk.last(RequestFailed).symbol == "S42"


# ---- look-ups -----------------------------------------------------------------------------------


async def test_an_instrument_has_the_brokers_ladder(market: Market, broker: TwsBroker, desk: Desk) -> None:
    market.replies[91] = lambda fields: market.send(93, fields[1], 2, "0", "0.001", "0.5", "0.05")
    broker.resolve("BHP")
    await desk.until(lambda: desk.all(InstrumentResolved))
    instrument = desk.last(InstrumentResolved).instrument
    assert (instrument.symbol, instrument.mic, instrument.currency, instrument.con_id) == (
        "BHP",
        "XASX",
        "AUD",
        4036812,
    )
    assert instrument.ladder == ladder(("0", "0.001"), ("0.5", "0.05"))
    assert (instrument.name, instrument.min_order_value, instrument.lot) == ("BHP LTD", Decimal(500), 1)


async def test_without_a_market_rule_the_exchanges_ladder_holds(
    market: Market, broker: TwsBroker, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("skim_tui.broker.tws.lookup.DETAILS_TIMEOUT", 0.2)
    market.replies[91] = lambda fields: None
    broker.resolve("BHP")
    await desk.until(lambda: desk.all(InstrumentResolved))
    assert desk.last(InstrumentResolved).instrument.ladder == ASX_LADDER


async def test_an_american_listing_is_not_the_share(market: Market, broker: TwsBroker, desk: Desk) -> None:
    def adr(fields: list[str]) -> None:
        market.send(*contract_details(fields[2], fields[4], primary="NYSE", currency="USD"))
        market.send(52, 1, fields[2])

    market.replies[9] = adr
    broker.resolve("BHP")
    await desk.until(lambda: desk.all(RequestFailed))
    failed = desk.last(RequestFailed)
    assert (failed.what, failed.symbol) == ("resolve", "BHP")
    assert "no share BHP on XASX in AUD: the broker knows BHP NYSE USD" in failed.reason


async def test_daily_bars_end_before_today(market: Market, broker: TwsBroker, desk: Desk) -> None:
    broker.fetch_daily("BHP", 60)
    await desk.until(lambda: desk.all(DailyHistory))
    assert [bar.date for bar in desk.last(DailyHistory).bars] == [date(2025, 11, 18), date(2025, 11, 19)]
    request = next(fields for fields in market.messages(20) if fields[16] == "1 day")
    assert request[17:20] == ["61 D", "1", "TRADES"]
    broker.fetch_daily("BHP", 1)
    await desk.until(lambda: len(desk.all(DailyHistory)) == 2)
    assert [bar.date for bar in desk.last(DailyHistory).bars] == [date(2025, 11, 19)]


async def test_minutes_of_earlier_sessions_end_before_today(market: Market, broker: TwsBroker, desk: Desk) -> None:
    first = market.minutes[0][0]  # of the evening before
    market.minutes = [(first - 86_400.0 + 60.0 * minute, 9.0, 500) for minute in range(3)] + market.minutes
    broker.fetch_minutes("BHP", 20)
    await desk.until(lambda: desk.all(MinuteHistory))
    assert [(bar.close, bar.volume) for bar in desk.last(MinuteHistory).bars] == [(9.0, 500)] * 3 + [(9.0, 700)]
    request = next(fields for fields in market.messages(20) if fields[16] == "1 min")
    assert request[17:20] == ["21 D", "1", "TRADES"]


async def test_a_history_error_is_no_empty_history(market: Market, broker: TwsBroker, desk: Desk) -> None:
    market.replies[20] = lambda fields: market.error(fields[1], 162, "HMDS query returned no data")
    broker.fetch_daily("BHP", 60)
    await desk.until(lambda: desk.all(RequestFailed))
    assert desk.all(DailyHistory) == []
    assert "no data" in desk.last(RequestFailed).reason


async def test_a_pacing_violation_is_tried_again(market: Market, broker: TwsBroker, desk: Desk) -> None:
    def once(fields: list[str]) -> None:
        market.replies[20] = market.history
        market.error(fields[1], 162, "Historical Market Data Service error message:pacing violation")

    market.replies[20] = once
    broker.fetch_daily("BHP", 60)
    await desk.until(lambda: desk.all(DailyHistory))
    assert desk.all(RequestFailed) == []


async def test_look_ups_without_an_answer_are_asked_again_after_a_reconnect(
    market: Market, broker: TwsBroker, desk: Desk
) -> None:
    market.replies[9] = lambda fields: None
    broker.resolve("BHP")
    broker.fetch_daily("BHP", 60)
    await market.until(lambda: market.messages(9))
    market.replies[9] = market.details
    market.drop()
    await desk.until(lambda: desk.all(InstrumentResolved) and desk.all(DailyHistory))
    assert desk.all(RequestFailed) == []


async def test_what_is_asked_before_the_connection_is_asked_once_it_is_there(market: Market, broker: TwsBroker) -> None:
    broker.resolve("BHP")
    broker.watch("FMG")
    async with running(broker) as desk:
        await desk.until(lambda: desk.all(InstrumentResolved) and desk.all(TodayBars))


# ---- scanning -----------------------------------------------------------------------------------


def scan_row(rank: int, symbol: str, con_id: int) -> list[object]:
    return [rank, con_id, symbol, "STK", "", "0", "", "ASX", "AUD", symbol, symbol, symbol, "", "", "", ""]


async def test_a_scan_is_told_whole_at_each_refresh(market: Market, broker: TwsBroker, desk: Desk) -> None:
    broker.scan(ScanRequest(3.0, 50_000, 0.1))
    await market.until(lambda: market.messages(22))
    request = market.messages(22)[0]
    assert request[2:6] == ["50", "STOCK.HK", "STK.HK.ASX", "HIGH_OPEN_GAP"]
    market.send(20, 3, request[1], 2, *scan_row(0, "BHP", 1), *scan_row(1, "FMG", 2))
    market.send(20, 3, request[1], 1, *scan_row(0, "FMG", 2))
    await desk.until(lambda: len(desk.all(ScanResult)) == 2)
    assert [result.rows for result in desk.all(ScanResult)] == [
        (ScanRow(0, "BHP", 1), ScanRow(1, "FMG", 2)),
        (ScanRow(0, "FMG", 2),),
    ]


@pytest.mark.parametrize(
    ("code", "text"),
    [
        (165, "Historical Market Data Service query message:no items retrieved"),
        (162, "Historical Market Data Service error message:no items retrieved"),
    ],
)
async def test_nothing_found_is_an_empty_scan(
    market: Market, broker: TwsBroker, desk: Desk, code: int, text: str
) -> None:
    market.replies[22] = lambda fields: market.error(fields[1], code, text)
    broker.scan(ScanRequest(3.0, 50_000, 0.1))
    await desk.until(lambda: desk.all(ScanResult))
    assert desk.last(ScanResult).rows == ()
    assert desk.all(RequestFailed) == []


async def test_a_refused_scan_fails_and_is_tried_again(market: Market, broker: TwsBroker, desk: Desk) -> None:
    def refuse(fields: list[str]) -> None:
        market.error(fields[1], 162, "only 10 API scanner subscriptions are allowed")
        market.replies[22] = lambda later: market.send(20, 3, later[1], 1, *scan_row(0, "BHP", 1))

    market.replies[22] = refuse
    broker.scan(ScanRequest(3.0, 50_000, 0.1))
    await desk.until(lambda: desk.all(ScanResult))
    assert [event.what for event in desk.all(RequestFailed)] == ["scan"]


async def test_a_new_scan_replaces_the_old_one(market: Market, broker: TwsBroker, desk: Desk) -> None:
    broker.scan(ScanRequest(3.0, 50_000, 0.1))
    await market.until(lambda: market.messages(22))
    broker.scan(ScanRequest(5.0, 50_000, 0.1))
    await market.until(lambda: len(market.messages(22)) == 2)
    assert market.messages(23)[0][2] == market.messages(22)[0][1]
