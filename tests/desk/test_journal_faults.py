"""A journal that cannot be written stops entries, and nothing that protects or closes; nothing that waited is lost."""

import sqlite3
from typing import get_args

import pytest

from skim_tui.desk import recorder
from skim_tui.journal import Journal, JournalError, Record, store
from tests.desk.scripted import HELD, D, Script, T

OTHER = "4567-260303-CBA-1"


class Trouble:
    """What is done to the file, and undone."""

    def __init__(self, path, monkeypatch):
        self.path = path
        self.other = None
        monkeypatch.setattr(store, "BUSY_MS", 10)

    def full(self, journal):
        journal._database.execute_sql("PRAGMA max_page_count = 1")

    def unfull(self, journal):
        journal._database.execute_sql("PRAGMA max_page_count = 1000000")

    def locked(self, journal):
        self.other = sqlite3.connect(self.path, isolation_level=None)
        self.other.execute("BEGIN IMMEDIATE")

    def unlocked(self, journal):
        self.other.execute("ROLLBACK")
        self.other.close()

    def readonly(self, journal):
        journal._database.execute_sql("PRAGMA query_only = 1")

    def unreadonly(self, journal):
        journal._database.execute_sql("PRAGMA query_only = 0")


@pytest.mark.parametrize(
    ("kind", "cause"), [("full", "the disk is full"), ("locked", "another program"), ("readonly", "readonly")]
)
def test_entries_stop_exits_go_on_and_what_waited_is_written(tmp_path, monkeypatch, kind, cause):
    trouble = Trouble(tmp_path / "j.db", monkeypatch)
    script = Script(tmp_path / "j.db")
    script.enter()
    getattr(trouble, kind)(script.journal)
    if kind == "full":  # the last page may still take a little
        for _ in range(40):
            script.desk.context.journal.save(events=[script.desk.context.event("test", "fill up", "x", "y" * 3000)])

    done, text = script.desk.approvals.approve(script.propose(OTHER), "test")
    assert not done and cause in text, text
    assert cause in script.desk.context.entries_blocked() and "j.db" in script.desk.context.entries_blocked()
    assert [ref for ref in script.placed("E") if ref.startswith(OTHER)] == []
    assert not script.desk.operator.set_auto(True, "test")[0]

    script.say(f"{T}.S", HELD, quantity=10)
    assert script.asked("modify"), "a stop is repaired without a journal"
    assert script.desk.exits.close("BHP", "test", "by hand")[0] and script.placed("X") == [f"{T}.X1"]
    script.fill(f"{T}.X1", 100)
    assert script.position is None and script.desk.context.journal.waiting > 0
    script.wait(1)
    assert script.desk.problems(), "the operator is told"
    assert any("JOURNAL FAILS" in line for line in script.lines("error"))

    getattr(trouble, f"un{kind}")(script.journal)
    script.wait(2)
    assert not script.desk.context.journal.fault and script.desk.context.journal.waiting == 0
    assert any("can be written again" in line for line in script.lines("warning"))
    fresh = Journal.open(tmp_path / "j.db")
    assert [row.ref for row in fresh.fills("DU1234567")] == [f"{T}.E", f"{T}.X1"]
    (position,) = fresh.positions("DU1234567")
    assert position.state == "closed" and position.exit_quantity == 100
    fresh.close()
    script.market(symbol="WES")
    assert script.desk.approvals.approve(script.propose("4567-260303-WES-1"), "test")[0]


def test_a_journal_damaged_under_the_desk_stops_entries_and_nothing_else(tmp_path):
    script = Script(tmp_path / "j.db")
    script.enter()

    def damaged(*records, **more):
        raise JournalError("j.db: the journal cannot be written: database disk image is malformed")

    script.journal.save = damaged
    assert "malformed" in script.desk.approvals.approve(script.propose(OTHER), "test")[1]
    assert script.desk.exits.close("BHP", "test", "by hand")[0]
    script.fill(f"{T}.X1", 100)
    script.wait(3)
    assert script.position is None and "malformed" in script.desk.context.entries_blocked()


def test_what_waits_in_memory_is_bounded_and_what_is_dropped_is_said(tmp_path, monkeypatch):
    monkeypatch.setattr(recorder, "EVENTS_KEPT", 50)
    script = Script(tmp_path / "j.db")
    save, script.journal.save = script.journal.save, lambda *a, **k: (_ for _ in ()).throw(JournalError("j.db: full"))
    context = script.desk.context
    for number in range(200):
        context.journal.save(events=[context.event("test", "n", str(number))])
    assert context.journal.waiting == 50
    script.journal.save = save
    script.wait(1)
    said = [event for _, event in script.journal.events() if event.what in ("events lost", "n")]
    assert said[0].what == "events lost" and said[0].why.startswith("150") and said[-1].subject == "199"


