"""Commands that do nothing and report success, settings that trade on the wrong port, switches for tests."""

import re
import socket
import subprocess
import sys
from importlib import import_module

import pytest

from skim_tui import crashpoints
from skim_tui.cli import HOMES, main
from skim_tui.cli.parser import parser
from skim_tui.config import Config
from tests.conftest import ROOT
from tests.system.processes import environment


def commands():
    choices = next(action.choices for action in parser()._actions if isinstance(action.choices, dict))
    return set(choices)


def test_every_command_of_the_help_is_there():
    """A command is listed and silently does nothing, or the program does not even start."""
    assert commands() == set(HOMES) - {"console"}
    for name, home in HOMES.items():
        assert callable(getattr(import_module(f"skim_tui.cli.{home}"), f"run_{name}"))


def test_the_program_starts_as_the_user_starts_it(tmp_path):
    """All tests pass and the program that is installed cannot be imported."""
    told = subprocess.run(
        [sys.executable, "-m", "skim_tui", "--help"],
        env=environment(tmp_path),
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert told.returncode == 0 and all(name in told.stdout for name in commands())


@pytest.mark.parametrize(
    "words",
    [
        ["stop"],
        ["report"],
        ["export"],
        ["replay", "no-such-tape"],
        ["exchange", "--tape", "no-such-tape"],
        ["announcements", "import", "no-such-file"],
        ["report", "--config", "no-such-config.toml"],
        ["journal", "backup", "copy.db"],
    ],
)
def test_a_command_that_fails_says_so_and_is_no_success(tmp_path, capsys, monkeypatch, words):
    """A desk that is dead looks like a quiet market: no error, no trade, exit code 0."""
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    assert main([*words, "--data-dir", str(tmp_path / "data")]) != 0
    told = capsys.readouterr()
    assert told.err.strip() and len(told.err.strip().splitlines()) == 1 and "Traceback" not in told.err
    assert told.out == ""


def test_the_settings_nobody_touched_trade_no_real_money():
    """The first start of the program connects to the port of the live account."""
    broker = Config().broker
    assert broker.kind == "sim" and broker.port not in (7496, 4001) and not broker.account


def test_no_variable_of_a_test_run_switches_a_check_off():
    """A safety check looks whether it is being tested, and somebody's environment says so in production."""
    looks = re.compile(r"PYTEST_|^\s*(?:import|from) (?:pytest|unittest|tests)\b", re.MULTILINE)
    looking = [path.name for path in (ROOT / "skim_tui").rglob("*.py") if looks.search(path.read_text())]
    assert looking == []


def test_the_points_at_which_a_desk_can_be_killed_are_asleep_unless_named(monkeypatch):
    """A switch made for tests kills the trader's desk."""
    monkeypatch.delenv("SKIM_CRASH_AT", raising=False)
    crashpoints.disarm()
    crashpoints.arm_from_environment()
    for point in crashpoints.POINTS:
        crashpoints.crashpoint(point)


def test_the_doctor_names_what_is_ill_and_is_no_success(tmp_path, capsys):
    """The check says that all is well although nobody answers at the broker's port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        assert main(["check", "--broker", "tws", "--port", str(port), "--data-dir", str(tmp_path)]) == 1
    assert f"broker 127.0.0.1:{port}: Connection refused" in capsys.readouterr().err
