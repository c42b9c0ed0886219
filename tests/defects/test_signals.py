"""Trades that a strategy makes too early, twice, too late, or of a name that was never meant."""

from decimal import Decimal

import pytest

from skim_tui.domain.candidate import CandidateState as State
from skim_tui.domain.events import BarsClosed, Connection, DailyHistory, ScanResult, ScanRow, TodayBars
from skim_tui.domain.market import Bar, DailyBar, Quote
from skim_tui.domain.orders import OrderType
from skim_tui.domain.ticket import TicketState
from tests.desk.scripted import HELD, WORKING, Script, T
from tests.desk.stage import Stage
from tests.desk.test_reconcile import second
from tests.desk.test_watchlist import Day


def test_nothing_is_bought_before_the_opening_range_is_over():
    """The trader buys against half a range because the buying step ran before the measuring step had ended."""
    day = Day().begin()
    for index in range(9):
        day.minute(index, close=10.5 + index / 50, high=10.6 + index / 50, low=10.4)
        assert not day.tickets and day.followed.state is State.TRACKING
    day.minute(9, high=10.9, low=10.4)
    assert not day.tickets, "a new high inside the window is the range, not its break"


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_every_ticket_of_a_generated_day_comes_after_its_range(asx_calendar, seed):
    """Steps that run by the clock instead of one after the other trade on numbers that do not exist yet."""
    stage = Stage(asx_calendar)
    stage.play(45)
    tickets = [entry.ticket for entry in stage.desk.tickets.entries.values()]
    assert all(ticket.created >= stage.open + 10 * 60 for ticket in tickets) and tickets
    stage.journal.close()


def test_a_name_that_is_scanned_again_after_its_entry_is_not_bought_twice():
    """Each refresh of the scan makes a bought name a fresh candidate, and the trader buys it again."""
    day = Day().begin().range().break_out()
    (entry,) = day.tickets
    assert day.desk.approvals.approve(entry.ticket.id, "test")[0]
    for leg, status in ((".E", WORKING), (".S", HELD)):
        day.say(entry.ticket.id + leg, status)
    day.fill(f"{entry.ticket.id}.E", entry.ticket.quantity, "10.65")
    for index in range(11, 16):
        day.desk.handle(ScanResult((ScanRow(0, "PLS"), ScanRow(1, "BHP"))))
        day.desk.handle(DailyHistory("PLS", day.followed.daily))
        day.desk.handle(TodayBars("PLS", ()))
        day.minute(index, close=10.5).minute(index, close=10.7 + index / 50, bid=10.69, ask=10.70)
    assert len(day.tickets) == 1 and len(day.placed("E")) == 1 and day.followed.state is State.ENTERED


def test_a_name_scanned_again_over_a_restart_is_not_bought_twice(tmp_path):
    """A desk that starts again at noon takes the morning's purchases for new candidates."""
    script = Script(tmp_path / "j.db")
    script.enter()
    after = second(script, tmp_path / "j.db")
    after.desk.handle(ScanResult((ScanRow(0, "BHP"),)))
    ticket = after.propose("4567-260303-BHP-2")
    assert not after.desk.approvals.approve(ticket, "test")[0]
    assert "already entered today" in [gate.text for gate in after.desk.tickets.entries[ticket].ticket.gates]


def late_desk():
    """A desk that begins an hour after the open, with the broker's bars of that hour."""
    day = Day()
    day.broker.time = day.day.open + 3600.0
    day.desk.handle(ScanResult((ScanRow(0, "PLS"),)))
    calendar, today = day.desk.context.calendar, day.day.date
    history = [
        DailyBar("PLS", calendar.offset(today, -back), 10.0, 10.2, 9.8, 10.0, 400_000) for back in range(20, 0, -1)
    ]
    day.desk.handle(DailyHistory("PLS", tuple(history)))
    bars = [
        Bar("PLS", day.day.open + index * 60.0, 10.5, 10.6 if index < 10 else 10.55, 10.4, 10.5, 20_000)
        for index in range(40)
    ]
    bars += [Bar("PLS", day.day.open + index * 60.0, 11.0, 11.5, 10.9, 11.0, 20_000) for index in range(40, 60)]
    day.desk.handle(TodayBars("PLS", tuple(bars)))
    day.market(11.0, 11.01, symbol="PLS")
    return day


def test_a_desk_that_starts_late_has_the_range_of_the_open_and_not_of_the_whole_morning():
    """The trader starts at eleven and gets the day's high for the range's, or buys a break of an hour ago."""
    day = late_desk()
    tracker = day.followed.tracker
    assert (tracker.or_high, tracker.or_low) == (10.6, 10.4)
    day.minute(60, close=11.2, bid=11.19, ask=11.2)
    assert not day.placed("E") and not [entry for entry in day.tickets if entry.state is TicketState.PROPOSED]


