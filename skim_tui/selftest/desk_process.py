"""One desk in a process of its own, forked from a server that has imported everything already."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from multiprocessing.context import ForkServerContext
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class DeskOrder:
    """What such a desk must know."""

    data_dir: Path
    port: int
    account: str = ""
    settings: Mapping[str, Mapping[str, Any]] = field(default_factory=dict[str, Mapping[str, Any]])
    """The tables of a settings file that differ from the defaults."""
    auto: bool = True
    crash_at: str = ""
    """A crash point and how often it is passed before it kills, e.g. ``after-intent:2``."""
    heartbeat: float = 0.5
    heartbeat_timeout: float = 3.0
    first_samples: tuple[float, ...] = (0.0, 0.05, 0.05, 0.1)
    upstream_patience: float = 3.0
    """As in the adapter, for a market that runs faster than a real one."""
    pause: float = 0.2
    """Least seconds between two syncs; a real broker is given longer."""


def warm_up() -> None:
    """Start the server and its imports, so that the first desk is as quick as the others."""
    process = _context().Process(target=_nothing, name="warm-up", daemon=True)
    process.start()
    process.join()
    process.close()


def _nothing() -> None: ...


def _context() -> ForkServerContext:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["skim_tui.selftest.preload"])
    return context


def start(order: DeskOrder) -> BaseProcess:
    """Start the desk. Its runtime folder is ``data_dir``, so that its socket lies there too."""
    process = _context().Process(target=run, args=(order,), name=f"desk {order.data_dir.name}", daemon=True)
    process.start()
    return process


def run(order: DeskOrder) -> None:
    """Be a desk until stopped."""
    os.environ["XDG_RUNTIME_DIR"] = str(order.data_dir)
    from skim_tui import crashpoints
    from skim_tui.broker.tws import TwsBroker, adapter, heartbeat
    from skim_tui.calendar_source import calendar
    from skim_tui.config import Config
    from skim_tui.desk.service import DeskService, single_desk
    from skim_tui.journal import Journal
    from skim_tui.logs import log_to
    from skim_tui.paths import Paths
    from skim_tui.selftest.market import TODAY

    crashpoints.disarm()
    if order.crash_at:
        point, _, times = order.crash_at.partition(":")
        crashpoints.arm(point, int(times or 1))
    adapter.RESYNC_PAUSE = order.pause
    heartbeat.UPSTREAM_PATIENCE = order.upstream_patience
    heartbeat.FIRST_SAMPLES = order.first_samples
    paths = Paths.of(order.data_dir)
    config = Config.model_validate({name: dict(table) for name, table in order.settings.items()})

    async def serve() -> None:
        parent = multiprocessing.parent_process()
        if parent is not None:  # a trial that was killed leaves no desk behind
            asyncio.get_running_loop().add_reader(parent.sentinel, os._exit, 1)
        broker = TwsBroker(
            "127.0.0.1",
            order.port,
            config.broker.client_id,
            config.market.exchange,
            account=order.account,
            connect_timeout=3.0,
            first_wait=0.1,
            heartbeat=order.heartbeat,
            heartbeat_timeout=order.heartbeat_timeout,
        )
        journal = Journal.open(paths.journal)
        try:
            await DeskService(
                config, paths, broker, journal, calendar(config.market.exchange, today=TODAY), arm_auto=order.auto
            ).run()
        finally:
            journal.close()

    with single_desk(paths.lock):
        log_to(paths.logs)
        asyncio.run(serve())
