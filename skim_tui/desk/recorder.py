"""The desk's way to its journal: an entry needs it, everything else goes on without it and is caught up.

When the journal cannot be written (disk full, read-only, locked, damaged) entries stop, exits and stops do not, and
the operator is told. What could not be written waits in memory and is written, in its order, once that works again.
"""

from __future__ import annotations

from collections.abc import Iterable

from skim_tui.journal import EventRecord, Journal, JournalError, Record, key_of

EVENTS_KEPT = 20_000
"""Events that may wait in memory; the rows themselves are kept in their last state, one for each key."""

IMPATIENT_MS = 20
"""How long a retry waits for another program's write: the desk stands still meanwhile."""


class Recorder:
    """Writes rows and events to the journal.

    ``commit`` is for what must be durable before it happens (an entry), ``save`` for what happens anyway.
    """

    def __init__(self, journal: Journal) -> None:
        self.journal = journal
        self.fault = ""
        """Why the journal cannot be written; empty while it can."""
        self._rows: dict[tuple[type, tuple[object, ...]], Record] = {}
        self._events: list[EventRecord] = []
        self._lost = 0

    def commit(self, *records: Record, events: Iterable[EventRecord] = ()) -> None:
        """On disk when this returns. Raises :class:`JournalError`, and then nothing of it is kept."""
        try:
            self._catch_up()
            self.journal.save(*records, events=events)
        except JournalError as error:
            self.fault = str(error)
            raise
        if self.fault:
            self._works_again()

    def save(self, *records: Record, events: Iterable[EventRecord] = ()) -> None:
        """On disk when this returns, or else kept in memory until :meth:`retry` succeeds. Never raises."""
        events = tuple(events)
        if not self.fault:
            try:
                self.journal.save(*records, events=events)
                return
            except JournalError as error:
                self.fault = str(error)
        for record in records:
            key = (type(record), key_of(record))
            self._rows.pop(key, None)
            self._rows[key] = record
        self._events += events
        if len(self._events) > EVENTS_KEPT:
            self._lost += len(self._events) - EVENTS_KEPT
            del self._events[: len(self._events) - EVENTS_KEPT]

    def retry(self, now: float) -> bool:
        """Try to write what waits; True when the journal works again. ``now`` stamps a note of what was lost."""
        if not self.fault:
            return False
        try:
            if self._lost:
                self._events.insert(
                    0, EventRecord(now, "desk", "events lost", "journal", f"{self._lost} while it failed")
                )
                self._lost = 0
            self.journal.wait_for_writers(IMPATIENT_MS)
            self._catch_up()
        except JournalError as error:
            self.fault = str(error)
            return False
        self._works_again()
        return True

    @property
    def waiting(self) -> int:
        """Rows and events that are not on disk yet."""
        return len(self._rows) + len(self._events)

    def _works_again(self) -> None:
        self.fault = ""
        self.journal.wait_for_writers()

    def _catch_up(self) -> None:
        if self._rows or self._events:
            self.journal.save(*self._rows.values(), events=self._events)
            self._rows.clear()
            self._events.clear()
