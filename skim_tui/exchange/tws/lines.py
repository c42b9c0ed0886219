"""A market data line: what it tells when it begins, and what it tells when something happens."""

from __future__ import annotations

from collections.abc import Iterator

from skim_tui.domain.market import MINUTE, Quote, Trade
from skim_tui.domain.session import ASX, Phase
from skim_tui.exchange.api import DayStats, ExchangeApi
from skim_tui.exchange.tws import ticks
from skim_tui.exchange.tws.barmath import volatility
from skim_tui.exchange.tws.client import Client
from skim_tui.exchange.tws.contracts import home_of, letters_of
from skim_tui.exchange.tws.generic import GenericTicks
from skim_tui.exchange.tws.hub import Subscription
from skim_tui.exchange.tws.ticks import TickWriter

LIVE, FROZEN, DELAYED, DELAYED_FROZEN = 1, 2, 3, 4
SNAPSHOT_PERMISSIONS = 3
BBO_EXCHANGES = {ASX: "a60001"}
US_BBO_EXCHANGE = "9c0001"
QUARTER, HALF_YEAR, YEAR = 63, 126, 252
"""Sessions in 13, 26 and 52 weeks."""
AVERAGE_OVER = 63
SHORTABILITY = 236


def data_type_of(requested: int, phase: Phase) -> int:
    """What a line gets when ``requested`` was asked for: frozen kinds are frozen only while nothing trades."""
    closed = phase is Phase.CLOSED
    match requested:
        case 2:
            return FROZEN if closed else LIVE
        case 3:
            return DELAYED
        case 4:
            return DELAYED_FROZEN if closed else DELAYED
        case _:
            return LIVE


