"""Orders: their words, their lives, and who hears of them."""

from __future__ import annotations

from datetime import UTC

from ..drivers import thing
from ..scenario import CLIENT_ID, Run, scenario

UNSET = 1e300


@scenario("limit order rests, is changed and cancelled", "placeOrder, cancelOrder")
async def limit_order(run: Run) -> None:
    client = run.client
    price = run.tick(run.floor.bid, -20)
    number = await run.place(lmtPrice=price, orderRef="rest", tif="GTC")
    resting = await run.status(number, "Submitted")
    assert resting.filled == 0 and resting.remaining == 100 and resting.permId > 0 and resting.clientId == CLIENT_ID
    told = await client.wait("openOrder", lambda args: args.order.orderId == number)
    order = told.order
    assert (order.lmtPrice, order.orderRef, order.tif) == (price, "rest", "GTC")
    assert order.permId == resting.permId and order.totalQuantity == 100 and order.account == "DU1234567"
    client.mark()
    changed = run.tick(run.floor.bid, -15)
    await run.place(number, lmtPrice=changed, totalQuantity=200, tif="GTC", orderRef="rest")
    await client.wait("openOrder", lambda args: args.order.lmtPrice == changed and args.order.totalQuantity == 200)
    await run.status(number, "Submitted", remaining=200)
    client.mark()
    await client.call("cancelOrder", number)
    await run.status(number, "Cancelled")
    await run.error(202, number)


@scenario("market order fills: executions, fees, status", "placeOrder")
async def market_order(run: Run) -> None:
    client = run.client
    client.mark()
    number = await run.buy(300)
    done = await run.status(number, "Filled", filled=300, remaining=0)
    fills = [args.execution for args in client.told("execDetails") if args.execution.orderId == number]
    assert sum(fill.shares for fill in fills) == 300 and all(fill.side == "BOT" for fill in fills)
    assert fills[-1].cumQty == 300 and abs(fills[-1].avgPrice - done.avgFillPrice) < 1e-6
    reports = {args.report.execId: args.report for args in client.told("commissionReport")}
    assert set(reports) == {fill.execId for fill in fills}
    assert all(report.currency == "AUD" and report.commission >= 0 for report in reports.values())
    assert sum(report.commission for report in reports.values()) >= 6
    assert all(report.realizedPNL > UNSET for report in reports.values())
    fee = [args.orderState for args in client.told("openOrder") if args.order.orderId == number][-1]
    commission = getattr(fee, "commission", None)
    assert abs(commission - sum(report.commission for report in reports.values())) < 1e-6
    client.mark()
    sold = await run.place(action="SELL", orderType="MKT", totalQuantity=300)
    for _ in range(60):
        await run.floor.advance(5)
    await run.status(sold, "Filled")
    await client.wait("commissionReport", lambda args: args.report.realizedPNL < UNSET)


@scenario("stop order waits and triggers", "placeOrder")
async def stop_order(run: Run) -> None:
    client = run.client
    await run.buy(200)
    stop = run.tick(run.floor.bid, -2)
    number = await run.place(action="SELL", orderType="STP", totalQuantity=200, auxPrice=stop, tif="GTC")
    held = await run.status(number, "PreSubmitted")
    assert held.whyHeld == "trigger"
    told = await client.wait("openOrder", lambda args: args.order.orderId == number)
    assert (told.order.orderType, told.order.auxPrice) == ("STP", stop)
    client.mark()
    await run.place(
        number, action="SELL", orderType="STP", totalQuantity=200, auxPrice=run.tick(run.floor.ask, 30), tif="GTC"
    )
    for _ in range(40):
        await run.floor.advance(5)
    await run.status(number, "Filled")
    triggered = [args for args in client.told("orderStatus") if args.orderId == number and args.status == "Submitted"]
    assert all(args.whyHeld == "" for args in triggered)


@scenario("stop-limit order", "placeOrder, cancelOrder")
async def stop_limit(run: Run) -> None:
    await run.buy(200)
    stop, limit = run.tick(run.floor.bid, -30), run.tick(run.floor.bid, -32)
    number = await run.place(
        action="SELL", orderType="STP LMT", totalQuantity=200, auxPrice=stop, lmtPrice=limit, tif="GTC"
    )
    await run.status(number, "PreSubmitted")
    told = await run.client.wait("openOrder", lambda args: args.order.orderId == number)
    assert (told.order.orderType, told.order.auxPrice, told.order.lmtPrice) == ("STP LMT", stop, limit)
    await run.client.call("cancelOrder", number)
    await run.status(number, "Cancelled")


