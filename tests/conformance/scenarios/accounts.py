"""Account values, positions and profit."""

from __future__ import annotations

from ..scenario import Run, scenario

ACCOUNT = "DU1234567"


@scenario("account updates", "reqAccountUpdates")
async def account_updates(run: Run) -> None:
    client = run.client
    client.mark()
    await client.call("reqAccountUpdates", True, ACCOUNT)
    end = await client.wait("accountDownloadEnd")
    assert list(vars(end).values()) == [ACCOUNT]
    values = {(row.key, row.currency): row.val for row in client.told("updateAccountValue")}
    assert float(values[("NetLiquidation", "AUD")]) == float(values[("CashBalance", "BASE")]) == 100_000
    assert values[("AccountReady", "")] == "true" and client.told("updateAccountTime")
    client.mark()
    await run.buy()
    row = await client.wait("updatePortfolio", lambda row: row.position == 100)
    assert row.contract.symbol == run.floor.stock.symbol and row.averageCost > 0 and row.accountName == ACCOUNT
    cash = await client.wait("updateAccountValue", lambda row: row.key == "TotalCashValue")
    assert float(cash.val) < 100_000
    await client.call("reqAccountUpdates", False, ACCOUNT)
    await client.settle()
    client.mark()
    await run.buy()
    assert not client.told("updateAccountValue", "updatePortfolio")


@scenario("account updates of an account that is not ours", "reqAccountUpdates")
async def foreign_account(run: Run) -> None:
    await run.client.call("reqAccountUpdates", True, "DU9999999")
    await run.error(321)


@scenario("account updates refresh every three minutes", "reqAccountUpdates")
async def account_refresh(run: Run) -> None:
    await run.client.ask("reqAccountUpdates", True, ACCOUNT, until="accountDownloadEnd")
    run.client.mark()
    await run.floor.advance(240)
    await run.client.wait("updateAccountTime")


@scenario("account summary by tags", "reqAccountSummary, cancelAccountSummary")
async def account_summary(run: Run) -> None:
    client = run.client
    client.mark()
    await client.call("reqAccountSummary", 31, "All", "NetLiquidation,BuyingPower,AccountType")
    await client.wait("accountSummaryEnd", lambda args: args.reqId == 31)
    rows = {row.tag: row for row in client.told("accountSummary")}
    assert set(rows) == {"NetLiquidation", "BuyingPower", "AccountType"}
    assert float(rows["NetLiquidation"].value) == 100_000 and rows["NetLiquidation"].currency == "AUD"
    await client.call("cancelAccountSummary", 31)
    await client.settle()


@scenario("account summary by ledger", "reqAccountSummary")
async def ledger_summary(run: Run) -> None:
    client = run.client
    client.mark()
    await client.call("reqAccountSummary", 32, "All", "$LEDGER:ALL")
    await client.wait("accountSummaryEnd", lambda args: args.reqId == 32)
    cash = {row.currency: row.value for row in client.told("accountSummary") if row.tag == "CashBalance"}
    assert {"AUD", "BASE"} <= set(cash) and float(cash["BASE"]) == 100_000


@scenario("a third account summary is refused", "reqAccountSummary, cancelAccountSummary")
async def summaries(run: Run) -> None:
    client = run.client
    for number in (33, 34):
        await client.call("reqAccountSummary", number, "All", "NetLiquidation")
        await client.wait("accountSummaryEnd", lambda args, number=number: args.reqId == number)
    await client.call("reqAccountSummary", 35, "All", "NetLiquidation")
    await run.error(322, 35)
    await client.call("cancelAccountSummary", 33)
    await client.call("reqAccountSummary", 36, "All", "NetLiquidation")
    await client.wait("accountSummaryEnd", lambda args: args.reqId == 36)


