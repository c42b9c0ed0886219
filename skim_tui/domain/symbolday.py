"""One symbol's session: bars, trades, quotes and halts in; its opening range and the breaks of its high out.

Bars decide which minute broke; trades make the break known the moment it happens. Both may be fed, in time order.
"""

from __future__ import annotations

from skim_tui.domain.breakout import Breakout, BreakRule, BreakWatch, Confirm
from skim_tui.domain.daytally import DayTally
from skim_tui.domain.instrument import LADDERS, PriceLadder
from skim_tui.domain.market import MINUTE, Bar, Quote, Trade, minute_of
from skim_tui.domain.opening_range import OpeningRange, RangeRule
from skim_tui.domain.session import ASX, ExchangeDay

RESUMED_BY = 60.0
"""A trade this long (exchange seconds) before the word of a resumption belongs to the resumption."""

HALT_TRADES = 100
"""Trades kept while halted."""


class SymbolDay:
    """The state machine of one symbol on one session; it never looks ahead."""

    __slots__ = (
        "_bar_ts",
        "_closed_minute",
        "_during_halt",
        "_eligible_from",
        "_eligible_to",
        "_halted",
        "_minute",
        "_minute_open",
        "blind",
        "breaks",
        "day",
        "range",
        "symbol",
        "tally",
    )

    def __init__(self, symbol: str, day: ExchangeDay, rule: RangeRule, breaks: BreakRule | None = None) -> None:
        self.symbol = symbol
        self.day = day
        self.tally = DayTally(day)
        self.range = OpeningRange(day, rule)
        self.breaks = BreakWatch(breaks or BreakRule(), LADDERS[day.mic])
        self.blind = False
        """Trades may have been missed: the range cannot end until bars have filled the hole."""
        single_open_asx = day.mic == ASX and not day.staggered
        self._eligible_from = day.opening_auction if single_open_asx else day.open
        self._eligible_to = day.close
        self._halted = False
        self._during_halt: list[Trade] = []
        self._minute = 0.0
        self._minute_open = 0.0
        self._bar_ts = 0.0
        self._closed_minute = 0.0

    # ---- what is known ------------------------------------------------------------------------------

    @property
    def open(self) -> float:
        return self.tally.open

    @property
    def high(self) -> float:
        return self.tally.high

    @property
    def low(self) -> float:
        return self.tally.low

    @property
    def last(self) -> float:
        return self.tally.last

    @property
    def volume(self) -> int:
        return self.tally.volume

    @property
    def auction_volume(self) -> int:
        return self.tally.auction_volume

    @property
    def spark(self) -> list[float]:
        return self.tally.spark

    @property
    def rule(self) -> RangeRule:
        return self.range.rule

    @property
    def start(self) -> float:
        return self.range.start

    @property
    def end(self) -> float:
        return self.range.end

    @property
    def or_high(self) -> float:
        return self.range.high

    @property
    def or_low(self) -> float:
        return self.range.low

    @property
    def range_bars(self) -> int:
        return self.range.bars

    @property
    def has_range(self) -> bool:
        return self.range.exists

    @property
    def is_complete(self) -> bool:
        return self.range.is_complete

    @property
    def is_over(self) -> bool:
        return self.range.is_over

    @property
    def ladder(self) -> PriceLadder:
        """The market's; replaced by the instrument's own when that is known."""
        return self.breaks.ladder

    @ladder.setter
    def ladder(self, ladder: PriceLadder) -> None:
        self.breaks.ladder = ladder

    @property
    def level(self) -> float:
        """The price that must be reached, and the range's high passed, for a break; 0.0 without a range."""
        return self.breaks.level(self.range.high) if self.range.exists else 0.0

    @property
    def breakout(self) -> Breakout | None:
        """The first break."""
        return self.breaks.first

    @property
    def signals(self) -> int:
        return self.breaks.signals

    @property
    def may_signal(self) -> bool:
        return self.breaks.may_signal

    # ---- what happens -------------------------------------------------------------------------------

    def on_open(self, ts: float, price: float) -> None:
        """Take the exchange's own word on today's open. It is told once the symbol has traded today."""
        if self._is_eligible(ts) and price > 0.0:
            self.tally.take_open(price)
            self._count_auction()

    def on_bar(self, bar: Bar) -> Breakout | None:
        """Take a closed bar; the breakout, if this bar is the first known to hold it."""
        ts = bar.ts
        if not self._is_eligible(ts) or ts <= self._bar_ts:
            return None
        self._bar_ts = ts
        self._note_earlier(ts)
        self.tally.take_bar(bar)
        self._open_range(ts)
        found, span = None, self.range
        if span.holds(ts):
            span.extend(ts, bar.high, bar.low)
            span.close_minute(ts)
        elif span.end and ts >= span.end:
            span.close_minute(ts)
            if self.breaks.rule.confirm is Confirm.TRADE and not self._halted and self._breaks(bar.high):
                found = self._break(ts + MINUTE, ts, max(self.level, bar.open), bar.open)
        self.tally.see(bar.high, bar.low)
        return self._close_minute(ts, bar.close) or found

    def on_trade(self, trade: Trade) -> Breakout | None:
        """Take a trade; the breakout, if this trade is it."""
        ts, at = trade.ts, trade.price
        minute = minute_of(ts)
        if not self._is_eligible(ts) or minute <= self._bar_ts:
            return None  # outside the session, or the closed bar already told of it
        if self._halted:
            # Shown, but neither range nor break: the resumption decides what it belongs to.
            self._during_halt.append(trade)
            del self._during_halt[:-HALT_TRADES]
            self.tally.show(at, ts)
            return None
        found, span = None, self.range
        if minute != self._minute:
            if self._minute:
                found = self._close_minute(self._minute, self.last)
            self._minute, self._minute_open = minute, at
        self._note_earlier(ts)
        self.tally.take_trade(trade)
        self._open_range(ts)
        if span.holds(ts):
            span.extend(minute, at, at)
        elif span.end and ts >= span.end:
            if not self.blind:
                span.pass_time(ts)
            if self.breaks.rule.confirm is Confirm.TRADE and span.is_over and self._breaks(at):
                found = self._break(ts, minute, max(self.level, self._minute_open), at)
        self.tally.see(at, at)
        return found

    def on_quote(self, quote: Quote, now: float) -> Breakout | None:
        """Take a quote; the breakout, if bids confirm and this one does. Stale and crossed ones never do."""
        rule = self.breaks.rule
        if rule.confirm is not Confirm.BID or not self.range.is_over or self._halted or self.blind:
            return None
        fresh = now - quote.ts <= rule.max_quote_age
        if not (fresh and self._is_eligible(quote.ts) and quote.two_sided and self._breaks(quote.bid)):
            return None
        return self._break(quote.ts, minute_of(quote.ts), quote.bid, self.low)

    def on_halt(self, ts: float, halted: bool) -> None:
        """The instrument was halted or resumed. Before its first break a resumption is a second open."""
        if halted == self._halted:
            return
        self._halted = halted
        if halted:
            self._during_halt.clear()
            return
        resumed = [trade for trade in self._during_halt if trade.ts >= ts - RESUMED_BY]
        self._during_halt.clear()
        if self.signals == 0:
            self.range.begin_anew(minute_of(min([ts, *(trade.ts for trade in resumed)])), resumed=True)
        for trade in resumed:
            self.on_trade(trade)

    def on_time(self, now: float) -> None:
        """Let the window end for a symbol that went quiet before it did."""
        if not self.blind:
            self.range.pass_time(now)

    # ---- details ------------------------------------------------------------------------------------

    def _is_eligible(self, ts: float) -> bool:
        return self._eligible_from <= ts < self._eligible_to

    def _note_earlier(self, ts: float) -> None:
        """Bars from before what was taken for the first trade: the range is measured anew from them."""
        if self.tally.first_ts and ts < minute_of(self.tally.first_ts):
            self.range.begin_anew(ts, resumed=False)

    def _open_range(self, ts: float) -> None:
        if self.range.open_with(ts):
            self._count_auction()

    def _count_auction(self) -> None:
        """The opening print is a trade of the day, and of the range by its rule, though no bar may hold it."""
        price = self.tally.official_open
        if price and self.tally.first_ts:
            self.tally.see(price, price)
            if self.range.holds_auction:
                self.range.stretch(price, price)

    def _breaks(self, at: float) -> bool:
        return self.range.exists and self.breaks.passes(at, self.range.high)

    def _break(self, ts: float, minute: float, at: float, first: float) -> Breakout:
        """``first`` is the earliest price known of the breaking minute: its own low may lie after the break."""
        span = self.range
        trigger = self.level if self.level > span.high else 0.0
        low = min(self.low, first) if self.low else first
        return self.breaks.signal(Breakout(self.symbol, ts, minute, at, span.high, span.low, low, trigger))

    def _close_minute(self, minute: float, close: float) -> Breakout | None:
        """A minute is over: its close may break, or arm again what had broken before it."""
        span = self.range
        if minute <= self._closed_minute or not span.end or minute < span.end:
            return None
        self._closed_minute = minute
        confirms = self.breaks.rule.confirm is Confirm.BAR_CLOSE and span.is_over and not self._halted
        if confirms and self._breaks(close):
            return self._break(minute + MINUTE, minute, close, close)
        if span.exists:
            self.breaks.close_minute(close, span.high)
        return None
