"""A generated day on the in-process exchange whose bad news is sold short, judged from the exchange's side."""

from decimal import Decimal

import pytest

from skim_tui.config import Config
from skim_tui.desk.engine import Desk
from skim_tui.domain.orders import Side
from skim_tui.exchange import synthetic
from skim_tui.exchange.core import Exchange
from skim_tui.exchange.direct import DirectBroker
from skim_tui.journal import Journal
from skim_tui.replay.report import trade_row
from skim_tui.selftest.umpire import live_orders

SECTIONS = {
    "shock": {"enabled": True, "short": True},
    "risk": {"max_quote_age": 120.0, "orders_per_minute": 600},
    "scan": {"min_gap_pct": 90.0},
    "desk": {"without_console": "continue"},
}
"""No gap is that wide: the news alone trades."""


def sold_short(seed, calendar, minutes=range(55, 371)):
    """The day of ``seed`` traded by auto mode; the desk, and what was uncovered or oversold at the end of a minute."""
    config = Config()
    for name, changes in SECTIONS.items():
        config = config.model_copy(update={name: getattr(config, name).model_copy(update=changes)})
    tape = synthetic.generate(seed)
    exchange = Exchange(tape, calendar, cash=Decimal(100_000))
    broker = DirectBroker(exchange)
    desk = Desk(config, broker, Journal.open(":memory:", durable=False), calendar, wall=broker.now)
    broker.connect(desk.handle)
    opened = calendar.day(tape.dates[0]).open
    bad = []
    desk.operator.set_auto(True, "test")
    for minute in minutes:
        exchange.play(opened + minute * 60)
        desk.advance(exchange.now())
        for symbol, (shares, _) in exchange.account.positions.items():
            closing = Side.SELL if shares > 0 else Side.BUY
            stops = sum(
                order.remaining
                for order in live_orders(exchange)
                if order.symbol == symbol and order.side is closing and order.type.startswith("STP")
            )
            if stops != abs(shares):
                bad.append((minute, symbol, shares, stops))
    return desk, exchange, bad


@pytest.mark.parametrize(("seed", "why"), [(2, "target"), (1, "stop")])
def test_bad_news_is_sold_short_covered_and_closed(asx_calendar, seed, why):
    desk, exchange, bad = sold_short(seed, asx_calendar)
    assert not bad, "every share is covered by a stop on the other side, from its fill to its end"
    (short,) = [position for position in desk.books.closed if position.is_short]
    assert short.why_closed == why and exchange.account.quantity(short.symbol) == 0
    assert (short.realised > 0) == (why == "target")
    assert not desk.context.mismatches and not desk.context.fault
    assert int(trade_row(short)[6]) == -short.entered


def test_the_same_day_is_sold_short_the_same_way(asx_calendar):
    first, again = (sold_short(2, asx_calendar, range(55, 160))[0] for _ in range(2))
    assert [trade_row(trade) for trade in first.books.closed] == [trade_row(trade) for trade in again.books.closed]
    assert first.books.closed
