"""The console as an operator meets it: keys in, commands out, and nothing sent by accident."""

from __future__ import annotations

from contextlib import asynccontextmanager

import pytest
from textual import events
from textual.command import CommandList
from textual.keys import _character_to_key
from textual.widgets import Input

from skim_tui.console.app import SkimApp
from skim_tui.console.dialogs import Ask
from skim_tui.console.header import strip
from skim_tui.console.lineview import LineView, Table
from skim_tui.link.account import Ahead
from skim_tui.link.commands import (
    Acknowledge,
    Approve,
    CancelOrder,
    ClosePosition,
    Decline,
    Kill,
    SelectChart,
    SetAuto,
    StopDesk,
)
from skim_tui.link.messages import Delta, Reply
from skim_tui.link.notices import LogView

from .scripted import NOW, QUESTIONS, WALL, ScriptedLink, header, morning, quiet, ticket, until


def approval(shown):
    """What goes to the desk when this ticket's card is approved: what the card showed."""
    ask = morning().upserts["candidates"][shown.symbol].ask
    return Approve(shown.id, shown.quantity, shown.limit, shown.stop, ask)


class Stage:
    """A running console with its link and its clocks in hand."""

    def __init__(self, app, pilot, link, clock):
        self.app, self.pilot, self.link, self.clock = app, pilot, link, clock

    async def press(self, *keys):
        await self.pilot.press(*keys)
        await self.settle()

    async def settle(self):
        await quiet(self.pilot)

    def pass_time(self, seconds):
        self.clock["mono"] += seconds
        self.clock["wall"] += seconds

    @property
    def commands(self):
        return [command for command in self.link.sent if not isinstance(command, QUESTIONS)]

    def screen(self):
        """All that the line views show now."""
        views = [view for screen in self.app.screen_stack for view in screen.query(LineView) if view.display]
        return "\n".join(view.render_line(y).text for view in views for y in range(view.content_size.height))

    def status(self):
        return self.app.message[0]


@asynccontextmanager
async def stage(first=None, size=(120, 40), link_type=ScriptedLink, answers=None, **options):
    clock = {"mono": 100.0, "wall": WALL}
    link = link_type(morning(tickets=(ticket(),)) if first is None else first)
    link.answers.update(answers or {})
    app = SkimApp(link, wall=lambda: clock["wall"], monotonic=lambda: clock["mono"], fps=30, **options)
    async with app.run_test(size=size) as pilot:
        await quiet(pilot)
        yield Stage(app, pilot, link, clock)


async def test_a_key_before_the_card_is_armed_sends_nothing():
    async with stage() as s:
        await s.press("a")
        assert s.commands == [] and "not armed yet" in s.status()
        s.pass_time(0.8)
        await s.press("a")
        assert s.commands == [approval(ticket())]


async def test_a_doubled_key_sends_once():
    async with stage() as s:
        s.pass_time(1)
        await s.press("a", "a", "d")
        assert s.commands == [approval(ticket())] and "already sent" in s.status()


async def test_a_refused_approval_may_be_tried_again():
    async with stage() as s:
        s.link.answers[Approve] = Reply(id=1, ok=False, text="PLS not sent: spread: 3 % of 2 %")
        s.pass_time(1)
        await s.press("a")
        assert "spread" in s.status()
        await s.press("a")
        assert len(s.commands) == 2


@pytest.mark.parametrize("keys", [("enter",), ("space",), ("down", "enter"), ("y",), ("j", "k", "h", "l", "g", "G")])
async def test_no_other_key_approves(keys):
    async with stage() as s:
        s.pass_time(5)
        await s.press(*keys)
        assert s.commands == []


async def test_the_next_ticket_is_armed_anew():
    two = ticket("WHC", created=ticket().created + 1)
    async with stage(morning(tickets=(ticket(), two))) as s:
        s.pass_time(1)
        await s.press("a")
        s.link.push(tickets={ticket().id: ticket(state="working")})
        await s.settle()
        assert "WHC" in s.screen()
        await s.press("a")
        assert s.commands == [approval(ticket())] and "not armed yet" in s.status()
        s.pass_time(1)
        await s.press("d")
        assert s.commands[-1] == Decline(two.id)


