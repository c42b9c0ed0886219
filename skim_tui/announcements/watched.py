"""A list in the data folder that the operator keeps: read whenever it changes."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from pathlib import Path

from skim_tui.announcements.listing import ListError
from skim_tui.announcements.pasted import parse_list
from skim_tui.domain.events import SourceReport, SourceState
from skim_tui.domain.market import Announcement

NAME = "announcement list"
FILE = "announcements.csv"
LOOK_EVERY = 2.0
"""Seconds between two looks at the file."""

Sink = Callable[[Announcement | SourceReport], None]


class WatchedList:
    """Tells the announcements of one file, and of what is added to it later, each once."""

    def __init__(self, path: Path, *, look_every: float = LOOK_EVERY) -> None:
        self._path = path
        self._look_every = look_every
        self._seen: tuple[int, int] | None = None
        self._told: set[str] = set()

    async def run(self, sink: Sink) -> None:
        """Look until cancelled. A missing file is no failure."""
        while True:
            self.look(sink)
            await asyncio.sleep(self._look_every)

    def look(self, sink: Sink) -> None:
        """Read the file if it is another than at the last look."""
        try:
            facts = self._path.stat()
        except OSError:
            self._seen = None
            return
        if self._seen == (facts.st_mtime_ns, facts.st_size):
            return
        self._seen = (facts.st_mtime_ns, facts.st_size)
        try:
            listing = parse_list(self._path.read_text(encoding="utf-8"), str(self._path))
        except (ListError, OSError, UnicodeDecodeError) as error:
            sink(SourceReport(NAME, SourceState.TROUBLED, str(error)))
            return
        new = [row for row in listing.rows if row.key not in self._told]
        for row in sorted(new, key=lambda item: item.ts):
            self._told.add(row.key)
            sink(row)
        text = f"{self._path.name}: {len(listing.rows)} announcements, {len(new)} new"
        sink(SourceReport(NAME, SourceState.WORKING, text))


def import_list(source: Path, data_dir: Path) -> tuple[int, Path]:
    """Check ``source`` and put it where a desk of ``data_dir`` watches; (announcements, that place).

    Raises :class:`ListError` naming the line that is wrong, and then nothing is changed.
    """
    try:
        text = source.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise ListError(f"{source}: not UTF-8 text") from None
    listing = parse_list(text, str(source))
    target = data_dir / FILE
    data_dir.mkdir(parents=True, exist_ok=True)
    fresh = target.with_name(f".{FILE}.{os.getpid()}")
    try:
        fresh.write_text(text, encoding="utf-8")
        fresh.replace(target)
    finally:
        fresh.unlink(missing_ok=True)
    return len(listing.rows), target
