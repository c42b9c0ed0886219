"""What the exchange refuses, with the broker's codes and words, and what it must not refuse."""

import pytest

from skim_tui.domain.instrument import ASX_LADDER, price
from skim_tui.domain.orders import Side
from skim_tui.exchange import bands
from skim_tui.exchange.listings import listings
from skim_tui.exchange.model import Rejected
from tests.exchange.market import D, Floor, Heard


def market(bid=10.0, ask=10.01, **settings):
    floor = Floor().trade("09:59:05", bid, 5000).quote("10:00:00", bid, ask).trade("10:00:05", bid, 10)
    floor.open("10:30", **settings)
    return floor


def refused(floor, *order, **rest):
    with pytest.raises(Rejected) as refusal:
        floor.send(*order, **rest)
    return refusal.value.code, refusal.value.text


@pytest.mark.parametrize(
    ("order", "rest", "code", "words"),
    [
        (("BUY", "LMT", 0, "10.00"), {}, 434, "cannot be zero"),
        (("BUY", "LMT", -5, "10.00"), {}, 201, "positive number"),
        (("BUY", "LMT", 100, "10.005"), {}, 110, "minimum price variation"),
        (("BUY", "LMT", 100, "-1.00"), {}, 110, "minimum price variation"),
        (("BUY", "LMT", 100), {}, 201, "without a limit price"),
        (("BUY", "STP", 100), {}, 201, "without a stop price"),
        (("BUY", "LMT", 49, "10.00"), {}, 201, "below the minimum of 500 AUD"),
        (("BUY", "MKT", 49), {}, 201, "below the minimum"),
        (("BUY", "PEG MID", 100), {}, 201, "PEG MID is not supported"),
        (("BUY", "LMT", 100, "10.00"), {"tif": "GTX"}, 10052, "Invalid time in force:GTX"),
        (("BUY", "STP", 100, None, "10.50"), {"tif": "OPG"}, 201, "OPG"),
        (("SELL", "TRAIL", 100), {"trail_amount": "1", "trail_percent": "2"}, 201, "one trailing amount"),
        (("SELL", "TRAIL LIMIT", 100), {"trail_amount": "1"}, 201, "limit offset"),
        (("SELL", "MKT", 100), {}, 201, "short sale: 100 to sell, 0 available"),
        (("BUY", "LMT", 20_000, "10.00"), {}, 201, "AVAILABLE FUNDS [100000.00 AUD] MUST EXCEED [200160.00]"),
    ],
)
def test_refusals(order, rest, code, words):
    got, text = refused(market(allow_short=False), *order, **rest)
    assert got == code and words in text


def test_a_small_addition_to_a_holding_is_no_opening_order():
    floor = market()
    floor.hold(100)
    assert floor.send("BUY", "LMT", 10, "10.01").status == "Filled"


def test_a_market_order_needs_a_market():
    floor = Floor()
    floor.tape.daily.clear()
    floor.trade("15:00", 10.0, 10).open("10:30")
    assert "no market data" in refused(floor, "BUY", "MKT", 100)[1]


def test_twenty_active_orders_a_side_and_no_more():
    floor = market()
    for count in range(20):
        floor.send("BUY", "LMT", 60, str(D("9.00") - D(count) / 100))
    assert "Maximum of 20 orders" in refused(floor, "BUY", "LMT", 60, "9.50")[1]
    floor.hold(100)
    assert floor.send("SELL", "LMT", 10, "11.00").status == "Submitted"


def test_working_purchases_commit_their_cash_once():
    floor = market()
    floor.send("BUY", "LMT", 5000, "9.90")
    assert "AVAILABLE FUNDS [50500.00 AUD]" in refused(floor, "BUY", "LMT", 6000, "9.90")[1]
    one = floor.send("BUY", "LMT", 2500, "9.80", oca_group="either")
    two = floor.send("BUY", "LMT", 2500, "9.70", oca_group="either")
    assert {one.status, two.status} == {"Submitted"}
    assert "AVAILABLE FUNDS [26000.00 AUD]" in refused(floor, "BUY", "LMT", 3000, "9.90")[1]


def test_a_change_that_costs_more_than_there_is_leaves_the_order_as_it_was():
    floor = market()
    order = floor.send("BUY", "LMT", 5000, "9.90")
    with pytest.raises(Rejected, match="AVAILABLE FUNDS"):
        floor.exchange.modify(order, quantity=50_000)
    assert (order.quantity, order.status) == (5000, "Submitted")
    with pytest.raises(Rejected, match="minimum price variation"):
        floor.exchange.modify(order, limit=D("9.905"))
    assert order.limit == D("9.90")


