"""``python -m skim_tui.selftest crashes|chaos|report``: the trials by themselves, with their counts."""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
from collections.abc import Sequence

from skim_tui.crashpoints import POINTS
from skim_tui.selftest import chaos, crashes, report


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(prog="python -m skim_tui.selftest", description="Trials of a desk.")
    commands = top.add_subparsers(dest="trial", required=True)
    crash = commands.add_parser("crashes", help="kill a desk at every point of the order flow")
    crash.add_argument("--seeds", type=int, default=20, metavar="N", help="cases for each point (default 20)")
    crash.add_argument("--first-seed", type=int, default=0, metavar="S")
    crash.add_argument("--points", default=",".join(POINTS), help="comma-separated (default: all)")
    crash.add_argument("--at-once", type=int, default=6, metavar="N", help="cases side by side (default 6)")
    day = commands.add_parser("chaos", help="days with faults of every kind")
    day.add_argument("--seeds", type=int, default=50, metavar="N", help="days (default 50)")
    day.add_argument("--first-seed", type=int, default=1, metavar="S")
    day.add_argument("--minutes", type=int, default=380, help="of the session (default: all of it)")
    day.add_argument("--speed", type=float, default=240.0, help="exchange seconds for each real one (default 240)")
    day.add_argument("--faults", type=int, default=40, metavar="N", help="faults for each day (default 40)")
    day.add_argument("--at-once", type=int, default=2, metavar="N", help="days side by side (default 2)")
    short = commands.add_parser("report", help="the short form that the console runs")
    short.add_argument("--json", action="store_true", help="one JSON object a line")
    return top


def main(argv: Sequence[str] | None = None) -> int:
    """Run one trial; 1 when a rule was broken."""
    args = parser().parse_args(argv)
    if args.trial == "report":
        return report.main(as_json=args.json)
    return _crashes(args) if args.trial == "crashes" else _chaos(args)


def _crashes(args: argparse.Namespace) -> int:
    points = args.points.split(",")
    unknown = [point for point in points if point not in POINTS]
    if unknown:
        print(f"no crash point {', '.join(unknown)}: there are {', '.join(POINTS)}", file=sys.stderr)
        return 2
    began = time.monotonic()

    def tell(outcome: crashes.Outcome) -> None:
        verdict = "ok" if not outcome.faults else "FAILED: " + "; ".join(outcome.faults)
        print(
            f"{time.monotonic() - began:7.1f} s  {outcome.point:22} seed {outcome.seed:<3} {'short' if outcome.short else 'long':5} {outcome.orders:2} orders "
            f"{outcome.fills:3} fills  {verdict}",
            flush=True,
        )

    seeds = range(args.first_seed, args.first_seed + args.seeds)
    outcomes = asyncio.run(crashes.matrix(points, seeds, at_once=args.at_once, tell=tell))
    print(crashes.summary(outcomes))
    return 1 if any(outcome.faults for outcome in outcomes) else 0


def _chaos(args: argparse.Namespace) -> int:
    began = time.monotonic()

    def tell(day: chaos.Day) -> None:
        verdict = "ok" if not day.violations else "VIOLATED: " + "; ".join(day.violations)
        print(
            f"{time.monotonic() - began:7.1f} s  day {day.seed:<4} {day.injected:3} faults {day.connections:3} connections "
            f"{day.orders:3} orders {day.fills:4} fills {day.shorts:3} short  longest gap {day.longest_gap:5.2f} s  {verdict}",
            flush=True,
        )

    days = asyncio.run(
        chaos.chaos_days(
            range(args.first_seed, args.first_seed + args.seeds),
            minutes=args.minutes, speed=args.speed, count=args.faults, at_once=args.at_once, tell=tell,
        )
    )  # fmt: skip
    print(chaos.summary(days))
    return 1 if any(day.violations for day in days) else 0


if __name__ == "__main__":
    sys.exit(main())
