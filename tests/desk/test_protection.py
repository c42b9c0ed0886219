"""S2 and S5: every held share is covered by a resting stop, and none is ever sold twice."""

import pytest

from tests.desk.scripted import CANCELLED, FILLED, HELD, REJECTED, WORKING, D, Script, T

pytestmark = pytest.mark.usefixtures("either_side")
E, S = f"{T}.E", f"{T}.S"


def test_s2_an_entry_leaves_with_its_stop_in_one_message_and_the_stop_is_gtc():
    script = Script()
    script.enter(filled=0)
    assert script.asked("place") == [("place", E, S)]
    stop = script.broker.specs[S]
    assert (
        stop.parent_ref == E
        and stop.tif == "GTC"
        and stop.side is script.side.other
        and stop.stop_price == script.at("10.00")
    )


def test_s2_partial_fills_are_covered_by_the_stop_as_sent():
    script = Script()
    script.enter(filled=30)
    script.wait(10)
    assert script.position.quantity == 30 and script.covered >= 30
    assert not script.asked("modify"), "a stop larger than what is held is right while the entry fills"
    script.fill(E, 70)
    script.wait(10)
    assert script.covered == 100 and not script.asked("modify")


def test_s2_an_entry_cancelled_half_way_leaves_a_stop_of_what_was_bought():
    script = Script()
    script.enter(filled=30)
    script.say(E, CANCELLED)
    script.wait(6)
    assert script.asked("modify") == [("modify", S, 30, None)]
    script.say(S, HELD, quantity=30)
    script.wait(20)
    assert len(script.asked("modify")) == 1 and script.covered == 30


@pytest.mark.parametrize("lost", [CANCELLED, REJECTED])
def test_s2_a_stop_the_broker_cancels_or_rejects_is_replaced_at_once_and_said(lost):
    script = Script()
    script.enter()
    script.say(S, lost, reason="the exchange said no")
    assert script.placed("S") == [S, f"{T}.S2"]
    again = script.broker.specs[f"{T}.S2"]
    assert (again.quantity, again.stop_price, again.tif) == (100, script.at("10.00"), "GTC")
    assert any("STOP" in line and "the exchange said no" in line for line in script.lines("error"))
    script.wait(3)
    assert script.placed("S") == [S, f"{T}.S2"], "one replacement while it is on its way"


def test_s2_a_stop_that_cannot_be_placed_closes_the_position():
    script = Script()
    script.enter()
    script.say(S, REJECTED)
    for number in (2, 3):
        script.wait(3)
        script.say(f"{T}.S{number}", REJECTED)
    script.wait(3)
    assert script.placed("X") == [f"{T}.X1"] and script.placed("S")[-1] == f"{T}.S3"
    assert any("cannot be placed" in line for line in script.lines("error"))


def test_s2_a_tightened_stop_that_is_lost_comes_back_at_the_tighter_price():
    script = Script()
    script.enter()
    done, _ = script.desk.keeper.move_stop("BHP", script.at("10.30"))
    assert done and script.asked("modify") == [("modify", S, None, script.at("10.30"))]
    script.say(S, HELD, stop_price=script.at("10.30"))
    assert not script.desk.keeper.move_stop("BHP", script.at("10.20"))[0], "a stop is never widened"
    script.say(S, CANCELLED)
    assert script.broker.specs[f"{T}.S2"].stop_price == script.at("10.30")


def test_s2_a_stop_made_smaller_elsewhere_is_made_whole_and_never_cancelled_first():
    script = Script()
    script.enter()
    script.say(S, HELD, quantity=40)
    assert script.asked("modify") == [("modify", S, 100, None)] and not script.asked("cancel")


def test_s2_a_stop_that_will_not_grow_gets_another_beside_it():
    script = Script()
    script.enter()
    script.say(S, HELD, quantity=40)
    script.wait(12)
    assert script.placed("S") == [S, f"{T}.S2"] and script.broker.specs[f"{T}.S2"].quantity == 60
    assert len(script.asked("modify")) == 3


def test_s2_a_stop_the_broker_never_answers_is_asked_about_and_replaced_once_it_is_known_lost():
    """Lean IB#93: the server drops an order silently; no callback ever."""
    script = Script()
    script.enter()
    script.say(S, CANCELLED)
    script.wait(6)
    assert ("resync",) in script.broker.asked and script.placed("S")[-1] == f"{T}.S2"
    script.snapshot()  # S2 is in no list of the broker: it never arrived
    script.wait(3)
    assert script.placed("S")[-1] == f"{T}.S3"


