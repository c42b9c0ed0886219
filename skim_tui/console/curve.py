"""A line through numbers in braille dots: two columns and four rows of them in each cell."""

from __future__ import annotations

from collections.abc import Sequence

from skim_tui.console.spans import Line

DOTS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))
"""The braille bit of each (row, column) of a cell."""


def curve(values: Sequence[float], width: int, height: int, *, above: str = "gain", below: str = "loss") -> list[Line]:
    """``values`` over ``width`` x ``height`` cells, with a line at zero where zero is in their range. Cells at or
    above zero have the style ``above``, the others ``below``."""
    if len(values) < 2 or width < 1 or height < 1:
        return [()] * height
    low, high = min(0.0, *values), max(0.0, *values)
    span = high - low or 1.0
    columns, rows = width * 2, height * 4
    bits = [[0] * width for _ in range(height)]

    def row_of(value: float) -> int:
        return round((high - value) / span * (rows - 1))

    before = row_of(values[0])
    for x in range(columns):
        at = x / max(1, columns - 1) * (len(values) - 1)
        left = int(at)
        right = min(left + 1, len(values) - 1)
        row = row_of(values[left] + (values[right] - values[left]) * (at - left))
        for y in range(min(before, row), max(before, row) + 1):
            bits[y // 4][x // 2] |= DOTS[y % 4][x % 2]
        before = row
    zero = row_of(0.0) // 4
    lines: list[Line] = []
    for y, cells in enumerate(bits):
        style = above if y <= zero else below
        text = "".join(chr(0x2800 + bit) if bit else "┄" if y == zero else " " for bit in cells)
        lines.append(tuple((char, "faint" if char == "┄" else style) for char in text))
    return [_joined(line) for line in lines]


def _joined(line: Line) -> Line:
    """Neighbours of one style as one span."""
    joined: list[tuple[str, str]] = []
    for text, style in line:
        if joined and (joined[-1][1] == style or text == " "):
            joined[-1] = (joined[-1][0] + text, joined[-1][1])
        else:
            joined.append((text, style))
    return tuple(joined)
