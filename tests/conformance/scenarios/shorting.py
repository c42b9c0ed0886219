"""Short sales: what can be borrowed, told and asked for; a bracket that sells first."""

from __future__ import annotations

from skim_tui.exchange.lending import LOCATE_SECONDS, NOTHING, Offer, Supply

from ..scenario import Run, scenario
from .quotes import is_tick, watch

SHORTABLE, SHORTABLE_SHARES = 46, 89


@scenario("what can be borrowed, as it changes", "reqMktData, placeOrder")
async def shortable(run: Run) -> None:
    client, symbol = run.client, run.floor.stock.symbol
    run.floor.exchange.lend(symbol, Offer(Supply.EASY, 1200))
    await watch(run, 801, "236")
    assert (await client.wait("tickGeneric", is_tick(801, SHORTABLE))).value == 3.0
    assert (await client.wait("tickSize", is_tick(801, SHORTABLE_SHARES))).size == 1200
    client.mark()
    await run.filled(await run.place(action="SELL", orderType="MKT", totalQuantity=300))
    levels = [args.value for args in client.told("tickGeneric") if is_tick(801, SHORTABLE)(args)]
    shares = [args.size for args in client.told("tickSize") if is_tick(801, SHORTABLE_SHARES)(args)]
    assert levels[-1] == 2.0 and shares[-1] == 900 and shares == sorted(shares, reverse=True)
    client.mark()
    run.floor.exchange.lend(symbol, NOTHING)
    assert (await client.wait("tickGeneric", is_tick(801, SHORTABLE))).value == 1.0
    assert (await client.wait("tickSize", is_tick(801, SHORTABLE_SHARES))).size == 0


@scenario("a short sale, its position and its cover", "reqPositions, placeOrder")
async def short_position(run: Run) -> None:
    client = run.client
    await client.call("reqPositions")
    await client.wait("positionEnd")
    client.mark()
    number = await run.filled(await run.place(action="SELL", orderType="MKT", totalQuantity=300))
    fills = [args.execution for args in client.told("execDetails") if args.execution.orderId == number]
    assert sum(fill.shares for fill in fills) == 300 and all(fill.side == "SLD" for fill in fills)
    sold = await client.wait("position", lambda args: args.position == -300)
    assert 0 < sold.avgCost < fills[-1].avgPrice  # what it brought, less the fee
    client.mark()
    await run.buy(300)
    await client.wait("position", lambda args: args.position == 0)
    await client.wait("commissionReport", lambda args: args.report.realizedPNL < 1e300)


@scenario("a short sale of what nobody lends is refused", "placeOrder")
async def not_shortable(run: Run) -> None:
    run.floor.exchange.lend(run.floor.stock.symbol, NOTHING)
    number = await run.place(action="SELL", orderType="MKT")
    told = await run.error(201, number)
    assert told.errorString == "Order rejected - reason:The contract is not available for short sale"
    await run.status(number, "Inactive")


@scenario("a short sale waits until shares are located", "placeOrder")
async def located(run: Run) -> None:
    run.floor.exchange.lend(run.floor.stock.symbol, Offer(Supply.HARD, 1000))
    number = await run.place(action="SELL", orderType="MKT")
    held = await run.status(number, "PreSubmitted")
    assert held.whyHeld == "locate"
    await run.error(404, number)
    await run.later(LOCATE_SECONDS + 5)
    await run.filled(number)


@scenario("a bracket that sells first: the stop covers", "placeOrder")
async def short_bracket(run: Run) -> None:
    client = run.client
    entry = await run.place(action="SELL", orderType="MKT", totalQuantity=200, transmit=False)
    target = await run.place(
        lmtPrice=run.tick(run.floor.bid, -60), totalQuantity=200, parentId=entry, transmit=False, tif="GTC"
    )
    stop = await run.place(
        orderType="STP", auxPrice=run.tick(run.floor.ask, 60), totalQuantity=200, parentId=entry, tif="GTC"
    )
    await run.filled(entry)
    assert (await run.status(stop, "PreSubmitted", whyHeld="trigger")).remaining == 200
    await run.status(target, "Submitted")
    client.mark()
    await run.place(
        stop, orderType="STP", auxPrice=run.tick(run.floor.bid, -10), totalQuantity=200, parentId=entry, tif="GTC"
    )
    await run.filled(stop)
    await run.status(target, "Cancelled")
