"""A terminal that stops reading costs pictures, never keys; afterwards the whole picture is there."""

import asyncio
import fcntl
import os
import pty
import signal
import struct
import subprocess
import sys
import termios
import time

import pyte
import pytest

from skim_tui.link.account import HeaderView
from skim_tui.link.commands import Resume
from skim_tui.link.market import CandidateView
from skim_tui.link.server import LinkServer
from tests.conftest import ROOT

COLUMNS, LINES = 120, 40
PROGRAM = """
import sys
from pathlib import Path
from skim_tui.console.app import SkimApp
from skim_tui.link.client import SocketLink
SkimApp(SocketLink(Path(sys.argv[1])), fps=30, bell=False).run()
"""


class Line:
    """A pseudo-terminal whose other end is read only when asked to."""

    def __init__(self, socket):
        self.master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", LINES, COLUMNS, 0, 0))
        # A size in the environment would win over the terminal's own, and test runners set one.
        environment = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "LINES")}
        environment |= {"TERM": "xterm-256color", "PYTHONPATH": str(ROOT)}
        self.child = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, str(socket)],
            stdin=slave, stdout=slave, stderr=slave, env=environment, start_new_session=True,
        )  # fmt: skip
        os.close(slave)
        os.set_blocking(self.master, False)
        self.screen = pyte.Screen(COLUMNS, LINES)
        self._stream = pyte.ByteStream(self.screen)

    def read(self):
        try:
            data = os.read(self.master, 1 << 20)
        except BlockingIOError:
            return
        self._stream.feed(data.replace(b"\x1b[>25u", b"").replace(b"\x1b[<u", b""))

    def text(self):
        return "\n".join(self.screen.display)

    def close(self):
        os.killpg(self.child.pid, signal.SIGKILL)
        self.child.wait()
        os.close(self.master)


def publish(server, number):
    header = HeaderView(
        market="XASX", tz="Australia/Sydney", now=1.79e9 + number, connection="OPERATIONAL", simulated=True
    )
    server.publish("header", "", header)
    for index in range(30):
        row = CandidateView(
            f"S{index:02}", rank=index + 1, last=10 + number / 100, bid=10.0, ask=10.1, volume=number * 1000
        )
        server.publish("candidates", row.symbol, row)


@pytest.fixture
async def stage(tmp_path):
    said = []
    server = LinkServer(tmp_path / "s.sock", lambda command, who: said.append(command) or (True, "done"))
    await server.start()
    publish(server, 0)
    line = Line(tmp_path / "s.sock")
    yield server, line, said
    line.close()
    await server.stop()


async def until(holds, line, *, reading, seconds=20.0):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if reading:
            line.read()
        if holds():
            return time.monotonic()
        await asyncio.sleep(0.02)
    raise AssertionError(f"not within {seconds} s; the screen shows:\n{line.text()}")


async def test_keys_count_while_nobody_reads_and_the_picture_is_whole_afterwards(stage):
    server, line, said = stage
    await until(lambda: "S05" in line.text(), line, reading=True)
    for number in range(1, 41):  # four seconds of a busy market into a line that nobody reads
        publish(server, number)
        await asyncio.sleep(0.1)
    pressed = time.monotonic()
    os.write(line.master, b"R")
    heard = await until(lambda: Resume() in said, line, reading=False, seconds=10)
    assert heard - pressed < 1.5, "the key waited for the terminal"
    publish(server, 99)
    await until(lambda: "10.99" in line.text(), line, reading=True)
    await until(lambda: all(f"S{index:02}" in line.text() for index in range(12)), line, reading=True)
