"""A journal is encrypted, or laid open again, whole or not at all, and never under a running desk."""

import os
import sqlite3

import pytest

from skim_tui.cli import main
from skim_tui.desk.service import single_desk
from skim_tui.journal import Journal, JournalError, encryption, rewriting
from tests.journal.test_safety import CANDIDATE, ORDER, POSITION, D, fill

KEY = "a 'long' secret"


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "journal.db"
    journal = Journal.open(path, key="")
    journal.save(ORDER, POSITION, CANDIDATE, *(fill(f"x{n}", D("45.20")) for n in range(1500)))
    journal.event(1.0, "test", "planted", "PLANTED-SUBJECT", data={"price": D("1.10")})
    journal.close()
    return path


def content(path, key=""):
    journal = Journal.open(path, key=key)
    rows = journal.orders("DU1"), journal.positions("DU1"), journal.fills("DU1"), journal.events()
    journal.close()
    return rows


def files(folder):
    return sorted(file.name for file in folder.iterdir())


@pytest.fixture
def extra():
    pytest.importorskip("sqlcipher3", reason="the extra 'encrypted' is not installed")


def test_every_row_of_every_table_is_in_the_new_file_with_its_number(path, tmp_path):
    before = content(path)
    old = sqlite3.connect(path)
    numbers = old.execute('SELECT rowid, "exec_id" FROM "fill"').fetchall()
    old.close()
    inode = path.stat().st_ino
    rows = rewriting.rewrite(path, "", "", keep=tmp_path / "old.db")
    assert rows == {"candidate": 1, "event": 1, "fill": 1500, "latch": 0, "order": 1, "position": 1, "ticket": 0}
    assert path.stat().st_ino != inode == (tmp_path / "old.db").stat().st_ino
    assert content(path) == before == content(tmp_path / "old.db")
    new = sqlite3.connect(path)
    assert new.execute('SELECT rowid, "exec_id" FROM "fill"').fetchall() == numbers
    new.close()
    assert files(tmp_path) == ["journal.db", "old.db"]


def test_a_copy_that_differs_in_one_value_never_takes_the_place(path, tmp_path, monkeypatch):
    before, copy = content(path), rewriting._copy

    def spoilt(old, new):
        copy(old, new)
        new.execute('UPDATE "fill" SET "price" = \'45.21\' WHERE "exec_id" = \'x700\'')

    monkeypatch.setattr(rewriting, "_copy", spoilt)
    with pytest.raises(JournalError, match=r"journal\.db: not rewritten: the copy of table fill differs"):
        rewriting.rewrite(path, "", "")
    assert content(path) == before and files(tmp_path) == ["journal.db"]


@pytest.mark.parametrize("at", ["replace", "fsync"])
def test_a_disk_that_fails_leaves_the_former_file_whole(path, tmp_path, monkeypatch, at):
    before = content(path)
    (tmp_path / ".journal.db.new").write_bytes(b"what a killed run left")

    def fails(*arguments):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, at, fails)
    with pytest.raises(JournalError, match="cannot be replaced: .*No space left"):
        rewriting.rewrite(path, "", "")
    assert content(path) == before and files(tmp_path) == ["journal.db"]


def test_a_journal_that_somebody_has_open_is_left_alone(path):
    reader = Journal.open(path, key="")
    with pytest.raises(JournalError, match="another program has the journal open"):
        rewriting.rewrite(path, "", "")
    reader.close()


def test_a_file_that_is_there_is_not_overwritten_by_the_old_one(path, tmp_path):
    (tmp_path / "old.db").write_text("mine")
    with pytest.raises(JournalError, match=r"old\.db: is there already"):
        rewriting.rewrite(path, "", "", keep=tmp_path / "old.db")
    assert (tmp_path / "old.db").read_text() == "mine"


def test_without_the_extra_or_a_key_or_under_a_desk_it_is_one_line_and_nothing_happens(
    path, tmp_path, monkeypatch, capsys
):
    before = path.read_bytes()

    def refused(*arguments):
        assert main(["journal", *arguments, "--data-dir", str(tmp_path)]) == 1
        (line,) = capsys.readouterr().err.splitlines()
        assert path.read_bytes() == before
        return line

    monkeypatch.delenv(encryption.VARIABLE, raising=False)
    assert "no key: set SKIM_JOURNAL_KEY" in refused("encrypt") and "is not encrypted" in refused("decrypt")
    monkeypatch.setenv(encryption.VARIABLE, KEY)
    with monkeypatch.context() as without:
        without.setitem(__import__("sys").modules, "playhouse.sqlcipher_ext", None)
        assert "needs SQLCipher: pip install 'skim-tui[encrypted]'" in refused("encrypt")
    with single_desk(tmp_path / "desk.lock"):
        assert f"a desk already runs on {tmp_path} (process {os.getpid()})" in refused("encrypt")
    assert "is not encrypted and a key is set" in refused("check")
    assert files(tmp_path) == ["desk.lock", "journal.db"]


def test_encrypted_and_laid_open_again_it_is_the_same(extra, path, tmp_path, monkeypatch, capfd):
    before = content(path)
    monkeypatch.setenv(encryption.VARIABLE, KEY)

    def run(*arguments):
        code = main(["journal", *arguments, "--data-dir", str(tmp_path)])
        return code, "".join(capfd.readouterr())

    code, said = run("encrypt")
    assert code == 0 and "1,504 rows in 7 tables compared, encrypted" in said
    assert not any(b"PLANTED-SUBJECT" in file.read_bytes() for file in tmp_path.iterdir())
    assert content(path, KEY) == before
    assert "is encrypted already" in run("encrypt")[1]
    assert "whole, encrypted, 1 events" in run("check")[1]
    monkeypatch.setenv(encryption.VARIABLE, "another secret")
    code, said = run("decrypt")
    assert code == 1 and "its key is missing or another one" in said and len(said.splitlines()) == 1
    assert content(path, KEY) == before
    monkeypatch.setenv(encryption.VARIABLE, KEY)
    assert run("decrypt")[0] == 0
    assert content(path) == before and encryption.lies_open(path)


def test_a_backup_is_made_while_a_desk_writes(path, tmp_path, monkeypatch, capsys):
    monkeypatch.delenv(encryption.VARIABLE, raising=False)
    desk = Journal.open(path, key="")
    desk.event(2.0, "desk", "later", "x")
    assert main(["journal", "backup", str(tmp_path / "copy.db"), "--data-dir", str(tmp_path)]) == 0
    assert "copy.db: a whole copy" in capsys.readouterr().out
    desk.event(3.0, "desk", "after", "y")
    assert [event.what for _, event in content(tmp_path / "copy.db")[3]] == ["planted", "later"]
    desk.close()
    assert main(["journal", "check", "--data-dir", str(tmp_path)]) == 0
    assert "whole, in the clear, 3 events" in capsys.readouterr().out
    assert main(["journal", "check", "--data-dir", str(tmp_path / "elsewhere")]) == 1
    assert "there is no journal yet" in capsys.readouterr().err
