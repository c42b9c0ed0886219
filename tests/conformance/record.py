"""Records the golden transcripts: ``python -m tests.conformance.record`` runs the scenarios with the official clients.

Between client and exchange stands a relay that writes down what the client sends and when time passes. Of all
conversations it keeps as few as hold every message that was seen. What the exchange answers is then written by
replaying them, as the suite does when it compares.
"""

from __future__ import annotations

import asyncio
import re
from contextlib import suppress

from . import scenarios  # noqa: F401
from .drivers import Driver, Official, Unoffered, installed
from .floor import Floor, open_floor
from .scenario import CLIENT_ID, SCENARIOS, Run, Scenario
from .transcript import CONNECT, FROM, GOLDEN, PASS, TO, Line, messages, replay, spell, write

Spoken = tuple[Scenario, list[Line]]


class Relay:
    """Passes bytes between a client and the exchange, and writes down the client's."""

    def __init__(self, port: int) -> None:
        self._port = port
        self.lines: list[Line] = []

    async def __aenter__(self) -> Relay:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *failure: object) -> None:
        self._server.close()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        back, out = await asyncio.open_connection("127.0.0.1", self._port)
        answering = asyncio.create_task(self._answer(back, writer))
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            out.write(await reader.readexactly(4))
            mark = CONNECT
            while True:
                head = await reader.readexactly(4)
                content = await reader.readexactly(int.from_bytes(head, "big"))
                self.lines.append((mark, content.decode() if mark == CONNECT else spell(content)))
                mark = TO
                out.write(head + content)
        out.close()
        answering.cancel()

    @staticmethod
    async def _answer(back: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            while content := await back.read(65536):
                writer.write(content)
        writer.close()


class Timed(Floor):
    """A floor whose passing time is written down."""

    relay: Relay

    async def advance(self, seconds: float) -> None:
        self.relay.lines.append((PASS, f"{seconds:g}"))
        await super().advance(seconds)


async def record(scenario: Scenario, client: Driver) -> list[Line]:
    """What the client said in a scenario. Raises Unoffered."""
    async with open_floor(**scenario.settings) as floor, Relay(floor.port) as relay:
        timed = Timed(floor.exchange, floor.door, relay.port)
        timed.relay = relay
        await client.connect(relay.port, CLIENT_ID)
        try:
            client.mark()
            await scenario.body(Run(client, timed))
        finally:
            await client.disconnect()
        return list(relay.lines)


async def conversations(client: Official) -> list[Spoken]:
    """Every scenario that the client can play, with the exchange's part."""
    spoken: list[Spoken] = []
    await client.start()
    for scenario in SCENARIOS:
        with suppress(Unoffered):
            lines = await record(scenario, client)
            spoken.append((scenario, await replay(lines, **scenario.settings)))
    await client.close()
    return spoken


def covering(spoken: list[Spoken]) -> list[Spoken]:
    """As few conversations, and as short ones, as hold every message that any of them holds."""

    def held(lines: list[Line]) -> set[tuple[str, int]]:
        return {(mark, number) for mark in (TO, FROM) for number in messages(lines, mark)}

    missing = set().union(*(held(lines) for _, lines in spoken))
    kept: list[Spoken] = []
    while missing:
        best = max(spoken, key=lambda item: (len(held(item[1]) & missing), -len(item[1])))
        kept.append(best)
        missing -= held(best[1])
    return kept


async def main() -> None:
    GOLDEN.mkdir(exist_ok=True)
    for version, client in (
        (178, Official("ibapi 10.51.1", None)),
        (157, Official("ibapi 9.81.1", installed("ibapi", "9.81.1.post1"))),
    ):
        for old in GOLDEN.glob(f"{version}-*.txt"):
            old.unlink()
        for scenario, lines in covering(await conversations(client)):
            name = re.sub(r"[^a-z0-9]+", "-", scenario.name.lower()).strip("-")
            settings = " ".join(f"{key}={value}" for key, value in scenario.settings.items())
            write(GOLDEN / f"{version}-{name}.txt", f"{scenario.name}; {client.name} {settings}".strip(), lines)
            print(f"{version} {scenario.name}: {len(lines)} lines")


if __name__ == "__main__":
    asyncio.run(main())
