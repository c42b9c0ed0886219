"""The journal: durable, exact, migrated, and clear about what it cannot do."""

import sqlite3
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from skim_tui.journal import EventRecord, FillRecord, Journal, JournalError, TicketRecord
from skim_tui.journal.migrations import MIGRATIONS, migrate

D = Decimal
TICKET = TicketRecord(
    "t1",
    "DU1",
    date(2026, 3, 3),
    "BHP",
    "ORH breakout",
    "BUY",
    "proposed",
    "",
    100,
    D("45.20"),
    D("44.10"),
    None,
    D("120.005"),
    D(4520),
    D("12.00"),
    1.0,
    None,
    "",
    (("gap", "+4 %"),),
    (("quote", True, "45.1 / 45.2"),),
)
FILL = FillRecord("x1", "t1.E", "DU1", "BHP", "BUY", 100, D("45.205"), 2.0, 9, None, "")


def test_rows_come_back_as_they_went(tmp_path):
    journal = Journal.open(tmp_path / "j.db")
    journal.save(TICKET, FILL, events=[EventRecord(1.0, "me", "approve", "t1", "why", {"quantity": 100})])
    journal.save(replace(TICKET, state="approved"), replace(FILL, fees=D("6.00"), fee_currency="AUD"))
    journal.close()
    again = Journal.open(tmp_path / "j.db")
    assert again.tickets("DU1") == [replace(TICKET, state="approved")]
    assert again.fills("DU1") == [replace(FILL, fees=D("6.00"), fee_currency="AUD")]
    assert again.fills("DU2") == [] and again.accounts() == ["DU1"]
    ((number, event),) = again.events()
    assert (number, event.what, event.data) == (1, "approve", {"quantity": 100})


def test_one_save_is_one_transaction(tmp_path):
    journal = Journal.open(tmp_path / "j.db")
    with pytest.raises(JournalError, match=r"j\.db: the journal cannot be written"):
        journal.save(TICKET, replace(FILL, symbol=None))
    assert journal.tickets("DU1") == []


def test_it_is_written_through_and_fully_synced(tmp_path):
    journal = Journal.open(tmp_path / "j.db")
    assert journal._database.execute_sql("PRAGMA synchronous").fetchone()[0] == 2
    assert journal._database.execute_sql("PRAGMA journal_mode").fetchone()[0] == "wal"


def test_a_damaged_file_is_named(tmp_path):
    (tmp_path / "j.db").write_bytes(b"not a database at all" * 100)
    with pytest.raises(JournalError, match=r"j\.db: the journal cannot be opened"):
        Journal.open(tmp_path / "j.db")


def test_a_newer_journal_is_refused_and_left_alone(tmp_path):
    with sqlite3.connect(tmp_path / "j.db") as database:
        database.execute("PRAGMA user_version = 99")
    with pytest.raises(JournalError, match="schema 99"):
        Journal.open(tmp_path / "j.db")


def test_a_later_migration_runs_once_and_keeps_the_rows(tmp_path):
    journal = Journal.open(tmp_path / "j.db")
    journal.save(TICKET)
    ran = []

    def add_note(database):
        ran.append(1)
        database.execute_sql('ALTER TABLE "ticket" ADD COLUMN "note" TEXT')

    assert migrate(journal._database, [*MIGRATIONS, add_note]) == len(MIGRATIONS) + 1
    migrate(journal._database, [*MIGRATIONS, add_note])
    assert ran == [1] and journal.tickets("DU1") == [TICKET]


@pytest.mark.parametrize("statement", ['UPDATE "event" SET "why" = \'other\'', 'DELETE FROM "event"'])
def test_what_happened_cannot_be_rewritten_whoever_opens_the_file(tmp_path, statement):
    journal = Journal.open(tmp_path / "j.db")
    journal.event(1.0, "desk", "fill", "t1.E", "as it was")
    journal.close()
    other = sqlite3.connect(tmp_path / "j.db")
    with pytest.raises(sqlite3.IntegrityError, match="only ever appended to"):
        other.execute(statement)
    other.close()
    assert Journal.open(tmp_path / "j.db").events()[0][1].why == "as it was"