def test_an_order_taken_for_dead_that_turns_up_alive_is_alive_again():
    """ib_async#191, #217: shown cancelled while live."""
    script = Script()
    script.enter()
    script.say(S, CANCELLED)
    script.snapshot()
    script.wait(3)
    assert script.placed("S")[-1] == f"{T}.S3"
    script.say(f"{T}.S2", HELD)
    assert script.desk.orders.updates[f"{T}.S2"].status is HELD and script.covered == 100
    assert any("taken for dead" in line for line in script.lines("error"))
    script.say(f"{T}.S3", HELD)
    script.wait(10)
    assert script.asked("modify") or script.asked("cancel"), "two stops for the same shares do not stay"


def test_status_before_execution_neither_doubles_the_exit_nor_the_stop():
    """A broker may say Filled before it tells the execution (reordered messages, completed orders in a resync)."""
    script = Script(exits={"half_on_day": 1})
    script.enter()
    script.wait(2)
    assert script.placed("H") == [f"{T}.H1"] and script.broker.specs[f"{T}.H1"].quantity == 50
    script.say(f"{T}.H1", FILLED, filled=50)
    script.say(S, HELD, quantity=50)
    script.wait(4)
    assert script.placed("H") == [f"{T}.H1"] and not script.placed("X")
    assert script.placed("S") == [S] and not script.asked("modify")
    script.desk.handle(script.execution(f"{T}.H1", 50))
    script.wait(30)
    assert script.position.quantity == 50 and script.position.half_done
    assert script.placed("H") == [f"{T}.H1"], "half is sold once (D-07)"


def test_a_stop_filled_by_status_alone_is_not_replaced_and_its_execution_is_asked_for():
    script = Script()
    script.enter()
    script.say(S, FILLED, filled=100)
    script.wait(4)
    assert script.placed("S") == [S], "shares that are sold need no new stop: it would sell short"
    script.wait(3)
    assert ("resync",) in script.broker.asked
    script.execution(S, 100, "9.99")
    script.snapshot()
    assert script.position is None and script.desk.books.closed[0].why_closed == "stop"


def test_a_sale_told_before_its_purchase_waits_for_it():
    script = Script()
    script.enter(filled=0)
    bought = script.execution(E, 100)
    sold = script.execution(S, 100, "9.99")
    script.desk.handle(sold)
    assert script.position is None and ("resync",) in script.broker.asked and not script.desk.problems()
    script.desk.handle(bought)
    assert script.position is None and script.desk.books.closed[0].exited == 100
    assert {row.exec_id for row in script.journal.fills("DU1234567")} == {bought.exec_id, sold.exec_id}


def test_duplicated_executions_count_once():
    """pysystemtrade#1580: fifteen duplicate fills."""
    script = Script()
    script.enter(filled=0)
    fill = script.execution(E, 100)
    for _ in range(15):
        script.desk.handle(fill)
    assert script.position.quantity == 100 and len(script.journal.fills("DU1234567")) == 1


def test_a_lost_commission_report_is_charged_when_the_whole_truth_tells_it():
    script = Script()
    script.commission = False
    script.enter()
    assert script.position.fees == 0
    from skim_tui.domain.events import BrokerSnapshot
    from skim_tui.domain.orders import FillFees

    truth = BrokerSnapshot(
        script.account, (), tuple(script.said.values()), (), tuple(script.fills),
        (FillFees(script.fills[0].exec_id, D("6.60"), "AUD"),),
    )  # fmt: skip
    for _ in range(3):
        script.desk.keeper.on_fees(truth.fees[0])
    assert script.position.fees == D("6.60"), "once, however often it is told"


def test_a_late_fill_after_a_cancel_is_held_and_covered():
    """A fill supersedes a cancel."""
    script = Script()
    script.enter(filled=0)
    script.say(E, CANCELLED)
    script.say(S, CANCELLED, reason="its parent was cancelled")
    fill = script.execution(E, 40)
    script.desk.handle(fill)
    assert script.position.quantity == 40
    assert script.placed("S") == [S, f"{T}.S2"] and script.broker.specs[f"{T}.S2"].quantity == 40


def test_s5_exits_never_sell_more_than_is_held_nor_twice():
    script = Script()
    script.enter(filled=60)
    done, _ = script.desk.exits.close("BHP", "test", "by hand", 500)
    again, text = script.desk.exits.close("BHP", "test", "by hand")
    assert done and not again and "working already" in text
    exit = script.broker.specs[f"{T}.X1"]
    assert exit.quantity == 60 and exit.oca_group == script.broker.specs[S].oca_group
    assert ("cancel", E) in script.broker.asked, "nothing is bought while it is being sold"


