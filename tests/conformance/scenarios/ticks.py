"""Single ticks: tick-by-tick subscriptions and historical ticks."""

from __future__ import annotations

from datetime import UTC, datetime

from ..scenario import Run, scenario

CALLBACKS = {
    "Last": "tickByTickAllLast", "AllLast": "tickByTickAllLast", "BidAsk": "tickByTickBidAsk",
    "MidPoint": "tickByTickMidPoint",
}  # fmt: skip


def epoch(moment: datetime | int) -> float:
    """Clients give ticks' times as seconds or as datetimes."""
    return moment.timestamp() if isinstance(moment, datetime) else float(moment)


def of(request: int):
    return lambda args: args.reqId == request


@scenario("tick-by-tick data", "reqTickByTickData, cancelTickByTickData")
async def tick_by_tick(run: Run) -> None:
    client = run.client
    for number, (kind, callback) in enumerate(CALLBACKS.items()):
        await client.call("reqTickByTickData", 300 + number, run.contract(), kind, 0, False)
        await run.later(60)
        tick = await client.wait(callback, of(300 + number))
        assert abs(epoch(tick.time) - run.floor.exchange.now()) < 120
    trade = await client.wait("tickByTickAllLast", of(300))
    assert trade.tickType == 1 and trade.price > 0 and trade.size > 0 and trade.exchange == "ASX"
    assert (await client.wait("tickByTickAllLast", of(301))).tickType == 2
    quote = await client.wait("tickByTickBidAsk", of(302))
    assert 0 < quote.bidPrice < quote.askPrice and quote.bidSize > 0 and quote.askSize > 0
    assert (await client.wait("tickByTickMidPoint", of(303))).midPoint > 0
    for number in range(4):
        await client.call("cancelTickByTickData", 300 + number)
    await client.settle()
    client.mark()
    await run.later(30)
    await client.settle()
    assert not client.told(*CALLBACKS.values())


@scenario("tick-by-tick data with past ticks", "reqTickByTickData")
async def with_past(run: Run) -> None:
    await run.client.call("reqTickByTickData", 310, run.contract(), "Last", 10, False)
    told = await run.client.wait("historicalTicksLast", of(310))
    assert len(told.ticks) == 10 and told.done
    await run.client.call("reqTickByTickData", 311, run.contract(), "BidAsk", 5, True)
    assert len((await run.client.wait("historicalTicksBidAsk", of(311))).ticks) == 5
    await run.client.call("reqTickByTickData", 312, run.contract(), "MidPoint", 5, True)
    assert len((await run.client.wait("historicalTicks", of(312))).ticks) == 5


@scenario("refused tick-by-tick requests", "reqTickByTickData, cancelTickByTickData")
async def refused(run: Run) -> None:
    client = run.client
    await client.call("reqTickByTickData", 320, run.contract(), "Nonsense", 0, False)
    await run.error(10189, 320)
    for request in range(321, 327):
        await client.call("reqTickByTickData", request, run.contract(), "Last", 0, False)
    told = await run.error(10190, 326)
    assert told.errorString == "Max number of tick-by-tick requests has been reached."
    await client.call("reqTickByTickData", 321, run.contract(), "Last", 0, False)
    await run.error(102, 321)
    await client.call("cancelTickByTickData", 399)
    await run.error(300, 399)


@scenario("historical ticks", "reqHistoricalTicks")
async def historical(run: Run) -> None:
    client, day = run.client, run.floor.exchange.day()
    start = f"{datetime.fromtimestamp(day.open + 60, UTC):%Y%m%d-%H:%M:%S}"
    end = f"{day.local(day.open + 600):%Y%m%d %H:%M:%S} Australia/NSW"

    async def ask(request: int, begin: str, until: str, count: int, what: str) -> None:
        await client.call("reqHistoricalTicks", request, run.contract(), begin, until, count, what, 1, False, [])

    await ask(330, start, "", 20, "TRADES")
    trades = await client.wait("historicalTicksLast", of(330))
    times = [epoch(tick.time) for tick in trades.ticks]
    assert trades.done and len(times) >= 20 and times == sorted(times) and times[0] >= day.open + 60
    assert all(tick.price > 0 and tick.size > 0 for tick in trades.ticks)
    await ask(331, "", end, 20, "BID_ASK")
    quotes = await client.wait("historicalTicksBidAsk", of(331))
    assert len(quotes.ticks) >= 20 and epoch(quotes.ticks[-1].time) <= day.open + 600
    assert all(0 < tick.priceBid < tick.priceAsk and tick.sizeBid > 0 for tick in quotes.ticks)
    await ask(332, start, "", 5, "MIDPOINT")
    assert len((await client.wait("historicalTicks", of(332))).ticks) >= 5
    for request, begin, until, count, what in (
        (333, start, end, 5, "TRADES"), (334, "", "", 5, "TRADES"), (335, start, "", 5000, "TRADES"),
        (336, start, "", 5, "NONSENSE"),
    ):  # fmt: skip
        await ask(request, begin, until, count, what)
        assert (await run.error(10187, request)).errorString.startswith("Failed to request historical ticks:")
