"""An exchange in the middle of a trading session whose time moves only when a scenario says so."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cache

from skim_tui.domain.instrument import Instrument
from skim_tui.exchange import synthetic
from skim_tui.exchange.core import Exchange
from skim_tui.exchange.tape import Tape
from skim_tui.exchange.tws.server import TwsDoor
from tests.conftest import calendar_of

SYMBOLS = 12
STEP = 1.0


@cache
def tape() -> Tape:
    """The first listings of a generated ASX day, which is enough for every request and quick to start."""
    whole = synthetic.generate(7)
    (day,) = whole.dates
    traded: dict[str, int] = {}
    for bar in whole.bars[day]:
        traded[bar.symbol] = traded.get(bar.symbol, 0) + bar.volume
    news = [item.symbol for item in whole.announcements]
    kept = set(sorted(traded, key=lambda symbol: -traded[symbol])[:SYMBOLS]) | set(news[:2])
    return replace(
        whole,
        bars={day: [bar for bar in whole.bars[day] if bar.symbol in kept]},
        daily={symbol: bars for symbol, bars in whole.daily.items() if symbol in kept},
        announcements=[item for item in whole.announcements if item.symbol in kept],
    )


@dataclass
class Floor:
    """The running exchange and its door."""

    exchange: Exchange
    door: TwsDoor
    port: int

    @property
    def stock(self) -> Instrument:
        """A liquid listing, cheap enough to buy a thousand of."""
        return self.exchange.instruments[_liquid(self.exchange)]

    @property
    def bid(self) -> Decimal:
        quote = self.exchange.quote(self.stock.symbol)
        assert quote is not None
        return Decimal(str(quote.bid))

    @property
    def ask(self) -> Decimal:
        quote = self.exchange.quote(self.stock.symbol)
        assert quote is not None
        return Decimal(str(quote.ask))

    async def advance(self, seconds: float) -> None:
        """Let exchange time pass, a second at a time, so that everybody hears each step."""
        exchange = self.exchange
        until = exchange.now() + seconds
        while exchange.now() < until:
            at = min(until, exchange.now() + STEP)
            exchange.play(at)
            exchange.clock.set(at)
            await asyncio.sleep(0)


def _liquid(exchange: Exchange) -> str:
    """Chosen by the days before, so that it is the same at every time of the day."""
    history = {symbol: exchange.daily_bars(symbol, 1) for symbol in sorted(exchange.instruments)}
    cheap = {symbol: bars[-1].volume for symbol, bars in history.items() if bars and 6.0 < bars[-1].close < 30.0}
    return max(cheap, key=lambda symbol: cheap[symbol])


@asynccontextmanager
async def open_floor(minutes: float = 30.0, **settings: object) -> AsyncGenerator[Floor, None]:
    """An exchange ``minutes`` after the open, its clock standing still."""
    source, calendar = tape(), calendar_of("XASX")
    start = calendar.day(source.dates[0]).open + minutes * 60.0
    exchange = Exchange(source, calendar, start=start, **settings)  # type: ignore[arg-type]
    door = TwsDoor(exchange)
    _, port = await door.start()
    try:
        yield Floor(exchange, door, port)
    finally:
        await door.stop()
