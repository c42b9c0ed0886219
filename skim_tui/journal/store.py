"""The journal itself: one SQLite file, durable when a call returns, read back as plain records."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Any, TypeVar

import peewee as pw

from skim_tui.domain.orders import OrderStatus
from skim_tui.journal import encryption, models
from skim_tui.journal.encryption import journal_key
from skim_tui.journal.migrations import NewerSchema, migrate
from skim_tui.journal.records import (
    CandidateRecord,
    EventRecord,
    FillRecord,
    LatchRecord,
    OrderRecord,
    PositionRecord,
    Record,
    TicketRecord,
)

MODEL_OF: dict[type[Any], type[pw.Model]] = {
    TicketRecord: models.Ticket,
    OrderRecord: models.Order,
    FillRecord: models.FillRow,
    PositionRecord: models.PositionRow,
    CandidateRecord: models.Candidate,
    LatchRecord: models.Latch,
}
FIELDS = {record: tuple(field.name for field in dataclasses.fields(record)) for record in MODEL_OF}


def _upsert(record: type[Any], model: Any) -> str:
    """Insert, or overwrite in place: a row keeps its number, so the order of rows is that of their making."""
    names = [f'"{name}"' for name in FIELDS[record]]
    key = [f'"{field.column_name}"' for field in model._meta.get_primary_keys()]
    changes = ", ".join(f"{name} = excluded.{name}" for name in names if name not in key)
    return (
        f'INSERT INTO "{model._meta.table_name}" ({", ".join(names)}) VALUES ({", ".join("?" * len(names))}) '
        f"ON CONFLICT ({', '.join(key)}) DO UPDATE SET {changes}"
    )


UPSERTS = {record: _upsert(record, model) for record, model in MODEL_OF.items()}
KEYS = {
    record: tuple(field.name for field in model._meta.get_primary_keys())  # type: ignore[attr-defined]
    for record, model in MODEL_OF.items()
}
ENCODERS = {
    record: tuple(model._meta.fields[name].db_value for name in FIELDS[record])  # type: ignore[attr-defined]
    for record, model in MODEL_OF.items()
}

BUSY_MS = 500
"""How long a write waits for another program's write to end."""

CAUSES = {
    "locked": "another program is writing to it",
    "readonly": "it is read-only",
    "full": "the disk is full",
    "not a database": "its key is missing or another one, or it is no journal: see SKIM_JOURNAL_KEY",
}
"""What SQLite's word means for the operator."""

R = TypeVar("R", TicketRecord, OrderRecord, FillRecord, PositionRecord, CandidateRecord)


class JournalError(Exception):
    """The journal cannot be opened or written; the message names the file and the cause."""


def key_of(record: Record) -> tuple[object, ...]:
    """What makes a row the same row as another of its kind."""
    return tuple(getattr(record, name) for name in KEYS[type(record)])


