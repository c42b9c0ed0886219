"""Account values, positions and profit."""

from __future__ import annotations

from ..scenario import Run, scenario

ACCOUNT = "DU1234567"


@scenario("account updates", "reqAccountUpdates")
async def account_updates(run: Run) -> None:
    client = run.client
    await client.call("reqAccountUpdates", True, ACCOUNT)
    end = await client.wait("accountDownloadEnd")
    assert list(vars(end).values()) == [ACCOUNT]
    values = {(row.key, row.currency): row.val for row in client.told("updateAccountValue")}
    assert float(values[("NetLiquidation", "AUD")]) == 100_000
    client.mark()
    await run.buy()
    await client.wait("updatePortfolio", lambda row: row.position == 100)
    client.mark()
    await client.call("reqAccountUpdates", False, ACCOUNT)
    await client.settle()
