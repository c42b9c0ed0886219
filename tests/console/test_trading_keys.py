"""Trading by keys: forms, dials and lists send exactly what they showed, once, after they were looked at."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skim_tui.console.dial import Dial
from skim_tui.console.form import FIELDS, Form
from skim_tui.domain.instrument import ASX_LADDER
from skim_tui.link.commands import Amend, CancelAll, Decline, Enter, MoveStop, Preview, RepairStop, ScaleOut, SetTarget
from skim_tui.link.market import ChartBar, ChartView
from skim_tui.link.messages import Reply
from skim_tui.link.trading import Draft

from .answers import draft_view
from .scripted import NOW, ScriptedLink, bars, morning, ticket
from .test_app import approval, stage

D = Decimal


class ComputingLink(ScriptedLink):
    """Answers previews like a desk does."""

    async def send(self, command):
        if isinstance(command, Preview):
            self.sent.append(command)
            return Reply(1, True, "", draft_view(command.draft))
        return await super().send(command)


def computing(**options):
    return stage(link_type=ComputingLink, **options)


# ---- the order form -------------------------------------------------------------------------------


async def test_an_entry_by_hand_sends_what_the_desk_computed_once():
    async with computing(first=morning()) as s:
        await s.press("b")
        assert "BUY by hand" in str(s.app.screen.query_one("#ask").border_title) and "worst loss" in s.screen()
        await s.press("a")
        assert s.commands == [] and "arming" in s.screen()
        s.pass_time(1)
        await s.press("a", "a")
        view = draft_view(Draft("PLS"))
        (sent,) = s.commands
        assert sent.draft == Draft("PLS", view.quantity, view.limit, view.stop) and len(sent.key) == 16


async def test_digits_steps_and_the_live_risk():
    async with computing(first=morning()) as s:
        await s.press("b", *"1000", "down", "right", "right", "down", *"3.30")
        draft = next(c.draft for c in reversed(s.link.sent) if isinstance(c, Preview))
        assert draft == Draft("PLS", 1000, D("3.44"), D("3.30"))
        assert "152.00" in s.screen(), "1000 x 0.14 and 12 of fees"
        s.pass_time(1)
        await s.press("a")
        assert [command.draft for command in s.commands] == [Draft("PLS", 1000, D("3.44"), D("3.30"))]


async def test_a_form_that_a_gate_refuses_sends_nothing():
    async with computing(first=morning()) as s:
        await s.press("b", *"9000")
        s.pass_time(1)
        await s.press("a")
        assert s.commands == [] and "risk:" in s.screen()


async def test_letters_are_the_symbol_and_never_send():
    async with computing(first=morning()) as s:
        await s.press("b", "up", *"aaa")
        s.pass_time(1)
        await s.press("a", "enter")
        assert s.commands == []
        assert "AAAA" in s.screen()


async def test_a_refused_order_keeps_the_form_and_says_why():
    async with computing(first=morning()) as s:
        s.link.answers[Enter] = Reply(1, False, "PLS not sent: phase: CLOSED")
        await s.press("b")
        s.pass_time(1)
        await s.press("a")
        assert "phase: CLOSED" in s.screen() and len(s.app.screen_stack) == 2


async def test_an_order_whose_answer_was_lost_keeps_its_name_and_a_refused_one_gets_another():
    async with computing(first=morning()) as s:
        s.link.answers[Enter] = Reply(0, False, "no answer from the desk: check orders before you repeat")
        await s.press("b")
        for _ in range(2):
            s.pass_time(1)
            await s.press("a")
        s.link.answers[Enter] = Reply(7, False, "PLS not sent: phase: CLOSED")
        for _ in range(2):
            s.pass_time(1)
            await s.press("a")
        keys = [command.key for command in s.commands]
        assert keys[0] == keys[1] == keys[2] != keys[3]


async def test_an_edited_ticket_is_amended_then_approved_as_shown():
    async with computing() as s:
        await s.press("e", *"700", "down", *"3.40")
        s.pass_time(1)
        await s.press("a")
        new = Draft("PLS", 700, D("3.40"), D("3.10"), ticket_id=ticket().id)
        assert s.commands[0] == Amend(new)
        sent = s.commands[1]
        assert (sent.ticket_id, sent.quantity, sent.limit, sent.stop, sent.seen_price) == (
            ticket().id,
            700,
            D("3.40"),
            D("3.10"),
            3.41,
        )


async def test_an_amendment_that_is_refused_approves_nothing():
    async with computing() as s:
        s.link.answers[Amend] = Reply(1, False, "ticket does not wait any more")
        await s.press("e")
        s.pass_time(1)
        await s.press("a")
        assert [type(command) for command in s.commands] == [Amend]


keys = st.sampled_from(
    ["up", "down", "tab", "enter", "left", "right", "backspace", "delete", "plus", "minus", *"abz0159.-/ "]
)


@given(st.lists(keys, max_size=40), st.booleans())
def test_any_keys_leave_a_form_that_can_be_asked_about(pressed, is_ticket):
    form = Form.of_ticket(ticket()) if is_ticket else Form.of_symbol("")
    for key in pressed:
        form = form.press(key, key if len(key) == 1 else None, draft_view(Draft("PLS")))
        draft = form.draft
        assert draft.quantity >= 0 and all(p is None or p > 0 for p in (draft.limit, draft.stop, draft.target))
        assert form.field in FIELDS
        if is_ticket:
            assert draft.symbol == "PLS" and draft.ticket_id == ticket().id


# ---- positions --------------------------------------------------------------------------------------


async def test_a_stop_is_dialled_on_the_ladder_and_confirmed():
    async with stage(morning()) as s:
        await s.press("4", "down", "s", "up", "up", "enter")
        assert s.commands == [] and "filled there" in s.screen()
        await s.press("y")
        assert s.commands == [MoveStop("NEU", D("17.62"))]


async def test_a_stop_follows_the_crosshair():
    async with stage(morning(), size=(120, 40)) as s:
        s.app.charting.choose("NEU")
        s.link.push(chart={"NEU": neu_chart()})
        await s.settle()
        await s.press("2", "left", "up", "s")
        pointed = s.app.charting.price
        await s.press("y")
        assert s.commands == [MoveStop("NEU", pointed)] and ASX_LADDER.is_on(pointed)


def neu_chart():
    """NEU between its stop and its last price."""
    raised = tuple(
        ChartBar(bar.ts, bar.open + 15, bar.high + 15, bar.low + 15, bar.close + 15, bar.volume) for bar in bars()
    )
    return ChartView(symbol="NEU", bars=raised, entry=18.42, stop=17.60)


async def test_a_target_typed_is_set():
    async with stage(morning()) as s:
        await s.press("4", "down", "t", *"21.5", "y")
        assert s.commands == [SetTarget("NEU", D("21.50"))]


async def test_part_sales_repair_and_cancel_all():
    async with stage(morning()) as s:
        await s.press("4", "down", "o", "enter")
        assert s.commands == []
        await s.press("3")
        await s.press("r", "C", "enter")
        await s.press("y")
        assert s.commands == [ScaleOut("NEU", 150), RepairStop("NEU"), CancelAll()]


async def test_a_position_without_a_stop_says_so_instead_of_dialling():
    async with stage(morning()) as s:
        await s.press("4", "s")
        assert "no stop" in s.status() and len(s.app.screen_stack) == 1


@given(st.lists(st.sampled_from(["up", "down", "pageup", "pagedown", "backspace", *"0123456789.x"]), max_size=30))
def test_a_dial_is_always_on_the_ladder(pressed):
    dial = Dial(ASX_LADDER, D("1.99"))
    for key in pressed:
        dial = dial.press(key, key if len(key) == 1 else None)
        assert ASX_LADDER.is_on(dial.price)


# ---- several tickets ----------------------------------------------------------------------------------


def three():
    return ticket(), ticket("WHC", created=NOW - 1), ticket("ZIP", created=NOW)


async def test_a_batch_sends_only_what_was_marked_and_looked_at():
    async with stage(morning(tickets=three())) as s:
        await s.press("B")
        s.pass_time(1)
        await s.press("a")
        assert s.commands == [] and "nothing is marked" in s.screen()
        await s.press("space", "down", "down", "space", "a")
        assert s.commands == [] and "not armed" in s.screen()
        s.pass_time(1)
        await s.press("a", "a")
        assert s.commands == [approval(three()[0]), approval(three()[2])]


async def test_a_batch_declines_all():
    async with stage(morning(tickets=three())) as s:
        await s.press("B", "m")
        s.pass_time(1)
        await s.press("d")
        assert s.commands == [Decline(t.id) for t in three()]


# ---- no accident ----------------------------------------------------------------------------------------


async def test_typing_on_while_a_ticket_comes_puts_the_arming_off():
    async with stage(morning()) as s:
        s.link.push(tickets={ticket().id: ticket()})
        await s.settle()
        for key in "jkjkj":
            s.pass_time(0.4)
            await s.press(key)
        await s.press("a")
        assert s.commands == [] and "not armed" in s.status()
        s.pass_time(0.8)
        await s.press("a")
        assert s.commands == [approval(ticket())]


@pytest.mark.parametrize("keys", [("J",), ("T",), ("b",), ("4", "x")])
async def test_a_ticket_behind_another_screen_is_not_armed_by_it(keys):
    async with stage(morning()) as s:
        await s.press(*keys)
        s.link.push(tickets={ticket().id: ticket()})
        await s.settle()
        s.pass_time(5)
        s.link.push(header={})
        await s.press("a")
        assert s.commands == []
        await s.press("escape")
        await s.press("a")
        assert s.commands == [] and "not armed" in s.status()


async def test_a_page_says_that_a_ticket_waits():
    async with stage(morning()) as s:
        await s.press("J")
        s.link.push(tickets={ticket().id: ticket()})
        await s.settle()
        assert "TICKET PLS waits" in s.screen()


async def test_a_silent_desk_makes_the_card_stale():
    async with stage() as s:
        s.pass_time(8)
        await s.press("a")
        assert s.commands == [] and "silent" in s.status()
        s.link.push(header={})
        s.pass_time(1)
        await s.press("a")
        assert s.commands == [approval(ticket())]


async def test_what_another_console_changed_arms_anew():
    async with stage() as s:
        s.pass_time(1)
        s.link.push(tickets={ticket().id: ticket(quantity=900)})
        await s.settle()
        await s.press("a")
        assert s.commands == [] and "not armed" in s.status()


async def test_a_refusal_stays_on_the_card():
    async with stage() as s:
        s.pass_time(1)
        from skim_tui.link.commands import Approve

        s.link.answers[Approve] = Reply(1, False, "PLS not sent: the offer is 3.61, the card showed 3.41, look again")
        await s.press("a")
        assert "look again" in s.screen()


async def test_an_expired_card_says_so():
    async with stage() as s:
        s.pass_time(55)
        s.app.mark({"card"})
        await s.settle()
        assert "EXPIRED" in s.screen() and "nothing was sent" in s.screen()
