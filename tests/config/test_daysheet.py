"""The day's schedule as text, and the file of splits and dividends."""

import socket
from datetime import date
from zoneinfo import ZoneInfo

import pytest

from skim_tui import corporate_actions
from skim_tui.cli import main
from skim_tui.config_file import ConfigError
from skim_tui.daysheet import lines
from skim_tui.domain.gapscan import CorporateAction
from skim_tui.domain.schedule import ScheduleRule
from skim_tui.domain.session import ASX, US, exchange_day


def sheet(mic, day, zone, *, half=False):
    return list(lines(exchange_day(mic, day, half_day=half), ScheduleRule(), ZoneInfo(zone)))


def test_each_step_stands_in_exchange_and_local_time():
    text = "\n".join(sheet(ASX, date(2026, 3, 3), "Europe/Zurich"))
    assert "Tue 2026-03-03" in text and "Australia/Sydney" in text and "here (CET, UTC+01:00)" in text
    rows = {line[:16].strip(): line[16:64].split() for line in text.splitlines()[2:]}
    assert rows["scan"][:2] == ["09:59-15:00", "23:59"]
    assert rows["track"] == ["09:59-10:10", "23:59", "-1d-00:10"]
    assert rows["post-close"] == ["16:10-16:21:30", "06:10-06:21:30"]
    assert rows["report"] == ["16:26:30", "06:26:30"]


def test_half_days_and_the_staggered_open_are_said():
    assert "half day" in sheet(ASX, date(2026, 12, 24), "UTC", half=True)[0]
    assert "five groups" in sheet(ASX, date(2024, 12, 23), "UTC")[0]
    assert any(line.startswith("extended hours") for line in sheet(US, date(2026, 3, 3), "UTC"))


def test_check_prints_the_schedule_of_a_given_session(tmp_path, capsys, monkeypatch):
    assert main(["check", "--data-dir", str(tmp_path), "--date", "2026-12-24"]) == 0
    out = capsys.readouterr().out
    assert "Thu 2026-12-24, half day" in out and "10:10-13:30" in out and "14:10-14:21:30" in out
    monkeypatch.setenv("SKIM_MARKET__EXCHANGE", "XNYS")
    monkeypatch.setenv("SKIM_OPENING_RANGE__MINUTES", "5")
    assert main(["check", "--data-dir", str(tmp_path), "--date", "2026-03-09"]) == 0
    assert "09:30-09:35" in capsys.readouterr().out
    for bad in ("2026-12-25", "soon"):
        assert main(["check", "--data-dir", str(tmp_path), "--date", bad]) == 1
        assert f"--date {bad}" in capsys.readouterr().err


def test_check_lists_the_brokers_absences_and_the_restart_nobody_told_it(tmp_path, capsys, monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as gateway:
        asked = ["check", "--broker", "tws", "--port", str(gateway.getsockname()[1]), "--data-dir", str(tmp_path)]
        assert main(asked) == 0
        out = capsys.readouterr().out
        assert "second server reset" in out and "weekly login" in out and "broker.gateway_restart" in out
        monkeypatch.setenv("SKIM_BROKER__GATEWAY_RESTART", "23:45 Australia/Sydney")
        monkeypatch.setenv("SKIM_BROKER__REGION", "north-america")
        assert main(asked) == 0
        out = capsys.readouterr().out
        assert "23:45 to 23:50" in out and "second server reset" not in out


def test_corporate_actions_are_read_by_symbol(tmp_path):
    path = tmp_path / "actions.csv"
    path.write_text("symbol,ex_date,split,dividend\nbhp,2026-03-05,,1.10\nSYA,2026-03-03,0.1,\n")
    assert corporate_actions.load(str(path)) == {
        "BHP": (CorporateAction("BHP", date(2026, 3, 5), dividend=1.10),),
        "SYA": (CorporateAction("SYA", date(2026, 3, 3), split=0.1),),
    }
    assert corporate_actions.load("") == {}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("code,date\n", "first line must be"),
        ("symbol,ex_date,split,dividend\nBHP,03/05/2026,1,0\n", ":2: "),
        ("symbol,ex_date,split,dividend\nBHP,2026-03-05,0,0\n", "split 0"),
        ("symbol,ex_date,split,dividend\nBHP,2026-03-05\n", ":2: "),
        ("symbol,ex_date,split,dividend\n,2026-03-05,1,1\n", "no symbol"),
    ],
)
def test_a_bad_line_is_named(tmp_path, text, said):
    path = tmp_path / "actions.csv"
    path.write_text(text)
    with pytest.raises(ConfigError, match=said):
        corporate_actions.load(str(path))
    with pytest.raises(ConfigError, match="no-such"):
        corporate_actions.load(str(tmp_path / "no-such.csv"))
