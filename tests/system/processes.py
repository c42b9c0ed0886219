"""Skim's own processes, started and ended by tests."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

from tests.conftest import ROOT


def environment(data_dir):
    """This environment without settings of its own, and without a terminal size: each terminal has its own."""
    unwanted = {key for key in os.environ if key.startswith("SKIM_")} - {"SKIM_CACHE_DIR"} | {"COLUMNS", "LINES"}
    kept = {key: value for key, value in os.environ.items() if key not in unwanted}
    return kept | {"XDG_RUNTIME_DIR": str(data_dir), "PYTHONPATH": str(ROOT), "TERM": "xterm-256color", "COLORTERM": ""}


def start(data_dir, *arguments, **settings):
    return subprocess.Popen(
        [sys.executable, "-m", "skim_tui", *arguments],
        env=environment(data_dir) | settings,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def start_exchange(data_dir, *arguments):
    """A running exchange and its port."""
    process = start(data_dir, "exchange", *arguments)
    ready = process.stdout.readline()
    match = re.match(r"READY tws=127\.0\.0\.1:(\d+)", ready)
    assert match, ready + (process.stdout.read() if process.poll() is not None else "")
    return process, int(match[1])


def end(process):
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def end_embedded_exchange(data_dir):
    """The exchange that a desk of this data folder started."""
    try:
        os.kill(json.loads((Path(data_dir) / "exchange.json").read_text())["pid"], signal.SIGTERM)
    except (OSError, ValueError, KeyError):
        pass


def end_desk(data_dir):
    try:
        os.kill(int((Path(data_dir) / "desk.lock").read_text()), signal.SIGTERM)
    except (OSError, ValueError):
        pass


def wait_for(what, seconds=60.0):
    """Poll until ``what`` gives something true; it is returned."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found = what()
        if found:
            return found
        time.sleep(0.1)
    raise AssertionError(f"nothing within {seconds:g} s: {what}")
