"""Short sales: what can be borrowed, what is refused or held for want of it, and what a short position costs and owes."""

import pytest

from skim_tui.domain.events import ShortAvailability
from skim_tui.domain.market import DailyBar
from skim_tui.exchange.actions import CorporateAction
from skim_tui.exchange.direct import DirectBroker
from skim_tui.exchange.lending import LOCATE_SECONDS, NOTHING, Offer, Supply, usual_offer
from skim_tui.exchange.model import Rejected
from skim_tui.exchange.statefile import StateFile
from tests.exchange.market import DAY, D, Floor, Heard

LENT = 5000
"""A twentieth of the average day of the floor's listing."""


def market(**settings):
    floor = Floor().trade("09:59:05", 10.0, 5000)
    for minute in (0, 31, 33, 35):
        floor.quote(f"10:{minute:02}:00", 10.0, 10.01, 20_000, 20_000).trade(f"10:{minute:02}:05", 10.0, 10)
    floor.open("10:30", **settings)
    return floor


def refused(floor, *order, **rest):
    with pytest.raises(Rejected) as refusal:
        floor.send(*order, **rest)
    return refusal.value.code, refusal.value.text


def held(floor):
    return floor.exchange.positions.get("ABC", (0,))[0]


# ---- what is lent ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("close", "volume", "supply", "shares"),
    [
        (45.0, 7_200_000, Supply.EASY, 360_000),
        (1.0, 1_000_000, Supply.EASY, 50_000),
        (0.985, 30_000_000, Supply.HARD, 150_000),
        (20.0, 30_000, Supply.HARD, 150),
        (0.034, 42_000_000, Supply.NONE, 0),
        (2.0, 20_000, Supply.NONE, 0),
    ],
)
def test_liquid_listings_are_lent_freely_penny_and_thin_ones_are_not(close, volume, supply, shares):
    days = [DailyBar("ABC", DAY, close, close, close, close, volume)] * 20
    assert usual_offer(days) == Offer(supply, shares)


def test_a_listing_nothing_is_known_of_is_not_lent():
    assert usual_offer([]) is NOTHING


def test_what_is_lent_shrinks_with_what_is_sold_short_and_comes_back_with_the_cover():
    floor, heard = market(), Heard()
    exchange = floor.exchange
    exchange.join(heard)
    exchange.subscribe(heard, "ABC")
    assert exchange.borrowable("ABC") == (3.0, LENT)
    floor.send("SELL", "MKT", 1500)
    assert exchange.borrowable("ABC") == (3.0, LENT - 1500)
    floor.send("SELL", "MKT", 2600)
    assert exchange.borrowable("ABC") == (2.0, 900)  # fewer than a thousand are no longer easy to have
    floor.send("BUY", "MKT", 4100)
    assert exchange.borrowable("ABC") == (3.0, LENT) and held(floor) == 0
    assert heard.borrows == ["ABC"] * 3


def test_a_tape_can_say_what_is_lent():
    floor = Floor().trade("09:59:05", 10.0, 5000).quote("10:00:00", 10.0, 10.01)
    floor.tape.borrow["ABC"] = Offer(Supply.EASY, 250)
    exchange = floor.open("10:30")
    assert exchange.borrowable("ABC") == (2.0, 250)


# ---- refused and held -----------------------------------------------------------------------------


def test_what_nobody_lends_is_refused_in_the_brokers_words():
    floor = market()
    floor.exchange.lend("ABC", NOTHING)
    assert floor.exchange.borrowable("ABC") == (1.0, 0)
    refusal = (201, "Order rejected - reason:The contract is not available for short sale")
    assert refused(floor, "SELL", "MKT", 100) == refusal
    floor.hold(100)
    assert refused(floor, "SELL", "LMT", 101, "10.05") == refusal  # one share more than is held
    assert floor.send("SELL", "MKT", 100).status == "Filled"


def test_a_sale_that_is_hard_to_borrow_for_is_held_until_shares_are_found():
    floor = market()
    floor.exchange.lend("ABC", Offer(Supply.HARD, 400))
    order = floor.send("SELL", "MKT", 300)
    assert (order.status, order.why_held) == ("PreSubmitted", "locate")
    floor.exchange.play(floor.exchange.now() + LOCATE_SECONDS - 1)
    assert order.why_held == "locate" and held(floor) == 0
    floor.play("10:34")
    assert (order.status, order.why_held, held(floor)) == ("Filled", "", -300)
    # A hundred are left: more than that are not found.
    more = floor.send("SELL", "MKT", 101)
    floor.play("10:36")
    assert (more.status, more.why_held) == ("PreSubmitted", "locate")
    floor.exchange.cancel(more)
    assert more.status == "Cancelled"


