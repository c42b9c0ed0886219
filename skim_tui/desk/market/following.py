"""Which symbols are followed today and which of them are streamed: the broker's data lines are few."""

from __future__ import annotations

from collections.abc import Iterable

from skim_tui.broker.port import MinuteSource
from skim_tui.desk.context import Context
from skim_tui.desk.market.followed import Followed
from skim_tui.desk.market.newsfile import NewsFile
from skim_tui.desk.rules import break_rule, range_rule
from skim_tui.domain.candidate import CandidateState
from skim_tui.domain.symbolday import SymbolDay

DAILY_SESSIONS = 60

IDLE = (CandidateState.WATCHING, CandidateState.DROPPED)
"""A symbol in these states needs no stream for its candidacy."""


class Following:
    """Takes symbols up and lets them go. At most ``scan.max_candidates`` are streamed as possible candidates."""

    def __init__(self, context: Context, news: NewsFile) -> None:
        self._context = context
        self._news = news
        self._range_rule = range_rule(context.config)
        self._break_rule = break_rule(context.config)
        self.symbols: dict[str, Followed] = {}
        self._no_room: set[str] = set()
        """Symbols of which it was said that there is no room."""
        self._minutes_asked: set[str] = set()

    def start_day(self, keep: Iterable[str]) -> None:
        """Forget yesterday's; follow ``keep``."""
        for followed in self.symbols.values():
            if followed.watched:
                self._context.broker.unwatch(followed.symbol)
            self._context.touch("candidates", followed.symbol)
        self.symbols.clear()
        self._no_room.clear()
        self._minutes_asked.clear()
        for symbol in keep:
            self.follow(symbol)

    def follow(self, symbol: str) -> Followed:
        """Follow a symbol with live quotes, whether or not it is a candidate. Idempotent."""
        followed = self.get(symbol)
        followed.kept = True
        self.stream(followed)
        return followed

    def release(self, symbol: str) -> None:
        """End the streaming of a symbol that was followed for another reason than its candidacy, which is over."""
        followed = self.symbols.get(symbol)
        if followed is None:
            return
        followed.kept = False
        if followed.watched and not followed.scanned and followed.state in IDLE:
            self._end_stream(followed)
            self._context.touch("candidates", symbol)

    def take_up(self, symbol: str, source: str) -> Followed | None:
        """Follow a possible candidate if there is room for its market data; None when there is none."""
        known = self.symbols.get(symbol)
        if known is not None and (known.watched or known.state is CandidateState.DROPPED):
            return known
        if not self._make_room():
            return None
        followed = self.get(symbol)
        followed.source = followed.source or source
        self.stream(followed)
        return followed

    def tell_no_room(self, symbol: str, rank: int) -> None:
        """Say once a day which of the scan's names is not followed, and why."""
        if symbol not in self._no_room:
            self._no_room.add(symbol)
            most = self._context.config.scan.max_candidates
            self._context.log(
                "warning", f"{symbol}: on the gap scan at rank {rank + 1}, not followed: {most} are already"
            )

    def get(self, symbol: str) -> Followed:
        """The symbol's day, begun if it is not known yet; not streamed by that."""
        followed = self.symbols.get(symbol)
        if followed is None:
            day = SymbolDay(symbol, self._context.day, self._range_rule, self._break_rule)
            followed = self.symbols[symbol] = Followed(symbol, day)
            followed.headline = self._news.headline(symbol)
            self._context.broker.fetch_daily(symbol, DAILY_SESSIONS)
        return followed

    def stream(self, followed: Followed) -> None:
        """Stream its market data. Idempotent."""
        if not followed.watched:
            followed.watched = True
            self._context.broker.resolve(followed.symbol)
            self._context.broker.watch(followed.symbol)

    def fetch_minutes(self, symbol: str) -> None:
        """Ask once a day for a symbol's minutes of earlier sessions: so long an answer that only a candidate and a
        share whose news is being tested are worth it."""
        broker, sessions = self._context.broker, self._context.config.scan.minute_sessions
        if sessions and symbol not in self._minutes_asked and isinstance(broker, MinuteSource):
            self._minutes_asked.add(symbol)
            broker.fetch_minutes(symbol, sessions)

    # ---- details ------------------------------------------------------------------------------------

    def _make_room(self) -> bool:
        """Whether another symbol may be streamed; one that was dropped gives up its place."""
        watched = [followed for followed in self.symbols.values() if followed.watched]
        if len(watched) < self._context.config.scan.max_candidates:
            return True
        for followed in watched:
            if followed.state is CandidateState.DROPPED and not followed.kept:
                self._end_stream(followed)
                return True
        return False

    def _end_stream(self, followed: Followed) -> None:
        followed.watched = False
        self._context.broker.unwatch(followed.symbol)