def test_an_entry_is_a_limit_order_whatever_the_price_did_since():
    """The trader's market order is filled at any price, hours after the break it was meant for."""
    day = Day().begin().range().break_out()
    (entry,) = day.tickets
    day.minute(11, close=11.5, bid=11.49, ask=11.5)
    done, text = day.desk.approvals.approve(entry.ticket.id, "test")
    assert not done and "price: offer 11.5 is" in text
    assert day.placed() == []
    script = Script()
    script.enter()
    spec = script.broker.specs[f"{T}.E"]
    assert spec.type is OrderType.LIMIT and spec.limit_price == Decimal("10.50")


def test_fridays_ticket_is_not_bought_on_monday():
    """Whatever was decided by nobody yesterday is sent this morning at yesterday's prices."""
    script = Script()
    ticket = script.propose()
    script.broker.time = script.desk.context.calendar.day(script.desk.context.calendar.offset(script.day.date, 1)).open
    script.broker.time += 1800.0
    script.wait(2)
    script.market()
    done, text = script.desk.approvals.approve(ticket, "test")
    assert not done and script.placed() == [], text


def test_fridays_candidate_is_no_candidate_on_monday():
    """Yesterday's high is today's breakout."""
    day = Day().begin().range()
    assert day.followed.state is State.READY
    day.broker.time = day.desk.context.calendar.day(day.desk.context.calendar.offset(day.day.date, 1)).open + 900.0
    day.desk.advance(day.broker.time)
    day.desk.handle(Quote("PLS", day.broker.time, 10.70, 5_000, 10.71, 5_000))
    day.desk.handle(BarsClosed((Bar("PLS", day.broker.time - 60.0, 10.7, 10.75, 10.7, 10.72, 50_000),)))
    assert not day.tickets and (
        "PLS" not in day.desk.watchlist.symbols or day.followed.state not in (State.READY, State.TICKETED)
    )


def test_a_signal_while_the_line_is_down_is_not_acted_on_afterwards():
    """Minutes later, when the line is back, everything is bought at once at prices that are gone."""
    day = Day().begin().range()
    day.disconnect()
    assert day.desk.context.connection is Connection.DISCONNECTED
    day.break_out(11)
    assert not [entry for entry in day.tickets if entry.state is TicketState.PROPOSED]
    day.reconnect()
    day.wait(5)
    assert not day.placed()


def test_todays_bar_is_no_part_of_what_it_is_compared_with():
    """A high of months that includes today can never be exceeded by today, and no name is ever a candidate."""
    day = Day().begin()
    before = (day.followed.prev_close, day.followed.daily_atr)
    today = DailyBar("PLS", day.day.date, 10.5, 99.0, 1.0, 50.0, 10**9)
    day.desk.handle(DailyHistory("PLS", (*day.followed.daily, today)))
    assert day.followed.prev_close != 50.0
    day.desk.handle(DailyHistory("PLS", day.followed.daily[:-1]))
    assert (day.followed.prev_close, day.followed.daily_atr) == before


def test_an_order_leaves_within_the_event_that_caused_it():
    """The order waits for the next poll, and the break it was made for is seconds old when it arrives."""
    day = Day().begin().range()
    assert day.desk.operator.set_auto(True, "test")[0]
    day.desk._next_advance = float("inf")  # no time passes
    at = day.day.open + 10 * 60 + 60
    day.broker.time = at
    day.desk.handle(Quote("PLS", at, 10.64, 5_000, 10.65, 5_000))
    assert day.placed() == []
    day.desk.handle(BarsClosed((Bar("PLS", at - 60, 10.65, 10.65, 10.65, 10.65, 20_000),)))
    assert len(day.placed("E")) == len(day.placed("S")) == 1


def test_stop_and_target_of_a_position_are_known_after_a_restart(tmp_path):
    """After a restart the position is there and its orders are strangers, which nobody moves or cancels any more."""
    script = Script(tmp_path / "j.db")
    ticket = script.propose(target=Decimal("12.00"))
    assert script.desk.approvals.approve(ticket, "test")[0]
    for leg, status in (("E", WORKING), ("T", HELD), ("S", HELD)):
        script.say(f"{ticket}.{leg}", status)
    script.fill(f"{ticket}.E", 100)
    script.say(f"{ticket}.T", WORKING)
    after = second(script, tmp_path / "j.db")
    assert after.covered == 100 and not after.desk.orders.foreign and not after.desk.problems()
    assert after.desk.orders.updates[f"{ticket}.T"].limit_price == Decimal("12.00")
    after.fill(f"{ticket}.T", 100, "12.00")
    after.wait(8)
    assert after.position is None and ("cancel", f"{ticket}.S") in after.broker.asked
    assert after.desk.books.closed[0].why_closed == "target"
