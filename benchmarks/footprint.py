"""Cold start to first paint, resident memory of console, desk and exchange, and idle CPU of each.

Starts the program as its user does, in a pseudo-terminal on the generated day, and reads /proc.
Usage: python benchmarks/footprint.py
"""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pexpect

ROOT = Path(__file__).resolve().parent.parent
TICKS = os.sysconf("SC_CLK_TCK")


def cpu(pid):
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def resident(pid):
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) / 1024
    raise LookupError(pid)


def main():
    folder = Path(tempfile.mkdtemp())
    environment = os.environ | {"XDG_RUNTIME_DIR": str(folder), "PYTHONPATH": str(ROOT), "TERM": "xterm-256color"}
    imports = []
    for _ in range(3):
        begun = time.perf_counter()
        subprocess.run([sys.executable, "-c", "import textual.app, ib_async, peewee"], check=True)
        imports.append(time.perf_counter() - begun)
    begun = time.perf_counter()
    child = pexpect.spawn(
        sys.executable,
        ["-m", "skim_tui", "--data-dir", str(folder), "--speed", "1"],
        env=environment,
        dimensions=(40, 120),
        timeout=30,
    )
    child.expect("Candidates")
    painted = time.perf_counter() - begun
    child.expect("OPERATIONAL")
    ready = time.perf_counter() - begun
    until = time.monotonic() + 8
    while time.monotonic() < until:
        try:
            child.read_nonblocking(65536, timeout=0.2)
        except pexpect.TIMEOUT:
            pass
    pids = {
        "console": child.pid,
        "desk": int((folder / "desk.lock").read_text()),
        "exchange": json.loads((folder / "exchange.json").read_text())["pid"],
    }
    before, received = {name: cpu(pid) for name, pid in pids.items()}, 0
    begun = time.monotonic()
    while time.monotonic() - begun < 10:
        try:
            received += len(child.read_nonblocking(65536, timeout=0.2))
        except pexpect.TIMEOUT:
            pass
    spent = time.monotonic() - begun
    base = sorted(imports)[1]
    print(
        f"first paint {painted * 1000:.0f} ms, {painted / base:.2f} x importing textual, ib_async and peewee ({base * 1000:.0f} ms)"
    )
    print(f"connected and reconciled {ready * 1000:.0f} ms")
    for name, pid in pids.items():
        print(
            f"{name:9} resident {resident(pid):.0f} MB, CPU {100 * (cpu(pid) - before[name]) / spent:.1f} % before the open"
        )
    print(f"to the terminal {received / spent / 1000:.1f} kB/s before the open")
    child.close(force=True)
    for name in ("desk", "exchange"):
        os.kill(pids[name], signal.SIGTERM)


main()
