"""Requests for what is not here: an error or an empty answer, never silence, and the session goes on."""

from __future__ import annotations

from ..scenario import Run, scenario


@scenario("fundamental data", "reqFundamentalData, cancelFundamentalData")
async def fundamentals(run: Run) -> None:
    await run.client.call("reqFundamentalData", 700, run.contract(), "ReportSnapshot", [])
    await run.error(430, 700)
    await run.client.call("cancelFundamentalData", 700)
    await run.client.settle()


@scenario("option calculations", "calculateImpliedVolatility, calculateOptionPrice")
async def options(run: Run) -> None:
    await run.client.call("calculateImpliedVolatility", 701, run.contract(), 1.0, 10.0, [])
    await run.error(321, 701)
    await run.client.call("calculateOptionPrice", 702, run.contract(secType="OPT"), 0.3, 10.0, [])
    await run.error(200, 702)


@scenario("event calendar", "reqWshMetaData")
async def calendar(run: Run) -> None:
    await run.client.call("reqWshMetaData", 704)
    await run.error(10276, 704)
