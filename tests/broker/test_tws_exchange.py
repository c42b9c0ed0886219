"""The adapter on the embedded exchange, over its TWS door: a trade from scan to stop, and a reconnect in it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from skim_tui.broker.port import ScanRequest
from skim_tui.broker.tws import TwsBroker
from skim_tui.domain.events import (
    BarsClosed,
    BrokerSnapshot,
    Connection,
    DailyHistory,
    InstrumentResolved,
    OpenPrice,
    RequestFailed,
    ScanResult,
    ShortAvailability,
    TodayBars,
)
from skim_tui.domain.instrument import ASX_LADDER
from skim_tui.domain.market import Bar, DailyBar, Quote, Trade
from skim_tui.domain.opening_range import RangeRule
from skim_tui.domain.orders import (
    AccountReport,
    Bracket,
    Fill,
    FillFees,
    OrderSpec,
    OrderStatus,
    OrderType,
    OrderUpdate,
    PositionReport,
    Side,
    Tif,
)
from skim_tui.domain.session import ASX, TradingCalendar, exchange_day
from skim_tui.domain.symbolday import SymbolDay
from skim_tui.exchange.core import Exchange
from skim_tui.exchange.lending import Offer, Supply
from skim_tui.exchange.tape import Tape
from skim_tui.exchange.tws.server import TwsDoor

from .harness import Desk, bracket, buy, running, tws_broker

DAY = date(2026, 3, 3)
OPEN = datetime(2026, 3, 3, 10, 0, tzinfo=ZoneInfo("Australia/Sydney")).timestamp()
SPEED = 60.0
"""One exchange minute per second."""


def tape(*more: Bar) -> Tape:
    """BHP opens 5 % up, rises for twelve minutes and then falls for good; FMG does not move."""
    days = [DAY - timedelta(days=offset) for offset in (5, 4, 1)]
    tape = Tape("test", ASX, "AUD", "Australia/Sydney", (DAY,))
    for symbol, close in (("BHP", 10.0), ("FMG", 20.0)):
        tape.daily[symbol] = [DailyBar(symbol, day, close, close, close, close, 1_000_000) for day in days]
    bars: list[Bar] = []
    for minute in range(40):
        ts = OPEN + 60 * minute
        level = round(10.50 + 0.02 * min(minute, 12) - 0.04 * max(0, minute - 12), 2)
        bars.append(Bar("BHP", ts, level, round(level + 0.03, 2), round(level - 0.02, 2), level, 60_000))
        bars.append(Bar("FMG", ts, 20.0, 20.02, 19.98, 20.0, 60_000))
    tape.bars[DAY] = sorted([*bars, *more], key=lambda bar: (bar.ts, bar.symbol))
    return tape


@dataclass
class Floor:
    exchange: Exchange
    door: TwsDoor
    port: int
    broker: TwsBroker
    desk: Desk

    def order(self, ref: str) -> OrderUpdate | None:
        told = [update for update in self.desk.all(OrderUpdate) if update.ref == ref]
        return told[-1] if told else None

    def is_in(self, ref: str, status: OrderStatus) -> bool:
        order = self.order(ref)
        return order is not None and order.status is status


@pytest.fixture
async def floor() -> AsyncGenerator[Floor, None]:
    async with standing(tape()) as floor:
        yield floor


@asynccontextmanager
async def standing(tape: Tape) -> AsyncGenerator[Floor, None]:
    """A broker that came to the exchange at 10:02."""
    sessions = [DAY + timedelta(days=offset) for offset in (-5, -4, -1, 0, 1)]
    exchange = Exchange(tape, TradingCalendar(ASX, sessions), start=OPEN + 120.0, speed=SPEED)
    door = TwsDoor(exchange)
    _, port = await door.start()
    playing = asyncio.create_task(exchange.run(linger=True))
    broker = tws_broker(port)
    floor = Floor(exchange, door, port, broker, Desk(broker))
    try:
        async with running(broker) as floor.desk:
            await floor.desk.operational()
            yield floor
    finally:
        playing.cancel()
        with suppress(asyncio.CancelledError):
            await playing
        await floor.door.stop()


async def test_it_connects_to_a_simulated_account_on_the_exchanges_time(floor: Floor) -> None:
    snapshot = floor.desk.last(BrokerSnapshot)
    assert snapshot.account.simulated
    assert (snapshot.account.currency, snapshot.account.equity) == ("AUD", Decimal(100_000))
    assert not floor.broker.clock.is_system
    await asyncio.sleep(2.5)  # a heartbeat
    assert floor.broker.clock.speed == pytest.approx(SPEED, rel=0.1)
    # Half a second of truncation and the time an answer takes on a busy machine.
    assert abs(floor.broker.now() - floor.exchange.now()) < 3.0 + 0.1 * SPEED


async def test_the_market_side(floor: Floor) -> None:
    desk, broker = floor.desk, floor.broker
    broker.scan(ScanRequest(3.0, 1_000, 0.1))
    broker.resolve("BHP")
    broker.fetch_daily("BHP", 2)
    broker.watch("BHP")
    await desk.until(
        lambda: desk.all(ScanResult) and desk.all(InstrumentResolved) and desk.all(DailyHistory) and desk.all(TodayBars)
    )
    assert [row.symbol for row in desk.last(ScanResult).rows] == ["BHP"]
    instrument = desk.last(InstrumentResolved).instrument
    assert (instrument.ladder, instrument.con_id) == (ASX_LADDER, floor.exchange.instruments["BHP"].con_id)
    assert [(bar.date, bar.close) for bar in desk.last(DailyHistory).bars] == [
        (DAY - timedelta(days=4), 10.0),
        (DAY - timedelta(days=1), 10.0),
    ]
    await desk.until(lambda: len(desk.all(BarsClosed)) >= 2)
    told = [*desk.last(TodayBars).bars, *(bar for event in desk.all(BarsClosed) for bar in event.bars)]
    assert told == [bar for bar in floor.exchange.tape.bars[DAY] if bar.symbol == "BHP"][: len(told)]
    assert all(quote.two_sided for quote in desk.all(Quote))
    trades = desk.all(Trade)
    volumes = [trade.day_volume for trade in trades]
    assert volumes == sorted(set(volumes))
    assert desk.all(RequestFailed) == []


async def test_a_trade_from_bracket_to_stop_with_a_reconnect_in_it(floor: Floor) -> None:
    desk, broker = floor.desk, floor.broker
    broker.watch("BHP")
    broker.place(bracket("t1", quantity=200, limit="11.50", stop="10.40"))
    await desk.until(lambda: floor.is_in("t1.E", OrderStatus.FILLED) and floor.is_in("t1.S", OrderStatus.HELD))
    await desk.until(lambda: sum(fill.quantity for fill in desk.all(Fill)) == 200 and desk.all(FillFees))
    await desk.until(lambda: any(report.quantity == 200 for report in desk.all(PositionReport)))
    await desk.until(lambda: desk.all(AccountReport))
    fees = {report.exec_id: report for report in desk.all(FillFees)}
    assert all(fees[fill.exec_id].currency == "AUD" for fill in desk.all(Fill))

    await floor.door.stop()
    await desk.until(lambda: desk.states()[-1] is not Connection.OPERATIONAL)
    assert abs(broker.now() - floor.exchange.now()) < 600.0  # the exchange's day goes on meanwhile
    floor.door = TwsDoor(floor.exchange, port=floor.port)
    await floor.door.start()
    await desk.operational(2)
    snapshot = desk.last(BrokerSnapshot)
    assert desk.states()[-3:] == [Connection.CONNECTING, Connection.SYNCING, Connection.OPERATIONAL]
    assert [(one.ref, one.status, one.stop_price) for one in snapshot.open_orders] == [
        ("t1.S", OrderStatus.HELD, Decimal("10.4"))
    ]
    assert [(one.ref, one.status, one.filled) for one in snapshot.completed_orders] == [
        ("t1.E", OrderStatus.FILLED, 200)
    ]
    assert sum(fill.quantity for fill in snapshot.fills) == 200
    assert {report.exec_id for report in snapshot.fees} == {fill.exec_id for fill in snapshot.fills}
    assert [(report.symbol, report.quantity) for report in snapshot.positions] == [("BHP", 200)]

    broker.modify("t1.S", stop_price=Decimal("10.60"))
    await desk.until(lambda: (told := floor.order("t1.S")) is not None and told.stop_price == Decimal("10.60"))
    await desk.until(lambda: floor.is_in("t1.S", OrderStatus.FILLED), seconds=40)
    await desk.until(lambda: any(report.quantity == 0 for report in desk.all(PositionReport)))
    sold = [fill for fill in desk.all(Fill) if fill.ref == "t1.S"]
    assert sum(fill.quantity for fill in sold) == 200
    assert len({fill.exec_id for fill in desk.all(Fill)}) == len(desk.all(Fill))


async def test_a_resting_order_is_cancelled_and_a_bad_one_rejected(floor: Floor) -> None:
    desk, broker = floor.desk, floor.broker
    broker.place_order(buy("t2.E", limit="9.50", quantity=100))
    await desk.until(lambda: floor.is_in("t2.E", OrderStatus.WORKING))
    broker.cancel("t2.E")
    await desk.until(lambda: floor.is_in("t2.E", OrderStatus.CANCELLED))
    broker.place_order(buy("t3.E", limit="9.503", quantity=100))
    await desk.until(lambda: floor.is_in("t3.E", OrderStatus.REJECTED))
    rejected = floor.order("t3.E")
    assert rejected is not None
    assert rejected.reason
    assert floor.broker.connection.state is Connection.OPERATIONAL


def short_bracket(ticket: str, *, quantity: int, limit: str, stop: str) -> Bracket:
    entry = OrderSpec(f"{ticket}.E", "BHP", Side.SELL, OrderType.LIMIT, quantity, Tif.DAY, limit_price=Decimal(limit))
    guard = OrderSpec(
        f"{ticket}.S", "BHP", Side.BUY, OrderType.STOP, quantity, Tif.GTC, stop_price=Decimal(stop),
        parent_ref=entry.ref, oca_group=f"{ticket}.OCA",
    )  # fmt: skip
    return Bracket(entry, guard)


async def test_a_short_sale_from_locate_to_cover_with_a_reconnect_in_it(floor: Floor) -> None:
    desk, broker, exchange = floor.desk, floor.broker, floor.exchange
    exchange.lend("BHP", Offer(Supply.HARD))
    broker.watch("BHP")
    await desk.until(lambda: desk.all(ShortAvailability))
    first = desk.last(ShortAvailability)
    assert (first.symbol, first.available, first.shares) == ("BHP", False, 0)

    broker.place(short_bracket("t4", quantity=200, limit="10.00", stop="11.90"))
    await desk.until(lambda: floor.is_in("t4.E", OrderStatus.HELD) and floor.is_in("t4.S", OrderStatus.HELD))
    exchange.lend("BHP", Offer(Supply.EASY, 50_000))
    await desk.until(lambda: floor.is_in("t4.E", OrderStatus.FILLED))
    await desk.until(lambda: any(report.quantity == -200 for report in desk.all(PositionReport)))
    sold = [fill for fill in desk.all(Fill) if fill.ref == "t4.E"]
    assert sum(fill.quantity for fill in sold) == 200 and {fill.side for fill in sold} == {Side.SELL}
    await desk.until(lambda: desk.last(ShortAvailability).shares == 49_800)
    assert desk.last(ShortAvailability).available

    told = len(desk.all(ShortAvailability))
    await floor.door.stop()
    await desk.until(lambda: desk.states()[-1] is not Connection.OPERATIONAL)
    floor.door = TwsDoor(exchange, port=floor.port)
    await floor.door.start()
    await desk.operational(2)
    snapshot = desk.last(BrokerSnapshot)
    assert [(report.symbol, report.quantity) for report in snapshot.positions] == [("BHP", -200)]
    assert [(one.ref, one.side, one.status) for one in snapshot.open_orders] == [("t4.S", Side.BUY, OrderStatus.HELD)]
    await desk.until(lambda: len(desk.all(ShortAvailability)) > told)
    assert desk.last(ShortAvailability).shares == 49_800

    cover = OrderSpec("t4.X1", "BHP", Side.BUY, OrderType.MARKET, 200, Tif.DAY, oca_group="t4.OCA")
    broker.place_order(cover)
    await desk.until(lambda: floor.is_in("t4.X1", OrderStatus.FILLED) and floor.is_in("t4.S", OrderStatus.CANCELLED))
    await desk.until(lambda: desk.last(PositionReport).quantity == 0 and desk.last(ShortAvailability).shares == 50_000)
    assert exchange.positions == {}


async def test_who_comes_late_knows_the_open_and_tells_the_auctions_shares_from_the_rest() -> None:
    print_ = Bar("BHP", OPEN - 60, 10.80, 10.80, 10.80, 10.80, 500_000)
    async with standing(tape(print_)) as floor:
        desk = floor.desk
        floor.broker.watch("BHP")
        await desk.until(lambda: len(desk.all(BarsClosed)) >= 3 and desk.all(Trade))
        own = SymbolDay("BHP", exchange_day(ASX, DAY), RangeRule())
        for event in tuple(desk.events):
            if isinstance(event, OpenPrice):
                own.on_open(event.ts, event.price)
            elif isinstance(event, Trade):
                own.on_trade(event)
            elif isinstance(event, TodayBars | BarsClosed):
                for bar in event.bars:
                    own.on_bar(bar)
        closed = desk.last(BarsClosed).bars[-1].ts + 60.0
        bars = floor.exchange.minute_bars("BHP", OPEN, closed)
    assert desk.all(OpenPrice) and {told.price for told in desk.all(OpenPrice)} == {10.80}
    assert (own.open, own.or_high, own.auction_volume) == (10.80, 10.80, 500_000)
    traded, known = own.volume - own.auction_volume, sum(bar.volume for bar in bars)
    assert known <= traded <= known + 60_000, "at most the minute under way more than the closed ones"