class Journal:
    """Open with :meth:`open`. Every ``save`` is one transaction, on disk when it returns."""

    def __init__(self, database: pw.SqliteDatabase, path: str, key: str = "") -> None:
        self._database = database
        self._key = key
        self.path = path
        self._file = _file_of(path)

    @classmethod
    def open(cls, path: Path | str, *, durable: bool = True, key: str | None = None) -> Journal:
        """Open or make the journal at ``path`` (":memory:" allowed), checked and migrated.

        ``durable`` False trades safety for speed (replay). ``key`` encrypts it (None: that of the environment or
        the keyring, empty: not encrypted). Raises :class:`JournalError`.
        """
        if path != ":memory:":
            try:
                Path(path).parent.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise JournalError(f"{path}: its folder cannot be made: {error.strerror}") from None
        if key is None:
            key = journal_key(path) if path != ":memory:" else ""
        if key and encryption.lies_open(path):
            raise JournalError(
                f"{path}: is not encrypted and a key is set: 'skim journal encrypt', or take the key away"
            )
        pragmas = {"busy_timeout": BUSY_MS, "journal_mode": "wal", "synchronous": "full" if durable else "off"}
        try:
            database = encryption.database(str(path), pragmas, key)
        except encryption.NoEncryption as error:
            raise JournalError(f"{path}: {error}") from None
        try:
            with _told(path, "opened"):
                database.connect()
                answer = database.execute_sql("PRAGMA integrity_check").fetchone()[0]
                if answer != "ok":
                    raise JournalError(f"{path}: the journal is damaged: {answer}")
                migrate(database)
        except NewerSchema as error:
            database.close()
            raise JournalError(f"{path}: {error}") from None
        except JournalError:
            database.close()
            raise
        return cls(database, str(path), key)

    def save(self, *records: Record, events: Iterable[EventRecord] = ()) -> None:
        """Insert or replace rows and append events, all in one transaction. Raises :class:`JournalError`."""
        if self._file != _file_of(self.path):
            # SQLite would go on writing to a file that no later start can find.
            raise JournalError(f"{self.path}: the journal was moved, replaced or deleted while it was in use")
        with _told(self.path, "written"), self._transaction() as connection:
            for record in records:
                kind = type(record)
                values = [
                    encode(getattr(record, name)) for name, encode in zip(FIELDS[kind], ENCODERS[kind], strict=True)
                ]
                connection.execute(UPSERTS[kind], values)
            for event in events:
                connection.execute(
                    'INSERT INTO "event" ("ts", "who", "what", "subject", "why", "data") VALUES (?, ?, ?, ?, ?, ?)',
                    (event.ts, event.who, event.what, event.subject, event.why, json.dumps(event.data, default=str)),
                )

    def wait_for_writers(self, milliseconds: int = BUSY_MS) -> None:
        """From now on wait so long for another program's write to end; the caller stands still meanwhile."""
        with _told(self.path, "opened"):
            self._database.execute_sql(f"PRAGMA busy_timeout = {milliseconds}")

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        """All or nothing. When the disk is full SQLite has rolled back by itself, and another rollback would hide
        that behind its own error."""
        connection = self._database.connection()
        connection.execute("BEGIN IMMEDIATE")
        try:
            yield connection
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise

    def event(
        self, ts: float, who: str, what: str, subject: str, why: str = "", data: dict[str, Any] | None = None
    ) -> None:
        """Append one line to the history, by itself. Raises :class:`JournalError`."""
        self.save(events=[EventRecord(ts, who, what, subject, why, data or {})])

    def backup(self, path: Path) -> None:
        """A whole copy of the journal at ``path``, taken while it is in use. Raises :class:`JournalError`.

        ``path`` holds the former file or the whole copy, never a part.
        """
        fresh = path.with_name(f".{path.name}.{os.getpid()}")
        try:
            with _told(str(path), "copied"), contextlib.closing(encryption.copy_to(fresh, self._key)) as copy:
                self._database.connection().backup(copy)
            fresh.replace(path)
        except OSError as error:
            raise JournalError(f"{path}: the journal cannot be copied: {error.strerror}") from None
        finally:
            fresh.unlink(missing_ok=True)

    # ---- queries --------------------------------------------------------------------------------

    def positions(self, account: str, state: str | None = None) -> list[PositionRecord]:
        """The account's positions, all or those in ``state``, in the order of opening."""
        row = models.PositionRow
        where = (row.account == account) & ((row.state == state) if state is not None else True)
        return self._rows(PositionRecord, where, row.opened)

    def orders(self, account: str, live_only: bool = False) -> list[OrderRecord]:
        """The account's orders in the order of intent; ``live_only``: those that may still trade."""
        rows = self._rows(OrderRecord, models.Order.account == account, models.Order.created)
        return [row for row in rows if not (live_only and OrderStatus(row.status).is_done)]

    def orders_of(self, tickets: Iterable[str]) -> list[OrderRecord]:
        """The orders of these tickets in the order of intent."""
        return self._rows(OrderRecord, models.Order.ticket_id.in_(list(tickets)), models.Order.created)

    def tickets_at_work(self, account: str, since: float) -> list[str]:
        """Tickets that still matter: with a live order, an open position, or anything that happened at or after
        ``since`` (UTC epoch seconds)."""
        done = [status.value for status in OrderStatus if status.is_done]
        query = (
            f'SELECT "ticket_id" FROM "order" WHERE "account" = ? AND ("updated" >= ? OR "status" NOT IN ({_marks(done)})) '
            'UNION SELECT "ticket_id" FROM "position" WHERE "account" = ? AND ("closed" IS NULL OR "closed" >= ?) '
            'UNION SELECT "id" FROM "ticket" WHERE "account" = ? AND "created" >= ?'
        )
        values = [account, since, *done, account, since, account, since]
        with _told(self.path, "read"):
            return sorted(row[0] for row in self._database.execute_sql(query, values).fetchall())

    def order(self, ref: str) -> OrderRecord | None:
        """The order with this reference, or None."""
        return next(iter(self._rows(OrderRecord, models.Order.ref == ref, models.Order.created)), None)

    def fills(self, account: str, since: float = 0.0) -> list[FillRecord]:
        """The account's fills at or after ``since`` (UTC epoch seconds), oldest first."""
        row = models.FillRow
        return self._rows(FillRecord, (row.account == account) & (row.ts >= since), row.ts)

    def fills_of(self, refs: Iterable[str]) -> list[FillRecord]:
        """The fills of these orders, oldest first."""
        return self._rows(FillRecord, models.FillRow.ref.in_(list(refs)), models.FillRow.ts)

    def tickets(self, account: str, session_date: date | None = None) -> list[TicketRecord]:
        """The account's tickets, of every session or one, oldest first."""
        row = models.Ticket
        where = (row.account == account) & ((row.session_date == session_date) if session_date is not None else True)
        return self._rows(TicketRecord, where, row.created)

    def candidates(self, account: str, session_date: date) -> list[CandidateRecord]:
        """The session's candidates by symbol."""
        row = models.Candidate
        return self._rows(CandidateRecord, (row.account == account) & (row.session_date == session_date), row.symbol)

    def candidate_sessions(self, account: str) -> list[date]:
        """Every session of which candidates are kept, oldest first."""
        query = 'SELECT DISTINCT "session_date" FROM "candidate" WHERE "account" = ? ORDER BY 1'
        with _told(self.path, "read"):
            return [date.fromisoformat(row[0]) for row in self._database.execute_sql(query, (account,)).fetchall()]

    def events(self, since_id: int = 0, limit: int = 1000) -> list[tuple[int, EventRecord]]:
        """(number, event) pairs after ``since_id``, oldest first."""
        with _told(self.path, "read"):
            rows = self._database.execute_sql(
                'SELECT "id", "ts", "who", "what", "subject", "why", "data" FROM "event" WHERE "id" > ? '
                'ORDER BY "id" LIMIT ?',
                (since_id, limit),
            ).fetchall()
        return [(row[0], EventRecord(row[1], row[2], row[3], row[4], row[5], json.loads(row[6]))) for row in rows]

    def latches(self) -> dict[str, str]:
        """What holds now: name -> value."""
        with _told(self.path, "read"):
            rows = self._database.execute_sql(
                'SELECT "name", "value" FROM "latch" WHERE "value" <> ?', ("",)
            ).fetchall()
        return dict(rows)

    def newest_event(self, *whats: str) -> tuple[int, float]:
        """Number and time of the newest event, or of the newest of these kinds; (0, 0.0) when there is none."""
        kinds = f'WHERE "what" IN ({", ".join("?" * len(whats))}) ' if whats else ""
        with _told(self.path, "read"):
            row = self._database.execute_sql(
                f'SELECT "id", "ts" FROM "event" {kinds}ORDER BY "id" DESC LIMIT 1', whats
            ).fetchone()
        return (row[0], row[1]) if row else (0, 0.0)

    def accounts(self) -> list[str]:
        """Every account that has a row here, by name."""
        tables = ("ticket", "order", "fill", "position", "candidate")
        query = " UNION ".join(f'SELECT "account" FROM "{table}"' for table in tables)
        with _told(self.path, "read"):
            return [row[0] for row in self._database.execute_sql(f"{query} ORDER BY 1").fetchall()]

    def close(self) -> None:
        self._database.close()

    def _rows(self, record: type[R], where: Any, order: Any) -> list[R]:
        model: Any = MODEL_OF[record]
        fields: Sequence[Any] = [model._meta.fields[name] for name in FIELDS[record]]
        with _told(self.path, "read"), self._database.bind_ctx(models.TABLES):
            query = model.select(*fields).where(where).order_by(order, pw.SQL("rowid"))
            return [record(*row) for row in query.tuples()]


def _file_of(path: str) -> tuple[int, int] | None:
    """Which file lies at ``path``; None where there is none, as for a journal in memory."""
    try:
        facts = os.stat(path)
    except OSError:
        return None
    return facts.st_dev, facts.st_ino


def _marks(values: Sequence[object]) -> str:
    return ", ".join("?" * len(values))


@contextlib.contextmanager
def _told(path: Path | str, done: str) -> Iterator[None]:
    """Turn a database error into a :class:`JournalError` that names the file, what failed and why."""
    try:
        yield
    except encryption.ERRORS as error:
        cause = next((f" ({meaning})" for word, meaning in CAUSES.items() if word in str(error)), "")
        raise JournalError(f"{path}: the journal cannot be {done}: {error}{cause}") from None
