"""The desk: broker events and operator commands in, orders and published rows out. One place wires it."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime
from typing import Any

from skim_tui.broker.port import Broker
from skim_tui.config import Config
from skim_tui.desk.approvals import Approvals
from skim_tui.desk.context import Context
from skim_tui.desk.keeper import Keeper
from skim_tui.desk.orders import Orders
from skim_tui.desk.reconcile import reconcile
from skim_tui.desk.watchlist import Followed, Watchlist
from skim_tui.domain.events import (
    BarsClosed,
    BrokerEvent,
    BrokerNotice,
    BrokerSnapshot,
    Connection,
    ConnectionChanged,
    DailyHistory,
    HaltChanged,
    InstrumentResolved,
    RequestFailed,
    ScanResult,
    SourceReport,
    SourceState,
    TodayBars,
)
from skim_tui.domain.market import Announcement, Quote, Trade
from skim_tui.domain.opening_range import Breakout
from skim_tui.domain.orders import (
    AccountReport,
    Fill,
    FillFees,
    OrderUpdate,
    PositionReport,
    ticket_of,
)
from skim_tui.domain.session import TradingCalendar
from skim_tui.domain.ticket import TicketState
from skim_tui.journal import CandidateRecord, Journal

NEWS_KEPT = 1000


class Desk:
    """Everything between the broker port and the link, as one synchronous state machine.

    ``handle`` takes one broker event, ``advance`` lets time pass, the command methods take the
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
    ) -> None:
        self.context = context = Context(
            config=config,
            broker=broker,
            journal=journal,
            calendar=calendar,
            wall=wall,
            day=calendar.current_or_next(broker.now()),
            track_all=track_all,
        )
        self.orders = Orders(context)
        self.keeper = Keeper(context, self.orders, self.last_price, self._closes)
        self.watchlist = Watchlist(context, self._on_breakout)
        self.approvals = Approvals(context, self.watchlist, self.orders, self.keeper)
        self.news: dict[str, Announcement] = {}
        self.sources: dict[str, SourceReport] = {}
        """The last word of each source of announcements and news."""
        self.candidate_records: list[CandidateRecord] = []
        """Records of the sessions finished in this run."""
        self.keep_records = False
        self.on_session: Callable[[], None] = lambda: None
        """Called when a session begins, after its scan was asked for."""
        self._account_loaded = ""
        self._day_started = False
        self._day_finished = False
        self._next_advance = 0.0
        self._loss_told = False
        self._handlers: dict[type, Callable[[Any], None]] = {
            Quote: self.watchlist.on_quote,
            Trade: self._on_trade,
            BarsClosed: self._on_bars,
            TodayBars: lambda event: self.watchlist.on_bars(event.bars),
            ScanResult: self.watchlist.on_scan,
            InstrumentResolved: lambda event: self.watchlist.on_instrument(event.instrument),
            DailyHistory: self.watchlist.on_daily,
            HaltChanged: self.watchlist.on_halt,
            Announcement: self._on_announcement,
            OrderUpdate: self._on_order,
            Fill: self._on_fill,
            FillFees: self.keeper.on_fees,
            PositionReport: self._on_position,
            AccountReport: self._on_account,
            ConnectionChanged: self._on_connection,
            BrokerSnapshot: self._on_snapshot,
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

    def advance(self, now: float) -> None:
        """Let time pass: windows end, tickets expire, planned exits fall due, days begin and end."""
        self._next_advance = now + 1.0
        context = self.context
        if now >= context.day.end and not self._day_finished:
            self.finish_day()
        if self._day_finished:
            following = context.calendar.current_or_next(now)
            if following.date > context.day.date and now >= following.pre_open:
                context.day = following
                self._start_day()
        if not self._account_loaded:
            return
        self.watchlist.on_time(now)
        self.approvals.on_time()
        self.keeper.on_time(now)
        self._watch_loss()

    # ---- the operator ---------------------------------------------------------------------------

    def approve(self, ticket_id: str, who: str) -> tuple[bool, str]:
        return self.approvals.approve(ticket_id, who)

    def decline(self, ticket_id: str, who: str) -> tuple[bool, str]:
        return self.approvals.decline(ticket_id, who)

    def close(self, symbol: str, who: str) -> tuple[bool, str]:
        return self.keeper.close(symbol, who, "closed by hand")

    def cancel(self, ref: str, who: str) -> tuple[bool, str]:
        """Cancel one of our orders; the stop of a held position is refused."""
        order = self.orders.updates.get(ref)
        if order is None:
            return False, f"{ref} is not an order of this desk"
        if order.status.is_done:
            return False, f"{ref} is {order.status} already"
        position = self.keeper.positions.get(order.symbol)
        protects = {stop.ref for stop in self.keeper.protection_of(order.symbol).orders}
        if position is not None and ref in protects:
            return False, f"{ref} protects {position.quantity:,} {order.symbol}: close the position instead"
        not_sent = self.orders.cancel(ref, who, "cancelled by hand")
        return (False, not_sent) if not_sent else (True, f"{ref}: cancel asked")

    def set_auto(self, armed: bool, who: str) -> tuple[bool, str]:
        """Arm or disarm auto mode. Arming is refused while entries are blocked."""
        context = self.context
        blocked = context.entries_blocked()
        if armed and blocked:
            return False, f"auto not armed: {blocked}"
        if context.auto != armed:
            context.auto = armed
            word = "ARMED" if armed else "disarmed"
            context.journal.save(events=[context.event(who, f"auto {word}", "auto")])
            context.log("warning", f"AUTO {word} by {who}")
            context.touch("header", "")
        return True, "AUTO armed" if context.auto else "AUTO disarmed: every trade waits for your key"

    def kill(self, who: str, *, close_all: bool) -> tuple[bool, str]:
        """Cancel every entry and block new ones; with ``close_all`` also close every position. Idempotent."""
        context = self.context
        if not context.killed:
            context.killed = "kill switch"
            context.journal.save(events=[context.event(who, "kill", "all", close_all=close_all)])
        self.set_auto(False, who)
        undone: list[str] = []
        cancelled = 0
        for entry in tuple(self.approvals.entries.values()):
            if entry.state is TicketState.PROPOSED:
                self.approvals.decline(entry.ticket.id, f"kill switch ({who})")
        for order in self.orders.live():
            if order.ref.endswith(".E"):
                not_sent = self.orders.cancel(order.ref, who, "kill switch")
                if not_sent:
                    undone.append(f"cancel {order.ref}: {not_sent}")
                else:
                    cancelled += 1
        closed = 0
        if close_all:
            for symbol in tuple(self.keeper.positions):
                done, text = self.keeper.close(symbol, who, "kill switch")
                if done:
                    closed += 1
                elif "working already" not in text:
                    undone.append(text)
        text = f"KILL: entries blocked, {cancelled} cancelled, {closed} positions closing"
        if undone:
            text += "; NOT DONE: " + "; ".join(undone)
        context.log("error", text)
        context.touch("header", "")
        return not undone, text

    def resume(self, who: str) -> tuple[bool, str]:
        context = self.context
        if not context.killed:
            return False, "entries are not blocked by the kill switch"
        context.killed = ""
        context.journal.save(events=[context.event(who, "resume", "all")])
        context.log("warning", f"entries allowed again by {who}")
        context.touch("header", "")
        return True, "entries allowed again"

    def acknowledge(self, who: str) -> tuple[bool, str]:
        context = self.context
        if not context.mismatches:
            return False, "nothing to acknowledge"
        context.journal.save(events=[context.event(who, "acknowledge", "mismatch", "; ".join(context.mismatches))])
        count = len(context.mismatches)
        context.mismatches.clear()
        context.log("warning", f"{count} mismatch(es) acknowledged by {who}")
        context.touch("header", "")
        return True, f"{count} mismatch(es) acknowledged"

    # ---- days -------------------------------------------------------------------------------------

    def finish_day(self) -> None:
        """Close the books of the session: candidates recorded, tickets expired, auto disarmed."""
        if self._day_finished or not self._day_started:
            return
        self._day_finished = True
        context = self.context
        self.approvals.end_day()
        records = self.watchlist.finish_day()
        if self.keep_records:
            self.candidate_records.extend(records)
        context.journal.save(*records, events=[context.event("desk", "session ended", str(context.session_date))])
        if context.auto:
            self.set_auto(False, "session end")
        context.log("info", f"session {context.session_date} ended")

    def _start_day(self) -> None:
        self._day_started, self._day_finished, self._loss_told = True, False, False
        context = self.context
        context.journal.save(events=[context.event("desk", "session started", str(context.session_date))])
        self.approvals.start_day()
        self.keeper.start_day()
        self._forget_old_news()
        self.watchlist.start_day(keep=self.keeper.positions)
        context.log("info", f"session {context.session_date} on {context.day.mic}")
        context.touch("header", "")
        self.on_session()

    # ---- broker events ----------------------------------------------------------------------------

    def _on_connection(self, event: ConnectionChanged) -> None:
        context = self.context
        before, context.connection = context.connection, event.state
        context.connection_reason = event.reason
        level = "warning" if event.state is Connection.DISCONNECTED else "info"
        context.log(level, f"connection {event.state.value}: {event.reason}")
        if before is Connection.OPERATIONAL and context.auto:
            self.set_auto(False, "connection lost")
        context.touch("header", "")

    def _on_snapshot(self, snapshot: BrokerSnapshot) -> None:
        context = self.context
        context.account = snapshot.account
        if not self._day_started:
            # Only now is the broker's time known: before the first connect it is a guess.
            context.day = context.calendar.current_or_next(context.now())
        if self._account_loaded != snapshot.account.account:
            self._load(snapshot.account.account)
        mismatches = reconcile(context, snapshot, self.orders, self.keeper)
        for order in self.orders.updates.values():
            if order.ref.endswith(".E"):
                self.approvals.on_entry_order(ticket_of(order.ref), order)
        context.mismatches = list(dict.fromkeys([*context.mismatches, *mismatches]))
        for mismatch in mismatches:
            context.log("error", f"MISMATCH {mismatch}")
        if mismatches and context.auto:
            self.set_auto(False, "mismatch")
        context.journal.save(events=[context.event("desk", "reconciled", context.account_id, "; ".join(mismatches))])
        if not self._day_started:
            self._start_day()
        for symbol in self.keeper.positions:
            self.watchlist.follow(symbol)
        context.touch("header", "")
        context.broker.reconciled()

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

    def _on_fill(self, fill: Fill) -> None:
        try:
            self.keeper.on_fill(fill)
        except ValueError as error:
            text = f"{error}: the broker's fills and the journal differ"
            self.context.mismatches.append(text)
            self.context.log("error", f"MISMATCH {text}")

    def _on_position(self, report: PositionReport) -> None:
        if report.symbol in self.keeper.positions:
            return
        known = self.keeper.strangers
        ours_today = any(position.symbol == report.symbol for position in self.keeper.closed)
        if report.quantity == 0 or ours_today:
            known.pop(report.symbol, None)
        elif not any(order.symbol == report.symbol for order in self.orders.live()):
            known[report.symbol] = (report.quantity, report.avg_cost)
        self.context.touch("positions", report.symbol)

    def _on_trade(self, trade: Trade) -> None:
        self.watchlist.on_trade(trade)
        if trade.symbol in self.keeper.positions:
            self.context.touch("positions", trade.symbol)

    def _on_bars(self, event: BarsClosed) -> None:
        self.watchlist.on_bars(event.bars)

    def _on_announcement(self, item: Announcement) -> None:
        key = item.key or f"{item.symbol}-{item.ts:.0f}-{item.headline}"
        if key in self.news:
            return
        self.news[key] = item
        self.context.touch("news", key)
        while len(self.news) > NEWS_KEPT:
            oldest = next(iter(self.news))
            del self.news[oldest]
            self.context.touch("news", oldest)
        self.watchlist.on_announcement(item)

    def _forget_old_news(self) -> None:
        """What was released before the previous session's close is in the price since then."""
        context = self.context
        since = context.calendar.day(context.calendar.previous(context.session_date)).close
        for key in [key for key, item in self.news.items() if item.ts < since]:
            del self.news[key]
            context.touch("news", key)

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

    def _on_request_failed(self, event: RequestFailed) -> None:
        self.context.log("warning", f"{event.symbol or event.what}: {event.what} failed: {event.reason}")
        self.watchlist.on_failed(event.what, event.symbol, event.reason)

    def _on_breakout(self, followed: Followed, breakout: Breakout) -> None:
        self.approvals.on_breakout(followed, breakout)

    # ---- details ----------------------------------------------------------------------------------

    def _load(self, account: str) -> None:
        """Take over what the journal knows of this account."""
        journal = self.context.journal
        self.orders.updates.clear()
        self.keeper.positions.clear()
        self.approvals.entries.clear()
        self.orders.load(journal.orders(account))
        tickets = journal.tickets(account)
        for ticket in tickets:
            self.keeper.expect(ticket.id, ticket.symbol, ticket.limit, ticket.stop)
        self.keeper.load(journal.positions(account), journal.fills(account))
        self.approvals.load([ticket for ticket in tickets if ticket.session_date == self.context.session_date])
        self._account_loaded = account
        for order in self.orders.updates:
            self.context.touch("orders", order)
        for symbol in self.keeper.positions:
            self.context.touch("positions", symbol)
        for position in self.keeper.closed:
            self.context.touch("trades", position.ticket_id)

    def _watch_loss(self) -> None:
        context = self.context
        pnl = self.keeper.day_pnl()
        if pnl is None or self._loss_told or pnl > -context.config.risk.max_daily_loss:
            return
        self._loss_told = True
        context.log("error", f"DAILY LOSS LIMIT reached: {pnl:,.2f}; no new entry today")
        if context.auto:
            self.set_auto(False, "daily loss")

    def last_price(self, symbol: str) -> float:
        followed = self.watchlist.symbols.get(symbol)
        return followed.last if followed is not None else 0.0

    def _closes(self, symbol: str) -> list[float]:
        followed = self.watchlist.symbols.get(symbol)
        return [bar.close for bar in followed.daily] if followed is not None else []

    def problems(self) -> list[str]:
        """What must not happen: unacknowledged mismatches and faults of the desk itself."""
        return [*self.context.mismatches, *([self.context.fault] if self.context.fault else [])]

    def local(self, ts: float) -> datetime:
        """``ts`` as exchange-local time."""
        return self.context.day.local(ts)
