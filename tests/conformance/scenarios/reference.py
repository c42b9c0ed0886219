"""What is listed: contracts, trading hours, price ladders, symbols."""

from __future__ import annotations

from ..scenario import Run, scenario


@scenario("contract details", "reqContractDetails")
async def contract_details(run: Run) -> None:
    stock = run.floor.stock
    for request, fields in (
        (400, {}), (401, {"symbol": "", "exchange": "", "currency": "", "secType": "", "conId": stock.con_id}),
        (402, {"symbol": "", "localSymbol": stock.symbol}), (403, {"exchange": "ASX"}),
        (404, {"primaryExchange": "ASX"}),
    ):  # fmt: skip
        await run.client.call("reqContractDetails", request, run.contract(**fields))
        told = await run.client.wait("contractDetails", lambda args, request=request: args.reqId == request)
        details = told.contractDetails
        contract = details.contract
        assert (contract.symbol, contract.conId, contract.secType) == (stock.symbol, stock.con_id, "STK")
        assert contract.exchange == (fields.get("exchange") or "SMART") and contract.primaryExchange == "ASX"
        assert contract.currency == "AUD" and contract.localSymbol == contract.tradingClass == stock.symbol
        assert details.minTick == 0.001 and details.longName == stock.name.upper() and details.stockType == "COMMON"
        assert len(details.marketRuleIds.split(",")) == len(details.validExchanges.split(",")) == 2
        assert details.secIdList[0].tag == "ISIN" and details.secIdList[0].value.startswith("AU000000")
        await run.client.wait("contractDetailsEnd", lambda args, request=request: args.reqId == request)


@scenario("trading hours", "reqContractDetails")
async def hours(run: Run) -> None:
    told = await run.client.ask("reqContractDetails", 410, run.contract(), until="contractDetails")
    details, today = told.contractDetails, run.floor.exchange.day().date
    assert details.timeZoneId == "Australia/NSW"
    days = details.liquidHours.split(";")
    assert days[0] == f"{today:%Y%m%d}:1000-{today:%Y%m%d}:1600" and len(days) >= 5
    assert [day.partition(":")[2] for day in days if day.endswith("CLOSED")] == ["CLOSED", "CLOSED"], "a weekend"
    assert details.tradingHours.split(";")[0].startswith(f"{today:%Y%m%d}:1000-{today:%Y%m%d}:16")


@scenario("contracts by ISIN", "reqContractDetails")
async def isin(run: Run) -> None:
    told = await run.client.ask("reqContractDetails", 411, run.contract(), until="contractDetails")
    number = told.contractDetails.secIdList[0].value
    await run.client.call("reqContractDetails", 412, run.contract(symbol="", secIdType="ISIN", secId=number))
    found = await run.client.wait("contractDetails", lambda args: args.reqId == 412)
    assert found.contractDetails.contract.conId == run.floor.stock.con_id
    await run.client.call("reqContractDetails", 413, run.contract(symbol="", secIdType="ISIN", secId="AU0000000000"))
    await run.error(200, 413)


@scenario("a contract on several exchanges", "reqContractDetails")
async def several(run: Run) -> None:
    await run.client.call("reqContractDetails", 414, run.contract(exchange=""))
    await run.client.wait("contractDetailsEnd", lambda args: args.reqId == 414)
    found = [args.contractDetails.contract.exchange for args in run.client.told("contractDetails")]
    assert found == ["SMART", "ASX"]


@scenario("contracts that are not listed", "reqContractDetails")
async def unknown(run: Run) -> None:
    for request, code, fields in (
        (420, 200, {"symbol": "NOSUCH"}), (421, 200, {"secType": "OPT"}), (422, 200, {"currency": "USD"}),
        (423, 200, {"exchange": "NYSE"}), (424, 200, {"conId": 1, "symbol": ""}),
        (425, 321, {"secType": "NONSENSE"}), (426, 200, {"secType": "CASH", "symbol": "EUR"}),
    ):  # fmt: skip
        await run.client.call("reqContractDetails", request, run.contract(**fields))
        await run.error(code, request)
    assert not run.client.told("contractDetails", "contractDetailsEnd")


@scenario("price ladder", "reqMarketRule")
async def market_rule(run: Run) -> None:
    details = await run.client.ask("reqContractDetails", 430, run.contract(), until="contractDetails")
    rule = int(details.contractDetails.marketRuleIds.split(",")[0])
    told = await run.client.ask("reqMarketRule", rule, until="marketRule")
    assert [step.lowEdge for step in told.priceIncrements] == [0.0, 0.1, 2.0]
    assert [step.increment for step in told.priceIncrements] == [0.001, 0.005, 0.01]
    await run.client.call("reqMarketRule", 987654)
    await run.error(321)


@scenario("matching symbols", "reqMatchingSymbols")
async def matching(run: Run) -> None:
    stock = run.floor.stock
    told = await run.client.ask("reqMatchingSymbols", 431, stock.symbol[:2], until="symbolSamples")
    found = [item.contract for item in told.contractDescriptions]
    assert stock.symbol in [contract.symbol for contract in found]
    assert {contract.currency for contract in found} == {"AUD"} and all(contract.conId for contract in found)
    told = await run.client.ask("reqMatchingSymbols", 432, "zzzzzz", until="symbolSamples")
    assert told.contractDescriptions == []


@scenario("option chain of a share without options", "reqSecDefOptParams")
async def option_chain(run: Run) -> None:
    await run.client.call("reqSecDefOptParams", 433, run.floor.stock.symbol, "", "STK", run.floor.stock.con_id)
    await run.client.wait("securityDefinitionOptionParameterEnd", lambda args: args.reqId == 433)
