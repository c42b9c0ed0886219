"""What can be made to go wrong in the core: silence, strange quotes, refusals and stalled fills."""

import pytest

from skim_tui.exchange.model import Rejected
from tests.exchange.market import Floor, Heard


def watched():
    floor, heard = Floor().trade("09:59:05", 10.0, 5000).quote("10:00:00", 10.0, 10.01), Heard()
    for minute in range(30, 36):
        floor.quote(f"10:{minute}:30", 10.0, 10.01, 1000, 200).trade(f"10:{minute}:31", 10.01, 50)
    exchange = floor.open("10:30")
    exchange.join(heard)
    exchange.subscribe(heard, "ABC")
    return floor, heard, exchange.disturbance


def test_a_silent_feed_is_accepted_and_says_nothing():
    floor, heard, disturbance = watched()
    disturbance.silence("ABC")
    floor.play("10:32")
    assert heard.quotes == heard.trades == [] and floor.exchange.stats("ABC").volume == 5100
    disturbance.unsilence("ABC")
    floor.play("10:33")
    assert len(heard.quotes) == len(heard.trades) == 1


@pytest.mark.parametrize(
    ("kind", "shown"),
    [("crossed", [(10.01, 10.0)]), ("locked", [(10.0, 10.0)]), ("zero", [(0.0, 0.0)]), ("stale", [])],
)
def test_quotes_can_be_made_strange_while_matching_sees_the_true_market(kind, shown):
    floor, heard, disturbance = watched()
    disturbance.quote_override("ABC", kind)
    order = floor.send("BUY", "MKT", 100)
    floor.play("10:31")
    assert [(quote.bid, quote.ask) for quote in heard.quotes] == shown
    assert floor.fills(order) == [("10.01", 100)]
    disturbance.quote_override("ABC", "")
    floor.play("10:32")
    assert (heard.quotes[-1].bid, heard.quotes[-1].ask) == (10.0, 10.01)
    with pytest.raises(ValueError, match="inverted"):
        disturbance.quote_override("ABC", "inverted")


def test_the_next_matching_order_is_refused():
    floor, _, disturbance = watched()
    floor.hold(100)
    disturbance.reject_next(lambda order: order.type == "STP", 201, "Order rejected - reason:no stops today")
    floor.send("BUY", "MKT", 100)
    with pytest.raises(Rejected, match="no stops today"):
        floor.send("SELL", "STP", 100, None, "9.50")
    assert floor.send("SELL", "STP", 100, None, "9.50").status == "PreSubmitted"


def test_fills_stall_after_a_part_until_released():
    floor, _, disturbance = watched()
    disturbance.stall_fills("ABC", 0.5)
    order = floor.send("BUY", "MKT", 300)
    floor.play("10:33")
    assert order.filled == 150 and order.status == "Submitted"
    disturbance.release_fills("ABC")
    floor.play("10:34")
    assert order.status == "Filled"
