"""Tickets: proposed by a signal, decided once by the operator or by auto mode."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from skim_tui.crashpoints import crashpoint
from skim_tui.desk import alerting
from skim_tui.desk.books import Books
from skim_tui.desk.context import Context
from skim_tui.desk.discipline import Discipline
from skim_tui.desk.followed import Followed
from skim_tui.desk.orders import Orders
from skim_tui.desk.rules import ORH, fx_rate, schedule_rule
from skim_tui.desk.sizing import risk_budget, short_sale
from skim_tui.desk.watchlist import Watchlist
from skim_tui.domain.candidate import CandidateState
from skim_tui.domain.gates import EntryFacts, Gate, Limits, first_failed, judge
from skim_tui.domain.orders import Bracket, OrderSpec, OrderStatus, OrderType, OrderUpdate, Side, Tif, order_ref
from skim_tui.domain.schedule import latest_entry
from skim_tui.domain.session import CURRENCIES, Phase
from skim_tui.domain.shortsale import ShortSale
from skim_tui.domain.ticket import Ticket, TicketState, become, can_become
from skim_tui.journal import JournalError, TicketRecord


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


@dataclass(frozen=True, slots=True)
class Seen:
    """What the operator had before the eyes when approving; a zero or None was not shown."""

    quantity: int = 0
    limit: Decimal | None = None
    stop: Decimal | None = None
    market: float = 0.0
    """The price that the entry meets: the offer for a purchase, the bid for a short sale."""


def bracket_of(ticket: Ticket) -> Bracket:
    """The orders of a ticket: a DAY limit entry and its GTC stop, references derived from the id."""
    oca = order_ref(ticket.id, "OCA")
    entry_ref = order_ref(ticket.id, "E")
    entry = OrderSpec(
        ref=entry_ref,
        symbol=ticket.symbol,
        side=ticket.side,
        type=OrderType.LIMIT,
        quantity=ticket.quantity,
        tif=Tif.DAY,
        limit_price=ticket.limit,
    )
    stop = OrderSpec(
        ref=order_ref(ticket.id, "S"),
        symbol=ticket.symbol,
        side=ticket.side.other,
        type=OrderType.STOP,
        quantity=ticket.quantity,
        tif=Tif.GTC,
        stop_price=ticket.stop,
        oca_group=oca,
        parent_ref=entry_ref,
    )
    target = None
    if ticket.target is not None:
        target = OrderSpec(
            ref=order_ref(ticket.id, "T"),
            symbol=ticket.symbol,
            side=ticket.side.other,
            type=OrderType.LIMIT,
            quantity=ticket.quantity,
            tif=Tif.GTC,
            limit_price=ticket.target,
            oca_group=oca,
            parent_ref=entry_ref,
        )
    return Bracket(entry, stop, target)


class Approvals:
    """The one place an entry can leave from: gates, then a compare-and-swap, then a durable intent."""

    def __init__(
        self, context: Context, watchlist: Watchlist, orders: Orders, books: Books, discipline: Discipline
    ) -> None:
        self._context = context
        self._watchlist = watchlist
        self._orders = orders
        self._books = books
        self._discipline = discipline
        self.entries: dict[str, TicketEntry] = {}
        self._numbers: dict[tuple[str, str], int] = {}

    def load(self, records: list[TicketRecord]) -> None:
        """Take over today's tickets from the journal; an undecided one died with its desk."""
        for record in records:
            self._count(record.symbol, record.session_date.isoformat(), record.id)
            entry = TicketEntry(
                Ticket(
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
                ),
                TicketState(record.state),
                record.reason,
                0.0,
                record.decided,
                record.decided_by,
            )
            self.entries[record.id] = entry
            self._context.touch("tickets", record.id)
            if entry.state is TicketState.PROPOSED:
                self._settle(entry, TicketState.EXPIRED, "the desk ended before it was decided")

    def start_day(self) -> None:
        for ticket_id, entry in tuple(self.entries.items()):
            if not entry.state.is_live:
                del self.entries[ticket_id]
                self._context.touch("tickets", ticket_id)

    # ---- proposing ------------------------------------------------------------------------------

    def propose(self, ticket: Ticket) -> str:
        """Put a strategy's ticket before the gates and then the operator, or send it in auto mode.

        Why it was blocked; empty when it waits or went out.
        """
        context = self._context
        ticket = replace(ticket, gates=self._judge(ticket))
        entry = TicketEntry(ticket, expires_wall=context.wall() + context.config.breakout.ticket_seconds)
        self.entries[ticket.id] = entry
        failed = first_failed(ticket.gates)
        context.journal.save(self._record(entry), events=[context.event("desk", "ticket", ticket.id)])
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
        entry = self.entries.get(ticket_id)
        if entry is None:
            return False, f"no ticket {ticket_id}"
        if entry.state is not TicketState.PROPOSED:
            return False, f"ticket {ticket_id} is {entry.state} already"
        if self._expire(entry):
            return False, f"ticket {ticket_id} has expired"
        stale = self._changed_since(entry.ticket, seen) if seen is not None else ""
        if stale:
            return False, f"{entry.ticket.symbol} not sent: {stale}, look again"
        gates = self._judge(entry.ticket)
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
            not_sent = self._orders.send_bracket(bracket, self._record(entry), who)
        except JournalError as error:
            not_sent = str(error)
        if not_sent:
            entry.state = TicketState.CANCELLED
            entry.reason = f"not sent: {not_sent}"
            self._context.journal.save(self._record(entry))
            self._drop_candidate(entry, entry.reason)
            return False, f"{entry.ticket.symbol} {entry.reason}"
        followed = self._watchlist.symbols.get(entry.ticket.symbol)
        mine = entry.ticket.strategy == ORH
        if mine and followed is not None and followed.state is CandidateState.TICKETED:
            self._watchlist.move(followed, CandidateState.ENTERED)
        text = f"{entry.ticket.symbol}: sent, {entry.ticket.verb} {entry.ticket.quantity:,} at {entry.ticket.limit}"
        self._context.log("info", f"{text} ({who})")
        return True, text

    def decline(self, ticket_id: str, who: str) -> tuple[bool, str]:
        entry = self.entries.get(ticket_id)
        if entry is None:
            return False, f"no ticket {ticket_id}"
        if entry.state is not TicketState.PROPOSED:
            return False, f"ticket {ticket_id} is {entry.state} already"
        entry.decided_by = who
        self._settle(entry, TicketState.DECLINED, f"declined by {who}")
        self._drop_candidate(entry, "declined")
        return True, f"{entry.ticket.symbol}: declined"

    def judge(self, ticket: Ticket) -> tuple[Gate, ...]:
        """How the gates judge ``ticket`` now."""
        return self._judge(ticket)

    def new_id(self, symbol: str) -> str:
        """The id of the next ticket of ``symbol`` today; the number is taken."""
        return self._next_id(symbol)

    def take(self, ticket: Ticket, who: str) -> None:
        """A ticket that the operator made by hand waits for its approval from now on."""
        context = self._context
        entry = TicketEntry(ticket, expires_wall=context.wall() + context.config.breakout.ticket_seconds)
        self.entries[ticket.id] = entry
        context.journal.save(self._record(entry), events=[context.event(who, "ticket by hand", ticket.id)])
        context.touch("tickets", ticket.id)

    def amend(self, ticket: Ticket, who: str) -> tuple[bool, str]:
        """Put other terms in the place of a waiting ticket's."""
        entry = self.entries.get(ticket.id)
        if entry is None or entry.state is not TicketState.PROPOSED:
            return False, f"ticket {ticket.id} does not wait any more"
        before, entry.ticket = entry.ticket, ticket
        was = f"was {before.quantity} at {before.limit}, stop {before.stop}"
        self._context.journal.save(
            self._record(entry), events=[self._context.event(who, "amend", ticket.id, was, quantity=ticket.quantity)]
        )
        self._context.touch("tickets", ticket.id)
        return True, f"{ticket.symbol}: now {ticket.quantity:,} at {ticket.limit}, stop {ticket.stop}"

    def on_time(self) -> None:
        """Expire what the operator let pass."""
        for entry in self.entries.values():
            if entry.state is TicketState.PROPOSED:
                self._expire(entry)

    def end_day(self) -> None:
        for entry in self.entries.values():
            if entry.state is TicketState.PROPOSED:
                self._settle(entry, TicketState.EXPIRED, "the session ended")
                self._drop_candidate(entry, "ticket not decided before the session ended")

    # ---- what becomes of the entry --------------------------------------------------------------------

    def on_entry_order(self, ticket_id: str, update: OrderUpdate) -> None:
        """Follow the entry order of a ticket."""
        entry = self.entries.get(ticket_id)
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
            reason = f": {update.reason}" if update.reason else ""
            self._context.log(level, f"{entry.ticket.symbol}: entry {state}{reason}")
            if update.filled and state is not TicketState.PARTLY_FILLED:
                self._tell_fill(entry.ticket, update, whole=state is TicketState.FILLED)

    def _tell_fill(self, ticket: Ticket, update: OrderUpdate, *, whole: bool) -> None:
        now = self._context.now()
        self._context.alert(alerting.fill(now, ticket, update.filled, update.avg_price, whole))

    # ---- facts ------------------------------------------------------------------------------------------

    def exposure(self) -> Decimal:
        """Money in open positions (at entry, long and short alike) and in what entries under way may still add."""
        held = sum((p.entry_price * p.quantity for p in self._books.positions.values()), Decimal(0))
        return held + sum((self._still_to_enter(entry) for entry in self.entries.values()), Decimal(0))

    def _still_to_enter(self, entry: TicketEntry) -> Decimal:
        """What an entry under way may still add: its shares that are not booked yet, at their highest price."""
        if not self._under_way(entry):
            return Decimal(0)
        position = self._books.of_ticket(entry.ticket.id)
        entered = position.entered if position is not None else 0
        return max(0, entry.ticket.quantity - entered) * entry.ticket.value / entry.ticket.quantity

    def limits(self) -> Limits:
        risk = self._context.config.risk
        return Limits(
            max_positions=risk.max_positions,
            max_order_value=risk.max_order_value,
            max_exposure=risk.max_exposure,
            max_risk=risk_budget(self._context),
            max_daily_loss=self._discipline.max_daily_loss,
            max_quote_age=risk.max_quote_age,
            max_spread_pct=risk.max_spread_pct,
            max_price_move_pct=risk.max_price_move_pct,
            orders_per_minute=risk.orders_per_minute,
            cooldown_seconds=risk.cooldown_minutes * 60.0,
        )

    def _judge(self, ticket: Ticket) -> tuple[Gate, ...]:
        context, books = self._context, self._books
        now = context.now()
        followed = self._watchlist.symbols.get(ticket.symbol)
        others = [entry for entry in self.entries.values() if entry.ticket.id != ticket.id]
        under_way = {entry.ticket.symbol for entry in others if self._under_way(entry)}
        same = [entry for entry in others if entry.ticket.symbol == ticket.symbol]
        phase = context.day.phase(now, ticket.symbol)
        facts = EntryFacts(
            now=now,
            connection=context.connection,
            blocked=context.entries_blocked(),
            phase=phase if phase is not Phase.CLOSED or now >= context.day.pre_open else None,
            latest_entry=latest_entry(context.day, schedule_rule(context.config)),
            halted=followed.halted if followed else None,
            quote=followed.quote if followed else None,
            limit=ticket.limit,
            value=ticket.value,
            risk=ticket.risk,
            positions=len(under_way | set(books.positions)),
            exposure=self.exposure(),
            day_pnl=books.day_pnl(),
            live_tickets=sum(1 for entry in same if entry.state.is_live),
            entries_today=sum(1 for entry in same if entry.decided is not None and entry.state is TicketState.FILLED)
            + (1 if ticket.symbol in books.positions else 0)
            + sum(1 for position in books.closed if position.symbol == ticket.symbol),
            last_loss_ts=books.last_loss_ts,
            orders_last_minute=self._orders.sent_last_minute(),
            side=ticket.side,
            short=self._short_sale(ticket, followed),
            strange=books.strangers.get(ticket.symbol, (0, Decimal(0)))[0],
            currency=CURRENCIES[context.day.mic],
            account_currency=context.account.currency if context.account else "",
            fx_rate=fx_rate(context.config),
        )
        return judge(facts, self.limits())

    def _short_sale(self, ticket: Ticket, followed: Followed | None) -> ShortSale | None:
        if ticket.side is Side.BUY or followed is None:
            return None
        return short_sale(self._context, followed, ticket.quantity)

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

    @staticmethod
    def _under_way(entry: TicketEntry) -> bool:
        return entry.state in (
            TicketState.APPROVED,
            TicketState.SUBMITTED,
            TicketState.WORKING,
            TicketState.PARTLY_FILLED,
            TicketState.UNKNOWN,
        )

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
            self._record(entry), events=[context.event("desk", f"ticket {state}", entry.ticket.id, reason)]
        )
        context.touch("tickets", entry.ticket.id)

    def _drop_candidate(self, entry: TicketEntry, reason: str) -> None:
        followed = self._watchlist.symbols.get(entry.ticket.symbol)
        mine = entry.ticket.strategy == ORH
        if mine and followed is not None and followed.state is CandidateState.TICKETED:
            self._watchlist.lapse(followed, reason)

    def _next_id(self, symbol: str) -> str:
        session = self._context.session_date.isoformat()
        number = self._numbers.get((symbol, session), 0) + 1
        self._numbers[(symbol, session)] = number
        tail = self._context.account_id[-4:]
        return f"{tail}-{self._context.session_date:%y%m%d}-{symbol}-{number}"

    def _count(self, symbol: str, session: str, ticket_id: str) -> None:
        number = int(ticket_id.rpartition("-")[2])
        key = (symbol, session)
        self._numbers[key] = max(self._numbers.get(key, 0), number)

    def _record(self, entry: TicketEntry) -> TicketRecord:
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
