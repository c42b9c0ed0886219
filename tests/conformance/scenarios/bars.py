"""Bars: historical in every size, kept up to date, five-second, schedules, first times, histograms."""

from __future__ import annotations

from datetime import UTC, datetime

from ..drivers import thing
from ..scenario import Run, scenario

SIZES = {
    "1 secs": "60 S", "5 secs": "600 S", "10 secs": "600 S", "15 secs": "600 S", "30 secs": "1800 S", "1 min": "1 D",
    "2 mins": "1 D", "3 mins": "1 D", "5 mins": "2 D", "10 mins": "1 D", "15 mins": "1 W", "20 mins": "1 D",
    "30 mins": "1 D", "1 hour": "1 M", "2 hours": "1 D", "3 hours": "1 D", "4 hours": "1 D", "8 hours": "1 D",
    "1 day": "10 D", "1 week": "2 M", "1 month": "1 Y", "1W": "4 W", "1M": "2 M",
}  # fmt: skip


async def history(
    run: Run, request: int, size: str, duration: str, *, end: str = "", what: str = "TRADES", regular: int = 1,
    form: int = 2, keep: bool = False, **contract: object,
) -> list:  # fmt: skip
    """Ask, wait for the end, and give the bars."""
    await ask(run, request, size, duration, end, what, regular, form, keep, **contract)
    await run.client.wait("historicalDataEnd", lambda args: args.reqId == request)
    return [args.bar for args in run.client.told("historicalData") if args.reqId == request]


async def ask(
    run: Run, request: int, size: str, duration: str, end: str = "", what: str = "TRADES", regular: int = 1,
    form: int = 2, keep: bool = False, **contract: object,
) -> None:  # fmt: skip
    await run.client.call(
        "reqHistoricalData", request, run.contract(**contract), end, duration, size, what, regular, form, keep, []
    )


def epochs(bars: list) -> list[int]:
    return [int(bar.date) for bar in bars]


@scenario("historical bars of every size", "reqHistoricalData")
async def every_size(run: Run) -> None:
    for number, (size, duration) in enumerate(SIZES.items()):
        bars = await history(run, 200 + number, size, duration)
        assert bars, size
        assert [bar.date for bar in bars] == sorted({bar.date for bar in bars}), size
        for bar in bars:
            assert bar.low <= min(bar.open, bar.close) <= max(bar.open, bar.close) <= bar.high, size
            assert bar.volume >= 0 and bar.barCount >= 0, size


@scenario("minute bars", "reqHistoricalData")
async def minutes(run: Run) -> None:
    bars = await history(run, 230, "1 min", "1 D")
    day = run.floor.exchange.day()
    starts = epochs(bars)
    assert all(start % 60 == 0 for start in starts)
    assert starts[0] >= day.opening_auction - 60 and starts[-1] <= run.floor.exchange.now()
    recorded = run.floor.exchange.minute_bars(run.floor.stock.symbol, day.pre_open, run.floor.exchange.now())
    assert [(bar.open, bar.high, bar.low, bar.close, bar.volume) for bar in bars[:-1]] == [
        (bar.open, bar.high, bar.low, bar.close, bar.volume) for bar in recorded[: len(bars) - 1]
    ]
    fives = await history(run, 231, "5 mins", "1 D")
    assert all(start % 300 == 0 for start in epochs(fives))
    assert sum(bar.volume for bar in fives) == sum(bar.volume for bar in bars)
    assert max(bar.high for bar in fives) == max(bar.high for bar in bars)


@scenario("bars of quotes", "reqHistoricalData")
async def quotes(run: Run) -> None:
    found = {}
    for number, what in enumerate(("BID", "ASK", "MIDPOINT", "BID_ASK")):
        found[what] = await history(run, 235 + number, "1 min", "600 S", what=what)
        assert found[what] and all(bar.volume == -1 for bar in found[what])
    for bid, ask, middle in zip(found["BID"], found["ASK"], found["MIDPOINT"], strict=True):
        assert bid.date == ask.date == middle.date
        assert bid.close < middle.close < ask.close and bid.low <= middle.low <= ask.low
    adjusted = await history(run, 240, "1 day", "10 D", what="ADJUSTED_LAST")
    plain = await history(run, 241, "1 day", "10 D")
    assert [bar.close for bar in adjusted] == [bar.close for bar in plain]
    volatile = await history(run, 242, "1 day", "10 D", what="HISTORICAL_VOLATILITY")
    assert all(0 < bar.close < 5 for bar in volatile)


