"""The umpire of the trials: what it must see on both sides of the market, or the trials would prove nothing."""

import pytest

from skim_tui.selftest.umpire import Umpire
from tests.exchange.market import Floor


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


def floor_with(**rules):
    floor = Floor().trade("09:59:05", 10.0, 5000).quote("10:00:00", 10.0, 10.01, 20_000, 20_000)
    floor.trade("10:00:05", 10.0, 10).open("10:30")
    clock = Clock()
    return floor, Umpire(floor.exchange, clock=clock, **rules), clock


@pytest.mark.parametrize(("side", "away", "stop"), [("BUY", "SELL", "9.50"), ("SELL", "BUY", "10.50")])
def test_shares_without_a_stop_are_counted_until_a_stop_of_the_other_side_covers_them(side, away, stop):
    floor, umpire, clock = floor_with(may_short=True)
    floor.send(side, "MKT", 300, order_ref="t-1.E")
    clock.now = 2.0
    floor.send(away, "STP", 100, None, stop, order_ref="t-1.S")
    clock.now = 5.0
    wrong = "12.00" if side == "BUY" else "8.00"
    floor.send(side, "STP", 300, None, wrong, order_ref="t-1.S2")  # on the position's own side it covers nothing
    clock.now = 6.0
    floor.send(away, "STP", 200, None, stop, order_ref="t-1.S3")
    clock.now = 60.0
    umpire.look()
    assert (umpire.share_seconds, umpire.longest_gap) == (300 * 2 + 200 * 4, 6.0)
    assert umpire.held_share_seconds == 300 * 60 and umpire.violations == []


@pytest.mark.parametrize(("side", "away"), [("BUY", "SELL"), ("SELL", "BUY")])
def test_an_exit_that_closes_more_than_there_is_is_a_violation(side, away):
    floor, umpire, _ = floor_with(may_short=True)
    floor.send(side, "MKT", 300, order_ref="t-1.E")
    floor.send(away, "MKT", 200, order_ref="t-1.X1")
    assert umpire.violations == []
    floor.send(away, "MKT", 200, order_ref="t-1.X2")
    assert len(umpire.violations) == 1 and "closed more than was there" in umpire.violations[0]


def test_an_entry_against_a_position_and_a_short_sale_that_was_not_allowed_are_violations():
    floor, umpire, _ = floor_with(may_short=True)
    floor.send("BUY", "MKT", 300, order_ref="t-1.E")
    floor.send("SELL", "MKT", 100, order_ref="t-2.E")
    assert "entered against a position" in umpire.violations[0]
    floor, umpire, _ = floor_with()
    floor.send("SELL", "MKT", 100, order_ref="t-1.E")
    assert "sold short" in umpire.violations[0]


def test_what_a_market_exit_closes_now_is_not_bare_and_counts_once_with_the_stop():
    floor, umpire, clock = floor_with(may_short=True)
    floor.send("SELL", "MKT", 300, order_ref="t-1.E")
    floor.exchange.disturbance.stall_fills("ABC", 0.0)
    floor.send("BUY", "STP", 100, None, "10.50", order_ref="t-1.S")
    floor.send("BUY", "MKT", 200, order_ref="t-1.X1")
    clock.now = 1.0
    umpire.look()
    assert umpire.share_seconds == 100
