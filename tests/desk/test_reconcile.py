"""S3 and S4: after a crash or an outage the journal and the broker are brought together, or the difference is shown."""

from dataclasses import replace

import pytest

from skim_tui.domain.bracket import bracket_of
from skim_tui.domain.orders import OrderType, OrderUpdate, Side
from skim_tui.journal import JournalError
from tests.desk.scripted import CANCELLED, FILLED, HELD, SENT, WORKING, D, Script, T

pytestmark = pytest.mark.usefixtures("either_side")
E, S = f"{T}.E", f"{T}.S"


def second(first, path, **truth):
    """The desk after a crash of the first: the same journal, and a broker that kept what it knew."""
    desk = Script(path, connect=False)
    desk.said, desk.fills, desk.held = dict(first.said), list(first.fills), dict(first.held)
    desk.broker.specs = dict(first.broker.specs)
    desk.reconnect(**truth)
    desk.market()
    return desk


def test_s3_an_intent_is_durable_before_its_bytes_leave(tmp_path):
    script = Script(tmp_path / "j.db")
    seen = []
    script.broker._send = lambda *command: seen.append(
        (command[0], {row.ref for row in script.journal.orders("DU1234567")})
    )
    done, _ = script.desk.approvals.approve(script.propose(), "test")
    assert done and seen == [("place", {E, S})], "when the bytes leave, both legs are in the journal"


def test_s3_an_entry_whose_intent_cannot_be_written_does_not_leave(monkeypatch):
    script = Script()
    ticket = script.propose()

    def full(*records, **more):
        raise JournalError("j.db: the journal cannot be written: disk I/O error (the disk is full)")

    monkeypatch.setattr(script.journal, "save", full)
    done, text = script.desk.approvals.approve(ticket, "test")
    assert not done and "disk is full" in text and script.placed() == []


def test_s3_a_crash_before_the_bytes_left_sends_nothing_again(tmp_path):
    script = Script(tmp_path / "j.db")
    script.broker._send = lambda *command: (_ for _ in ()).throw(KeyboardInterrupt)
    ticket = script.propose()
    with pytest.raises(KeyboardInterrupt):
        script.desk.approvals.approve(ticket, "test")
    script.broker.specs = {}
    after = second(script, tmp_path / "j.db", open_orders=(), completed=())
    assert after.placed() == [] and not after.desk.context.mismatches
    assert {update.status for update in after.desk.orders.updates.values()} == {CANCELLED}
    assert all("never reached the broker" in row.reason for row in after.journal.orders("DU1234567"))


def test_s3_a_crash_after_the_bytes_left_finds_the_order_by_its_reference(tmp_path):
    script = Script(tmp_path / "j.db")
    script.desk.approvals.approve(script.propose(), "test")
    script.said = {ref: script.update(ref, WORKING if ref == E else HELD) for ref in (E, S)}
    after = second(script, tmp_path / "j.db")
    assert after.desk.orders.updates[E].status is WORKING and after.desk.tickets.entries[T].state == "working"
    again, text = after.desk.approvals.approve(T, "test")
    assert not again and after.placed() == [], text
    with pytest.raises(RuntimeError, match="never sent twice"):
        after.desk.orders.send_bracket(
            bracket_of(after.desk.tickets.entries[T].ticket),
            after.desk.tickets.record(after.desk.tickets.entries[T]),
            "test",
        )


def test_s4_what_filled_while_away_is_booked_covered_and_never_doubled(tmp_path):
    """Lean IB#249: fills during an outage dropped, positions wrong for good."""
    script = Script(tmp_path / "j.db")
    script.enter(filled=0)
    script.disconnect()
    fill = script.execution(E, 100)
    script.said[E] = script.update(E, FILLED, filled=100)
    script.reconnect()
    assert script.position.quantity == 100 and script.covered == 100 and not script.desk.context.mismatches
    script.desk.handle(fill)
    script.reconnect()
    assert script.position.quantity == 100


def test_s4_a_stop_that_filled_while_the_desk_was_dead_closes_the_position(tmp_path):
    script = Script(tmp_path / "j.db")
    script.enter()
    script.execution(S, 100, "9.98")
    script.said[S] = script.update(S, FILLED, filled=100)
    after = second(script, tmp_path / "j.db")
    assert after.position is None and not after.desk.context.mismatches
    (row,) = after.journal.positions("DU1234567")
    assert (row.state, row.why_closed, row.exit_quantity) == ("closed", "stop", 100)


def test_s4_a_stop_gone_while_the_desk_was_dead_is_replaced_at_once(tmp_path):
    script = Script(tmp_path / "j.db")
    script.enter()
    script.said[S] = script.update(S, CANCELLED)
    after = second(script, tmp_path / "j.db")
    assert after.placed("S") == [f"{T}.S2"] and after.broker.specs[f"{T}.S2"].quantity == 100


