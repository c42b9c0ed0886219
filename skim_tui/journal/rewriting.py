"""Writes a journal anew, encrypted or in the clear, beside the old file and then in its place."""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import peewee as pw

from skim_tui.journal import encryption
from skim_tui.journal.store import Journal, JournalError

ROWS_AT_ONCE = 1000


def rewrite(path: Path, old_key: str, new_key: str, *, keep: Path | None = None) -> dict[str, int]:
    """Put a copy of the journal at ``path``, read with ``old_key`` and written with ``new_key``, in its place; rows by
    table. An empty key is none. ``keep`` names where the old file stays; without it, it is gone.

    The copy takes the place only when it is whole: its integrity is checked and every row of every table compared.
    Until then ``path`` is untouched. Nobody else may use the journal meanwhile. Raises :class:`JournalError`.
    """
    if keep is not None and keep.exists():
        raise JournalError(f"{keep}: is there already and is not overwritten")
    try:
        encryption.database(str(path), {}, new_key or old_key)
    except encryption.NoEncryption as error:
        raise JournalError(f"{path}: {error}") from None
    fresh = path.with_name(f".{path.name}.new")
    _remove(fresh)
    try:
        Journal.open(path, key=old_key).close()  # checked, and of today's tables
        Journal.open(fresh, key=new_key).close()
        with _told(path, "copied"), _opened(path, old_key) as old:
            with _opened(fresh, new_key) as new:
                _copy(old, new)
            Journal.open(fresh, key=new_key).close()  # checked
            with _opened(fresh, new_key) as new:
                rows = _same_rows(path, old, new)
        _alone(path)
        with _told(path, "replaced"):
            _durable(fresh)
            if keep is not None:
                os.link(path, keep)
            os.replace(fresh, path)
            _durable(path.parent)
    finally:
        _remove(fresh)
    return rows


def _copy(old: Any, new: Any) -> None:
    """All rows of all tables with their numbers, in one transaction."""
    new.execute("BEGIN IMMEDIATE")
    for table in _tables(old):
        names = ["rowid", *_columns(old, table)]
        listed = ", ".join(f'"{name}"' for name in names)
        insert = f'INSERT INTO "{table}" ({listed}) VALUES ({", ".join("?" * len(names))})'
        rows = old.execute(f'SELECT {listed} FROM "{table}" ORDER BY rowid')
        while batch := rows.fetchmany(ROWS_AT_ONCE):
            new.executemany(insert, batch)
    new.execute("COMMIT")


def _same_rows(path: Path, old: Any, new: Any) -> dict[str, int]:
    """Rows by table, the same in both. Raises :class:`JournalError` naming a table that differs."""
    if _tables(old) != _tables(new):
        raise JournalError(f"{path}: not rewritten: the copy has other tables")
    counts: dict[str, int] = {}
    for table in _tables(old):
        counts[table], content = _content(old, table)
        if (counts[table], content) != _content(new, table):
            raise JournalError(f"{path}: not rewritten: the copy of table {table} differs")
    return counts


def _content(connection: Any, table: str) -> tuple[int, str]:
    """How many rows a table has, and a digest of all of them."""
    listed = ", ".join(f'"{name}"' for name in ["rowid", *_columns(connection, table)])
    digest, count = hashlib.sha256(), 0
    for row in connection.execute(f'SELECT {listed} FROM "{table}" ORDER BY rowid'):
        digest.update(repr(row).encode())
        count += 1
    return count, digest.hexdigest()


def _tables(connection: Any) -> list[str]:
    rows = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
    return sorted(row[0] for row in rows)


def _columns(connection: Any, table: str) -> list[str]:
    return sorted(row[1] for row in connection.execute(f'PRAGMA table_info("{table}")'))


@contextlib.contextmanager
def _opened(path: Path, key: str) -> Iterator[Any]:
    database: pw.SqliteDatabase = encryption.database(str(path), {"synchronous": "full"}, key)
    database.connect()
    try:
        yield database.connection()
    finally:
        database.close()


@contextlib.contextmanager
def _told(path: Path, done: str) -> Iterator[None]:
    try:
        yield
    except (*encryption.ERRORS, OSError) as error:
        raise JournalError(f"{path}: the journal cannot be {done}: {error}") from None


def _alone(path: Path) -> None:
    """SQLite removes its write-ahead log with the last connection: one that is left belongs to somebody, and beside
    the new file it would be taken for that file's own."""
    if path.with_name(f"{path.name}-wal").exists():
        raise JournalError(f"{path}: not rewritten: another program has the journal open")


def _durable(path: Path) -> None:
    """On disk, not only on its way there."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _remove(fresh: Path) -> None:
    for leftover in (fresh, *(fresh.with_name(f"{fresh.name}{end}") for end in ("-wal", "-shm", "-journal"))):
        leftover.unlink(missing_ok=True)
