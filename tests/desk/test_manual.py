"""Trading by hand takes the same sizing, gates and bracket as a ticket, and is refused as plainly."""

from dataclasses import replace
from decimal import Decimal

import pytest

from skim_tui.desk.trading.approvals import Seen
from skim_tui.domain.orders import OrderStatus, ticket_of
from skim_tui.domain.ticket import TicketState
from skim_tui.link.trading import Draft
from tests.desk.stage import Stage

D = Decimal


@pytest.fixture
def stage(asx_calendar):
    opened = Stage(asx_calendar)
    opened.play(25)
    yield opened
    opened.journal.close()


def bought(stage, symbol="BHP", **terms):
    """A position entered by hand and filled."""
    stage.manual.preview(Draft(symbol))
    stage.play(26)
    done, text = stage.manual.enter(Draft(symbol, **terms), "console")
    assert done, text
    stage.play(28)
    return stage.desk.books.positions[symbol]


def test_an_empty_draft_is_sized_priced_and_stopped_by_the_desk(stage):
    stage.manual.preview(Draft("bhp"))
    stage.play(26)
    view = stage.manual.preview(Draft("bhp"))
    assert view.symbol == "BHP" and view.problem == ""
    assert view.quantity == view.most > 0 and view.risk <= view.budget == D("500.00")
    assert view.stop < D(str(view.bid)) and view.limit >= D(str(view.ask))
    assert all(gate.ok for gate in view.gates) and len(view.gates) >= 16


def test_an_unknown_symbol_is_named(stage):
    assert "no security definition" in stage.manual.preview(Draft("QQQQ")).problem


def test_an_entry_by_hand_leaves_as_a_bracket_with_its_stop_and_target(stage):
    position = bought(stage, target=D("200"), quantity=20)
    assert position.quantity == 20
    legs = {
        ref.rpartition(".")[2]: order for ref, order in stage.orders.items() if ticket_of(ref) == position.ticket_id
    }
    assert legs.keys() == {"E", "S", "T"} and legs["E"].status is OrderStatus.FILLED
    assert stage.desk.keeper.protection_of("BHP").covered == 20
    assert legs["T"].limit_price == D("200")
    assert stage.desk.tickets.entries[position.ticket_id].decided_by == "console"


@pytest.mark.parametrize(
    ("terms", "said"),
    [
        ({"stop": D("500")}, "not below the limit"),
        ({"target": D("1")}, "not above the limit"),
        ({"quantity": 100_000}, "order value"),
        ({"limit": D("0.01"), "stop": D("0.005")}, "from the limit"),
    ],
)
def test_bad_terms_are_refused_and_nothing_leaves(stage, terms, said):
    stage.manual.preview(Draft("BHP"))
    stage.play(26)
    before = len(stage.orders)
    done, text = stage.manual.enter(Draft("BHP", **terms), "console")
    assert not done and said in text and len(stage.orders) == before


def test_a_repeated_entry_is_sent_once(stage):
    stage.manual.preview(Draft("BHP"))
    stage.play(26)
    first = stage.manual.enter(Draft("BHP", 20), "console", "k1")
    sent = len(stage.orders)
    assert first[0] and stage.manual.enter(Draft("BHP", 20), "console", "k1") == first
    stage.play(28)
    stage.desk.operator.close("BHP", "console")
    stage.play(30)
    assert stage.manual.enter(Draft("BHP", 20), "console", "k1") == first
    assert len([ref for ref in stage.orders if ref.endswith(".E")]) == 1 and sent == 2


def test_the_kill_switch_holds_for_entries_by_hand(stage):
    stage.manual.preview(Draft("BHP"))
    stage.play(26)
    stage.desk.operator.kill("console", close_all=False)
    done, text = stage.manual.enter(Draft("BHP"), "console")
    assert not done and "kill switch" in text


def test_a_stop_is_tightened_never_widened_never_above_the_bid(stage):
    position = bought(stage)
    resting = stage.desk.keeper.protection_of("BHP").orders[-1]
    assert stage.tending.move_stop("BHP", D("500"), "console") == (
        False,
        f"BHP: a stop at 500.00 would act at once, the bid is {stage.desk.watchlist.symbols['BHP'].quote.bid:g}: close instead",
    )
    done, text = stage.tending.move_stop("BHP", resting.stop_price - 1, "console")
    assert not done and "not above" in text
    tighter = resting.stop_price + D("0.014")
    assert stage.tending.move_stop("BHP", tighter, "console")[0]
    stage.play(29)
    assert stage.desk.keeper.protection_of("BHP").orders[-1].stop_price == resting.stop_price + D("0.01")
    assert stage.desk.keeper.protection_of("BHP").covered == position.quantity


