"""Historical bars as the API gives them: sessions, kinds of bars, time formats."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from datetime import date

from skim_tui.domain.market import MINUTE
from skim_tui.domain.session import ASX, ExchangeDay
from skim_tui.exchange.api import ExchangeApi
from skim_tui.exchange.model import Rejected
from skim_tui.exchange.tickhistory import TickHistory
from skim_tui.exchange.tws.barmath import (
    NO_VOLUME,
    TRADE_KINDS,
    Candle,
    DayOf,
    from_steps,
    gather_days,
    merge,
    of_day,
    of_minute,
    volatility,
)
from skim_tui.exchange.tws.barspec import DAY, NAMES, Span, refusal
from skim_tui.exchange.tws.contracts import home_of, zone_of

SERVICE = "Historical Market Data Service error message:"
VOLATILITY_SPAN = 30
"""Sessions behind one point of historical volatility."""


@dataclass(frozen=True, slots=True)
class Query:
    """A historical request, read."""

    request_id: int
    symbol: str
    size: int
    span: Span
    what: str
    regular: bool
    form: int
    end: float
    """Never later than now."""

    @property
    def name(self) -> str:
        return NAMES[self.what]


class Historian:
    """Answers historical requests from what an exchange has played and knew before."""

    def __init__(self, exchange: ExchangeApi) -> None:
        self._exchange = exchange
        self.ticks = TickHistory(exchange)

    def candles(self, query: Query) -> list[Candle]:
        """The bars of a request. Raises :class:`Rejected` 162 when there are none."""
        found = self._daily(query) if query.size >= DAY else self._intraday(query)
        if not found:
            home = home_of(self._exchange.day().mic)
            raise Rejected(162, f"{SERVICE}HMDS query returned no data: {query.symbol}@{home} {query.name}")
        return found

    def start(self, query: Query) -> float:
        """When the span of a request begins: seconds are counted back from the last moment of trading."""
        calendar, dates = self._exchange.calendar, self.dates(query)
        if query.span.unit == "S":
            return min(query.end, calendar.day(dates[-1]).end) - query.span.count
        return calendar.day(dates[0]).pre_open

    def dates(self, query: Query) -> tuple[date, ...]:
        """The sessions that a request spans, oldest first. One that has not begun to trade is not among them."""
        sessions = self._exchange.calendar.sessions
        after = self._sessions_until(query.end, query.regular)
        match query.span.unit:
            case "S":
                return sessions[after - 1 : after]
            case "D":
                return sessions[max(0, after - query.span.count) : after]
            case _:
                first = bisect_left(sessions, query.span.first_day(sessions[after - 1]))
                return sessions[min(first, after - 1) : after]

    def row(self, candle: Candle, form: int, unit: int = 1) -> list[object]:
        """date, open, high, low, close, volume, average, count."""
        volume = candle.volume // unit if candle.volume > 0 else candle.volume
        average = round(candle.average, 8)
        return [
            self.when(candle, form),
            candle.open,
            candle.high,
            candle.low,
            candle.close,
            volume,
            average,
            candle.count,
        ]

    def when(self, candle: Candle, form: int) -> object:
        if candle.day is not None:
            return f"{candle.day:%Y%m%d}"
        if form == 2:
            return int(candle.ts)
        return self.local(candle.ts)

    def local(self, ts: float) -> str:
        day = self._exchange.day()
        return f"{day.local(ts):%Y%m%d %H:%M:%S} {zone_of(day.mic)}"

    # ---- within a day -----------------------------------------------------------------------------

    def _intraday(self, query: Query) -> list[Candle]:
        dates = set(self.dates(query))
        played = [self._exchange.calendar.day(day) for day in self.ticks.sessions() if day in dates]
        start, day_of = self.start(query), DayOf(played or [self._exchange.day()])
        end = min(query.end, self._exchange.now())
        if query.what not in (*TRADE_KINDS, "BID", "ASK", "MIDPOINT", "BID_ASK"):
            raise self._unavailable(query)

        def wanted(ts: float) -> bool:
            return not query.regular or is_regular(ts, day_of(ts))

        if query.size < MINUTE or query.what not in TRADE_KINDS:
            steps = [step for step in self.ticks.steps(query.symbol, start, end) if wanted(step.ts)]
            return from_steps(steps, query.what, query.size, day_of)
        bars = self._exchange.minute_bars(
            query.symbol, start - start % MINUTE, end + (1.0 if end >= self._exchange.now() else 0.0)
        )
        return merge((of_minute(bar) for bar in bars if wanted(bar.ts)), query.size, day_of)

    # ---- days and longer --------------------------------------------------------------------------

    def _daily(self, query: Query) -> list[Candle]:
        dates = set(self.dates(query))
        known = self._known_days(query)
        if query.what == "HISTORICAL_VOLATILITY":
            known = _volatilities(known)
        elif query.what in ("BID", "ASK", "MIDPOINT", "BID_ASK"):
            known = [self._quoted(bar, query.what, query.symbol) for bar in known]
        elif query.what not in TRADE_KINDS:
            raise self._unavailable(query)
        spanned = [bar for bar in known if bar.day in dates]
        return spanned if query.size == DAY else gather_days(spanned, query.size)

    def _known_days(self, query: Query) -> list[Candle]:
        exchange, calendar = self._exchange, self._exchange.calendar
        found = [
            of_day(bar, calendar.day(bar.date).open if calendar.is_session(bar.date) else 0.0)
            for bar in exchange.daily_bars(query.symbol, len(calendar.sessions))
        ]
        stats, today = exchange.stats(query.symbol), exchange.day()
        if stats.open > 0.0 and query.end >= today.opening_auction:
            average = stats.turnover / stats.volume if stats.volume else stats.last
            found.append(
                Candle(
                    today.open, stats.open, stats.high, stats.low, stats.last, stats.volume, average, stats.trades,
                    today.date,
                )
            )  # fmt: skip
        return found

    def _quoted(self, bar: Candle, what: str, symbol: str) -> Candle:
        """A day's quotes are not kept: they stood within a price step of its trades."""
        ladder = self._exchange.instruments[symbol].ladder
        step = float(ladder.bands[-1][1]) if bar.close >= float(ladder.bands[-1][0]) else float(ladder.bands[0][1])
        low = {"BID": step, "MIDPOINT": step / 2, "BID_ASK": step}.get(what, 0.0)
        high = 0.0 if what == "BID_ASK" else low

        def lowered(price: float, by: float) -> float:
            return round(price - by, 6)

        return Candle(
            bar.ts, lowered(bar.open, low), lowered(bar.high, high), lowered(bar.low, low), lowered(bar.close, high),
            NO_VOLUME, float(NO_VOLUME), NO_VOLUME, bar.day,
        )  # fmt: skip

    def _sessions_until(self, ts: float, regular: bool) -> int:
        """How many sessions of the calendar had begun to trade at ``ts``. Raises :class:`Rejected` when none had."""
        calendar = self._exchange.calendar
        count = bisect_right(calendar.sessions, self._exchange.day().local(ts).date())
        if count:
            day = calendar.day(calendar.sessions[count - 1])
            has_early_trading = day.mic != ASX and not regular
            if ts < (day.pre_open if has_early_trading else day.opening_auction):
                count -= 1
        if not count:
            raise refusal("Historical data requested duration is invalid.")
        return count

    def _unavailable(self, query: Query) -> Rejected:
        home = home_of(self._exchange.day().mic)
        return Rejected(
            162, f"{SERVICE}No historical market data for {query.symbol}/STK@{home} {query.name} {query.size}"
        )


def is_regular(ts: float, day: ExchangeDay) -> bool:
    """Whether ``ts`` lies in regular trading hours, auctions included."""
    return day.opening_auction <= ts < (day.end if day.mic == ASX else day.close)


def _volatilities(days: list[Candle]) -> list[Candle]:
    found: list[Candle] = []
    for index in range(2, len(days)):
        value = volatility([bar.close for bar in days[max(0, index - VOLATILITY_SPAN) : index + 1]])
        found.append(
            Candle(days[index].ts, value, value, value, value, NO_VOLUME, float(NO_VOLUME), NO_VOLUME, days[index].day)
        )
    return found
