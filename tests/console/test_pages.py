"""The screens beside the desk answer from what the desk told, and their keys do what the footer says."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skim_tui.console.curve import curve
from skim_tui.console.ledger import distribution, equity, last_sessions, ledger, slippage, worst_run
from skim_tui.console.memory import Memory
from skim_tui.console.spans import length
from skim_tui.console.watchdog import EVERY, Watchdog
from skim_tui.link.commands import (
    AskAway,
    AskWhyNot,
    MakeReport,
    OverrideLock,
    ReadArticle,
    SaveSetting,
    SelfTest,
    SetPlayback,
)
from skim_tui.link.health import SelfTestView
from skim_tui.link.history import PastTrade
from skim_tui.link.messages import Reply
from skim_tui.link.news import ArticleView
from skim_tui.link.notices import LogView, ReportView

from .answers import ANSWERS, SETTINGS, trades
from .scripted import NOW, header, morning, ticket
from .test_app import stage

D = Decimal


def asked():
    return stage(morning(), answers=ANSWERS)


# ---- while you were away ----------------------------------------------------------------------------------


async def test_what_happened_opens_on_attach_and_any_way_back_is_the_desk():
    async with asked() as s:
        assert s.app.place == "away" and "replace a lost stop" in s.screen() and "UNPROTECTED: BHP" in s.screen()
        await s.press("escape")
        assert s.app.place == "candidates" and "PLS" in s.screen()


async def test_a_waiting_ticket_comes_before_the_account_of_the_past():
    async with stage(morning(tickets=(ticket(),)), answers=ANSWERS) as s:
        assert s.app.page is None and "w shows them" in s.status()


async def test_nothing_opens_when_nothing_happened():
    async with stage(morning(), answers={**ANSWERS, AskAway: Reply(1, True)}) as s:
        assert s.app.page is None


# ---- why not, journal, settings, replay ---------------------------------------------------------------------


async def test_why_not_is_searched_and_turned_to_other_sessions():
    async with asked() as s:
        await s.press("escape", "W", "slash", *"spread", "enter")
        assert "SYR" in s.screen() and "IMU" not in s.screen().partition("Not traded")[2]
        await s.press("escape", "right")
        assert AskWhyNot("2026-03-09") in s.link.sent


async def test_the_journal_turns_its_views_and_periods():
    async with asked() as s:
        await s.press("escape", "J")
        assert "36 trades" in s.screen()
        await s.press("right", "right")
        assert "news shock" in s.screen()
        await s.press("p")
        assert "today" in s.screen() and "5 trades" in s.screen()


async def test_a_setting_is_typed_and_the_desks_refusal_is_shown():
    async with asked() as s:
        s.link.answers[SaveSetting] = Reply(1, False, "risk.max_positions = 99: must be at most 50", SETTINGS)
        await s.press("escape", "S", "slash", *"max_pos", "enter", "e", "9", "9", "enter")
        assert s.commands == [SaveSetting("risk", "max_positions", "99")]
        assert "must be at most 50" in s.status()


async def test_replay_keys_steer_the_tape():
    async with asked() as s:
        await s.press("escape", "P", "space", "plus", "minus", "right", "s", *"14:30", "enter")
        sent = [(c.action, c.value) for c in s.commands]
        assert sent[:4] == [("pause", 0.0), ("speed", 30.0), ("speed", 7.5), ("step", 60.0)]
        assert sent[4][0] == "seek" and sent[4][1] - NOW == pytest.approx(4 * 3600 + 6 * 60 + 19)
        assert all(isinstance(command, SetPlayback) for command in s.commands)


async def test_the_same_key_closes_a_page_and_another_opens_the_next():
    async with asked() as s:
        await s.press("escape", "H")
        assert s.app.place == "health"
        await s.press("S")
        assert s.app.place == "settings"
        await s.press("S")
        assert s.app.page is None


async def test_the_self_test_runs_when_asked_and_tells_what_it_found():
    async with asked() as s:
        await s.press("H", "t", "escape")
        assert SelfTest() not in s.commands
        await s.press("t", "y")
        assert s.commands == [SelfTest()]
        rows = {
            "verdict": SelfTestView("verdict", False, "1 of 2 failed"),
            "crashes": SelfTestView("crashes", True, "24 of 24"),
        }
        s.link.push(selftest=rows)
        await s.settle()
        lines = [line for line in s.screen().splitlines() if "self-test" in line and ("✓" in line or "✗" in line)]
        assert "crashes" in lines[0] and "1 of 2 failed" in lines[1]


async def test_an_override_needs_words():
    async with asked() as s:
        await s.press("escape", "O", "enter")
        assert s.commands == []
        await s.press("O", *"news", "enter")
        assert s.commands == [OverrideLock("news")]


async def test_a_desk_that_cannot_answer_is_said():
    async with stage(
        morning(), answers={k: Reply(1, False, "the journal cannot be read: disk full") for k in ANSWERS}
    ) as s:
        await s.press("J")
        assert "disk full" in s.screen()


async def test_an_article_is_read_and_a_failure_said():
    async with stage(morning(), size=(120, 40)) as s:
        await s.press("6", "v")
        assert ReadArticle("n3") in s.link.sent and "on its way" in s.screen()
        s.link.push(articles={"n3": ArticleView("n3", "Contract award", "First line.\n\nSecond line.", "ready")})
        await s.settle()
        assert "Second line." in s.screen()
        s.link.push(articles={"n3": ArticleView("n3", "Contract award", "not allowed", "failed")})
        await s.settle()
        assert "cannot be had: not allowed" in s.screen()


async def test_the_daily_report_is_shown_as_it_comes():
    async with stage(morning()) as s:
        await s.press("D")
        s.link.push(report={"2026-03-10": ReportView("2026-03-10", "# Report\n\n- 2 trades")})
        await s.settle()
        assert "Report" in s.screen() and "- 2 trades" in s.screen() and MakeReport() in s.link.sent


async def test_what_auto_mode_did_last_is_said_with_its_reason():
    done = ticket("NEU", 7, state="filled", decided_by="auto", created=NOW)
    async with stage(morning(tickets=(done,), head=header(auto=True))) as s:
        assert "last: 10:23 NEU filled, auto: broke 3.4 at 10:23:38, 9 of 9 gates passed" in s.screen()


# ---- figures of trades --------------------------------------------------------------------------------------


def test_the_ledger_agrees_with_counting_by_hand():
    made = [trade(100, 1.0), trade(-50, -0.5), trade(200, 2.0), trade(-50, -0.5)]
    found = ledger(made)
    assert (found.trades, found.wins, found.pnl, found.win_rate) == (4, 2, D(200), 0.5)
    assert found.expectancy == D(50) and found.expectancy_r == 0.5 and found.profit_factor == 3.0
    assert (found.average_win, found.average_loss, found.worst_run) == (D(150), D(-50), D(50))
    assert ledger([]).expectancy is None and ledger(made[:1]).profit_factor is None


def trade(pnl, r, session="2026-03-10"):
    return PastTrade("x", session, "X", "s", 10, D(1), D(1), 0.0, 1.0, D(0), D(pnl), r)


def test_slippage_counts_both_ends():
    both = PastTrade(
        "x", "d", "X", "s", 100, D(1), D(1), 0.0, 1.0, D(0), D(0), entry_slip=D("0.01"), exit_slip=D("0.02")
    )
    assert slippage(both) == D("3.00") and slippage(trade(1, 1.0)) is None


def test_periods_count_sessions_with_trades():
    made = [trade(1, 1.0, day) for day in ("2026-03-01", "2026-03-05", "2026-03-05", "2026-03-10")]
    assert len(last_sessions(made, 2, "2026-03-10")) == 3 and len(last_sessions(made, 0, "")) == 4
    assert last_sessions(made, 1, "2026-03-11") == []


@given(st.lists(st.tuples(st.integers(-1000, 1000), st.floats(-10, 10)), max_size=60))
def test_every_trade_is_somewhere_in_the_distribution(rows):
    made = [trade(pnl, r) for pnl, r in rows]
    assert sum(count for _, count in distribution(made)) == len(made)
    curve_of = equity(made)
    assert curve_of[-1] == sum((t.pnl for t in made), D(0)) and worst_run(curve_of) >= 0


@given(st.lists(st.floats(-1e6, 1e6), max_size=200), st.integers(1, 80), st.integers(1, 12))
def test_any_curve_fits_its_box(values, width, height):
    lines = curve(values, width, height)
    assert len(lines) == height and all(length(line) in (0, width) for line in lines)


def test_scripted_trades_are_a_mix():
    assert 0 < ledger(trades()).win_rate < 1


# ---- layout, log, memory, watchdog ---------------------------------------------------------------------------


async def test_sizes_theme_and_level_are_remembered(tmp_path):
    path = tmp_path / "console.json"
    async with stage(morning(), memory=path) as s:
        before = s.app.view("positions").size.height
        await s.press("4", "plus", "plus", "7", "f", "6", "Z")
        await s.settle()
        assert s.app.view("positions").size.height > before
        await s.press("T", "down", "enter")
        theme = s.app.theme
    async with stage(morning(), memory=path) as s:
        assert s.app.theme == theme and s.app.level_shown == "warnings and errors"
        assert s.app.view("positions").size.height > before and "news" in s.app.panes.wish.hidden
        await s.press("0")
        assert s.app.panes.wish.hidden == frozenset()
    async with stage(morning(), memory=path, chosen_theme="skim-contrast") as s:
        assert s.app.theme == "skim-contrast"


async def test_a_theme_is_previewed_and_taken_back():
    async with stage(morning()) as s:
        before = s.app.theme
        await s.press("T", "down")
        assert s.app.theme != before
        await s.press("escape")
        assert s.app.theme == before


@pytest.mark.parametrize(
    "text", ["", "{", "[1]", '{"theme": 3, "layout slim": {"hidden": "all", "taller": [1]}, "interval": "x"}']
)
async def test_a_damaged_memory_costs_only_the_memory(tmp_path, text):
    path = tmp_path / "console.json"
    path.write_text(text)
    async with stage(morning(), memory=path, size=(80, 24)) as s:
        assert s.app.theme == "skim-dark" and "PLS" in s.screen()
    assert Memory(tmp_path / "no" / "such").text("theme") == ""


async def test_the_log_is_filtered_by_level_and_searched():
    async with stage(morning(), size=(80, 24)) as s:
        await s.press("7", "z", "f")
        log = s.app.query_one("#log")
        shown = "\n".join(log.render_line(y).text for y in range(10))
        assert "ticket blocked" in shown and "entry filled" not in shown
        await s.press("f", "slash", *"cba", "enter")
        shown = "\n".join(log.render_line(y).text for y in range(10))
        assert "CBA" in shown and "SYR" not in shown
        s.link.push(log={"99": LogView(99, NOW, "error", "another thing")})
        await s.settle()
        assert "another" not in "\n".join(log.render_line(y).text for y in range(10))


async def test_the_mouse_points_and_never_decides():
    async with stage(morning(tickets=(ticket(),))) as s:
        s.pass_time(2)
        s.app.mark({"card", "footer"})
        await s.settle()
        for x in range(2, 60, 9):
            await s.pilot.click("#card", offset=(x, 9))
        for x in (1, 5, 12):
            await s.pilot.click("#footer", offset=(x, 0))
            if s.app.screen is not s.app.screen_stack[0]:
                await s.press("escape")
        assert s.commands == []
        await s.pilot.click("#chart", offset=(12, 6))
        await s.settle()
        assert s.app.charting.look.at is not None and s.app.place == "chart"


def test_the_watchdog_counts_stalls():
    now = [0.0]
    dog = Watchdog(lambda: now[0])
    for late in (0.0, 0.01, 0.2, 0.0):
        dog.beat()
        now[0] += EVERY + late
    dog.beat()
    assert dog.stalls == 1 and dog.worst == pytest.approx(0.2) and dog.recent == pytest.approx(0.2)
    now[0] += 100
    dog.beat()
    assert dog.stalls == 2
