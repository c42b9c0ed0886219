"""The desk: broker events and operator commands in, orders and published rows out. One place wires it."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from skim_tui.alerts.alert import Alert, AlertKind
from skim_tui.broker.port import Broker, NewsWire
from skim_tui.config import Config
from skim_tui.desk import alerting
from skim_tui.desk.alerting import Alerting
from skim_tui.desk.approvals import Approvals
from skim_tui.desk.books import Books
from skim_tui.desk.context import Context
from skim_tui.desk.discipline import Discipline
from skim_tui.desk.entryguard import EntryGuard
from skim_tui.desk.exits import Exits
from skim_tui.desk.followed import Followed
from skim_tui.desk.holdings import Holdings
from skim_tui.desk.keeper import Keeper
from skim_tui.desk.newsboard import NewsBoard
from skim_tui.desk.newsroom import Newsroom
from skim_tui.desk.operator import Operator
from skim_tui.desk.orders import Orders
from skim_tui.desk.reconcile import Reconciler
from skim_tui.desk.recorder import Recorder
from skim_tui.desk.report import INCIDENT, CandidateLine, DailyReport, build_report
from skim_tui.desk.reporttext import as_markdown
from skim_tui.desk.signals import Signals
from skim_tui.desk.watchlist import Watchlist
from skim_tui.domain.breakout import Breakout
from skim_tui.domain.candidate import CandidateState
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
    RequestFailed,
    ScanResult,
    ShortAvailability,
    SourceReport,
    SourceState,
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
from skim_tui.domain.session import CURRENCIES, TradingCalendar
from skim_tui.domain.shock import ShockSignal
from skim_tui.domain.windows import outlook, parse_window
from skim_tui.journal import CandidateRecord, Journal
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
        self.books = Books(context, self.last_price)
        self.exits = Exits(context, self.orders, self.books, self.last_price, self._closes, self._ladder)
        self.keeper = Keeper(context, self.orders, self.books, self.exits)
        self.entry_guard = EntryGuard(context, self.orders)
        self.holdings = Holdings(context, self.books)
        self.watchlist = Watchlist(context, self._on_breakout, actions)
        self.discipline = Discipline(context, self.books, self._disarm)
        self.approvals = Approvals(context, self.watchlist, self.orders, self.books, self.discipline)
        self.signals = Signals(context, self.watchlist, self.approvals)
        self.operator = Operator(context, self.orders, self.books, self.exits, self.keeper, self.approvals)
        self._reconciler = Reconciler(context, self.orders, self.books, self.keeper)
        self.board = NewsBoard()
        self.newsroom = Newsroom(context, self.watchlist, self._is_needed, self._on_shock, self._on_verdict)
        self.news_inline = True
        """Work on queued news within the event that brought it; the service has a task for that."""
        self.sources: dict[str, SourceReport] = {}
        """The last word of each source of announcements and news."""
        self.candidate_records: list[CandidateRecord] = []
        """Records of the sessions finished in this run."""
        self.keep_records = False
        self.on_day_over: Callable[[], None] = lambda: None
        """Called when a session's books are closed."""
        self.on_session: Callable[[], None] = lambda: None
        """Called when a session begins, after its scan was asked for."""
        self._windows = tuple(parse_window(text) for text in config.broker.windows)
        self._account_loaded = ""
        self._journal_told = False
        self._journal_again = 0.0
        """When a journal that fails is tried again, by the operator's clock."""
        self._day_started = False
        self._day_finished = False
        self._next_advance = 0.0
        self._next_record = 0.0
        self._candidates_told = False
        self._joined = 0.0
        """When this desk began with the session."""
        self._handlers: dict[type, Callable[[Any], object]] = {
            Quote: self._on_quote,
            Trade: self._on_trade,
            BarsClosed: self._on_bars,
            TodayBars: self._on_today,
            ScanResult: self.watchlist.on_scan,
            InstrumentResolved: self._on_instrument,
            DailyHistory: self._on_daily,
            MinuteHistory: self.watchlist.on_minutes,
            HaltChanged: self.watchlist.on_halt,
            ShortAvailability: self.watchlist.on_borrow,
            Announcement: self._on_announcement,
            OrderUpdate: self._on_order,
            Fill: self.keeper.on_fill,
            FillFees: self.keeper.on_fees,
            PositionReport: self._on_position,
            AccountReport: self._on_account,
            ConnectionChanged: self._on_connection,
            BrokerSnapshot: self._on_snapshot,
            Article: self._on_article,
            SourceReport: self._on_source,
            RequestFailed: self._on_request_failed,
            BrokerNotice: lambda event: context.log("info", f"broker {event.code}: {event.text}"),
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
        if now >= context.day.end and not self._day_finished:
            self.finish_day()
        if self._day_finished:
            following = context.calendar.current_or_next(now)
            if following.date > context.day.date and now >= following.pre_open:
                context.day = following
                self._start_day()
        if not self._account_loaded:
            return
        self._watch_journal(now)
        self._look_out(now)
        self.watchlist.on_time(now)
        self.approvals.on_time()
        self.orders.on_time(self.books.unbooked)
        self.keeper.on_time()
        self.entry_guard.on_time()
        self.holdings.on_time()
        self.exits.on_time(now)
        self.operator.on_time(now)
        self.discipline.on_time(now)
        self.newsroom.on_time(now)
        self._tell_candidates(now)
        if now >= self._next_record:
            self._next_record = now + RECORD_EVERY
            if moved := self.watchlist.unrecorded():
                context.journal.save(*moved)

    # ---- days -------------------------------------------------------------------------------------

    def finish_day(self) -> None:
        """Close the books of the session: candidates recorded, tickets expired, auto disarmed."""
        if self._day_finished or not self._day_started:
            return
        self._day_finished = True
        context = self.context
        self.approvals.end_day()
        self.newsroom.end_day()
        records = self.watchlist.finish_day()
        if self.keep_records:
            self.candidate_records.extend(records)
        context.journal.save(*records, events=[context.event("desk", "session ended", str(context.session_date))])
        if context.auto:
            self._disarm("session end")
        context.log("info", f"session {context.session_date} ended")
        self.on_day_over()

    def _alert(self, alert: Alert) -> None:
        """Raise an alert; what nothing else records goes into the journal for the day's report."""
        fields = tuple((label, redactor.text(value)) for label, value in alert.fields)
        alert = replace(alert, title=redactor.text(alert.title), text=redactor.text(alert.text), fields=fields)
        if alert.kind in NOT_JOURNALED:
            text = f"{alert.title}: {alert.text}" if alert.text else alert.title
            self.context.journal.save(events=[self.context.event("desk", INCIDENT, alert.kind.value, text)])
        self.alerting.raise_(alert)

    def report(self) -> tuple[DailyReport, str]:
        """The session so far, and as Markdown. Raises :class:`skim_tui.journal.JournalError`."""
        context = self.context
        lines = None
        if not self._day_finished:
            shown = [one for one in self.watchlist.symbols.values() if one.scanned]
            shown.sort(key=lambda one: (one.rank, one.symbol))
            lines = [candidate_line(one) for one in shown]
        currency = CURRENCIES[context.day.mic]
        report = build_report(context.journal.journal, context.account_id, context.day, currency, lines)
        return report, as_markdown(report, context.day)

    def _start_day(self) -> None:
        self._day_started, self._day_finished = True, False
        self._candidates_told = False
        context = self.context
        self._joined = context.now()
        context.journal.save(events=[context.event("desk", "session started", str(context.session_date))])
        self.approvals.start_day()
        self.books.start_day()
        self.discipline.start_day()
        context.acknowledged.clear()
        self._forget_old_news()
        self.newsroom.start_day()
        self.watchlist.start_day(keep=self.books.positions)
        context.log("info", f"session {context.session_date} on {context.day.mic}")
        context.touch("header", "")
        self.on_session()
        account = context.account
        context.alert(
            alerting.session_start(
                context.now(), str(context.session_date), context.day.mic, context.account_id,
                account.equity if account else None, context.auto,
            )
        )  # fmt: skip

    def _tell_candidates(self, now: float) -> None:
        """Once a session, when the opening ranges are over, or a minute after a desk came later than that."""
        day = self.context.day
        due = max(day.open + self.context.config.opening_range.minutes * 60.0, self._joined) + 60.0
        if self._candidates_told or not due <= now < day.close:
            return
        self._candidates_told = True
        living = (CandidateState.TRACKING, CandidateState.READY, CandidateState.TICKETED, CandidateState.ENTERED)
        found = [one for one in self.watchlist.symbols.values() if one.state in living and one.gap is not None]
        found.sort(key=lambda one: (-(one.gap or 0.0), one.symbol))
        self.context.alert(alerting.candidates(now, [(one.symbol, one.gap, one.headline) for one in found]))

    # ---- broker events ----------------------------------------------------------------------------

    def _on_connection(self, event: ConnectionChanged) -> None:
        context = self.context
        before, context.connection = context.connection, event.state
        context.connection_reason = event.reason
        level = "warning" if event.state is Connection.DISCONNECTED else "info"
        context.log(level, f"connection {event.state.value}: {event.reason}")
        if before is Connection.OPERATIONAL and context.auto:
            self._disarm("connection lost")
        if event.state is Connection.DISCONNECTED:
            self.watchlist.on_disconnect()
        context.touch("header", "")

    def _on_snapshot(self, snapshot: BrokerSnapshot) -> None:
        context = self.context
        context.account = snapshot.account
        if not self._day_started:
            # Only now is the broker's time known: before the first connect it is a guess.
            context.day = context.calendar.current_or_next(context.now())
            self._start_day()
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
        fresh = [text for text in dict.fromkeys(mismatches) if text not in context.acknowledged]
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

    def _on_announcement(self, item: Announcement) -> None:
        key, gone = self.board.take(item)
        for dropped in gone:
            self.context.touch("news", dropped)
        if key:
            self.context.touch("news", key)
            self.watchlist.on_announcement(item)
        self.newsroom.offer(item)

    def _forget_old_news(self) -> None:
        """What was released before the previous session's close is in the price since then."""
        context = self.context
        since = context.calendar.day(context.calendar.previous(context.session_date)).close
        for key in self.board.forget_before(since):
            context.touch("news", key)

    def _on_verdict(self, item: Announcement, verdict: str) -> None:
        key = self.board.judge(item, verdict)
        if key:
            self.context.touch("news", key)

    def _on_shock(self, signal: ShockSignal) -> str:
        context = self.context
        context.log("info", f"{signal.symbol}: NEWS SHOCK {signal.direction.value}: {signal.item.headline}")
        refusal = self.signals.on_shock(signal)
        if refusal:
            context.journal.save(events=[context.event("desk", "signal refused", signal.symbol, refusal)])
            context.log("info", f"{signal.symbol}: no ticket for the news shock: {refusal}")
        return refusal

    def _is_needed(self, symbol: str) -> bool:
        """Whether a symbol's market data are needed for more than its news."""
        live = any(entry.ticket.symbol == symbol and entry.state.is_live for entry in self.approvals.entries.values())
        return live or symbol in self.books.positions

    def read_article(self, key: str) -> tuple[bool, str]:
        """Fetch the text behind a row; it is shown when it comes."""
        item = self.board.rows.get(key)
        if item is None:
            return False, "that row is gone"
        broker = self.context.broker
        if item.link:
            return False, f"document: {item.link}"
        if not item.key or not isinstance(broker, NewsWire):
            return False, f"{item.source or 'its source'} sends headlines only"
        self.board.ask(key)
        self.context.touch("articles", key)
        broker.fetch_article(item.source, item.key)
        return True, f"asking {item.source} for the article"

    def _on_article(self, article: Article) -> None:
        key = self.board.answer(article.provider, article.article_id, article.text)
        if key:
            self.context.touch("articles", key)
        self.newsroom.on_article(article)

    def _on_source(self, report: SourceReport) -> None:
        """Log a source's change of mind, not every look it takes."""
        before = self.sources.get(report.source)
        self.sources[report.source] = report
        self.context.touch("health", f"sources/{report.source}")
        if before is not None and (before.state, before.text) == (report.state, report.text):
            return
        if before is None or before.state is not report.state or report.state is not SourceState.WORKING:
            level = {SourceState.WORKING: "info", SourceState.TROUBLED: "warning"}.get(report.state, "error")
            self.context.log(level, f"{report.source} {report.state}: {report.text}")
        if report.state is SourceState.STOPPED:
            self.context.alert(alerting.source_stopped(self.context.now(), report.source, report.text))

    def _on_request_failed(self, event: RequestFailed) -> None:
        if event.what == "fetch_article":
            key = self.board.fail(event.symbol, event.reason)
            if key:
                self.context.touch("articles", key)
            self.newsroom.on_no_article(event.symbol)
            return
        reason = redactor.text(event.reason)
        self.context.log("warning", f"{event.symbol or event.what}: {event.what} failed: {reason}")
        self.watchlist.on_failed(event.what, event.symbol, reason)
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
        self.approvals.entries.clear()
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
        before, context.outlook = context.outlook, None
        if context.account is None or context.account.simulated:
            return
        context.outlook = coming = outlook(self._windows, now)
        if coming is not None and coming.blocks and (before is None or not before.blocks):
            context.log("warning", f"{coming.text(now)}: no entry until {context.day.local(coming.ends):%H:%M}")

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
        followed = self.watchlist.symbols.get(symbol)
        return followed.last if followed is not None else 0.0

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


def candidate_line(followed: Followed) -> CandidateLine:
    """A candidate of a session that is not over yet, as its report shows it."""
    tracker = followed.tracker
    low, high = (tracker.or_low, tracker.or_high) if tracker.has_range else (None, None)
    return CandidateLine(followed.symbol, followed.gap, low, high, followed.state.value, followed.why_not)
