"""Every layout between the oldest and the newest text protocol, read from bare frames."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import pytest

from skim_tui.domain.session import ASX, US
from skim_tui.exchange.core import Exchange

from ..rawclient import RawClient
from .smallmarket import contract, open_market

VERSIONS = (157, 158, 159, 163, 164, 165, 166, 174, 175, 176, 177, 178)
QUIET = {6, 8, 12, 13, 14, 15, 53, 56, 57, 58, 59, 63, 64, 70, 75, 77, 89, 90, 93, 95, 101, 103}
"""Requests that a gateway takes without a word."""


@asynccontextmanager
async def client_of(version: int, mic: str = ASX) -> AsyncGenerator[tuple[RawClient, Exchange], None]:
    async with open_market(mic) as (exchange, port):
        client = await RawClient.connect(port, offer=f"v100..{version}")
        assert client.version == version
        try:
            yield client, exchange
        finally:
            await client.close()


@pytest.mark.parametrize("version", VERSIONS)
async def test_contract_details_in_the_layout_of_the_version(version: int) -> None:
    async with client_of(version) as (client, _):
        client.send(9, 8, 5, *contract(), 0, "", "", *([""] if version >= 176 else []))
        assert await client.expect(52) == ["52", "1", "5"]
        (fields,) = client.of(10)
    if version < 164:
        assert fields[1] == "8", "the message's own version"
        del fields[1], fields[14]  # and a multiplier of sizes
    assert fields[1:3] == ["5", "ABC"] and fields[7:9] == ["SMART", "AUD"] and fields[13] == "0.001"
    assert fields[16] == "SMART,ASX" and fields[19:21] == ["ABC LIMITED", "ASX"]
    assert fields[25] == "Australia/NSW" and fields[36] == "239,239" and fields[38] == "COMMON"
    assert fields[39:] == {163: ["100"]}.get(version, ["1", "1", "100"] if version >= 164 else [])


@pytest.mark.parametrize(("version", "length"), [(157, 5), (165, 5), (166, 6), (178, 6)])
async def test_errors_carry_reject_reasons_from_166(version: int, length: int) -> None:
    async with client_of(version) as (client, _):
        client.send(9, 8, 5, *contract("NOSUCH"), 0, "", "", "")
        fields = await client.error(200)
    assert fields[2] == "5" and len(fields) == length


@pytest.mark.parametrize(("version", "described"), [(157, []), (175, []), (176, ["ABC LIMITED", ""])])
async def test_symbols_are_described_from_176(version: int, described: list[str]) -> None:
    async with client_of(version) as (client, _):
        client.send(81, 7, "AB")
        fields = await client.expect(79)
    assert fields[1:3] == ["7", "1"] and fields[4:7] == ["ABC", "STK", "ASX"]
    assert fields[8:] == ["1", "CFD", *described]


@pytest.mark.parametrize(
    ("mic", "version", "quotes", "bars"),
    [
        (US, 157, 100, 100), (US, 158, 100, 100), (US, 159, 1, 100), (US, 174, 1, 100), (US, 175, 1, 1),
        (US, 178, 1, 1), (ASX, 157, 1, 1), (ASX, 178, 1, 1),
    ],
)  # fmt: skip
async def test_american_sizes_are_round_lots_for_old_clients(mic: str, version: int, quotes: int, bars: int) -> None:
    async with client_of(version, mic) as (client, exchange):
        share = contract(currency=exchange.currency)
        client.send(1, 11, 3, *share, 0, "", 1, 0, "")
        await client.expect(57)
        told = {int(fields[3]): fields for fields in client.of(2)}
        volume = exchange.stats("ABC").volume
        assert int(told[8][4]) == volume // quotes
        client.send(20, 4, *share, 0, "", "1 day", "1 D", 1, "TRADES", 1, 0, "")
        assert int((await client.expect(17))[10]) == volume // bars


@pytest.mark.parametrize(("version", "answer"), [(164, "4"), (165, "106")])
async def test_a_schedule_needs_165(version: int, answer: str) -> None:
    async with client_of(version) as (client, _):
        client.send(20, 4, *contract(), 0, "", "1 day", "2 D", 1, "SCHEDULE", 1, 0, "")
        await client.sync()
        assert [fields[0] for fields in client.frames if "4" in fields[1:3]][:1] == [answer]


async def test_every_message_number_is_answered_or_needs_no_answer() -> None:
    """Nothing closes the socket, and what is no request at all is told so."""
    async with client_of(178) as (client, _):
        for number in [*range(1, 120), 201, 999, 70000]:
            if number in (49, 71):
                continue
            known = len(client.frames)
            client.send(number, 1, 777, "x")
            await client.sync()
            told = [fields for fields in client.frames[known:] if fields[0] != "49"]
            assert told or number in QUIET, f"message {number}"
        client.send("nonsense", 1)
        await client.error(320)
        assert not client.closed.is_set()
