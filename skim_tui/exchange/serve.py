"""The embedded exchange as a process of its own: doors open, tape playing, until told to stop."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import time
from collections.abc import Sequence
from dataclasses import dataclass

from skim_tui.exchange.control import Control
from skim_tui.exchange.core import Exchange
from skim_tui.exchange.faults import Fault, Faults
from skim_tui.exchange.mishaps import Mishaps
from skim_tui.exchange.tws.limits import Limits
from skim_tui.exchange.tws.server import TwsDoor
from skim_tui.exchange.web.door import WebDoor


@dataclass(frozen=True, slots=True)
class Serving:
    """How the exchange is served."""

    tws_port: int = 0
    """0: any free port."""
    web_port: int = 0
    """Of the announcement pages; 0: any free port."""
    faults: Sequence[Fault] = ()
    limits: bool = True
    """Hold clients to the limits of a real gateway."""
    idle_exit: float = 0.0
    """Real seconds without a client after which it ends; 0: never."""


async def serve(exchange: Exchange, serving: Serving) -> None:
    """Open the doors, say READY on standard output, play the tape. Ends on SIGTERM or SIGINT."""
    faults = Faults(serving.faults, now=exchange.now, day=exchange.day) if serving.faults else None
    if faults is not None:
        Mishaps(exchange, faults)
    door = TwsDoor(exchange, port=serving.tws_port, faults=faults, limits=Limits() if serving.limits else None)
    host, port = await door.start()
    pages = WebDoor(exchange, port=serving.web_port)
    web_host, web_port = await pages.start()
    over = asyncio.Event()
    control = Control(exchange, exchange.tape.name, over.set)
    control_port = await control.start()
    print(
        f"READY tws={host}:{port} web={web_host}:{web_port} tape={exchange.tape.name} account={exchange.account_id} "
        f"control=127.0.0.1:{control_port}",
        flush=True,
    )
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, over.set)
    playing = asyncio.create_task(exchange.run(linger=True), name="tape")
    failing = asyncio.create_task(faults.run(), name="faults") if faults is not None else None
    alone_since = time.monotonic()
    while not over.is_set() and not playing.done():
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(over.wait(), 1.0)
        if door.clients:
            alone_since = time.monotonic()
        if serving.idle_exit and time.monotonic() - alone_since > serving.idle_exit:
            break
    if playing.done():
        playing.result()
    playing.cancel()
    if failing is not None:
        failing.cancel()
    await control.stop()
    await door.stop()
    await pages.stop()
    exchange.close()
