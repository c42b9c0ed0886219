"""Journals of every earlier version become one of today's, with everything that was in them."""

import sqlite3
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from skim_tui.journal import Journal, JournalError
from skim_tui.journal.migrations import MIGRATIONS

VERSIONS = Path(__file__).parent / "versions"
"""One dump for each version there has been, written by that version's own statements. Only ever add."""


def test_every_version_has_its_file():
    assert sorted(int(path.stem) for path in VERSIONS.glob("*.sql")) == list(range(1, len(MIGRATIONS) + 1))


@pytest.mark.parametrize("version", range(1, len(MIGRATIONS) + 1))
def test_a_journal_of_this_version_comes_forward_whole(tmp_path, version):
    path = tmp_path / "j.db"
    old = sqlite3.connect(path)
    old.executescript((VERSIONS / f"{version}.sql").read_text())
    assert old.execute("PRAGMA user_version").fetchone() == (version,)
    old.close()
    journal = Journal.open(path)
    assert journal._database.execute_sql("PRAGMA user_version").fetchone() == (len(MIGRATIONS),)
    (position,) = journal.positions("DU1234567")
    assert (position.symbol, position.quantity, position.entry_price) == ("BHP", 100, Decimal("10.495"))
    assert [row.ref.rpartition(".")[2] for row in journal.orders("DU1234567")] == ["E", "S"]
    assert [row.leg for row in journal.orders("DU1234567", live_only=True)] == ["S"]
    (fill,) = journal.fills("DU1234567")
    assert (fill.price, fill.fees) == (Decimal("10.495"), Decimal("6.00"))
    (ticket,) = journal.tickets("DU1234567", date(2026, 3, 3))
    assert ticket.gates == (("quote", True, "10.49 / 10.5"),) and ticket.decided_by == "console 1"
    (candidate,) = journal.candidates("DU1234567", date(2026, 3, 3))
    assert candidate.gap_pct == 3.1
    ((_, event),) = journal.events()
    assert event.what == "approve" and event.data == {"quantity": 100}
    assert journal.latches() == ({"kill": "kill switch"} if version >= 2 else {})
    assert journal.tickets_at_work("DU1234567", since=2e9) == ["4567-260303-BHP-1"], "open: at work however old"
    journal.close()


def test_a_key_without_sqlcipher_is_one_clear_error(tmp_path, monkeypatch):
    import builtins

    real = builtins.__import__
    monkeypatch.setitem(__import__("sys").modules, "playhouse.sqlcipher_ext", None)
    assert real
    with pytest.raises(JournalError, match=r"needs SQLCipher: pip install 'skim-tui\[encrypted\]'"):
        Journal.open(tmp_path / "j.db", key="a long secret")
    assert not (tmp_path / "j.db").exists(), "nothing is written in the clear instead"


def test_an_encrypted_journal_opens_with_its_key_alone_and_shows_nothing(tmp_path):
    pytest.importorskip("sqlcipher3", reason="the extra 'encrypted' is not installed")
    path = tmp_path / "j.db"
    journal = Journal.open(path, key="a 'long' secret")
    journal.event(1.0, "test", "planted", "PLANTED-SUBJECT")
    journal.backup(tmp_path / "copy.db")
    journal.close()
    for file in tmp_path.iterdir():
        assert b"PLANTED-SUBJECT" not in file.read_bytes() and b"CREATE TABLE" not in file.read_bytes()
    for wrong in ("", "another secret"):
        with pytest.raises(JournalError, match="its key is missing or another one|is not encrypted and a key"):
            Journal.open(path, key=wrong)
    for whole in (path, tmp_path / "copy.db"):
        again = Journal.open(whole, key="a 'long' secret")
        assert [event.subject for _, event in again.events()] == ["PLANTED-SUBJECT"]
        again.close()


def test_the_key_comes_from_the_environment_and_is_masked_from_then_on(tmp_path, monkeypatch):
    from skim_tui.journal import encryption
    from skim_tui.redaction import redactor

    monkeypatch.setenv(encryption.VARIABLE, "kq7-planted-key")
    assert encryption.journal_key(tmp_path / "j.db") == "kq7-planted-key"
    assert "kq7-planted-key" not in redactor.text("opened with kq7-planted-key at once")
