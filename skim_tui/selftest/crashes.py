"""The crash matrix: a desk is killed at a named point of the order flow, the exchange goes on, another desk starts.

Each case is judged from the exchange's side: no order twice, no share uncovered while a desk could act, no lost
fill, and at the end the journal equal to the exchange.
"""

from __future__ import annotations

import asyncio
import shutil
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from skim_tui.crashpoints import POINTS
from skim_tui.exchange.model import Rejected
from skim_tui.link.commands import Kill
from skim_tui.selftest import desk_process
from skim_tui.selftest.market import at, bad_hour, hour
from skim_tui.selftest.stage import SETTINGS, SHORTING, Stage, stage

SPEED = 60.0
"""Exchange seconds for each real one: a minute a second."""

COVERED_WITHIN = 1.5
"""Real seconds within which a desk that can act must have every held share covered again."""

TRIES = 3
"""A case that never came to its point (the machine was busy, the market passed by) is begun anew so often."""

TAMPERED = frozenset({"before-modify", "after-modify"})
"""Points that are reached when somebody makes a stop smaller by hand."""
BARED = frozenset({"before-stop-replaced", "after-stop-replaced"})
"""... when somebody cancels a stop by hand."""
FLATTENED = frozenset({"after-cancel", "flatten-begun", "flatten-half-done", "position-closed"})
"""... when the operator flattens."""
REPEATED = frozenset({"before-ack", "after-ack", "before-fill", "after-fill"})
"""Points that are passed often: the seed chooses which time."""
PLANNED = frozenset({"before-exit", "after-exit", "after-exit-fill"})
"""... when the plan closes a part of the position, or all of it."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one case."""

    point: str
    seed: int
    killed: bool
    short: bool = False
    """The desk sold short; else it bought."""
    orders: int = 0
    fills: int = 0
    share_seconds: float = 0.0
    excused: float = 0.0
    longest_gap: float = 0.0
    faults: tuple[str, ...] = ()
    """What went wrong; empty when the case passed."""


def is_short(point: str, seed: int) -> bool:
    """Which side of the market a case is on: every point is tried on both, a seed after the other."""
    return (seed + POINTS.index(point)) % 2 == 1


def _short_settings(point: str, random: Random) -> dict[str, dict[str, Any]]:
    """A short position is closed by its time stop where the point asks for a planned exit, and left alone where it
    asks for somebody's hand."""
    minutes = 3 if point in PLANNED else 0 if point in TAMPERED | BARED | FLATTENED else random.choice((0, 4))
    target = 0.0 if point in PLANNED else random.choice((0.0, 1.0))
    return {**SETTINGS, "shock": {**SHORTING, "time_stop_minutes": minutes, "take_profit_r": target}}


async def case(point: str, seed: int, folder: Path) -> Outcome:
    """Kill a desk at ``point``, start another, flatten, and judge."""
    random, short = Random(f"{point} {seed}"), is_short(point, seed)
    turns_at = random.choice((0, 0, random.randint(19, 24)))
    if short and point in TAMPERED | BARED | PLANNED:
        turns_at = 0  # the hand, or the plan, has to come before the stop acts
    thin = point in REPEATED or point in ("after-partial-fill", "after-cancel")
    volume = 1_500 if thin else random.choice((1_500, 4_000, 40_000))
    tape = (
        bad_hour(random, turns_at=turns_at, volume=volume) if short else hour(random, falls_at=turns_at, volume=volume)
    )
    settings = _short_settings(point, random) if short else SETTINGS
    start = at(10, 14, random.randint(0, 30))
    async with stage(tape, folder, start=start, speed=SPEED, settings=settings) as trial:
        times = random.randint(1, 2) if point in REPEATED else 1
        trial.start_desk(crash_at=f"{point}:{times}")
        killed = await _drive_to_death(trial, point, random)
        trial.umpire.excuse(True)
        await trial.end_desk(kill=True)
        await asyncio.sleep(random.uniform(0.0, 1.5))
        trial.start_desk()
        try:
            faults = await _recover(trial, random)
        except TimeoutError as error:
            faults = [str(error)]
        trial.umpire.look()
        await trial.end_desk()
        if trial.deaths[-1] != 0:
            faults.append(f"the second desk ended with {trial.deaths[-1]}")
        if not killed:
            faults.append(f"{point} was never reached")
        umpire = trial.umpire
        if umpire.longest_gap > COVERED_WITHIN:
            faults.append(f"S2 shares were uncovered for {umpire.longest_gap:.2f} s")
        faults += [*umpire.violations, *trial.compare()]
        return Outcome(
            point,
            seed,
            killed,
            short,
            orders=sum(1 for order in trial.exchange.orders.values()),
            fills=len(trial.exchange.executions),
            share_seconds=umpire.share_seconds,
            excused=umpire.excused_share_seconds,
            longest_gap=umpire.longest_gap,
            faults=tuple(faults),
        )