def test_scaling_out_leaves_the_rest_covered(stage):
    position = bought(stage, quantity=30)
    assert not stage.tending.scale_out("BHP", 31, "console")[0]
    assert stage.tending.scale_out("BHP", 10, "console")[0]
    stage.play(30)
    assert position.quantity == 20 and stage.desk.keeper.protection_of("BHP").covered == 20


def test_a_target_is_placed_moved_and_cancelled(stage):
    bought(stage)
    assert not stage.tending.set_target("BHP", D("1"), "console")[0]
    for price in (D("190"), D("195.5")):
        assert stage.tending.set_target("BHP", price, "console")[0]
        stage.play(stage_minutes(stage) + 1)
    targets = [order for ref, order in stage.orders.items() if ".T" in ref]
    assert [order.limit_price for order in targets] == [D("195.50")] and targets[0].status.is_resting
    assert stage.tending.set_target("BHP", None, "console")[0]
    stage.play(stage_minutes(stage) + 1)
    assert next(order for ref, order in stage.orders.items() if ".T" in ref).status is OrderStatus.CANCELLED
    assert stage.desk.keeper.protection_of("BHP").covered > 0


def stage_minutes(stage):
    return (stage.exchange.now() - stage.open) / 60


def waiting(stage):
    """The first ticket of the morning."""
    for minute in range(11, 120):
        stage.play(minute)
        for entry in stage.desk.tickets.entries.values():
            if entry.state is TicketState.PROPOSED:
                return entry
    raise AssertionError("the generated day makes no ticket")


@pytest.fixture
def ticketed(asx_calendar):
    opened = Stage(asx_calendar)
    opened.entry = waiting(opened)
    yield opened
    opened.journal.close()


def test_a_ticket_is_sent_with_the_terms_it_was_given(ticketed):
    entry = ticketed.entry
    ticket = entry.ticket
    fewer = Draft(ticket.symbol, ticket.quantity // 2, ticket.limit, ticket.stop, ticket_id=ticket.id)
    assert ticketed.manual.amend(fewer, "console")[0]
    assert entry.ticket.quantity == ticket.quantity // 2 and entry.ticket.risk < ticket.risk
    stale = Seen(ticket.quantity, ticket.limit, ticket.stop)
    done, text = ticketed.manual.approve(ticket.id, "console", stale)
    assert not done and "reads" in text
    seen = replace(stale, quantity=ticket.quantity // 2)
    done, text = ticketed.manual.approve(ticket.id, "console", seen)
    assert done, text
    assert ticketed.orders[f"{ticket.id}.E"].quantity == ticket.quantity // 2
    assert not ticketed.manual.approve(ticket.id, "console", seen)[0], "approved once"


def test_more_risk_than_the_budget_cannot_be_sent(ticketed):
    ticket = ticketed.entry.ticket
    more = Draft(ticket.symbol, ticket.quantity * 3, ticket.limit, ticket.stop, ticket_id=ticket.id)
    ticketed.manual.amend(more, "console")
    done, text = ticketed.manual.approve(ticket.id, "console", Seen())
    assert not done and ("risk" in text or "order value" in text)


def test_a_card_that_showed_another_price_refuses(ticketed):
    ticket = ticketed.entry.ticket
    ask = ticketed.desk.watchlist.symbols[ticket.symbol].quote.ask
    done, text = ticketed.manual.approve(ticket.id, "console", Seen(market=ask * 1.05))
    assert not done and "look again" in text
    assert ticketed.entry.state is TicketState.PROPOSED


def test_cancel_all_takes_the_entries_and_leaves_the_stops(stage):
    bought(stage, quantity=20)
    stage.manual.preview(Draft("CBA"))
    stage.play(29)
    quote = stage.desk.watchlist.symbols["CBA"].quote
    low = D(str(quote.bid)) * D("0.995")
    assert stage.manual.enter(Draft("CBA", 10, low, low * D("0.97")), "console")[0]
    assert stage.manual.cancel_all("console") == (True, "cancel asked: CBA")
    stage.play(31)
    assert stage.desk.keeper.protection_of("BHP").covered == 20
    assert stage.manual.cancel_all("console") == (False, "no entry works")