def test_a_sale_beyond_what_is_left_waits_for_a_cover():
    floor = market()
    floor.send("SELL", "MKT", 4000)
    waiting = floor.send("SELL", "MKT", 1500)
    assert waiting.why_held == "locate"
    floor.send("BUY", "MKT", 600)
    assert waiting.status == "Filled" and held(floor) == -4900


def test_working_sales_borrow_the_shares_once():
    floor = market()
    first = floor.send("SELL", "LMT", 3000, "10.20")
    second = floor.send("SELL", "LMT", 3000, "10.20")
    assert (first.why_held, second.why_held) == ("", "locate")
    floor.exchange.cancel(first)
    assert (second.status, second.why_held) == ("Submitted", "")
    # Made larger than what is lent it waits again, made smaller it is free.
    floor.exchange.modify(second, quantity=LENT + 1)
    assert (second.status, second.why_held) == ("PreSubmitted", "locate")
    floor.exchange.modify(second, quantity=LENT)
    assert second.why_held == ""


def test_a_sale_that_waits_for_shares_does_not_stand_in_an_exits_way():
    floor = market()
    floor.hold(100)
    floor.exchange.lend("ABC", Offer(Supply.HARD))
    assert floor.send("SELL", "LMT", 500, "10.00").why_held == "locate"
    assert floor.send("SELL", "MKT", 100).status == "Filled"


def test_the_children_of_a_held_entry_wait_with_it():
    floor = market()
    floor.exchange.lend("ABC", Offer(Supply.HARD))
    entry = floor.send("SELL", "LMT", 100, "9.95", transmit=False)
    stop = floor.send("BUY", "STP", 100, None, "10.20", parent_id=1, tif="GTC")
    assert (entry.why_held, stop.why_held) == ("locate", "child,trigger")
    floor.exchange.lend("ABC", Offer(Supply.EASY, 1000))
    assert (entry.status, stop.why_held, held(floor)) == ("Filled", "trigger", -100)


def test_a_cash_account_sells_nothing_it_does_not_hold():
    assert "short sale: 100 to sell, 0 available" in refused(market(allow_short=False), "SELL", "MKT", 100)[1]


# ---- a bracket upside down --------------------------------------------------------------------------


def short_bracket(floor, quantity=500, target="9.50", stop="10.20"):
    entry = floor.send("SELL", "LMT", quantity, "9.95", transmit=False, order_id=11)
    goal = floor.send("BUY", "LMT", quantity, target, parent_id=11, transmit=False, order_id=12, tif="GTC")
    guard = floor.send("BUY", "STP", quantity, None, stop, parent_id=11, order_id=13, tif="GTC")
    return entry, goal, guard


def test_the_stop_of_a_short_position_buys_when_the_price_rises_to_it():
    floor = market()
    floor.quote("10:40", 10.19, 10.20).trade("10:40:01", 10.19, 500)
    floor.quote("10:41", 10.19, 10.22).trade("10:41:01", 10.20, 500)
    floor.open("10:30")
    entry, goal, guard = short_bracket(floor)
    assert (entry.status, goal.status, guard.why_held) == ("Filled", "Submitted", "trigger")
    assert held(floor) == -500
    floor.play("10:40:30")
    assert guard.why_held == "trigger"
    floor.play("10:42")
    assert (guard.status, goal.status, held(floor)) == ("Filled", "Cancelled", 0)
    assert floor.fills(guard) == [("10.22", 500)]  # triggered by the last price, it pays the ask


def test_a_target_that_fills_in_part_reduces_the_stop():
    floor = market()
    floor.quote("10:40", 9.49, 9.50, 400, 800).open("10:30", participation=0.25)
    _, goal, guard = short_bracket(floor)
    floor.play("10:41")
    assert goal.filled == 200 and guard.remaining == 300 and held(floor) == -300
    assert guard.status == "PreSubmitted"


def test_an_entry_that_fills_in_part_lets_its_children_buy_no_more_than_that():
    floor = Floor().trade("09:59:05", 10.0, 5000).quote("10:00:00", 10.0, 10.01, 200, 200).trade("10:00:05", 10.0, 10)
    floor.quote("10:40", 10.19, 10.22).trade("10:40:01", 10.20, 500).open("10:30")
    entry, goal, guard = short_bracket(floor)
    assert (entry.filled, held(floor)) == (200, -200)
    floor.exchange.cancel(entry)
    assert (goal.remaining, guard.remaining) == (200, 200)
    floor.play("10:41")
    assert (guard.filled, held(floor)) == (200, 0)


# ---- money -------------------------------------------------------------------------------------------


def test_the_proceeds_of_a_short_sale_are_no_money_to_trade_with():
    floor = market(cash=D(50_000))
    exchange = floor.exchange
    floor.send("SELL", "MKT", 2000)
    assert exchange.positions["ABC"] == (-2000, D("10.00") - D("16.00") / 2000)  # less the fee: what it brought
    assert exchange.cash == D("69984.00")
    assert exchange.equity() == D("49984.00") and exchange.free_funds() == D("29984.00")
    assert "AVAILABLE FUNDS [29984.00 AUD]" in refused(floor, "BUY", "LMT", 5500, "10.00")[1]
    assert "AVAILABLE FUNDS [29984.00 AUD]" in refused(floor, "SELL", "LMT", 2999, "10.00")[1]


