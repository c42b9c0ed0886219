"""Tickets: proposed by a signal, decided once by the operator or by auto mode."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal

from skim_tui.crashpoints import crashpoint
from skim_tui.desk import alerting
from skim_tui.desk.context import Context
from skim_tui.desk.market.watchlist import Watchlist
from skim_tui.desk.rules import ORH
from skim_tui.desk.trading.books import Books
from skim_tui.desk.trading.judging import Judging
from skim_tui.desk.trading.orders import Orders
from skim_tui.desk.trading.ticketbook import TicketBook, TicketEntry
from skim_tui.domain.bracket import bracket_of
from skim_tui.domain.candidate import CandidateState
from skim_tui.domain.gates import first_failed
from skim_tui.domain.orders import OrderStatus, OrderUpdate, Side
from skim_tui.domain.ticket import Ticket, TicketState, become, can_become
from skim_tui.journal import JournalError, TicketRecord


@dataclass(frozen=True, slots=True)
class Seen:
    """What the operator had before the eyes when approving; a zero or None was not shown."""

    quantity: int = 0
    limit: Decimal | None = None
    stop: Decimal | None = None
    market: float = 0.0
    """The price that the entry meets: the offer for a purchase, the bid for a short sale."""


class Approvals:
    """The one place an entry can leave from: gates, then a compare-and-swap, then a durable intent."""

    def __init__(
        self,
        context: Context,
        watchlist: Watchlist,
        orders: Orders,
        books: Books,
        tickets: TicketBook,
        judging: Judging,
    ) -> None:
        self._context = context
        self._watchlist = watchlist
        self._orders = orders
        self._books = books
        self._tickets = tickets
        self._judging = judging

    def load(self, records: list[TicketRecord]) -> None:
        """Take over today's tickets from the journal; an undecided one died with its desk."""
        for record in records:
            entry = self._tickets.load(record)
            if entry.state is TicketState.PROPOSED:
                self._settle(entry, TicketState.EXPIRED, "the desk ended before it was decided")

    # ---- proposing ------------------------------------------------------------------------------

    def propose(self, ticket: Ticket) -> str:
        """Put a strategy's ticket before the gates and then the operator, or send it in auto mode.

        Why it was blocked; empty when it waits or went out.
        """
        context = self._context
        ticket = replace(ticket, gates=self._judging.judge(ticket))
        entry = TicketEntry(ticket, expires_wall=context.wall() + context.config.breakout.ticket_seconds)
        self._tickets.entries[ticket.id] = entry
        failed = first_failed(ticket.gates)
        context.journal.save(self._tickets.record(entry), events=[context.event("desk", "ticket", ticket.id)])
        context.touch("tickets", ticket.id)
        crashpoint("ticket-proposed")
        if failed is not None:
            refusal = f"{failed.name}: {failed.text}"
            self._settle(entry, TicketState.BLOCKED, refusal)
            return refusal
        context.log(
            "info",
            f"TICKET {ticket.symbol}: {ticket.verb} {ticket.quantity:,} at {ticket.limit} or better, "
            f"stop {ticket.stop}, risk {ticket.risk:,.2f}",
        )
        waits = 0.0 if context.auto else context.config.breakout.ticket_seconds
        context.alert(alerting.ticket(context.now(), ticket, waits))
        if context.auto:
            self.approve(ticket.id, "auto")
        return ""

    # ---- deciding -------------------------------------------------------------------------------

    def approve(self, ticket_id: str, who: str, seen: Seen | None = None) -> tuple[bool, str]:
        """Approve and send, once, if the ticket still is what was ``seen``. (done, what happened)."""
        entry = self._tickets.entries.get(ticket_id)
        if entry is None:
            return False, f"no ticket {ticket_id}"
        if entry.state is not TicketState.PROPOSED:
            return False, f"ticket {ticket_id} is {entry.state} already"
        if self._expire(entry):
            return False, f"ticket {ticket_id} has expired"
        stale = self._changed_since(entry.ticket, seen) if seen is not None else ""
        if stale:
            return False, f"{entry.ticket.symbol} not sent: {stale}, look again"
        gates = self._judging.judge(entry.ticket)
        entry.ticket = replace(entry.ticket, gates=gates)
        self._context.touch("tickets", ticket_id)
        failed = first_failed(gates)
        if failed is not None:
            refusal = f"{failed.name}: {failed.text}"
            if who == "auto":
                self._settle(entry, TicketState.BLOCKED, refusal)
                self._drop_candidate(entry, refusal)
            return False, f"{entry.ticket.symbol} not sent: {refusal}"
        entry.state = become(entry.state, TicketState.APPROVED)
        entry.decided, entry.decided_by = self._context.now(), who
        entry.state = become(entry.state, TicketState.SUBMITTED)
        bracket = bracket_of(entry.ticket)
        self._books.expect(ticket_id, entry.ticket.symbol, entry.ticket.limit, entry.ticket.stop, entry.ticket.side)
        self._books.strategies[ticket_id] = entry.ticket.strategy
        try:
            not_sent = self._orders.send_bracket(bracket, self._tickets.record(entry), who)
        except JournalError as error:
            not_sent = str(error)
        if not_sent:
            entry.state = TicketState.CANCELLED
            entry.reason = f"not sent: {not_sent}"
            self._context.journal.save(self._tickets.record(entry))
            self._drop_candidate(entry, entry.reason)
            return False, f"{entry.ticket.symbol} {entry.reason}"
        followed = self._watchlist.symbols.get(entry.ticket.symbol)
        mine = entry.ticket.strategy == ORH
        if mine and followed is not None and followed.state is CandidateState.TICKETED:
            self._watchlist.candidacy.move(followed, CandidateState.ENTERED)
        text = f"{entry.ticket.symbol}: sent, {entry.ticket.verb} {entry.ticket.quantity:,} at {entry.ticket.limit}"
        self._context.log("info", f"{text} ({who})")
        return True, text

    def decline(self, ticket_id: str, who: str) -> tuple[bool, str]:
        entry = self._tickets.entries.get(ticket_id)
        if entry is None:
            return False, f"no ticket {ticket_id}"
        if entry.state is not TicketState.PROPOSED:
            return False, f"ticket {ticket_id} is {entry.state} already"
        entry.decided_by = who
        self._settle(entry, TicketState.DECLINED, f"declined by {who}")
        self._drop_candidate(entry, "declined")
        return True, f"{entry.ticket.symbol}: declined"

    def decline_all(self, who: str) -> None:
        """No ticket waits any more."""
        for entry in tuple(self._tickets.entries.values()):
            if entry.state is TicketState.PROPOSED:
                self.decline(entry.ticket.id, who)

    def take(self, ticket: Ticket, who: str) -> None:
        """A ticket that the operator made by hand waits for its approval from now on."""
        context = self._context
        entry = TicketEntry(ticket, expires_wall=context.wall() + context.config.breakout.ticket_seconds)
        self._tickets.entries[ticket.id] = entry
        context.journal.save(self._tickets.record(entry), events=[context.event(who, "ticket by hand", ticket.id)])
        context.touch("tickets", ticket.id)

    def amend(self, ticket: Ticket, who: str) -> tuple[bool, str]:
        """Put other terms in the place of a waiting ticket's."""
        entry = self._tickets.entries.get(ticket.id)
        if entry is None or entry.state is not TicketState.PROPOSED:
            return False, f"ticket {ticket.id} does not wait any more"
        before, entry.ticket = entry.ticket, ticket
        was = f"was {before.quantity} at {before.limit}, stop {before.stop}"
        self._context.journal.save(
            self._tickets.record(entry),
            events=[self._context.event(who, "amend", ticket.id, was, quantity=ticket.quantity)],
        )
        self._context.touch("tickets", ticket.id)
        return True, f"{ticket.symbol}: now {ticket.quantity:,} at {ticket.limit}, stop {ticket.stop}"

    def on_time(self) -> None:
        """Expire what the operator let pass."""
        for entry in self._tickets.entries.values():
            if entry.state is TicketState.PROPOSED:
                self._expire(entry)

    def end_day(self) -> None:
        for entry in self._tickets.entries.values():
            if entry.state is TicketState.PROPOSED:
                self._settle(entry, TicketState.EXPIRED, "the session ended")
                self._drop_candidate(entry, "ticket not decided before the session ended")

    # ---- what becomes of the entry --------------------------------------------------------------------

    def on_entry_order(self, ticket_id: str, update: OrderUpdate) -> None:
        """Follow the entry order of a ticket."""
        entry = self._tickets.entries.get(ticket_id)
        if entry is None:
            return
        if update.filled and update.filled >= entry.ticket.quantity:
            state = TicketState.FILLED
        elif update.status in (OrderStatus.CANCELLED, OrderStatus.REJECTED):
            state = TicketState.CANCELLED if update.status is OrderStatus.CANCELLED else TicketState.REJECTED
        elif update.filled:
            state = TicketState.PARTLY_FILLED
        elif update.status is OrderStatus.UNKNOWN:
            state = TicketState.UNKNOWN
        elif update.status.is_resting:
            state = TicketState.WORKING
        else:
            return
        if state is not entry.state and can_become(entry.state, state):
            self._settle(entry, state, update.reason)
            level = "error" if state is TicketState.REJECTED else "info"
            if state is TicketState.REJECTED:
                self._context.alert(alerting.refused(self._context.now(), update))
            reason = f": {update.reason}" if update.reason else ""
            self._context.log(level, f"{entry.ticket.symbol}: entry {state}{reason}")
            if update.filled and state is not TicketState.PARTLY_FILLED:
                self._tell_fill(entry.ticket, update, whole=state is TicketState.FILLED)

    def _tell_fill(self, ticket: Ticket, update: OrderUpdate, *, whole: bool) -> None:
        now = self._context.now()
        self._context.alert(alerting.fill(now, ticket, update.filled, update.avg_price, whole))

    # ---- details ----------------------------------------------------------------------------------------

    def _changed_since(self, ticket: Ticket, seen: Seen) -> str:
        """What differs from what the operator saw; empty when nothing that matters does."""
        if seen.quantity and (seen.quantity, seen.limit, seen.stop) != (ticket.quantity, ticket.limit, ticket.stop):
            return f"it reads {ticket.quantity:,} at {ticket.limit}, stop {ticket.stop} by now"
        followed = self._watchlist.symbols.get(ticket.symbol)
        quote = followed.quote if followed is not None else None
        market = quote.facing(ticket.side) if quote is not None else 0.0
        if seen.market <= 0 or market <= 0:
            return ""  # whether a quote is there and fresh is the gates' question
        moved = abs(market / seen.market - 1) * 100
        if moved > self._context.config.risk.max_price_move_pct:
            what = "offer" if ticket.side is Side.BUY else "bid"
            return f"the {what} is {market:g}, the card showed {seen.market:g}"
        return ""

    def _expire(self, entry: TicketEntry) -> bool:
        if self._context.wall() < entry.expires_wall:
            return False
        self._settle(entry, TicketState.EXPIRED, "not decided in time")
        self._drop_candidate(entry, "ticket expired")
        self._context.log("warning", f"{entry.ticket.symbol}: ticket expired undecided")
        return True

    def _settle(self, entry: TicketEntry, state: TicketState, reason: str) -> None:
        entry.state = become(entry.state, state)
        if reason:
            entry.reason = reason
        context = self._context
        context.journal.save(
            self._tickets.record(entry), events=[context.event("desk", f"ticket {state}", entry.ticket.id, reason)]
        )
        context.touch("tickets", entry.ticket.id)

    def _drop_candidate(self, entry: TicketEntry, reason: str) -> None:
        followed = self._watchlist.symbols.get(entry.ticket.symbol)
        mine = entry.ticket.strategy == ORH
        if mine and followed is not None and followed.state is CandidateState.TICKETED:
            self._watchlist.candidacy.lapse(followed, reason)
