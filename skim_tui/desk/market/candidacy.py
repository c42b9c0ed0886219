"""A candidate's way from its gap to its break: each step it takes, and the first reason why it takes none further."""

from __future__ import annotations

from collections.abc import Callable

from skim_tui.desk.context import Context
from skim_tui.desk.market.followed import Followed
from skim_tui.desk.market.following import Following
from skim_tui.desk.market.newsfile import NewsFile
from skim_tui.desk.rules import scan_rule
from skim_tui.domain.breakout import Breakout
from skim_tui.domain.candidate import CandidateState, advance
from skim_tui.journal import CandidateRecord

MISSED_AFTER = 90.0
"""A break older than this when it becomes known is history, not a signal (exchange seconds)."""

UNFINISHED = {
    CandidateState.WATCHING: "never opened with a known previous close",
    CandidateState.TRACKING: "opening range never completed",
    CandidateState.READY: "no break of the opening-range high",
    CandidateState.BROKEN_OUT: "no ticket",
}
"""Why a candidate that stands there at the end of the day was not traded."""


class Candidacy:
    """Judges candidates by what is known of them. ``on_breakout`` hears of each break that may make a ticket."""

    def __init__(
        self,
        context: Context,
        following: Following,
        news: NewsFile,
        on_breakout: Callable[[Followed, Breakout], None],
    ) -> None:
        self._context = context
        self._following = following
        self._news = news
        self._on_breakout = on_breakout
        self.rule = scan_rule(context.config)
        self._pending: set[str] = set()
        """Symbols whose state may change with time alone: open window, quiet tape."""
        self._unrecorded: set[str] = set()
        """Scanned symbols whose state moved since it was last recorded."""

    def start_day(self) -> None:
        self._pending.clear()
        self._unrecorded.clear()

    # ---- states -------------------------------------------------------------------------------------

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

    def track_again(self, followed: Followed) -> None:
        """A halt before the break: the range forms anew."""
        self.move(followed, CandidateState.TRACKING)
        self._pending.add(followed.symbol)

    # ---- judging ------------------------------------------------------------------------------------

    def evaluate(self, followed: Followed, breakout: Breakout | None = None) -> None:
        """Move a candidate as far as what is known of it allows."""
        tracker = followed.tracker
        if breakout is not None and tracker.signals == 1:
            # Of the day's first break, whatever becomes of it.
            followed.relative_at_break = followed.measure_volume(breakout.ts)
        if followed.state is CandidateState.DROPPED:
            return
        if followed.state is CandidateState.WATCHING:
            if tracker.open == 0.0 or not followed.has_daily:
                return
            refusal = self.rule.refusal(followed.gap, tracker.open, followed.daily)
            if refusal:
                self.drop(followed, refusal)
                return
            self.track_again(followed)
            self._following.stream(followed)
            self._following.fetch_minutes(followed.symbol)
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

    def on_time(self, now: float) -> None:
        """Let windows of quiet symbols end."""
        for symbol in tuple(self._pending):
            followed = self._following.symbols.get(symbol)
            if followed is None or followed.state is not CandidateState.TRACKING:
                self._pending.discard(symbol)
                continue
            followed.tracker.on_time(now)
            if followed.tracker.is_over:
                self.evaluate(followed)

    # ---- records ------------------------------------------------------------------------------------

    def unrecorded(self) -> list[CandidateRecord]:
        """Scanned candidates as they stand that moved since this was last asked."""
        symbols = self._following.symbols
        moved = [symbols[symbol] for symbol in sorted(self._unrecorded) if symbol in symbols]
        self._unrecorded.clear()
        return [self._record(followed) for followed in moved]

    def finish_day(self) -> list[CandidateRecord]:
        """Close the day's candidates and return one record for each followed symbol that traded."""
        every = self._following.symbols.values()
        for followed in every:
            if followed.state in UNFINISHED:
                self.drop(followed, followed.lapsed or UNFINISHED[followed.state])
        return [self._record(followed) for followed in every]

    # ---- details ------------------------------------------------------------------------------------

    def _refuse_break(self, followed: Followed, breakout: Breakout) -> str:
        """Why a break makes no ticket; empty when it does."""
        late = self._context.now() - breakout.ts
        if late > MISSED_AFTER:
            broke = self._context.day.local(breakout.ts)
            return f"broke at {broke:%H:%M}, known only {late / 60:.0f} min later"
        relative = followed.measure_volume(breakout.ts)
        refusal = self.rule.volume_refusal(followed.tracker.volume, relative)
        return refusal or self._news.finding(followed.symbol).refusal

    def _record(self, followed: Followed) -> CandidateRecord:
        news = self._news.finding(followed.symbol).item
        return followed.record(
            self._context.account_id, self._context.session_date, news.headline if news is not None else ""
        )