async def _drive_to_death(trial: Stage, point: str, random: Random) -> bool:
    """Do what leads to the point until the desk is dead; whether it was its crash point that killed it."""
    desk = trial.desk
    assert desk is not None

    def dead() -> bool:
        return not desk.is_alive()

    if point in TAMPERED | BARED | FLATTENED:
        await trial.until(lambda: dead() or trial.held > 0, 20.0)
        await asyncio.sleep(random.uniform(0.05, 0.6))
    deadline = time.monotonic() + 20.0
    while not dead() and time.monotonic() < deadline:
        if point in TAMPERED | BARED:
            _by_hand(trial, cancel=point in BARED)
        elif point in FLATTENED:
            if trial.observer is None and not await trial.try_attach():
                continue
            assert trial.observer is not None
            await trial.observer.send(Kill(close_all=True))
            await trial.until(dead, 3.0)
        await trial.until(dead, 0.4)
    await asyncio.sleep(0)
    return dead() and desk.exitcode == -9


def _by_hand(trial: Stage, *, cancel: bool) -> None:
    """Somebody at TWS cancels the stop, or makes it smaller."""
    for order in trial.live("S"):
        if trial.held < 4 or order.remaining < 4:
            continue
        trial.umpire.excuse(True)  # until the desk has seen it
        try:
            if cancel:
                trial.exchange.cancel(order, "cancelled by hand")
            else:
                trial.exchange.modify(order, quantity=order.filled + order.remaining // 2)
        except Rejected:
            pass
        trial.umpire.excuse(False)
        return


async def _recover(trial: Stage, random: Random) -> list[str]:
    """Let the second desk find its feet, look at what it sees, and flatten. Raises :class:`TimeoutError`."""
    faults: list[str] = []
    observer = await trial.operational()
    trial.umpire.excuse(False)
    await asyncio.sleep(random.uniform(0.1, 1.5))
    if observer.header.mismatches:
        faults.append(f"mismatch: {'; '.join(observer.header.mismatches)}")
    reply = await observer.send(Kill(close_all=True))
    if reply is None:
        faults.append("the second desk died")

    def flat() -> bool:
        return not trial.exchange.positions and not trial.live()

    if not await trial.until(flat, 20.0):
        left = [f"{order.order_ref} {order.status} {order.remaining}" for order in trial.live()]
        faults.append(f"S7 not flat: {trial.exchange.positions} {left}")
    await asyncio.sleep(0.4)
    return faults


async def matrix(
    points: Sequence[str],
    seeds: Sequence[int],
    *,
    at_once: int = 6,
    tell: Callable[[Outcome], None] = lambda case: None,
) -> list[Outcome]:
    """Every point with every seed, ``at_once`` cases side by side."""
    turn = asyncio.Semaphore(at_once)
    desk_process.warm_up()
    root = Path(tempfile.mkdtemp(prefix="skim-"))

    async def one(point: str, seed: int) -> Outcome:
        async with turn:
            folder, outcome = root / f"{POINTS.index(point)}-{seed}", Outcome(point, seed, False)
            for attempt in range(TRIES):
                try:
                    outcome = await case(point, seed, folder / str(attempt))
                except Exception as error:
                    outcome = Outcome(point, seed, False, faults=(f"{type(error).__name__}: {error}",))
                if outcome.faults != (f"{point} was never reached",):
                    break
            tell(outcome)
            if not outcome.faults:
                shutil.rmtree(folder, ignore_errors=True)
            return outcome

    try:
        return list(await asyncio.gather(*(one(point, seed) for seed in seeds for point in points)))
    finally:
        if root.exists() and not any(root.iterdir()):
            root.rmdir()


def summary(outcomes: Sequence[Outcome]) -> str:
    """The counts in one line."""
    failed = [outcome for outcome in outcomes if outcome.faults]
    return (
        f"{len({outcome.point for outcome in outcomes})} points, {len(outcomes)} cases, "
        f"{sum(outcome.killed for outcome in outcomes)} killed at their point, "
        f"{sum(outcome.short for outcome in outcomes)} of them short, "
        f"{sum(outcome.orders for outcome in outcomes)} orders, {sum(outcome.fills for outcome in outcomes)} fills, "
        f"longest gap {max((outcome.longest_gap for outcome in outcomes), default=0.0):.2f} s, "
        f"{sum(outcome.share_seconds for outcome in outcomes):.0f} share-seconds uncovered "
        f"({sum(outcome.excused for outcome in outcomes):.0f} more while no desk lived), "
        f"{len(failed)} failed"
    )