def bracket(floor, quantity=500, children=500):
    parent = floor.send("BUY", "LMT", quantity, "9.90", transmit=False, order_id=101)
    target = floor.send("SELL", "LMT", children, "11.00", parent_id=101, transmit=False, order_id=102)
    stop = floor.send("SELL", "STP", children, None, "9.50", parent_id=101, tif="GTC", order_id=103)
    return parent, target, stop


def test_children_need_no_shares_but_no_more_than_their_parent_brings():
    parent, target, stop = bracket(market())
    assert (parent.status, target.why_held, stop.why_held) == ("Submitted", "child", "child,trigger")
    with pytest.raises(Rejected, match="a child of 600 shares under a parent of 500"):
        bracket(market(), children=600)


def test_a_stop_and_a_target_in_one_group_promise_the_shares_once():
    floor = market(allow_short=False)
    floor.hold(500)
    floor.send("SELL", "STP", 500, None, "9.50", oca_group="exit", oca_type=2)
    floor.send("SELL", "LMT", 500, "11.00", oca_group="exit", oca_type=2)
    assert "short sale: 100 to sell, 0 available" in refused(floor, "SELL", "MKT", 100)[1]
    floor.send("SELL", "MKT", 200, oca_group="exit", oca_type=2)
    assert floor.exchange.positions["ABC"][0] == 300
    assert [order.remaining for order in floor.exchange.orders.values() if not order.is_done] == [300, 300]


@pytest.mark.parametrize(("kind", "taken"), [(1, False), (2, True)])
def test_a_group_of_which_an_order_was_filled_takes_no_more(kind, taken):
    """A group that reduces is over with its last order, one that cancels with the first fill."""
    floor = market()
    floor.hold(500)
    group = {"oca_group": "exit", "oca_type": kind}
    floor.send("SELL", "STP", 500, None, "9.50", **group)
    floor.send("SELL", "MKT", 200, **group)
    over = (201, "Order rejected - reason:OCA group is already filled")
    if taken:
        floor.send("SELL", "MKT", 300, **group)
        assert floor.exchange.positions == {}
    assert refused(floor, "SELL", "MKT", 300, **group) == over


def test_filled_children_promise_what_they_protect():
    floor = market().quote("10:31", 9.89, 9.90).trade("10:31:01", 9.89, 4000)
    bracket(floor)
    floor.open("10:30", allow_short=False)
    parent, target, stop = bracket(floor)
    floor.play("10:32")
    assert parent.status == "Filled" and (target.status, stop.why_held) == ("Submitted", "trigger")
    assert "short sale" in refused(floor, "SELL", "MKT", 100)[1]


def test_a_limit_through_the_price_band_is_cancelled_with_the_reason():
    floor, heard = market(), Heard()
    floor.exchange.join(heard)
    order = floor.send("BUY", "LMT", 100, "11.00")
    reason = (
        "We cannot accept an order at a limit price at or more aggressive than 11. Please submit your order using a "
        "limit price that is closer to the current market price of 10."
    )
    assert [status for _, status, _, _ in heard.orders] == ["PreSubmitted", "Cancelled"]
    assert order.reason == reason and floor.fills() == []
    inside = floor.send("BUY", "LMT", 100, "9.00")
    with pytest.raises(Rejected, match="too late to replace"):
        floor.exchange.modify(inside, limit=D("11.50"))
    assert inside.status == "Cancelled"


def test_bands_are_wide_for_cheap_shares_and_ignore_passive_limits():
    instrument = listings(market().tape)["ABC"]
    assert bands.refusal(instrument, Side.BUY, D("0.50"), D("0.37")) == ""
    assert bands.refusal(instrument, Side.BUY, D("0.52"), D("0.37"))
    assert bands.refusal(instrument, Side.SELL, D("9.00"), D("10.00"))
    assert bands.refusal(instrument, Side.SELL, D("50.00"), D("10.00")) == ""


def test_every_accepted_price_is_on_the_ladder():
    floor = market(0.095, 0.096)
    assert floor.send("BUY", "LMT", 6000, "0.096").filled == 1000
    assert refused(floor, "BUY", "LMT", 6000, "0.103")[0] == 110
    assert all(ASX_LADDER.is_on(price(item.price)) for item in floor.exchange.executions)
