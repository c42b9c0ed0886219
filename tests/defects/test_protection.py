"""Shares without a stop, stops without shares, and what is bought or sold when nobody meant it any more."""

import sqlite3
from datetime import date

import pytest

from skim_tui.domain.events import BrokerSnapshot, RequestFailed
from skim_tui.domain.exits import ExitRule, Holding, planned_exits
from skim_tui.domain.orders import OrderType, OrderUpdate, PositionReport, Side
from tests.desk.scripted import CANCELLED, FILLED, HELD, REJECTED, WORKING, D, Script, T
from tests.desk.test_reconcile import second
from tests.journal.test_versions import VERSIONS

E, S = f"{T}.E", f"{T}.S"


@pytest.mark.parametrize("lost", [REJECTED, CANCELLED])
def test_an_entry_whose_stop_was_refused_is_not_left_to_fill(lost):
    """The trader would buy without a stop whenever the price comes back to the entry."""
    script = Script()
    script.enter(filled=0)
    script.say(S, lost, reason="stop price out of range")
    assert script.asked("cancel") == [("cancel", E)]
    assert any("entry" in line and "cancelled" in line for line in script.lines("error"))
    script.wait(3)
    assert len(script.asked("cancel")) == 1, "asked once, and again only if nothing comes of it"
    script.wait(5)
    assert len(script.asked("cancel")) == 2
    script.fill(E, 100)  # it crossed the cancel
    assert script.placed("S") == [S, f"{T}.S2"] and script.broker.specs[f"{T}.S2"].quantity == 100


def test_a_stop_that_acts_while_its_entry_still_fills_ends_the_entry():
    """The trader is stopped out of the first shares and goes on buying into the fall."""
    script = Script()
    script.enter(filled=40)
    script.fill(S, 40, "9.99")
    assert script.position is None
    assert ("cancel", E) in script.broker.asked, "nothing more is bought once the stop has sold"
    script.fill(E, 10, "9.95")  # it crossed the cancel
    assert script.position.quantity == 10 and script.covered >= 10
    assert script.held["BHP"] == 10


def test_a_lost_stop_of_a_half_filled_entry_is_replaced_and_the_entry_goes_on():
    """A stop that is back within the same second is no reason to give up the rest of the trade."""
    script = Script()
    script.enter(filled=40)
    script.say(S, CANCELLED)
    assert script.broker.specs[f"{T}.S2"].quantity == 40 and not script.asked("cancel")
    script.say(f"{T}.S2", HELD)
    script.fill(E, 60)
    script.wait(3)
    assert script.asked("modify")[-1] == ("modify", f"{T}.S2", 100, None), "and covers what is bought after it"


def test_an_order_that_was_sent_is_no_trade_until_the_broker_says_so():
    """The trader reads "executed" of an order the broker never took."""
    script = Script()
    script.desk.approvals.approve(script.propose(), "test")
    assert script.desk.tickets.entries[T].state == "submitted"
    assert script.position is None and script.covered == 0
    assert not any("bought" in line for line in script.lines())
    assert script.journal.fills("DU1234567") == [] and script.journal.positions("DU1234567") == []


def test_a_refused_entry_makes_neither_position_nor_profit():
    """The trader's books show a trade that never happened."""
    script = Script()
    script.enter(filled=0)
    script.say(E, REJECTED, reason="no trading permission")
    script.say(S, CANCELLED)
    script.wait(10)
    assert script.desk.tickets.entries[T].state == "rejected"
    assert script.position is None and script.desk.books.day_pnl() == 0
    assert script.journal.positions("DU1234567") == [] and script.placed() == [E, S]
    assert any("no trading permission" in line for line in script.lines("error"))


def test_shares_are_booked_at_what_was_paid_and_only_those_that_were_bought():
    """The trader's profit is computed from the price on the screen and the quantity that was asked for."""
    script = Script()
    script.enter(filled=0)
    script.fill(E, 30, "10.48")
    script.fill(E, 20, "10.45")
    script.say(E, CANCELLED, filled=50)
    assert script.position.quantity == 50 and script.position.entry_price == D("10.468")
    (row,) = script.journal.positions("DU1234567")
    assert (row.quantity, row.bought, row.entry_price) == (50, 50, D("10.468"))


def test_a_position_is_open_until_its_exit_has_filled():
    """The trader's journal says closed while the shares are still held, and nobody watches them any more."""
    script = Script()
    script.enter()
    script.desk.exits.close("BHP", "test", "by hand")
    script.say(f"{T}.X1", WORKING)
    (row,) = script.journal.positions("DU1234567")
    assert row.state == "open" and row.quantity == 100 and script.covered == 100
    script.fill(f"{T}.X1", 60)
    (row,) = script.journal.positions("DU1234567")
    assert row.state == "open" and row.quantity == 40
    script.fill(f"{T}.X1", 40)
    (row,) = script.journal.positions("DU1234567")
    assert row.state == "closed" and row.quantity == 0


