"""The journal as CSV files, one for each kind of row, exact as kept."""

from __future__ import annotations

import csv
import dataclasses
import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from skim_tui.journal.records import (
    CandidateRecord,
    EventRecord,
    FillRecord,
    OrderRecord,
    PositionRecord,
    TicketRecord,
)
from skim_tui.journal.store import Journal

KINDS: dict[str, type[Any]] = {
    "tickets": TicketRecord,
    "orders": OrderRecord,
    "fills": FillRecord,
    "positions": PositionRecord,
    "candidates": CandidateRecord,
    "events": EventRecord,
}
"""File name (without its ending) to the rows it holds."""

TIMES = frozenset({"ts", "created", "decided", "updated", "opened", "closed", "first_break_ts"})
"""Columns that hold UTC epoch seconds: written as ISO text."""
PAGE = 1000
FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""A text that begins so would be run by a spreadsheet."""


def export(journal: Journal, folder: Path, kinds: Sequence[str] = tuple(KINDS)) -> dict[str, int]:
    """Write ``folder``/KIND.csv for each of ``kinds``, all accounts; rows written by kind.

    A file is replaced whole or not at all. Raises :class:`OSError` and ``JournalError``.
    """
    folder.mkdir(parents=True, exist_ok=True)
    return {kind: _write(folder / f"{kind}.csv", KINDS[kind], _rows(journal, kind)) for kind in kinds}


def _rows(journal: Journal, kind: str) -> Iterator[Any]:
    if kind == "events":
        number = 0
        while page := journal.events(number, PAGE):
            yield from (event for _, event in page)
            number = page[-1][0]
        return
    for account in journal.accounts():
        match kind:
            case "tickets":
                yield from journal.tickets(account)
            case "orders":
                yield from journal.orders(account)
            case "fills":
                yield from journal.fills(account)
            case "positions":
                yield from journal.positions(account)
            case _:
                for session in journal.candidate_sessions(account):
                    yield from journal.candidates(account, session)


def _write(path: Path, kind: type[Any], rows: Iterable[Any]) -> int:
    names = [field.name for field in dataclasses.fields(kind)]
    fresh = path.with_name(f".{path.name}.new")
    count = 0
    try:
        with fresh.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(names)
            for row in rows:
                writer.writerow([_cell(name, getattr(row, name)) for name in names])
                count += 1
        fresh.replace(path)
    finally:
        fresh.unlink(missing_ok=True)
    return count


def _cell(name: str, value: Any) -> str:
    if value is None:
        return ""
    if name in TIMES and isinstance(value, float):
        return datetime.fromtimestamp(value, UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, tuple | dict):
        return json.dumps(value, default=str, ensure_ascii=False)
    if isinstance(value, str) and value.startswith(FORMULA):
        return f"'{value}"
    return str(value)