def test_s5_half_of_an_odd_lot_then_the_stop_never_crosses_zero():
    """D-07: bought 101, sold 50 and 101: short 50."""
    script = Script(exits={"half_on_day": 1})
    script.enter(101)
    script.wait(2)
    script.fill(f"{T}.H1", 50)
    script.say(S, HELD, quantity=51)
    script.fill(S, 51, "9.99")
    script.wait(20)
    assert script.held["BHP"] == 0 and script.position is None
    assert script.placed("X") == [] and script.placed("S") == [S]


def test_a_rejected_exit_is_tried_again_only_for_who_wants_it_and_the_stop_stays():
    script = Script()
    script.enter()
    script.desk.exits.close("BHP", "test", "by hand")
    script.say(f"{T}.X1", REJECTED, reason="auction")
    script.wait(20)
    assert script.placed("X") == [f"{T}.X1"] and script.covered == 100
    assert any("exit rejected: auction" in line for line in script.lines("error"))


def test_a_stop_whose_shares_were_sold_elsewhere_is_cancelled():
    """freqtrade#7606, #12360: a position closed by hand elsewhere; a stop left behind would sell short."""
    script = Script()
    script.enter()
    script.snapshot(positions={})
    script.snapshot(positions={})
    assert script.position is None
    script.wait(7)
    assert ("cancel", S) in script.broker.asked


def test_prices_of_a_stop_are_the_orders_own_when_a_position_has_more_than_one():
    script = Script()
    script.enter()
    script.say(S, HELD, quantity=40)
    script.wait(12)
    script.say(f"{T}.S2", HELD)
    assert script.covered == 100 and script.desk.keeper.stop_prices() == {"BHP": script.at("10.00")}
    assert script.desk.books.open_risk(script.desk.keeper.stop_prices()) == D("50.00")


def test_the_working_states_of_a_stop_count_and_no_other():
    script = Script()
    script.enter()
    for status, covered in ((HELD, 100), (WORKING, 100)):
        script.say(S, status)
        assert script.covered == covered
    script.say(S, CANCELLED)
    assert script.covered == 0


def test_a_stop_reduced_before_the_sale_is_told_is_not_enlarged_again():
    """The broker's OCA reduction may come before the execution that caused it; enlarged, the stop would sell twice."""
    script = Script(exits={"half_on_day": 1})
    script.enter()
    script.wait(2)
    script.say(f"{T}.H1", WORKING)
    script.say(S, HELD, quantity=50)
    script.wait(3)
    assert not script.asked("modify") and script.placed("S") == [S]
    script.fill(f"{T}.H1", 50)
    script.wait(10)
    assert not script.asked("modify") and script.position.quantity == 50 == script.covered


def test_a_stop_reduced_for_no_reason_while_an_exit_hangs_is_enlarged_in_the_end():
    script = Script()
    script.enter()
    script.desk.exits.close("BHP", "test", "by hand", 30)
    script.say(f"{T}.X1", HELD)  # the market is halted
    script.say(S, HELD, quantity=80)
    script.wait(3)
    assert not script.asked("modify")
    script.wait(3)
    assert script.asked("modify") == [("modify", S, 100, None)]


def test_more_missing_than_an_exit_can_have_sold_is_repaired_at_once():
    script = Script()
    script.enter()
    script.desk.exits.close("BHP", "test", "by hand", 30)
    script.say(S, HELD, quantity=60)
    assert script.asked("modify") == [("modify", S, 100, None)]


def test_s2_a_resting_target_does_not_leave_shares_bare_for_long():
    """A target may rest for days: that it could have closed the shares excuses no more than a moment."""
    script = Script()
    done, text = script.desk.approvals.approve(script.propose(target=script.at("11.50")), "test")
    assert done, text
    for leg, status in ((E, WORKING), (S, HELD), (f"{T}.T", HELD)):
        script.say(leg, status)
    script.fill(E, 100)
    script.say(S, CANCELLED)
    assert script.placed("S") == [S], "the target's fill may be on its way"
    script.wait(1)
    assert script.placed("S") == [S, f"{T}.S2"]


def test_s2_a_stop_follows_an_entry_that_goes_on_filling_after_its_repair():
    script = Script()
    script.enter(filled=30)
    script.say(S, HELD, quantity=20)
    assert script.asked("modify") == [("modify", S, 30, None)]
    script.say(S, HELD, quantity=30)
    script.fill(E, 40)
    assert script.asked("modify")[-1] == ("modify", S, 70, None), "the repair before has worked: this is another"
    script.fill(E, 30)
    assert len(script.asked("modify")) == 2, "that one is on its way"
    script.wait(3)
    assert script.asked("modify")[-1] == ("modify", S, 100, None)


