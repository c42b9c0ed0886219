"""The life of a ticket: proposed once, decided once."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from skim_tui.domain.candidate import IllegalTransition
from skim_tui.domain.gates import Gate
from skim_tui.domain.orders import Side


class TicketState(StrEnum):
    PROPOSED = "proposed"
    APPROVED = "approved"
    DECLINED = "declined"
    EXPIRED = "expired"
    BLOCKED = "blocked"
    SUBMITTED = "submitted"
    WORKING = "working"
    PARTLY_FILLED = "partly filled"
    FILLED = "filled"
    REJECTED = "rejected"
    CANCELLED = "cancelled"
    UNKNOWN = "unknown"

    @property
    def is_live(self) -> bool:
        """It may still lead to a fill."""
        return self in _LIVE


_LIVE = frozenset(
    {
        TicketState.PROPOSED,
        TicketState.APPROVED,
        TicketState.SUBMITTED,
        TicketState.WORKING,
        TicketState.PARTLY_FILLED,
        TicketState.UNKNOWN,
    }
)

_SENT = frozenset(
    {
        TicketState.WORKING,
        TicketState.PARTLY_FILLED,
        TicketState.FILLED,
        TicketState.REJECTED,
        TicketState.CANCELLED,
        TicketState.UNKNOWN,
    }
)

_NEXT: dict[TicketState, frozenset[TicketState]] = {
    TicketState.PROPOSED: frozenset(
        {
            TicketState.APPROVED,
            TicketState.DECLINED,
            TicketState.EXPIRED,
            TicketState.BLOCKED,
        }
    ),
    TicketState.APPROVED: frozenset({TicketState.SUBMITTED, TicketState.BLOCKED, TicketState.UNKNOWN}),
    TicketState.SUBMITTED: _SENT,
    TicketState.WORKING: _SENT - {TicketState.WORKING},
    TicketState.PARTLY_FILLED: _SENT - {TicketState.PARTLY_FILLED, TicketState.REJECTED},
    TicketState.UNKNOWN: _SENT - {TicketState.UNKNOWN},
    # A fill supersedes a cancel or a reject: the broker's late word wins.
    TicketState.CANCELLED: frozenset({TicketState.PARTLY_FILLED, TicketState.FILLED}),
    TicketState.REJECTED: frozenset({TicketState.PARTLY_FILLED, TicketState.FILLED}),
    TicketState.DECLINED: frozenset(),
    TicketState.EXPIRED: frozenset(),
    TicketState.BLOCKED: frozenset(),
    TicketState.FILLED: frozenset(),
}


@dataclass(frozen=True, slots=True)
class Ticket:
    """An offer to enter, sized and priced, with what fired it and how the gates judged it."""

    id: str
    symbol: str
    strategy: str
    quantity: int
    limit: Decimal
    stop: Decimal
    value: Decimal
    risk: Decimal
    fees: Decimal
    created: float
    session_date: str
    side: Side = Side.BUY
    """BUY opens a long position, SELL a short one."""
    target: Decimal | None = None
    gates: tuple[Gate, ...] = ()
    evidence: tuple[tuple[str, str], ...] = ()

    @property
    def verb(self) -> str:
        """What the entry does, as the operator says it."""
        return "buy" if self.side is Side.BUY else "sell short"


def can_become(state: TicketState, to: TicketState) -> bool:
    return to in _NEXT[state]


def become(state: TicketState, to: TicketState) -> TicketState:
    """``to``, if the ticket may go there from ``state``; raises :class:`IllegalTransition`."""
    if not can_become(state, to):
        raise IllegalTransition(f"ticket cannot go from {state} to {to}")
    return to