def test_s4_what_filled_while_away_is_counted_whole_before_a_stop_is_placed(tmp_path):
    """Half of a snapshot is no truth: a stop placed in its midst is too small, and on no list of the broker's."""
    script = Script(tmp_path / "j.db")
    script.enter(filled=30)
    for _ in range(3):
        script.execution(E, 20)
    script.said[E] = script.update(E, WORKING, filled=90)
    script.said[S] = script.update(S, CANCELLED)
    after = second(script, tmp_path / "j.db")
    assert after.placed("S") == [f"{T}.S2"] and after.broker.specs[f"{T}.S2"].quantity == 90
    assert after.desk.orders.updates[f"{T}.S2"].status is SENT


def test_s4_a_difference_in_shares_is_shown_journaled_and_blocks_entries_until_acknowledged():
    script = Script()
    script.enter()
    script.snapshot(positions={"BHP": 150})
    assert script.desk.context.mismatches == [differs(script, 100, 150)]
    done, text = script.desk.approvals.approve(script.propose("4567-260303-BHP-2"), "test")
    assert not done and "mismatch" in text
    assert not script.desk.operator.set_auto(True, "test")[0], "S9"
    script.snapshot(positions={"BHP": 150})
    assert script.position.quantity == 100 and script.covered == 100, "what is not ours is left alone"
    assert script.desk.operator.acknowledge("test")[0] and not script.desk.context.entries_blocked()
    script.snapshot(positions={"BHP": 150})
    assert not script.desk.context.mismatches, "the same difference is not raised again"
    script.snapshot(positions={"BHP": 170})
    assert script.desk.context.mismatches == [differs(script, 100, 170)]
    events = [event for _, event in script.journal.events()]
    assert any(event.what == "acknowledge" and "150" in event.why for event in events)
    assert any(event.what == "reconciled" and "150" in event.why for event in events)


def test_s4_shares_missing_at_the_broker_are_believed_at_the_second_look_so_that_nothing_sells_them():
    script = Script()
    script.enter()
    script.snapshot(positions={"BHP": 60})
    assert script.position.quantity == 100, "one list may be older than the fills beside it"
    assert ("resync",) in script.broker.asked
    script.snapshot(positions={"BHP": 60})
    assert script.position.quantity == 60
    script.wait(6)
    assert script.asked("modify")[-1] == ("modify", S, 60, None)
    script.desk.exits.close("BHP", "test", "by hand")
    assert script.broker.specs[f"{T}.X1"].quantity == 60
    (row,) = script.journal.positions("DU1234567")
    assert (row.quantity, row.bought, row.exit_quantity) == (60, 100, 0)


def test_shares_written_off_stay_written_off_over_a_restart(tmp_path):
    script = Script(tmp_path / "j.db")
    script.enter()
    for _ in range(2):
        script.snapshot(positions={"BHP": 60})
    script.held = {"BHP": script.side.sign * 60}
    after = second(script, tmp_path / "j.db")
    assert after.position.quantity == 60 and not after.desk.context.mismatches


def test_a_difference_that_the_next_look_explains_is_withdrawn():
    script = Script()
    script.enter(filled=0)
    fill = script.execution(E, 100)
    script.desk.handle(fill)
    script.snapshot(positions={})
    assert script.desk.context.mismatches
    script.snapshot()
    assert not script.desk.context.mismatches and script.position.quantity == 100
    assert any("mismatch explained" in line for line in script.lines("warning"))


def test_s4_holdings_the_desk_does_not_own_are_listed_and_never_touched():
    script = Script()
    script.snapshot(positions={"CBA": 500, "WES": -20})
    assert script.desk.books.strangers == {
        "CBA": (script.side.sign * 500, D("10.50")),
        "WES": (script.side.sign * -20, D("10.50")),
    }
    assert script.desk.operator.kill("test", close_all=True)[0] and script.placed() == []
    assert not script.desk.exits.close("CBA", "test", "by hand")[0]


def differs(script, ours, theirs):
    return f"BHP: the journal holds {script.side.sign * ours}, the broker {script.side.sign * theirs}"


def foreign(ref, **changes):
    order = OrderUpdate(
        ref, "BHP", Side.SELL, OrderType.LIMIT, 100, WORKING, 0, 100, D(0), limit_price=D("11.00"), foreign=True
    )
    return replace(order, **changes)


def test_orders_from_elsewhere_are_shown_and_never_touched():
    """nautilus#3655, Lean#3823: orders made in TWS by hand."""
    script = Script()
    script.enter()
    script.snapshot(open_orders=[*script.said.values(), foreign("tws-77")])
    assert script.desk.orders.foreign["tws-77"].foreign
    assert not script.desk.operator.cancel("tws-77", "test")[0]
    script.desk.operator.kill("test", close_all=True)
    assert ("cancel", "tws-77") not in script.broker.asked
    assert script.covered == 100, "a foreign sale is no protection and no stop of ours"
    script.snapshot()
    assert "tws-77" not in script.desk.orders.foreign