NEXT = "4567-260304-BHP-1"


def test_a_share_is_traded_again_after_its_exit_and_an_old_stop_is_not_booked_to_the_new_trade():
    """The second trade of a share fails in the books after its real fill, or is closed there by the first one's stop."""
    script = Script()
    script.enter()
    first = script.fill(S, 100, "9.99")
    script.broker.time = script.desk.context.calendar.day(date(2026, 3, 4)).open + 1800.0
    script.wait(2)
    script.market()
    script.enter(50, ticket_id=NEXT)
    assert script.position.ticket_id == NEXT and script.position.quantity == 50
    script.desk.handle(first)
    script.snapshot()
    assert script.position.quantity == 50 and script.covered == 50 and not script.desk.problems()
    rows = {row.ticket_id: row for row in script.journal.positions("DU1234567")}
    assert (rows[T].state, rows[T].exit_quantity, rows[NEXT].state, rows[NEXT].quantity) == ("closed", 100, "open", 50)


def test_shares_sold_by_hand_in_tws_are_noticed_within_the_session():
    """The trader closes on the phone; the stop that still rests would sell the shares a second time, short."""
    script = Script()
    script.enter()
    script.wait(10)
    assert not script.asked("resync")
    script.desk.handle(PositionReport("BHP", 0, D(0)))
    script.held["BHP"] = 0
    script.wait(3)
    assert not script.asked("resync"), "an execution of ours may be on its way"
    script.wait(3)
    assert script.asked("resync")
    script.snapshot()
    script.snapshot()
    assert script.position is None
    assert any("the journal holds 100, the broker 0" in line for line in script.lines("error"))
    script.wait(7)
    assert ("cancel", S) in script.broker.asked


def test_a_holding_that_follows_its_fill_a_moment_later_is_no_alarm():
    """Each ordinary fill would make the desk doubt its books and block entries."""
    script = Script()
    script.enter(filled=0)
    for shares in (30, 100):
        script.fill(E, shares - (script.position.quantity if script.position else 0))
        script.desk.handle(PositionReport("BHP", 30, D("10.50")))
        script.wait(2)
    script.desk.handle(PositionReport("BHP", 100, D("10.50")))
    script.wait(30)
    assert not script.asked("resync") and not script.desk.problems()


def test_a_holding_that_stays_different_is_asked_about_once():
    """A difference the trader knows of would fill the log and the line every few seconds."""
    script = Script()
    script.enter()
    for _ in range(4):
        script.desk.handle(PositionReport("BHP", 150, D("10.50")))
        script.wait(8)
    assert len(script.asked("resync")) == 1


def test_a_split_of_a_held_share_is_shown_and_what_the_desk_bought_stays_covered():
    """The trader's stop covers half of the shares after a split, at a price twice too high, and nobody says so."""
    script = Script()
    script.enter()
    script.held["BHP"] = 200
    script.snapshot()
    assert script.desk.context.mismatches == ["BHP: the journal holds 100, the broker 200"]
    assert script.desk.context.entries_blocked() and script.covered == 100


def test_yesterdays_position_is_known_though_the_broker_lists_todays_executions_alone(tmp_path):
    """The trader's position from yesterday is gone from the books after midnight, and with it its plan and stop."""
    script = Script(tmp_path / "j.db")
    script.enter()
    script.fills.clear()
    after = second(script, tmp_path / "j.db")
    assert after.position.quantity == 100 and after.covered == 100 and not after.desk.problems()
    assert after.position.entry_price == D("10.50") and after.placed() == []


def test_a_stop_moved_by_hand_in_tws_counts_at_its_new_price():
    """The trader's risk is shown at a stop that is not there any more."""
    script = Script()
    script.enter()
    script.say(S, HELD, stop_price=D("9.50"))
    assert script.desk.keeper.stop_prices() == {"BHP": D("9.50")}
    assert script.desk.books.open_risk(script.desk.keeper.stop_prices()) == D("100.00")


def test_a_position_list_that_fails_is_not_read_as_flat():
    """The trader's positions vanish from the books because one answer of the broker was lost."""
    script = Script()
    script.enter()
    script.desk.handle(RequestFailed("resync", "", "positions: no answer within 10 s"))
    script.wait(10)
    assert script.position.quantity == 100 and script.covered == 100 and not script.asked("cancel")


def test_a_single_share_is_not_left_for_ever(asx_calendar):
    """An odd share that cannot be halved stays in the account day after day."""
    day = asx_calendar.day(date(2026, 3, 6))
    closes = [11.0, 10.9, 10.8, 10.7, 10.6, 10.5, 10.4, 10.3, 10.2]
    alone = Holding("BHP", 1, 4, half_done=False, last=D("10.00"), closes=closes, entry=D("10.50"))
    (exit,) = planned_exits(alone, ExitRule(half_on_day=3, trail_sma_days=10), day)
    assert exit.quantity == 1 and not exit.is_half


