"""The durable record: SQLite models, migrations and queries."""

from skim_tui.journal.records import (
    CandidateRecord,
    EventRecord,
    FillRecord,
    LatchRecord,
    OrderRecord,
    PositionRecord,
    Record,
    TicketRecord,
)
from skim_tui.journal.store import Journal, JournalError, key_of

__all__ = [
    "CandidateRecord",
    "EventRecord",
    "FillRecord",
    "Journal",
    "JournalError",
    "LatchRecord",
    "OrderRecord",
    "PositionRecord",
    "Record",
    "TicketRecord",
    "key_of",
]