def test_a_cover_needs_no_funds_and_working_covers_bind_none():
    floor = market(cash=D(20_100))
    floor.send("SELL", "MKT", 2000)
    assert floor.exchange.free_funds() < 100
    floor.send("BUY", "STP", 2000, None, "10.50", tif="GTC")
    assert floor.exchange._funds.committed(floor.send("BUY", "LMT", 2000, "9.50")) == 0
    assert floor.send("BUY", "MKT", 2000).status == "Filled"
    assert held(floor) == 0 and floor.exchange.free_funds() == floor.exchange.cash


def test_a_loss_is_realised_when_a_short_position_is_covered_higher():
    floor = market()
    floor.quote("10:40", 10.49, 10.50, 5000, 5000).trade("10:40:01", 10.50, 100).open("10:30")
    floor.send("SELL", "MKT", 1000)
    floor.play("10:41")
    exchange = floor.exchange
    assert exchange.equity() == D(100_000) - D("8.00") - D("500.00")
    floor.send("BUY", "MKT", 1000)
    first, last = exchange.executions
    assert first.realised is None
    assert last.realised == D("-500.00") - first.commission - last.commission
    assert exchange.equity() == exchange.cash == D(100_000) + last.realised


def test_a_short_position_owes_the_dividend_and_follows_a_split():
    floor = market()
    floor.send("SELL", "MKT", 301)
    account = floor.exchange.account
    before = account.cash
    CorporateAction("ABC", DAY, "dividend", D("0.40")).apply_to(account, "AUD")
    assert account.cash == before - D("120.40")
    cost = account.positions["ABC"][1]
    CorporateAction("ABC", DAY, "split", D("0.5")).apply_to(account, "AUD")
    assert account.positions["ABC"] == (-150, cost * 2)
    assert account.cash == before - D("120.40") - cost  # the odd share is bought back


def test_the_stop_of_a_short_position_stays_over_a_dividend():
    """Rule 5330 lowers what buys low and what sells on a fall, never what buys on a rise."""
    from skim_tui.exchange.actions import adjust_order

    floor = market()
    _, goal, guard = short_bracket(floor)
    limited = floor.send("BUY", "STP LMT", 500, "10.30", "10.20")
    ladder = floor.exchange.instruments["ABC"].ladder
    for order in (goal, guard, limited):
        adjust_order(order, CorporateAction("ABC", DAY, "dividend", D("0.40")), ladder)
    assert (goal.limit, guard.stop) == (D("9.10"), D("10.20"))
    assert (limited.limit, limited.stop) == (D("10.30"), D("10.20"))


# ---- over a kill -------------------------------------------------------------------------------------


def test_a_short_account_and_a_held_sale_outlive_the_process(tmp_path):
    file = StateFile(tmp_path / "state.json")
    floor = market(state=file)
    short_bracket(floor)
    floor.exchange.lend("ABC", Offer(Supply.HARD, 1000))
    waiting = floor.send("SELL", "MKT", 500, order_id=20)
    assert waiting.why_held == "locate"
    cash = floor.exchange.cash
    left = floor.exchange.now()

    floor.tape.borrow["ABC"] = Offer(Supply.HARD, 1000)
    again = Floor.open(floor, "10:30:10", state=file)
    assert again is not None and left < again.now()
    assert (again.positions["ABC"][0], again.cash) == (-500, cash)
    stop, held_again = (next(order for order in again.orders.values() if order.order_id == n) for n in (13, 20))
    assert (stop.status, stop.remaining, held_again.why_held) == ("PreSubmitted", 500, "locate")
    again.play(left + LOCATE_SECONDS + 60)
    assert (held_again.status, again.positions["ABC"][0]) == ("Filled", -1000)


# ---- the in-process door -----------------------------------------------------------------------------


def test_the_in_process_door_says_what_can_be_borrowed_when_it_changes():
    floor, told = market(), []
    broker = DirectBroker(floor.exchange)
    broker.connect(lambda event: told.append(event) if isinstance(event, ShortAvailability) else None)
    broker.watch("ABC")
    floor.send("SELL", "MKT", 4500)
    floor.exchange.lend("ABC", Offer(Supply.HARD, 9000))
    floor.exchange.lend("ABC", Offer(Supply.HARD, 9000))
    broker.unwatch("ABC")
    floor.send("BUY", "MKT", 4500)
    assert [(event.symbol, event.available, event.shares) for event in told] == [
        ("ABC", True, LENT),
        ("ABC", False, LENT - 4500),  # too few to be told as easy to borrow
        ("ABC", False, 0),
    ]
