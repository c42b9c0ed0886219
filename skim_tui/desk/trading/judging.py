"""What an entry is judged by: the facts of this moment, gathered for the gates (safety rules S1 and S6)."""

from __future__ import annotations

from decimal import Decimal

from skim_tui.desk.context import Context
from skim_tui.desk.market.followed import Followed
from skim_tui.desk.market.watchlist import Watchlist
from skim_tui.desk.rules import fx_rate, schedule_rule
from skim_tui.desk.trading.books import Books
from skim_tui.desk.trading.discipline import Discipline
from skim_tui.desk.trading.orders import Orders
from skim_tui.desk.trading.sizing import risk_budget, short_sale
from skim_tui.desk.trading.ticketbook import TicketBook, TicketEntry
from skim_tui.domain.gates import EntryFacts, Gate, Limits, judge
from skim_tui.domain.orders import Side
from skim_tui.domain.schedule import latest_entry
from skim_tui.domain.session import CURRENCIES, Phase
from skim_tui.domain.shortsale import ShortSale
from skim_tui.domain.ticket import Ticket, TicketState


class Judging:
    """Puts a ticket before the gates with all that the desk knows."""

    def __init__(
        self,
        context: Context,
        watchlist: Watchlist,
        orders: Orders,
        books: Books,
        discipline: Discipline,
        tickets: TicketBook,
    ) -> None:
        self._context = context
        self._watchlist = watchlist
        self._orders = orders
        self._books = books
        self._discipline = discipline
        self._tickets = tickets

    def exposure(self) -> Decimal:
        """Money in open positions (at entry, long and short alike) and in what entries under way may still add."""
        held = sum((p.entry_price * p.quantity for p in self._books.positions.values()), Decimal(0))
        return held + sum((self._still_to_enter(entry) for entry in self._tickets.entries.values()), Decimal(0))

    def _still_to_enter(self, entry: TicketEntry) -> Decimal:
        """What an entry under way may still add: its shares that are not booked yet, at their highest price."""
        if not entry.is_under_way:
            return Decimal(0)
        position = self._books.of_ticket(entry.ticket.id)
        entered = position.entered if position is not None else 0
        return max(0, entry.ticket.quantity - entered) * entry.ticket.value / entry.ticket.quantity

    def limits(self) -> Limits:
        """The operator's limits as they stand."""
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

    def judge(self, ticket: Ticket) -> tuple[Gate, ...]:
        """How the gates judge ``ticket`` now."""
        context, books = self._context, self._books
        now = context.now()
        followed = self._watchlist.symbols.get(ticket.symbol)
        others = [entry for entry in self._tickets.entries.values() if entry.ticket.id != ticket.id]
        under_way = {entry.ticket.symbol for entry in others if entry.is_under_way}
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