async def test_brackets_choose_among_tickets_and_arm_anew():
    two = ticket("WHC", created=ticket().created + 1)
    async with stage(morning(tickets=(ticket(), two))) as s:
        s.pass_time(1)
        await s.press("right_square_bracket", "a")
        assert s.commands == [] and "WHC: not armed" in s.status()
        s.pass_time(1)
        await s.press("left_square_bracket")
        s.pass_time(1)
        await s.press("a")
        assert s.commands == [approval(ticket())]


async def test_an_expired_ticket_is_not_sent():
    async with stage() as s:
        s.pass_time(60)
        await s.press("a")
        assert s.commands == [] and "expired" in s.status()


async def test_the_card_carries_what_a_decision_needs():
    async with stage(size=(80, 24)) as s:
        s.pass_time(1)
        s.app.mark({"card"})
        await s.settle()
        shown = s.screen()
        for part in (
            "BUY PLS",
            "1,480",
            "3.41",
            "3.10",
            "478.90",
            "-1.0R",
            "fees 12.00",
            "gap +7.4%",
            "to ORH +0.4%",
            "bid/ask",
            "rel vol 6.0x",
            "news 53m ago",
            "all 9 gates",
            "approve",
        ):
            assert part in shown


async def test_typing_in_the_filter_decides_nothing():
    async with stage() as s:
        s.pass_time(1)
        await s.press("slash", "a", "d", "x", "K")
        assert s.commands == []
        assert "No candidate matches" in s.screen()
        await s.press("escape", "slash", "w", "h", "c", "enter")
        assert s.app.query_one("#candidates", Table).key == "WHC"
        assert s.commands == []


def type_ahead(app, text):
    """Keys that are all there before the first is looked at, as after a stall of the line."""
    for character in text:
        app.post_message(events.Key(_character_to_key(character), character))


async def test_keys_typed_ahead_go_where_the_keys_before_them_lead():
    async with stage() as desk:
        type_ahead(desk.app, "14x")
        await desk.settle()
        assert isinstance(desk.app.screen, Ask), "positions first, then close: not close where the focus was before"
        type_ahead(desk.app, "y")
        await desk.settle()
        (sent,) = desk.commands
        assert isinstance(sent, ClosePosition)


async def test_a_search_typed_ahead_is_a_search_and_no_commands():
    async with stage(morning(tickets=(ticket(),))) as desk:
        desk.pass_time(5)
        type_ahead(desk.app, "1/ab")
        await desk.settle()
        assert desk.app.screen.query_one("#filter", Input).value == "ab" and not desk.commands


async def test_auto_is_armed_only_after_its_own_key_and_disarmed_at_once():
    async with stage(morning()) as s:
        await s.press("A", "enter")
        assert s.commands == []
        await s.press("y")
        assert s.commands == [SetAuto(True)]
        s.link.push(header={"": header(auto=True)})
        await s.settle()
        assert "AUTO ARMED" in s.screen()
        await s.press("A")
        assert s.commands[-1] == SetAuto(False)


async def test_kill_acts_at_once_and_asks_before_closing_all():
    async with stage(morning()) as s:
        await s.press("K")
        assert s.commands == [Kill()]
        await s.press("enter", "escape")
        assert s.commands == [Kill()]
        await s.press("K", "y")
        assert s.commands == [Kill(), Kill(), Kill(close_all=True)]


async def test_close_asks_and_names_the_position():
    async with stage(morning()) as s:
        await s.press("x")
        assert "positions first" in s.status()
        await s.press("4", "x")
        assert "Sell 120 BHP" in s.screen()
        await s.press("enter", "escape", "j", "x", "y")
        assert s.commands == [ClosePosition("NEU")]


async def test_cancel_asks_and_refuses_a_done_order():
    async with stage(morning()) as s:
        await s.press("5", "c", "y")
        assert s.commands == [CancelOrder("M001-260310-NEU-1.S")]
        await s.press("G", "c")
        assert "already" in s.status() and len(s.commands) == 1