@scenario("date formats of bars", "reqHistoricalData")
async def formats(run: Run) -> None:
    written = (await history(run, 245, "1 min", "600 S", form=1))[-1].date
    epoch = (await history(run, 246, "1 min", "600 S", form=2))[-1].date
    day = run.floor.exchange.day()
    assert written == f"{day.local(int(epoch)):%Y%m%d %H:%M:%S} Australia/NSW"
    for request, form in ((247, 1), (248, 2)):
        daily = await history(run, request, "1 day", "5 D", form=form)
        assert len(daily) == 5 and daily[-1].date == f"{day.date:%Y%m%d}"


@scenario("bars up to a given time", "reqHistoricalData")
async def ending(run: Run) -> None:
    day = run.floor.exchange.day()
    until = day.open + 10 * 60
    forms = (
        f"{datetime.fromtimestamp(until, UTC):%Y%m%d-%H:%M:%S}",
        f"{day.local(until):%Y%m%d %H:%M:%S} Australia/NSW",
        f"{datetime.fromtimestamp(until, UTC):%Y%m%d %H:%M:%S} UTC",
    )
    found = [await history(run, 250 + number, "1 min", "300 S", end=end) for number, end in enumerate(forms)]
    assert epochs(found[0])[-1] < until and epochs(found[0])[0] >= until - 300
    assert epochs(found[0]) == epochs(found[1]) == epochs(found[2])
    before = await history(
        run, 254, "1 day", "5 D", end=f"{day.local(day.pre_open - 3600):%Y%m%d %H:%M:%S} Australia/NSW"
    )
    assert len(before) == 5 and before[-1].date < f"{day.date:%Y%m%d}"
    assert await history(run, 255, "1 min", "300 S", end=f"{day.local(until):%Y%m%d %H:%M:%S}")
    assert (await run.error(2174, 255)).errorString.startswith("Warning: You submitted request with date-time")


@scenario("bars kept up to date", "reqHistoricalData, cancelHistoricalData")
async def updating(run: Run) -> None:
    client = run.client
    for request, size, what in ((260, "1 min", "TRADES"), (261, "5 secs", "TRADES"), (262, "1 min", "MIDPOINT")):
        bars = await history(run, request, size, "600 S", what=what, keep=True)
        client.mark()
        await run.later(75)
        await client.settle()
        told = await client.wait("historicalDataUpdate", lambda args, request=request: args.reqId == request)
        bar = told.bar
        assert int(bar.date) >= int(bars[-1].date)
        assert bar.low <= min(bar.open, bar.close) <= max(bar.open, bar.close) <= bar.high
        later = [args.bar for args in client.told("historicalDataUpdate") if args.reqId == request]
        assert len({update.date for update in later}) >= 2, "a new bar begins"
        await client.call("cancelHistoricalData", request)
        cancelled = await run.error(162, request)
        assert f"API historical data query cancelled: {request}" in cancelled.errorString
    await client.settle()
    client.mark()
    await run.later(30)
    await client.settle()
    assert not client.told("historicalDataUpdate")
    await client.call("cancelHistoricalData", 260)
    assert (await run.error(366, 260)).errorString == "No historical data query found for ticker id:260"


@scenario("refused historical requests", "reqHistoricalData")
async def refused(run: Run) -> None:
    cases = (
        (321, "bar size setting is invalid. Legal ones are: 1 secs", {"size": "7 mins"}),
        (321, "duration format is integer", {"duration": "1 fortnight"}),
        (321, "longer than 365 days must be made in years", {"duration": "400 D"}),
        (321, "greater than 86400 seconds", {"duration": "90000 S"}),
        (321, "What to show value of NONSENSE rejected", {"what": "NONSENSE"}),
        (321, "End date not supported with adjusted last", {"what": "ADJUSTED_LAST", "end": "20260303-01:00:00"}),
        (162, "No historical market data", {"what": "OPTION_IMPLIED_VOLATILITY"}),
        (10314, "End Date/Time: The date, time, or time-zone entered is invalid", {"end": "yesterday"}),
        (200, "No security definition", {"symbol": "NOSUCH"}),
    )
    for number, (code, text, fields) in enumerate(cases):
        wanted = {"size": "1 min", "duration": "1 D", **fields}
        await ask(run, 270 + number, **wanted)
        assert text in (await run.error(code, 270 + number)).errorString


