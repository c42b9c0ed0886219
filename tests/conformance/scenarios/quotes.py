"""Market data lines: streaming, snapshots, kinds of data, generic ticks, depth."""

from __future__ import annotations

from ..scenario import Run, scenario

BID, ASK, LAST, VOLUME, CLOSE = 1, 2, 4, 8, 9
DELAYED_BID, DELAYED_ASK, DELAYED_CLOSE = 66, 67, 75
LAST_TIME, RT_VOLUME, HALTED = 45, 48, 49


def is_tick(request: int, *types: int):
    return lambda args: args.reqId == request and args.tickType in types


async def watch(run: Run, request: int, generic: str = "", *, snapshot: bool = False, **contract: object) -> None:
    await run.client.call("reqMktData", request, run.contract(**contract), generic, snapshot, False, [])


@scenario("streaming quotes", "reqMktData, cancelMktData")
async def streaming(run: Run) -> None:
    client = run.client
    await watch(run, 101)
    kind = await client.wait("marketDataType", lambda args: args.reqId == 101)
    assert kind.marketDataType == 1
    rules = await client.wait("tickReqParams", lambda args: args.tickerId == 101)
    assert rules.minTick == 0.001 and rules.bboExchange
    bid = await client.wait("tickPrice", is_tick(101, BID))
    ask = await client.wait("tickPrice", is_tick(101, ASK))
    assert 0 < bid.price < ask.price
    for price in (LAST, 6, 7, CLOSE, 14):
        assert (await client.wait("tickPrice", is_tick(101, price))).price > 0
    for size in (0, 3, VOLUME):
        assert (await client.wait("tickSize", is_tick(101, size))).size > 0
    assert int((await client.wait("tickString", is_tick(101, LAST_TIME))).value) <= run.floor.exchange.now()
    assert (await client.wait("tickGeneric", is_tick(101, HALTED))).value == 0
    names = [name for name, args in client.events[client._seen :] if getattr(args, "reqId", args) == 101]
    assert names.index("marketDataType") < names.index("tickPrice")
    client.mark()
    await run.later(30)
    await client.wait("tickPrice", is_tick(101, BID))
    traded = await client.wait("tickSize", is_tick(101, VOLUME))
    assert traded.size > 0
    await client.call("cancelMktData", 101)
    await client.settle()
    client.mark()
    await run.later(30)
    await client.settle()
    assert not client.told("tickPrice", "tickSize", "tickString")


@scenario("snapshot", "reqMktData")
async def snapshot(run: Run) -> None:
    await watch(run, 102, snapshot=True)
    await run.client.wait("tickSnapshotEnd", lambda args: args.reqId == 102)
    assert {args.tickType for args in run.client.told("tickPrice")} >= {BID, ASK, LAST, CLOSE}
    run.client.mark()
    await run.later(30)
    await run.client.settle()
    assert not run.client.told("tickPrice"), "a snapshot leaves no line"
    await run.client.call("cancelMktData", 102)
    await run.error(300, 102)


@scenario("delayed quotes", "reqMarketDataType, reqMktData")
async def delayed(run: Run) -> None:
    await run.client.call("reqMarketDataType", 3)
    await watch(run, 103)
    assert (await run.client.wait("marketDataType")).marketDataType == 3
    for tick in (DELAYED_BID, DELAYED_ASK, DELAYED_CLOSE):
        assert (await run.client.wait("tickPrice", is_tick(103, tick))).price > 0
    await run.client.wait("tickSize", is_tick(103, 74))
    assert int((await run.client.wait("tickString", is_tick(103, 88))).value) > 0
    assert not [args for args in run.client.told("tickPrice") if args.tickType in (BID, ASK, LAST)]


@scenario("frozen quotes in trading hours are live", "reqMarketDataType, reqMktData")
async def frozen(run: Run) -> None:
    await run.client.call("reqMarketDataType", 2)
    await watch(run, 104)
    assert (await run.client.wait("marketDataType")).marketDataType == 1


@scenario("frozen quotes after the close", "reqMarketDataType, reqMktData", minutes=400)
async def frozen_after(run: Run) -> None:
    await run.client.call("reqMarketDataType", 2)
    await watch(run, 105, snapshot=True)
    assert (await run.client.wait("marketDataType")).marketDataType == 2
    await run.client.wait("tickPrice", is_tick(105, LAST))
    await run.client.wait("tickSnapshotEnd")


