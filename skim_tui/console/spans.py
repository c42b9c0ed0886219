"""Lines of styled text as plain tuples, so that what a pane shows can be compared, cached and tested."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Literal
from unicodedata import category

from rich.cells import cell_len

Span = tuple[str, str]
"""Text and the name of its style, e.g. ``("+1.20", "gain bold")``."""

Line = tuple[Span, ...]

Align = Literal["left", "right"]


FIRST_WIDE = "\u2e80"
"""From here on Unicode holds East Asian scripts and emoji."""


@lru_cache(maxsize=4096)
def clean(text: str) -> str:
    """``text`` with every character one cell wide: headlines come from outside and may hold anything."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(char if _single(char) else "?" for char in text)


def _single(char: str) -> bool:
    """Whether every terminal draws ``char`` in one cell: scripts beyond the symbols, and emoji, are in dispute."""
    return char < FIRST_WIDE and char.isprintable() and not category(char).startswith("M") and cell_len(char) == 1


def fit(text: str, width: int, align: Align = "left") -> str:
    """``text`` in exactly ``width`` cells; what does not fit ends in an ellipsis."""
    if width <= 0:
        return ""
    text = clean(text)
    if len(text) > width:
        return text[: width - 1] + "…"
    return text.rjust(width) if align == "right" else text.ljust(width)


def length(line: Line) -> int:
    return sum(len(text) for text, _ in line)


def clip(line: Line, width: int) -> Line:
    """``line`` cut to ``width`` cells."""
    if length(line) <= width:
        return line
    kept: list[Span] = []
    for text, style in line:
        kept.append((text[:width], style))
        width -= len(text)
        if width <= 0:
            break
    return tuple(kept)


def spread(left: Line, right: Line, width: int) -> Line:
    """``left`` and ``right`` at the two ends of ``width`` cells; ``right`` gives way when both do not fit."""
    gap = width - length(left) - length(right)
    return (*left, (" " * gap, ""), *right) if gap >= 1 else clip(left, width)


def behind(line: Line, background: str, width: int) -> Line:
    """``line`` filled to ``width`` with every span on ``background``."""
    line = clip(line, width)
    padded = (*line, (" " * (width - length(line)), ""))
    return tuple((text, style if " on " in f" {style}" else f"{style} on {background}") for text, style in padded)


def wrap(text: str, width: int) -> list[str]:
    """``text`` broken at spaces into lines of at most ``width`` cells."""
    lines: list[str] = []
    for word in clean(text).split():
        if lines and len(lines[-1]) + 1 + len(word) <= width:
            lines[-1] += f" {word}"
        else:
            lines.append(word[:width])
    return lines


def joined(parts: Iterable[Line], gap: str = "  ") -> Line:
    """The non-empty ``parts`` one after another."""
    line: list[Span] = []
    for part in parts:
        if part and line:
            line.append((gap, ""))
        line.extend(part)
    return tuple(line)
