"""Every order type and time in force: accepted, echoed, and doing what its name says."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from ..scenario import Run, scenario

CLOSE = 6 * 60.0
"""Minutes from the opening to the close of continuous trading."""


async def echoed(run: Run, number: int, **fields: Any) -> Any:
    """The order as it is told, with these terms."""
    told = await run.client.wait("openOrder", lambda args: args.order.orderId == number)
    for name, value in fields.items():
        assert getattr(told.order, name) == value, f"{name} is {getattr(told.order, name)}, not {value}"
    return told.order


@scenario("trailing stop by amount", "placeOrder TRAIL")
async def trail(run: Run) -> None:
    client = run.client
    await run.buy(200)
    number = await run.place(action="SELL", orderType="TRAIL", totalQuantity=200, auxPrice=0.02, tif="GTC")
    assert (await run.status(number, "PreSubmitted")).whyHeld == "trigger"
    await echoed(run, number, orderType="TRAIL", auxPrice=0.02)
    first = run.floor.exchange.orders[client.told("orderStatus")[-1].permId].trail_stop
    for _ in range(240):
        await run.floor.advance(10)
        await client.settle()
        if any(args.orderId == number and args.status == "Filled" for args in client.told("orderStatus")):
            break
    await run.status(number, "Filled")
    stops = [args.order.trailStopPrice for args in client.told("openOrder") if args.order.orderId == number]
    moved = [stop for stop in stops if stop < 1e300]
    assert moved == sorted(moved) and moved[0] >= float(first), "the stop of a sale only rises"


@scenario("trailing stop by percent, with a limit", "placeOrder TRAIL LIMIT, cancelOrder")
async def trail_limit(run: Run) -> None:
    await run.buy(200)
    stop = run.tick(run.floor.bid, -40)
    number = await run.place(
        action="SELL", orderType="TRAIL LIMIT", totalQuantity=200, trailingPercent=5.0, trailStopPrice=stop,
        lmtPriceOffset=0.02, tif="GTC",
    )  # fmt: skip
    await run.status(number, "PreSubmitted")
    await echoed(run, number, orderType="TRAIL LIMIT", trailingPercent=5.0, lmtPriceOffset=0.02)
    await run.client.call("cancelOrder", number)
    await run.status(number, "Cancelled")


@scenario("market to limit", "placeOrder MTL")
async def market_to_limit(run: Run) -> None:
    number = await run.place(orderType="MTL", totalQuantity=100)
    await run.later(60)
    await run.status(number, "Filled")
    await echoed(run, number, orderType="MTL")


@scenario("if touched: market and limit", "placeOrder MIT, placeOrder LIT, cancelOrder")
async def if_touched(run: Run) -> None:
    bid = run.floor.bid
    market = await run.place(orderType="MIT", auxPrice=run.tick(bid, -60))
    limit = await run.place(orderType="LIT", auxPrice=run.tick(bid, -60), lmtPrice=run.tick(bid, -58))
    for number in (market, limit):
        assert (await run.status(number, "PreSubmitted")).whyHeld == "trigger"
        await run.client.call("cancelOrder", number)
        await run.status(number, "Cancelled")


@scenario("on close: market and limit", "placeOrder MOC, placeOrder LOC", minutes=CLOSE - 10)
async def on_close(run: Run) -> None:
    market = await run.place(orderType="MOC", totalQuantity=100)
    limit = await run.place(orderType="LOC", totalQuantity=100, lmtPrice=run.tick(run.floor.ask, 60))
    low = await run.place(orderType="LOC", totalQuantity=100, lmtPrice=run.tick(run.floor.bid, -60))
    await echoed(run, market, orderType="MOC")
    await echoed(run, limit, orderType="LOC")
    await run.later(9 * 60)
    assert not run.client.told("execDetails"), "nothing before the close"
    await run.later(16 * 60)
    await run.status(market, "Filled")
    await run.status(limit, "Filled")
    await run.status(low, "Cancelled")
    prices = {args.execution.price for args in run.client.told("execDetails")}
    assert len(prices) == 1, "one price clears the auction"


@scenario("at the opening: market and limit", "placeOrder", minutes=-20.0)
async def at_open(run: Run) -> None:
    market = await run.place(orderType="MKT", tif="OPG", totalQuantity=100)
    limit = await run.place(tif="OPG", totalQuantity=100, lmtPrice=run.tick(run.last, -90))
    await run.status(market, "PreSubmitted", "Submitted")
    await run.later(40 * 60)
    await run.status(market, "Filled")
    await run.status(limit, "Cancelled")


@scenario("good till date", "placeOrder")
async def good_till_date(run: Run) -> None:
    exchange = run.floor.exchange
    price, day, end = run.tick(run.floor.bid, -60), exchange.day(), exchange.now() + 300
    local = f"{day.local(end):%Y%m%d %H:%M:%S} Australia/Sydney"
    utc = f"{datetime.fromtimestamp(end, UTC):%Y%m%d-%H:%M:%S}"
    numbers = [await run.place(lmtPrice=price, tif="GTD", goodTillDate=text) for text in (local, utc)]
    for number, text in zip(numbers, (local, utc), strict=True):
        await run.status(number, "Submitted")
        await echoed(run, number, tif="GTD", goodTillDate=text)
    await run.later(240)
    assert not [args for args in run.client.told("orderStatus") if args.status == "Cancelled"]
    await run.later(120)
    for number in numbers:
        await run.status(number, "Cancelled")


@scenario("good after time", "placeOrder")
async def good_after_time(run: Run) -> None:
    exchange = run.floor.exchange
    start = f"{exchange.day().local(exchange.now() + 300):%Y%m%d %H:%M:%S} Australia/Sydney"
    number = await run.place(orderType="MKT", goodAfterTime=start)
    await run.status(number, "PreSubmitted")
    await echoed(run, number, goodAfterTime=start)
    await run.later(240)
    assert not run.client.told("execDetails")
    await run.later(180)
    await run.status(number, "Filled")


@scenario("day orders end with the day, good-till-cancelled ones stay", "placeOrder", minutes=CLOSE - 5)
async def end_of_day(run: Run) -> None:
    price = run.tick(run.floor.bid, -60)
    day = await run.place(lmtPrice=price, tif="DAY")
    lasting = await run.place(lmtPrice=price, tif="GTC")
    await run.status(lasting, "Submitted")
    await run.later(60 * 60)
    await run.status(day, "Cancelled")
    told = await run.client.ask("reqOpenOrders", until="openOrder")
    assert told.order.orderId == lasting


@scenario("fill or kill is not offered", "placeOrder")
async def fill_or_kill(run: Run) -> None:
    number = await run.place(lmtPrice=run.tick(run.floor.ask, 5), tif="FOK")
    await run.error(201, number)
    await run.status(number, "Inactive")


@scenario("a limit order becomes a market order", "placeOrder")
async def change_type(run: Run) -> None:
    number = await run.place(lmtPrice=run.tick(run.floor.bid, -60))
    await run.status(number, "Submitted")
    run.client.mark()
    await run.place(number, orderType="MKT")
    await run.later(60)
    await run.status(number, "Filled")


@scenario("a filled order cannot be changed", "placeOrder")
async def change_filled(run: Run) -> None:
    number = await run.buy(100)
    await run.place(number, orderType="MKT", totalQuantity=200)
    await run.error(104, number)


@scenario("an order stays one for the same share and side", "placeOrder")
async def change_side(run: Run) -> None:
    number = await run.place(lmtPrice=run.tick(run.floor.bid, -20))
    await run.status(number, "Submitted")
    await run.place(number, action="SELL", lmtPrice=run.tick(run.floor.bid, -20))
    await run.error(105, number)


@scenario("a refused change leaves the order as it was", "placeOrder")
async def change_refused(run: Run) -> None:
    price = run.tick(run.floor.bid, -20)
    number = await run.place(lmtPrice=price)
    await run.status(number, "Submitted")
    await run.place(number, lmtPrice=price + 0.0013)
    await run.error(110, number)
    run.client.mark()
    await run.client.ask("reqAllOpenOrders", until="openOrderEnd")
    (told,) = run.client.told("openOrder")
    assert told.order.lmtPrice == price and told.orderState.status == "Submitted"


@scenario("the order in which a fill is told", "placeOrder")
async def sequence(run: Run) -> None:
    client = run.client
    await client.settle()
    client.mark()
    at = client.position
    number = await run.place(orderType="MKT", totalQuantity=100)
    await run.later(30)
    await run.status(number, "Filled")
    names = ("openOrder", "orderStatus", "execDetails", "commissionReport")
    told = [(name, args) for name, args in client.events[at:] if name in names]
    first = [name for name, _ in told].index("execDetails")
    assert told[first - 1][0] == "orderStatus" and told[first - 2][0] == "openOrder", "known before it is filled"
    after = [name for name, _ in told[first:]]
    round_of_one = ["execDetails", "openOrder", "orderStatus", "openOrder", "orderStatus", "commissionReport"]
    assert after[: len(round_of_one)] == round_of_one
    assert [args.status for name, args in told if name == "orderStatus"][-2:] == ["Filled", "Filled"]
    fees = [args.orderState.commission for name, args in told[first:] if name == "openOrder"]
    assert fees[0] > 1e300 and fees[1] >= 6, "the fee is told with the second report"
