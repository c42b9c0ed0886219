"""An exchange process that is killed and started again on its state file, seen by a client of the broker's library."""

import asyncio
import json
import os
import signal

from ib_async import IB, LimitOrder, MarketOrder, Stock, StopOrder

from tests.system.processes import end, end_embedded_exchange, start, start_exchange, wait_for

ARGUMENTS = ("--tape", "synthetic:asx:1", "--speed", "20")


async def trade(port):
    ib = IB()
    await ib.connectAsync("127.0.0.1", port, clientId=5)
    (contract,) = await ib.qualifyContractsAsync(Stock("PLS", "SMART", "AUD"))
    bought = ib.placeOrder(contract, MarketOrder("BUY", 500, tif="DAY"))
    while bought.orderStatus.status != "Filled":
        await asyncio.sleep(0.02)
    stop = StopOrder("SELL", 500, 1.0, tif="GTC", orderRef="keep-me")
    limit = LimitOrder("BUY", 500, 2.0, tif="DAY")
    for order in (stop, limit):
        placed = ib.placeOrder(contract, order)
        while not placed.orderStatus.permId:
            await asyncio.sleep(0.02)
    known = await look(ib)
    ib.disconnect()
    return known


async def look(ib):
    orders = sorted((trade.order.permId, trade.order.orderRef) for trade in await ib.reqAllOpenOrdersAsync())
    held = {item.contract.symbol: (item.position, round(item.avgCost, 6)) for item in await ib.reqPositionsAsync()}
    fills = sorted(fill.execution.execId for fill in await ib.reqExecutionsAsync())
    return ib.managedAccounts(), orders, held, fills


async def come_back(port):
    ib = IB()
    await ib.connectAsync("127.0.0.1", port, clientId=5)
    known, next_id = await look(ib), ib.client.getReqId()
    ib.disconnect()
    return known, next_id


def test_a_killed_exchange_comes_back_with_account_orders_and_executions(tmp_path):
    state = ("--state", str(tmp_path / "state.json"))
    first, port = start_exchange(tmp_path, *ARGUMENTS, *state, "--at", "10:20", "--account", "DU42")
    try:
        before = asyncio.run(trade(port))
    finally:
        first.kill()
        first.communicate()
    assert before[0] == ["DU42"] and len(before[1]) == 2 and before[2]["PLS"][0] == 500 and before[3]
    second, port = start_exchange(tmp_path, *ARGUMENTS, *state)
    try:
        after, next_id = asyncio.run(come_back(port))
    finally:
        end(second)
        second.stdout.close()
    assert after == before
    assert next_id > 3


async def buy(port):
    ib = IB()
    await ib.connectAsync("127.0.0.1", port, clientId=77)
    (contract,) = await ib.qualifyContractsAsync(Stock("BHP", "SMART", "AUD"))
    bought = ib.placeOrder(contract, MarketOrder("BUY", 50, tif="DAY"))
    while bought.orderStatus.status != "Filled":
        await asyncio.sleep(0.02)
    ib.disconnect()


def embedded(data_dir):
    """What a desk of this data folder wrote of its exchange, once it listens."""
    return wait_for(
        lambda: (data_dir / "exchange.json").exists() and json.loads((data_dir / "exchange.json").read_text())
    )


def test_the_exchange_of_a_data_folder_keeps_its_account_when_it_is_killed(tmp_path):
    arguments = ("desk", "--data-dir", str(tmp_path), "--speed", "5")
    desk = start(tmp_path, *arguments, "--at", "10:20")
    try:
        before = embedded(tmp_path)
        asyncio.run(buy(before["port"]))
        os.kill(before["pid"], signal.SIGKILL)
    finally:
        end(desk)
        desk.stdout.close()
    (tmp_path / "exchange.json").unlink()
    desk = start(tmp_path, *arguments)
    try:
        after = embedded(tmp_path)
        (accounts, _, held, fills), _ = asyncio.run(come_back(after["port"]))
    finally:
        end(desk)
        desk.stdout.close()
        end_embedded_exchange(tmp_path)
    assert after["account"] == before["account"] == accounts[0]
    assert held["BHP"][0] == 50 and fills
