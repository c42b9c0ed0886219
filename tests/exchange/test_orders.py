"""Order types and times in force, against quotes and trades written by hand."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skim_tui.domain.instrument import ASX_LADDER
from skim_tui.domain.orders import Side
from skim_tui.exchange.model import Rejected, SimOrder
from skim_tui.exchange.triggers import follow, is_set_off
from tests.exchange.market import D, Floor, Heard


def trading(**settings):
    """10:30 in a market of 10.00 at 10.01."""
    floor = Floor().trade("09:59:05", 10.0, 5000).quote("10:00:01", 10.0, 10.01).trade("10:00:02", 10.0, 100)
    floor.quote("10:29:59", 10.0, 10.01)
    floor.settings = settings
    return floor


def begin(floor):
    floor.open("10:30", **floor.settings)
    return floor


def test_a_market_order_takes_what_is_shown_and_waits_for_more():
    floor = begin(trading().quote("10:31", 10.01, 10.02, 1000, 300))
    order = floor.send("BUY", "MKT", 1200)
    assert floor.fills(order) == [("10.01", 1000)] and order.status == "Submitted"
    floor.play("10:32")
    assert floor.fills(order) == [("10.01", 1000), ("10.02", 200)] and order.status == "Filled"
    assert order.avg_price == (D("10.01") * 1000 + D("10.02") * 200) / 1200


def test_a_limit_order_never_pays_more():
    floor = begin(trading().quote("10:31", 10.01, 10.02))
    order = floor.send("BUY", "LMT", 1500, "10.01")
    floor.play("10:32")
    assert floor.fills(order) == [("10.01", 1000)] and order.status == "Submitted"


def test_market_to_limit_rests_at_the_price_it_began_with():
    floor = begin(trading().quote("10:31", 10.01, 10.02))
    order = floor.send("BUY", "MTL", 1500)
    assert floor.fills(order) == [("10.01", 1000)] and order.limit == D("10.01")
    floor.play("10:32")
    assert order.remaining == 500 and order.resting


def test_a_stop_is_held_until_the_last_price_reaches_it():
    floor = begin(trading().quote("10:31", 9.94, 9.95).trade("10:31:01", 9.95, 100).trade("10:32", 9.94, 100))
    floor.hold(500)
    order = floor.send("SELL", "STP", 500, stop="9.94")
    assert (order.status, order.why_held) == ("PreSubmitted", "trigger")
    floor.play("10:31:30")
    assert not order.triggered and floor.fills() == []
    floor.play("10:33")
    assert order.triggered and floor.fills(order) == [("9.94", 500)]


def test_a_stop_limit_becomes_a_limit_order():
    floor = begin(trading().quote("10:31", 10.04, 10.05).trade("10:31:01", 10.05, 100).quote("10:32", 10.02, 10.03))
    order = floor.send("BUY", "STP LMT", 500, "10.03", "10.02")
    floor.play("10:31:30")
    assert order.triggered and order.status == "Submitted" and floor.fills() == []
    floor.play("10:33")
    assert floor.fills(order) == [("10.03", 250)]  # a resting order gets its share of what comes


@pytest.mark.parametrize(
    ("kind", "limit", "expected"), [("MIT", None, [("9.96", 500)]), ("LIT", "9.97", [("9.96", 500)])]
)
def test_an_if_touched_order_waits_for_a_better_price(kind, limit, expected):
    floor = begin(trading().quote("10:31", 9.95, 9.96).trade("10:31:01", 9.96, 100))
    order = floor.send("BUY", kind, 500, limit, "9.96")
    assert order.status == "PreSubmitted" and floor.fills() == []
    floor.play("10:32")
    assert floor.fills(order) == expected


def test_a_trailing_stop_follows_up_and_never_down():
    floor = trading()
    for clock, at in (("10:31", 10.20), ("10:32", 10.15), ("10:33", 10.10)):
        floor.quote(clock, at, at + 0.01).trade(f"{clock}:01", at, 100)
    begin(floor).hold(300)
    order = floor.send("SELL", "TRAIL", 300, trail_amount="0.10")
    assert order.trail_stop == D("9.90") and order.why_held == "trigger"
    floor.play("10:31:30")
    assert order.trail_stop == D("10.10")
    floor.play("10:32:30")
    assert order.trail_stop == D("10.10") and not order.triggered
    floor.play("10:34")
    assert floor.fills(order) == [("10.1", 300)]


def test_a_trailing_percentage_and_its_limit():
    floor = begin(trading().quote("10:31", 10.5, 10.51).trade("10:31:01", 10.50, 100).trade("10:32", 9.98, 100))
    floor.hold(300)
    order = floor.send("SELL", "TRAIL LIMIT", 300, trail_percent="5", limit_offset="0.05")
    assert (order.trail_stop, order.limit) == (D("9.50"), D("9.45"))
    floor.play("10:31:30")
    assert (order.trail_stop, order.limit) == (D("9.97"), D("9.92"))
    assert not order.triggered


@given(
    st.sampled_from(list(Side)), st.lists(st.integers(200, 3000), min_size=1, max_size=40),
    st.one_of(st.tuples(st.just("trail_amount"), st.decimals("0.01", "3", places=2)),
              st.tuples(st.just("trail_percent"), st.decimals("0.1", "20", places=1))),
)  # fmt: skip
def test_a_trail_only_tightens_and_keeps_its_distance(side, lasts, distance):
    order = SimOrder(1, 1, "ABC", side, "TRAIL", 100)
    setattr(order, *distance)
    stops = []
    for cents in lasts:
        last = D(cents) / 100
        if order.trail_stop is not None and is_set_off(order, last):
            break
        follow(order, last, ASX_LADDER)
        if order.trail_stop is not None:
            stops.append(order.trail_stop)
            gap = (last - order.trail_stop) * -side.sign
            wanted = order.trail_amount if order.trail_amount is not None else last * order.trail_percent / 100
            assert ASX_LADDER.is_on(order.trail_stop)
            assert gap <= wanted + ASX_LADDER.step_at(last)
    assert stops == sorted(stops, reverse=side is Side.BUY)


def test_immediate_or_cancel_takes_what_is_there():
    floor = begin(trading())
    order = floor.send("BUY", "LMT", 1500, "10.01", tif="IOC")
    assert floor.fills(order) == [("10.01", 1000)]
    assert order.status == "Cancelled" and order.filled == 1000


def test_fill_or_kill_is_refused_as_by_a_gateway():
    with pytest.raises(Rejected, match="FOK"):
        begin(trading()).send("BUY", "LMT", 500, "10.01", tif="FOK")


def test_all_or_none_waits_for_enough():
    floor = begin(trading().quote("10:31", 10.0, 10.01, 1000, 2000))
    order = floor.send("BUY", "LMT", 1500, "10.01", all_or_none=True)
    assert floor.fills() == []
    floor.play("10:32")
    assert floor.fills(order) == [("10.01", 1500)]


def test_a_good_till_date_order_ends_in_time():
    floor = begin(trading())
    order = floor.send("BUY", "LMT", 500, "9.90", tif="GTD", good_till=floor.at("11:00"))
    floor.play("10:59:59")
    assert order.status == "Submitted"
    floor.play("11:00:01")
    assert order.status == "Cancelled"
    with pytest.raises(Rejected, match="good till"):
        floor.send("BUY", "LMT", 500, "9.90", tif="GTD", good_till=floor.at("10:00"))


def test_an_order_is_not_active_before_its_time():
    floor = begin(trading().quote("10:45", 10.0, 10.01))
    order = floor.send("BUY", "MKT", 500, good_after=floor.at("10:50"))
    floor.play("10:49")
    assert floor.fills() == [] and order.status == "PreSubmitted"
    floor.play("10:51")
    assert floor.fills(order) == [("10.01", 500)]


def test_day_orders_expire_and_good_till_cancelled_ones_stay():
    floor = begin(trading())
    day, gtc = floor.send("BUY", "LMT", 100, "9.50"), floor.send("BUY", "LMT", 100, "9.50", tif="GTC")
    floor.play("16:30")
    assert day.status == "Cancelled" and "expired" in day.reason
    assert gtc.status == "Submitted" and not gtc.is_done


def test_us_day_orders_end_at_the_close_and_those_for_extended_hours_go_on():
    floor = Floor(mic="XNYS").trade("09:30:01", 10.0, 5000).quote("09:30:02", 10.0, 10.01)
    floor.quote("16:30", 9.79, 9.80).trade("16:30:01", 9.80, 400).open("10:30")
    regular = floor.send("BUY", "LMT", 100, "9.80")
    extended = floor.send("BUY", "LMT", 100, "9.80", outside_rth=True)
    floor.play("16:02")
    assert regular.status == "Cancelled" and extended.status == "Submitted"
    floor.play("16:31")
    assert extended.status == "Filled"


def test_what_changes_a_type_forgets_the_prices_of_the_old_one():
    floor = begin(trading())
    order = floor.send("BUY", "LMT", 500, "9.90")
    floor.exchange.modify(order, type="MKT")
    assert order.limit is None and floor.fills(order) == [("10.01", 500)]


def test_clients_are_told_in_order():
    floor, heard = begin(trading()), Heard()
    floor.exchange.join(heard)
    floor.send("BUY", "LMT", 500, "10.01")
    assert heard.orders == [(1, "Submitted", 0, ""), (1, "Filled", 500, "")]
    assert [item.quantity for item in heard.executions] == [500] and heard.positions == ["ABC"]


def test_an_entry_that_loses_its_group_takes_its_children_along():
    floor = begin(trading())
    floor.send("BUY", "LMT", 200, "9.90", transmit=False, order_id=11, oca_group="entries", oca_type=1)
    stop = floor.send("SELL", "STP", 200, None, "9.50", parent_id=11, order_id=12)
    floor.send("BUY", "MKT", 100, order_id=20, oca_group="entries", oca_type=1)
    assert floor.exchange.orders[stop.perm_id - 1].status == "Cancelled"
    assert stop.status == "Cancelled" and "parent" in stop.reason


def test_a_halt_makes_a_new_book_in_which_nobodys_place_is_kept():
    floor = begin(trading())
    order = floor.send("BUY", "LMT", 100, "10.00", tif="GTC")
    assert order.resting and order.queue_ahead == 1000
    floor.exchange.halt("ABC")
    assert not order.resting and order.queue_ahead == -1
