"""``skim``: the console, and the desk it starts when none runs."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import subprocess
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

from skim_tui.cli.common import load_config, paths_of

if TYPE_CHECKING:
    from skim_tui.paths import Paths


async def _start_other_tape(args: argparse.Namespace, paths: Paths, tape: str, say: Callable[[str], None]) -> None:
    """A desk on another tape in the place of the one that is ending."""
    import fcntl

    say(f"starting {tape}…")
    for _ in range(100):
        with paths.lock.open("a+") as file, contextlib.suppress(OSError):
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            break
        await asyncio.sleep(0.1)
    args.tape, args.at = tape, None
    spawn_desk(args, paths)


def run_console(args: argparse.Namespace) -> int:
    paths = paths_of(args)
    config = load_config(args, paths)
    from skim_tui.console.app import SkimApp
    from skim_tui.link.client import SocketLink
    from skim_tui.link.port import LinkError

    link = SocketLink(paths.socket, who=f"console {os.getpid()}")
    started = None if answers(paths) else spawn_desk(args, paths)

    async def prepare(say: Callable[[str], None]) -> None:
        last_words = "" if started is None or app.next_tape else why_ended(started, paths)
        if last_words:
            raise LinkError(f"the desk ended: {last_words}")
        if app.next_tape:
            tape, app.next_tape = app.next_tape, ""
            await _start_other_tape(args, paths, tape, say)

    app = SkimApp(
        link,
        prepare=prepare,
        theme=config.screen.theme,
        chosen_theme=args.theme or "",
        fps=config.screen.fps,
        bell=config.screen.bell,
        keymap=config.keys.model_extra,
        memory=paths.data_dir / "console.json",
        theme_dirs=[folder for folder in paths.theme_folders if folder.is_dir()],
    )
    app.run()
    return app.return_code or 0


def answers(paths: Paths) -> bool:
    import socket

    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        try:
            probe.connect(str(paths.socket))
        except OSError:
            return False
    return True


def spawn_desk(args: argparse.Namespace, paths: Paths) -> subprocess.Popen[bytes]:
    """Start a desk of its own session, so that it outlives this terminal."""
    command = [sys.executable, "-m", "skim_tui", "desk", "--data-dir", str(paths.data_dir)]
    for name in ("config", "broker", "host", "port", "tape", "speed", "at"):
        value = getattr(args, name, None)
        if value is not None:
            command += [f"--{name}", str(value)]
    if getattr(args, "auto", False) and args.command != "flatten":
        command.append("--auto")
    paths.logs.mkdir(parents=True, exist_ok=True)
    with (paths.logs / "desk.out").open("w") as out:
        return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True)


def why_ended(desk: subprocess.Popen[bytes], paths: Paths) -> str:
    """The last words of a desk that was started and ended by an error; empty while it runs or another one answers."""
    if not desk.poll() or answers(paths):
        return ""
    said = (paths.logs / "desk.out").read_text(errors="replace").split("\n")
    last = next((line for line in reversed(said) if line.strip()), "")
    return last.removeprefix("skim: ") or f"without a word (exit code {desk.returncode})"
