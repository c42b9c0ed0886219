"""The turn of the trading day on the desk: what begins with a session, what ends with it, what is told of it."""

from __future__ import annotations

from collections.abc import Callable

from skim_tui.desk import alerting
from skim_tui.desk.context import Context
from skim_tui.desk.market.watchlist import Watchlist
from skim_tui.desk.news.newsroom import Newsroom
from skim_tui.desk.news.press import Press
from skim_tui.desk.telling.report import DailyReport, build_report, candidate_line
from skim_tui.desk.telling.reporttext import as_markdown
from skim_tui.desk.trading.approvals import Approvals
from skim_tui.desk.trading.books import Books
from skim_tui.desk.trading.discipline import Discipline
from skim_tui.desk.trading.ticketbook import TicketBook
from skim_tui.domain.candidate import CandidateState
from skim_tui.domain.session import CURRENCIES
from skim_tui.journal import CandidateRecord


class TradingDay:
    """Begins and ends each session once, in the parts that keep something for a day."""

    def __init__(
        self,
        context: Context,
        watchlist: Watchlist,
        tickets: TicketBook,
        approvals: Approvals,
        books: Books,
        discipline: Discipline,
        press: Press,
        newsroom: Newsroom,
        disarm: Callable[[str], None],
    ) -> None:
        self._context = context
        self._watchlist = watchlist
        self._tickets = tickets
        self._approvals = approvals
        self._books = books
        self._discipline = discipline
        self._press = press
        self._newsroom = newsroom
        self._disarm = disarm
        self.candidate_records: list[CandidateRecord] = []
        """Records of the sessions finished in this run, where they are kept."""
        self.keep_records = False
        self.on_begun: Callable[[], None] = lambda: None
        """Called when a session begins, after its scan was asked for."""
        self.on_over: Callable[[], None] = lambda: None
        """Called when a session's books are closed."""
        self.begun = False
        self.finished = False
        self._candidates_told = False
        self._joined = 0.0
        """When this desk began with the session."""

    def begin(self) -> None:
        """A session: yesterday's candidates, tickets and losses are history."""
        self.begun, self.finished = True, False
        self._candidates_told = False
        context = self._context
        self._joined = context.now()
        context.journal.save(events=[context.event("desk", "session started", str(context.session_date))])
        self._tickets.start_day()
        self._books.start_day()
        self._discipline.start_day()
        context.acknowledged.clear()
        self._press.start_day()
        self._newsroom.start_day()
        self._watchlist.start_day(keep=self._books.positions)
        context.log("info", f"session {context.session_date} on {context.day.mic}")
        context.touch("header", "")
        self.on_begun()
        account = context.account
        context.alert(
            alerting.session_start(
                context.now(), str(context.session_date), context.day.mic, context.account_id,
                account.equity if account else None, context.auto,
            )
        )  # fmt: skip

    def finish(self) -> None:
        """Close the books of the session: candidates recorded, tickets expired, auto disarmed. Idempotent."""
        if self.finished or not self.begun:
            return
        self.finished = True
        context = self._context
        self._approvals.end_day()
        self._newsroom.end_day()
        records = self._watchlist.candidacy.finish_day()
        if self.keep_records:
            self.candidate_records.extend(records)
        context.journal.save(*records, events=[context.event("desk", "session ended", str(context.session_date))])
        if context.auto:
            self._disarm("session end")
        context.log("info", f"session {context.session_date} ended")
        self.on_over()

    def turn(self, now: float) -> None:
        """End the session and begin the next one when their time has come."""
        context = self._context
        if now >= context.day.end:
            self.finish()
        if self.finished:
            following = context.calendar.current_or_next(now)
            if following.date > context.day.date and now >= following.pre_open:
                context.day = following
                self.begin()

    def tell_candidates(self, now: float) -> None:
        """Once a session, when the opening ranges are over, or a minute after a desk came later than that."""
        day = self._context.day
        due = max(day.open + self._context.config.opening_range.minutes * 60.0, self._joined) + 60.0
        if self._candidates_told or not due <= now < day.close:
            return
        self._candidates_told = True
        living = (CandidateState.TRACKING, CandidateState.READY, CandidateState.TICKETED, CandidateState.ENTERED)
        found = [one for one in self._watchlist.symbols.values() if one.state in living and one.gap is not None]
        found.sort(key=lambda one: (-(one.gap or 0.0), one.symbol))
        self._context.alert(alerting.candidates(now, [(one.symbol, one.gap, one.headline) for one in found]))

    def report(self) -> tuple[DailyReport, str]:
        """The session so far, and as Markdown. Raises :class:`skim_tui.journal.JournalError`."""
        context = self._context
        lines = None
        if not self.finished:
            shown = [one for one in self._watchlist.symbols.values() if one.scanned]
            shown.sort(key=lambda one: (one.rank, one.symbol))
            lines = [candidate_line(one) for one in shown]
        currency = CURRENCIES[context.day.mic]
        report = build_report(context.journal.journal, context.account_id, context.day, currency, lines)
        return report, as_markdown(report, context.day)
