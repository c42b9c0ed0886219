"""Playing a tape's days: bars become quotes and trades where somebody looks, and the day's figures grow."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Protocol

from skim_tui.domain.instrument import Instrument, price
from skim_tui.domain.market import MINUTE, Announcement, Bar, DailyBar, Quote, Trade, minute_of
from skim_tui.domain.session import ExchangeDay
from skim_tui.exchange.agenda import CLOSE, NEWS, SESSION, STEP, Agenda
from skim_tui.exchange.agenda import MINUTE as NEW_MINUTE
from skim_tui.exchange.api import DayStats
from skim_tui.exchange.archive import Archive
from skim_tui.exchange.path import Step, expand
from skim_tui.exchange.sessions import Sessions
from skim_tui.exchange.tape import Tape
from skim_tui.exchange.touch import Market


class Told(Protocol):
    """Who is told of what the tape does."""

    def quoted(self, quote: Quote) -> None: ...
    def traded(self, trade: Trade, printed: int) -> None:
        """``printed``: the volume of the auction if this trade is an auction's print."""
        ...

    def bars_closed(self, bars: Sequence[Bar]) -> None: ...
    def announced(self, item: Announcement) -> None: ...
    def halt_changed(self, symbol: str, halted: bool) -> None: ...


class Playback:
    """One tape. Only active symbols are expanded into quotes and trades; the others advance by whole minutes."""

    def __init__(
        self,
        tape: Tape,
        instruments: dict[str, Instrument],
        archive: Archive,
        agenda: Agenda,
        sessions: Sessions,
        now: Callable[[], float],
        told: Told,
    ) -> None:
        self._tape = tape
        self._instruments = instruments
        self._archive = archive
        self._agenda = agenda
        self._sessions = sessions
        self._now = now
        self._told = told
        self.active: set[str] = set()
        self.announcements: list[Announcement] = []
        """Published so far today."""
        self.prints_closings = False
        """Whether the tape's day records closing auctions."""
        self._stats: dict[str, DayStats] = {}
        self._quotes: dict[str, Quote] = {}
        self._markets: dict[str, Market] = {}
        self._forming: dict[str, Bar] = {}
        self._recorded: set[str] = set()
        """Symbols whose trades are on the tape one by one."""
        self._minute: dict[str, Bar] = {}
        self._expanded: set[str] = set()
        self._interrupted: set[str] = set()
        """Symbols that were halted at some time in the present minute."""

    # ---- the day ----------------------------------------------------------------------------------

    def begin(self, day: ExchangeDay) -> None:
        """Put everything the tape knows of ``day`` into the agenda."""
        self._day = day
        for known in (self._stats, self._quotes, self._markets, self._forming, self._minute, self._archive.today):
            known.clear()
        self.announcements.clear()
        plan, date = self._agenda.plan, day.date
        minutes: dict[float, list[Bar]] = {}
        for bar in self._tape.bars.get(date, ()):
            minutes.setdefault(bar.ts, []).append(bar)
        trades, quotes = self._tape.trades.get(date, []), self._tape.quotes.get(date, [])
        self._recorded = {trade.symbol for trade in trades}
        closing = minute_of(day.closing_auction)
        self.prints_closings = any(closing <= ts < day.end for ts in minutes) or any(
            closing <= trade.ts < day.end for trade in trades
        )
        for ts, bars in minutes.items():
            plan(ts, NEW_MINUTE, self._begin_minute, ts, [bar for bar in bars if bar.symbol not in self._recorded])
        for ts in {minute_of(trade.ts) for trade in trades} - set(minutes):
            plan(ts, NEW_MINUTE, self._begin_minute, ts, [])
        for quote in quotes:
            plan(quote.ts, STEP, self._take_quote, quote)
        for trade in trades:
            plan(trade.ts, STEP, self._take_trade, trade.symbol, trade.ts, trade.price, trade.size, trade.size)
        for item in self._tape.announcements:
            if day.local(item.ts).date() == date:
                plan(max(item.ts, self._now()), NEWS, self.publish, item)
        for halt in self._tape.halts:
            if day.pre_open <= halt.ts < day.end:
                plan(halt.ts, SESSION, self._told.halt_changed, halt.symbol, halt.halted)

    def end(self) -> dict[str, DailyBar]:
        """The day's daily bars, from its regular minutes."""
        found: dict[str, DailyBar] = {}
        for symbol, bars in self._archive.today.items():
            regular = [bar for bar in bars if self._sessions.is_regular(bar.ts)]
            if regular:
                found[symbol] = DailyBar(
                    symbol,
                    self._day.date,
                    regular[0].open,
                    max(bar.high for bar in regular),
                    min(bar.low for bar in regular),
                    regular[-1].close,
                    sum(bar.volume for bar in regular),
                )
        return found

    # ---- what is known ----------------------------------------------------------------------------

    def stats(self, symbol: str) -> DayStats:
        stats = self._stats.get(symbol)
        if stats is None:
            stats = self._stats[symbol] = DayStats(
                prev_close=self._archive.previous_close(symbol, self._day.date),
                halted=symbol in self._sessions.halted,
            )
        return stats

    def quote(self, symbol: str) -> Quote | None:
        """The last quote; one step around the last price where none is recorded."""
        quote = self._quotes.get(symbol)
        if quote is not None:
            return quote
        stats = self.stats(symbol)
        if stats.last <= 0.0:
            return None
        step = float(self._instruments[symbol].ladder.step_at(price(stats.last)))
        return Quote(symbol, stats.last_ts, max(step, round(stats.last - step, 6)), 100, stats.last, 100)

    def market(self, symbol: str) -> Market | None:
        market = self._markets.get(symbol)
        if market is None:
            quote, stats = self.quote(symbol), self.stats(symbol)
            if quote is None:
                return None
            market = self._markets[symbol] = Market(
                quote.bid, quote.bid_size, quote.ask, quote.ask_size, stats.last, stats.last, stats.last
            )
        return market

    def forming(self, symbol: str) -> Bar | None:
        """The unfinished bar of the present minute."""
        return self._forming.get(symbol)

    def last_minute_volume(self, symbol: str) -> int:
        bars = self._archive.today.get(symbol)
        return bars[-1].volume if bars else 0

    def activate(self, symbol: str) -> None:
        """Quotes and trades of ``symbol`` from now on, the rest of the current minute included."""
        if symbol in self.active:
            return
        self.active.add(symbol)
        if symbol in self._minute and symbol not in self._expanded:
            self._expand(symbol)

    def interrupt(self, symbol: str) -> None:
        """Trading of ``symbol`` stops or resumes within this minute: only what was played of it counts."""
        self.stats(symbol).halted = symbol in self._sessions.halted
        self._interrupted.add(symbol)
        # Whoever stood in the book before is not bound to stand there afterwards.
        self._markets.pop(symbol, None)
        self._quotes.pop(symbol, None)

    # ---- minutes ----------------------------------------------------------------------------------

    def _begin_minute(self, ts: float, bars: list[Bar]) -> None:
        self._minute = {bar.symbol: bar for bar in bars}
        self._expanded = set()
        self._interrupted = set(self._sessions.halted)
        for symbol in sorted(self.active & self._minute.keys()):
            self._expand(symbol)
        self._agenda.enter(ts + MINUTE, CLOSE, self._end_minute, bars)

    def _end_minute(self, bars: list[Bar]) -> None:
        closed: list[Bar] = []
        for bar in bars:
            if bar.symbol in self._interrupted:
                known = self._forming.get(bar.symbol)
                if known is None:
                    continue
                bar = known
            elif bar.symbol not in self._expanded:
                self._take_bar(bar)
            closed.append(bar)
        closed += [self._forming[symbol] for symbol in self._recorded & self._forming.keys()]
        for bar in closed:
            self._archive.today.setdefault(bar.symbol, []).append(bar)
        self._forming.clear()
        self._minute = {}
        if closed:
            self._told.bars_closed(closed)

    def _take_bar(self, bar: Bar) -> None:
        """A minute nobody looked into."""
        symbol = bar.symbol
        self._sessions.print_of(symbol, bar.ts)
        stats = self.stats(symbol)
        if self._sessions.is_regular(bar.ts):
            if stats.open == 0.0:
                stats.open, stats.high, stats.low = bar.open, bar.high, bar.low
            stats.high, stats.low = max(stats.high, bar.high), min(stats.low, bar.low)
        stats.volume += bar.volume
        stats.trades += -(-bar.volume // 100)
        stats.turnover += (bar.high + bar.low + bar.close) / 3 * bar.volume
        stats.last, stats.last_ts = bar.close, bar.ts + MINUTE

    def _expand(self, symbol: str) -> None:
        bar, now = self._minute[symbol], self._now()
        self._expanded.add(symbol)
        for step in expand(bar, self._instruments[symbol].ladder):
            if step.ts <= now:
                self._take_step(bar, step)
            else:
                self._agenda.enter(step.ts, STEP, self._take_step, bar, step)

    # ---- quotes and trades --------------------------------------------------------------------------

    def _take_step(self, bar: Bar, step: Step) -> None:
        symbol = bar.symbol
        if symbol in self._sessions.halted:
            return
        self._markets[symbol] = Market(step.bid, step.bid_size, step.ask, step.ask_size, step.price, bar.low, bar.high)
        quote = self._quotes[symbol] = Quote(symbol, step.ts, step.bid, step.bid_size, step.ask, step.ask_size)
        self._told.quoted(quote)
        printed = bar.volume if self._sessions.is_auction_only(bar.ts) else step.size
        self._take_trade(symbol, step.ts, step.price, step.size, printed)

    def _take_quote(self, quote: Quote) -> None:
        symbol = quote.symbol
        if symbol in self._sessions.halted:
            return
        known = self._markets.get(symbol)
        last = known.last if known else self.stats(symbol).last
        self._quotes[symbol] = quote
        self._markets[symbol] = Market(quote.bid, quote.bid_size, quote.ask, quote.ask_size, last, quote.bid, quote.ask)
        self._told.quoted(quote)

    def _take_trade(self, symbol: str, ts: float, at: float, size: int, printed: int) -> None:
        if symbol in self._sessions.halted:
            return
        stats = self.stats(symbol)
        if self._sessions.is_regular(ts):
            if stats.open == 0.0:
                stats.open = stats.high = stats.low = at
            stats.high, stats.low = max(stats.high, at), min(stats.low, at)
        stats.volume += size
        stats.trades += size > 0
        stats.turnover += at * size
        stats.last, stats.last_ts = at, ts
        forming = self._forming.get(symbol)
        if forming is None:
            self._forming[symbol] = Bar(symbol, minute_of(ts), at, at, at, at, size)
        else:
            self._forming[symbol] = replace(
                forming, high=max(forming.high, at), low=min(forming.low, at), close=at, volume=forming.volume + size
            )
        market = self._markets.get(symbol)
        if market is not None:
            market.last = at
        self._told.traded(Trade(symbol, ts, at, size, stats.volume), printed)

    def publish(self, item: Announcement) -> None:
        """News breaks."""
        self.announcements.append(item)
        self._told.announced(item)
