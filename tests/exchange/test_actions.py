"""Splits and dividends on the morning they take effect."""

import gzip
from datetime import date

import pytest

from skim_tui.domain.market import Bar, DailyBar
from skim_tui.exchange.actions import CorporateAction
from skim_tui.exchange.core import Exchange
from skim_tui.exchange.model import Side, SimOrder
from skim_tui.exchange.tape import Tape, TapeError, load
from tests.conftest import calendar_of
from tests.exchange.market import D

FIRST, SECOND = date(2026, 3, 3), date(2026, 3, 4)


def two_days(*actions, price=10.0):
    """ABC trades at ``price`` on both days, ten minutes after the open."""
    calendar = calendar_of("XASX")
    tape = Tape("two days", "XASX", "AUD", "Australia/Sydney", (FIRST, SECOND), actions=list(actions))
    for day in (FIRST, SECOND):
        opens = calendar.day(day).open
        tape.bars[day] = [Bar("ABC", opens + minute * 60, price, price, price, price, 4000) for minute in range(20)]
    tape.daily["ABC"] = [
        DailyBar("ABC", calendar.offset(FIRST, -back), price, price * 1.1, price, price, 1000) for back in (3, 2, 1)
    ]
    exchange = Exchange(tape, calendar, start=calendar.day(FIRST).open + 300)
    return exchange, calendar


def next_morning(exchange, calendar):
    exchange.play(calendar.day(SECOND).pre_open + 1)
    exchange.play(calendar.day(SECOND).open - 60)


def gtc(side, kind, quantity, number, **prices):
    return SimOrder(1, number, "ABC", Side(side), kind, quantity, tif="GTC", **prices)


def test_a_split_changes_holdings_orders_and_history_together():
    exchange, calendar = two_days(CorporateAction("ABC", SECOND, "split", D("2.5")))
    buy = gtc("BUY", "MKT", 101, 1)
    exchange.submit(buy)
    exchange.play(exchange.now() + 60)
    cost = exchange.positions["ABC"][1]
    stop = gtc("SELL", "STP", 100, 2, stop=D("9.00"))
    exchange.submit(stop)
    before = exchange.equity()
    next_morning(exchange, calendar)
    quantity, after = exchange.positions["ABC"]
    assert quantity == 252 and after == cost / D("2.5")
    assert exchange.cash + quantity * after == pytest.approx(before - 10 * 101 + 101 * cost)
    assert (stop.quantity, stop.stop, stop.status) == (250, D("3.60"), "PreSubmitted")
    assert exchange.stats("ABC").prev_close == 4.0
    bars = exchange.daily_bars("ABC", 4)
    assert {bar.close for bar in bars} == {4.0} and bars[0].high == 4.4 and bars[0].volume == 2500
    minutes = exchange.minute_bars("ABC", 0.0, float("inf"))
    assert {bar.close for bar in minutes} == {4.0} and minutes[0].volume == 10_000


def test_a_dividend_is_paid_and_lowers_what_its_price_drop_would_set_off():
    exchange, calendar = two_days(CorporateAction("ABC", SECOND, "dividend", D("0.50")))
    exchange.submit(gtc("BUY", "MKT", 100, 1))
    exchange.play(exchange.now() + 60)
    stop, target = (
        gtc("SELL", "STP", 100, 2, stop=D("9.80"), oca_group="x"),
        gtc("SELL", "LMT", 100, 3, limit=D("12.00"), oca_group="x"),
    )
    exchange.submit(stop)
    exchange.submit(target)
    cash = exchange.cash
    next_morning(exchange, calendar)
    assert exchange.cash == cash + 50
    assert (stop.stop, target.limit) == (D("9.30"), D("12.00"))
    assert exchange.stats("ABC").prev_close == 9.5
    assert [bar.close for bar in exchange.daily_bars("ABC", 2)] == [9.5, 9.5]


def test_nothing_is_adjusted_before_the_day():
    exchange, _ = two_days()
    exchange.corporate_action(CorporateAction("ABC", SECOND, "split", D(2)))
    assert exchange.stats("ABC").prev_close == 10.0
    assert {bar.close for bar in exchange.daily_bars("ABC", 5)} == {10.0}


def test_an_order_of_which_nothing_is_left_ends():
    exchange, calendar = two_days(CorporateAction("ABC", SECOND, "split", D("0.01")))
    order = gtc("BUY", "LMT", 60, 1, limit=D("9.00"))
    exchange.submit(order)
    next_morning(exchange, calendar)
    assert order.status == "Cancelled" and "nothing is left" in order.reason


def test_actions_and_halts_are_read_from_a_tape(tmp_path):
    (tmp_path / "tape.toml").write_text(
        'exchange="XASX"\ncurrency="AUD"\ntimezone="Australia/Sydney"\ndates=["2026-03-03"]\n'
    )

    def write(name, text):
        with gzip.open(tmp_path / f"{name}.csv.gz", "wt") as file:
            file.write(text)

    write("bars", "symbol,ts,open,high,low,close,volume\nNA,2026-03-02T23:00:00Z,1,1,1,1,5\n")
    write("halts", "symbol,ts,halted\nNA,2026-03-02T23:30:00Z,1\nNA,2026-03-02T23:40:00Z,0\n")
    write("actions", "symbol,date,kind,ratio_or_amount\nNA,2026-03-03,Split,4\n")
    tape = load(tmp_path)
    assert [halt.halted for halt in tape.halts] == [True, False]
    assert tape.actions == [CorporateAction("NA", FIRST, "split", D(4))]
    write("actions", "symbol,date,kind,ratio_or_amount\nNA,2026-03-03,merger,4\n")
    with pytest.raises(TapeError, match=r"actions\.csv\.gz:2: .*merger"):
        load(tmp_path)


def test_an_exchange_may_begin_on_any_day_of_its_tape():
    exchange, calendar = two_days()
    later = Exchange(exchange.tape, calendar, start=calendar.day(SECOND).open + 90)
    assert later.day().date == SECOND and later.stats("ABC").prev_close == 10.0
    assert later.stats("ABC").volume == 4000


def test_an_order_good_for_longer_does_not_keep_the_next_day_from_coming():
    exchange, calendar = two_days()
    until = calendar.day(SECOND).open + 86_400
    order = SimOrder(1, 1, "ABC", Side.BUY, "LMT", 60, limit=D("9.00"), tif="GTD", good_till=until)
    exchange.submit(order)
    next_morning(exchange, calendar)
    assert exchange.day().date == SECOND and not order.is_done
    exchange.play()
    assert order.status == "Cancelled"