def test_an_order_with_a_desks_mark_that_this_journal_does_not_know_is_a_mismatch():
    """freqtrade#8913: the order exists at the venue and not in the database."""
    script = Script()
    stranger = foreign("4567-260303-CBA-1.E", symbol="CBA", side=Side.BUY, foreign=False)
    script.snapshot(open_orders=[stranger])
    (text,) = script.desk.context.mismatches
    assert "4567-260303-CBA-1.E" in text and "not in this journal" in text
    assert not script.asked("cancel")


def test_a_fill_of_an_order_this_journal_does_not_know_is_nobodys_position():
    script = Script()
    script.enter()
    script.broker.specs["x.E"] = replace(script.broker.specs[E], ref="x.E")
    script.desk.handle(script.execution("x.E", 10))
    assert script.position.quantity == 100 and [row.ref for row in script.journal.fills("DU1234567")] == [E]


def test_a_sale_that_nothing_bought_is_a_mismatch_and_no_fault():
    script = Script()
    script.enter(filled=0)
    script.desk.handle(script.execution(S, 100))
    script.held = {}
    script.snapshot()
    assert any("closes more than was opened" in text for text in script.desk.context.mismatches)
    assert not script.desk.context.fault


def test_a_day_order_of_yesterday_is_expired_and_not_unknown(tmp_path):
    script = Script(tmp_path / "j.db")
    script.enter(filled=0)
    record = replace(script.journal.order(E), created=script.day.pre_open - 3600.0)
    script.journal.save(record)
    after = second(script, tmp_path / "j.db", open_orders=(), completed=())
    assert after.desk.orders.updates[E].reason == "expired with its session"
    assert after.desk.tickets.entries[T].state == "cancelled"


def test_an_entry_without_an_answer_is_asked_about_and_never_sent_again():
    script = Script()
    script.desk.approvals.approve(script.propose(), "test")
    script.wait(30)
    assert script.placed() == [E, S]
    asked = len(script.asked("resync"))
    assert 2 <= asked <= 12, "every few seconds, about each of its orders"
    script.said = {ref: script.update(ref, WORKING if ref == E else HELD) for ref in (E, S)}
    script.snapshot()
    script.wait(10)
    assert len(script.asked("resync")) == asked


def test_a_half_sale_under_way_at_a_crash_is_still_the_half(tmp_path):
    script = Script(tmp_path / "j.db", exits={"half_on_day": 1})
    script.enter()
    script.wait(2)
    assert script.placed("H") == [f"{T}.H1"]
    script.execution(f"{T}.H1", 50)
    script.said[f"{T}.H1"] = script.update(f"{T}.H1", FILLED, filled=50)
    script.said[S] = script.update(S, HELD, quantity=50)
    after = second(script, tmp_path / "j.db")
    after.wait(20)
    assert after.position.half_done and after.position.quantity == 50 and after.placed("H") == []


def test_what_is_over_is_not_loaded_again(tmp_path):
    """The journal grows for years; a start looks at what is live, open or recent."""
    script = Script(tmp_path / "j.db")
    script.enter()
    script.fill(S, 100, "9.90")
    old = script.day.pre_open - 90 * 86_400.0
    for row in (
        *script.journal.orders("DU1234567"),
        *script.journal.positions("DU1234567"),
        *script.journal.tickets("DU1234567"),
    ):
        times = {name: old for name in ("created", "updated", "opened", "closed", "decided") if hasattr(row, name)}
        script.journal.save(replace(row, **times))
    script.fills.clear()
    script.said.clear()
    after = second(script, tmp_path / "j.db")
    assert not after.desk.orders.updates and not after.desk.books.closed


def test_an_exit_sent_while_a_list_is_read_is_not_missing_on_it():
    script = Script()
    done, text = script.desk.approvals.approve(script.propose(target=script.at("11.50")), "test")
    assert done, text
    for leg, status in ((E, WORKING), (S, HELD), (f"{T}.T", HELD)):
        script.say(leg, status)
    script.fill(E, 100)
    script.desk.exits.close("BHP", "test", "by hand")
    assert not script.placed("X"), "the target goes first"
    script.said[f"{T}.T"] = script.update(f"{T}.T", CANCELLED)
    script.snapshot()
    assert script.placed("X") == [f"{T}.X1"] and script.desk.orders.updates[f"{T}.X1"].status is SENT
    script.wait(3)
    assert script.placed("X") == [f"{T}.X1"]
