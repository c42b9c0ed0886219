"""A chaos day: a generated session with faults of every kind, the desk trading by itself, the umpire watching.

What the umpire asserts is asserted all the time and from the exchange's side. Shares without a resting stop are
counted in share-seconds; while nobody could act (no connection, the gateway cut off) they are counted apart.
"""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random
from typing import Any

from skim_tui.calendar_source import calendar
from skim_tui.domain.session import ASX
from skim_tui.exchange import chaos, synthetic
from skim_tui.link.commands import Acknowledge, Kill, SetAuto
from skim_tui.selftest import desk_process
from skim_tui.selftest.market import TODAY, at, busy_day
from skim_tui.selftest.stage import SHORTING, Stage, stage
from skim_tui.selftest.umpire import is_short_entry

SETTINGS: dict[str, dict[str, Any]] = {
    "opening_range": {"minutes": 5},
    "exits": {"half_on_day": 1, "max_stop_pct": 20.0},
    "breakout": {"ticket_seconds": 3600.0},
    "risk": {
        "max_quote_age": 600.0, "orders_per_minute": 600, "max_daily_loss": 50_000, "max_spread_pct": 5.0,
        "max_positions": 20, "max_exposure": 90_000, "max_order_value": 6_000,
    },
    "desk": {"without_console": "continue"},
    "shock": {**SHORTING, "take_profit_r": 1.5, "time_stop_minutes": 40},
}  # fmt: skip

AFTERWARDS = 20
"""Minutes that the session and a busy day go on after the trial: what is flattened must find a market."""
CALM_SPEED = 10.0
"""Exchange seconds a second from then on, so that the flattening is over long before the market is."""

HELPLESS = ("restart", "half_open", "connectivity", "slow")
"""Faults during which no order of the desk arrives, whatever it does."""

COVERED_WITHIN = 30.0
"""Real seconds within which a desk that can act has every share covered again: an order that vanished without a
word is asked about after 5 s, believed lost 10 s after it was sent, and both may have to happen twice."""


@dataclass(frozen=True, slots=True)
class Day:
    """What became of one chaos day."""

    seed: int
    faults: dict[str, int] = field(default_factory=dict[str, int])
    """How often each kind happened."""
    orders: int = 0
    fills: int = 0
    shorts: int = 0
    """Entries that sold short and filled."""
    connections: int = 0
    held_share_seconds: float = 0.0
    share_seconds: float = 0.0
    excused: float = 0.0
    longest_gap: float = 0.0
    violations: tuple[str, ...] = ()

    @property
    def injected(self) -> int:
        return sum(self.faults.values())


async def chaos_day(seed: int, folder: Path, *, minutes: int = 380, speed: float = 240.0, count: int = 40) -> Day:
    """One session of ``minutes`` after the open at ``speed`` exchange seconds a second, with ``count`` faults."""
    # Every fifth day is the generated one as everybody sees it, the others have a break every few minutes.
    tape = busy_day(Random(seed), minutes=minutes + AFTERWARDS) if seed % 5 else synthetic.generate(seed)
    session = calendar(ASX, today=TODAY).day(TODAY)
    last = session.close - AFTERWARDS * 60.0
    window = replace(session, close=min(last, session.open + minutes * 60.0))
    symbols = sorted({bar.symbol for bar in tape.bars[TODAY]})
    plan = chaos.draw(seed, window, symbols, count)
    async with stage(tape, folder, start=at(9, 57), speed=speed, settings=SETTINGS, faults=plan) as trial:
        trial.start_desk()
        over = asyncio.Event()
        operator = asyncio.create_task(_operate(trial, over), name="operator")
        connections = 0
        was_connected = False
        while trial.exchange.now() < window.close - 240.0:
            connected = bool(trial.door.clients)
            connections += connected and not was_connected
            was_connected = connected
            _excuse(trial, connected)
            trial.umpire.look()
            if trial.desk is not None and not trial.desk.is_alive():
                break
            await asyncio.sleep(0.02)
        over.set()
        await asyncio.gather(operator, return_exceptions=True)
        died = trial.desk is None or not trial.desk.is_alive()
        trial.faults.end_all()
        said = ["the desk died"] if died else await _end(trial)
        umpire = trial.umpire
        if umpire.longest_gap > COVERED_WITHIN:
            said.append(f"S2 shares were uncovered for {umpire.longest_gap:.1f} s")
        await trial.end_desk()
        return Day(
            seed,
            faults=dict(trial.faults.told),
            orders=len(trial.exchange.orders),
            fills=len(trial.exchange.executions),
            shorts=sum(1 for order in trial.exchange.orders.values() if is_short_entry(order)),
            connections=connections,
            held_share_seconds=umpire.held_share_seconds,
            share_seconds=umpire.share_seconds,
            excused=umpire.excused_share_seconds,
            longest_gap=umpire.longest_gap,
            violations=(*umpire.violations, *said, *trial.compare()),
        )