class Line(Subscription):
    """One market data line of one client."""

    def __init__(self, client: Client, request_id: int, symbol: str, generic: GenericTicks, data_type: int) -> None:
        super().__init__(request_id, symbol)
        self.generic = generic
        self.data_type = data_type
        self._client = client
        self._exchange: ExchangeApi = client.exchange
        self._write = TickWriter(request_id, data_type in (DELAYED, DELAYED_FROZEN), client.quote_unit)
        self._numbers = generic.numbers
        self._high = self._low = self._open = 0.0
        self._told_borrow = (0.0, 0)

    # ---- the beginning --------------------------------------------------------------------------

    def start(self) -> None:
        """Type, parameters, then everything known by now."""
        out, request_id = self._client.out, self.request_id
        instrument = self._exchange.instruments[self.symbol]
        least = float(instrument.ladder.bands[0][1]) if instrument.mic == ASX else 0.01
        out.send([58, 1, request_id, self.data_type])
        bbo = BBO_EXCHANGES.get(instrument.mic, US_BBO_EXCHANGE)
        out.send([81, request_id, least, bbo, SNAPSHOT_PERMISSIONS])
        self.on_day()

    def on_day(self) -> None:
        """Everything anew: the close is another one, volume and range begin again."""
        for number, frames in enumerate(self._known()):
            self._client.out.frames(self.request_id, -1 - number, frames)

    def _known(self) -> Iterator[bytes]:
        write, exchange = self._write, self._exchange
        stats, quote, last = exchange.stats(self.symbol), exchange.quote(self.symbol), exchange.last(self.symbol)
        if self.generic.quotes:
            if quote is not None:
                yield write.quote(quote, self._mask())
            if not write.delayed:
                mic = exchange.day().mic
                letter = letters_of(mic)[home_of(mic)]
                for tick in (ticks.BID_EXCHANGE, ticks.ASK_EXCHANGE, ticks.LAST_EXCHANGE):
                    yield write.string(tick, letter)
            if last is not None:
                yield write.price(ticks.LAST, last.price, last.size)
                yield write.size(ticks.LAST_SIZE, last.size)
            yield write.size(ticks.VOLUME, stats.volume)
            yield from self._extremes(stats)
            if stats.prev_close > 0.0:
                yield write.price(ticks.CLOSE, stats.prev_close)
            if last is not None:
                yield write.string(ticks.LAST_TIMESTAMP, int(last.ts))
            yield write.generic(ticks.HALTED, 1.0 if stats.halted else 0.0)
        yield from self._statistics()
        yield from self._activity(stats)

    def _statistics(self) -> Iterator[bytes]:
        """Generic ticks that stand still during a day."""
        write, numbers = self._write, self._numbers
        if not numbers & {165, SHORTABILITY, 411, 456}:
            return
        daily = self._exchange.daily_bars(self.symbol, YEAR)
        if 165 in numbers and daily:
            for span, low, high in (
                (QUARTER, ticks.LOW_13, ticks.HIGH_13),
                (HALF_YEAR, ticks.LOW_26, ticks.HIGH_26),
                (YEAR, ticks.LOW_52, ticks.HIGH_52),
            ):
                yield write.price(low, min(bar.low for bar in daily[-span:]))
                yield write.price(high, max(bar.high for bar in daily[-span:]))
        recent = daily[-AVERAGE_OVER:]
        average = sum(bar.volume for bar in recent) // len(recent) if recent else 0
        if 165 in numbers and average:
            yield write.size(ticks.AVERAGE_VOLUME, average)
        if SHORTABILITY in numbers:
            yield from self._shortable()
        if 411 in numbers and len(daily) > 2:
            yield write.generic(ticks.HISTORICAL_VOLATILITY, volatility([bar.close for bar in daily[-31:]]))
        if 456 in numbers:
            yield write.string(ticks.DIVIDENDS, ",,,")

    # ---- what happens ---------------------------------------------------------------------------

    def on_quote(self, quote: Quote) -> None:
        if self.generic.quotes:
            self._client.out.frames(self.request_id, ticks.BID, self._write.quote(quote, self._mask()))

    def on_trade(self, trade: Trade) -> None:
        out, request_id = self._client.out, self.request_id
        stats = self._exchange.stats(self.symbol)
        if self.generic.quotes:
            out.frames(request_id, ticks.LAST, self._write.trade(trade))
            if stats.high != self._high or stats.low != self._low or stats.open != self._open:
                out.frames(request_id, ticks.HIGH, b"".join(self._extremes(stats)))
        if self._numbers:
            out.frames(request_id, ticks.RT_VOLUME, b"".join(self._activity(stats, trade)))

    def on_halt(self, halted: bool) -> None:
        self._client.out.frames(
            self.request_id, ticks.HALTED, self._write.generic(ticks.HALTED, 1.0 if halted else 0.0)
        )

    def on_borrow(self) -> None:
        if SHORTABILITY in self._numbers and self._exchange.borrowable(self.symbol) != self._told_borrow:
            self._client.out.frames(self.request_id, ticks.SHORTABLE, b"".join(self._shortable()))

    # ---- details --------------------------------------------------------------------------------

    def _extremes(self, stats: DayStats) -> Iterator[bytes]:
        """High, low and open of the day."""
        self._high, self._low, self._open = stats.high, stats.low, stats.open
        for tick, value in ((ticks.HIGH, stats.high), (ticks.LOW, stats.low), (ticks.OPEN, stats.open)):
            if value > 0.0:
                yield self._write.price(tick, value)

    def _shortable(self) -> Iterator[bytes]:
        """How readily it can be sold short, and how many shares."""
        self._told_borrow = level, shares = self._exchange.borrowable(self.symbol)
        yield self._write.generic(ticks.SHORTABLE, level)
        yield self._write.size(ticks.SHORTABLE_SHARES, shares)

    def _activity(self, stats: DayStats, trade: Trade | None = None) -> Iterator[bytes]:
        """Generic ticks that follow each trade."""
        write, numbers = self._write, self._numbers
        if not numbers or stats.last <= 0.0:
            return
        if trade is not None and trade.size > 0 and numbers & {233, 375}:
            unit = self._client.quote_unit
            average = stats.turnover / stats.volume if stats.volume else trade.price
            value = f"{trade.price};{trade.size // unit};{int(trade.ts * 1000)};{trade.day_volume // unit};{average:.8f};true"
            if 233 in numbers:
                yield write.string(ticks.RT_VOLUME, value)
            if 375 in numbers:
                yield write.string(ticks.RT_TRADE_VOLUME, value)
        if 232 in numbers:
            yield write.price(ticks.MARK_PRICE, self._mark(stats))
        if 318 in numbers:
            yield write.price(ticks.LAST_RTH_TRADE, stats.last)
        if 293 in numbers:
            yield write.generic(ticks.TRADE_COUNT, float(stats.trades))
        if numbers & {294, 295, 595}:
            yield from self._rates()

    def _rates(self) -> Iterator[bytes]:
        """Trades and shares a minute, and the volume of the last few minutes."""
        write, numbers, now = self._write, self._numbers, self._exchange.now()
        bars = self._exchange.minute_bars(self.symbol, now - 10 * MINUTE, now + 1.0)
        volumes = {span: sum(bar.volume for bar in bars if bar.ts >= now - span * MINUTE) for span in (1, 3, 5, 10)}
        if 294 in numbers:
            yield write.generic(ticks.TRADE_RATE, float(-(-volumes[1] // 100)))
        if 295 in numbers:
            yield write.generic(ticks.VOLUME_RATE, float(volumes[1]))
        if 595 in numbers:
            for span, tick in ((3, ticks.VOLUME_3_MIN), (5, ticks.VOLUME_5_MIN), (10, ticks.VOLUME_10_MIN)):
                yield write.size(tick, volumes[span])

    def _mark(self, stats: DayStats) -> float:
        """The last price, kept between bid and ask."""
        quote = self._exchange.quote(self.symbol)
        if quote is None or not quote.two_sided:
            return stats.last
        return min(max(stats.last, quote.bid), quote.ask)

    def _mask(self) -> int:
        day, now = self._exchange.day(), self._exchange.now()
        return ticks.CAN_AUTO_EXECUTE if day.open <= now < day.end else ticks.PRE_OPEN