@scenario("bracket: held children, one cancels the other", "placeOrder")
async def bracket(run: Run) -> None:
    client = run.client
    await client.settle()
    client.mark()
    ask = run.floor.ask
    parent = await run.place(lmtPrice=run.tick(ask, 30), totalQuantity=300, transmit=False)
    target = await run.place(
        action="SELL", lmtPrice=run.tick(ask, 300), totalQuantity=300, parentId=parent, transmit=False, tif="GTC"
    )
    await client.settle()
    assert not client.told("openOrder", "orderStatus"), "nothing is told before the last leg transmits"
    stop = await run.place(
        action="SELL", orderType="STP", auxPrice=run.tick(ask, -60), totalQuantity=300, parentId=parent, tif="GTC"
    )
    told = await client.wait("openOrder", lambda args: args.order.orderId == parent)
    child = await client.wait("openOrder", lambda args: args.order.orderId == target)
    assert child.order.ocaGroup == str(told.order.permId) and child.order.parentId == parent
    assert (await run.status(target, "PreSubmitted")).whyHeld == "child"
    assert (await run.status(stop, "PreSubmitted")).whyHeld == "child,trigger"
    for _ in range(60):
        await run.floor.advance(5)
    await run.status(parent, "Filled")
    await run.status(target, "Submitted")
    await run.status(stop, "PreSubmitted", whyHeld="trigger")
    client.mark()
    await run.place(
        stop, action="SELL", orderType="STP", auxPrice=run.tick(run.floor.ask, 40), totalQuantity=300,
        parentId=parent, tif="GTC",
    )  # fmt: skip
    for _ in range(60):
        await run.floor.advance(5)
    await run.status(stop, "Filled")
    await run.status(target, "Cancelled")
    await run.error(202, target)


@scenario("a cancelled parent takes its children along", "placeOrder, cancelOrder")
async def orphaned(run: Run) -> None:
    bid = run.floor.bid
    parent = await run.place(lmtPrice=run.tick(bid, -30), transmit=False)
    stop = await run.place(action="SELL", orderType="STP", auxPrice=run.tick(bid, -60), parentId=parent)
    await run.status(stop, "PreSubmitted")
    await run.client.call("cancelOrder", parent)
    await run.status(parent, "Cancelled")
    await run.status(stop, "Cancelled")


@scenario("children of a refused parent are refused", "placeOrder")
async def refused_parent(run: Run) -> None:
    bid = run.floor.bid
    parent = await run.place(lmtPrice=run.tick(bid, -5), totalQuantity=10_000_000, transmit=False)
    await run.error(201, parent)
    stop = await run.place(action="SELL", orderType="STP", auxPrice=run.tick(bid, -60), parentId=parent)
    await run.error(135, stop)


@scenario("a parked order is transmitted later", "placeOrder")
async def parked(run: Run) -> None:
    client = run.client
    price = run.tick(run.floor.bid, -20)
    number = await run.place(lmtPrice=price, transmit=False)
    await client.settle()
    assert not client.told("openOrder", "orderStatus")
    await run.place(number, lmtPrice=price, transmit=True)
    await run.status(number, "Submitted")


@scenario("OCA group: one fill cancels the other", "placeOrder")
async def oca(run: Run) -> None:
    bid = run.floor.bid
    await run.buy(100)
    resting = await run.place(
        action="SELL", lmtPrice=run.tick(run.floor.ask, 300), ocaGroup="exit", ocaType=1, tif="GTC"
    )
    told = await run.client.wait("openOrder", lambda args: args.order.orderId == resting)
    assert (told.order.ocaGroup, told.order.ocaType) == ("exit", 1)
    taken = await run.place(action="SELL", lmtPrice=run.tick(bid, -30), ocaGroup="exit", ocaType=1)
    for _ in range(20):
        await run.floor.advance(5)
    await run.status(taken, "Filled")
    await run.status(resting, "Cancelled")
    await run.error(202, resting)


@scenario("an empty time in force becomes DAY", "placeOrder")
async def preset(run: Run) -> None:
    number = await run.place(lmtPrice=run.tick(run.floor.bid, -20), tif="")
    await run.error(10349, number)
    told = await run.client.wait("openOrder", lambda args: args.order.orderId == number)
    assert told.order.tif == "DAY"
    await run.status(number, "Submitted")


@scenario("what if", "placeOrder")
async def what_if(run: Run) -> None:
    client = run.client
    number = await run.place(lmtPrice=run.tick(run.floor.bid, 0), totalQuantity=100, whatIf=True)
    told = await client.wait("openOrder", lambda args: args.order.orderId == number)
    state = told.orderState
    assert told.order.whatIf and state.status == "PreSubmitted"
    change = float(state.initMarginChange)
    assert abs(change - 100 * float(run.floor.bid)) < 1 and float(state.initMarginAfter) >= change
    assert state.commission >= 6 and state.commissionCurrency == "AUD"
    await client.settle()
    assert not client.told("orderStatus")
    client.mark()
    await client.ask("reqAllOpenOrders", until="openOrderEnd")
    assert not client.told("openOrder")


