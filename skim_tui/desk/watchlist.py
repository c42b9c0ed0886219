"""The symbols the desk follows today: their market data, their opening ranges, their candidacy."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from skim_tui.broker.port import ScanRequest
from skim_tui.desk.context import Context
from skim_tui.domain.candidate import CandidateState, ScanRule, advance
from skim_tui.domain.events import DailyHistory, HaltChanged, ScanResult
from skim_tui.domain.instrument import Instrument
from skim_tui.domain.market import Announcement, Bar, DailyBar, Quote, Trade, minute_of
from skim_tui.domain.opening_range import Breakout, RangeRule, SymbolDay, gap_pct
from skim_tui.journal import CandidateRecord

MISSED_AFTER = 90.0
"""A break older than this when it becomes known is history, not a signal (exchange seconds)."""

DAILY_SESSIONS = 60
MAX_BARS = 1000


class Followed:
    """One followed symbol. ``state`` is its candidacy; a held symbol is followed whatever its state."""

    __slots__ = (
        "bars",
        "daily",
        "forming",
        "halted",
        "has_daily",
        "headline",
        "instrument",
        "prev_close",
        "quote",
        "rank",
        "scanned",
        "state",
        "symbol",
        "tracker",
        "watched",
        "why_not",
    )

    def __init__(self, symbol: str, tracker: SymbolDay) -> None:
        self.symbol = symbol
        self.rank = 0
        self.state = CandidateState.WATCHING
        self.why_not = ""
        self.prev_close = 0.0
        self.daily: tuple[DailyBar, ...] = ()
        self.has_daily = False
        self.instrument: Instrument | None = None
        self.tracker = tracker
        self.quote: Quote | None = None
        self.halted: bool | None = False
        self.headline = ""
        self.watched = False
        self.scanned = False
        self.bars: list[Bar] = []
        self.forming: Bar | None = None

    @property
    def gap(self) -> float | None:
        return gap_pct(self.prev_close, self.tracker.open)

    @property
    def last(self) -> float:
        return self.tracker.last or self.prev_close


class Watchlist:
    """Feeds market events to each symbol's day and moves candidates through their states."""

    def __init__(self, context: Context, on_breakout: Callable[[Followed, Breakout], None]) -> None:
        self._context = context
        self._on_breakout = on_breakout
        config = context.config
        self.rule = ScanRule(
            min_gap_pct=config.scan.min_gap_pct,
            max_gap_pct=config.scan.max_gap_pct,
            min_volume=config.scan.min_volume,
            min_price=config.scan.min_price,
        )
        self._range_rule = RangeRule(
            minutes=config.opening_range.minutes,
            include_auction=config.opening_range.include_auction,
            min_bars=config.opening_range.min_bars,
        )
        self.symbols: dict[str, Followed] = {}
        self._news: dict[str, Announcement] = {}
        """Each symbol's newest announcement, whether or not it is followed yet."""
        self._pending: set[str] = set()
        """Symbols whose state may change with time alone: open window, quiet tape."""

    def start_day(self, keep: Iterable[str] = ()) -> None:
        """Forget yesterday; follow ``keep`` (held symbols) and ask for the gap scan."""
        for followed in self.symbols.values():
            if followed.watched:
                self._context.broker.unwatch(followed.symbol)
            self._context.touch("candidates", followed.symbol)
        self.symbols.clear()
        self._pending.clear()
        for symbol in keep:
            self.follow(symbol)
        self.request_scan()

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
        self._stream(followed)
        return followed

    # ---- events ---------------------------------------------------------------------------

    def on_scan(self, result: ScanResult) -> None:
        limit = self._context.config.scan.max_candidates
        for row in result.rows:
            known = self.symbols.get(row.symbol)
            if known is not None:
                known.rank, known.scanned = row.rank + 1, True
                self._context.touch("candidates", row.symbol)
                continue
            if sum(1 for followed in self.symbols.values() if followed.watched) >= limit:
                continue
            followed = self.follow(row.symbol)
            followed.rank, followed.scanned = row.rank + 1, True
            self._context.log("info", f"{row.symbol}: on the gap scan at rank {row.rank + 1}")

    def on_instrument(self, instrument: Instrument) -> None:
        followed = self.symbols.get(instrument.symbol)
        if followed is not None:
            followed.instrument = instrument
            self._context.touch("candidates", instrument.symbol)

    def on_daily(self, history: DailyHistory) -> None:
        followed = self.symbols.get(history.symbol)
        if followed is None:
            return
        followed.daily, followed.has_daily = history.bars, True
        previous = self._context.calendar.previous(self._context.session_date)
        newest = history.bars[-1] if history.bars else None
        followed.prev_close = newest.close if newest is not None and newest.date == previous else 0.0
        self._evaluate(followed)

    def on_bars(self, bars: Iterable[Bar]) -> None:
        """Closed minute bars; unknown symbols are taken up only when everything is tracked."""
        symbols, track_all = self.symbols, self._context.track_all
        for bar in bars:
            followed = symbols.get(bar.symbol)
            if followed is None:
                if not track_all:
                    continue
                followed = self._get(bar.symbol)
            breakout = followed.tracker.on_bar(bar)
            if followed.watched:
                self._keep_bar(followed, bar)
            if followed.state is not CandidateState.DROPPED:
                self._evaluate(followed, breakout)

    def on_trade(self, trade: Trade) -> None:
        followed = self.symbols.get(trade.symbol)
        if followed is None:
            return
        breakout = followed.tracker.on_trade(trade)
        self._form_bar(followed, trade)
        self._context.touch("candidates", trade.symbol)
        if followed.state is not CandidateState.DROPPED:
            self._evaluate(followed, breakout)

    def on_quote(self, quote: Quote) -> None:
        followed = self.symbols.get(quote.symbol)
        if followed is not None:
            followed.quote = quote
            self._context.touch("candidates", quote.symbol)

    def on_halt(self, change: HaltChanged) -> None:
        followed = self.symbols.get(change.symbol)
        if followed is None:
            return
        if change.halted and not followed.halted:
            self._context.log("warning", f"{change.symbol}: halted")
        elif followed.halted and change.halted is False:
            self._context.log("info", f"{change.symbol}: trading again")
        followed.halted = change.halted
        self._context.touch("candidates", change.symbol)

    def on_announcement(self, item: Announcement) -> None:
        newest = self._news.get(item.symbol)
        if newest is not None and (newest.ts, newest.price_sensitive) > (item.ts, item.price_sensitive):
            return
        self._news[item.symbol] = item
        followed = self.symbols.get(item.symbol)
        if followed is not None:
            followed.headline = _headline(item)
            self._context.touch("candidates", item.symbol)

    def on_failed(self, what: str, symbol: str, reason: str) -> None:
        """A candidate whose data cannot be had is dropped, not left hanging."""
        followed = self.symbols.get(symbol)
        waiting = (CandidateState.WATCHING, CandidateState.TRACKING, CandidateState.READY)
        if followed is not None and followed.state in waiting:
            self.drop(followed, f"{what} failed: {reason}")

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
            reason = f": {why_not}" if why_not else ""
            self._context.log("info", f"{followed.symbol}: {followed.state}{reason}")

    def drop(self, followed: Followed, why_not: str) -> None:
        self.move(followed, CandidateState.DROPPED, why_not)

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
                self.drop(followed, unfinished[followed.state])
        return [self._record(followed) for followed in self.symbols.values()]

    def _evaluate(self, followed: Followed, breakout: Breakout | None = None) -> None:
        tracker = followed.tracker
        if followed.state is CandidateState.WATCHING:
            if tracker.open == 0.0 or not followed.has_daily:
                return
            refusal = self.rule.refusal(followed.gap, tracker.open)
            if refusal:
                self.drop(followed, refusal)
                return
            self.move(followed, CandidateState.TRACKING)
            self._pending.add(followed.symbol)
            self._stream(followed)
            breakout = breakout or tracker.breakout
        if followed.state is CandidateState.TRACKING and tracker.is_over:
            if not tracker.is_complete:
                self.drop(followed, f"opening range has {tracker.range_bars} of {tracker.rule.min_bars} bars")
                return
            self.move(followed, CandidateState.READY)
            breakout = breakout or tracker.breakout
        if breakout is not None and followed.state is CandidateState.READY:
            self.move(followed, CandidateState.BROKEN_OUT)
            late = self._context.now() - breakout.ts
            refusal = self.rule.volume_refusal(tracker.volume)
            if refusal:
                self.drop(followed, refusal)
            elif late > MISSED_AFTER:
                broke = self._context.day.local(breakout.ts)
                self.drop(followed, f"broke at {broke:%H:%M}, known only {late / 60:.0f} min later")
            else:
                self._on_breakout(followed, breakout)

    # ---- details ----------------------------------------------------------------------------

    def _get(self, symbol: str) -> Followed:
        followed = self.symbols.get(symbol)
        if followed is None:
            followed = Followed(symbol, SymbolDay(symbol, self._context.day, self._range_rule))
            self.symbols[symbol] = followed
            if symbol in self._news:
                followed.headline = _headline(self._news[symbol])
            self._context.broker.fetch_daily(symbol, DAILY_SESSIONS)
        return followed

    def _stream(self, followed: Followed) -> None:
        if not followed.watched:
            followed.watched = True
            self._context.broker.resolve(followed.symbol)
            self._context.broker.watch(followed.symbol)

    @staticmethod
    def _keep_bar(followed: Followed, bar: Bar) -> None:
        bars = followed.bars
        if not bars or bar.ts > bars[-1].ts:
            bars.append(bar)
            if len(bars) > MAX_BARS:
                del bars[0]
        if followed.forming is not None and followed.forming.ts <= bar.ts:
            followed.forming = None

    @staticmethod
    def _form_bar(followed: Followed, trade: Trade) -> None:
        minute, price = minute_of(trade.ts), trade.price
        forming = followed.forming
        if forming is not None and forming.ts == minute:
            followed.forming = Bar(
                trade.symbol,
                minute,
                forming.open,
                max(forming.high, price),
                min(forming.low, price),
                price,
                forming.volume + trade.size,
            )
        elif not followed.bars or minute > followed.bars[-1].ts:
            followed.forming = Bar(trade.symbol, minute, price, price, price, price, trade.size)

    def _record(self, followed: Followed) -> CandidateRecord:
        tracker = followed.tracker
        breakout = tracker.breakout
        return CandidateRecord(
            account=self._context.account_id,
            session_date=self._context.session_date,
            symbol=followed.symbol,
            prev_close=followed.prev_close or None,
            open=tracker.open or None,
            gap_pct=followed.gap,
            or_high=tracker.or_high if tracker.has_range else None,
            or_low=tracker.or_low if tracker.has_range else None,
            first_break_ts=breakout.minute if breakout else None,
            break_price=breakout.price if breakout else None,
            low_of_day_at_break=breakout.low_of_day if breakout else None,
            state=followed.state.value,
            why_not=followed.why_not,
        )


def _headline(item: Announcement) -> str:
    return ("$ " if item.price_sensitive else "") + item.headline
