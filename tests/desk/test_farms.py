"""Trouble with a data farm is no loss of the connection: it is named, shown, and over when the broker says so."""

from skim_tui.desk.telling.publisher import Publisher
from skim_tui.domain.events import BrokerNotice
from tests.desk.scripted import Script

BROKEN = BrokerNotice(2103, "Market data farm connection is broken:usfarm")
WORKS = BrokerNotice(2104, "Market data farm connection is OK:usfarm")
OTHER = BrokerNotice(2106, "HMDS data farm connection is OK:ushmds")


class Board:
    def __init__(self):
        self.health = {}

    def publish(self, topic, key, view):
        if topic == "health":
            self.health[key] = view

    def remove(self, topic, key):
        self.health.pop(key, None)


def shown(script, board):
    Publisher(script.desk, board).publish()
    return board.health.get("broker/data farms")


def test_a_broken_farm_is_named_once_shown_and_orders_go_on():
    script, board = Script(), Board()
    assert shown(script, board) is None
    for notice in (OTHER, BROKEN, BROKEN, BROKEN):
        script.desk.handle(notice)
    told = [line for line in script.lines("warning") if "FARM BROKEN" in line]
    assert len(told) == 1 and "market data of usfarm" in told[0]
    row = shown(script, board)
    assert row.level == "warning" and row.value.startswith("broken: market data (usfarm) since 10:30")
    assert script.desk.context.connection == "OPERATIONAL"
    assert script.desk.approvals.approve(script.propose(), "test")[0], "a fresh quote is still a fresh quote"
    script.wait(30)
    script.desk.handle(BrokerNotice(2106, "HMDS data farm connection is OK:usfarm"))
    assert shown(script, board).level == "warning", "another kind of farm of the same name"
    script.desk.handle(WORKS)
    assert any("usfarm (market data) works again after 30 s" in line for line in script.lines("warning"))
    assert (shown(script, board).level, board.health["broker/data farms"].value) == ("ok", "all work")


def test_a_new_connection_tells_its_farms_anew():
    script, board = Script(), Board()
    script.desk.handle(BROKEN)
    script.disconnect()
    assert shown(script, board) is None
    script.reconnect()
    script.desk.handle(BROKEN)
    assert sum("FARM BROKEN" in line for line in script.lines("warning")) == 2


def test_every_other_message_of_the_broker_is_a_line():
    script = Script()
    script.desk.handle(BrokerNotice(2150, "Invalid position trade derived value"))
    assert any("broker 2150" in line for line in script.lines("info"))