async def test_an_unprotected_position_is_said_in_words():
    async with stage(morning(), size=(80, 24)) as s:
        assert "UNPROTECTED" in s.screen() and "protected by stop 17.60 × 300 #1200114" in s.screen()


async def test_mismatches_are_shown_and_acknowledged():
    head = header(mismatches=("BHP: broker holds 220, journal 120",), entries_blocked="1 mismatch")
    async with stage(morning(head=head)) as s:
        assert "MISMATCH BHP: broker holds 220" in s.screen()
        await s.press("m")
        assert s.commands == [Acknowledge()]


async def test_a_lost_desk_is_said_and_attached_again():
    async with stage() as s:
        s.link.refuse = "no desk answers"
        s.link.lose("connection reset")
        await s.settle()
        assert "DESK LOST: connection reset" in s.screen() and "keep their stops" in s.screen()
        s.pass_time(1)
        await s.press("a")
        assert s.commands == [] and "nothing was sent" in s.status()
        s.link.refuse = ""
        await until(s.pilot, lambda: s.link.attaches == 2 and "DESK LOST" not in s.screen())


async def test_the_first_paint_says_what_is_happening():
    said = []

    async def prepare(say):
        said.append(say)
        say("starting the desk…  reading the tape")

    link = ScriptedLink(None)
    app = SkimApp(link, prepare=prepare, fps=30)
    async with app.run_test(size=(80, 24)) as pilot:
        await quiet(pilot)
        assert said and "reading the tape" in app.query_one("#banner", LineView).render_line(0).text


async def test_the_chart_follows_the_cursor_once_it_rests():
    async with stage(morning()) as s:
        await s.press("down", "down", "down")
        await until(s.pilot, lambda: s.link.sent[-1] == SelectChart("WHC"))


@pytest.mark.parametrize(("key", "result"), [("l", "left"), ("enter", "left"), ("s", "stopped")])
async def test_quitting_asks_what_becomes_of_the_desk(key, result):
    async with stage(morning()) as s:
        await s.press("q", "escape")
        assert s.app.is_running and len(s.app.screen_stack) == 1
        await s.press("q", key)
        assert s.app.return_value == result
        assert s.commands == ([StopDesk()] if result == "stopped" else [])


async def test_a_desk_that_refuses_to_stop_is_stopped_only_by_force():
    async with stage(morning()) as s:
        s.link.answers[StopDesk] = Reply(id=1, ok=False, text="1 ticket is open")
        await s.press("q", "s")
        assert "1 ticket is open" in s.screen()
        await s.press("f")
        assert s.commands == [StopDesk(), StopDesk(force=True)]


async def test_zoom_hide_and_panes_by_number():
    async with stage(morning(), size=(80, 24)) as s:
        app = s.app
        await s.press("5")
        assert app.query_one("#orders").display and app.query_one("#orders").has_focus
        await s.press("z")
        assert [t.id for t in app.query(Table) if t.display] == ["orders"]
        await s.press("z", "4", "Z")
        assert not app.query_one("#positions").display
        await s.press("4")
        assert app.query_one("#positions").has_focus


async def test_a_zoomed_pane_does_not_hide_a_new_ticket():
    async with stage(morning(), size=(80, 24)) as s:
        await s.press("7", "z")
        s.link.push(tickets={ticket().id: ticket()})
        await s.settle()
        assert s.app.query_one("#card").display and s.app.query_one("#log").has_focus


async def test_help_lists_every_action_and_no_key_works_behind_it():
    async with stage() as s:
        s.pass_time(1)
        await s.press("question_mark", "a")
        assert s.commands == []
        shown = s.screen()
        for _ in range(6):
            await s.press("pagedown")
            shown += s.screen()
        assert all(action.what in shown for action in s.app.actions)