def test_the_newest_state_of_a_row_is_what_is_written_later(tmp_path):
    script = Script(tmp_path / "j.db")
    script.enter(filled=0)
    save, script.journal.save = script.journal.save, lambda *a, **k: (_ for _ in ()).throw(JournalError("j.db: full"))
    for shares in (10, 20, 30):
        script.fill(f"{T}.E", shares)
    script.journal.save = save
    script.wait(1)
    assert script.journal.order(f"{T}.E").filled == 60
    assert sum(row.quantity for row in script.journal.fills("DU1234567")) == 60
    assert script.journal.positions("DU1234567")[0].entry_price == D("10.50")


def fails(*records, **more):
    raise JournalError("j.db: the journal cannot be written: database or disk is full")


def test_s7_the_kill_switch_and_flatten_work_without_a_journal_and_are_remembered_later(tmp_path):
    script = Script(tmp_path / "j.db")
    script.enter()
    save, script.journal.save = script.journal.save, fails
    done, text = script.desk.operator.kill("console 1", close_all=True)
    assert done and script.placed("X") == [f"{T}.X1"], text
    script.journal.save = save
    script.wait(2)
    assert script.journal.latches() == {"kill": "kill switch", "flatten": "console 1"}


def test_a_lock_out_without_a_journal_locks_and_is_remembered_later(tmp_path):
    script = Script(tmp_path / "j.db", risk={"max_daily_loss": D(200)})
    script.enter()
    save, script.journal.save = script.journal.save, fails
    script.fill(f"{T}.S", 100, "8.00")
    script.wait(1)
    assert "daily loss limit" in script.desk.context.lockout
    script.journal.save = save
    script.wait(2)
    assert "daily loss limit" in script.journal.latches()["lock-out"]


def test_every_kind_of_row_can_wait_in_memory():
    assert set(store.KEYS) == set(get_args(Record)) and all(store.KEYS.values())


def test_a_journal_deleted_or_replaced_under_the_desk_stops_entries_until_it_is_back(tmp_path):
    path, away = tmp_path / "j.db", tmp_path / "elsewhere.db"
    script = Script(path)
    script.enter()
    path.rename(away)
    path.write_bytes(b"")
    assert "moved, replaced or deleted" in script.desk.approvals.approve(script.propose(OTHER), "test")[1]
    assert script.desk.exits.close("BHP", "test", "by hand")[0]
    script.fill(f"{T}.X1", 100)
    assert script.desk.context.journal.waiting > 0
    away.rename(path)
    script.wait(2)
    assert not script.desk.context.journal.fault and script.journal.positions("DU1234567")[0].state == "closed"


def test_a_locked_journal_does_not_hold_the_desk_up(tmp_path):
    """Each try waits for the other program: tried at every look, the desk would stand still most of the time."""
    script = Script(tmp_path / "j.db")
    other = sqlite3.connect(tmp_path / "j.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    script.desk.context.journal.save(events=[script.desk.context.event("test", "x", "y")])
    tries = []
    retry = script.desk.context.journal.retry
    script.desk.context.journal.retry = lambda now: tries.append(now) or retry(now)
    for _ in range(20):
        script.wall += 0.1
        script.broker.time += 1.5
        script.desk.advance(script.broker.time)
    assert 2 <= len(tries) <= 3
    assert script.journal._database.execute_sql("PRAGMA busy_timeout").fetchone()[0] == recorder.IMPATIENT_MS
    other.execute("ROLLBACK")
    script.wait(2)
    assert not script.desk.context.journal.fault
    assert script.journal._database.execute_sql("PRAGMA busy_timeout").fetchone()[0] == store.BUSY_MS
    other.close()


def test_a_journal_that_fails_twice_is_told_twice(tmp_path):
    script = Script(tmp_path / "j.db")
    save = script.journal.save
    for times in (1, 2):
        script.journal.save = fails
        script.desk.context.journal.save(events=[script.desk.context.event("test", "x", "y")])
        script.wait(1)
        script.journal.save = save
        script.wait(1)
        assert sum("JOURNAL FAILS" in line for line in script.lines("error")) == times
        assert sum("can be written again" in line for line in script.lines("warning")) == times
