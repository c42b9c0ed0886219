"""Connecting, identity and time."""

from __future__ import annotations

import asyncio

from ..scenario import CLIENT_ID, Run, scenario


@scenario("connection", "startApi, reqIds, reqManagedAccts, reqCurrentTime")
async def connection(run: Run) -> None:
    client = run.client
    assert client.events[0][0] in ("connectAck", "managedAccounts", "ready") or client.name == "ib_async"
    first = (await client.ask("reqIds", 1, until="nextValidId")).orderId
    assert first >= 1
    accounts = await client.ask("reqManagedAccts", until="managedAccounts")
    assert "DU1234567" in accounts.accountsList.split(",")
    now = await client.ask("reqCurrentTime", until="currentTime")
    assert now.time == int(run.floor.exchange.now())


@scenario("a client id is taken", "startApi")
async def taken(run: Run) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", run.floor.port)
    offer = b"v157..178"
    writer.write(b"API\0" + len(offer).to_bytes(4, "big") + offer)
    await reader.readexactly(int.from_bytes(await reader.readexactly(4), "big"))
    start = f"71\0002\0{CLIENT_ID}\0\0".encode()
    writer.write(len(start).to_bytes(4, "big") + start)
    said = await reader.read()
    assert b"\x00326\x00Unable to connect as the client id is already in use" in said
    writer.close()
    await run.client.settle()


@scenario("user info", "reqUserInfo")
async def user_info(run: Run) -> None:
    told = await run.client.ask("reqUserInfo", 7, until="userInfo")
    assert told.reqId == 7


@scenario("a request the exchange does not serve", "reqFundamentalData, reqWshMetaData")
async def unsupported(run: Run) -> None:
    if run.client.name.startswith("ibapi 10"):
        await run.client.call("reqWshMetaData", 11)
    else:
        await run.client.call("reqFundamentalData", 11, run.contract(), "ReportSnapshot", [])
    told = await run.client.wait("error", lambda args: args.reqId == 11)
    assert told.errorCode >= 200 and told.errorString
    await run.client.settle()
