"""The journal itself: one SQLite file, durable when a call returns, read back as plain records."""

from __future__ import annotations

import dataclasses
import json
import sqlite3
from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path
from typing import Any, TypeVar

import peewee as pw

from skim_tui.journal import models
from skim_tui.journal.migrations import NewerSchema, migrate
from skim_tui.journal.records import (
    CandidateRecord,
    EventRecord,
    FillRecord,
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
}
FIELDS = {record: tuple(field.name for field in dataclasses.fields(record)) for record in MODEL_OF}
UPSERTS = {
    record: f'INSERT OR REPLACE INTO "{model._meta.table_name}" '  # type: ignore[attr-defined]
    f"({', '.join(chr(34) + name + chr(34) for name in FIELDS[record])}) "
    f"VALUES ({', '.join('?' * len(FIELDS[record]))})"
    for record, model in MODEL_OF.items()
}
ENCODERS = {
    record: tuple(model._meta.fields[name].db_value for name in FIELDS[record])  # type: ignore[attr-defined]
    for record, model in MODEL_OF.items()
}

R = TypeVar("R", TicketRecord, OrderRecord, FillRecord, PositionRecord, CandidateRecord)


class JournalError(Exception):
    """The journal cannot be opened or written; the message names the file and the cause."""


class Journal:
    """Open with :meth:`open`. Every ``save`` is one transaction, on disk when it returns."""

    def __init__(self, database: pw.SqliteDatabase, path: str) -> None:
        self._database = database
        self.path = path

    @classmethod
    def open(cls, path: Path | str, *, durable: bool = True) -> Journal:
        """Open or make the journal at ``path`` (":memory:" allowed), checked and migrated.

        ``durable`` False trades safety for speed (replay). Raises :class:`JournalError`.
        """
        if path != ":memory:":
            Path(path).parent.mkdir(parents=True, exist_ok=True)
        database = pw.SqliteDatabase(
            str(path),
            pragmas={"journal_mode": "wal", "synchronous": "full" if durable else "off", "busy_timeout": 5000},
        )
        try:
            database.connect()
            answer = database.execute_sql("PRAGMA integrity_check").fetchone()[0]
            if answer != "ok":
                raise JournalError(f"{path}: the journal is damaged: {answer}")
            migrate(database)
        except NewerSchema as error:
            raise JournalError(f"{path}: {error}") from None
        except (pw.DatabaseError, sqlite3.Error) as error:
            raise JournalError(f"{path}: the journal cannot be opened: {error}") from None
        return cls(database, str(path))

    def save(self, *records: Record, events: Iterable[EventRecord] = ()) -> None:
        """Insert or replace rows and append events, all in one transaction. Raises :class:`JournalError`."""
        try:
            with self._database.atomic():
                for record in records:
                    kind = type(record)
                    values = [
                        encode(getattr(record, name)) for name, encode in zip(FIELDS[kind], ENCODERS[kind], strict=True)
                    ]
                    self._database.execute_sql(UPSERTS[kind], values)
                for event in events:
                    self._database.execute_sql(
                        'INSERT INTO "event" ("ts", "who", "what", "subject", "why", "data") VALUES (?, ?, ?, ?, ?, ?)',
                        (
                            event.ts,
                            event.who,
                            event.what,
                            event.subject,
                            event.why,
                            json.dumps(event.data, default=str),
                        ),
                    )
        except (pw.DatabaseError, sqlite3.Error) as error:
            raise JournalError(f"{self.path}: the journal cannot be written: {error}") from None

    # ---- queries --------------------------------------------------------------------------------

    def positions(self, account: str, state: str | None = None) -> list[PositionRecord]:
        rows = self._rows(PositionRecord, models.PositionRow.account == account)
        return [row for row in rows if state is None or row.state == state]

    def orders(self, account: str) -> list[OrderRecord]:
        return self._rows(OrderRecord, models.Order.account == account)

    def fills(self, account: str, since: float = 0.0) -> list[FillRecord]:
        rows = self._rows(FillRecord, (models.FillRow.account == account) & (models.FillRow.ts >= since))
        return sorted(rows, key=lambda row: row.ts)

    def tickets(self, account: str, session_date: date | None = None) -> list[TicketRecord]:
        rows = self._rows(TicketRecord, models.Ticket.account == account)
        return [row for row in rows if session_date is None or row.session_date == session_date]

    def candidates(self, account: str, session_date: date) -> list[CandidateRecord]:
        rows = self._rows(CandidateRecord, models.Candidate.account == account)
        return [row for row in rows if row.session_date == session_date]

    def events(self, since_id: int = 0, limit: int = 1000) -> list[tuple[int, EventRecord]]:
        """(number, event) pairs after ``since_id``, oldest first."""
        query = 'SELECT "id", "ts", "who", "what", "subject", "why", "data" FROM "event" WHERE "id" > ? ORDER BY "id" LIMIT ?'
        return [
            (row[0], EventRecord(row[1], row[2], row[3], row[4], row[5], json.loads(row[6])))
            for row in self._database.execute_sql(query, (since_id, limit)).fetchall()
        ]

    def accounts(self) -> list[str]:
        """Every account that has a ticket here."""
        return [
            row[0]
            for row in self._database.execute_sql('SELECT DISTINCT "account" FROM "ticket" ORDER BY 1').fetchall()
        ]

    def close(self) -> None:
        self._database.close()

    def _rows(self, record: type[R], where: Any) -> list[R]:
        model: Any = MODEL_OF[record]
        names = FIELDS[record]
        fields: Sequence[Any] = [model._meta.fields[name] for name in names]
        with self._database.bind_ctx(models.TABLES):
            return [record(*row) for row in model.select(*fields).where(where).tuples()]
