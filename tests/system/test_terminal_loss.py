"""S8 for the console: suspended, killed, its terminal gone; the desk trades on, and another console sees all of it."""

import asyncio
import os
import re
import signal
import sys
from datetime import datetime
from zoneinfo import ZoneInfo

import pexpect
import pyte
import pytest

from skim_tui.paths import Paths
from tests.system.processes import end_desk, end_embedded_exchange, environment, wait_for
from tests.system.test_first_session import Terminal
from tests.system.test_two_processes import Watcher


class Shell(Terminal):
    """A terminal with a shell in it that can put a program into the background."""

    def __init__(self, data_dir):
        self.screen = pyte.Screen(120, 40)
        self._stream = pyte.ByteStream(self.screen)
        self.child = pexpect.spawn(
            "/bin/sh", ["-i"], env=environment(data_dir) | {"PS1": "$ "}, dimensions=(40, 120), timeout=1
        )
        self.child.sendline(f"'{sys.executable}' -m skim_tui --data-dir '{data_dir}' --speed 15")

    def console(self):
        """The pid and state of the console, while there is one."""
        for entry in os.listdir("/proc"):
            if entry.isdigit():
                try:
                    fields = open(f"/proc/{entry}/stat").read().rpartition(") ")[2].split()
                except OSError:
                    continue
                if int(fields[1]) == self.child.pid:
                    return int(entry), fields[0]
        return None


@pytest.fixture
def shell(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    opened = Shell(tmp_path)
    yield opened
    opened.child.close(force=True)
    end_desk(tmp_path)
    end_embedded_exchange(tmp_path)


@pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="reads the state of processes from /proc")
async def test_a_console_suspended_killed_or_without_its_terminal_changes_nothing_for_the_desk(shell, tmp_path):
    await asyncio.to_thread(shell.wait, "SIMULATED", "OPERATIONAL", seconds=40)
    desk = int((tmp_path / "desk.lock").read_text())
    other = Watcher(Paths.of(tmp_path).socket)
    await other.attach()

    async def goes_on():
        """The desk's time runs on for those who look."""
        before = other.rows["header"][""].now
        await other.until(lambda rows: rows["header"][""].now > before + 30, 20)

    await asyncio.to_thread(shell.press, "\x1a")
    await asyncio.to_thread(wait_for, lambda: shell.console()[1] == "T", 10)
    before = other.rows["header"][""].now
    await goes_on()
    assert other.rows["vitals"][""].consoles == 2
    await asyncio.to_thread(shell.press, "fg\r")
    await asyncio.to_thread(wait_for, lambda: shell.console()[1] != "T", 10)
    later = other.rows["header"][""].now

    def caught_up():
        shell.look(0.2)
        clock = re.search(r"(\d\d:\d\d:\d\d) Sydney", shell.text())
        return clock and clock[1] >= datetime.fromtimestamp(later, ZoneInfo("Australia/Sydney")).strftime("%H:%M:%S")

    await asyncio.to_thread(wait_for, caught_up, 15)
    assert later > before + 30

    os.kill(shell.console()[0], signal.SIGKILL)
    await other.until(lambda rows: rows["vitals"][""].consoles == 1, 20)
    await goes_on()
    await asyncio.to_thread(shell.child.sendline, f"'{sys.executable}' -m skim_tui --data-dir '{tmp_path}'")
    await other.until(lambda rows: rows["vitals"][""].consoles == 2, 40)
    console = shell.console()[0]
    shell.child.close(force=True)  # the terminal is gone
    await other.until(lambda rows: rows["vitals"][""].consoles == 1, 20)
    await goes_on()
    assert not os.path.exists(f"/proc/{console}") or open(f"/proc/{console}/stat").read().split(") ")[1][0] == "Z"
    assert int((tmp_path / "desk.lock").read_text()) == desk and os.path.exists(f"/proc/{desk}")
    await other.link.close()
