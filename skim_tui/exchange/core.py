"""The matching core: one market on one clock, whatever door a client came through."""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Protocol
from zlib import crc32

from skim_tui.domain.fees import FEES
from skim_tui.domain.instrument import ASX_LADDER, US_LADDER, Instrument, price
from skim_tui.domain.market import MINUTE, Announcement, Bar, DailyBar, Quote, Trade, minute_of
from skim_tui.domain.session import ASX, ExchangeDay, Phase, TradingCalendar
from skim_tui.exchange.account import Account
from skim_tui.exchange.book import Book, Market
from skim_tui.exchange.clock import SimClock
from skim_tui.exchange.model import Execution, SimOrder
from skim_tui.exchange.path import Step, expand
from skim_tui.exchange.tape import Tape


@dataclass(slots=True)
class DayStats:
    """A listing's day so far; prices 0.0 while nothing has traded."""

    prev_close: float = 0.0
    open: float = 0.0
    high: float = 0.0
    low: float = 0.0
    last: float = 0.0
    last_ts: float = 0.0
    volume: int = 0
    halted: bool = False
    trades: int = 0
    """Trades so far; a bar that was not played step by step counts as one per hundred shares."""
    turnover: float = 0.0
    """Value traded so far: price times shares."""


class Listener(Protocol):
    """A door's connection. Called synchronously, in market order; must not block."""

    def on_quote(self, quote: Quote) -> None: ...
    def on_trade(self, trade: Trade) -> None: ...
    def on_bars(self, bars: Sequence[Bar]) -> None:
        """Minute bars that just closed, all of one minute, of every listing that traded."""
        ...

    def on_halt(self, symbol: str, halted: bool) -> None: ...
    def on_announcement(self, announcement: Announcement) -> None: ...
    def on_order(self, order: SimOrder) -> None:
        """The order changed state, fill or terms."""
        ...

    def on_execution(self, execution: Execution) -> None: ...
    def on_position(self, symbol: str) -> None: ...
    def on_day(self, day: ExchangeDay) -> None:
        """A new session of the tape begins."""
        ...


class ExchangeApi(Protocol):
    """What a door may ask of the core (:class:`Exchange` implements it)."""

    account_id: str
    currency: str
    tape: Tape
    calendar: TradingCalendar
    instruments: dict[str, Instrument]
    """By symbol; ``con_id`` is unique and stable for a symbol."""
    announcements: list[Announcement]
    """Published so far today."""

    @property
    def orders(self) -> dict[int, SimOrder]:
        """By perm id, every order of the run, finished ones included."""
        ...

    @property
    def executions(self) -> list[Execution]: ...
    @property
    def cash(self) -> Decimal: ...
    @property
    def positions(self) -> dict[str, tuple[int, Decimal]]:
        """symbol -> (signed shares, average cost incl. commission)."""
        ...

    @property
    def realised(self) -> Decimal: ...
    def now(self) -> float: ...
    def day(self) -> ExchangeDay: ...
    def symbol_of(self, con_id: int) -> str: ...
    def call_at(self, ts: float, action: Callable[[], None]) -> None:
        """Run ``action`` at exchange time ``ts``. Who repeats it stops at the day's end, so that the tape can end."""
        ...

    def join(self, listener: Listener) -> None: ...
    def leave(self, listener: Listener) -> None: ...
    def subscribe(self, listener: Listener, symbol: str) -> None:
        """Quotes, trades and halts of ``symbol`` from now on."""
        ...

    def unsubscribe(self, listener: Listener, symbol: str) -> None: ...
    def stats(self, symbol: str) -> DayStats: ...
    def quote(self, symbol: str) -> Quote | None: ...
    def last(self, symbol: str) -> Trade | None: ...
    def minute_bars(self, symbol: str, start: float, end: float) -> list[Bar]:
        """Bars with ``start <= ts < end`` that have begun by now; the last may be forming."""
        ...

    def daily_bars(self, symbol: str, sessions: int) -> list[DailyBar]:
        """The last ``sessions`` finished sessions, oldest first."""
        ...

    def equity(self) -> Decimal:
        """Cash plus positions at the last price."""
        ...

    def next_order_id(self, client_id: int) -> int: ...
    def submit(self, order: SimOrder) -> None:
        """Enter an order (transmit False parks it). Raises :class:`Rejected`; assigns perm_id.

        A bracket's children arrive with ``parent_id``; the leg with transmit True releases all.
        """
        ...

    def modify(
        self,
        order: SimOrder,
        *,
        quantity: int | None = None,
        limit: Decimal | None = None,
        stop: Decimal | None = None,
        tif: str | None = None,
        type: str | None = None,
    ) -> None:
        """Raises :class:`Rejected`; the old terms then stay in force."""
        ...

    def cancel(self, order: SimOrder, reason: str = "") -> None:
        """Raises :class:`Rejected` with 10148 when it is done already."""
        ...


