"""What the desk publishes says which side of the market it is on."""

import pytest

from skim_tui.desk.telling.publisher import Publisher
from skim_tui.link.hub import Hub
from tests.desk.scripted import D, Script, T

pytestmark = pytest.mark.usefixtures("either_side")


def published(script):
    hub = Hub()
    publisher = Publisher(script.desk, hub)
    publisher.select_chart("BHP")
    publisher.publish()
    return hub.state


def test_the_rows_of_a_held_position_tell_its_side():
    script = Script()
    entry, stop = script.enter(100)
    rows, side = published(script), script.side
    held, chart = rows["positions"]["BHP"], rows["chart"]["BHP"]
    assert (held.side, held.quantity, held.stop_price) == (side, 100, script.at("10.00"))
    assert (chart.side, chart.entry, chart.stop) == (side, 10.5, float(script.at("10.00")))
    assert rows["tickets"][T].side == rows["orders"][entry].side == side
    assert rows["orders"][stop].side == side.other


def test_the_chart_of_a_waiting_ticket_tells_its_side():
    script = Script()
    script.propose()
    rows = published(script)
    assert rows["chart"]["BHP"].side == rows["tickets"][T].side == script.side
    assert rows["candidates"]["BHP"].borrow == "1,000,000 to borrow"


def test_a_trade_that_is_over_keeps_its_side():
    script = Script()
    _, stop = script.enter(100)
    script.fill(stop, 100, "10.00")
    rows = published(script)
    assert rows["positions"] == {}
    assert [(trade.side, trade.quantity, trade.pnl) for trade in rows["trades"].values()] == [
        (script.side, 100, D("-62.00"))
    ]
