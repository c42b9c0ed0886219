"""The desk: broker events and operator commands in, orders and published rows out. One place wires it."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from skim_tui.alerts.alert import Alert, AlertKind
from skim_tui.broker.port import Broker
from skim_tui.config import Config
from skim_tui.desk import alerting
from skim_tui.desk.alerting import Alerting
from skim_tui.desk.context import Context
from skim_tui.desk.market.farms import Farms
from skim_tui.desk.market.followed import Followed
from skim_tui.desk.market.watchlist import Watchlist
from skim_tui.desk.news.newsboard import NewsBoard
from skim_tui.desk.news.newsroom import Newsroom
from skim_tui.desk.news.press import Press
from skim_tui.desk.recorder import Recorder
from skim_tui.desk.telling.report import INCIDENT
from skim_tui.desk.trading.approvals import Approvals
from skim_tui.desk.trading.books import Books
from skim_tui.desk.trading.discipline import Discipline
from skim_tui.desk.trading.entryguard import EntryGuard
from skim_tui.desk.trading.exits import Exits
from skim_tui.desk.trading.holdings import Holdings
from skim_tui.desk.trading.judging import Judging
from skim_tui.desk.trading.keeper import Keeper
from skim_tui.desk.trading.operator import Operator
from skim_tui.desk.trading.orders import Orders
from skim_tui.desk.trading.reconcile import Reconciler
from skim_tui.desk.trading.signals import Signals
from skim_tui.desk.trading.ticketbook import TicketBook
from skim_tui.desk.tradingday import TradingDay
from skim_tui.domain.breakout import Breakout
from skim_tui.domain.events import (
    Article,
    BarsClosed,
    BrokerEvent,
    BrokerNotice,
    BrokerSnapshot,
    Connection,
    ConnectionChanged,
    DailyHistory,
    HaltChanged,
    InstrumentResolved,
    MinuteHistory,
    OpenPrice,
    RequestFailed,
    ScanResult,
    ShortAvailability,
    SourceReport,
    TodayBars,
)
from skim_tui.domain.gapscan import CorporateAction
from skim_tui.domain.instrument import LADDERS, PriceLadder
from skim_tui.domain.market import Announcement, Quote, Trade
from skim_tui.domain.orders import (
    AccountReport,
    Fill,
    FillFees,
    OrderUpdate,
    PositionReport,
    Side,
    ticket_of,
)
from skim_tui.domain.session import TradingCalendar
from skim_tui.domain.windows import ahead, known_windows
from skim_tui.journal import Journal
from skim_tui.redaction import redactor

DAY = 86_400.0
RECORD_EVERY = 60.0
"""Exchange seconds between two writes of the candidates that moved."""
RETRY_JOURNAL = 1.0
"""Real seconds between two tries of a journal that fails: each may hold the desk up for a moment."""


NOT_JOURNALED = frozenset({AlertKind.DISCONNECT, AlertKind.SOURCE})
"""Alerts of which the journal has no event of its own."""


class Desk:
    """Everything between the broker port and the link, as one synchronous state machine.

    ``handle`` takes one broker event, ``advance`` lets time pass, ``operator`` and ``approvals`` take the
    operator's word. None of them waits; all of them are called from one event loop.
    """

    def __init__(
        self,
        config: Config,
        broker: Broker,
        journal: Journal,
        calendar: TradingCalendar,
        *,
        wall: Callable[[], float] = time.time,
        track_all: bool = False,
        actions: Mapping[str, Sequence[CorporateAction]] | None = None,
    ) -> None:
        self.context = context = Context(
            config=config,
            broker=broker,
            journal=Recorder(journal),
            calendar=calendar,
            wall=wall,
            day=calendar.current_or_next(broker.now()),
            track_all=track_all,
        )
        self.alerting = Alerting(config.alerts, context.touch)
        context.alert = self._alert
        self.orders = Orders(context)
        self.books = Books(context, self.last_price, self.todays_price)
        self.exits = Exits(context, self.orders, self.books, self.todays_price, self._closes, self._ladder)
        self.keeper = Keeper(context, self.orders, self.books, self.exits)
        self.entry_guard = EntryGuard(context, self.orders)
        self.holdings = Holdings(context, self.books)
        self.watchlist = Watchlist(context, self._on_breakout, actions)
        self.discipline = Discipline(context, self.books, self._disarm)
        self.tickets = TicketBook(context)
        self.judging = Judging(context, self.watchlist, self.orders, self.books, self.discipline, self.tickets)
        self.approvals = Approvals(context, self.watchlist, self.orders, self.books, self.tickets, self.judging)
        self.signals = Signals(context, self.watchlist, self.tickets, self.judging, self.approvals)
        self.operator = Operator(context, self.orders, self.books, self.exits, self.keeper, self.approvals)
        self.farms = Farms(context)
        self._reconciler = Reconciler(context, self.orders, self.books, self.keeper)
        self.board = NewsBoard()
        self.newsroom = Newsroom(context, self.watchlist, self._is_needed, self.signals.on_shock, self._on_verdict)
        self.news_inline = True
        """Work on queued news within the event that brought it; the service has a task for that."""
        self.press = Press(context, self.watchlist, self.board, self.newsroom)
        self.trading_day = TradingDay(
            context, self.watchlist, self.tickets, self.approvals, self.books, self.discipline, self.press, self.newsroom,
            self._disarm,
        )  # fmt: skip
        told = config.broker
        self._windows = known_windows(config.market.exchange, told.region, told.gateway_restart, told.windows)
        self._account_loaded = ""
        self._journal_told = False
        self._journal_again = 0.0
        """When a journal that fails is tried again, by the operator's clock."""
        self._next_advance = 0.0
        self._next_record = 0.0
        self._handlers: dict[type, Callable[[Any], object]] = {
            Quote: self._on_quote,
            Trade: self._on_trade,
            BarsClosed: self._on_bars,
            TodayBars: self._on_today,
            OpenPrice: self.watchlist.on_open,
            ScanResult: self.watchlist.on_scan,
            InstrumentResolved: self._on_instrument,
            DailyHistory: self._on_daily,
            MinuteHistory: self.watchlist.on_minutes,
            HaltChanged: self.watchlist.on_halt,
            ShortAvailability: self.watchlist.on_borrow,
            Announcement: self.press.on_announcement,
            OrderUpdate: self._on_order,
            Fill: self.keeper.on_fill,
            FillFees: self.keeper.on_fees,
            PositionReport: self._on_position,
            AccountReport: self._on_account,
            ConnectionChanged: self._on_connection,
            BrokerSnapshot: self._on_snapshot,
            Article: self.press.on_article,
            SourceReport: self.press.on_source,
            RequestFailed: self._on_request_failed,
            BrokerNotice: self.farms.on_notice,
        }

    # ---- the two ways in ------------------------------------------------------------------------

    def handle(self, event: BrokerEvent) -> None:
        """Take one broker event."""
        now = self.context.broker.now()
        if now >= self._next_advance:
            self.advance(now)
        self._handlers[type(event)](event)
        if self.news_inline and self.newsroom.queued:
            self.newsroom.pump()

    def advance(self, now: float) -> None:
        """Let time pass: windows end, tickets expire, planned exits fall due, days begin and end."""
        self._next_advance = now + 1.0
        context = self.context
        operational = context.connection is Connection.OPERATIONAL
        away = self.alerting.watch_connection(operational, context.connection_reason, now, context.wall())
        if away is not None:
            context.alert(away)
        self.trading_day.turn(now)
        if not self._account_loaded:
            return
        self._watch_journal(now)
        self._look_out(now)
        self.watchlist.candidacy.on_time(now)
        self.approvals.on_time()
        self.orders.on_time(self.books.untold)
        self.keeper.on_time()
        self.entry_guard.on_time()
        self.holdings.on_time()
        self.exits.on_time(now)
        self.operator.on_time(now)
        self.discipline.on_time(now)
        self.newsroom.on_time(now)
        self.trading_day.tell_candidates(now)
        if now >= self._next_record:
            self._next_record = now + RECORD_EVERY
            if moved := self.watchlist.candidacy.unrecorded():
                context.journal.save(*moved)

    def _alert(self, alert: Alert) -> None:
        """Raise an alert; what nothing else records goes into the journal for the day's report."""
        fields = tuple((label, redactor.text(value)) for label, value in alert.fields)
        alert = replace(alert, title=redactor.text(alert.title), text=redactor.text(alert.text), fields=fields)
        if alert.kind in NOT_JOURNALED:
            text = f"{alert.title}: {alert.text}" if alert.text else alert.title
            self.context.journal.save(events=[self.context.event("desk", INCIDENT, alert.kind.value, text)])
        self.alerting.raise_(alert)

    # ---- broker events ----------------------------------------------------------------------------

    def _on_connection(self, event: ConnectionChanged) -> None:
        context = self.context
        before, context.connection = context.connection, event.state
        context.connection_reason = event.reason
        level = "warning" if event.state is Connection.DISCONNECTED else "info"
        context.log(level, f"connection {event.state.value}: {event.reason}")
        if before is Connection.OPERATIONAL and context.auto:
            self._disarm("connection lost")
        self.farms.on_connection(event)
        if event.state is Connection.DISCONNECTED:
            self.watchlist.on_disconnect()
        context.touch("header", "")

    def _on_snapshot(self, snapshot: BrokerSnapshot) -> None:
        context = self.context
        context.account = snapshot.account
        if not self.trading_day.begun:
            # Only now is the broker's time known: before the first connect it is a guess.
            context.day = context.calendar.current_or_next(context.now())
            self.trading_day.begin()
        if self._account_loaded != snapshot.account.account:
            self._load(snapshot.account.account)
        self.holdings.on_snapshot()
        mismatches = self._reconciler.take(snapshot)
        for order in self.orders.updates.values():
            if order.ref.endswith(".E"):
                self.approvals.on_entry_order(ticket_of(order.ref), order)
        self._raise(mismatches)
        context.journal.save(events=[context.event("desk", "reconciled", context.account_id, "; ".join(mismatches))])
        for symbol in self.books.positions:
            self.watchlist.follow(symbol)
        context.touch("header", "")
        context.broker.reconciled()

    def _raise(self, mismatches: list[str]) -> None:
        """Show what differs now. What the newest look explains is withdrawn, what was acknowledged is not new."""
        context = self.context
        told = dict.fromkeys(redactor.text(text) for text in mismatches)
        fresh = [text for text in told if text not in context.acknowledged]
        for text in context.mismatches:
            if text not in fresh:
                context.log("warning", f"mismatch explained: {text}")
        new = [text for text in fresh if text not in context.mismatches]
        for text in new:
            context.log("error", f"MISMATCH {text}")
        if new:
            context.alert(alerting.mismatch(context.now(), new))
        context.mismatches = fresh
        if fresh and context.auto:
            self._disarm("mismatch")

    def _on_account(self, report: AccountReport) -> None:
        self.context.account = report
        self.context.touch("header", "")

    def _on_order(self, said: OrderUpdate) -> None:
        before, after = self.orders.take(said)
        if after.foreign or after == before:
            return
        if after.ref.endswith(".E"):
            self.approvals.on_entry_order(ticket_of(after.ref), after)
        self.keeper.on_order(after)
        self.entry_guard.on_order(after)

    def _on_position(self, report: PositionReport) -> None:
        self.holdings.on_position(report)
        if report.symbol in self.books.positions:
            return
        known = self.books.strangers
        ours_today = any(position.symbol == report.symbol for position in self.books.closed)
        if report.quantity == 0 or ours_today:
            known.pop(report.symbol, None)
        elif not any(order.symbol == report.symbol for order in self.orders.live()):
            known[report.symbol] = (report.quantity, report.avg_cost)
        self.context.touch("positions", report.symbol)

    def _on_trade(self, trade: Trade) -> None:
        self.watchlist.on_trade(trade)
        if trade.symbol in self.books.positions:
            self.context.touch("positions", trade.symbol)

    def _on_bars(self, event: BarsClosed) -> None:
        self.watchlist.on_bars(event.bars)
        self.newsroom.on_bars(event.bars)

    def _on_quote(self, quote: Quote) -> None:
        self.watchlist.on_quote(quote)
        if self.newsroom.wants(quote.symbol):
            self.newsroom.on_data(quote.symbol)

    def _on_today(self, event: TodayBars) -> None:
        self.watchlist.on_today(event.symbol, event.bars)
        self.newsroom.on_today(event.symbol)

    def _on_instrument(self, event: InstrumentResolved) -> None:
        self.watchlist.on_instrument(event.instrument)
        self.newsroom.on_data(event.instrument.symbol)

    def _on_daily(self, event: DailyHistory) -> None:
        self.watchlist.on_daily(event)
        self.newsroom.on_data(event.symbol)

    # ---- news -------------------------------------------------------------------------------------

    def _on_verdict(self, item: Announcement, verdict: str) -> None:
        key = self.board.judge(item, verdict)
        if key:
            self.context.touch("news", key)

    def _is_needed(self, symbol: str) -> bool:
        """Whether a symbol's market data are needed for more than its news."""
        live = any(entry.ticket.symbol == symbol and entry.state.is_live for entry in self.tickets.entries.values())
        return live or symbol in self.books.positions

    def _on_request_failed(self, event: RequestFailed) -> None:
        if event.what == "fetch_article":
            self.press.on_no_article(event.symbol, event.reason)
            return
        reason = redactor.text(event.reason)
        self.context.log("warning", f"{event.symbol or event.what}: {event.what} failed: {reason}")
        self.watchlist.on_failed(event.what, event.symbol, reason)
        if event.what != "fetch_minutes":  # days serve as well
            self.newsroom.on_failed(event.symbol, f"{event.what}: {event.reason}")

    def _on_breakout(self, followed: Followed, breakout: Breakout) -> None:
        self.context.alert(alerting.breakout(self.context.now(), breakout, followed.headline))
        self.signals.on_breakout(followed, breakout)

    # ---- details ----------------------------------------------------------------------------------

    def _load(self, account: str) -> None:
        """Take over what the journal knows of this account and what may still matter."""
        journal = self.context.journal.journal
        self.orders.updates.clear()
        self.books.clear()
        self.tickets.entries.clear()
        at_work = journal.tickets_at_work(account, self.context.day.pre_open - DAY)
        orders = journal.orders_of(at_work)
        tickets = [ticket for ticket in journal.tickets(account) if ticket.id in set(at_work)]
        self.orders.load(orders)
        for ticket in tickets:
            self.books.expect(ticket.id, ticket.symbol, ticket.limit, ticket.stop, Side(ticket.side))
            self.books.strategies[ticket.id] = ticket.strategy
        positions = [row for row in journal.positions(account) if row.ticket_id in set(at_work)]
        self.books.load(positions, journal.fills_of(order.ref for order in orders))
        self.approvals.load([ticket for ticket in tickets if ticket.session_date == self.context.session_date])
        latches = journal.latches()
        self.operator.restore(latches)
        self.discipline.restore(latches)
        self._account_loaded = account
        for order in self.orders.updates:
            self.context.touch("orders", order)
        for symbol in self.books.positions:
            self.context.touch("positions", symbol)
        for position in self.books.closed:
            self.context.touch("trades", position.ticket_id)

    def _look_out(self, now: float) -> None:
        """Say when the broker is about to be away, and that it is."""
        context = self.context
        before, context.ahead = context.outlook, ()
        if context.account is None or context.account.simulated:
            return
        context.ahead = ahead(self._windows, now)
        coming = context.outlook
        if coming is not None and (before is None or before.name != coming.name):
            context.log("warning", f"{coming.text(now)}: no entry until {context.day.local(coming.ends):%a %H:%M}")

    def _watch_journal(self, now: float) -> None:
        """Say when the journal fails and when it works again; auto mode does not outlive it."""
        context = self.context
        journal = context.journal
        if journal.fault and not self._journal_told:
            self._journal_told = True
            context.log("error", f"JOURNAL FAILS: {journal.fault}: no entry leaves; stops and exits go on")
            self._disarm("journal fault")
            context.touch("header", "")
        if journal.fault and context.wall() >= self._journal_again:
            self._journal_again = context.wall() + RETRY_JOURNAL
            journal.retry(now)
        if self._journal_told and not journal.fault:
            self._journal_told = False
            context.log("warning", "the journal can be written again: what waited is in it")
            context.touch("header", "")

    def _disarm(self, why: str) -> None:
        self.operator.set_auto(False, why)

    def last_price(self, symbol: str) -> float:
        """The newest price there is, be it yesterday's close; 0.0 for none. Something to show, nothing to act on."""
        followed = self.watchlist.symbols.get(symbol)
        return followed.last if followed is not None else 0.0

    def todays_price(self, symbol: str) -> float:
        """The last price of today's trading; 0.0 before the first."""
        followed = self.watchlist.symbols.get(symbol)
        return followed.tracker.last if followed is not None else 0.0

    def _closes(self, symbol: str) -> list[float]:
        followed = self.watchlist.symbols.get(symbol)
        return [bar.close for bar in followed.daily] if followed is not None else []

    def _ladder(self, symbol: str) -> PriceLadder:
        followed = self.watchlist.symbols.get(symbol)
        known = followed.instrument if followed is not None else None
        return known.ladder if known is not None else LADDERS[self.context.day.mic]

    def problems(self) -> list[str]:
        """What must not happen: unacknowledged mismatches, faults of the desk itself and of its journal."""
        context = self.context
        return [*context.mismatches, *(fault for fault in (context.fault, context.journal.fault) if fault)]

    def local(self, ts: float) -> datetime:
        """``ts`` as exchange-local time."""
        return self.context.day.local(ts)
