"""One symbol's session so far: its open, its opening range and the breaks of the range's high.

The window's rule goes by exchange and date:

* US: the first ``minutes`` of the regular session.
* ASX since 2025-06-23: from the opening auction's print (just before 10:00) to 10:00 + ``minutes``;
  a code that first trades after 10:01 gets its own window from that trade.
* ASX before: groups opened one after another, so each code's window starts at its own first trade.
* A halt before the range is broken: a second open, so a new window from the first trade after it.

A range is fed by closed one-minute bars, by trades, or both. Bars decide which minute broke; trades
make the break known the moment it happens. Prices are compared as read, never computed.
"""

from __future__ import annotations

from dataclasses import dataclass

from skim_tui.domain.breakout import Breakout, BreakRule, Confirm
from skim_tui.domain.instrument import LADDERS, PriceLadder, price
from skim_tui.domain.market import MINUTE, Bar, Quote, Trade, minute_of
from skim_tui.domain.session import ASX, ExchangeDay

CONFIRM_AFTER = 15.0
"""Exchange seconds after the window at which trades alone may confirm a thin symbol's range."""

RESUMED_BY = 60.0
"""A trade this long (exchange seconds) before the word of a resumption belongs to the resumption."""

SPARK = 60


@dataclass(frozen=True, slots=True)
class RangeRule:
    """How an opening range is measured; part of what is recorded with each trade."""

    minutes: int = 10
    include_auction: bool = True
    """Whether the ASX opening auction's print belongs to the range (since 2025-06-23)."""
    min_bars: int = 3
    """A range with fewer traded minutes is incomplete and never tradable."""

    def __str__(self) -> str:
        return f"{self.minutes} min, {'with' if self.include_auction else 'without'} the auction"


