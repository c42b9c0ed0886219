"""The journal under what goes wrong: a killed program, a second writer, a fresh file and a later schema."""

import os
import signal
import sqlite3
import subprocess
import sys
from dataclasses import fields, replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skim_tui.domain.orders import OrderStatus
from skim_tui.journal import CandidateRecord, FillRecord, Journal, JournalError, OrderRecord, PositionRecord, store
from skim_tui.journal.migrations import MIGRATIONS, migrate
from skim_tui.journal.models import TABLES

D = Decimal
DAY = date(2026, 3, 3)
ORDER = OrderRecord(
    "t1.E", "t1", "DU1", "BHP", "E", "BUY", "LMT", 100, D("45.20"), None, "DAY", "", "", "Submitted", 0, D(0), 0, "",
    5.0, 5.0,
)  # fmt: skip
POSITION = PositionRecord(
    "p1", "DU1", "BHP", "t1", "SELL", 60, 100, D("45.205"), D("44.10"), D("1.105"), 6.0, DAY, "HALF_EXITED", "t1.S", D("44.10"),
    True, D("12.34"), D("-0.50"), D("1830.00"), 40, None, "",
)  # fmt: skip
CANDIDATE = CandidateRecord(
    "DU1", DAY, "BHP", 44.0, 45.0, 2.2727, 45.2, 44.9, None, None, None, "watching", "gap 2.3 % < 3 %"
)

WRITER = """
import sys
from skim_tui.journal import EventRecord, FillRecord, Journal
from decimal import Decimal
journal = Journal.open(sys.argv[1])
for n in range(100_000):
    fill = FillRecord(f"x{n}", "t1.E", "DU1", "BHP", "BUY", n, Decimal("45.20"), float(n), 9, None, "")
    journal.save(fill, events=[EventRecord(float(n), "desk", "fill", f"x{n}")])
    print(n, flush=True)
"""


def fill(exec_id, price, ts=1.0, ref="t1.E"):
    return FillRecord(exec_id, ref, "DU1", "BHP", "BUY", 100, price, ts, 9, None, "")


