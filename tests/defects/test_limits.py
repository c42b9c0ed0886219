"""Limits that stand in the settings and hold nothing back."""

from decimal import Decimal

import pytest

from skim_tui.config import Risk
from skim_tui.desk.manual import _far_beyond
from skim_tui.domain.instrument import ASX_LADDER
from skim_tui.domain.market import Quote, Trade
from skim_tui.domain.orders import Side
from skim_tui.domain.ticket import Ticket
from skim_tui.link.trading import Draft
from tests.desk.scripted import HELD, D, Script, T
from tests.desk.stage import Stage
from tests.desk.test_reconcile import second

OTHER = "4567-260303-CBA-1"


def trade(script, price, symbol="BHP"):
    """A last price, with a quote around it."""
    script.market(price - 0.01, price, symbol=symbol)
    script.desk.handle(Trade(symbol, script.broker.time, price, 100, 1_000))


def hold(script):
    script.enter()
    trade(script, 10.50)


def lose(script, price="9.00"):
    """A round trip from 10.50 to ``price``."""
    script.enter()
    script.fill(f"{T}.S", 100, price)
    script.wait(1)
    script.market(symbol="CBA")


def wait_a_little(script):
    script.broker.time += 5.0


def run_away(script):
    script.desk.handle(Quote("CBA", script.broker.time, 10.54, 5_000, 10.56, 5_000))


def win_and_give_back(script):
    script.enter()
    for price in (13.00, 11.00):
        trade(script, price)
        script.wait(2)
    script.market(symbol="CBA")


LIMITS = {
    "risk_per_trade_pct": ({"risk_per_trade_pct": 0.01}, None, "risk: 50.00 of 10.00"),
    "max_order_value": ({"max_order_value": D(1000)}, None, "order value: 1050 of 1000"),
    "max_exposure": ({"max_exposure": D(2000)}, hold, "exposure: 2100 of 2000"),
    "max_positions": ({"max_positions": 1}, hold, "positions: 1 of 1"),
    "max_daily_loss": ({"max_daily_loss": D(100)}, lose, "loss"),
    "max_quote_age": ({"max_quote_age": 2.0}, wait_a_little, "quote is 5 s old, limit 2 s"),
    "max_spread_pct": ({"max_spread_pct": 0.01}, None, "spread: 0.10 % of 0.01 %"),
    "max_price_move_pct": ({"max_price_move_pct": 0.1}, run_away, "price: offer 10.56 is +0.57 % from the limit"),
    "orders_per_minute": ({"orders_per_minute": 2}, hold, "order rate: 2 of 2 a minute"),
    "cooldown_minutes": ({"cooldown_minutes": 30}, lose, "s after a loss"),
    "loss_streak": ({"loss_streak": 1}, lose, "losses in a row: cooling down until 11:00:00"),
    "loss_streak_minutes": ({"loss_streak": 1, "loss_streak_minutes": 60}, lose, "cooling down until 11:30:00"),
    "give_back_from": ({"give_back_from": D(100)}, win_and_give_back, "gave back"),
    "give_back_pct": ({"give_back_from": D(100), "give_back_pct": 10.0}, win_and_give_back, "gave back"),
}


def ask(risk, before):
    script = Script(risk=risk)
    ticket = script.propose(OTHER)
    if before is not None:
        before(script)
    return script, script.desk.approvals.approve(ticket, "test")


@pytest.mark.parametrize("name", LIMITS)
def test_a_limit_in_the_settings_stops_the_order_it_is_there_for(name):
    """The trader sets a limit, believes in it, and no code ever looks at it."""
    settings, before, said = LIMITS[name]
    script, (done, text) = ask(settings, before)
    assert not done and said in text
    assert not [ref for ref in script.placed("E") if ref.startswith(OTHER)]
    done, text = ask({}, before)[1]
    assert done, f"only that limit refused it: {text}"


def test_no_limit_is_left_out_of_the_test_above():
    """A new limit could be read by nobody and nobody would notice."""
    assert set(Risk.model_fields) - set(LIMITS) == {"override_minutes"}, "which delays and does not limit"


@pytest.mark.parametrize("risk", [{"max_positions": 2}, {"max_exposure": D(2500)}, {"orders_per_minute": 3}])
def test_a_limit_holds_for_orders_approved_in_the_same_instant(risk):
    """Two tickets approved at once are each judged as if the other were not there."""
    script = Script(risk=risk)
    tickets = [script.propose(f"4567-260303-{symbol}-1") for symbol in ("BHP", "CBA", "WES")]
    answers = [script.desk.approvals.approve(ticket, "test")[0] for ticket in tickets]
    assert answers == [True, True, False]


def test_a_limit_holds_over_a_restart(tmp_path):
    """The trader's fifth position is the first one of a desk that has just started."""
    script = Script(tmp_path / "j.db", risk={"max_positions": 1})
    script.enter()
    after = second(script, tmp_path / "j.db")
    after.desk.context.config = script.desk.context.config
    done, text = after.desk.approvals.approve(after.propose(OTHER), "test")
    assert not done and "positions: 1 of 1" in text


@pytest.fixture
def stage(asx_calendar):
    opened = Stage(asx_calendar)
    opened.play(25)
    opened.manual.preview(Draft("BHP"))
    opened.play(26)
    yield opened
    opened.journal.close()


def test_a_slip_of_the_finger_in_the_limit_is_refused(stage):
    """The trader types 105.0 for 10.50 and buys at whatever is offered up to there."""
    offer = Decimal(str(stage.desk.watchlist.symbols["BHP"].quote.ask))
    for factor in ("10", "1.5", "1.07"):
        limit = (offer * Decimal(factor)).quantize(D("0.01"))
        done, text = stage.manual.enter(Draft("BHP", quantity=20, limit=limit), "console")
        assert not done and f"the limit {limit} is" in text and "% above the offer" in text and not stage.orders


def test_a_limit_a_few_price_steps_above_a_share_of_cents_is_no_slip():
    """One price step of a share at a cent is ten percent: nothing could be bought there."""
    quote = Quote("ABC", 0.0, 0.010, 1, 0.011, 1)

    def ticket(side, limit):
        return Ticket("t", "ABC", "test", 1, D(limit), D("0.005"), D(1), D(1), D(1), 0.0, "2026-03-03", side=side)

    assert not _far_beyond(ticket(Side.BUY, "0.016"), quote, ASX_LADDER)
    assert _far_beyond(ticket(Side.BUY, "0.017"), quote, ASX_LADDER)
    assert not _far_beyond(ticket(Side.SELL, "0.005"), quote, ASX_LADDER)
    assert _far_beyond(ticket(Side.SELL, "0.004"), quote, ASX_LADDER)


def test_an_exit_leaves_though_every_limit_is_exceeded():
    """The trader cannot get out because the day's loss, which the exit would end, is too great."""
    script = Script(risk={"max_daily_loss": D(1), "orders_per_minute": 2})
    script.enter()
    trade(script, 5.00)
    script.wait(2)
    assert script.desk.context.entries_blocked()
    assert script.desk.exits.close("BHP", "test", "by hand")[0]
    script.say(f"{T}.S", HELD, quantity=10)
    assert script.asked("modify") or script.covered == 100 or script.placed("X")
