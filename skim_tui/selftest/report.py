"""The self-test a trader can run from the console: crashes and faults against a twin of the desk, told line by line.

The twin has its own exchange, journal and folder: nothing it does reaches the account the desk trades.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass

from skim_tui.selftest import chaos, crashes, desk_process

POINTS = (
    "after-intent", "between-legs", "after-send", "before-fill", "after-partial-fill", "after-stop-replaced",
    "after-exit-fill", "flatten-half-done", "reconcile-fills-taken",
)  # fmt: skip
"""The crash points of the short form; all of them: scripts/crash-matrix."""
CHAOS_SEEDS = (1, 3)
CHAOS_MINUTES, CHAOS_FAULTS = 26, 30


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the report."""

    name: str
    ok: bool
    text: str


def of_crash(outcome: crashes.Outcome) -> Line:
    """One crash in words."""
    if outcome.faults:
        return Line(f"crash {outcome.point}", False, "; ".join(outcome.faults))
    return Line(
        f"crash {outcome.point}",
        True,
        f"{outcome.orders} orders, {outcome.fills} fills, none lost or doubled, every share covered",
    )


def of_day(day: chaos.Day) -> Line:
    """One chaos day in words."""
    if day.violations:
        return Line(f"chaos {day.seed}", False, "; ".join(day.violations))
    return Line(
        f"chaos {day.seed}",
        True,
        f"{day.injected} faults of {len(day.faults)} kinds, {day.connections} connections, {day.orders} orders, "
        f"{day.fills} fills, longest without a stop {day.longest_gap:.1f} s, no rule broken",
    )


async def run(tell: Callable[[Line], None]) -> bool:
    """The whole self-test, about half a minute; whether every line is good."""
    good = True

    def say(line: Line) -> None:
        nonlocal good
        good = good and line.ok
        tell(line)

    desk_process.warm_up()
    await crashes.matrix(POINTS, (1,), at_once=3, tell=lambda outcome: say(of_crash(outcome)))
    await chaos.chaos_days(
        CHAOS_SEEDS, minutes=CHAOS_MINUTES, speed=120.0, count=CHAOS_FAULTS, tell=lambda day: say(of_day(day))
    )
    say(Line("verdict", good, "every safety rule held" if good else "a safety rule was broken: see above"))
    return good


def main(*, as_json: bool) -> int:
    """Run it and print each line as it comes; 0 when every rule held."""

    def tell(line: Line) -> None:
        words = f"{'ok  ' if line.ok else 'FAIL'}  {line.name:28} {line.text}"
        print(json.dumps(asdict(line)) if as_json else words, flush=True)

    return 0 if asyncio.run(run(tell)) else 1
