"""The loss discipline: it warns, locks out to the next session, and gives way only slowly and on the record (S6)."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skim_tui.domain.discipline import DisciplineRule, gave_back, loss_stage, streak_until
from skim_tui.domain.events import DailyHistory
from skim_tui.domain.market import DailyBar, Trade
from tests.desk.scripted import D, Script, T

RULE = DisciplineRule(max_daily_loss=D(1000))


def lose(script, each, number=1):
    """A round trip of 100 shares that loses ``each`` before fees."""
    ticket = f"4567-260303-SY{number}-1"
    script.commission = False
    script.enter(ticket_id=ticket)
    script.fill(f"{ticket}.S", 100, str(D("10.50") - D(each) / 100))
    script.wait(2)


def again(script, number=2):
    return script.desk.approvals.approve(script.propose(f"4567-260303-SY{number}-1"), "test")


@pytest.mark.parametrize(("loss", "stage"), [(749, 0), (750, 1), (899, 1), (900, 2), (999, 2), (1000, 3), (5000, 3)])
def test_stages_are_reached_at_75_90_and_100_percent(loss, stage):
    assert loss_stage(D(-loss), D(1000)) == stage


@given(st.decimals("0", "10000", places=2), st.decimals("-5000", "10000", places=2))
def test_give_back_watches_only_from_its_start_and_is_monotone(best, pnl):
    rule = DisciplineRule(D(1000), give_back_from=D(500), give_back_pct=40.0)
    if best < 500:
        assert not gave_back(best, pnl, rule)
    elif gave_back(best, pnl, rule):
        assert pnl <= best * D("0.6") and gave_back(best, pnl - 1, rule)


def test_a_streak_is_of_losses_in_a_row_and_ends_by_itself():
    rule = DisciplineRule(D(1000), streak=2, streak_minutes=30)
    assert streak_until([(1.0, D(-5)), (2.0, D(-1))], rule) == 1802.0
    assert streak_until([(1.0, D(-5)), (2.0, D(1)), (3.0, D(-1))], rule) == 0.0
    assert streak_until([(1.0, D(-5))], rule) == 0.0 == streak_until([(1.0, D(-5)), (2.0, D(-1))], RULE)


def test_warnings_come_before_the_lock_out_and_each_once():
    script = Script(risk={"max_daily_loss": Decimal(1000)})
    lose(script, 760)
    lose_lines = [line for line in script.lines("warning") if "DAILY LOSS" in line]
    assert len(lose_lines) == 1 and "75%" in lose_lines[0] and not script.desk.context.lockout
    script.wait(30)
    assert len([line for line in script.lines("warning") if "DAILY LOSS" in line]) == 1


def test_a_lock_out_holds_to_the_next_session_and_over_a_restart(tmp_path):
    script = Script(tmp_path / "j.db", risk={"max_daily_loss": Decimal(1000)})
    lose(script, 1200)
    assert "daily loss limit 1,000 reached" in script.desk.context.lockout
    done, text = again(script)
    assert not done and "no entry until the next session" in text
    assert not script.desk.operator.set_auto(True, "test")[0], "S9: not armed while locked out"

    after = Script(tmp_path / "j.db", connect=False, risk={"max_daily_loss": Decimal(1000)})
    after.fills, after.said = list(script.fills), dict(script.said)
    after.connect()
    assert after.desk.context.lockout == script.desk.context.lockout
    assert after.desk.books.realised_today() == D(-1200), "what was lost today is still lost"
    assert not again(after, 3)[0]

    tomorrow = after.day.end + 1.0
    after.broker.time = tomorrow
    after.desk.advance(tomorrow)
    after.broker.time = tomorrow + 20 * 3600.0
    after.desk.advance(after.broker.time)
    assert after.desk.context.session_date > script.desk.context.session_date and not after.desk.context.lockout
    assert after.journal.latches() == {}


def test_yesterdays_close_is_no_loss_of_a_share_bought_after_its_gap(tmp_path):
    """A desk that starts again knows the close of yesterday before any price of today: by that the share, bought
    after it gapped, has lost the whole gap, and the trader would be locked out for the day."""
    first = Script(tmp_path / "j.db", risk={"max_daily_loss": D(40)})
    first.enter(100)
    first.journal.close()
    script = Script(tmp_path / "j.db", connect=False, risk={"max_daily_loss": D(40)})
    script.said, script.fills, script.held = dict(first.said), list(first.fills), dict(first.held)
    script.broker.specs = dict(first.broker.specs)
    script.connect()
    day, calendar = script.day.date, script.desk.context.calendar
    closes = [DailyBar("BHP", calendar.offset(day, -back), 9.5, 9.6, 9.4, 9.5, 400_000) for back in range(20, 0, -1)]
    script.desk.handle(DailyHistory("BHP", tuple(closes)))
    script.wait(3)
    assert script.desk.watchlist.symbols["BHP"].last == 9.5 and script.desk.books.day_pnl() is None
    assert not script.desk.context.lockout
    done, text = script.desk.approvals.approve(script.propose("4567-260303-CBA-1"), "test")
    assert not done and "day's profit unknown" in text
    script.desk.handle(Trade("BHP", script.broker.time, 10.48, 100))
    script.wait(2)
    assert script.desk.books.day_pnl() == D("-8.00") and not script.desk.context.lockout


def test_s5_exits_know_nothing_of_a_lock_out():
    script = Script()
    script.enter()
    for name in ("lockout", "killed", "fault", "unattended"):
        setattr(script.desk.context, name, "no")
    script.desk.context.mismatches.append("different")
    assert script.desk.context.entries_blocked()
    assert script.desk.exits.close("BHP", "test", "by hand")[0] and script.placed("X") == [f"{T}.X1"]


def test_a_daily_loss_disarms_auto_mode():
    """S9."""
    script = Script(risk={"max_daily_loss": Decimal(1000)})
    assert script.desk.operator.set_auto(True, "test")[0]
    lose(script, 1200)
    assert not script.desk.context.auto


def test_an_override_is_slow_journaled_twice_and_only_for_this_session(tmp_path):
    script = Script(tmp_path / "j.db", risk={"max_daily_loss": Decimal(1000), "override_minutes": 15})
    assert not script.desk.discipline.override("test", "because")[0], "nothing to override"
    lose(script, 1200)
    assert not script.desk.discipline.override("test", "  ")[0], "a reason is needed"
    done, text = script.desk.discipline.override("test", "one more clean setup")
    assert done and "takes effect at" in text
    assert not script.desk.discipline.override("test", "twice")[0]
    assert not again(script)[0], "not at once"
    script.broker.time += 14 * 60
    script.wait(1)
    assert script.desk.context.lockout
    script.broker.time += 61
    script.market()
    script.wait(2)
    script.market()
    assert not script.desk.context.lockout and script.desk.discipline.max_daily_loss == D(1500)
    assert again(script, 5)[0]
    said = [(event.what, event.why) for _, event in script.journal.events() if "override" in event.what]
    assert said[0] == ("override asked", "one more clean setup") and said[1][0] == "override in effect"


def test_a_winning_day_that_is_given_back_locks_entries():
    script = Script(risk={"give_back_from": Decimal(300), "give_back_pct": 50.0})
    lose(script, -400)
    assert not script.desk.context.lockout
    lose(script, 250, number=2)
    assert "gave back 250 of the day's 400" in script.desk.context.lockout


def test_a_losing_streak_cools_down_and_is_over_by_itself():
    script = Script(risk={"loss_streak": 2, "loss_streak_minutes": 10})
    lose(script, 10)
    lose(script, 10, number=2)
    assert "2 losses in a row" in script.desk.context.lockout
    done, text = again(script, 3)
    assert not done and "cooling down until" in text
    script.broker.time += 601
    script.market()
    script.wait(2)
    assert not script.desk.context.lockout
