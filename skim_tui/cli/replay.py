"""``skim replay``: recorded days at full speed."""

from __future__ import annotations

import argparse
import logging
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from skim_tui.cli.common import load_calendar, load_config, load_tape, paths_of

if TYPE_CHECKING:
    pass


def run_replay(args: argparse.Namespace) -> int:
    from rich.console import Console

    from skim_tui.replay.report import write
    from skim_tui.replay.runner import replay
    from skim_tui.replay.show import show

    config = load_config(args, paths_of(args))
    logging.basicConfig(level=logging.ERROR)
    tapes = [load_tape(name) for name in args.tapes]
    result = replay(tapes, config, load_calendar(tapes[0].mic))
    show(result, Console())
    write(result, Path(args.out))
    print(f"candidates.csv, trades.csv and summary.json are in {args.out}")
    for problem in result.problems:
        print(f"skim: {problem}", file=sys.stderr)
    return 1 if result.problems else 0
