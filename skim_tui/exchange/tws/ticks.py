"""Ticks on the wire: their numbers, live or delayed, and the parts of frames that every line of a symbol shares."""

from __future__ import annotations

from functools import lru_cache

from skim_tui.domain.market import Quote, Trade
from skim_tui.exchange.tws.wire import body, frame

BID_SIZE, BID, ASK, ASK_SIZE, LAST, LAST_SIZE, HIGH, LOW, VOLUME, CLOSE = range(10)
OPEN = 14
LOW_13, HIGH_13, LOW_26, HIGH_26, LOW_52, HIGH_52, AVERAGE_VOLUME = range(15, 22)
HISTORICAL_VOLATILITY = 23
BID_EXCHANGE, ASK_EXCHANGE = 32, 33
MARK_PRICE = 37
LAST_TIMESTAMP, SHORTABLE = 45, 46
RT_VOLUME, HALTED = 48, 49
TRADE_COUNT, TRADE_RATE, VOLUME_RATE, LAST_RTH_TRADE, RT_VOLATILITY, DIVIDENDS = range(54, 60)
VOLUME_3_MIN, VOLUME_5_MIN, VOLUME_10_MIN = 63, 64, 65
RT_TRADE_VOLUME = 77
LAST_EXCHANGE = 84
SHORTABLE_SHARES = 89

DELAYED = {
    BID: 66, ASK: 67, LAST: 68, BID_SIZE: 69, ASK_SIZE: 70, LAST_SIZE: 71, HIGH: 72, LOW: 73, VOLUME: 74, CLOSE: 75,
    OPEN: 76, LAST_TIMESTAMP: 88, HALTED: 90,
}  # fmt: skip
"""The number of a tick on a delayed line."""

CAN_AUTO_EXECUTE, PRE_OPEN = 1, 4
PRICE, SIZE, GENERIC, STRING = 1, 2, 45, 46
VERSION = 6


class TickWriter:
    """Frames of one line's ticks."""

    def __init__(self, request_id: int, delayed: bool, unit: int) -> None:
        self.delayed = delayed
        self._unit = unit
        self._price, self._size, self._generic, self._string = (
            body([kind, VERSION, request_id]) for kind in (PRICE, SIZE, GENERIC, STRING)
        )

    def number(self, tick: int) -> int:
        return DELAYED.get(tick, tick) if self.delayed else tick

    def price(self, tick: int, price: float, size: int = 0, mask: int = 0) -> bytes:
        return frame(self._price + body([self.number(tick), price, size // self._unit, mask]))

    def size(self, tick: int, size: int) -> bytes:
        return frame(self._size + body([self.number(tick), size // self._unit]))

    def generic(self, tick: int, value: float) -> bytes:
        return frame(self._generic + body([self.number(tick), value]))

    def string(self, tick: int, value: object) -> bytes:
        return frame(self._string + body([self.number(tick), value]))

    def quote(self, quote: Quote, mask: int = CAN_AUTO_EXECUTE) -> bytes:
        """Bid and ask."""
        bid, ask = _quote(quote, self.delayed, self._unit, mask)
        return frame(self._price + bid) + frame(self._price + ask)

    def trade(self, trade: Trade) -> bytes:
        """Last, day volume and the time of the last trade."""
        last, volume, stamp = _trade(trade, self.delayed, self._unit)
        return frame(self._price + last) + frame(self._size + volume) + frame(self._string + stamp)


@lru_cache(maxsize=64)
def _quote(quote: Quote, delayed: bool, unit: int, mask: int) -> tuple[bytes, bytes]:
    bid, ask = (DELAYED[BID], DELAYED[ASK]) if delayed else (BID, ASK)
    return (
        body([bid, quote.bid, quote.bid_size // unit, mask]),
        body([ask, quote.ask, quote.ask_size // unit, mask]),
    )


@lru_cache(maxsize=64)
def _trade(trade: Trade, delayed: bool, unit: int) -> tuple[bytes, bytes, bytes]:
    last, volume, stamp = (
        (DELAYED[LAST], DELAYED[VOLUME], DELAYED[LAST_TIMESTAMP]) if delayed else (LAST, VOLUME, LAST_TIMESTAMP)
    )
    return (
        body([last, trade.price, trade.size // unit, 0]),
        body([volume, trade.day_volume // unit]),
        body([stamp, int(trade.ts)]),
    )
