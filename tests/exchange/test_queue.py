"""Time priority: what stands before a resting order, what trades reach it, and how much of them it may have."""

from tests.exchange.market import Floor


def book(*events):
    floor = Floor().trade("09:59:05", 10.0, 5000).quote("10:00:00", 10.0, 10.02, 400, 400).trade("10:00:05", 10.0, 10)
    for clock, price, size in events:
        floor.trade(clock, price, size)
    return floor


def test_an_order_waits_behind_the_shares_displayed_at_its_price():
    floor = book(("10:31", 10.0, 300), ("10:32", 10.0, 200), ("10:33", 10.0, 1000))
    floor.open("10:30", participation=1.0)
    order = floor.send("BUY", "LMT", 500, "10.00")
    assert order.resting and order.queue_ahead == 400
    floor.play("10:31:30")
    assert floor.fills() == [] and order.queue_ahead == 100
    floor.play("10:32:30")
    assert floor.fills(order) == [("10.00", 100)]
    floor.play("10:34")
    assert floor.fills(order) == [("10.00", 100), ("10.00", 400)]
    assert floor.exchange.executions[0].liquidity == 1


def test_an_order_inside_the_spread_is_first_in_line():
    floor = book(("10:31", 10.01, 300))
    floor.open("10:30", participation=1.0)
    order = floor.send("BUY", "LMT", 500, "10.01")
    floor.play("10:32")
    assert floor.fills(order) == [("10.01", 300)]


def test_a_resting_order_has_only_its_share_of_the_volume():
    floor = book(("10:31", 9.98, 1000), ("10:32", 9.98, 1000))
    floor.open("10:30")
    order = floor.send("BUY", "LMT", 400, "9.99")
    floor.play("10:31:30")
    assert floor.fills(order) == [("9.99", 250)]
    floor.play("10:33")
    assert order.status == "Filled"


def test_at_one_price_the_earlier_order_is_served_first_and_a_better_price_before_both():
    floor = book(("10:31", 9.98, 1600))
    floor.open("10:30")
    first, second = floor.send("BUY", "LMT", 250, "9.99"), floor.send("BUY", "LMT", 250, "9.99")
    better = floor.send("BUY", "LMT", 100, "10.00")
    floor.play("10:32")
    assert (better.filled, first.filled, second.filled) == (100, 250, 50)
    assert [item.perm_id for item in floor.exchange.executions] == [better.perm_id, first.perm_id, second.perm_id]


def test_more_shares_or_another_price_lose_the_place_and_fewer_keep_it():
    floor = book(("10:31", 9.98, 1000))
    exchange = floor.open("10:30")
    first, second = floor.send("BUY", "LMT", 500, "9.99"), floor.send("BUY", "LMT", 100, "9.99")
    exchange.modify(first, quantity=300)
    assert first.priority < second.priority
    exchange.modify(first, quantity=400)
    assert first.priority > second.priority
    floor.play("10:32")
    assert (second.filled, first.filled) == (100, 150)


def test_a_price_never_seen_displayed_is_queued_for_before_it_fills():
    floor = book(("10:31", 9.95, 200), ("10:32", 9.95, 200), ("10:33", 9.94, 1000))
    floor.open("10:30", participation=1.0)
    order = floor.send("BUY", "LMT", 500, "9.95")
    floor.play("10:31:30")
    assert floor.fills() == []
    floor.play("10:34")
    assert floor.fills(order)[-1] == ("9.95", 300)


def test_impact_moves_the_price_only_when_asked_for_and_only_within_the_tape():
    def paid(**settings):
        floor = Floor().bar("09:59", 10.0, 10.0, 10.0, 10.0, 5000).bar("10:30", 10.0, 10.03, 10.0, 10.03, 40_000)
        floor.open("10:30:20", **settings)
        floor.send("BUY", "MKT", 3000)
        return floor.exchange.executions[0].price, floor.exchange

    plain, _ = paid()
    moved, exchange = paid(impact=2.0)
    assert plain < moved <= max(item.price for item in exchange.executions)
    assert float(moved) <= 10.03
