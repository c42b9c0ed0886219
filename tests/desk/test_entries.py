"""S1 and S6: an entry leaves only through every gate, and no path leads around them."""

import ast
from pathlib import Path

import pytest

from skim_tui.domain.events import Connection, ConnectionChanged, ShortAvailability
from skim_tui.domain.market import Quote
from skim_tui.domain.orders import AccountReport, Side
from tests.conftest import ROOT
from tests.desk.scripted import HELD, WORKING, D, Script, T

OTHER = "4567-260303-CBA-1"


def refused(script, ticket=OTHER):
    done, text = script.desk.approvals.approve(script.propose(ticket), "test")
    assert not done and script.placed("E") == [ref for ref in script.placed("E") if not ref.startswith(ticket)]
    return text


def test_s1_an_entry_leaves_when_everything_is_right():
    script = Script()
    assert script.desk.approvals.approve(script.propose(), "test")[0] and len(script.placed("E")) == 1


@pytest.mark.parametrize("state", [state for state in Connection if state is not Connection.OPERATIONAL])
def test_s1_no_entry_leaves_in_any_other_state_of_the_connection(state):
    """G-01: the gate is open only while OPERATIONAL (F06)."""
    script = Script()
    script.desk.handle(ConnectionChanged(state, "test"))
    assert state.value in refused(script)


def test_s1_a_halted_share_a_stale_quote_or_no_quote_is_not_bought():
    script = Script()
    ticket = script.propose(OTHER)
    script.market(symbol="CBA", halted=True)
    assert "halt" in script.desk.approvals.approve(ticket, "test")[1]
    script.market(symbol="CBA")
    script.broker.time += 16.0
    assert "16 s old" in script.desk.approvals.approve(ticket, "test")[1]
    script.desk.watchlist.symbols["CBA"].quote = None
    assert "no quote" in script.desk.approvals.approve(ticket, "test")[1]


def test_s1_outside_continuous_trading_nothing_is_bought():
    script = Script()
    script.broker.time = script.day.close + 1.0
    assert refused(script)


def test_s6_what_a_partly_filled_entry_may_still_buy_counts_as_exposure():
    script = Script(risk={"max_exposure": D(3000)})
    script.enter(200, filled=50)
    assert script.desk.judging.exposure() == D("2100.00"), "50 held at 10.50 and 150 more that may still come"
    assert "exposure: 3150 of 3000" in refused(script)
    script.fill(f"{T}.E", 150)
    assert script.desk.judging.exposure() == D("2100.00")


def test_s6_a_fill_told_before_its_status_is_not_counted_twice():
    script = Script()
    script.enter(200, filled=0)
    script.fill(f"{T}.E", 50, status=False)
    assert script.desk.judging.exposure() == D("2100.00")


def test_s6_an_account_in_another_currency_is_refused_by_name():
    script = Script()
    script.desk.handle(AccountReport("DU1234567", "USD", D(100_000), D(100_000), D(100_000), paper=True))
    assert "currency: account in USD, market in AUD" in refused(script)


def test_s6_a_share_that_the_account_holds_from_elsewhere_is_not_entered():
    """The broker nets: a sale of ours would close what is not ours, and a stop could never tell the two apart."""
    script = Script()
    script.snapshot(positions={"CBA": 500})
    assert "the account holds 500 that are not this desk's" in refused(script)


@pytest.mark.parametrize(
    ("borrow", "settings", "said"),
    [
        (None, {"short": True}, "not known whether shares can be borrowed"),
        ((False, None), {"short": True}, "no shares to borrow"),
        ((True, 40), {"short": True}, "only 40 shares to borrow"),
        ((True, 40_000), {"short": False}, "short selling is not enabled"),
    ],
)
def test_s6_a_short_sale_needs_the_operators_word_and_shares_to_borrow(monkeypatch, borrow, settings, said):
    monkeypatch.setattr(Script, "side", Side.SELL)
    script = Script(shock=settings)
    ticket = script.propose(OTHER)
    script.desk.watchlist.symbols["CBA"].borrow = (
        ShortAvailability("CBA", script.broker.time, *borrow) if borrow is not None else None
    )
    done, text = script.desk.approvals.approve(ticket, "test")
    assert not done and f"short sale: {said}" in text and not script.placed("E")


def test_s6_a_short_sale_is_held_against_the_bid():
    """A purchase watches the offer run away upwards, a short sale the bid downwards."""
    script = Script(shock={"short": True})
    script.side = Side.SELL
    ticket = script.propose(OTHER, stop=D("11.00"))
    now = script.broker.time
    script.desk.handle(Quote("CBA", now, 10.30, 5_000, 10.31, 5_000))
    assert "price: bid 10.3 is -1.90 % from the limit 10.50" in script.desk.approvals.approve(ticket, "test")[1]
    script.desk.handle(Quote("CBA", now, 10.90, 5_000, 10.91, 5_000))
    assert script.desk.approvals.approve(ticket, "test")[0], "a better price is no reason to refuse"


def test_s6_positions_under_way_count():
    script = Script(risk={"max_positions": 1})
    script.enter(filled=0)
    assert "positions: 1 of 1" in refused(script)


def test_s5_the_same_ticket_approves_once_from_any_number_of_consoles():
    """frequi#1691, MMR audit: Enter twice, approved from two shells."""
    script = Script()
    ticket = script.propose()
    answers = [script.desk.approvals.approve(ticket, f"console {number}")[0] for number in range(4)]
    assert answers == [True, False, False, False] and len(script.placed("E")) == 1


def test_a_desk_fault_stops_entries_and_nothing_else():
    script = Script()
    script.enter()
    script.desk.context.fault = "desk fault: test"
    assert "desk fault" in refused(script)
    script.say(f"{T}.S", HELD, quantity=10)
    assert script.asked("modify"), "stops are looked after"
    assert script.desk.exits.close("BHP", "test", "by hand")[0]


def test_no_code_reaches_the_broker_around_the_gates():
    """Only ``orders`` hands orders to the broker, and only ``approvals`` hands brackets to ``orders``."""
    calls = {}
    for path in sorted((ROOT / "skim_tui").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                calls.setdefault(node.func.attr, set()).add(path.relative_to(ROOT / "skim_tui").as_posix())
    inside = {name for name in calls["place"] | calls["place_order"] if not name.startswith("broker/")}
    assert inside == {"desk/trading/orders.py"}
    assert calls["send_bracket"] == {"desk/trading/approvals.py"}
    wire = {name for name in calls["placeOrder"] | calls["cancelOrder"]}
    assert wire == {"broker/tws/trading.py"}


def test_single_orders_only_ever_close_a_position():
    """``Orders.send`` is for stops, targets and exits: nothing that opens is built outside the bracket of a ticket."""
    for name in ("trading/exits", "trading/keeper", "tending"):
        tree = ast.parse(Path(ROOT / "skim_tui/desk" / f"{name}.py").read_text())
        specs = [
            node
            for node in ast.walk(tree)
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "OrderSpec"
        ]
        assert specs
        for spec in specs:
            (side,) = [keyword.value for keyword in spec.keywords if keyword.arg == "side"]
            assert ast.unparse(side) == "position.side.other", f"{name}: line {spec.lineno}"


def test_an_entry_that_works_is_followed_to_its_end():
    script = Script()
    script.enter(filled=0)
    script.say(f"{T}.E", WORKING)
    assert script.desk.tickets.entries[T].state == "working"
    script.fill(f"{T}.E", 40)
    assert script.desk.tickets.entries[T].state == "partly filled"
    script.fill(f"{T}.E", 60)
    assert script.desk.tickets.entries[T].state == "filled"
