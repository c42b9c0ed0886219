"""The desk as a service: a defect in it is contained, and whoever asked for something is told."""

from datetime import date

import pytest

from skim_tui.config import Config
from skim_tui.desk.service import DeskService
from skim_tui.journal import Journal
from skim_tui.link.commands import ClosePosition, Kill
from skim_tui.paths import Paths
from tests.conftest import calendar_of
from tests.desk.scripted import Broker


@pytest.fixture
def service(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    calendar = calendar_of("XASX")
    broker = Broker(calendar.day(date(2026, 3, 3)).open + 60.0)
    journal = Journal.open(tmp_path / "j.db", durable=False)
    yield DeskService(Config(), Paths.of(tmp_path), broker, journal, calendar)
    journal.close()


async def test_a_defect_in_a_command_is_answered_stops_entries_and_leaves_the_rest(service, monkeypatch):
    def broken(symbol, who):
        raise ZeroDivisionError("a defect")

    monkeypatch.setattr(service.desk.operator, "close", broken)
    done, text = service._command(ClosePosition("BHP"), "console 1")
    assert not done and "ClosePosition failed: desk fault: ZeroDivisionError: a defect" in text
    assert "a defect" in service.desk.context.entries_blocked()
    assert service._command(Kill(close_all=False), "console 1")[0]
