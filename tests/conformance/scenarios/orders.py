"""Orders: their words, their lives, and who hears of them."""

from __future__ import annotations

from ..scenario import CLIENT_ID, Run, scenario


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