async def test_the_palette_offers_every_action():
    async with stage(morning()) as s:
        await s.press("ctrl+p", *"zoom")
        commands = s.app.screen.query_one(CommandList)
        await until(
            s.pilot,
            lambda: commands.highlighted == 0 and "give this pane" in str(commands.get_option_at_index(0).prompt),
        )
        await s.press("enter")
        await until(s.pilot, lambda: [t.id for t in s.app.query(Table) if t.display] == ["candidates"])


async def test_a_remapped_key_approves_and_the_old_one_does_not():
    async with stage(keymap={"approve": "f5"}) as s:
        s.pass_time(1)
        await s.press("a")
        assert s.commands == []
        await s.press("f5")
        assert s.commands == [approval(ticket())]


async def test_only_changed_cells_are_drawn_again(monkeypatch):
    async with stage(morning()) as s:
        table = s.app.query_one("#candidates", Table)
        drawn = []
        monkeypatch.setattr(table, "refresh", lambda *regions, **_: drawn.extend(regions))
        whc = s.app.store.candidates["WHC"]
        s.link.push(
            candidates={"WHC": type(whc)(**{**{f: getattr(whc, f) for f in whc.__struct_fields__}, "last": 9.99})}
        )
        await s.settle()
        assert {region.y for region in drawn} == {4}
        assert sum(region.width for region in drawn) < table.size.width / 2
        drawn.clear()
        s.link._on_delta(Delta(upserts={"candidates": {"WHC": s.app.store.candidates["WHC"]}}))
        await s.settle()
        assert drawn == []


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 60), (60, 18), (300, 50)])
async def test_money_is_never_mistaken(size):
    for head, mark in (
        (header(), "SIMULATED"),
        (header(simulated=False, paper=True), "PAPER"),
        (header(simulated=False), "LIVE MONEY"),
    ):
        async with stage(morning(head=head), size=size) as s:
            assert mark in s.app.query_one("#header", LineView).render_line(0).text


def test_the_strip_names_an_absence_of_the_broker_in_its_last_hour_and_while_it_lasts():
    reset = Ahead("server reset", NOW + 2580.0, NOW + 6000.0)
    opens = Ahead("market opens", NOW + 60.0, NOW + 60.0)

    def shown(now, *coming):
        return "".join(text for text, _ in strip(header(ahead=coming), now, 120)[0])

    assert "server reset in 43 min" in shown(NOW, opens, reset)
    assert "server reset 50 min more" in shown(NOW + 3000.0, reset)
    assert "server reset" not in shown(NOW - 3600.0, reset) and "market opens" not in shown(NOW, opens)


async def test_no_colour_still_tells_gain_from_loss(monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    async with stage(morning()) as s:
        assert s.app.no_color and "▼-36.60" in s.screen() and "▲+267.00" in s.screen()


async def test_the_cursor_stays_on_its_stock_when_rows_move():
    async with stage(morning()) as s:
        await s.press("down", "down")
        whc = s.app.store.candidates["WHC"]
        first = type(whc)(symbol="WHC", rank=0, name=whc.name, state="ready", gap_pct=9.0, last=whc.last)
        s.link.push(candidates={"WHC": first, "ABC": type(whc)(symbol="ABC", rank=1, gap_pct=8.0)})
        await s.settle()
        assert s.app.query_one("#candidates", Table).key == "LTR"


async def test_the_log_shows_its_newest_line_until_it_is_read():
    async with stage(morning(), size=(80, 24)) as s:
        for seq in range(7, 40):
            s.link.push(log={str(seq): LogView(seq=seq, ts=NOW + seq, level="info", text=f"line {seq}")})
        await s.press("7")
        assert "line 39" in s.app.query_one("#log", LineView).render_line(1).text


async def test_a_whole_state_after_a_loss_says_how_much_was_missed():
    async with stage(morning()) as s:
        log = {
            str(n): LogView(seq=n, ts=NOW, level="warning" if n == 9 else "info", text=f"line {n}")
            for n in range(1, 11)
        }
        s.link.first = Delta(whole=True, upserts={"header": {"": header()}, "log": log})
        s.link.lose("connection reset")
        await until(s.pilot, lambda: s.link.attaches == 2)
        assert "while you were away: 4 log lines, 1 of them warnings" in s.status()
