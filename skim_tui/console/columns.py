"""Columns of a table: which ones fit, and a row's cells in them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

from skim_tui.console.spans import Align, Line, Span, fit

Row = TypeVar("Row")


@dataclass(frozen=True)
class Column(Generic[Row]):
    title: str
    width: int
    cell: Callable[[Row], Span]
    align: Align = "left"
    need: int = 0
    """0 always shown; the highest number leaves first when the pane is narrow."""
    grow: bool = False
    """Takes the width that is left."""


def fitting(columns: tuple[Column[Row], ...], width: int) -> tuple[Column[Row], ...]:
    """The ``columns`` that fit in ``width`` cells, the growing one grown."""
    kept = list(columns)
    while len(kept) > 1 and _total(kept) > width:
        least = max(kept, key=lambda column: column.need)
        if least.need == 0:
            break
        kept.remove(least)
    spare = width - _total(kept)
    return tuple(replace(c, width=c.width + spare) if c.grow and spare > 0 else c for c in kept)


def _total(columns: list[Column[Row]]) -> int:
    return sum(column.width for column in columns) + len(columns) - 1


def heading(columns: tuple[Column[Row], ...]) -> Line:
    return tuple((fit(column.title, column.width, column.align) + " ", "muted") for column in columns)


def cells(columns: tuple[Column[Row], ...], row: Row, style: str = "") -> Line:
    """The cells of ``row``; ``style`` replaces every cell's own."""
    line: list[Span] = []
    for column in columns:
        text, own = column.cell(row)
        line.append((fit(text, column.width, column.align) + " ", style or own))
    return tuple(line)
