"""A newcomer's first session, by keys alone in a real terminal: ticket, approval, stop, exit."""

import os
import signal
import sys
import time

import pexpect
import pyte
import pytest

from tests.system.processes import end_desk, end_embedded_exchange, environment

COLUMNS, LINES = 120, 40


class Terminal:
    """A pseudo-terminal with somebody looking at it."""

    def __init__(self, data_dir, *arguments, size=(COLUMNS, LINES)):
        columns, lines = size
        self.screen = pyte.Screen(columns, lines)
        self._stream = pyte.ByteStream(self.screen)
        self.child = pexpect.spawn(
            sys.executable,
            ["-m", "skim_tui", "--data-dir", str(data_dir), *arguments],
            env=environment(data_dir),
            dimensions=(lines, columns),
            timeout=1,
        )

    def text(self):
        return "\n".join(self.screen.display)

    def look(self, seconds=0.3):
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            try:
                # Kitty-style sequences with a private marker are not for this old terminal.
                data = self.child.read_nonblocking(65536, timeout=0.1)
                self._stream.feed(data.replace(b"\x1b[>25u", b"").replace(b"\x1b[<u", b""))
            except pexpect.TIMEOUT:
                pass
            except pexpect.EOF:
                return

    def wait(self, *words, seconds=90):
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            self.look()
            if all(word in self.text() for word in words):
                return
        raise AssertionError(f"{words} not seen within {seconds} s on:\n{self.text()}")

    def press(self, keys):
        self.child.send(keys)
        self.look(0.5)


@pytest.fixture
def terminal(tmp_path):
    opened = Terminal(tmp_path, "--speed", "30")
    yield opened
    opened.child.close(force=True)
    end_desk(tmp_path)
    end_embedded_exchange(tmp_path)


def test_approve_a_ticket_see_the_stop_and_close(terminal, tmp_path):
    terminal.wait("SIMULATED", "OPERATIONAL", seconds=30)
    terminal.wait("approve and send", seconds=90)
    terminal.press("\r")
    assert "approve and send" in terminal.text(), "Enter must never send"
    time.sleep(1.0)
    terminal.press("a")
    terminal.wait("protected by stop", seconds=30)

    # The console is killed; the desk does not notice, and another console shows the same.
    desk = int((tmp_path / "desk.lock").read_text())
    os.kill(terminal.child.pid, signal.SIGKILL)
    terminal.child.close(force=True)
    terminal.__init__(tmp_path)
    terminal.wait("protected by stop", seconds=30)
    assert int((tmp_path / "desk.lock").read_text()) == desk
    terminal.press("4")
    terminal.press("x")
    terminal.press("y")

    def exits():
        log = (tmp_path / "logs" / "desk.log").read_text()
        return "closed (closed by hand)" in log

    deadline = time.monotonic() + 30
    while not exits() and time.monotonic() < deadline:
        terminal.look()
    assert exits(), terminal.text()
    from skim_tui.journal import Journal

    journal = Journal.open(tmp_path / "journal.db")
    (account,) = journal.accounts()
    closed = journal.positions(account, "closed")
    stops = [order for order in journal.orders(account) if order.leg == "S"]
    journal.close()
    assert len(closed) == 1 and closed[0].exit_quantity == closed[0].bought > 0
    assert stops and stops[0].stop == closed[0].initial_stop
