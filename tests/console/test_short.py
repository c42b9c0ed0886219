"""A short sale reads as one everywhere, and its keys can only do what helps a short position."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skim_tui.console import chart
from skim_tui.console.card import Evidence, card
from skim_tui.console.ledger import by_side
from skim_tui.console.rows import protected_by
from skim_tui.console.ways import LONG, SHORT, order_side, way_held
from skim_tui.link.commands import Amend, Approve, ClosePosition, MoveStop, Preview, ScaleOut, SetTarget
from skim_tui.link.history import PastTrade
from skim_tui.link.messages import Reply
from skim_tui.link.trading import OrderView, PositionView

from .answers import draft_view
from .scripted import NOW, WALL, ScriptedLink, falling, short_morning, short_position, short_ticket
from .test_app import stage

D = Decimal


def short_stage(*tickets, **options):
    return stage(short_morning(tickets=tickets), **options)


def plain(lines):
    """What is left of a picture without colours."""
    return "\n".join("".join(text for text, _ in line) for line in lines)


# ---- which direction helps ------------------------------------------------------------------------------

cents = st.integers(1, 5000).map(lambda n: D(n) / 100)


@given(cents, cents, cents)
def test_a_stop_moves_only_towards_the_market_and_never_to_it(present, at, last):
    assert (LONG.stop_problem(at, present, float(last)) == "") == (present < at < last)
    assert (SHORT.stop_problem(at, present, float(last)) == "") == (last < at < present)


@given(cents, cents)
def test_a_target_lies_beyond_the_market(at, last):
    assert (LONG.target_problem(at, float(last)) == "") == (at > last)
    assert (SHORT.target_problem(at, float(last)) == "") == (at < last)


@given(cents, cents)
def test_what_a_long_share_gains_a_short_one_loses(entry, at):
    assert LONG.gain(entry, at) == -SHORT.gain(entry, at) == at - entry


@pytest.mark.parametrize(
    ("leg", "side", "foreign", "said"),
    [
        (".E", "BUY", False, "BUY"), (".S", "SELL", False, "SELL"), (".E", "SELL", False, "SHORT"),
        (".S2", "BUY", False, "COVER"), (".T", "BUY", False, "COVER"), (".X1", "BUY", False, "COVER"),
        (".E", "SELL", True, "SELL"), ("", "BUY", True, "BUY"),
    ],
)  # fmt: skip
def test_an_order_is_named_by_what_it_is_for(leg, side, foreign, said):
    order = OrderView(f"M001-260310-DRO-1{leg}", "DRO", side, "LMT", 500, foreign=foreign)
    assert order_side(order) == said


def test_a_short_holding_of_somebody_else_is_told_by_its_sign():
    assert way_held(PositionView(symbol="BHP", quantity=-100, entry=D("45"), owned=False)) is SHORT
    assert way_held(PositionView(symbol="BHP", quantity=100, entry=D("45"), owned=False)) is LONG


def test_the_journal_adds_up_each_side():
    def trade(pnl, side):
        return PastTrade(f"t{pnl}", "2026-03-10", "PLS", "s", 10, D(4), D(5), NOW, NOW, D(0), D(pnl), side=side)

    groups = by_side([trade(-30, "BUY"), trade(10, "SELL"), trade(20, "BUY")])
    assert [(name, found.trades, found.pnl) for name, found in groups] == [("short", 1, 10), ("long", 2, -10)]


# ---- how it reads, without any colour ----------------------------------------------------------------------


def shown_card(ticket, candidate, width=78):
    return plain(
        card(
            ticket, place=(1, 1), wall=WALL, armed=True, busy=False, currency="AUD", keys=(), width=width, height=9,
            live=Evidence(candidate, None, NOW),
        )
    )  # fmt: skip


def test_the_card_says_what_is_sold_where_the_stop_lies_and_what_can_be_borrowed():
    text = shown_card(short_ticket(), falling())
    assert "SELL SHORT TLX  500 at 12.34 or better" in text
    assert "buy stop 12.80 +3.7% above" in text and "target 11.42" in text
    assert "worst loss 248.40 AUD -1.1R" in text
    assert "to ORL -2.1%" in text and "41,000 to borrow" in text


def test_the_card_says_that_nothing_is_known_of_the_borrow():
    fields = {name: getattr(falling(), name) for name in falling().__struct_fields__}
    assert "borrow unknown" in shown_card(short_ticket(), type(falling())(**{**fields, "borrow": ""}))


@pytest.mark.parametrize("width", range(30, 100, 7))
def test_no_figure_of_the_market_is_cut_in_two(width):
    line = shown_card(short_ticket(), falling(), width).split("\n")[2]
    known = ("bid/ask 12.33/12.35 0.16%", "to ORL -2.1%", "41,000 to borrow", "gap -2.3%", "rel vol 3.4x")
    assert all(part in known for part in line.split("  "))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, "short, protected by buy stop 4.52 × 500"),
        ({"stop_price": None, "protected": False}, "no buy stop at the broker for 500"),
        ({"stop_quantity": 200, "protected": False}, "covers 200 of 500"),
        ({"owned": False}, "short, not opened by this desk"),
    ],
)
def test_the_line_of_its_protection_names_the_buy_stop(changes, said):
    text = plain([protected_by(short_position(**changes), NOW, 100)])
    assert said in text and "short" in text


def test_the_chart_draws_the_buy_stop_above_the_short_entry():
    lines = plain(chart.paint(short_morning().upserts["chart"]["DRO"], [], "UTC", 100, 24)).split("\n")
    at = [
        next(i for i, line in enumerate(lines) if name in line) for name in (" buy stop ", " short entry ", " target ")
    ]
    assert at == sorted(at)


async def test_the_header_counts_short_positions():
    async with short_stage(size=(80, 24)) as s:
        assert "pos 3/5, 1 short" in s.screen()


# ---- keys --------------------------------------------------------------------------------------------------


async def test_a_short_sale_is_approved_against_the_bid():
    waiting = short_ticket()
    async with short_stage(waiting) as s:
        assert "SHORT TICKET TLX" in str(s.app.view("card").border_title)
        s.pass_time(1)
        await s.press("a")
        assert s.commands == [Approve(waiting.id, 500, D("12.34"), D("12.80"), seen_price=12.33)]


async def test_a_batch_approves_each_side_against_its_own_price():
    waiting = short_ticket()
    async with short_stage(waiting) as s:
        await s.press("B", "m")
        s.pass_time(1)
        await s.press("a")
        assert s.commands == [Approve(waiting.id, 500, D("12.34"), D("12.80"), seen_price=12.33)]


async def test_the_buy_stop_moves_down_only():
    async with short_stage() as s:
        await s.press("4", "down", "s", "up", "y")
        assert s.commands == [] and "never widened" in s.screen()
        await s.press("down", "down", "down", "y")
        assert s.commands == [MoveStop("DRO", D("4.50"))]


async def test_a_buy_stop_below_the_market_is_not_taken():
    async with short_stage() as s:
        await s.press("4", "down", "s", *"4.10", "y")
        assert s.commands == [] and "buy back at once" in s.screen()


async def test_the_target_of_a_short_lies_below():
    async with short_stage() as s:
        await s.press("4", "down", "t", *"4.60", "y")
        assert s.commands == [] and "below the last price" in s.screen()
        await s.press(*(["backspace"] * 4), *"4.05", "y")
        assert s.commands == [SetTarget("DRO", D("4.05"))]


async def test_closing_says_that_shares_are_bought_back():
    async with short_stage() as s:
        await s.press("4", "down", "x")
        assert "Close short DRO?" in str(s.app.screen.query_one("#ask").border_title)
        assert "Buy back 500 DRO at market" in s.screen()
        await s.press("y", "o")
        assert "-500 held" in s.screen() and "Bought back at market" in s.screen()
        await s.press("3")
        assert s.commands == [ClosePosition("DRO"), ScaleOut("DRO", 250)]


class ComputingLink(ScriptedLink):
    """Computes drafts, each for ``side``."""

    side = "SELL"

    async def send(self, command):
        if isinstance(command, Preview):
            return Reply(1, True, "", draft_view(command.draft, self.side))
        return await super().send(command)


async def test_an_edited_short_ticket_is_sent_against_the_bid():
    async with short_stage(short_ticket(), link_type=ComputingLink) as s:
        await s.press("e", *"400")
        assert "EDIT SHORT TICKET TLX" in str(s.app.screen.query_one("#ask").border_title)
        s.pass_time(1)
        await s.press("a")
        amend, approve = s.commands
        assert isinstance(amend, Amend) and approve == Approve(
            short_ticket().id, 400, D("12.34"), D("12.80"), seen_price=12.33
        )


async def test_a_form_whose_figures_are_for_the_other_side_sends_nothing():
    async with short_stage(short_ticket(limit=D("12.90")), link_type=ComputingLink) as s:
        s.link.side = "BUY"
        await s.press("e")
        s.pass_time(1)
        await s.press("a")
        assert s.commands == [] and "computed a long entry, not a short one" in s.screen()
