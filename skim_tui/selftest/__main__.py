"""``python -m skim_tui.selftest crashes``: the trials by themselves, with their counts."""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
from collections.abc import Sequence

from skim_tui.crashpoints import POINTS
from skim_tui.selftest import crashes


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(prog="python -m skim_tui.selftest", description="Trials of a desk.")
    commands = top.add_subparsers(dest="trial", required=True)
    crash = commands.add_parser("crashes", help="kill a desk at every point of the order flow")
    crash.add_argument("--seeds", type=int, default=20, metavar="N", help="cases for each point (default 20)")
    crash.add_argument("--first-seed", type=int, default=0, metavar="S")
    crash.add_argument("--points", default=",".join(POINTS), help="comma-separated (default: all)")
    crash.add_argument("--at-once", type=int, default=6, metavar="N", help="cases side by side (default 6)")
    return top


def main(argv: Sequence[str] | None = None) -> int:
    """Run one trial; 1 when a rule was broken."""
    args = parser().parse_args(argv)
    points = args.points.split(",")
    unknown = [point for point in points if point not in POINTS]
    if unknown:
        print(f"no crash point {', '.join(unknown)}: there are {', '.join(POINTS)}", file=sys.stderr)
        return 2
    began = time.monotonic()

    def tell(outcome: crashes.Outcome) -> None:
        verdict = "ok" if not outcome.faults else "FAILED: " + "; ".join(outcome.faults)
        print(
            f"{time.monotonic() - began:7.1f} s  {outcome.point:22} seed {outcome.seed:<3} {outcome.orders:2} orders "
            f"{outcome.fills:3} fills  {verdict}",
            flush=True,
        )

    seeds = range(args.first_seed, args.first_seed + args.seeds)
    outcomes = asyncio.run(crashes.matrix(points, seeds, at_once=args.at_once, tell=tell))
    print(crashes.summary(outcomes))
    return 1 if any(outcome.faults for outcome in outcomes) else 0


if __name__ == "__main__":
    sys.exit(main())
