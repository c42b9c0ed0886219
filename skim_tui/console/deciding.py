"""Which ticket the card shows, and whether a keypress may decide it now."""

from __future__ import annotations

from dataclasses import dataclass, field

from skim_tui.console.card import ARMING_SECONDS
from skim_tui.link.trading import TicketView

SILENT_AFTER = 5.0
"""Real seconds without a word of the desk after which the card is stale: a running desk speaks each second."""


@dataclass(slots=True)
class Deciding:
    """The card's state. ``mono`` is a monotonic real time: the operator's, never the exchange's."""

    tickets: list[TicketView] = field(default_factory=list[TicketView])
    selected: str = ""
    shown_at: float = 0.0
    busy: set[str] = field(default_factory=set[str])
    """Tickets whose decision is on its way or was taken: a second key sends nothing."""
    refused: str = ""
    """Why the desk refused the shown ticket last."""
    seen_price: float = 0.0
    """The offer, for a short sale the bid, that the card showed last."""

    def update(self, proposed: list[TicketView], mono: float) -> list[TicketView]:
        """Take over the tickets that wait now; the ones that are new. The card stays on its ticket if it can."""
        known = {ticket.id: ticket for ticket in self.tickets}
        self.tickets = proposed
        ids = [ticket.id for ticket in proposed]
        self.busy &= set(ids)
        shown = self.ticket
        if self.selected not in ids:
            self._show(ids[0] if ids else "", mono)
        elif shown is not None and self.selected in known and terms(shown) != terms(known[self.selected]):
            self.shown_at = mono  # another console changed it: look first
        return [ticket for ticket in proposed if ticket.id not in known]

    @property
    def ticket(self) -> TicketView | None:
        return next((ticket for ticket in self.tickets if ticket.id == self.selected), None)

    @property
    def place(self) -> tuple[int, int]:
        """The shown ticket's number and how many there are."""
        ids = [ticket.id for ticket in self.tickets]
        return (ids.index(self.selected) + 1 if self.selected in ids else 0, len(ids))

    def step(self, by: int, mono: float) -> None:
        """Show the next or the previous ticket."""
        if len(self.tickets) > 1:
            at = self.place[0] - 1 + by
            self._show(self.tickets[at % len(self.tickets)].id, mono)

    def typed(self, mono: float) -> bool:
        """A key was pressed: somebody who is typing while the card arms is not answering it. Whether that
        put the arming off."""
        if self.selected and not self.armed(mono):
            self.shown_at = mono
            return True
        return False

    def uncovered(self, mono: float) -> None:
        """The card was hidden by another screen and can be seen again."""
        self.shown_at = mono

    def armed(self, mono: float) -> bool:
        return bool(self.selected) and mono - self.shown_at >= ARMING_SECONDS

    def refusal(self, mono: float, wall: float, heard: float) -> str:
        """Why a decision key does nothing now; empty when it counts. ``heard``: when the desk spoke last."""
        ticket = self.ticket
        if ticket is None:
            return "no ticket waits for a decision"
        if ticket.id in self.busy:
            return f"{ticket.symbol}: already sent to the desk"
        if ticket.expires_unix - wall <= 0:
            return f"{ticket.symbol}: this ticket has expired, nothing was sent"
        if mono - heard > SILENT_AFTER:
            return f"{ticket.symbol}: the card is {mono - heard:.0f} s old, the desk is silent: nothing was sent"
        if not self.armed(mono):
            return f"{ticket.symbol}: not armed yet, look first"
        return ""

    def _show(self, ticket_id: str, mono: float) -> None:
        self.selected = ticket_id
        self.shown_at = mono
        self.refused = ""
        self.seen_price = 0.0


def terms(ticket: TicketView) -> tuple[object, ...]:
    """What of a ticket an approval is for."""
    return ticket.quantity, ticket.limit, ticket.stop, ticket.target
