"""What one symbol has traded today: its open, its extremes, its volume and how much of that was before the open."""

from __future__ import annotations

from skim_tui.domain.market import Bar, Trade, minute_of
from skim_tui.domain.session import ExchangeDay

SPARK = 60


class DayTally:
    """Fed by closed one-minute bars, by trades, or both, in time order.

    The day's open is what the exchange calls so where that is told (:meth:`take_open`): an auction's print is often
    in no vendor's bar. Else it is the first trade's price, by its bar where there is one. Whoever comes in the middle
    of the first minute does not know the open before that minute's bar.

    Volume is the feed's own count where trades carry it, else the sum of the bars. What of it traded before
    continuous trading is told by what was seen then, or is what the bars since the open do not account for.
    """

    __slots__ = (
        "_base",
        "_before_known",
        "_by_trades",
        "_continuous",
        "_day",
        "_minute",
        "_official",
        "auction_volume",
        "first_ts",
        "high",
        "last",
        "last_ts",
        "low",
        "open",
        "spark",
        "volume",
    )

    def __init__(self, day: ExchangeDay) -> None:
        self._day = day
        self.open = 0.0
        """0.0 until it is known."""
        self.first_ts = 0.0
        self.high = 0.0
        self.low = 0.0
        self.last = 0.0
        self.last_ts = 0.0
        self.volume = 0
        self.auction_volume = 0
        """Shares of ``volume`` that traded before continuous trading began."""
        self.spark: list[float] = []
        """Closes of the last minutes, newest last."""
        self._official = 0.0
        self._by_trades = False
        """Trades tell the day's volume."""
        self._before_known = False
        """What traded before continuous trading was seen, or has been worked out."""
        self._continuous = 0
        """Shares of the closed bars since continuous trading began."""
        self._minute = 0.0
        """The minute of the newest trade ..."""
        self._base: int | None = None
        """... and the day's volume before its first; None when that is not known."""

    @property
    def official_open(self) -> float:
        """The open as the exchange tells it; 0.0 when it has not."""
        return self._official

    def take_open(self, price: float) -> None:
        """The exchange's own word on the day's open: it stands over what is seen."""
        self._official = price
        if self.first_ts:
            self.open = price

    def take_bar(self, bar: Bar) -> None:
        """Count a closed bar, but not its extremes: see :meth:`see`."""
        ts = bar.ts
        if self.first_ts == 0.0 or ts < minute_of(self.first_ts):
            self.first_ts = ts
        if minute_of(self.first_ts) == ts:
            self.open = self._official or bar.open
        self._count(bar)
        self.last, self.last_ts = bar.close, max(self.last_ts, ts)
        self.spark.append(bar.close)
        if len(self.spark) > SPARK:
            del self.spark[0]

    def take_trade(self, trade: Trade) -> None:
        """Count a trade, but not its price among the extremes."""
        minute = minute_of(trade.ts)
        if minute != self._minute:
            self._minute, self._base = minute, self.volume if self._by_trades else None
        if self.first_ts == 0.0:
            self.first_ts = trade.ts
            is_first = trade.day_volume <= trade.size
            self.open = self._official or (trade.price if is_first else 0.0)
        if trade.day_volume:
            self._by_trades = True
            self.volume = max(self.volume, trade.day_volume)
            if trade.ts < self._day.open:
                self.auction_volume, self._before_known = self.volume, True
        self.last, self.last_ts = trade.price, trade.ts

    def show(self, price: float, ts: float) -> None:
        """A price that is shown as the last and counts among the extremes, but is not counted otherwise."""
        self.last, self.last_ts = price, ts
        self.see(price, price)

    def see(self, high: float, low: float) -> None:
        """Stretch the day's extremes."""
        if high > self.high:
            self.high = high
        if self.low == 0.0 or low < self.low:
            self.low = low

    # ---- details ------------------------------------------------------------------------------------

    def _count(self, bar: Bar) -> None:
        before = bar.ts < self._day.open
        if not before:
            self._continuous += bar.volume
        elif not (self._by_trades and self._before_known):
            self.auction_volume += bar.volume
            self._before_known = True
        if not self._by_trades:
            self.volume += bar.volume
        elif not self._before_known:
            # The feed's count at the end of this bar's minute, less the bars since the open.
            told = self.volume if self._minute == bar.ts else self._base if self._minute > bar.ts else None
            if told is not None:
                self.auction_volume, self._before_known = max(0, told - self._continuous), True
