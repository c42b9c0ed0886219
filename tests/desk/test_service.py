"""The desk as a service: a defect in it is contained, and whoever asked for something is told."""

from datetime import date

import pytest

from skim_tui import steadytime
from skim_tui.config import Config
from skim_tui.desk.service import DeskService
from skim_tui.journal import Journal
from skim_tui.link.commands import ClosePosition, Kill
from skim_tui.paths import Paths
from skim_tui.steadytime import steady_wall
from tests.conftest import calendar_of
from tests.desk.scripted import CANCELLED, Broker, Script, T


def make(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    calendar = calendar_of("XASX")
    broker = Broker(calendar.day(date(2026, 3, 3)).open + 60.0)
    return DeskService(Config(), Paths.of(tmp_path), broker, Journal.open(":memory:", durable=False), calendar)


def test_a_defect_in_a_command_is_answered_stops_entries_and_leaves_the_rest(tmp_path, monkeypatch):
    service = make(tmp_path, monkeypatch)

    def broken(symbol, who):
        raise ZeroDivisionError("a defect")

    monkeypatch.setattr(service.desk.operator, "close", broken)
    done, text = service._command(ClosePosition("BHP"), "console 1")
    assert not done and "ClosePosition failed: desk fault: ZeroDivisionError: a defect" in text
    assert "a defect" in service.desk.context.entries_blocked()
    assert service._command(Kill(close_all=False), "console 1")[0]


class Clocks:
    """The system clock and what the machine counts, each moved by hand."""

    def __init__(self, monkeypatch):
        self.system, self.counted = 1_772_496_000.0, 500.0
        monkeypatch.setattr(steadytime.time, "clock_gettime", lambda clock: self.counted)
        monkeypatch.setattr(steadytime.time, "time", lambda: self.system)

    def pass_(self, seconds):
        self.system += seconds
        self.counted += seconds


@pytest.mark.parametrize(
    ("move", "said"),
    [
        (lambda clocks: clocks.pass_(60.0), "the desk did not run for 60 s"),
        (lambda clocks: setattr(clocks, "system", clocks.system - 3600.0), "the system clock was set by -3,600 s"),
        (lambda clocks: setattr(clocks, "system", clocks.system + 90.0), "the system clock was set by +90 s"),
    ],
)
def test_a_sleep_and_a_clock_that_is_set_are_noticed_once(tmp_path, monkeypatch, move, said):
    clocks = Clocks(monkeypatch)
    service = make(tmp_path, monkeypatch)
    service._watch_time()
    service.desk.context.auto = True
    clocks.pass_(0.1)
    service._watch_time()
    assert service.desk.context.auto
    move(clocks)
    for _ in range(3):
        service._watch_time()
        clocks.pass_(0.1)
    told = [line.text for line in service.desk.context.lines if line.level == "error"]
    assert len(told) == 1 and said in told[0] and not service.desk.context.auto
    assert service.desk.context.broker.asked == [("resync",)]


def test_a_clock_set_back_an_hour_does_not_hold_the_repair_of_a_stop_back(monkeypatch):
    clocks = Clocks(monkeypatch)
    script = Script()
    script.desk.context.wall = steady_wall()
    script.enter()
    script.say(f"{T}.S", CANCELLED)
    assert script.placed("S") == [f"{T}.S", f"{T}.S2"]
    clocks.system -= 3600.0
    clocks.counted += 3.0
    script.say(f"{T}.S2", CANCELLED)
    assert script.placed("S")[-1] == f"{T}.S3"
