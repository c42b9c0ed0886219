"""The text each place is searched by."""

from __future__ import annotations

from collections.abc import Iterable

from skim_tui.console.lineview import Row, Sheet
from skim_tui.console.spans import length


class Searching:
    """One search text for each pane and screen."""

    def __init__(self) -> None:
        self._texts: dict[str, str] = {}

    def text(self, place: str) -> str:
        return self._texts.get(place, "")

    def put(self, place: str, text: str) -> None:
        self._texts[place] = text

    def sheet(self, place: str, sheet: Sheet) -> Sheet:
        """``sheet`` with only the rows that hold the text of ``place``."""
        wanted = self.text(place).casefold()
        if not wanted or not sheet.rows:
            return sheet
        rows = [row for row in sheet.rows if wanted in _text(row)]
        return Sheet(sheet.heading, rows, [f"Nothing here holds “{self.text(place)}”.", "esc clears the search."])


def _text(row: Row) -> str:
    return f"{row.key} {' '.join(_parts(row))}".casefold()


def _parts(row: Row) -> Iterable[str]:
    for line in row.lines:
        if length(line):
            yield "".join(text for text, _ in line)
