"""How a journal of an earlier version becomes one of today's: one step for each version."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import peewee as pw

from skim_tui.journal.models import TABLES

Migration = Callable[[pw.SqliteDatabase], None]


def create(database: pw.SqliteDatabase) -> None:
    """Version 1: the tables."""
    with database.bind_ctx(TABLES):
        database.create_tables(TABLES)


MIGRATIONS: tuple[Migration, ...] = (create,)
"""Step n brings version n to n + 1; ``PRAGMA user_version`` holds the version. Only ever append."""


class NewerSchema(Exception):
    """The journal was written by a later version of the program."""


def migrate(database: pw.SqliteDatabase, steps: Sequence[Migration] = MIGRATIONS) -> int:
    """Bring the journal up to date, each step in its own transaction; the version reached."""
    version = int(database.execute_sql("PRAGMA user_version").fetchone()[0])
    if version > len(steps):
        raise NewerSchema(f"journal has schema {version}, this program knows {len(steps)}: use the newer program")
    for number, step in enumerate(steps[version:], start=version + 1):
        with database.atomic():
            step(database)
            database.execute_sql(f"PRAGMA user_version = {number}")
    return len(steps)
