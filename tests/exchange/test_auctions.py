"""Opening, closing and resumption auctions, the single open and the staggered one, and the post-close session."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skim_tui.domain.orders import Side
from skim_tui.exchange.auction import Interest, allocate
from skim_tui.exchange.model import Rejected
from tests.exchange.market import STAGGERED, Floor, Heard


def morning(volume=5000):
    """The opening print 10.20 at 09:59:05, then a market of 10.20 at 10.21."""
    return Floor().trade("09:59:05", 10.2, volume).quote("10:00:00", 10.2, 10.21).trade("10:00:05", 10.21, 400)


@given(
    st.sampled_from(list(Side)),
    st.lists(st.tuples(st.one_of(st.none(), st.integers(95, 105)), st.integers(1, 5000)), max_size=8),
    st.integers(0, 8000),
    st.sampled_from([0.1, 0.25, 1.0]),
)
def test_an_uncrossing_serves_price_then_time_and_never_more_than_was_traded(side, orders, volume, participation):
    at = Decimal(100)
    queue = [Interest(None if limit is None else Decimal(limit), quantity) for limit, quantity in orders]
    given_out = allocate(side, queue, at, volume, participation)
    assert sum(given_out) <= volume
    ranks = []
    for interest, got in zip(queue, given_out, strict=True):
        assert 0 <= got <= interest.quantity
        distance = Decimal(10_000) if interest.limit is None else (interest.limit - at) * side.sign
        assert got == 0 or distance >= 0
        ranks.append((distance, got, interest.quantity))
    for (distance, got, wanted), (other, other_got, _) in ((a, b) for a in ranks for b in ranks):
        # Whoever is priced better is full before anybody behind gets a share.
        assert not (distance > max(other, 0) and other_got > 0 and got < wanted)
    at_price = [(got, wanted) for distance, got, wanted in ranks if distance == 0]
    for (got, wanted), (later, _) in zip(at_price, at_price[1:], strict=False):
        assert later == 0 or got == wanted
    better = sum(got for distance, got, _ in ranks if distance > 0)
    assert sum(got for got, _ in at_price) <= (volume - better) * participation


def test_orders_before_the_open_take_part_at_the_auctions_price():
    floor = morning()
    floor.open("09:30")
    market = floor.send("BUY", "MKT", 300)
    better = floor.send("BUY", "LMT", 300, "10.50")
    at = floor.send("BUY", "LMT", 2000, "10.20")
    below = floor.send("BUY", "LMT", 100, "10.19")
    assert {order.status for order in (market, better, at, below)} == {"PreSubmitted"}
    floor.play("09:59:30")
    assert floor.fills(market) == floor.fills(better) == [("10.2", 300)]
    assert floor.fills(at) == [("10.2", 1100)]  # a quarter of the 4400 that were left
    assert floor.fills(below) == []


def test_on_open_orders_end_with_the_auction():
    floor = morning(volume=800)
    floor.open("09:30")
    moo = floor.send("BUY", "MKT", 1000, tif="OPG")
    loo = floor.send("BUY", "LMT", 100, "10.10", tif="OPG")
    floor.play("10:02")
    assert (moo.filled, moo.status, loo.status) == (800, "Cancelled", "Cancelled")
    later = floor.send("BUY", "MKT", 100, tif="OPG")
    floor.play("11:00")
    assert later.status == "PreSubmitted"


def test_orders_entered_while_the_auction_uncrosses_wait_for_the_open():
    floor = Floor().trade("09:59:10", 10.2, 5000).quote("09:59:40", 10.2, 10.21)
    floor.open("09:59:01")
    order = floor.send("BUY", "MKT", 100)
    with pytest.raises(Rejected, match="uncrosses"):
        floor.exchange.modify(order, quantity=200)
    floor.play("09:59:50")
    assert floor.fills() == []
    floor.play("10:00:01")
    assert floor.fills(order) == [("10.21", 100)]


def test_without_a_print_the_first_trade_of_the_first_minute_opens():
    floor = Floor().bar("10:00", 10.3, 10.4, 10.3, 10.4, 6000)
    floor.open("09:30")
    order = floor.send("BUY", "MKT", 200)
    floor.play("10:01")
    assert floor.fills(order) == [("10.3", 200)]


def test_groups_open_one_after_the_other_before_the_single_open():
    late = Floor(STAGGERED, symbol="ZIP").bar("10:09", 10.3, 10.3, 10.2, 10.2, 6000)
    late.open("09:30")
    order = late.send("BUY", "MKT", 200)
    late.play("10:08:59")
    assert order.status == "PreSubmitted" and late.fills() == []
    late.play("10:10")
    assert late.fills(order) == [("10.3", 200)]
    early = Floor(STAGGERED, symbol="ANZ").bar("10:00", 10.3, 10.3, 10.2, 10.2, 6000)
    early.open("09:30")
    early.send("BUY", "MKT", 200)
    early.play("10:01")
    assert early.fills() == [("10.3", 200)]


def afternoon(half_day=False, day=date(2026, 3, 3)):
    hour = 14 if half_day else 16
    floor = Floor(day, half_day=half_day).trade("09:59:05", 10.0, 5000).quote("13:59:00", 10.0, 10.01)
    return floor.trade("13:59:30", 10.0, 100).trade(f"{hour}:10:20", 10.05, 8000)


def test_on_close_orders_and_resting_ones_meet_in_the_closing_auction():
    floor = afternoon()
    floor.open("15:30")
    floor.hold(1000)
    moc = floor.send("BUY", "MOC", 500)
    loc = floor.send("SELL", "LOC", 400, "10.00")
    too_dear = floor.send("SELL", "LOC", 100, "10.06")
    resting = floor.send("BUY", "LMT", 300, "10.05", tif="GTC", good_after=floor.at("16:05"))
    floor.play("15:59:59")
    assert floor.fills() == [] and moc.status == "PreSubmitted"
    floor.play("16:10:30")
    assert floor.fills(moc) == [("10.05", 500)] and floor.fills(loc) == [("10.05", 400)]
    assert floor.fills(resting) == [("10.05", 300)]
    assert too_dear.status == "Cancelled" and "closing auction" in too_dear.reason
    assert floor.exchange.stats("ABC").close == 10.05


def test_the_closing_auction_is_at_ten_past_two_on_a_half_day():
    floor = afternoon(half_day=True, day=date(2026, 12, 24))
    floor.open("13:50")
    order = floor.send("BUY", "MOC", 500)
    floor.play("14:09:59")
    assert floor.fills() == []
    floor.play("14:11")
    assert floor.fills(order) == [("10.05", 500)]


def test_after_the_close_trading_goes_on_at_the_closing_price_alone():
    floor = afternoon()
    floor.open("16:10:40")
    order, cheap = floor.send("BUY", "LMT", 3000, "10.20"), floor.send("BUY", "LMT", 300, "10.04")
    floor.play("16:10:59")
    assert floor.fills() == []
    floor.play("16:11:01")
    assert floor.fills(order) == [("10.05", 2000)]  # what the auction left of a quarter of its volume
    market = floor.send("BUY", "MKT", 100)
    floor.play("16:22")
    assert floor.fills(cheap) == floor.fills(market) == []
    assert {order.status, cheap.status, market.status} == {"Cancelled"}


def test_there_was_no_post_close_session_before():
    floor = Floor(STAGGERED).bar("10:00", 10.0, 10.0, 10.0, 10.0, 5000).bar("16:10", 10.0, 10.0, 10.0, 10.0, 5000)
    floor.open("16:10:59")
    floor.send("BUY", "LMT", 100, "10.20")
    floor.play("16:30")
    assert floor.fills() == []


def test_a_tape_that_ends_with_continuous_trading_closes_at_its_last_price():
    floor = Floor(mic="XNYS").bar("09:30", 10.0, 10.1, 10.0, 10.1, 5000).bar("15:59", 10.1, 10.3, 10.1, 10.2, 900)
    floor.open("15:00")
    order = floor.send("BUY", "MOC", 1000)
    floor.play("16:02")
    assert floor.fills(order) == [("10.2", 900)] and order.status == "Cancelled"


def halted():
    floor = Floor().trade("09:59:05", 10.0, 5000).quote("10:00:00", 10.0, 10.01).trade("10:30", 10.0, 100)
    floor.trade("10:41", 11.0, 100).quote("10:41:01", 11.0, 11.01)
    floor.trade("10:50:02", 12.0, 4000).quote("10:50:03", 12.0, 12.01)
    return floor


def test_nothing_matches_in_a_halt_and_an_auction_ends_it():
    floor, heard = halted(), Heard()
    exchange = floor.open("10:40")
    exchange.join(heard)
    exchange.subscribe(heard, "ABC")
    exchange.halt("ABC")
    order = floor.send("BUY", "MKT", 500)
    assert order.status == "PreSubmitted" and exchange.stats("ABC").halted
    floor.play("10:45")
    assert floor.fills() == [] and heard.trades == [] == heard.quotes
    assert exchange.stats("ABC").last == 10.0
    exchange.resume("ABC")
    exchange.resume("ABC")
    floor.play("10:50:01")
    assert floor.fills() == [] and not exchange.stats("ABC").halted
    floor.play("10:50:02")
    assert floor.fills(order) == [("12.0", 500)]
    assert heard.halts == [("ABC", True), ("ABC", False)]
    later = floor.send("BUY", "MKT", 100)
    floor.play("10:51")
    assert floor.fills(later) == [("12.0", 100)]


def test_a_halt_on_the_tape_drops_the_minute_it_stands_in():
    from skim_tui.exchange.tape import Halt

    floor = Floor().bar("09:59", 10.0, 10.0, 10.0, 10.0, 5000)
    for minute in range(10, 16):
        floor.bar(f"10:{minute}", 10.0, 10.0, 10.0, 10.0, 500)
    floor.tape.halts += [Halt("ABC", floor.at("10:12"), True), Halt("ABC", floor.at("10:14"), False)]
    floor.open("10:00")
    floor.play("10:20")
    minutes = floor.exchange.minute_bars("ABC", floor.at("10:00"), floor.at("11:00"))
    assert [floor.timetable.local(bar.ts).minute for bar in minutes] == [10, 11, 14, 15]
    assert floor.exchange.stats("ABC").volume == 5000 + 4 * 500


def test_the_generated_day_has_a_listing_that_resumes_with_an_auction():
    from skim_tui.exchange import synthetic
    from skim_tui.exchange.core import Exchange
    from skim_tui.exchange.model import SimOrder
    from tests.conftest import calendar_of

    calendar, tape = calendar_of("XASX"), synthetic.generate(1)
    day = calendar.day(tape.dates[0])
    exchange = Exchange(tape, calendar, start=day.open)
    (symbol,) = {halt.symbol for halt in tape.halts}
    assert exchange.stats(symbol).halted
    order = SimOrder(1, 1, symbol, Side.BUY, "MKT", 1000)
    exchange.submit(order)
    exchange.play(day.open + 24.9 * 60)
    assert not exchange.stats(symbol).halted and order.status == "PreSubmitted"
    exchange.play(day.open + 26 * 60)
    assert order.status == "Filled" and float(order.avg_price) == exchange.stats(symbol).open
