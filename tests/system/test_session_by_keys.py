"""A whole session in a real terminal of 80x24, by keys alone: look around, edit a ticket and send it, guard the
position, sell part of it, steer the tape, leave and come back."""

import re
import time

import pytest

from tests.system.processes import end_desk, end_embedded_exchange
from tests.system.test_first_session import Terminal


@pytest.fixture
def terminal(tmp_path):
    opened = Terminal(tmp_path, "--speed", "20", "--at", "10:08", size=(80, 24))
    yield opened
    opened.child.close(force=True)
    end_desk(tmp_path)
    end_embedded_exchange(tmp_path)


def stop_price(terminal):
    return float(re.search(r"protected by stop ([\d.]+)", terminal.text())[1])


def test_a_session_by_keys_alone(terminal, tmp_path):
    terminal.wait("SIMULATED", "OPERATIONAL", "Candidates", seconds=40)
    for key, words in (
        ("H", ("Health", "round trip")),
        ("S", ("Settings", "risk")),
        ("?", ("Keys", "send the ticket")),
    ):
        terminal.press(key)
        terminal.wait(*words, seconds=10)
    terminal.press("\x1b")
    terminal.wait("approve and send", seconds=60)

    # Half the size, seen and computed before it is sent.
    terminal.press("e")
    terminal.wait("EDIT TICKET", "worst loss", seconds=10)
    shares = int(re.search(r"shares\s+(\d+)", terminal.text())[1])
    terminal.press(str(shares // 2))
    terminal.wait("gates pass", seconds=10)
    time.sleep(1.0)
    terminal.press("a")
    terminal.wait("protected by stop", f"{shares // 2:,}", seconds=30)

    # The stop is tightened by one step of its ladder, and half of the shares are sold.
    terminal.press("4")
    before = stop_price(terminal)
    terminal.press("s")
    terminal.wait("Stop of", "filled there", seconds=10)
    terminal.press("\x1b[A")
    terminal.press("y")
    deadline = time.monotonic() + 20
    while stop_price(terminal) <= before and time.monotonic() < deadline:
        terminal.look()
    assert stop_price(terminal) > before
    terminal.press("o")
    terminal.wait("Sell part", seconds=10)
    terminal.press("3")
    kept = shares // 2 - shares // 4
    terminal.wait(f"× {kept:,}", seconds=20)

    # The tape stands still, goes on, and the kill switch holds until it is taken back.
    terminal.press("P")
    terminal.wait("Replay", "20x", seconds=10)
    terminal.press(" ")
    terminal.wait("PAUSED", seconds=10)
    terminal.press(" ")
    terminal.press("\x1b")
    terminal.wait("Positions", seconds=10)
    terminal.press("K")
    terminal.wait("KILL SWITCH", seconds=10)
    terminal.press("\x1b")
    terminal.wait("ENTRIES BLOCKED", seconds=10)
    terminal.press("R")
    terminal.wait("entries allowed again", seconds=10)

    # Leaving lets the desk go on; coming back tells what happened.
    terminal.press("q")
    terminal.press("l")
    terminal.look(1.5)
    assert not terminal.child.isalive()
    terminal.__init__(tmp_path, size=(80, 24))
    terminal.wait("protected by stop", seconds=30)
    terminal.press("4")
    terminal.press("x")
    terminal.press("y")
    terminal.wait("No open positions", seconds=30)
    terminal.press("J")
    terminal.wait("1 trade ", "by hand", seconds=15)