async def _operate(trial: Stage, over: asyncio.Event) -> None:
    """The operator: after every break, for which auto mode disarms, looks at what differs and arms it again."""
    observer = await trial.attach()
    while not over.is_set():  # a cancel could be lost in an answer that comes with it
        await asyncio.sleep(0.3)
        header = observer.header
        if header.connection != "OPERATIONAL":
            continue
        if header.mismatches:
            await observer.send(Acknowledge())
        if not header.auto:
            await observer.send(SetAuto(armed=True))


def _excuse(trial: Stage, connected: bool) -> None:
    helpless = not connected or any(trial.faults.is_on(kind) for kind in HELPLESS)
    if helpless != trial.umpire.excused:
        trial.umpire.excuse(helpless)


async def _end(trial: Stage) -> list[str]:
    """Everything works again: the desk must find its feet and flatten."""
    trial.exchange.clock.change(CALM_SPEED)
    try:
        await trial.detach()
        observer = await trial.operational(40.0)
    except TimeoutError as error:
        return [f"after the last fault: {error}"]
    trial.umpire.excuse(False)
    await observer.send(Kill(close_all=True))
    if not await trial.until(lambda: not trial.exchange.positions and not trial.live(), 40.0):
        left = [f"{order.order_ref} {order.status} {order.remaining}" for order in trial.live()]
        return [f"S7 not flat: {trial.exchange.positions} {left}"]
    await asyncio.sleep(0.5)
    return []


async def chaos_days(
    seeds: Sequence[int],
    *,
    minutes: int = 380,
    speed: float = 240.0,
    count: int = 40,
    at_once: int = 2,
    tell: Callable[[Day], None] = lambda day: None,
) -> list[Day]:
    """Every seed's day, ``at_once`` side by side."""
    turn = asyncio.Semaphore(at_once)
    desk_process.warm_up()
    root = Path(tempfile.mkdtemp(prefix="skim-"))

    async def one(seed: int) -> Day:
        async with turn:
            try:
                day = await chaos_day(seed, root / str(seed), minutes=minutes, speed=speed, count=count)
            except Exception as error:
                day = Day(seed, violations=(f"{type(error).__name__}: {error}",))
            tell(day)
            if not day.violations:
                shutil.rmtree(root / str(seed), ignore_errors=True)
            return day

    try:
        return list(await asyncio.gather(*(one(seed) for seed in seeds)))
    finally:
        if not any(root.iterdir()):
            root.rmdir()


def summary(days: Sequence[Day]) -> str:
    """The counts in one line."""
    kinds: set[str] = set()
    for day in days:
        kinds |= day.faults.keys()
    held = sum(day.held_share_seconds for day in days) or 1.0
    bare = sum(day.share_seconds for day in days)
    return (
        f"{len(days)} days, {sum(day.injected for day in days)} faults of {len(kinds)} kinds, "
        f"{sum(day.connections for day in days)} connections, {sum(day.orders for day in days)} orders, "
        f"{sum(day.fills for day in days)} fills, {sum(day.shorts for day in days)} short entries, {bare:,.0f} of {held:,.0f} share-seconds uncovered "
        f"({bare / held:.3%}; {sum(day.excused for day in days):,.0f} more while nobody could act), longest "
        f"{max((day.longest_gap for day in days), default=0.0):.1f} s, "
        f"{sum(len(day.violations) for day in days)} violations"
    )