def test_what_save_returned_from_survives_a_killed_program(tmp_path):
    path = tmp_path / "j.db"
    child = subprocess.Popen([sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE, text=True)
    for _ in range(40):
        assert child.stdout.readline()
    os.kill(child.pid, signal.SIGKILL)
    saved = 40 + sum(line.endswith("\n") for line in child.stdout)
    child.stdout.close()
    assert child.wait() == -signal.SIGKILL
    journal = Journal.open(path)
    fills, events = journal.fills("DU1"), journal.events(limit=200_000)
    journal.close()
    assert len(fills) >= saved and [row.quantity for row in fills] == list(range(len(fills)))
    # A fill and the event that explains it are one commit: never one without the other.
    assert [event.subject for _, event in events] == [row.exec_id for row in fills]


def test_every_kind_of_row_comes_back_equal_and_is_found(tmp_path):
    journal = Journal.open(tmp_path / "j.db")
    done = next(status.value for status in OrderStatus if status.is_done)
    live = next(status.value for status in OrderStatus if not status.is_done)
    first, second = replace(ORDER, status=live), replace(ORDER, ref="t1.S", status=done, created=4.0, stop=D("44.10"))
    journal.save(first, second, POSITION, CANDIDATE, replace(CANDIDATE, symbol="ANZ"), fill("x1", D("45.2")))
    journal.save(replace(POSITION, id="p2", account="DU9", state="CLOSED", closed=9.0, half_done=False))
    assert journal.orders("DU1") == [second, first] and journal.orders("DU1", live_only=True) == [first]
    assert journal.order("t1.S") == second and journal.order("none") is None
    assert journal.positions("DU1") == [POSITION] == journal.positions("DU1", "HALF_EXITED")
    assert journal.positions("DU1", "CLOSED") == [] and journal.positions("DU9")[0].half_done is False
    assert [row.symbol for row in journal.candidates("DU1", DAY)] == ["ANZ", "BHP"]
    assert journal.candidates("DU1", DAY)[1] == CANDIDATE and journal.candidates("DU1", date(2026, 3, 4)) == []
    assert journal.fills_of(["t1.E"]) == [fill("x1", D("45.2"))] and journal.fills_of([]) == []
    assert journal.accounts() == ["DU1", "DU9"]


def test_rows_of_the_same_instant_keep_their_order_when_one_changes():
    journal = Journal.open(":memory:", durable=False)
    for name in "cab":
        journal.save(replace(ORDER, ref=name))
    journal.save(replace(ORDER, ref="c", filled=100))
    assert [order.ref for order in journal.orders("DU1")] == ["c", "a", "b"]


def test_events_are_numbered_and_read_on_from_where_one_stopped():
    journal = Journal.open(":memory:", durable=False)
    for number in range(5):
        journal.event(float(number), "desk", "tick", f"s{number}", data={"n": number, "price": D("1.10")})
    first = journal.events(limit=2)
    rest = journal.events(since_id=first[-1][0])
    assert [event.subject for _, event in first + rest] == ["s0", "s1", "s2", "s3", "s4"]
    assert rest[0][1].data == {"n": 2, "price": "1.10"} and rest[0][1].why == ""


@settings(max_examples=60, deadline=None)
@given(
    st.decimals(allow_nan=False, allow_infinity=False),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")),
)
def test_prices_times_and_texts_are_exact(price, ts, text):
    journal = Journal.open(":memory:", durable=False)
    row = replace(fill("x", price, ts), fee_currency=text)
    journal.save(row)
    (back,) = journal.fills_of(["t1.E"])
    assert back == row and str(back.price) == str(price)
    journal.close()


def test_a_backup_is_whole_while_the_journal_is_in_use(tmp_path):
    journal = Journal.open(tmp_path / "j.db")
    journal.save(fill("x1", D("45.20")))
    (tmp_path / "copy.db").write_text("an older copy")
    journal.backup(tmp_path / "copy.db")
    journal.save(fill("x2", D("45.30")))
    copy = Journal.open(tmp_path / "copy.db")
    assert [row.exec_id for row in copy.fills("DU1")] == ["x1"] and len(journal.fills("DU1")) == 2
    with pytest.raises(JournalError, match="nowhere"):
        journal.backup(tmp_path / "nowhere" / "copy.db")


def test_another_writer_is_named_as_the_cause(tmp_path, monkeypatch):
    monkeypatch.setattr(store, "BUSY_MS", 20)
    journal = Journal.open(tmp_path / "j.db")
    other = sqlite3.connect(tmp_path / "j.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    for attempt in (lambda: journal.save(ORDER), lambda: Journal.open(tmp_path / "j.db")):
        with pytest.raises(JournalError, match=r"j\.db: .*locked \(another program is writing to it\)"):
            attempt()
    other.execute("ROLLBACK")
    journal.save(ORDER)
    assert journal.orders("DU1") == [ORDER]


def test_a_page_lost_in_the_middle_is_found_at_open(tmp_path):
    path = tmp_path / "j.db"
    journal = Journal.open(path)
    journal.save(*(fill(f"x{n}", D("45.20")) for n in range(2000)))
    journal.close()
    with path.open("r+b") as file:
        file.seek(path.stat().st_size // 4096 // 2 * 4096)
        file.write(b"\xff" * 4096)
    with pytest.raises(JournalError, match=r"j\.db: the journal (is damaged|cannot be opened)"):
        Journal.open(path)


def test_a_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(JournalError, match=r"file/j\.db: its folder cannot be made"):
        Journal.open(tmp_path / "file" / "j.db")


def test_all_migrations_together_make_the_tables_that_the_models_read():
    journal = Journal.open(":memory:")
    for model in TABLES:
        columns = journal._database.execute_sql(f'PRAGMA table_info("{model._meta.table_name}")').fetchall()
        assert [(c[1], bool(c[3])) for c in columns] == [
            (field.column_name, not field.null) for field in model._meta.sorted_fields
        ]
    for record, model in store.MODEL_OF.items():
        assert {field.name for field in fields(record)} == set(model._meta.fields)


def test_a_failed_step_leaves_the_former_version_whole(tmp_path):
    journal = Journal.open(tmp_path / "j.db")
    journal.save(ORDER)

    def half(database):
        database.execute_sql('ALTER TABLE "order" ADD COLUMN "note" TEXT')
        raise RuntimeError("power")

    with pytest.raises(RuntimeError):
        migrate(journal._database, [*MIGRATIONS, half])
    journal.close()
    again = Journal.open(tmp_path / "j.db")
    columns = again._database.execute_sql('PRAGMA table_info("order")').fetchall()
    assert again.orders("DU1") == [ORDER] and "note" not in [column[1] for column in columns]