@scenario("generic ticks", "reqMktData")
async def generic(run: Run) -> None:
    client = run.client
    await watch(run, 106, "100,101,104,106,165,221,233,236,258,293,294,295,318,375,411,456,595")
    for price in (15, 16, 17, 18, 19, 20, 37, 57):
        assert (await client.wait("tickPrice", is_tick(106, price))).price > 0
    for size in (21, 89, 63, 64, 65):
        assert (await client.wait("tickSize", is_tick(106, size))).size > 0
    for value in (23, 46, 54, 55, 56):
        assert (await client.wait("tickGeneric", is_tick(106, value))).value > 0
    await client.wait("tickString", is_tick(106, 59))
    await run.later(30)
    await client.wait("tickString", is_tick(106, 77))
    sale = (await client.wait("tickString", is_tick(106, RT_VOLUME))).value.split(";")
    price, size, ms, volume, average, single = sale
    assert float(price) > 0 and int(size) > 0 and int(volume) > int(size) and float(average) > 0
    assert abs(int(ms) / 1000 - run.floor.exchange.now()) < 60 and single in ("true", "false")


@scenario("halt and resumption", "reqMktData")
async def halted(run: Run) -> None:
    await watch(run, 107)
    await run.client.wait("tickGeneric", is_tick(107, HALTED))
    for state in (True, False):
        run.client.mark()
        for session in run.floor.door.clients.values():
            session.on_halt(run.floor.stock.symbol, state)
        assert (await run.client.wait("tickGeneric", is_tick(107, HALTED))).value == float(state)


@scenario("generic ticks alone", "reqMktData")
async def without_quotes(run: Run) -> None:
    await watch(run, 108, "mdoff,233")
    await run.later(30)
    await run.client.wait("tickString", is_tick(108, RT_VOLUME))
    assert not run.client.told("tickPrice")


@scenario("refused market data requests", "reqMktData, cancelMktData, reqMarketDataType")
async def refused(run: Run) -> None:
    await watch(run, 109, "9999")
    told = await run.error(321, 109)
    assert told.errorString.startswith("Error validating request.-'bQ' : cause - Incorrect generic tick list of 9999.")
    await watch(run, 110, "233", snapshot=True)
    await run.error(321, 110)
    await watch(run, 111, symbol="NOSUCH")
    await run.error(200, 111)
    await watch(run, 112)
    await watch(run, 112)
    assert (await run.error(102, 112)).errorString == "Duplicate ticker id"
    await run.client.call("cancelMktData", 113)
    assert (await run.error(300, 113)).errorString == "Can't find EId with tickerId:113"


@scenario("market data without a subscription to them", "reqMktData, reqMarketDataType")
async def unsubscribed(run: Run) -> None:
    for session in run.floor.door.clients.values():
        session.feed.entitled = False
    await watch(run, 130)
    assert (await run.error(354, 130)).errorString.startswith("Requested market data is not subscribed.")
    await run.client.call("reqMarketDataType", 3)
    await watch(run, 131)
    assert (await run.error(10167, 131)).errorString.endswith("Displaying delayed market data.")
    assert (await run.client.wait("marketDataType", lambda args: args.reqId == 131)).marketDataType == 3
    assert (await run.client.wait("tickPrice", is_tick(131, DELAYED_BID))).price > 0


@scenario("market depth", "reqMktDepth, cancelMktDepth, reqMktDepthExchanges")
async def depth(run: Run) -> None:
    client = run.client
    await client.call("reqMktDepth", 120, run.contract(exchange="ASX"), 5, False, [])
    bid = await client.wait("updateMktDepth", lambda args: args.side == 1)
    ask = await client.wait("updateMktDepth", lambda args: args.side == 0)
    assert bid.operation == 0 and bid.position == 0 and 0 < bid.price < ask.price and ask.size > 0
    await client.call("reqMktDepth", 121, run.contract(), 5, True, [])
    row = await client.wait("updateMktDepthL2", lambda args: args.reqId == 121)
    assert row.marketMaker == "ASX" and row.isSmartDepth
    await run.later(120)
    await client.wait("updateMktDepth", lambda args: args.operation == 1)
    for request, smart in ((120, False), (121, True)):
        await client.call("cancelMktDepth", request, smart)
    await client.call("cancelMktDepth", 120, False)
    await run.error(310, 120)
    await client.call("reqMktDepth", 122, run.contract(), 5, False, [])
    await run.error(10092, 122)
    places = await client.ask("reqMktDepthExchanges", until="mktDepthExchanges")
    assert [place.exchange for place in places.depthMktDataDescriptions] == ["ASX"]


@scenario("exchanges behind a quote", "reqSmartComponents")
async def components(run: Run) -> None:
    told = await run.client.ask("reqSmartComponents", 123, "a60001", until="smartComponents")
    assert [(row.exchange, row.exchangeLetter) for row in told.smartComponentMap] == [("ASX", "A")]