def test_s5_an_exit_leaves_to_a_stop_what_the_stop_is_closing():
    """A stop that filled in part is a market order for the rest: an exit beside it would close shares twice."""
    script = Script()
    script.enter()
    script.fill(S, 40, "9.98")
    done, text = script.desk.exits.close("BHP", "test", "kill switch")
    assert done and "its stop is closing it" in text and not script.placed("X")
    script.say(S, CANCELLED)
    script.desk.exits.close("BHP", "test", "kill switch")
    assert script.broker.specs[f"{T}.X1"].quantity == 60


def test_s5_an_exit_joins_the_group_of_the_stop_and_none_that_is_over():
    """The broker refuses an order for a group that was filled."""
    script = Script()
    script.enter()
    first = script.broker.specs[S].oca_group
    script.desk.exits.close("BHP", "test", "half", 50, is_half=True)
    assert script.broker.specs[f"{T}.H1"].oca_group == first
    script.fill(f"{T}.H1", 50, "10.60")
    script.say(S, CANCELLED)
    again = script.broker.specs[f"{T}.S2"].oca_group
    assert again and again != first
    script.say(f"{T}.S2", HELD)
    script.desk.exits.close("BHP", "test", "by hand")
    assert script.broker.specs[f"{T}.X1"].oca_group == again


def test_s5_what_the_broker_answers_while_an_exit_is_made_makes_no_other(monkeypatch):
    """The cancel of an entry that has filled meanwhile is answered at once, and the plan is due."""
    script = Script()
    script.enter(filled=99)
    exits, cancel = script.desk.exits, script.broker.cancel

    def answered_at_once(ref):
        cancel(ref)
        exits.close("BHP", "plan", "half off on day 1", 50, is_half=True)

    monkeypatch.setattr(script.broker, "cancel", answered_at_once)
    done, _ = exits.close("BHP", "plan", "half off on day 1", 50, is_half=True)
    assert done and script.placed("H") == [f"{T}.H1"]


def test_s5_a_stop_replaced_while_the_first_may_live_shares_its_group():
    """Two stops for the same shares, each in a group of its own, would both act."""
    script = Script()
    script.enter()
    first = script.broker.specs[S].oca_group
    script.desk.exits.close("BHP", "test", "half", 50, is_half=True)
    script.fill(f"{T}.H1", 50, "10.60")
    script.say(S, HELD, quantity=50)
    live = [update for update in script.said.values() if not update.status.is_done and update.ref != S]
    script.snapshot(open_orders=live)  # a list without the stop: it is taken for dead
    script.wait(1)
    assert script.broker.specs[f"{T}.S2"].oca_group == first
    script.say(f"{T}.S2", REJECTED, reason="OCA group is already filled")
    script.wait(3)
    assert script.broker.specs[f"{T}.S3"].oca_group != first, "the broker has said that it was dead indeed"


def with_target():
    """A position with a stop and a target at the broker."""
    script = Script()
    done, text = script.desk.approvals.approve(script.propose(target=script.at("11.50")), "test")
    assert done, text
    for leg, status in ((E, WORKING), (S, HELD), (f"{T}.T", HELD)):
        script.say(leg, status)
    script.fill(E, 100)
    script.say(f"{T}.T", WORKING)
    return script


def test_s5_a_market_exit_waits_for_the_end_of_the_target_and_counts_what_it_closed():
    script = with_target()
    done, text = script.desk.exits.close("BHP", "test", "time stop")
    assert done and "once its target is cancelled" in text
    assert script.asked("cancel") == [("cancel", f"{T}.T")] and not script.placed("X")
    script.fill(f"{T}.T", 30, "11.50")  # it was filling while its cancel was on the way
    script.say(S, HELD, quantity=70)
    script.say(f"{T}.T", CANCELLED)
    assert script.placed("X") == [f"{T}.X1"] and script.broker.specs[f"{T}.X1"].quantity == 70


def test_s5_a_target_that_does_not_end_holds_an_exit_up_for_a_moment_only():
    script = with_target()
    script.desk.operator.kill("test", close_all=True)
    assert not script.placed("X")
    script.wait(6)
    assert script.placed("X") == [f"{T}.X1"] and script.broker.specs[f"{T}.X1"].quantity == 100


def test_s7_without_a_connection_an_exit_beside_a_target_is_said_to_be_not_done():
    script = with_target()
    script.disconnect()
    done, text = script.desk.operator.kill("test", close_all=True)
    assert not done and "BHP: exit not sent" in text
    script.reconnect()
    script.wait(6)
    assert ("cancel", f"{T}.T") in script.broker.asked, "tried again once it can be"


def test_a_half_sale_leaves_the_target():
    script = with_target()
    script.desk.exits.close("BHP", "plan", "half off", 50, is_half=True)
    assert script.placed("H") == [f"{T}.H1"] and not script.asked("cancel")
