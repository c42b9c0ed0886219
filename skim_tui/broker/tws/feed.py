"""One symbol's market data subscription: TWS ticks in, quotes, trades and halts out."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from skim_tui.broker.tws.errors import fails_request
from skim_tui.domain.events import HaltChanged, OpenPrice, ShortAvailability
from skim_tui.domain.market import Quote, Trade

FeedEvent = Quote | Trade | OpenPrice | HaltChanged | ShortAvailability

BID, ASK, LAST = 1, 2, 4
BID_SIZE, ASK_SIZE, LAST_SIZE, VOLUME = 0, 3, 5, 8
OPEN = 14
SHORTABLE, RT_VOLUME, HALTED = 46, 48, 49
SHORTABLE_SHARES = 89

LIVE = 1
GENERIC_TICKS = "233,236"
"""RTVolume: each trade with its time in ms, size and the day's volume. 236: what can be borrowed to sell short."""

EASY_TO_BORROW = 2.5
"""A shortable tick above it: at least a thousand shares are there to be sold short."""

HELD_BACK = 500


class SymbolFeed:
    """Ticks of one subscription. Trades are taken from RTVolume; until one was seen, from last price and
    day volume, a rise of which is a trade. Quotes are handed out once per packet, before a trade of the
    same packet. All of that is held back until :meth:`release` is called, so that today's bars come first.

    The open comes as tick 14, which before today's first trade still is the previous session's (source: TWS API,
    "Available tick types"): it is told once a trade of today is known, and when it changes after that.

    What can be borrowed comes as tick 46 and, since TWS 974, tick 89. Sources: IBKR's release notes of API 9.2
    ("Shortable": above 2.5 at least 1000 shares are available for a short sale, above 1.5 only if shares can be
    located, above 0.5 not at all, else not known) and its table of tick types (89: the number of shares). Only the
    first is told as available: what must be located may never be found.
    """

    def __init__(
        self,
        symbol: str,
        emit: Callable[[FeedEvent], None],
        now: Callable[[], float],
        failed: Callable[[str], None],
    ) -> None:
        self.symbol = symbol
        self.data_type = LIVE
        self._emit = emit
        self._now = now
        self._failed = failed
        self._bid = self._ask = 0.0
        self._bid_size = self._ask_size = 0
        self._quote_changed = False
        self._last = 0.0
        self._last_size = 0
        self._volume = 0
        self._has_volume = False
        self._has_rt_volume = False
        self._told_volume = 0
        """The day's volume with the last trade handed out: the same trade told twice is known by it."""
        self._open = self._told_open = 0.0
        self._traded = False
        """A trade of today is known."""
        self._halted: bool | None = None
        self._halt_known = False
        self._shortable: float | None = None
        self._shortable_shares: int | None = None
        self._told_borrow: tuple[bool, int | None] | None = None
        self._since = 0.0
        self._held: deque[FeedEvent] | None = deque(maxlen=HELD_BACK)

    def release(self, since: float) -> None:
        """Hand out what was held back. Trades before ``since`` are never handed out: they are in the closed
        bars, or of an earlier day."""
        self._since = since
        held, self._held = self._held, None
        for event in held or ():
            self._out(event)

    def has_traded(self) -> None:
        """Today's bars hold trades: the open is today's. Told at once, because the bars are judged by it."""
        self._traded = True
        self._tell_open()

    # ---- ticks ------------------------------------------------------------------------------------

    def on_price(self, tick: int, price: float, size: float) -> None:
        """A price with its size. TWS says -1 or 0 where a side is absent."""
        if self.data_type != LIVE:
            return
        if tick == BID:
            self._bid, self._bid_size = _side(price, size)
            self._quote_changed = True
        elif tick == ASK:
            self._ask, self._ask_size = _side(price, size)
            self._quote_changed = True
        elif tick == LAST and price > 0:
            self._last, self._last_size = price, int(size)
        elif tick == OPEN and price > 0:
            self._open = price
            if self._traded:
                self._tell_open()

    def on_size(self, tick: int, size: float) -> None:
        if tick == SHORTABLE_SHARES:
            self._shortable_shares = int(size) if size >= 0 else None
        if self.data_type != LIVE:
            return
        if tick == BID_SIZE and self._bid > 0:
            self._quote_changed |= self._bid_size != int(size)
            self._bid_size = int(size)
        elif tick == ASK_SIZE and self._ask > 0:
            self._quote_changed |= self._ask_size != int(size)
            self._ask_size = int(size)
        elif tick == LAST_SIZE:
            self._last_size = int(size)
        elif tick == VOLUME:
            self._on_volume(int(size))

    def on_string(self, tick: int, value: str) -> None:
        if self.data_type != LIVE:
            return
        if tick == RT_VOLUME:
            self._on_rt_volume(value)

    def on_generic(self, tick: int, value: float) -> None:
        """Tick 49: -1 unknown, 0 not halted, 1 regulatory or news halt, 2 volatility halt."""
        if tick == SHORTABLE:
            self._shortable = value
        if tick != HALTED:
            return
        halted = None if value < 0 else value > 0
        if halted != self._halted or not self._halt_known:
            self._halted, self._halt_known = halted, True
            self._out(HaltChanged(self.symbol, self._now(), halted))

    def end_packet(self) -> None:
        """The packet is decoded: what changed in it is one quote, and one word on what can be borrowed."""
        self._tell_borrow()
        if not self._quote_changed:
            return
        self._quote_changed = False
        bid, bid_size = (self._bid, self._bid_size) if self._bid_size > 0 else (0.0, 0)
        ask, ask_size = (self._ask, self._ask_size) if self._ask_size > 0 else (0.0, 0)
        self._out(Quote(self.symbol, self._now(), bid, bid_size, ask, ask_size))

    def on_data_type(self, data_type: int) -> None:
        """1 live, 2 frozen, 3 delayed, 4 delayed and frozen. Nothing trades on data that are not live."""
        was, self.data_type = self.data_type, data_type
        if data_type != LIVE and was == LIVE:
            self._failed("the market data are not live (delayed or frozen): no quotes from them")

    def on_error(self, code: int, text: str) -> None:
        """An error message about this subscription."""
        if fails_request(code):
            self._failed(f"{code} {text}")

    # ---- details ----------------------------------------------------------------------------------

    def _on_volume(self, volume: int) -> None:
        """The day's volume. The first one is where we come in, not a trade."""
        grew = volume - self._volume
        first, self._has_volume = not self._has_volume, True
        self._volume = max(self._volume, volume)
        if first or self._has_rt_volume or grew <= 0 or self._last <= 0:
            return
        self._trade(Trade(self.symbol, self._now(), self._last, self._last_size or grew, volume))

    def _on_rt_volume(self, value: str) -> None:
        """``price;size;time in ms;day volume;VWAP;single``. An empty price only tells the volume."""
        fields = value.split(";")
        if len(fields) < 4 or not fields[0] or not fields[2]:
            return
        try:
            price, size, ts = float(fields[0]), int(float(fields[1])), int(fields[2]) / 1000.0
            volume = int(float(fields[3] or 0))
        except ValueError:
            return
        self._has_rt_volume = True
        if price <= 0 or size <= 0 or 0 < volume <= self._told_volume:
            return
        self._trade(Trade(self.symbol, ts, price, size, volume))

    def _tell_borrow(self) -> None:
        """Never held back: it says nothing of a price, and an entry may wait for it."""
        if self._shortable is None:
            return
        borrow = (self._shortable > EASY_TO_BORROW, self._shortable_shares)
        if borrow != self._told_borrow:
            self._told_borrow = borrow
            self._emit(ShortAvailability(self.symbol, self._now(), *borrow))

    def _trade(self, trade: Trade) -> None:
        self._told_volume = trade.day_volume
        self.end_packet()
        self._out(trade)

    def _tell_open(self) -> None:
        if self._open != self._told_open:
            self._told_open = self._open
            self._emit(OpenPrice(self.symbol, self._now(), self._open))

    def _out(self, event: FeedEvent) -> None:
        if self._held is not None:
            self._held.append(event)
        elif not isinstance(event, Trade):
            self._emit(event)
        elif event.ts >= self._since:
            if not self._traded:
                self._traded = True
                if event.day_volume > event.size:  # not today's first trade: the open that is known is today's
                    self._tell_open()
            self._emit(event)


def _side(price: float, size: float) -> tuple[float, int]:
    return (price, int(size)) if price > 0 else (0.0, 0)