@scenario("what TWS refuses at once", "placeOrder")
async def refused(run: Run) -> None:
    bid = run.tick(run.floor.bid, -5)
    for code, fields in (
        (200, {"lmtPrice": bid, "contract": run.contract(symbol="NOSUCH")}),
        (321, {"lmtPrice": bid, "orderType": "NONSENSE"}),
        (387, {"lmtPrice": bid, "orderType": "PEG MID"}),
        (10052, {"lmtPrice": bid, "tif": "XXX"}),
        (110, {"lmtPrice": bid + 0.0013}),
        (434, {"lmtPrice": bid, "totalQuantity": 0}),
        (113, {"orderType": "MOC", "tif": "GTC"}),
        (111, {"orderType": "STP", "auxPrice": bid, "tif": "IOC"}),
        (334, {"lmtPrice": bid, "tif": "GTD"}),
        (337, {"lmtPrice": bid, "tif": "GTD", "goodTillDate": "tomorrow"}),
        (135, {"lmtPrice": bid, "parentId": 77777}),
        (201, {"lmtPrice": bid, "totalQuantity": 10_000_000}),
    ):
        run.client.mark()
        number = await run.place(**fields)
        await run.error(code, number)
    run.client.mark()
    await run.client.ask("reqAllOpenOrders", until="openOrderEnd")
    assert not run.client.told("openOrder")


@scenario("an order id is used once", "placeOrder")
async def duplicate(run: Run) -> None:
    number = await run.place(lmtPrice=run.tick(run.floor.bid, -20))
    await run.status(number, "Submitted")
    await run.client.call("cancelOrder", number)
    await run.status(number, "Cancelled")
    await run.place(number, lmtPrice=run.tick(run.floor.bid, -20))
    await run.error(103, number)


@scenario("cancelling what is filled or unknown", "cancelOrder")
async def late_cancel(run: Run) -> None:
    number = await run.buy(100)
    await run.client.call("cancelOrder", number)
    await run.error(10148, number)
    await run.client.call("cancelOrder", 88888)
    await run.error(10147, 88888)


@scenario("global cancel", "reqGlobalCancel")
async def global_cancel(run: Run) -> None:
    bid = run.floor.bid
    filled = await run.buy(100)
    numbers = [await run.place(lmtPrice=run.tick(bid, -20 - step)) for step in range(3)]
    for number in numbers:
        await run.status(number, "Submitted")
    await run.client.call("reqGlobalCancel")
    for number in numbers:
        await run.status(number, "Cancelled")
    await run.error(161, filled)


@scenario("open orders", "reqOpenOrders, reqAllOpenOrders")
async def open_orders(run: Run) -> None:
    client = run.client
    number = await run.place(lmtPrice=run.tick(run.floor.bid, -20), orderRef="mine")
    await run.status(number, "Submitted")
    for request in ("reqOpenOrders", "reqAllOpenOrders"):
        await client.ask(request, until="openOrderEnd")
        (told,) = client.told("openOrder")
        assert told.order.orderId == number and told.order.orderRef == "mine" and told.orderState.status == "Submitted"
        assert [args.status for args in client.told("orderStatus")] == ["Submitted"]


@scenario("open orders come back after a reconnect", "placeOrder, reqOpenOrders")
async def reconnect(run: Run) -> None:
    client = run.client
    number = await run.place(lmtPrice=run.tick(run.floor.bid, -20), tif="GTC")
    before = await run.status(number, "Submitted")
    await run.leave()
    client.mark()
    await client.connect(run.floor.port, CLIENT_ID)
    told = await client.wait("openOrder", lambda args: args.order.orderId == number)
    assert told.order.permId == before.permId
    assert (await client.ask("reqIds", 1, until="nextValidId")).orderId > number
    await client.call("cancelOrder", number)
    await run.status(number, "Cancelled")


@scenario("another client's order is seen but not cancelled", "reqAllOpenOrders, cancelOrder")
async def foreign_order(run: Run) -> None:
    client = run.client
    number = await run.place(lmtPrice=run.tick(run.floor.bid, -20), orderRef="theirs", tif="GTC")
    await run.status(number, "Submitted")
    await run.leave()
    await client.connect(run.floor.port, CLIENT_ID + 1)
    await client.ask("reqOpenOrders", until="openOrderEnd")
    assert not client.told("openOrder")
    await client.ask("reqAllOpenOrders", until="openOrderEnd")
    (told,) = client.told("openOrder")
    assert (told.order.clientId, told.order.orderRef) == (CLIENT_ID, "theirs")
    await client.call("cancelOrder", number)
    await run.error(10147, number)


