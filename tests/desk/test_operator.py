"""S7, S8 and S9: the kill switch, flattening when half connected or over a restart, auto mode."""

from skim_tui.domain.orders import leg_of
from tests.desk.scripted import CANCELLED, FILLED, HELD, REJECTED, D, Script, T

E, S, X = f"{T}.E", f"{T}.S", f"{T}.X1"
OTHER = "4567-260303-CBA-1"


def test_s7_the_kill_switch_cancels_entries_blocks_new_ones_and_leaves_stops():
    script = Script()
    script.enter(filled=40)
    waiting = script.propose(OTHER)
    done, text = script.desk.operator.kill("test", close_all=False)
    assert done and "1 cancelled" in text
    assert script.asked("cancel") == [("cancel", E)] and script.placed("X") == []
    assert script.desk.tickets.entries[waiting].state == "declined"
    assert "kill switch" in script.desk.approvals.approve(script.propose("4567-260303-WES-1"), "test")[1]
    script.say(E, CANCELLED)
    script.wait(8)
    assert script.covered == 100 or script.asked("modify"), "what is held stays covered"


def test_s7_flatten_sells_everything_once_however_often_it_is_asked():
    script = Script()
    script.enter()
    for _ in range(5):
        done, text = script.desk.operator.kill("test", close_all=True)
        assert done and "1 positions closing" in text
    assert script.placed("X") == [X]
    script.fill(X, 100)
    script.say(S, CANCELLED)
    script.wait(8)
    assert not script.desk.context.flatten and script.desk.context.killed, "flat, and still killed"
    assert script.desk.operator.kill("test", close_all=True)[0] and script.placed("X") == [X]


def test_s7_what_cannot_be_done_is_named_and_done_once_it_can():
    """Half connected: the socket is gone or TWS has lost its server."""
    script = Script()
    script.enter(filled=40)
    script.disconnect()
    done, text = script.desk.operator.kill("test", close_all=True)
    assert not done and "NOT DONE" in text and f"cancel {E}: not connected" in text and "exit not sent" in text
    assert script.placed("X") == []
    script.reconnect()
    script.wait(6)
    sold = script.placed("X")
    assert len(sold) == 1 and script.broker.specs[sold[0]].quantity == 40
    assert ("cancel", E) in script.broker.asked
    script.fill(sold[0], 40)
    script.say(E, CANCELLED, filled=40)
    script.say(S, CANCELLED)
    script.wait(8)
    assert not script.desk.context.flatten


def test_s7_flatten_goes_on_until_flat_when_an_exit_is_refused():
    """freqtrade#4023, hummingbot: the emergency exit must not give up at the first refusal."""
    script = Script()
    script.enter()
    script.desk.operator.kill("test", close_all=True)
    script.say(X, REJECTED, reason="halted")
    script.wait(12)
    assert len(script.placed("X")) == 2
    script.fill(script.placed("X")[-1], 100)
    assert script.position is None


def test_s7_shares_that_an_entry_buys_after_the_flatten_are_sold_too():
    script = Script()
    script.enter(filled=0)
    script.desk.operator.kill("test", close_all=True)
    script.fill(E, 30)  # it crossed the cancel
    script.wait(8)
    assert [script.broker.specs[ref].quantity for ref in script.placed("X")] == [30]


def test_s7_the_kill_switch_and_a_flatten_hold_over_a_restart(tmp_path):
    script = Script(tmp_path / "j.db")
    script.enter()
    script.disconnect()
    script.desk.operator.kill("shell 4711", close_all=True)
    after = Script(tmp_path / "j.db", connect=False)
    after.said, after.fills, after.held = dict(script.said), list(script.fills), dict(script.held)
    after.connect()
    assert after.desk.context.killed and after.desk.context.flatten == "shell 4711"
    after.wait(6)
    assert [leg_of(ref) for ref in after.placed()] == ["X"]
    assert any("going on with it" in line for line in after.lines("warning"))


def test_resume_takes_the_kill_and_a_flatten_under_way_back_for_good(tmp_path):
    script = Script(tmp_path / "j.db")
    assert not script.desk.operator.resume("test")[0]
    script.enter()
    script.disconnect()
    script.desk.operator.kill("test", close_all=True)
    assert script.desk.operator.resume("test")[0]
    script.reconnect()
    script.wait(12)
    assert script.placed("X") == [] and script.journal.latches() == {}
    assert [event.what for _, event in script.journal.events() if event.what in ("kill", "resume")] == [
        "kill",
        "resume",
    ]


def test_flatten_waits_for_shares_that_only_a_status_has_told_of():
    script = Script()
    script.enter(filled=0)
    script.say(E, FILLED, filled=100)
    script.desk.operator.kill("test", close_all=True)
    script.wait(7)
    assert script.desk.context.flatten, "bought, though the execution is still on its way"
    script.desk.handle(script.execution(E, 100))
    script.wait(7)
    assert [script.broker.specs[ref].quantity for ref in script.placed("X")] == [100]


def test_the_stop_of_a_position_cannot_be_cancelled_by_hand():
    script = Script()
    script.enter()
    done, text = script.desk.operator.cancel(S, "test")
    assert not done and "protects 100 BHP" in text and not script.asked("cancel")
    assert not script.desk.operator.cancel("nothing", "test")[0]
    assert not script.desk.operator.cancel(E, "test")[0], "done already"


def test_s9_auto_mode_is_off_at_the_start_and_after_every_break():
    script = Script()
    assert not script.desk.context.auto
    for trouble in (
        script.disconnect,
        lambda: script.desk.operator.kill("test", close_all=False),
        lambda: (script.enter(), script.snapshot(positions={"BHP": 7})),
    ):
        script.desk.operator.resume("test")
        script.desk.operator.acknowledge("test")
        assert script.desk.operator.set_auto(True, "test")[0]
        trouble()
        assert not script.desk.context.auto
        if not script.broker.up:
            script.reconnect()


def test_a_resting_stop_is_left_alone_by_every_command_but_closing(tmp_path):
    script = Script(tmp_path / "j.db")
    script.enter()
    script.desk.operator.kill("test", close_all=False)
    script.desk.operator.resume("test")
    script.say(S, HELD, stop_price=D("10.10"))
    script.wait(10)
    assert not any(command[0] == "cancel" and command[1] == S for command in script.broker.asked)