class SymbolDay:
    """The state machine of one symbol on one session; fed in time order, it never looks ahead."""

    __slots__ = (
        "_armed",
        "_bar_ts",
        "_closed_minute",
        "_confirmed",
        "_counted",
        "_during_halt",
        "_eligible_from",
        "_eligible_to",
        "_halted",
        "_level",
        "_minute",
        "_minute_open",
        "_range_from",
        "_restarted",
        "_volume_from_trades",
        "auction_volume",
        "blind",
        "breakout",
        "breaks",
        "day",
        "end",
        "first_ts",
        "high",
        "ladder",
        "last",
        "last_ts",
        "low",
        "open",
        "or_high",
        "or_low",
        "range_bars",
        "rule",
        "signals",
        "spark",
        "start",
        "symbol",
        "volume",
    )

    def __init__(self, symbol: str, day: ExchangeDay, rule: RangeRule, breaks: BreakRule | None = None) -> None:
        self.symbol = symbol
        self.day = day
        self.rule = rule
        self.breaks = breaks or BreakRule()
        self.ladder: PriceLadder = LADDERS[day.mic]
        """The market's; replaced by the instrument's own when that is known."""
        self.open = 0.0
        self.first_ts = 0.0
        self.start = 0.0
        self.end = 0.0
        """End of the opening-range window; 0.0 until the first trade decides it."""
        self.or_high = 0.0
        self.or_low = 0.0
        self.range_bars = 0
        """Traded minutes inside the window."""
        self.low = 0.0
        self.high = 0.0
        self.last = 0.0
        self.last_ts = 0.0
        self.volume = 0
        self.auction_volume = 0
        """Shares of ``volume`` that traded before continuous trading began."""
        self.breakout: Breakout | None = None
        """The first break."""
        self.signals = 0
        self.spark: list[float] = []
        """Closes of the last minutes, newest last."""
        self.blind = False
        """Trades may have been missed: the range cannot end until bars have filled the hole."""
        single_open_asx = day.mic == ASX and not day.staggered
        self._eligible_from = day.opening_auction if single_open_asx and rule.include_auction else day.open
        self._eligible_to = day.close
        self._range_from = 0.0
        self._restarted = False
        self._halted = False
        self._during_halt: list[Trade] = []
        self._armed = True
        self._level = 0.0
        self._minute = 0.0
        self._minute_open = 0.0
        self._bar_ts = 0.0
        self._closed_minute = 0.0
        self._counted = 0.0
        self._confirmed = False
        self._volume_from_trades = False

    # ---- what is known ------------------------------------------------------------------------------

    @property
    def has_range(self) -> bool:
        """Whether anything traded inside the window."""
        return self.or_high > 0.0

    @property
    def is_complete(self) -> bool:
        """The window is over, its last minute is known, and enough of its minutes traded."""
        return self._confirmed and self.range_bars >= self.rule.min_bars

    @property
    def is_over(self) -> bool:
        """The window is over and its last minute is known."""
        return self._confirmed

    @property
    def may_signal(self) -> bool:
        """Whether another break may signal today, now or after it armed again."""
        return self.signals < self.breaks.max_signals

    @property
    def level(self) -> float:
        """The price that must be reached, and the range's high passed, for a break; 0.0 without a range."""
        if not self.has_range:
            return 0.0
        if self._level == 0.0:
            high, rule = price(self.or_high), self.breaks
            by_steps = self.ladder.up(high, rule.margin_steps) if rule.margin_steps else high
            by_percent = self.ladder.ceil(high * (1 + price(rule.margin_pct) / 100)) if rule.margin_pct else high
            self._level = float(max(by_steps, by_percent))
        return self._level

    # ---- what happens -------------------------------------------------------------------------------

    def on_bar(self, bar: Bar) -> Breakout | None:
        """Take a closed bar; the breakout, if this bar is the first known to hold it."""
        ts = bar.ts
        if ts < self._eligible_from or ts >= self._eligible_to or ts <= self._bar_ts:
            return None
        self._bar_ts = ts
        self._open_with(ts)
        if minute_of(self.first_ts) == ts:
            self.open = bar.open
        if not self._volume_from_trades:
            self.volume += bar.volume
            if ts < self.day.open:
                self.auction_volume += bar.volume
        self.last, self.last_ts = bar.close, max(self.last_ts, ts)
        self.spark.append(bar.close)
        if len(self.spark) > SPARK:
            del self.spark[0]
        found = None
        if self._in_window(ts):
            self._extend(ts, bar.high, bar.low)
            if ts + MINUTE >= self.end:
                self._confirmed = True
        elif self.end and ts >= self.end:
            self._confirmed = True
            if self.breaks.confirm is Confirm.TRADE and not self._halted and self._breaks(bar.high):
                low = min(self.low, bar.open) if self.low else bar.open
                found = self._break(ts + MINUTE, ts, max(self.level, bar.open), low)
        self._see(bar.high, bar.low)
        return self._close_minute(ts, bar.close) or found

    def on_trade(self, trade: Trade) -> Breakout | None:
        """Take a trade; the breakout, if this trade is it."""
        ts, at = trade.ts, trade.price
        if ts < self._eligible_from or ts >= self._eligible_to:
            return None
        minute = minute_of(ts)
        if minute <= self._bar_ts:
            return None  # the closed bar already told of it
        if self._halted:
            # Shown, but neither range nor break: the resumption decides what it belongs to.
            self._during_halt.append(trade)
            del self._during_halt[:-100]
            self.last, self.last_ts = at, ts
            self._see(at, at)
            return None
        found = None
        if minute != self._minute:
            if self._minute:
                found = self._close_minute(self._minute, self.last)
            self._minute, self._minute_open = minute, at
        if self.first_ts == 0.0:
            self.open = at
        self._open_with(ts)
        if trade.day_volume:
            self._volume_from_trades = True
            self.volume = max(self.volume, trade.day_volume)
            if ts < self.day.open:
                self.auction_volume = self.volume
        self.last, self.last_ts = at, ts
        if self._in_window(ts):
            self._extend(minute, at, at)
        elif self.end and ts >= self.end:
            if not self._confirmed and not self.blind and ts >= self.end + CONFIRM_AFTER:
                self._confirmed = True
            if self.breaks.confirm is Confirm.TRADE and self._confirmed and self._breaks(at):
                low = min(self.low, at) if self.low else at
                found = self._break(ts, minute, max(self.level, self._minute_open), low)
        self._see(at, at)
        return found

    def on_quote(self, quote: Quote, now: float) -> Breakout | None:
        """Take a quote; the breakout, if bids confirm and this one does. Stale and crossed ones never do."""
        if self.breaks.confirm is not Confirm.BID or not self._confirmed or self._halted or self.blind:
            return None
        fresh = now - quote.ts <= self.breaks.max_quote_age
        inside = self._eligible_from <= quote.ts < self._eligible_to
        if not (fresh and inside and quote.two_sided and self._breaks(quote.bid)):
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
            self._restart(minute_of(min([ts, *(trade.ts for trade in resumed)])))
        for trade in resumed:
            self.on_trade(trade)

    def on_time(self, now: float) -> None:
        """Let the window end for a symbol that went quiet before it did."""
        if self.end and not self._confirmed and not self.blind and now >= self.end + CONFIRM_AFTER:
            self._confirmed = True

    # ---- details ------------------------------------------------------------------------------------

    def _open_with(self, ts: float) -> None:
        """The first trade fixes the window; so does the first one after a resumption."""
        if self.first_ts == 0.0:
            self.first_ts = ts
        elif ts < minute_of(self.first_ts):
            # Bars from before what was taken for the first trade: measure the range anew from them.
            self.first_ts = ts
            self._restart(ts)
            self._restarted = False
        if self.end or ts < self._range_from:
            return
        day, length, first = self.day, self.rule.minutes * MINUTE, minute_of(ts)
        own = day.mic == ASX and (day.staggered or first > day.open)
        if own or self._restarted:
            self.start, self.end = first, first + length
        else:
            self.start, self.end = self._eligible_from, day.open + length

    def _restart(self, ts: float) -> None:
        self.start = self.end = self.or_high = self.or_low = self._level = self._counted = 0.0
        self.range_bars = 0
        self._confirmed = False
        self._range_from, self._restarted = ts, True

    def _in_window(self, ts: float) -> bool:
        return max(self.start, self._range_from) <= minute_of(ts) < self.end

    def _extend(self, minute: float, high: float, low: float) -> None:
        if minute > self._counted:
            self._counted = minute
            self.range_bars += 1
        if high > self.or_high:
            self.or_high, self._level = high, 0.0
        if self.or_low == 0.0 or low < self.or_low:
            self.or_low = low

    def _see(self, high: float, low: float) -> None:
        if high > self.high:
            self.high = high
        if self.low == 0.0 or low < self.low:
            self.low = low

    def _breaks(self, at: float) -> bool:
        return self._armed and self.may_signal and self.has_range and at > self.or_high and at >= self.level

    def _break(self, ts: float, minute: float, at: float, low: float) -> Breakout:
        self.signals += 1
        self._armed = False
        trigger = self.level if self.level > self.or_high else 0.0
        found = Breakout(self.symbol, ts, minute, at, self.or_high, self.or_low, low, trigger)
        self.breakout = self.breakout or found
        return found

    def _close_minute(self, minute: float, close: float) -> Breakout | None:
        """A minute is over: its close may break, or arm again what had broken before it."""
        if minute <= self._closed_minute or not self.end or minute < self.end:
            return None
        self._closed_minute = minute
        if self.breaks.confirm is Confirm.BAR_CLOSE and self._confirmed and not self._halted and self._breaks(close):
            return self._break(minute + MINUTE, minute, close, min(self.low, close) if self.low else close)
        if not self._armed and self.may_signal and self.has_range:
            below = self.ladder.down(price(self.or_high), self.breaks.rearm_steps)
            self._armed = price(close) <= below
        return None


def gap_pct(prev_close: float, open_price: float) -> float | None:
    """(open / previous close - 1) in percent; None without both prices."""
    if prev_close <= 0.0 or open_price <= 0.0:
        return None
    return (open_price / prev_close - 1.0) * 100.0
