"""The embedded exchange of a data folder: found if it runs, started if it does not."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from skim_tui.cli.common import UsageError

if TYPE_CHECKING:
    from skim_tui.config import Config
    from skim_tui.desk.playback import Playback
    from skim_tui.paths import Paths


def embedded_exchange(config: Config, paths: Paths, at: str) -> tuple[int, str, str]:
    """Port, tape and web address of this data folder's embedded exchange, started if it does not run."""
    import socket

    try:
        known = json.loads(paths.exchange.read_text())
        with socket.create_connection(("127.0.0.1", int(known["port"])), 1.0):
            return int(known["port"]), str(known["tape"]), str(known["web"])
    except (OSError, ValueError, KeyError):
        pass
    account = f"DU{int.from_bytes(os.urandom(4), 'big') % 9_000_000 + 1_000_000}"
    state = paths.exchange_state(config.sim.tape)
    _leave_idle_account(state)
    command = [
        sys.executable,
        "-m",
        "skim_tui",
        "exchange",
        "--tape",
        config.sim.tape,
        "--speed",
        f"{config.sim.speed:g}",
        "--account",
        account,
        "--cash",
        str(config.sim.cash),
        "--idle-exit",
        "120",
        "--state",
        str(state),
    ]
    if at:
        command += ["--at", at]
    paths.logs.mkdir(parents=True, exist_ok=True)
    with (paths.logs / "exchange.log").open("w") as errors:
        child = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=errors, text=True, start_new_session=True
        )
    assert child.stdout is not None
    ready = child.stdout.readline().strip()
    if not ready.startswith("READY"):
        said = (paths.logs / "exchange.log").read_text().strip().splitlines()
        raise UsageError(f"the embedded exchange did not start: {said[-1] if said else 'no reason given'}")
    facts = dict(part.split("=", 1) for part in ready.split()[1:])
    port = int(facts["tws"].rpartition(":")[2])
    known = {"pid": child.pid, "port": port} | {key: facts[key] for key in ("web", "tape", "account", "control")}
    paths.exchange.write_text(json.dumps(known))
    return port, facts["tape"], facts["web"]


def playback_of(paths: Paths) -> Playback | None:
    """The steering wheel of the embedded exchange, if it said where it is."""
    from skim_tui.desk.playback import Playback

    with contextlib.suppress(OSError, ValueError, KeyError):
        known = json.loads(paths.exchange.read_text())
        return Playback(int(known["control"].rpartition(":")[2]), paths.data_dir / "tapes")
    return None


def _leave_idle_account(path: Path) -> None:
    """Begin with a new account where the old one has nothing left to take up, so that its past does not hinder."""
    from skim_tui.exchange.statefile import StateFile
    from skim_tui.exchange.survival import is_busy

    state = StateFile(path).load()
    if state is not None and not is_busy(state):
        path.unlink()
