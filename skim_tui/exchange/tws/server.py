"""The door: listens, shakes hands, and gives each client its session."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable

from skim_tui.exchange.core import ExchangeApi
from skim_tui.exchange.faults import Fault, Faults
from skim_tui.exchange.tws.client import Client
from skim_tui.exchange.tws.limits import Limits, Meter
from skim_tui.exchange.tws.outbox import Outbox
from skim_tui.exchange.tws.session import Session
from skim_tui.exchange.tws.tamper import Tamper
from skim_tui.exchange.tws.wire import OLDEST_CLIENT, SERVER_VERSION, WireError, read_frame, write_frame

HANDSHAKE_TIMEOUT = 10.0
OFFER = re.compile(r"v(\d+)(?:\.\.(\d+))?")
START_API = "71"
RESTART_LOSES = 1.0
"""Exchange seconds before the daily restart in which orders arrive nowhere."""

TAKEN = "Unable to connect as the client id is already in use. Retry with a unique client id."


class TwsDoor:
    """The TWS API socket of an exchange, on loopback. Without ``limits`` a client may ask as fast as it can."""

    def __init__(
        self,
        exchange: ExchangeApi,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        faults: Faults | None = None,
        limits: Limits | None = None,
    ) -> None:
        self._exchange = exchange
        self._host = host
        self._port = port
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._faults = faults
        self._limits = limits
        self._tampers: dict[int, Tamper] = {}
        self.clients: dict[int, Session] = {}
        """Connected clients by client id."""
        if faults is not None:
            faults.watch(self._fault_starts, self._fault_ends)

    async def start(self) -> tuple[str, int]:
        """Listen; where."""
        self._server = await asyncio.start_server(self._accept, self._host, self._port)
        host, self._port = self._server.sockets[0].getsockname()[:2]
        return host, self._port

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
        if not started or started[0] != START_API or len(started) < 3 or not started[2].isdecimal():
            Outbox(writer).send([4, 2, -1, 503, "The client must start the API first", ""])
            return
        client_id = int(started[2])
        if client_id in self.clients:
            Outbox(writer).send([4, 2, -1, 326, TAKEN, ""])
            await writer.drain()
            return
        tamper = Tamper(writer, self._exchange, self._faults, client_id) if self._faults is not None else None
        session = Session(Client(self._exchange, tamper or Outbox(writer), client_id, version))
        self.clients[client_id] = session
        if tamper is not None:
            tamper.handle = session.handle
            self._tampers[client_id] = tamper
        self._exchange.join(session)
        try:
            session.greet()
            await self._converse(reader, writer, session, tamper)
        finally:
            session.close()
            self._exchange.leave(session)
            del self.clients[client_id]
            self._tampers.pop(client_id, None)

    async def _converse(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, session: Session, tamper: Tamper | None
    ) -> None:
        """Requests one after the other until the client leaves; one that does not read its answers waits."""
        meter = None
        if self._limits is not None:
            meter = Meter(self._limits, session.feed, monotonic=time.monotonic, now=self._exchange.now)
        while (fields := await read_frame(reader)) is not None:
            refusal = meter.admit(fields) if meter is not None else None
            if refusal is not None:
                session.client.error(refusal.request_id, refusal.code, refusal.text)
                if refusal.hang_up:
                    return
                continue
            if tamper is None or await tamper.admit(fields):
                session.handle(fields)
            await writer.drain()

    # ---- faults of the door itself ----------------------------------------------------------------

    def _fault_starts(self, fault: Fault) -> None:
        if fault.kind == "restart":
            task = asyncio.get_running_loop().create_task(self._restart(fault), name="restart")
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
            return
        for client_id, tamper in tuple(self._tampers.items()):
            if fault.concerns(client_id):
                tamper.on_start(fault)

    def _fault_ends(self, fault: Fault) -> None:
        for client_id, tamper in tuple(self._tampers.items()):
            if fault.concerns(client_id):
                tamper.on_end(fault)

    async def _restart(self, fault: Fault) -> None:
        """Lose what is sent in the last second, close, refuse, and listen again."""
        assert self._faults is not None
        now = self._exchange.now
        began = now()
        self._faults.start(Fault("vanish", seconds=RESTART_LOSES))
        await _until(lambda: now() >= began + RESTART_LOSES)
        if self._server is not None:
            self._server.close()
        for tamper in tuple(self._tampers.values()):
            tamper.hang_up()
        await _until(lambda: now() >= began + fault.seconds)
        await self.start()


async def _until(is_so: Callable[[], bool]) -> None:
    while not is_so():
        await asyncio.sleep(0.01)
