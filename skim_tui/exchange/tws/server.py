"""The door: listens, shakes hands, and gives each client its session."""

from __future__ import annotations

import asyncio
import re

from skim_tui.exchange.core import ExchangeApi
from skim_tui.exchange.tws.client import Client
from skim_tui.exchange.tws.outbox import Outbox
from skim_tui.exchange.tws.session import Session
from skim_tui.exchange.tws.wire import OLDEST_CLIENT, SERVER_VERSION, WireError, read_frame, write_frame

HANDSHAKE_TIMEOUT = 10.0
OFFER = re.compile(r"v(\d+)(?:\.\.(\d+))?")
START_API = "71"
TAKEN = "Unable to connect as the client id is already in use. Retry with a unique client id."


class TwsDoor:
    """The TWS API socket of an exchange, on loopback."""

    def __init__(self, exchange: ExchangeApi, *, host: str = "127.0.0.1", port: int = 0) -> None:
        self._exchange = exchange
        self._host = host
        self._port = port
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self.clients: dict[int, Session] = {}
        """Connected clients by client id."""

    async def start(self) -> tuple[str, int]:
        """Listen; where."""
        self._server = await asyncio.start_server(self._accept, self._host, self._port)
        host, port = self._server.sockets[0].getsockname()[:2]
        return host, port

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            await self._serve(reader, writer)
        except (WireError, ConnectionError, TimeoutError, asyncio.IncompleteReadError):
            pass  # what does not speak the protocol is hung up on; nobody else notices
        except asyncio.CancelledError:
            pass  # the door closes
        finally:
            self._tasks.discard(task)
            writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async with asyncio.timeout(HANDSHAKE_TIMEOUT):
            if await reader.readexactly(4) != b"API\0":
                return
            length = int.from_bytes(await reader.readexactly(4), "big")
            if not 0 < length <= 1000:
                return
            offer = OFFER.match((await reader.readexactly(length)).decode("ascii", "replace"))
            if offer is None:
                return
            newest = int(offer[2] or offer[1])
            if newest < OLDEST_CLIENT:
                return
            day = self._exchange.day()
            moment = day.local(self._exchange.now())
            version = min(newest, SERVER_VERSION)
            writer.write(write_frame([version, f"{moment:%Y%m%d %H:%M:%S} {moment.tzname()}"]))
            started = await read_frame(reader)
        outbox = Outbox(writer)
        if not started or started[0] != START_API or len(started) < 3 or not started[2].isdigit():
            outbox.send([4, 2, -1, 503, "The client must start the API first", ""])
            return
        client_id = int(started[2])
        if client_id in self.clients:
            outbox.send([4, 2, -1, 326, TAKEN, ""])
            await writer.drain()
            return
        session = Session(Client(self._exchange, outbox, client_id, version))
        self.clients[client_id] = session
        self._exchange.join(session)
        try:
            session.greet()
            while (fields := await read_frame(reader)) is not None:
                session.handle(fields)
        finally:
            self._exchange.leave(session)
            del self.clients[client_id]
