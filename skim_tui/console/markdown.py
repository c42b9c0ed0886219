"""The little Markdown of reports and articles as lines: headings, bold words, tables in columns."""

from __future__ import annotations

import re
from itertools import groupby

from skim_tui.console.spans import Align, Line, Span, clip, fit, length, wrap

BOLD = re.compile(r"\*\*(.+?)\*\*")
RULE = re.compile(r"\|[\s:|-]+\|")
FIGURE = re.compile(r"[▲▼+-]?[\d,.:]+ ?(%|R|AUD|USD)?")
GAP = 2


def paragraphs(text: str, width: int) -> list[Line]:
    """Text broken into lines of at most ``width`` cells."""
    lines: list[Line] = []
    for is_table, block in groupby(text.splitlines(), lambda part: part.startswith("|")):
        if is_table:
            lines += _table([part for part in block if not RULE.fullmatch(part.strip())], width)
            continue
        for part in block:
            if part.startswith("#"):
                lines.append(clip(((part.lstrip("# "), "accent bold"),), width))
            else:
                lines += _prose(part, width) or [()]
    return lines


def _prose(text: str, width: int) -> list[Line]:
    """A paragraph; words between double asterisks stand out, wherever the lines break."""
    bold = {word for found in BOLD.findall(text) for word in found.split()}
    plain = BOLD.sub(r"\1", text)
    if not bold:
        return [((piece, "text"),) for piece in wrap(plain, width)]
    lines: list[Line] = []
    for piece in wrap(plain, width):
        spans: list[Span] = [
            (f"{word} ", "text bold" if word.strip(",.;") in bold else "text") for word in piece.split()
        ]
        lines.append(tuple(spans))
    return lines


def _table(rows: list[str], width: int) -> list[Line]:
    """Rows of cells between bars, the first one their heading, in columns as wide as they need."""
    cells = [[cell.strip() for cell in row.strip().strip("|").split("|")] for row in rows]
    count = max(map(len, cells), default=0)
    cells = [row + [""] * (count - len(row)) for row in cells]
    columns = list(zip(*cells, strict=True))
    widths = [max(length(((cell, ""),)) for cell in column) for column in columns]
    aligns: list[Align] = [_align(column[1:]) for column in columns]
    lines: list[Line] = []
    for number, row in enumerate(cells):
        style = "text" if number else "faint"
        spans: list[Span] = []
        for cell, room, align in zip(row, widths, aligns, strict=True):
            spans += [(fit(cell, room, align), style), (" " * GAP, "")]
        lines.append(clip(tuple(spans), width))
    return lines


def _align(column: tuple[str, ...]) -> Align:
    """Figures stand to the right."""
    told = [cell for cell in column if cell]
    return "right" if told and all(FIGURE.fullmatch(cell) for cell in told) else "left"
