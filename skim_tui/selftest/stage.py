"""A stage for one trial: an exchange on a socket, a desk in its own process, and an umpire who sees every order."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from skim_tui.calendar_source import calendar
from skim_tui.domain.orders import Side
from skim_tui.domain.session import ASX
from skim_tui.exchange.core import Exchange
from skim_tui.exchange.faults import Fault, Faults
from skim_tui.exchange.mishaps import Mishaps
from skim_tui.exchange.model import SimOrder
from skim_tui.exchange.tape import Tape
from skim_tui.exchange.tws.server import TwsDoor
from skim_tui.journal import Journal
from skim_tui.link.account import HeaderView
from skim_tui.link.client import SocketLink
from skim_tui.link.commands import AnyCommand
from skim_tui.link.messages import Delta, Reply
from skim_tui.link.port import LinkError
from skim_tui.selftest import desk_process
from skim_tui.selftest.desk_process import DeskOrder
from skim_tui.selftest.market import TODAY
from skim_tui.selftest.umpire import Umpire, is_ours, live_orders

SETTINGS: dict[str, dict[str, Any]] = {
    "opening_range": {"minutes": 5},
    "scan": {"min_volume": 0, "min_gap_pct": 2.0},
    "breakout": {"ticket_seconds": 3600.0},
    "exits": {"half_on_day": 1, "max_stop_pct": 20.0},
    "risk": {"max_quote_age": 600.0, "orders_per_minute": 600, "max_daily_loss": 50_000, "max_spread_pct": 5.0},
    "desk": {"without_console": "continue"},
}
"""Everything is traded at once and nothing is refused, so that the trial comes to its point."""

SHORTING: dict[str, Any] = {
    "enabled": True, "short": True, "detector": "classic", "atr_period": 5, "atr_multiple": 2.0, "volume_period": 5,
    "volume_multiple": 2.0, "window_minutes": 10, "take_profit_r": 0.0, "time_stop_minutes": 0,
}  # fmt: skip
"""The news-shock strategy on both sides, with a test that a few quiet minutes are enough for."""


class Observer:
    """A console without a screen, attached while a desk lives."""

    def __init__(self, path: Path) -> None:
        self._link = SocketLink(path, who="selftest", observer=True)
        self.rows: dict[str, dict[str, Any]] = {}

    async def attach(self) -> bool:
        try:
            await self._link.attach(self._take, lambda reason: None)
        except LinkError:
            return False
        return True

    async def close(self) -> None:
        await self._link.close()

    async def send(self, command: AnyCommand) -> Reply | None:
        """The desk's answer; None when it died before it gave one."""
        try:
            return await self._link.send(command)
        except LinkError:
            return None

    @property
    def header(self) -> HeaderView:
        return self.rows.get("header", {}).get("", HeaderView())

    def _take(self, delta: Delta) -> None:
        if delta.whole:
            self.rows.clear()
        for topic, rows in delta.upserts.items():
            self.rows.setdefault(topic, {}).update(rows)
        for topic, keys in delta.removes.items():
            for key in keys:
                self.rows.get(topic, {}).pop(key, None)


@dataclass
class Stage:
    """One trial's parts."""

    exchange: Exchange
    umpire: Umpire
    faults: Faults
    door: TwsDoor
    folder: Path
    port: int
    settings: Mapping[str, Mapping[str, Any]]
    crash_at: str = ""
    desk: BaseProcess | None = None
    observer: Observer | None = None
    deaths: list[int] = field(default_factory=list[int])
    """Exit codes of the desks that ended."""

    # ---- the desk -----------------------------------------------------------------------------------

    def start_desk(self, *, crash_at: str = "", pause: float = 0.2) -> None:
        """Start a desk; it dies at ``crash_at`` if that is named."""
        self.desk = desk_process.start(
            DeskOrder(self.folder, self.port, settings=self.settings, crash_at=crash_at, pause=pause)
        )

    async def end_desk(self, *, kill: bool = False) -> None:
        """End the desk, as ``skim stop`` or (``kill``) as a power cut would."""
        await self.detach()
        desk, self.desk = self.desk, None
        if desk is None:
            return
        if desk.is_alive():
            (desk.kill if kill else desk.terminate)()
        await self.until(lambda: not desk.is_alive(), 10.0)
        if desk.is_alive():
            desk.kill()
            desk.join()
        self.deaths.append(desk.exitcode or 0)
        desk.close()

    async def attach(self, seconds: float = 20.0) -> Observer:
        """A console on the living desk. Raises :class:`TimeoutError`."""
        deadline = time.monotonic() + seconds
        path = self.folder / "skim" / f"{_socket_name(self.folder)}.sock"
        while time.monotonic() < deadline:
            observer = Observer(path)
            if await observer.attach():
                self.observer = observer
                return observer
            await asyncio.sleep(0.03)
        raise TimeoutError(f"no desk to attach to within {seconds:g} s")

    async def try_attach(self) -> bool:
        """One try at a console, which a desk about to die does not answer."""
        try:
            await self.attach(0.3)
        except TimeoutError:
            return False
        return True

    async def detach(self) -> None:
        if self.observer is not None:
            observer, self.observer = self.observer, None
            await observer.close()

    async def operational(self, seconds: float = 30.0) -> Observer:
        """Wait until the desk has reconciled. Raises :class:`TimeoutError`."""
        observer = await self.attach(seconds)
        if not await self.until(lambda: observer.header.connection == "OPERATIONAL", seconds):
            raise TimeoutError(f"the desk is {observer.header.connection}: {observer.header.connection_reason}")
        return observer

    # ---- what the exchange knows ----------------------------------------------------------------------

    async def until(self, condition: Callable[[], object], seconds: float) -> bool:
        """Wait for ``condition``; whether it came true within real ``seconds``."""
        deadline = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > deadline:
                return False
            await asyncio.sleep(0.01)
        return True

    @property
    def held(self) -> int:
        """Shares of all positions, long and short."""
        return sum(abs(quantity) for quantity, _ in self.exchange.positions.values())

    def live(self, leg: str = "") -> list[SimOrder]:
        """Our orders that still may fill, all or those of one leg."""
        return [
            order
            for order in live_orders(self.exchange)
            if is_ours(order.order_ref) and (not leg or order.order_ref.rpartition(".")[2].startswith(leg))
        ]

    def compare(self) -> list[str]:
        """Where the journal and the exchange differ; call it when no desk runs."""
        journal = Journal.open(self.folder / "journal.db")
        try:
            return compare(self.exchange, journal)
        finally:
            journal.close()