@scenario("only client 0 binds orders placed by hand", "reqAutoOpenOrders")
async def auto_bind(run: Run) -> None:
    client = run.client
    await client.call("reqAutoOpenOrders", True)
    await run.error(327)
    run.by_hand()
    await run.leave()
    await client.connect(run.floor.port, 0)
    client.mark()
    await client.call("reqAutoOpenOrders", True)
    await client.call("reqOpenOrders")
    await client.wait("openOrderEnd")
    orders = client.told("openOrder")
    assert orders and all(args.order.clientId == 0 and args.order.orderId > 0 for args in orders)


@scenario("completed orders", "reqCompletedOrders")
async def completed(run: Run) -> None:
    client = run.client
    filled = await run.buy(100)
    done = await run.status(filled, "Filled")
    resting = await run.place(lmtPrice=run.tick(run.floor.bid, -20), orderRef="gone")
    await run.status(resting, "Submitted")
    await client.call("cancelOrder", resting)
    await run.status(resting, "Cancelled")
    for api_only in (True, False):
        client.mark()
        await client.call("reqCompletedOrders", api_only)
        await client.wait("completedOrdersEnd")
        told = {args.order.permId: args for args in client.told("completedOrder")}
        assert len(told) == 2 and told[done.permId].orderState.status == "Filled"
        assert told[done.permId].order.filledQuantity == 100
        assert told[done.permId].orderState.completedStatus.startswith("Filled")
        (gone,) = [args for args in told.values() if args.order.orderRef == "gone"]
        assert gone.orderState.status == "Cancelled" and gone.orderState.completedTime


@scenario("executions by filter", "reqExecutions")
async def executions(run: Run) -> None:
    client = run.client
    await run.buy(200)
    exchange = run.floor.exchange
    day = exchange.day()
    symbol, later = run.floor.stock.symbol, exchange.now() + 3600
    local, utc = f"{day.local(later):%Y%m%d %H:%M:%S}", f"{day.local(later).astimezone(UTC):%Y%m%d-%H:%M:%S}"
    early = f"{day.local(day.open):%Y%m%d %H:%M:%S}"
    for fields, expected in (
        ({}, True),
        ({"symbol": symbol, "secType": "STK", "exchange": "ASX", "side": "BUY", "acctCode": "DU1234567"}, True),
        ({"clientId": CLIENT_ID, "time": early}, True),
        ({"clientId": CLIENT_ID + 5}, False),
        ({"symbol": "NOSUCH"}, False),
        ({"side": "SELL"}, False),
        ({"exchange": "NYSE"}, False),
        ({"secType": "OPT"}, False),
        ({"time": local}, False),
        ({"time": utc}, False),
    ):
        client.mark()
        await client.call("reqExecutions", 51, thing("ExecutionFilter", **fields))
        await client.wait("execDetailsEnd", lambda args: args.reqId == 51)
        found = client.told("execDetails")
        assert bool(found) is expected, fields
        if expected:
            assert sum(args.execution.shares for args in found) == 200
            fees = {args.report.execId for args in client.told("commissionReport")}
            assert fees == {args.execution.execId for args in found}


@scenario("an order outside of trading hours waits for the open", "placeOrder", minutes=-400.0)
async def before_hours(run: Run) -> None:
    number = await run.place(lmtPrice=float(run.tick(run.last, 0)), totalQuantity=200)
    told = await run.error(399, number)
    assert "will not be placed at the exchange until" in told.errorString and "10:00:00" in told.errorString
    await run.status(number, "PreSubmitted")


@scenario("an order after the close waits for the next session", "placeOrder", minutes=420.0)
async def after_hours(run: Run) -> None:
    exchange = run.floor.exchange
    opens = exchange.calendar.current_or_next(exchange.now())
    number = await run.place(lmtPrice=run.tick(run.last, -5), tif="GTC")
    told = await run.error(399, number)
    assert f"{opens.local(opens.open):%Y-%m-%d %H:%M:%S} Australia/NSW" in told.errorString
    assert opens.date > exchange.day().date
    await run.status(number, "PreSubmitted")


@scenario("immediate or cancel", "placeOrder")
async def immediate(run: Run) -> None:
    number = await run.place(lmtPrice=run.tick(run.floor.bid, -20), tif="IOC")
    await run.floor.advance(2)
    await run.status(number, "Cancelled")