def test_a_stop_whose_price_is_passed_already_still_covers_what_is_held():
    """A lost stop is not replaced because the price has fallen below it, and the fall goes on unprotected."""
    script = Script()
    script.enter()
    script.market(9.50, 9.52)
    script.say(S, CANCELLED)
    assert script.broker.specs[f"{T}.S2"].quantity == 100


def test_a_filled_order_in_the_whole_truth_is_not_a_second_fill(tmp_path):
    """The trader's position doubles at each reconnect because the same execution is told again."""
    script = Script(tmp_path / "j.db")
    script.enter()
    for _ in range(3):
        script.disconnect()
        script.reconnect()
    assert script.position.quantity == 100
    assert script.desk.books.positions["BHP"].fees == D("6.00")
    after = second(script, tmp_path / "j.db")
    assert after.position.quantity == 100 and len(after.journal.fills("DU1234567")) == 1


def test_nothing_is_bought_or_sold_by_a_truth_without_orders():
    """A broker that answers with empty lists makes the desk send everything again."""
    script = Script()
    script.enter(filled=0)
    sent = script.placed()
    script.desk.handle(BrokerSnapshot(script.account, (), (), (), ()))
    script.wait(20)
    assert script.placed() == sent
    assert script.desk.orders.updates[E].status is CANCELLED and script.desk.tickets.entries[T].state == "cancelled"
    assert script.said[E].status is not FILLED


def test_a_stop_that_was_only_inactive_for_a_while_is_not_taken_for_dead():
    """The broker calls an order inactive and works it again; the trader's books have lost it for good."""
    script = Script()
    script.enter(filled=0)
    script.say(E, REJECTED, reason="Inactive")
    assert script.desk.orders.updates[E].status is REJECTED
    script.snapshot(open_orders=[script.update(E, WORKING), script.update(S, HELD)], completed=[])
    assert script.desk.orders.updates[E].status is WORKING
    assert any("taken for dead" in line for line in script.lines("error"))
    script.desk.operator.kill("test", close_all=False)
    assert ("cancel", E) in script.broker.asked


def test_a_purchase_taken_for_lost_that_fills_beside_a_second_one_hides_neither():
    """A lost order turns up after the trader bought again: the second position vanishes, and its stop with it."""
    script = Script()
    script.enter(filled=0)
    script.snapshot(open_orders=[], completed=[])
    assert script.desk.orders.updates[E].status is CANCELLED
    again = "4567-260303-BHP-2"
    entry, stop = script.enter(50, ticket_id=again)
    script.say(E, WORKING)
    script.say(S, HELD)
    script.fill(E, 100)
    script.wait(20)
    assert script.position.ticket_id == again and script.position.quantity == 50
    assert ("cancel", stop) not in script.broker.asked and ("cancel", S) not in script.broker.asked
    script.snapshot()
    assert any("journal holds 50, the broker 150" in text for text in script.desk.context.mismatches)
    assert any("BHP" in text and "taken for lost" in text for text in script.lines("error"))
    script.fill(stop, 50, "9.99")
    assert script.position.ticket_id == T and script.position.quantity == 100 == script.covered
    script.snapshot()
    assert not script.desk.context.mismatches


def test_a_newer_program_finds_the_position_and_the_stop_of_the_older_one(tmp_path):
    """An update of the program forgets what is held, and the trader's positions are nobody's from then on."""
    path = tmp_path / "j.db"
    old = sqlite3.connect(path)
    old.executescript((VERSIONS / "1.sql").read_text())
    old.close()
    script = Script(path, connect=False)
    stop = OrderUpdate(
        S,
        "BHP",
        Side.SELL,
        OrderType.STOP,
        100,
        HELD,
        0,
        100,
        D(0),
        stop_price=D("10.00"),
        tif="GTC",
        perm_id=900000002,
    )
    script.held = {"BHP": 100}
    script.reconnect(open_orders=[stop], completed=[], fills=[])
    script.market()
    script.wait(10)
    assert script.position.quantity == 100 and script.covered == 100
    assert not script.desk.problems() and script.placed() == [] and not script.asked("cancel")


def test_a_refused_order_reaches_a_trader_who_is_not_looking():
    """A desk that runs by itself is refused every order for days, and nobody is told."""
    script = Script()
    told = []
    script.desk.alerting.to_discord = told.append
    script.enter(filled=0)
    script.say(E, REJECTED, reason="no trading permission")
    script.say(S, CANCELLED)
    assert [(alert.title, alert.text) for alert in told] == [("BHP: entry rejected", "no trading permission")]
    other = Script()
    other.enter()
    told = []
    other.desk.alerting.to_discord = told.append
    other.say(S, CANCELLED, reason="by the exchange")
    other.say(f"{T}.S2", HELD)
    other.desk.exits.close("BHP", "test", "by hand")
    other.say(f"{T}.X1", REJECTED, reason="auction")
    assert [alert.title for alert in told] == ["BHP: stop cancelled", "BHP: exit rejected"]