# At one instant: bars close first, then the session's own events, then news, then the new minute.
_CLOSE, _SESSION, _NEWS, _MINUTE, _STEP, _TIMER = range(6)
_BREATH = 2000
"""Events between two yields to the loop at maximum speed."""


class Exchange:
    """Plays a tape on a clock and matches its clients' orders against it.

    Only symbols that somebody watches or has a live order in are expanded into quotes and trades;
    the others advance by whole minute bars.
    """

    def __init__(
        self,
        tape: Tape,
        calendar: TradingCalendar,
        *,
        account_id: str = "DU1234567",
        cash: Decimal = Decimal(100_000),
        start: float | None = None,
        speed: float | None = None,
        allow_short: bool = False,
    ) -> None:
        self.tape = tape
        self.calendar = calendar
        self.account_id = account_id
        self.currency = tape.currency
        self.start_cash = cash
        ladder = ASX_LADDER if tape.mic == ASX else US_LADDER
        self.instruments: dict[str, Instrument] = {}
        self._symbol_of: dict[int, str] = {}
        for symbol in sorted(tape.symbols()):
            con_id = 1_000_000 + crc32(f"{symbol}.{tape.mic}".encode()) % 900_000_000
            while con_id in self._symbol_of:
                con_id += 1
            self._symbol_of[con_id] = symbol
            self.instruments[symbol] = Instrument(
                symbol,
                tape.mic,
                tape.currency,
                ladder,
                con_id=con_id,
                name=tape.names.get(symbol, symbol),
                min_order_value=Decimal(500) if tape.mic == ASX else Decimal(0),
            )
        self.account = Account(cash)
        self._day = calendar.day(tape.dates[0])
        self.clock = SimClock(self._day.pre_open, None)
        self.book = Book(
            account_id,
            tape.currency,
            self.account,
            FEES[tape.mic],
            self.instruments,
            now=self.now,
            is_open=self._is_open,
            market=self._market,
            on_order=self._tell_order,
            on_execution=self._tell_execution,
            allow_short=allow_short,
        )
        self._listeners: list[Listener] = []
        self._subscribers: dict[str, list[Listener]] = {}
        self._stats: dict[str, DayStats] = {}
        self._quotes: dict[str, Quote] = {}
        self._markets: dict[str, Market] = {}
        self._today: dict[str, list[Bar]] = {}
        self._forming: dict[str, Bar] = {}
        self._minute: dict[str, Bar] = {}
        """The bars of the current minute that are on the tape."""
        self._expanded: set[str] = set()
        self._active: set[str] = set()
        self._recorded: set[str] = set()
        """Symbols whose quotes and trades are on the tape themselves."""
        self._rolled: dict[str, list[DailyBar]] = {}
        self.announcements: list[Announcement] = []
        """Published so far today."""
        self._heap: list[tuple[float, int, int, Callable[[], None]]] = []
        self._count = 0
        self._sooner = asyncio.Event()
        """Set when something is entered that is due before what is waited for."""
        self._days_left = list(tape.dates)
        self._begin_day(self._days_left.pop(0))
        if start is not None:
            self._fast_forward(start)
        self.clock = SimClock(self.clock.now() if start is None else start, speed)

    # ---- what doors ask -------------------------------------------------------------------------

    @property
    def orders(self) -> dict[int, SimOrder]:
        return self.book.orders

    @property
    def executions(self) -> list[Execution]:
        return self.book.executions

    @property
    def cash(self) -> Decimal:
        return self.account.cash

    @property
    def positions(self) -> dict[str, tuple[int, Decimal]]:
        return self.account.positions

    @property
    def realised(self) -> Decimal:
        return self.account.realised

    def now(self) -> float:
        return self.clock.now()

    def day(self) -> ExchangeDay:
        return self._day

    def symbol_of(self, con_id: int) -> str:
        """The symbol of a contract id; empty when there is none."""
        return self._symbol_of.get(con_id, "")

    def call_at(self, ts: float, action: Callable[[], None]) -> None:
        self._push(max(ts, self.now()), _TIMER, action)

    def join(self, listener: Listener) -> None:
        self._listeners.append(listener)

    def leave(self, listener: Listener) -> None:
        if listener in self._listeners:
            self._listeners.remove(listener)
        for symbol in [symbol for symbol, subscribers in self._subscribers.items() if listener in subscribers]:
            self.unsubscribe(listener, symbol)

    def subscribe(self, listener: Listener, symbol: str) -> None:
        subscribers = self._subscribers.setdefault(symbol, [])
        if listener not in subscribers:
            subscribers.append(listener)
        self._activate(symbol)

    def unsubscribe(self, listener: Listener, symbol: str) -> None:
        subscribers = self._subscribers.get(symbol, [])
        if listener in subscribers:
            subscribers.remove(listener)
        if not subscribers:
            self._subscribers.pop(symbol, None)
            if not self.book.live.get(symbol):
                self._active.discard(symbol)

    def stats(self, symbol: str) -> DayStats:
        stats = self._stats.get(symbol)
        if stats is None:
            stats = self._stats[symbol] = DayStats(prev_close=self._previous_close(symbol))
        return stats

    def quote(self, symbol: str) -> Quote | None:
        quote = self._quotes.get(symbol)
        if quote is not None:
            return quote
        stats = self.stats(symbol)
        if stats.last <= 0.0:
            return None
        step = float(self.instruments[symbol].ladder.step_at(price(stats.last)))
        return Quote(symbol, stats.last_ts, max(step, round(stats.last - step, 6)), 100, stats.last, 100)

    def last(self, symbol: str) -> Trade | None:
        stats = self.stats(symbol)
        return Trade(symbol, stats.last_ts, stats.last, 0, stats.volume) if stats.last > 0.0 else None

    def minute_bars(self, symbol: str, start: float, end: float) -> list[Bar]:
        if start < self._day.pre_open:
            bars = [
                bar
                for day in self.tape.dates
                if day < self._day.date
                for bar in self.tape.bars.get(day, ())
                if bar.symbol == symbol
            ]
        else:
            bars = []
        bars += self._today.get(symbol, ())
        forming = self._forming.get(symbol)
        if forming is not None:
            bars.append(forming)
        return [bar for bar in bars if start <= bar.ts < end]

    def daily_bars(self, symbol: str, sessions: int) -> list[DailyBar]:
        known = {bar.date: bar for bar in self._rolled.get(symbol, ())}
        known.update({bar.date: bar for bar in self.tape.daily.get(symbol, ()) if bar.date < self._day.date})
        return [known[day] for day in sorted(known)[-sessions:]] if sessions > 0 else []

    def equity(self) -> Decimal:
        total = self.account.cash
        for symbol, (quantity, cost) in self.account.positions.items():
            last = self.stats(symbol).last or self.stats(symbol).prev_close
            total += quantity * (price(last) if last > 0.0 else cost)
        return total

    def next_order_id(self, client_id: int) -> int:
        return 1 + max((order.order_id for order in self.orders.values() if order.client_id == client_id), default=0)

    def submit(self, order: SimOrder) -> None:
        self._activate(order.symbol)
        self.book.submit(order)

    def modify(
        self,
        order: SimOrder,
        *,
        quantity: int | None = None,
        limit: Decimal | None = None,
        stop: Decimal | None = None,
        tif: str | None = None,
        type: str | None = None,
    ) -> None:
        self.book.modify(order, quantity=quantity, limit=limit, stop=stop, tif=tif, type=type)

    def cancel(self, order: SimOrder, reason: str = "") -> None:
        self.book.cancel(order, reason)

    # ---- playing the tape -----------------------------------------------------------------------

    async def run(self, linger: bool = False) -> None:
        """Play to the end of the last day. With ``linger`` the doors stay open afterwards, until cancelled."""
        breath = 0
        while self._heap or self._next_day():
            while (due := self._heap[0][0]) > self.now():
                self._sooner.clear()
                await self.clock.sleep_until(due, self._sooner)
            self._pop()
            breath += 1
            if breath % _BREATH == 0:
                await asyncio.sleep(0)
        while linger:
            await asyncio.sleep(3600)

    def play(self, until: float = float("inf")) -> None:
        """Play up to ``until`` or to the end at once, without a loop."""
        while self._heap or self._next_day():
            if self._heap[0][0] > until:
                return
            self.clock.set(self._heap[0][0])
            self._pop()

    def _pop(self) -> None:
        heapq.heappop(self._heap)[3]()

    def _push(self, ts: float, rank: int, action: Callable[[], None]) -> None:
        self._count += 1
        if not self._heap or ts < self._heap[0][0]:
            self._sooner.set()
        heapq.heappush(self._heap, (ts, rank, self._count, action))

    def _next_day(self) -> bool:
        if not self._days_left:
            return False
        self._begin_day(self._days_left.pop(0))
        return True

    def _fast_forward(self, start: float) -> None:
        while self._heap and self._heap[0][0] <= start:
            self.clock.set(self._heap[0][0])
            self._pop()

    def _begin_day(self, day: date) -> None:
        self._day = self.calendar.day(day)
        self._stats.clear()
        self._quotes.clear()
        self._markets.clear()
        self._today.clear()
        self._forming.clear()
        self.announcements.clear()
        minutes: dict[float, list[Bar]] = {}
        for bar in self.tape.bars.get(day, ()):
            minutes.setdefault(bar.ts, []).append(bar)
        trades, quotes = self.tape.trades.get(day, []), self.tape.quotes.get(day, [])
        self._recorded = {trade.symbol for trade in trades}
        for ts, bars in minutes.items():
            bars = [bar for bar in bars if bar.symbol not in self._recorded]
            self._push(ts, _MINUTE, lambda ts=ts, bars=bars: self._begin_minute(ts, bars))
        recorded_minutes = {minute_of(trade.ts) for trade in trades}
        for ts in recorded_minutes - set(minutes):
            self._push(ts, _MINUTE, lambda ts=ts: self._begin_minute(ts, []))
        for quote in quotes:
            self._push(quote.ts, _STEP, lambda quote=quote: self._take_quote(quote))
        for trade in trades:
            self._push(
                trade.ts, _STEP, lambda trade=trade: self._take_trade(trade.symbol, trade.ts, trade.price, trade.size)
            )
        for item in self.tape.announcements:
            published = self._day.local(item.ts).date()
            if published == day:
                self._push(max(item.ts, self.clock.now()), _NEWS, lambda item=item: self._publish(item))
        opens = {self._day.open} | (
            {self._day.open_of(symbol) for symbol in self.instruments} if self._day.staggered else set()
        )
        for ts in opens:
            self._push(ts, _SESSION, self._opened)
        self._push(self._day.end, _SESSION, self._end_day)
        for listener in list(self._listeners):
            listener.on_day(self._day)

    def _end_day(self) -> None:
        self.book.expire_day_orders()
        previous = {bar.date for history in self._rolled.values() for bar in history}
        if self._day.date in previous:
            return
        for symbol, bars in self._today.items():
            regular = [
                bar
                for bar in bars
                if self._day.opening_auction <= bar.ts < self._day.end
                and (self._day.mic == ASX or bar.ts < self._day.close)
            ]
            if regular:
                self._rolled.setdefault(symbol, []).append(
                    DailyBar(
                        symbol,
                        self._day.date,
                        regular[0].open,
                        max(bar.high for bar in regular),
                        min(bar.low for bar in regular),
                        regular[-1].close,
                        sum(bar.volume for bar in regular),
                    )
                )

    def _begin_minute(self, ts: float, bars: list[Bar]) -> None:
        self._minute = {bar.symbol: bar for bar in bars}
        self._expanded = set()
        for symbol in sorted(self._active & self._minute.keys()):
            self._expand(symbol)
        self._push(ts + MINUTE, _CLOSE, lambda: self._end_minute(bars))

    def _end_minute(self, bars: list[Bar]) -> None:
        for bar in bars:
            self._today.setdefault(bar.symbol, []).append(bar)
            if bar.symbol not in self._expanded:
                self._take_bar(bar)
        closed = list(bars)
        for symbol in self._recorded & self._forming.keys():
            bar = self._forming[symbol]
            self._today.setdefault(symbol, []).append(bar)
            closed.append(bar)
        self._forming.clear()
        self._minute = {}
        if closed:
            for listener in list(self._listeners):
                listener.on_bars(closed)

    def _activate(self, symbol: str) -> None:
        """Quotes and trades of ``symbol`` from now on, the rest of the current minute included."""
        if symbol in self._active:
            return
        self._active.add(symbol)
        if symbol in self._minute and symbol not in self._expanded:
            self._expand(symbol)

    def _expand(self, symbol: str) -> None:
        bar, now = self._minute[symbol], self.now()
        self._expanded.add(symbol)
        for step in expand(bar, self.instruments[symbol].ladder):
            if step.ts <= now:
                self._take_step(bar, step)
            else:
                self._push(step.ts, _STEP, lambda step=step: self._take_step(bar, step))

    def _take_step(self, bar: Bar, step: Step) -> None:
        symbol = bar.symbol
        self._markets[symbol] = Market(step.bid, step.bid_size, step.ask, step.ask_size, step.price, bar.low, bar.high)
        quote = Quote(symbol, step.ts, step.bid, step.bid_size, step.ask, step.ask_size)
        self._quotes[symbol] = quote
        for listener in list(self._subscribers.get(symbol, ())):
            listener.on_quote(quote)
        self._take_trade(symbol, step.ts, step.price, step.size)

    def _take_quote(self, quote: Quote) -> None:
        symbol, known = quote.symbol, self._markets.get(quote.symbol)
        self._quotes[symbol] = quote
        last = known.last if known else 0.0
        self._markets[symbol] = Market(quote.bid, quote.bid_size, quote.ask, quote.ask_size, last, quote.bid, quote.ask)
        for listener in list(self._subscribers.get(symbol, ())):
            listener.on_quote(quote)
        self.book.match(symbol)

    def _take_trade(self, symbol: str, ts: float, at: float, size: int) -> None:
        stats = self.stats(symbol)
        regular = self._is_regular(ts)
        if regular:
            if stats.open == 0.0:
                stats.open = stats.high = stats.low = at
            stats.high, stats.low = max(stats.high, at), min(stats.low, at)
        stats.volume += size
        stats.trades += size > 0
        stats.turnover += at * size
        stats.last, stats.last_ts = at, ts
        minute, forming = minute_of(ts), self._forming.get(symbol)
        if forming is None:
            self._forming[symbol] = Bar(symbol, minute, at, at, at, at, size)
        else:
            self._forming[symbol] = Bar(
                symbol, minute, forming.open, max(forming.high, at), min(forming.low, at), at, forming.volume + size
            )
        if symbol in self._markets:
            self._markets[symbol].last = at
        trade = Trade(symbol, ts, at, size, stats.volume)
        for listener in list(self._subscribers.get(symbol, ())):
            listener.on_trade(trade)
        self.book.match(symbol)

    def _take_bar(self, bar: Bar) -> None:
        stats = self.stats(bar.symbol)
        if self._is_regular(bar.ts):
            if stats.open == 0.0:
                stats.open, stats.high, stats.low = bar.open, bar.high, bar.low
            stats.high, stats.low = max(stats.high, bar.high), min(stats.low, bar.low)
        stats.volume += bar.volume
        stats.trades += -(-bar.volume // 100)
        stats.turnover += (bar.high + bar.low + bar.close) / 3 * bar.volume
        stats.last, stats.last_ts = bar.close, bar.ts + MINUTE

    def _publish(self, item: Announcement) -> None:
        self.announcements.append(item)
        for listener in list(self._listeners):
            listener.on_announcement(item)

    def _opened(self) -> None:
        for symbol in list(self.book.live):
            self.book.match(symbol)

    # ---- details --------------------------------------------------------------------------------

    def _is_regular(self, ts: float) -> bool:
        return self._day.opening_auction <= ts < self._day.end and (self._day.mic == ASX or ts < self._day.close)

    def _is_open(self, symbol: str) -> bool:
        return self._day.phase(self.now(), symbol) is Phase.OPEN

    def _market(self, symbol: str) -> Market | None:
        market = self._markets.get(symbol)
        if market is None:
            quote, stats = self.quote(symbol), self.stats(symbol)
            if quote is None:
                return None
            market = self._markets[symbol] = Market(
                quote.bid, quote.bid_size, quote.ask, quote.ask_size, stats.last, stats.last, stats.last
            )
        return market

    def _previous_close(self, symbol: str) -> float:
        history = self.daily_bars(symbol, 1)
        try:
            previous = self.calendar.previous(self._day.date)
        except LookupError:
            return 0.0
        return history[-1].close if history and history[-1].date == previous else 0.0

    def _tell_order(self, order: SimOrder) -> None:
        for listener in list(self._listeners):
            listener.on_order(order)

    def _tell_execution(self, execution: Execution) -> None:
        for listener in list(self._listeners):
            listener.on_execution(execution)
        for listener in list(self._listeners):
            listener.on_position(execution.symbol)
