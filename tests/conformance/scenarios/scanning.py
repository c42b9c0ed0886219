"""The market scanner."""

from __future__ import annotations

from xml.etree import ElementTree

from ..drivers import thing
from ..scenario import Run, scenario

CODES = ("TOP_PERC_GAIN", "TOP_PERC_LOSE", "MOST_ACTIVE", "HOT_BY_VOLUME", "TOP_TRADE_COUNT", "HIGH_OPEN_GAP", "LOW_OPEN_GAP")  # fmt: skip


async def scan(run: Run, request: int, code: str, filters: list | None = None, **fields: object) -> None:
    wanted = {"instrument": "STOCK.HK", "locationCode": "STK.HK.ASX", "scanCode": code, **fields}
    await run.client.call("reqScannerSubscription", request, thing("ScannerSubscription", **wanted), [], filters or [])


async def rows(run: Run, request: int) -> list:
    await run.client.wait("scannerDataEnd", lambda args: args.reqId == request)
    return [args for args in run.client.told("scannerData") if args.reqId == request]


def change(run: Run, symbol: str) -> float:
    stats = run.floor.exchange.stats(symbol)
    return stats.last / stats.prev_close - 1


@scenario("scanner parameters", "reqScannerParameters")
async def parameters(run: Run) -> None:
    told = await run.client.ask("reqScannerParameters", until="scannerParameters")
    document = ElementTree.fromstring(told.xml)
    assert document.tag == "ScanParameterResponse"
    codes = {element.text for element in document.iter("scanCode")}
    assert codes >= set(CODES)
    assert "STK.HK.ASX" in {element.text for element in document.iter("locationCode")}
    assert "STOCK.HK" in {element.text for element in document.iter("type")}
    assert {"priceAbove", "volumeAbove"} <= {element.text for element in document.iter("code")}


@scenario("scans", "reqScannerSubscription, cancelScannerSubscription")
async def scans(run: Run) -> None:
    for number, code in enumerate(CODES):
        await scan(run, 500 + number, code)
        found = await rows(run, 500 + number)
        symbols = [row.contractDetails.contract.symbol for row in found]
        assert symbols and len(symbols) == len(set(symbols)) and [row.rank for row in found] == list(range(len(found)))
        if code == "TOP_PERC_GAIN":
            changes = [change(run, symbol) for symbol in symbols]
            assert changes == sorted(changes, reverse=True)
        contract = found[0].contractDetails.contract
        assert (
            contract.conId and contract.secType == "STK" and contract.currency == "AUD" and contract.exchange == "ASX"
        )
        await run.client.call("cancelScannerSubscription", 500 + number)
        told = await run.error(162, 500 + number)
        assert told.errorString.endswith(f"API scanner subscription cancelled: {500 + number}")


@scenario("scans by past prices and by name", "reqScannerSubscription")
async def by_past(run: Run) -> None:
    exchange = run.floor.exchange
    await scan(run, 508, "HIGH_VS_13W_HL", numberOfRows=5)
    places = []
    for row in await rows(run, 508):
        symbol = row.contractDetails.contract.symbol
        days, last = exchange.daily_bars(symbol, 63), exchange.stats(symbol).last
        low, high = min(last, *(bar.low for bar in days)), max(last, *(bar.high for bar in days))
        places.append((last - low) / (high - low))
    assert places and places == sorted(places, reverse=True)
    await scan(run, 509, "ALL_SYMBOLS_ASC")
    symbols = [row.contractDetails.contract.symbol for row in await rows(run, 509)]
    assert symbols == sorted(exchange.instruments)[:50]
    await scan(run, 514, "HIGH_PE_RATIO")
    await run.error(165, 514)


@scenario("scan filters and rows", "reqScannerSubscription")
async def filters(run: Run) -> None:
    option = thing("TagValue", tag="priceAbove", value="5")
    volume = thing("TagValue", tag="volumeAbove", value="10000")
    await scan(run, 510, "MOST_ACTIVE", [option, volume], numberOfRows=3)
    found = await rows(run, 510)
    assert 0 < len(found) <= 3
    for row in found:
        stats = run.floor.exchange.stats(row.contractDetails.contract.symbol)
        assert stats.last >= 5 and stats.volume >= 10_000
    await scan(run, 511, "MOST_ACTIVE", abovePrice=5, belowPrice=50, aboveVolume=1)
    for row in await rows(run, 511):
        assert 5 <= run.floor.exchange.stats(row.contractDetails.contract.symbol).last <= 50


@scenario("a scan that finds nothing", "reqScannerSubscription")
async def empty(run: Run) -> None:
    await scan(run, 512, "MOST_ACTIVE", abovePrice=1_000_000)
    assert (await run.error(165, 512)).errorString == "Historical Market Data Service query message:no items retrieved"
    assert await rows(run, 512) == []


@scenario("scans are refreshed", "reqScannerSubscription")
async def refreshed(run: Run) -> None:
    await scan(run, 513, "MOST_ACTIVE")
    await rows(run, 513)
    run.client.mark()
    await run.later(65)
    await rows(run, 513)
    await run.client.settle()
    assert 2 <= len([args for args in run.client.told("scannerDataEnd") if args.reqId == 513]) <= 3


@scenario("refused scans", "reqScannerSubscription, cancelScannerSubscription")
async def refused(run: Run) -> None:
    await scan(run, 520, "NO_SUCH_SCAN")
    await run.error(162, 520)
    await scan(run, 521, "MOST_ACTIVE", locationCode="STK.TSEJ")
    told = await run.error(162, 521)
    assert "Market Scanner is not configured for one of the chosen locations" in told.errorString
    await scan(run, 522, "MOST_ACTIVE", instrument="NONSENSE")
    await run.error(162, 522)
    await scan(run, 523, "MOST_ACTIVE", [thing("TagValue", tag="noSuchFilterAbove", value="5")])
    await run.error(162, 523)
    await run.client.call("cancelScannerSubscription", 520)
    await run.error(365, 520)
    for request in range(530, 541):
        await scan(run, request, "MOST_ACTIVE")
    assert "Only 10 simultaneous API scanner subscriptions" in (await run.error(322, 540)).errorString
