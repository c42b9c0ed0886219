"""Commands that ask a running desk something, or do without one: stop, flatten, selftest."""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
from typing import TYPE_CHECKING, Any

from skim_tui.cli.common import UsageError, paths_of
from skim_tui.cli.console import answers, spawn_desk, why_ended

if TYPE_CHECKING:
    import subprocess

    from skim_tui.paths import Paths


def _ask(args: argparse.Namespace, command: Any) -> int:
    from skim_tui.link.client import SocketLink

    async def ask() -> tuple[bool, str]:
        link = SocketLink(paths_of(args).socket, who=f"skim {args.command}", observer=True)
        await link.attach(lambda delta: None, lambda reason: None)
        reply = await link.send(command)
        await link.close()
        return reply.ok, reply.text

    done, text = asyncio.run(ask())
    print(text, file=sys.stdout if done else sys.stderr)
    return 0 if done else 1


def run_stop(args: argparse.Namespace) -> int:
    from skim_tui.link.commands import StopDesk

    return _ask(args, StopDesk(force=args.force))


def run_flatten(args: argparse.Namespace) -> int:
    """Flatten through the desk that runs, or through one started for it; wait until all is flat or say what is not."""
    from skim_tui.link.commands import Kill

    paths = paths_of(args)
    if not answers(paths):
        print("no desk runs here: starting one to flatten with", file=sys.stderr)
        _wait_for_desk(spawn_desk(args, paths), paths, args.wait)
    asked = _ask(args, Kill(close_all=True))
    if args.wait <= 0:
        return asked
    left = asyncio.run(_until_flat(paths, args.wait))
    if left:
        print(f"skim: not flat after {args.wait:g} s: {left}; the desk goes on trying", file=sys.stderr)
        return 1
    print("flat: no position and no entry of this desk is left")
    return 0


def _wait_for_desk(desk: subprocess.Popen[bytes], paths: Paths, seconds: float) -> None:
    """Raises :class:`UsageError` when no desk answers in time, or at once with the words with which it ended."""
    deadline = time.monotonic() + max(seconds, 20.0)
    while not answers(paths):
        last_words = why_ended(desk, paths)
        if last_words:
            raise UsageError(f"the desk ended: {last_words}")
        if time.monotonic() > deadline:
            raise UsageError(f"the desk did not start: see {paths.logs / 'desk.out'}")
        time.sleep(0.1)


async def _until_flat(paths: Paths, seconds: float) -> str:
    """What is left of positions and working entries after at most ``seconds``; empty when all is flat."""
    from skim_tui.cli.leftover import Leftover
    from skim_tui.link.client import SocketLink

    leftover = Leftover()
    link = SocketLink(paths.socket, who="skim flatten", observer=True)
    await link.attach(leftover.take, lambda reason: None)
    deadline = time.monotonic() + seconds
    while leftover.text() and time.monotonic() < deadline:
        await asyncio.sleep(0.1)
    await link.close()
    return leftover.text()


def run_selftest(args: argparse.Namespace) -> int:
    from skim_tui.selftest.report import main as run

    return run(as_json=False)
