"""The desk's tickets of today with their lives so far, as the journal keeps them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from skim_tui.desk.context import Context
from skim_tui.domain.gates import Gate
from skim_tui.domain.orders import Side
from skim_tui.domain.ticket import Ticket, TicketState
from skim_tui.journal import TicketRecord

UNDER_WAY = frozenset(
    {
        TicketState.APPROVED,
        TicketState.SUBMITTED,
        TicketState.WORKING,
        TicketState.PARTLY_FILLED,
        TicketState.UNKNOWN,
    }
)
"""The entry left, or is about to, and may still fill."""


@dataclass(slots=True)
class TicketEntry:
    """A ticket with its life so far."""

    ticket: Ticket
    state: TicketState = TicketState.PROPOSED
    reason: str = ""
    expires_wall: float = 0.0
    """The operator's clock."""
    decided: float | None = None
    decided_by: str = ""

    @property
    def is_under_way(self) -> bool:
        return self.state in UNDER_WAY


class TicketBook:
    """Today's tickets by id, and the numbers that were given."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self.entries: dict[str, TicketEntry] = {}
        self._numbers: dict[tuple[str, str], int] = {}

    def load(self, record: TicketRecord) -> TicketEntry:
        """Take over one of today's tickets from the journal."""
        self._count(record.symbol, record.session_date.isoformat(), record.id)
        ticket = Ticket(
            id=record.id,
            symbol=record.symbol,
            strategy=record.strategy,
            quantity=record.quantity,
            limit=record.limit,
            stop=record.stop,
            value=record.value,
            risk=record.risk,
            fees=record.fees,
            created=record.created,
            session_date=record.session_date.isoformat(),
            side=Side(record.side),
            target=record.target,
            gates=tuple(Gate(*gate) for gate in record.gates),
            evidence=record.evidence,
        )
        state = TicketState(record.state)
        entry = TicketEntry(ticket, state, record.reason, 0.0, record.decided, record.decided_by)
        self.entries[record.id] = entry
        self._context.touch("tickets", record.id)
        return entry

    def start_day(self) -> None:
        for ticket_id, entry in tuple(self.entries.items()):
            if not entry.state.is_live:
                del self.entries[ticket_id]
                self._context.touch("tickets", ticket_id)

    def new_id(self, symbol: str) -> str:
        """The id of the next ticket of ``symbol`` today; the number is taken."""
        session = self._context.session_date.isoformat()
        number = self._numbers.get((symbol, session), 0) + 1
        self._numbers[(symbol, session)] = number
        tail = self._context.account_id[-4:]
        return f"{tail}-{self._context.session_date:%y%m%d}-{symbol}-{number}"

    def _count(self, symbol: str, session: str, ticket_id: str) -> None:
        number = int(ticket_id.rpartition("-")[2])
        key = (symbol, session)
        self._numbers[key] = max(self._numbers.get(key, 0), number)

    def record(self, entry: TicketEntry) -> TicketRecord:
        """The journal's row of a ticket."""
        ticket = entry.ticket
        return TicketRecord(
            id=ticket.id,
            account=self._context.account_id,
            session_date=date.fromisoformat(ticket.session_date),
            symbol=ticket.symbol,
            strategy=ticket.strategy,
            side=ticket.side.value,
            state=entry.state.value,
            reason=entry.reason,
            quantity=ticket.quantity,
            limit=ticket.limit,
            stop=ticket.stop,
            target=ticket.target,
            risk=ticket.risk,
            value=ticket.value,
            fees=ticket.fees,
            created=ticket.created,
            decided=entry.decided,
            decided_by=entry.decided_by,
            evidence=ticket.evidence,
            gates=tuple((gate.name, gate.ok, gate.text) for gate in ticket.gates),
        )
