"""NO_COLOR: the picture without any colour, in which what colour would set off is shown reversed."""

from __future__ import annotations

from functools import lru_cache

from rich.segment import Segment
from rich.style import Style
from textual.color import Color
from textual.filter import LineFilter

THEME = "skim-ansi"
"""The theme to draw with: its ground is the terminal's own, so that every other ground is there to set off."""

REVERSED = Style(reverse=True)


@lru_cache(maxsize=1024)
def bare(style: Style) -> Style:
    """``style`` without its colours; reversed where it had a ground of its own."""
    set_off = style.bgcolor is not None and not style.bgcolor.is_default
    return style.without_color + REVERSED if set_off else style.without_color


class Colourless(LineFilter):
    """Takes the colours out of what goes to the terminal."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        return [Segment(text, bare(style) if style is not None else None, control) for text, style, control in segments]
