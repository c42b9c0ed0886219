"""The symbols the desk follows today: their market data, their opening ranges, their candidacy."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date

from skim_tui.broker.port import MinuteSource, ScanRequest
from skim_tui.desk.context import Context
from skim_tui.desk.followed import Followed
from skim_tui.desk.newsfile import NewsFile
from skim_tui.desk.rules import break_rule, index_symbol, range_rule, scan_rule
from skim_tui.domain.breakout import Breakout
from skim_tui.domain.candidate import CandidateState, advance
from skim_tui.domain.events import DailyHistory, HaltChanged, MinuteHistory, OpenPrice, ScanResult, ShortAvailability
from skim_tui.domain.gapscan import CorporateAction, adjusted_close
from skim_tui.domain.instrument import Instrument
from skim_tui.domain.market import MINUTE, Announcement, Bar, Quote, Trade
from skim_tui.domain.symbolday import SymbolDay
from skim_tui.domain.volume import session_minutes
from skim_tui.journal import CandidateRecord
from skim_tui.redaction import redactor

MISSED_AFTER = 90.0
"""A break older than this when it becomes known is history, not a signal (exchange seconds)."""

DAILY_SESSIONS = 60

COMPETING_SESSION = "10197"


class Watchlist:
    """Feeds market events to each symbol's day and moves candidates through their states."""

    def __init__(
        self,
        context: Context,
        on_breakout: Callable[[Followed, Breakout], None],
        actions: Mapping[str, Sequence[CorporateAction]] | None = None,
    ) -> None:
        self._context = context
        self._on_breakout = on_breakout
        self._actions = actions or {}
        config = context.config
        self.rule = scan_rule(config)
        self._range_rule = range_rule(config)
        self._break_rule = break_rule(config)
        self.news = NewsFile(context)
        """What was announced since the last close."""
        self.symbols: dict[str, Followed] = {}
        self._no_room: set[str] = set()
        self._minutes_asked: set[str] = set()
        self._pending: set[str] = set()
        self._unrecorded: set[str] = set()
        """Symbols whose state may change with time alone: open window, quiet tape."""

    def start_day(self, keep: Iterable[str] = ()) -> None:
        """Forget yesterday; follow ``keep`` (held symbols) and ask for the gap scan."""
        for followed in self.symbols.values():
            if followed.watched:
                self._context.broker.unwatch(followed.symbol)
            self._context.touch("candidates", followed.symbol)
        self.symbols.clear()
        self._pending.clear()
        self._no_room.clear()
        self._minutes_asked.clear()
        self.news.start_day()
        for symbol in keep:
            self.follow(symbol)
        self._follow_index()
        self.request_scan()
        for symbol in self._context.config.scan.symbols:
            self._take_up(symbol, "list")

    def request_scan(self) -> None:
        """Ask the broker for the gap scan (again, after a reconnect)."""
        self._context.broker.scan(
            ScanRequest(
                min_gap_pct=self.rule.min_gap_pct, min_volume=self.rule.min_volume, min_price=self.rule.min_price
            )
        )

    def follow(self, symbol: str) -> Followed:
        """Follow a symbol with live quotes, whether or not it is a candidate. Idempotent."""
        followed = self._get(symbol)
        followed.kept = True
        self._stream(followed)
        return followed

    def fetch_minutes(self, symbol: str) -> None:
        """Ask once a day for a symbol's minutes of earlier sessions: so long an answer that only a candidate and a
        share whose news is being tested are worth it."""
        broker, sessions = self._context.broker, self._context.config.scan.minute_sessions
        if sessions and symbol not in self._minutes_asked and isinstance(broker, MinuteSource):
            self._minutes_asked.add(symbol)
            broker.fetch_minutes(symbol, sessions)

    def release(self, symbol: str) -> None:
        """End the streaming of a symbol that was followed for another reason than its candidacy, which is over."""
        followed = self.symbols.get(symbol)
        if followed is None:
            return
        followed.kept = False
        if (
            followed.watched
            and not followed.scanned
            and followed.state
            in (
                CandidateState.WATCHING,
                CandidateState.DROPPED,
            )
        ):
            followed.watched = False
            self._context.broker.unwatch(symbol)
            self._context.touch("candidates", symbol)

    # ---- events ---------------------------------------------------------------------------

    def on_scan(self, result: ScanResult) -> None:
        for row in result.rows:
            followed = self._take_up(row.symbol, "scan")
            if followed is None:
                self._tell_no_room(row.symbol, row.rank)
                continue
            if not followed.scanned:
                self._context.log("info", f"{row.symbol}: on the gap scan at rank {row.rank + 1}")
            followed.rank, followed.scanned = row.rank + 1, True
            self._context.touch("candidates", row.symbol)

    def on_instrument(self, instrument: Instrument) -> None:
        followed = self.symbols.get(instrument.symbol)
        if followed is not None:
            followed.instrument = instrument
            followed.tracker.ladder = instrument.ladder
            self._context.touch("candidates", instrument.symbol)

    def on_daily(self, history: DailyHistory) -> None:
        followed = self.symbols.get(history.symbol)
        if followed is None:
            return
        today = self._context.session_date
        followed.daily, followed.has_daily = history.bars, True
        previous = self._context.calendar.previous(today)
        newest = history.bars[-1] if history.bars else None
        followed.prev_close = 0.0
        if newest is not None and newest.date == previous:
            actions = self._actions.get(history.symbol, ())
            followed.prev_close = adjusted_close(newest.close, newest.date, today, actions)
        self._evaluate(followed)

    def on_minutes(self, history: MinuteHistory) -> None:
        """Earlier sessions by minute: the better base of relative volume and of the shock test."""
        followed = self.symbols.get(history.symbol)
        if followed is None:
            return
        calendar, by_date = self._context.calendar, dict[date, list[Bar]]()
        for bar in history.bars:
            by_date.setdefault(self._context.day.local(bar.ts).date(), []).append(bar)
        followed.minutes = tuple(
            session_minutes(calendar.day(day), bars)
            for day, bars in sorted(by_date.items())
            if calendar.is_session(day)
        )
        followed.measure_volume(self._context.now())
        self._context.touch("candidates", history.symbol)

    def on_bars(self, bars: Iterable[Bar]) -> None:
        """Closed minute bars; unknown symbols are taken up only when everything is tracked."""
        symbols, track_all = self.symbols, self._context.track_all
        for bar in bars:
            followed = symbols.get(bar.symbol)
            if followed is None:
                if not track_all:
                    continue
                followed = self._get(bar.symbol)
                followed.source = "own computation"
            breakout = followed.tracker.on_bar(bar)
            if followed.watched:
                followed.on_bar(bar)
                followed.measure_volume(bar.ts + MINUTE)
            self._note(followed, breakout)
            if followed.state is not CandidateState.DROPPED:
                self._evaluate(followed, breakout)

    def on_today(self, symbol: str, bars: Iterable[Bar]) -> None:
        """Today's bars so far: what was missed is known again."""
        self.on_bars(bars)
        followed = self.symbols.get(symbol)
        if followed is not None:
            followed.tracker.blind = False

    def on_open(self, told: OpenPrice) -> None:
        """The exchange's own word on today's open: what the gap is measured by."""
        followed = self.symbols.get(told.symbol)
        if followed is None:
            return
        followed.tracker.on_open(told.ts, told.price)
        self._context.touch("candidates", told.symbol)
        if followed.state is CandidateState.WATCHING:
            self._evaluate(followed)

    def on_disconnect(self) -> None:
        """Trades may be missed from now on: no range ends before its bars are known."""
        for followed in self.symbols.values():
            followed.tracker.blind = followed.watched

    def on_trade(self, trade: Trade) -> None:
        followed = self.symbols.get(trade.symbol)
        if followed is None:
            return
        breakout = followed.tracker.on_trade(trade)
        self._note(followed, breakout)
        followed.on_trade(trade)
        self._context.touch("candidates", trade.symbol)
        if followed.state is not CandidateState.DROPPED:
            self._evaluate(followed, breakout)

    def on_quote(self, quote: Quote) -> None:
        followed = self.symbols.get(quote.symbol)
        if followed is None:
            return
        followed.quote = quote
        self._context.touch("candidates", quote.symbol)
        if followed.state is CandidateState.READY:
            breakout = followed.tracker.on_quote(quote, self._context.now())
            self._note(followed, breakout)
            if breakout is not None:
                self._evaluate(followed, breakout)

    def on_borrow(self, said: ShortAvailability) -> None:
        """Keep what the broker says of the shares that can be borrowed."""
        followed = self.symbols.get(said.symbol)
        if followed is not None:
            followed.borrow = said
            self._context.touch("candidates", said.symbol)

    def on_halt(self, change: HaltChanged) -> None:
        followed = self.symbols.get(change.symbol)
        if followed is None:
            return
        if change.halted and not followed.halted:
            self._context.log("warning", f"{change.symbol}: halted")
        elif followed.halted and change.halted is False:
            self._context.log("info", f"{change.symbol}: trading again")
        followed.on_halt(change.ts, change.halted)
        if change.halted is not None:
            followed.tracker.on_halt(change.ts, change.halted)
            if followed.state is CandidateState.READY and not followed.tracker.is_over:
                self.move(followed, CandidateState.TRACKING)
                self._pending.add(followed.symbol)
        self._context.touch("candidates", change.symbol)

    def on_announcement(self, item: Announcement) -> None:
        for symbol in self.news.take(item):
            followed = self.symbols.get(symbol)
            if followed is None and item.price_sensitive and self._context.config.scan.follow_announcements:
                followed = self._take_up(symbol, "announcement")
            if followed is not None:
                followed.headline = self.news.headline(symbol)
                self._context.touch("candidates", symbol)

    def on_failed(self, what: str, symbol: str, reason: str) -> None:
        """A candidate whose data cannot be had is dropped, not left hanging. One whose data another session of the
        same user takes for a while (10197) is not: they come back, and until then its quote is too old to enter on."""
        if what == "watch" and COMPETING_SESSION in reason:
            return
        if what == "fetch_minutes":
            return  # its volume is compared by days then
        followed = self.symbols.get(symbol)
        waiting = (CandidateState.WATCHING, CandidateState.TRACKING, CandidateState.READY)
        if followed is not None and followed.state in waiting:
            self.drop(followed, f"{what} failed: {redactor.text(reason)}")

    def on_time(self, now: float) -> None:
        """Let windows of quiet symbols end."""
        for symbol in tuple(self._pending):
            followed = self.symbols.get(symbol)
            if followed is None or followed.state is not CandidateState.TRACKING:
                self._pending.discard(symbol)
                continue
            followed.tracker.on_time(now)
            if followed.tracker.is_over:
                self._evaluate(followed)

    # ---- candidacy --------------------------------------------------------------------------

    def move(self, followed: Followed, to: CandidateState, why_not: str = "") -> None:
        """Change a candidate's state; the first reason why it was not traded is kept."""
        followed.state = advance(followed.state, to)
        if why_not and not followed.why_not:
            followed.why_not = why_not
        self._context.touch("candidates", followed.symbol)
        if followed.scanned:
            self._unrecorded.add(followed.symbol)
            reason = f": {why_not}" if why_not else ""
            self._context.log("info", f"{followed.symbol}: {followed.state}{reason}")

    def drop(self, followed: Followed, why_not: str) -> None:
        self.move(followed, CandidateState.DROPPED, why_not)

    def lapse(self, followed: Followed, why_not: str) -> None:
        """A signal came to nothing: the candidate waits for its next break, if it may have one, or is dropped."""
        if not followed.tracker.may_signal:
            self.drop(followed, why_not)
            return
        followed.lapsed = why_not
        self.move(followed, CandidateState.READY)
        self._context.log("info", f"{followed.symbol}: {why_not}; waits to break again")

    def unrecorded(self) -> list[CandidateRecord]:
        """Scanned candidates as they stand that moved since this was last asked."""
        moved = [self.symbols[symbol] for symbol in sorted(self._unrecorded) if symbol in self.symbols]
        self._unrecorded.clear()
        return [self._record(followed) for followed in moved]

    def finish_day(self) -> list[CandidateRecord]:
        """Close the day's candidates and return one record for each followed symbol that traded."""
        unfinished = {
            CandidateState.WATCHING: "never opened with a known previous close",
            CandidateState.TRACKING: "opening range never completed",
            CandidateState.READY: "no break of the opening-range high",
            CandidateState.BROKEN_OUT: "no ticket",
        }
        for followed in self.symbols.values():
            if followed.state in unfinished:
                self.drop(followed, followed.lapsed or unfinished[followed.state])
        return [self._record(followed) for followed in self.symbols.values()]

    def _evaluate(self, followed: Followed, breakout: Breakout | None = None) -> None:
        """Move a candidate as far as what is known of it allows."""
        tracker = followed.tracker
        if followed.state is CandidateState.WATCHING:
            if tracker.open == 0.0 or not followed.has_daily:
                return
            refusal = self.rule.refusal(followed.gap, tracker.open, followed.daily)
            if refusal:
                self.drop(followed, refusal)
                return
            self.move(followed, CandidateState.TRACKING)
            self._pending.add(followed.symbol)
            self._stream(followed)
            self.fetch_minutes(followed.symbol)
            breakout = breakout or tracker.breakout
        if followed.state is CandidateState.TRACKING and tracker.is_over:
            refusal = self.rule.spread_refusal(followed.spreads)
            if not tracker.is_complete:
                refusal = f"opening range has {tracker.range_bars} of {tracker.rule.min_bars} bars"
            if refusal:
                self.drop(followed, refusal)
                return
            self.move(followed, CandidateState.READY)
            breakout = breakout or tracker.breakout
        if breakout is not None and followed.state is CandidateState.READY:
            self.move(followed, CandidateState.BROKEN_OUT)
            refusal = self._refuse_break(followed, breakout)
            if refusal:
                self.lapse(followed, refusal)
            else:
                self._on_breakout(followed, breakout)

    def _refuse_break(self, followed: Followed, breakout: Breakout) -> str:
        """Why a break makes no ticket; empty when it does."""
        late = self._context.now() - breakout.ts
        if late > MISSED_AFTER:
            broke = self._context.day.local(breakout.ts)
            return f"broke at {broke:%H:%M}, known only {late / 60:.0f} min later"
        relative = followed.measure_volume(breakout.ts)
        refusal = self.rule.volume_refusal(followed.tracker.volume, relative)
        return refusal or self.news.finding(followed.symbol).refusal

    # ---- details ----------------------------------------------------------------------------

    @staticmethod
    def _note(followed: Followed, breakout: Breakout | None) -> None:
        """Keep the relative volume of the day's first break, whatever becomes of it."""
        if breakout is not None and followed.tracker.signals == 1:
            followed.relative_at_break = followed.measure_volume(breakout.ts)

    def _take_up(self, symbol: str, source: str) -> Followed | None:
        """Follow a possible candidate if there is room for its market data; None when there is none."""
        known = self.symbols.get(symbol)
        if known is not None and (known.watched or known.state is CandidateState.DROPPED):
            return known
        if not self._make_room():
            return None
        followed = self._get(symbol)
        followed.source = followed.source or source
        self._stream(followed)
        return followed

    def _follow_index(self) -> None:
        """The market is measured by it all session, so that its price at the time of any news is known."""
        symbol = index_symbol(self._context.config)
        if symbol:
            self.drop(self.follow(symbol), "the market's index: measured against, not traded")

    def _make_room(self) -> bool:
        """Whether another symbol may be streamed; one that was dropped gives up its place."""
        watched = [followed for followed in self.symbols.values() if followed.watched]
        if len(watched) < self._context.config.scan.max_candidates:
            return True
        for followed in watched:
            if followed.state is CandidateState.DROPPED and not followed.kept:
                followed.watched = False
                self._context.broker.unwatch(followed.symbol)
                return True
        return False

    def _tell_no_room(self, symbol: str, rank: int) -> None:
        """Say once a day which of the scan's names is not followed, and why."""
        if symbol not in self._no_room:
            self._no_room.add(symbol)
            most = self._context.config.scan.max_candidates
            self._context.log(
                "warning", f"{symbol}: on the gap scan at rank {rank + 1}, not followed: {most} are already"
            )

    def _get(self, symbol: str) -> Followed:
        followed = self.symbols.get(symbol)
        if followed is None:
            followed = Followed(symbol, SymbolDay(symbol, self._context.day, self._range_rule, self._break_rule))
            self.symbols[symbol] = followed
            followed.headline = self.news.headline(symbol)
            self._context.broker.fetch_daily(symbol, DAILY_SESSIONS)
        return followed

    def _stream(self, followed: Followed) -> None:
        if not followed.watched:
            followed.watched = True
            self._context.broker.resolve(followed.symbol)
            self._context.broker.watch(followed.symbol)

    def _record(self, followed: Followed) -> CandidateRecord:
        news = self.news.finding(followed.symbol).item
        return followed.record(
            self._context.account_id, self._context.session_date, news.headline if news is not None else ""
        )