@scenario("account updates by account and model", "reqAccountUpdatesMulti, cancelAccountUpdatesMulti")
async def updates_multi(run: Run) -> None:
    client = run.client
    client.mark()
    await client.call("reqAccountUpdatesMulti", 37, ACCOUNT, "", False)
    await client.wait("accountUpdateMultiEnd", lambda args: args.reqId == 37)
    rows = {(row.key, row.currency): row.value for row in client.told("accountUpdateMulti") if row.reqId == 37}
    assert float(rows[("NetLiquidation", "AUD")]) == 100_000
    client.mark()
    await run.buy()
    await client.wait("accountUpdateMulti", lambda row: row.reqId == 37 and row.key == "GrossPositionValue")
    await client.call("cancelAccountUpdatesMulti", 37)
    await client.settle()


@scenario("positions, and a live one after a fill", "reqPositions, cancelPositions")
async def positions(run: Run) -> None:
    client = run.client
    await client.ask("reqPositions", until="positionEnd")
    assert not client.told("position")
    client.mark()
    await run.buy()
    held = await client.wait("position", lambda args: args.position == 100)
    assert held.contract.conId == run.floor.stock.con_id and held.account == ACCOUNT and held.avgCost > 0
    await client.call("cancelPositions")
    await client.settle()
    client.mark()
    await run.buy()
    assert not client.told("position")
    again = await client.ask("reqPositions", until="position")
    assert again.position == 200


@scenario("positions by account and model", "reqPositionsMulti, cancelPositionsMulti")
async def positions_multi(run: Run) -> None:
    client = run.client
    await run.buy()
    row = await client.ask("reqPositionsMulti", 38, ACCOUNT, "", until="positionMulti")
    assert (row.reqId, row.contract.symbol) == (38, run.floor.stock.symbol)
    assert getattr(row, "pos", None) == 100 or getattr(row, "position", None) == 100
    await client.wait("positionMultiEnd", lambda args: args.reqId == 38)
    await client.call("cancelPositionsMulti", 38)
    await client.settle()


@scenario("profit of the account, live", "reqPnL, cancelPnL")
async def pnl(run: Run) -> None:
    client = run.client
    first = await client.ask("reqPnL", 39, ACCOUNT, "", until="pnl")
    assert (first.dailyPnL, first.unrealizedPnL, first.realizedPnL) == (0, 0, 0)
    client.mark()
    await run.buy(500)
    bought = await client.wait("pnl", lambda args: args.reqId == 39 and args.unrealizedPnL < 0)
    assert bought.dailyPnL < 0
    client.mark()
    await run.floor.advance(120)
    await client.wait("pnl", lambda args: args.unrealizedPnL != bought.unrealizedPnL)
    await client.call("cancelPnL", 39)
    await client.settle()
    client.mark()
    await run.floor.advance(60)
    await client.settle()
    assert not client.told("pnl")


@scenario("profit of one position, live", "reqPnLSingle, cancelPnLSingle")
async def pnl_single(run: Run) -> None:
    client = run.client
    await run.buy(500)
    first = await client.ask("reqPnLSingle", 40, ACCOUNT, "", run.floor.stock.con_id, until="pnlSingle")
    assert first.pos == 500 and first.value > 0
    client.mark()
    await run.floor.advance(120)
    moved = await client.wait("pnlSingle", lambda args: args.value != first.value)
    assert abs((moved.unrealizedPnL - first.unrealizedPnL) - (moved.value - first.value)) < 0.01
    await client.call("cancelPnLSingle", 40)
    await client.settle()


@scenario("family codes", "reqFamilyCodes")
async def family_codes(run: Run) -> None:
    told = await run.client.ask("reqFamilyCodes", until="familyCodes")
    assert [code.accountID for code in told.familyCodes] == [ACCOUNT]


@scenario("soft dollar tiers", "reqSoftDollarTiers")
async def soft_dollar_tiers(run: Run) -> None:
    told = await run.client.ask("reqSoftDollarTiers", 41, until="softDollarTiers")
    assert told.reqId == 41 and told.tiers == []


@scenario("advisor data of an account that has no advisor", "requestFA")
async def advisor(run: Run) -> None:
    await run.client.call("requestFA", 1)
    await run.error(321)
