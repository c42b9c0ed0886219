"""Small tapes written by hand, and an exchange that plays them as far as a test says."""

from datetime import date, datetime, timedelta
from decimal import Decimal

from skim_tui.domain.instrument import ASX_LADDER
from skim_tui.domain.market import Bar, DailyBar, Quote, Trade
from skim_tui.domain.orders import Side
from skim_tui.domain.session import CURRENCIES, TIME_ZONES, exchange_day
from skim_tui.exchange.core import Exchange
from skim_tui.exchange.model import SimOrder
from skim_tui.exchange.tape import Tape
from tests.conftest import calendar_of

D = Decimal
DAY = date(2026, 3, 3)
STAGGERED = date(2019, 12, 18)


class Floor:
    """One listing, ABC, on a tape of single trades and quotes (or bars); times are exchange-local text."""

    def __init__(self, day=DAY, mic="XASX", *, close=10.0, symbol="ABC", half_day=False):
        self.day, self.mic, self.symbol = day, mic, symbol
        self.timetable = exchange_day(mic, day, half_day=half_day)
        self.tape = Tape("by hand", mic, CURRENCIES[mic], TIME_ZONES[mic], (day,))
        calendar = calendar_of(mic)
        self.tape.daily[symbol] = [
            DailyBar(symbol, calendar.offset(day, -back), close, close, close, close, 100_000)
            for back in range(5, 0, -1)
            if calendar.is_session(day)
        ]
        self._orders = 0

    def at(self, clock):
        form = "%H:%M:%S" if clock.count(":") == 2 else "%H:%M"
        moment = datetime.strptime(clock, form)
        since_midnight = timedelta(hours=moment.hour, minutes=moment.minute, seconds=moment.second)
        return self.timetable.at(datetime.min.time()) + since_midnight.total_seconds()

    def quote(self, clock, bid, ask, bid_size=1000, ask_size=1000):
        self.tape.quotes.setdefault(self.day, []).append(
            Quote(self.symbol, self.at(clock), bid, bid_size, ask, ask_size)
        )
        return self

    def trade(self, clock, price, size):
        self.tape.trades.setdefault(self.day, []).append(Trade(self.symbol, self.at(clock), price, size))
        return self

    def bar(self, clock, opened, high, low, close, volume):
        self.tape.bars.setdefault(self.day, []).append(
            Bar(self.symbol, self.at(clock), opened, high, low, close, volume)
        )
        return self

    def open(self, clock, **settings):
        """The exchange at this time of the day."""
        self.exchange = Exchange(self.tape, calendar_of(self.mic), start=self.at(clock), **settings)
        return self.exchange

    def play(self, clock):
        self.exchange.play(self.at(clock))

    def send(self, side, kind, quantity, limit=None, stop=None, **rest):
        """Submit; prices as text."""
        self._orders += 1
        order = SimOrder(
            rest.pop("client_id", 1),
            rest.pop("order_id", self._orders),
            rest.pop("symbol", self.symbol),
            Side(side),
            kind,
            quantity,
            limit=None if limit is None else D(limit),
            stop=None if stop is None else D(stop),
            **{name: D(value) if name.startswith(("trail", "limit_")) else value for name, value in rest.items()},
        )
        self.exchange.submit(order)
        return order

    def hold(self, quantity, cost="10.00"):
        """Shares held before the test begins."""
        self.exchange.account.positions[self.symbol] = (quantity, D(cost))

    def fills(self, order=None):
        return [
            (str(item.price), item.quantity)
            for item in self.exchange.executions
            if order is None or item.perm_id == order.perm_id
        ]


def steps(at, count):
    return ASX_LADDER.up(D(at), count) if count > 0 else ASX_LADDER.down(D(at), -count) if count else D(at)


class Heard:
    """A listener that remembers."""

    def __init__(self):
        self.quotes, self.trades, self.bars, self.halts, self.orders = [], [], [], [], []
        self.executions, self.positions, self.news, self.days, self.borrows = [], [], [], [], []

    def on_quote(self, quote):
        self.quotes.append(quote)

    def on_trade(self, trade):
        self.trades.append(trade)

    def on_bars(self, bars):
        self.bars.append(tuple(bars))

    def on_halt(self, symbol, halted):
        self.halts.append((symbol, halted))

    def on_borrow(self, symbol):
        self.borrows.append(symbol)

    def on_announcement(self, announcement):
        self.news.append(announcement)

    def on_order(self, order):
        self.orders.append((order.order_id, order.status, order.filled, order.reason))

    def on_execution(self, execution):
        self.executions.append(execution)

    def on_position(self, symbol):
        self.positions.append(symbol)

    def on_day(self, day):
        self.days.append(day.date)
