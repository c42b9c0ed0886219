"""One symbol the desk follows today: its market data, and how far it is as a candidate."""

from __future__ import annotations

from datetime import date

from skim_tui.domain.baseline import Baseline
from skim_tui.domain.candidate import CandidateState
from skim_tui.domain.events import ShortAvailability
from skim_tui.domain.gapscan import gap_pct
from skim_tui.domain.indicators import atr
from skim_tui.domain.instrument import Instrument
from skim_tui.domain.market import Bar, DailyBar, Quote, Trade, minute_of
from skim_tui.domain.shock import Halt
from skim_tui.domain.symbolday import SymbolDay
from skim_tui.domain.volume import RelativeVolume, SessionMinutes, relative_volume
from skim_tui.journal import CandidateRecord

MAX_BARS = 1000
ATR_SESSIONS = 14


class Followed:
    """One followed symbol. ``state`` is its candidacy; a held symbol is followed whatever its state."""

    __slots__ = (
        "bars",
        "borrow",
        "daily",
        "forming",
        "halted",
        "halts",
        "has_daily",
        "headline",
        "instrument",
        "kept",
        "lapsed",
        "minutes",
        "prev_close",
        "quote",
        "rank",
        "relative",
        "relative_at_break",
        "scanned",
        "source",
        "spreads",
        "state",
        "symbol",
        "tracker",
        "watched",
        "why_not",
    )

    def __init__(self, symbol: str, tracker: SymbolDay) -> None:
        self.symbol = symbol
        self.rank = 0
        self.source = ""
        """Who named it: the broker's scan, the operator's list, an announcement, our own computation."""
        self.state = CandidateState.WATCHING
        self.why_not = ""
        self.lapsed = ""
        """Why its last signal came to nothing, when it may signal again."""
        self.prev_close = 0.0
        """Close of the previous session, adjusted for splits and dividends; 0.0 when unknown."""
        self.daily: tuple[DailyBar, ...] = ()
        self.minutes: tuple[SessionMinutes, ...] = ()
        """Earlier sessions by minute, where they were asked for."""
        self.has_daily = False
        self.instrument: Instrument | None = None
        self.tracker = tracker
        self.quote: Quote | None = None
        self.spreads: list[float] = []
        """Spread at the end of each minute of the opening range, percent."""
        self.relative: RelativeVolume | None = None
        """As of its last closed minute."""
        self.relative_at_break: RelativeVolume | None = None
        self.halted: bool | None = False
        self.halts: list[Halt] = []
        """Today's halts, oldest first."""
        self.borrow: ShortAvailability | None = None
        """The broker's last word on what can be borrowed of it; None while it has not said."""
        self.headline = ""
        self.watched = False
        """Its market data is streamed."""
        self.kept = False
        """It is streamed for more than its candidacy: held, or looked at by the operator."""
        self.scanned = False
        self.bars: list[Bar] = []
        self.forming: Bar | None = None

    @property
    def gap(self) -> float | None:
        return gap_pct(self.prev_close, self.tracker.open)

    @property
    def last(self) -> float:
        return self.tracker.last or self.prev_close

    @property
    def daily_atr(self) -> float | None:
        """Average true range of the 14 sessions before today (Wilder); None with fewer than 15."""
        return atr(self.daily, ATR_SESSIONS)

    @property
    def baseline(self) -> Baseline:
        """What is usual for it, by what is known."""
        return Baseline(self.daily, self.minutes)

    def on_bar(self, bar: Bar) -> None:
        """Keep a closed bar for the chart and the detectors."""
        bars = self.bars
        if not bars or bar.ts > bars[-1].ts:
            bars.append(bar)
            if len(bars) > MAX_BARS:
                del bars[0]
        if self.forming is not None and self.forming.ts <= bar.ts:
            self.forming = None
        quote, tracker = self.quote, self.tracker
        if quote is not None and quote.two_sided and tracker.end and bar.ts < tracker.end:
            # To nine decimals: a spread that is exactly the limit is not above it by a rounding error.
            self.spreads.append(round((quote.ask - quote.bid) / quote.ask * 100, 9))

    def on_trade(self, trade: Trade) -> None:
        """Let the minute under way grow."""
        minute, price, forming = minute_of(trade.ts), trade.price, self.forming
        if forming is not None and forming.ts == minute:
            high, low = max(forming.high, price), min(forming.low, price)
            self.forming = Bar(trade.symbol, minute, forming.open, high, low, price, forming.volume + trade.size)
        elif not self.bars or minute > self.bars[-1].ts:
            self.forming = Bar(trade.symbol, minute, price, price, price, price, trade.size)

    def on_halt(self, ts: float, halted: bool | None) -> None:
        """Remember when it was halted; None: the feed does not say any more."""
        open_halt = bool(self.halts) and self.halts[-1].end is None
        if halted and not open_halt:
            self.halts.append(Halt(ts))
        elif halted is False and open_halt:
            self.halts[-1] = Halt(self.halts[-1].start, ts)
        self.halted = halted

    def measure_volume(self, now: float) -> RelativeVolume | None:
        """Relative volume as of now, of continuous trading alone."""
        tracker = self.tracker
        traded = tracker.volume - tracker.auction_volume
        self.relative = relative_volume(tracker.day, now, traded, self.daily, self.minutes)
        return self.relative

    def record(self, account: str, session: date, news: str) -> CandidateRecord:
        """The journal's row: how far it came, why not further, and by what it was judged."""
        tracker = self.tracker
        breakout, relative = tracker.breakout, self.relative_at_break or self.relative
        return CandidateRecord(
            account=account,
            session_date=session,
            symbol=self.symbol,
            prev_close=self.prev_close or None,
            open=tracker.open or None,
            gap_pct=self.gap,
            or_high=tracker.or_high if tracker.has_range else None,
            or_low=tracker.or_low if tracker.has_range else None,
            first_break_ts=breakout.minute if breakout else None,
            break_price=breakout.price if breakout else None,
            low_of_day_at_break=breakout.low_of_day if breakout else None,
            state=self.state.value,
            why_not=self.why_not,
            rel_volume=relative.ratio if relative else None,
            signals=tracker.signals,
            source=self.source,
            range_rule=str(tracker.rule),
            news=news,
        )
