"""ib_async as an application uses it: trades, events, futures and tickers rather than requests and callbacks."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager

import pytest
from ib_async import IB, LimitOrder, MarketOrder, Stock, StopOrder, util

from .floor import open_floor

UNSET = util.UNSET_DOUBLE


@asynccontextmanager
async def application(client_id: int = 11):
    async with open_floor() as floor:
        ib = IB()
        ib.RaiseRequestErrors = True
        await ib.connectAsync("127.0.0.1", floor.port, clientId=client_id, timeout=5, raiseSyncErrors=True)
        stock = Stock(floor.stock.symbol, "SMART", "AUD")
        assert await ib.qualifyContractsAsync(stock) == [stock]
        try:
            yield ib, floor, stock
        finally:
            ib.disconnect()


async def until(condition, floor, *, step: float = 2.0) -> None:
    """Let exchange time pass until the application has seen it."""
    for _ in range(300):
        if condition():
            return
        await floor.advance(step)
        await asyncio.sleep(0.005)
    raise AssertionError("it never happened")


async def test_a_trade_reports_its_life():
    async with application() as (ib, floor, stock):
        told: list[str] = []
        trade = ib.placeOrder(stock, MarketOrder("BUY", 300, tif="DAY", orderRef="life"))
        trade.statusEvent += lambda trade: told.append(trade.orderStatus.status)
        await until(trade.isDone, floor)
        await until(lambda: ib.positions() and ib.portfolio() and trade.fills[-1].commissionReport.execId, floor)
        assert trade.orderStatus.status == "Filled" and told[-1] == "Filled"
        assert trade.filled() == 300 == sum(fill.execution.shares for fill in trade.fills)
        assert all(fill.commissionReport.commission > 0 for fill in trade.fills[:1])
        assert ib.positions()[0].position == 300 and ib.portfolio()[0].contract.conId == stock.conId
        assert [fill.execution.orderRef for fill in ib.fills()] == ["life"] * len(ib.fills())
        assert (await ib.reqExecutionsAsync())[0].execution.permId == trade.order.permId


async def test_a_bracket_ends_by_its_stop():
    async with application() as (ib, floor, stock):
        ladder, ask = floor.stock.ladder, floor.ask
        legs = ib.bracketOrder(
            "BUY", 200, float(ladder.up(ask, 20)), float(ladder.up(ask, 300)), float(ladder.down(ask, 60))
        )
        trades = []
        for leg in legs:
            leg.tif = "GTC"
            trades.append(ib.placeOrder(stock, leg))
        parent, target, stop = trades
        await until(parent.isDone, floor)
        await until(lambda: target.orderStatus.status == "Submitted", floor)
        assert stop.orderStatus.status == "PreSubmitted" and stop.orderStatus.whyHeld == "trigger"
        stop.order.auxPrice = float(ladder.up(ask, 60))
        ib.placeOrder(stock, stop.order)
        await until(lambda: stop.isDone() and target.isDone(), floor)
        assert (stop.orderStatus.status, target.orderStatus.status) == ("Filled", "Cancelled")
        await until(lambda: not ib.positions() and stop.fills[-1].commissionReport.execId, floor)
        assert sum(fill.commissionReport.realizedPNL for fill in stop.fills) != 0


async def test_one_cancels_all():
    async with application() as (ib, floor, stock):
        bid = floor.bid
        down = floor.stock.ladder.down
        orders = [LimitOrder("BUY", 100, float(down(bid, steps)), tif="DAY") for steps in (30, 40)]
        trades = [ib.placeOrder(stock, order) for order in ib.oneCancelsAll(orders, "either", 1)]
        await until(lambda: all(trade.orderStatus.status == "Submitted" for trade in trades), floor)
        first, second = trades
        first.order.lmtPrice = float(floor.stock.ladder.up(floor.ask, 20))
        ib.placeOrder(stock, first.order)
        await until(lambda: first.isDone() and second.isDone(), floor)
        assert (first.orderStatus.status, second.orderStatus.status) == ("Filled", "Cancelled")


async def test_what_if_and_account():
    async with application() as (ib, floor, stock):
        state = await ib.whatIfOrderAsync(stock, MarketOrder("BUY", 100, tif="DAY"))
        assert float(state.initMarginChange) > 0 and state.commission != UNSET
        assert ib.openTrades() == []
        summary = {row.tag: row.value for row in await ib.accountSummaryAsync()}
        assert float(summary["NetLiquidation"]) == 100_000
        values = {value.tag: value.value for value in ib.accountValues() if value.currency == "AUD"}
        assert float(values["TotalCashValue"]) == 100_000
        pnl = ib.reqPnL("DU1234567")
        trade = ib.placeOrder(stock, MarketOrder("BUY", 100, tif="DAY"))
        await until(trade.isDone, floor)
        await until(lambda: pnl.unrealizedPnL and pnl.unrealizedPnL != UNSET, floor)
        ib.cancelPnL("DU1234567")


async def test_orders_survive_a_reconnect():
    async with application() as (ib, floor, stock):
        down = floor.stock.ladder.down
        order = StopOrder("BUY", 100, float(floor.stock.ladder.up(floor.ask, 90)), tif="GTC", orderRef="kept")
        trade = ib.placeOrder(stock, order)
        await until(lambda: trade.orderStatus.status == "PreSubmitted", floor)
        gone = ib.placeOrder(stock, LimitOrder("BUY", 100, float(down(floor.bid, 50)), tif="DAY", orderRef="gone"))
        await until(lambda: gone.orderStatus.status == "Submitted", floor)
        ib.cancelOrder(gone.order)
        await until(gone.isDone, floor)
        ib.disconnect()
        while floor.door.clients:
            await asyncio.sleep(0.01)
        await ib.connectAsync("127.0.0.1", floor.port, clientId=11, timeout=5, raiseSyncErrors=True)
        (back,) = ib.openTrades()
        assert back.order.permId == trade.order.permId and back.order.orderRef == "kept"
        assert [trade.order.orderRef for trade in ib.trades() if trade.isDone()] == ["gone"]
        ib.cancelOrder(back.order)
        await until(back.isDone, floor)


async def test_a_taken_client_id_is_refused_and_a_free_one_served():
    async with application() as (ib, floor, stock):
        heard: list[int] = []
        second = IB()
        second.errorEvent += lambda request, code, text, contract: heard.append(code)
        with pytest.raises((TimeoutError, ConnectionError)):
            await second.connectAsync("127.0.0.1", floor.port, clientId=11, timeout=0.5)
        assert 326 in heard
        await second.connectAsync("127.0.0.1", floor.port, clientId=12, timeout=5)
        assert second.isConnected() and ib.isConnected()
        second.disconnect()
