"""The symbols the desk follows today: each market event on its way to its symbol's day and its candidacy."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date

from skim_tui.broker.port import ScanRequest
from skim_tui.desk.context import Context
from skim_tui.desk.market.candidacy import Candidacy
from skim_tui.desk.market.followed import Followed
from skim_tui.desk.market.following import Following
from skim_tui.desk.market.newsfile import NewsFile
from skim_tui.desk.rules import index_symbol
from skim_tui.domain.breakout import Breakout
from skim_tui.domain.candidate import CandidateState
from skim_tui.domain.events import DailyHistory, HaltChanged, MinuteHistory, OpenPrice, ScanResult, ShortAvailability
from skim_tui.domain.gapscan import CorporateAction, adjusted_close
from skim_tui.domain.instrument import Instrument
from skim_tui.domain.market import MINUTE, Announcement, Bar, Quote, Trade
from skim_tui.domain.volume import session_minutes
from skim_tui.redaction import redactor

COMPETING_SESSION = "10197"


class Watchlist:
    """Feeds market events to the followed symbols; ``following`` holds those, ``candidacy`` judges them."""

    def __init__(
        self,
        context: Context,
        on_breakout: Callable[[Followed, Breakout], None],
        actions: Mapping[str, Sequence[CorporateAction]] | None = None,
    ) -> None:
        self._context = context
        self._actions = actions or {}
        self.news = NewsFile(context)
        """What was announced since the last close."""
        self.following = Following(context, self.news)
        self.symbols = self.following.symbols
        self.candidacy = Candidacy(context, self.following, self.news, on_breakout)

    def start_day(self, keep: Iterable[str] = ()) -> None:
        """Forget yesterday; follow ``keep`` (held symbols) and ask for the gap scan."""
        self.candidacy.start_day()
        self.news.start_day()
        self.following.start_day(keep)
        index = index_symbol(self._context.config)
        if index:
            # All session, so that its price at the time of any news is known.
            self.candidacy.drop(self.follow(index), "the market's index: measured against, not traded")
        rule = self.candidacy.rule
        self._context.broker.scan(
            ScanRequest(min_gap_pct=rule.min_gap_pct, min_volume=rule.min_volume, min_price=rule.min_price)
        )
        for symbol in self._context.config.scan.symbols:
            self.following.take_up(symbol, "list")

    def follow(self, symbol: str) -> Followed:
        """Follow a symbol with live quotes, whether or not it is a candidate. Idempotent."""
        return self.following.follow(symbol)

    # ---- events ---------------------------------------------------------------------------

    def on_scan(self, result: ScanResult) -> None:
        for row in result.rows:
            followed = self.following.take_up(row.symbol, "scan")
            if followed is None:
                self.following.tell_no_room(row.symbol, row.rank)
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
        self.candidacy.evaluate(followed)

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
                followed = self.following.get(bar.symbol)
                followed.source = "own computation"
            breakout = followed.tracker.on_bar(bar)
            if followed.watched:
                followed.on_bar(bar)
                followed.measure_volume(bar.ts + MINUTE)
            self.candidacy.evaluate(followed, breakout)

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
            self.candidacy.evaluate(followed)

    def on_disconnect(self) -> None:
        """Trades may be missed from now on: no range ends before its bars are known."""
        for followed in self.symbols.values():
            followed.tracker.blind = followed.watched

    def on_trade(self, trade: Trade) -> None:
        followed = self.symbols.get(trade.symbol)
        if followed is None:
            return
        breakout = followed.tracker.on_trade(trade)
        followed.on_trade(trade)
        self._context.touch("candidates", trade.symbol)
        self.candidacy.evaluate(followed, breakout)

    def on_quote(self, quote: Quote) -> None:
        followed = self.symbols.get(quote.symbol)
        if followed is None:
            return
        followed.quote = quote
        self._context.touch("candidates", quote.symbol)
        if followed.state is CandidateState.READY:
            breakout = followed.tracker.on_quote(quote, self._context.now())
            if breakout is not None:
                self.candidacy.evaluate(followed, breakout)

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
                self.candidacy.track_again(followed)
        self._context.touch("candidates", change.symbol)

    def on_announcement(self, item: Announcement) -> None:
        for symbol in self.news.take(item):
            followed = self.symbols.get(symbol)
            if followed is None and item.price_sensitive and self._context.config.scan.follow_announcements:
                followed = self.following.take_up(symbol, "announcement")
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
            self.candidacy.drop(followed, f"{what} failed: {redactor.text(reason)}")