def compare(exchange: Exchange, journal: Journal) -> list[str]:
    """Every difference between a desk's journal and the exchange it traded on."""
    account = exchange.account_id
    said: list[str] = []
    fills = {row.exec_id: (row.ref, row.side, row.quantity, row.price) for row in journal.fills(account)}
    done = {
        row.exec_id: (row.order_ref, row.side.value, row.quantity, row.price)
        for row in exchange.executions
        if is_ours(row.order_ref)
    }
    said += [f"fill {key} {done[key]} is lost" for key in done.keys() - fills.keys()]
    said += [f"fill {key} {fills[key]} never happened" for key in fills.keys() - done.keys()]
    said += [
        f"fill {key}: {fills[key]} is {done[key]}" for key in done.keys() & fills.keys() if done[key] != fills[key]
    ]
    orders = {row.ref: row for row in journal.orders(account)}
    final = {"Filled": "filled", "Cancelled": "cancelled", "Inactive": "rejected"}
    for order in exchange.orders.values():
        if not is_ours(order.order_ref) or order.status == "ApiPending":
            continue
        row = orders.get(order.order_ref)
        if row is None:
            said.append(f"order {order.order_ref} is not in the journal: it was sent without an intent")
        elif row.filled != order.filled:
            said.append(f"order {order.order_ref}: filled {row.filled} in the journal, {order.filled} at the exchange")
        elif order.is_done and row.status not in (final[order.status], "cancelled", "rejected"):
            said.append(f"order {order.order_ref} is {row.status} in the journal, {order.status} at the exchange")
    booked: dict[str, int] = {}
    for row in journal.positions(account):
        held = 0 if row.state == "closed" else Side(row.side).sign * row.quantity
        booked[row.symbol] = booked.get(row.symbol, 0) + held
    for symbol in booked.keys() | exchange.positions.keys():
        held = exchange.positions.get(symbol, (0,))[0]
        if booked.get(symbol, 0) != held:
            said.append(f"{symbol}: {booked.get(symbol, 0)} held in the journal, {held} at the exchange")
    return said


@asynccontextmanager
async def stage(
    tape: Tape,
    folder: Path,
    *,
    start: float,
    speed: float,
    settings: Mapping[str, Mapping[str, Any]] | None = None,
    faults: Sequence[Fault] = (),
) -> AsyncGenerator[Stage]:
    """Set everything up, and take it down again whatever happens. The desk is started by the trial."""
    folder.mkdir(parents=True, exist_ok=True)
    exchange = Exchange(tape, calendar(ASX, today=TODAY), start=start, speed=speed)
    door_faults = Faults(faults, now=exchange.now, day=exchange.day)
    Mishaps(exchange, door_faults)
    door = TwsDoor(exchange, faults=door_faults)
    _, port = await door.start()
    chosen = settings or SETTINGS
    umpire = Umpire(exchange, may_short=bool(chosen.get("shock", {}).get("short")))
    tasks = (
        asyncio.create_task(exchange.run(linger=True), name="tape"),
        asyncio.create_task(door_faults.run(), name="faults"),
    )
    set_up = Stage(exchange, umpire, door_faults, door, folder, port, chosen)
    try:
        yield set_up
    finally:
        await set_up.end_desk(kill=True)
        for task in tasks:
            task.cancel()
        with contextlib.suppress(Exception):
            await asyncio.gather(*tasks, return_exceptions=True)
        await door.stop()
        exchange.close()


def _socket_name(folder: Path) -> str:
    from hashlib import sha256

    return sha256(str(folder.resolve()).encode()).hexdigest()[:12]
