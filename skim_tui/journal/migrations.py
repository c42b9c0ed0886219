"""How a journal of an earlier version becomes one of today's: one step for each version."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import peewee as pw

Migration = Callable[[pw.SqliteDatabase], None]

VERSION_1 = (
    'CREATE TABLE "ticket" ("id" TEXT NOT NULL PRIMARY KEY, "account" TEXT NOT NULL, "session_date" TEXT NOT NULL,'
    ' "symbol" TEXT NOT NULL, "strategy" TEXT NOT NULL, "side" TEXT NOT NULL, "state" TEXT NOT NULL,'
    ' "reason" TEXT NOT NULL, "quantity" INTEGER NOT NULL, "limit" TEXT NOT NULL, "stop" TEXT NOT NULL, "target" TEXT,'
    ' "risk" TEXT NOT NULL, "value" TEXT NOT NULL, "fees" TEXT NOT NULL, "created" REAL NOT NULL, "decided" REAL,'
    ' "decided_by" TEXT NOT NULL, "evidence" TEXT NOT NULL, "gates" TEXT NOT NULL)',
    'CREATE INDEX "ticket_account" ON "ticket" ("account")',
    'CREATE TABLE "order" ("ref" TEXT NOT NULL PRIMARY KEY, "ticket_id" TEXT NOT NULL, "account" TEXT NOT NULL,'
    ' "symbol" TEXT NOT NULL, "leg" TEXT NOT NULL, "side" TEXT NOT NULL, "type" TEXT NOT NULL,'
    ' "quantity" INTEGER NOT NULL, "limit" TEXT, "stop" TEXT, "tif" TEXT NOT NULL, "oca_group" TEXT NOT NULL,'
    ' "parent_ref" TEXT NOT NULL, "status" TEXT NOT NULL, "filled" INTEGER NOT NULL, "avg_price" TEXT NOT NULL,'
    ' "perm_id" INTEGER NOT NULL, "reason" TEXT NOT NULL, "created" REAL NOT NULL, "updated" REAL NOT NULL)',
    'CREATE INDEX "order_ticket_id" ON "order" ("ticket_id")',
    'CREATE INDEX "order_account" ON "order" ("account")',
    'CREATE TABLE "fill" ("exec_id" TEXT NOT NULL PRIMARY KEY, "ref" TEXT NOT NULL, "account" TEXT NOT NULL,'
    ' "symbol" TEXT NOT NULL, "side" TEXT NOT NULL, "quantity" INTEGER NOT NULL, "price" TEXT NOT NULL,'
    ' "ts" REAL NOT NULL, "perm_id" INTEGER NOT NULL, "fees" TEXT, "fee_currency" TEXT NOT NULL)',
    'CREATE INDEX "fillrow_ref" ON "fill" ("ref")',
    'CREATE INDEX "fillrow_account" ON "fill" ("account")',
    'CREATE TABLE "position" ("id" TEXT NOT NULL PRIMARY KEY, "account" TEXT NOT NULL, "symbol" TEXT NOT NULL,'
    ' "ticket_id" TEXT NOT NULL, "quantity" INTEGER NOT NULL, "bought" INTEGER NOT NULL, "entry_price" TEXT NOT NULL,'
    ' "initial_stop" TEXT NOT NULL, "risk_per_share" TEXT NOT NULL, "opened" REAL NOT NULL,'
    ' "opened_session" TEXT NOT NULL, "state" TEXT NOT NULL, "stop_ref" TEXT NOT NULL, "stop_price" TEXT,'
    ' "half_done" INTEGER NOT NULL, "realised" TEXT NOT NULL, "fees" TEXT NOT NULL, "exit_value" TEXT NOT NULL,'
    ' "exit_quantity" INTEGER NOT NULL, "closed" REAL, "why_closed" TEXT NOT NULL)',
    'CREATE INDEX "positionrow_account" ON "position" ("account")',
    'CREATE TABLE "candidate" ("account" TEXT NOT NULL, "session_date" TEXT NOT NULL, "symbol" TEXT NOT NULL,'
    ' "prev_close" REAL, "open" REAL, "gap_pct" REAL, "or_high" REAL, "or_low" REAL, "first_break_ts" REAL,'
    ' "break_price" REAL, "low_of_day_at_break" REAL, "state" TEXT NOT NULL, "why_not" TEXT NOT NULL,'
    ' PRIMARY KEY ("account", "session_date", "symbol"))',
    'CREATE TABLE "event" ("id" INTEGER NOT NULL PRIMARY KEY, "ts" REAL NOT NULL, "who" TEXT NOT NULL,'
    ' "what" TEXT NOT NULL, "subject" TEXT NOT NULL, "why" TEXT NOT NULL, "data" TEXT NOT NULL)',
    'CREATE INDEX "event_subject" ON "event" ("subject")',
)
"""The first tables as they were, in their own words: made from today's models, a new journal would
already hold the columns that a later step adds, and that step would fail."""


def create(database: pw.SqliteDatabase) -> None:
    """Version 1: the tables."""
    for statement in VERSION_1:
        database.execute_sql(statement)


def add_latches(database: pw.SqliteDatabase) -> None:
    """Version 2: what holds over a restart, such as the kill switch."""
    database.execute_sql(
        'CREATE TABLE "latch" ("name" TEXT NOT NULL PRIMARY KEY, "value" TEXT NOT NULL, "since" REAL NOT NULL)'
    )


def add_candidate_evidence(database: pw.SqliteDatabase) -> None:
    """Version 3: what a candidate was judged by beside its prices."""
    for column in (
        '"rel_volume" REAL',
        '"signals" INTEGER NOT NULL DEFAULT 0',
        "\"source\" TEXT NOT NULL DEFAULT ''",
        "\"range_rule\" TEXT NOT NULL DEFAULT ''",
        "\"news\" TEXT NOT NULL DEFAULT ''",
    ):
        database.execute_sql(f'ALTER TABLE "candidate" ADD COLUMN {column}')


def add_position_side(database: pw.SqliteDatabase) -> None:
    """Version 4: short positions; all before were long."""
    database.execute_sql('ALTER TABLE "position" ADD COLUMN "side" TEXT NOT NULL DEFAULT \'BUY\'')


def keep_history(database: pw.SqliteDatabase) -> None:
    """Version 5: the history is only ever appended to, whoever opens the file."""
    for change in ("UPDATE", "DELETE"):
        database.execute_sql(
            f'CREATE TRIGGER "event_no_{change.lower()}" BEFORE {change} ON "event" '
            "BEGIN SELECT RAISE(ABORT, 'the history is only ever appended to'); END"
        )


MIGRATIONS: tuple[Migration, ...] = (create, add_latches, add_candidate_evidence, add_position_side, keep_history)
"""Step n brings version n to n + 1; ``PRAGMA user_version`` holds the version. Only ever append."""


class NewerSchema(Exception):
    """The journal was written by a later version of the program."""


def migrate(database: pw.SqliteDatabase, steps: Sequence[Migration] = MIGRATIONS) -> int:
    """Bring the journal up to date, each step in its own transaction; the version reached.

    Raises :class:`NewerSchema`, and peewee's error when the file cannot be written: the version is
    read under the write lock, so that two programs never take the same step.
    """
    while True:
        with database.atomic("IMMEDIATE"):
            version = int(database.execute_sql("PRAGMA user_version").fetchone()[0])
            if version > len(steps):
                raise NewerSchema(
                    f"journal has schema {version}, this program knows {len(steps)}: use the newer program"
                )
            if version == len(steps):
                return version
            steps[version](database)
            database.execute_sql(f"PRAGMA user_version = {version + 1}")