@scenario("no bars before the first trade", "reqHistoricalData", minutes=-170)
async def nothing(run: Run) -> None:
    symbol = min(run.floor.exchange.instruments)
    contract = thing("Contract", symbol=symbol, secType="STK", exchange="SMART", currency="AUD")
    await run.client.call("reqHistoricalData", 280, contract, "", "1 D", "1 min", "TRADES", 1, 2, False, [])
    assert "HMDS query returned no data" in (await run.error(162, 280)).errorString


@scenario("historical schedule", "reqHistoricalData")
async def schedule(run: Run) -> None:
    await ask(run, 281, "1 day", "5 D", what="SCHEDULE")
    if run.client.name.startswith("ibapi 9"):
        await run.error(321, 281)
        return
    told = await run.client.wait("historicalSchedule")
    assert told.timeZone == "Australia/NSW" and len(told.sessions) == 5
    last = told.sessions[-1]
    day = run.floor.exchange.day()
    assert last.refDate == f"{day.date:%Y%m%d}" and last.startDateTime == f"{day.date:%Y%m%d}-10:00:00"
    assert last.endDateTime == f"{day.date:%Y%m%d}-16:00:00"


@scenario("first time of data", "reqHeadTimeStamp")
async def head(run: Run) -> None:
    await run.client.call("reqHeadTimeStamp", 282, run.contract(), "TRADES", 1, 1)
    told = await run.client.wait("headTimestamp", lambda args: args.reqId == 282)
    moment = datetime.strptime(told.headTimestamp, "%Y%m%d-%H:%M:%S").replace(tzinfo=UTC)
    await run.client.call("reqHeadTimeStamp", 283, run.contract(), "TRADES", 1, 2)
    told = await run.client.wait("headTimestamp", lambda args: args.reqId == 283)
    assert int(told.headTimestamp) == moment.timestamp() < run.floor.exchange.day().pre_open


@scenario("price histogram", "reqHistogramData, cancelHistogramData")
async def histogram(run: Run) -> None:
    await run.client.call("reqHistogramData", 284, run.contract(), True, "3 days")
    told = await run.client.wait("histogramData", lambda args: args.reqId == 284)
    assert told.items and all(row.price > 0 for row in told.items)
    await run.client.call("cancelHistogramData", 284)


@scenario("five-second bars", "reqRealTimeBars, cancelRealTimeBars")
async def realtime(run: Run) -> None:
    client = run.client
    for request, what in ((290, "TRADES"), (291, "MIDPOINT")):
        await client.call("reqRealTimeBars", request, run.contract(), 5, what, False, [])
    await run.later(40)
    await client.settle()
    for request in (290, 291):
        await client.wait("realtimeBar", lambda args, request=request: args.reqId == request)
        bars = [args for args in client.told("realtimeBar") if args.reqId == request]
        times = [bar.time for bar in bars]
        assert len(times) >= 5 and all(time % 5 == 0 for time in times)
        assert [after - before for before, after in zip(times, times[1:])] == [5] * (len(times) - 1)
    trades = [args.volume for args in client.told("realtimeBar") if args.reqId == 290]
    assert sum(trades) > 0 and {args.volume for args in client.told("realtimeBar") if args.reqId == 291} == {-1}
    for request in (290, 291):
        await client.call("cancelRealTimeBars", request)
    await client.settle()
    client.mark()
    await run.later(20)
    await client.settle()
    assert not client.told("realtimeBar")
    await client.call("cancelRealTimeBars", 290)
    await run.error(300, 290)
    await client.call("reqRealTimeBars", 292, run.contract(), 5, "NONSENSE", False, [])
    await run.error(321, 292)
