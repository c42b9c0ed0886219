"""The widgets everything is drawn with: lines in, only the changed ones to the terminal."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.geometry import Region
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from skim_tui.console.palette import Palette
from skim_tui.console.spans import Line, behind, clip, length

HEADED_FROM = 5
"""A table of fewer lines than this has no heading."""

NEAR = 6
"""Two changed spans fewer cells apart than this are sent as one: moving the cursor costs as much."""

Paint = Callable[[int, int], list[Line]]
"""The lines of a view of this width and height."""


class LineView(Widget):
    """A widget that shows lines. ``repaint`` asks for them and refreshes those that differ."""

    def __init__(self, palette: Palette, paint: Paint, *, id: str, classes: str = "") -> None:
        super().__init__(id=id, classes=classes)
        self._palette = palette
        self._paint = paint
        self._lines: list[Line] = []
        self._strips: dict[int, Strip] = {}

    def build(self, width: int, height: int) -> list[Line]:
        return self._paint(width, height)

    def repaint(self) -> None:
        """Show the present state; costs nothing on the wire when it looks the same."""
        width, height = self.content_size
        if width <= 0 or height <= 0 or not self.display:
            return
        lines = [clip(line, width) for line in self.build(width, height)[:height]]
        lines += [()] * (height - len(lines))
        before, self._lines = self._lines, lines
        regions: list[Region] = []
        for y, line in enumerate(lines):
            old = before[y] if y < len(before) else None
            if old != line:
                self._strips.pop(y, None)
                regions += (Region(x, y, wide, 1) for x, wide in changed(old, line, width))
        if regions:
            self.refresh(*regions)

    def restyle(self) -> None:
        """Draw everything again: the theme changed."""
        self._strips.clear()
        self.refresh()

    def render_line(self, y: int) -> Strip:
        strip = self._strips.get(y)
        if strip is None:
            line = self._lines[y] if y < len(self._lines) else ()
            style = self._palette.style
            strip = Strip([Segment(text, style(spec)) for text, spec in line if text], length(line))
            width, ground = self.content_size.width, Style(bgcolor=self.background_colors[1].rich_color)
            strip = self._strips[y] = strip.extend_cell_length(width).apply_style(ground)
        return strip

    def on_resize(self, _: events.Resize) -> None:
        self._lines = []
        self._strips.clear()
        self.repaint()


def changed(old: Line | None, new: Line, width: int) -> list[tuple[int, int]]:
    """(first cell, cells) of what differs between two lines, neighbours together; all of it when their spans do
    not lie in the same places."""
    if old is None or len(old) != len(new):
        return [(0, width)]
    parts: list[tuple[int, int]] = []
    x = 0
    for (was, was_style), (text, style) in zip(old, new, strict=True):
        if len(was) != len(text):
            return [(0, width)]
        if was != text or was_style != style:
            if parts and x - sum(parts[-1]) < NEAR:
                parts[-1] = (parts[-1][0], x + len(text) - parts[-1][0])
            else:
                parts.append((x, len(text)))
        x += len(text)
    return parts


@dataclass(frozen=True, slots=True)
class Row:
    """One selectable thing, on one or more lines."""

    key: str
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Sheet:
    """What a table shows: a heading, rows, and what to say when there are none."""

    heading: Line
    rows: list[Row]
    empty: list[str]


class Table(LineView, can_focus=True):
    """Rows with a cursor that stays on its key while rows come, go and move."""

    class Moved(Message):
        """The cursor came to another row."""

        def __init__(self, table: Table, key: str) -> None:
            super().__init__()
            self.table = table
            self.key = key

        @property
        def control(self) -> Table:
            return self.table

    def __init__(self, palette: Palette, sheet: Callable[[int], Sheet], *, id: str, newest_first: bool = False) -> None:
        super().__init__(palette, lambda width, height: [], id=id)
        self._sheet = sheet
        self._keys: list[str] = []
        self._heights: list[int] = []
        self._hit: list[str] = []
        self._top = 0
        self._newest_first = newest_first
        self._held = False
        """The operator chose the row; until then the cursor is on the first one."""
        self.key = ""
        """The selected row; empty when there is none."""

    def build(self, width: int, height: int) -> list[Line]:
        sheet = self._sheet(width - 1)
        old = self._keys.index(self.key) if self.key in self._keys else 0
        self._keys = [row.key for row in sheet.rows]
        self._heights = [len(row.lines) for row in sheet.rows]
        if not self._held or (self._newest_first and not self.has_focus):
            self.key = self._keys[0] if self._keys else ""
        elif self.key not in self._keys:
            self.key = self._keys[min(old, len(self._keys) - 1)] if self._keys else ""
        if not sheet.rows:
            self._hit = []
            return [(), *(((f" {text}", "muted"),) for text in sheet.empty)]
        at = self._keys.index(self.key)
        # A few lines are better spent on rows than on a heading.
        headed = height >= HEADED_FROM
        room = height - 1 if headed else height
        self._top = min(self._top, at)
        while self._top < at and sum(self._heights[self._top : at + 1]) > room:
            self._top += 1
        while self._top > 0 and sum(self._heights[self._top - 1 :]) <= room:
            self._top -= 1
        lines: list[Line] = [((" ", ""), *sheet.heading)] if headed else []
        self._hit = [""] if headed else []
        for row in sheet.rows[self._top :]:
            chosen = row.key == self.key
            for line in row.lines:
                if chosen and self.has_focus:
                    # What is faint elsewhere must be legible on the cursor's ground.
                    clear = tuple((text, "muted" if style == "faint" else style) for text, style in line)
                    lines.append(behind((("▌", "accent"), *clear), "selected", width))
                elif chosen:
                    lines.append(behind((("▏", "muted"), *line), "cursor", width))
                else:
                    lines.append(((" ", ""), *line))
                self._hit.append(row.key)
        return lines

    def move(self, rows: int) -> None:
        """Move the cursor by ``rows``."""
        if not self._keys:
            return
        at = self._keys.index(self.key) if self.key in self._keys else 0
        self.select(self._keys[max(0, min(len(self._keys) - 1, at + rows))])

    def page(self) -> int:
        """How many rows a page holds."""
        return max(1, (self.content_size.height - 1) // max(self._heights, default=1))

    def select(self, key: str) -> None:
        """Put the cursor on ``key`` and leave it there."""
        self._held = True
        if key != self.key:
            self.key = key
            self.repaint()
            self.post_message(self.Moved(self, key))

    def on_focus(self) -> None:
        self._held = self._held or bool(self.key)
        self.repaint()
        if self.key:
            self.post_message(self.Moved(self, self.key))

    def on_blur(self) -> None:
        self.repaint()

    def on_mouse_down(self, event: events.MouseDown) -> None:
        y = event.y - self.gutter.top
        if 0 <= y < len(self._hit) and self._hit[y]:
            self.select(self._hit[y])

    def on_mouse_scroll_down(self) -> None:
        self.move(1)

    def on_mouse_scroll_up(self) -> None:
        self.move(-1)
