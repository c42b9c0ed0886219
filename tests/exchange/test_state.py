"""What survives the exchange's own end: the state file, killed processes, another session."""

import json
import subprocess
import sys

import pytest

from skim_tui.exchange.statefile import StateError, StateFile
from skim_tui.exchange.survival import is_busy, resume_time
from tests.conftest import ROOT
from tests.exchange.market import D, Floor


def world(path, at="10:30", **settings):
    floor = Floor().trade("09:59:05", 10.0, 5000).quote("10:00:00", 10.0, 10.01).trade("10:00:05", 10.0, 10)
    floor.quote("10:40", 9.90, 9.91).trade("10:40:01", 9.90, 4000)
    floor.open(at, state=StateFile(path), **settings)
    return floor


def test_an_account_goes_on_where_a_killed_exchange_left_it(tmp_path):
    path = tmp_path / "state.json"
    first = world(path, account_id="DU7654321")
    first.send("BUY", "MKT", 300)
    stop = first.send("SELL", "TRAIL", 300, trail_amount="0.50", tif="GTC", order_ref="S-1")
    parent = first.send("BUY", "LMT", 200, "9.90", transmit=False, order_id=11, client_id=4)
    child = first.send("SELL", "STP", 200, None, "9.50", parent_id=11, order_id=12, client_id=4, tif="GTC")
    done = first.send("BUY", "LMT", 60, "9.00", order_id=20)
    first.exchange.cancel(done, "by hand")

    second = world(path, at="10:35", account_id="DU1111111")
    exchange = second.exchange
    assert exchange.account_id == "DU7654321"
    assert exchange.positions == first.exchange.positions and exchange.balances == first.exchange.balances
    assert exchange.executions == first.exchange.executions
    assert exchange.orders == first.exchange.orders
    assert exchange.orders[stop.perm_id].trail_stop == D("9.50")
    assert (exchange.next_order_id(1), exchange.next_order_id(4), exchange.next_order_id(9)) == (21, 13, 1)
    later = second.send("BUY", "LMT", 60, "9.00", order_id=21)
    assert later.perm_id == done.perm_id + 1
    second.play("10:41")
    assert exchange.orders[parent.perm_id].status == "Filled"
    assert exchange.orders[child.perm_id].why_held == "trigger"
    assert len({item.exec_id for item in exchange.executions}) == len(exchange.executions) == 2


def test_day_orders_do_not_outlive_their_session(tmp_path):
    path = tmp_path / "state.json"
    first = world(path)
    day, gtc = first.send("BUY", "LMT", 60, "9.00"), first.send("BUY", "LMT", 60, "9.00", tif="GTC")
    first.send("BUY", "MKT", 100)
    first.play("16:30")
    assert day.status == "Cancelled"
    state = StateFile(path).load()
    assert state.finished and is_busy(state)
    second = world(path)
    assert [order.perm_id for order in second.exchange.orders.values()] == [gtc.perm_id]
    assert second.exchange.executions == [] and second.exchange.positions["ABC"][0] == 100


def test_a_crash_before_the_close_leaves_no_day_order_to_the_next_session(tmp_path):
    path = tmp_path / "state.json"
    first = world(path)
    first.send("BUY", "LMT", 60, "9.00", transmit=False, order_id=1)
    first.send("SELL", "STP", 60, None, "8.50", parent_id=1, order_id=2, tif="GTC")
    saved = json.loads(path.read_text())
    path.write_text(json.dumps(saved | {"session": "2026-03-02"}))
    assert world(path).exchange.orders == {}


def test_where_an_account_is_taken_up(tmp_path):
    path = tmp_path / "state.json"
    floor = world(path)

    def resumed(*dates):
        return resume_time(StateFile(path).load(), dates, lambda day: float(day.day))

    assert resumed(floor.day) is None
    floor.send("BUY", "LMT", 60, "9.00")
    assert resumed(floor.day) == floor.exchange.now()
    floor.send("BUY", "MKT", 100)
    floor.play("16:30")
    assert resumed(floor.day) is None
    assert resumed(floor.day, floor.day.replace(day=5), floor.day.replace(day=4)) == 4.0


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda saved: saved | {"format": 99}, "format 99"),
        (lambda saved: saved | {"currency": "USD"}, "an account in USD, not in AUD"),
        (lambda saved: saved | {"positions": {"XYZ": [5, "1.0"]}}, "XYZ is not listed"),
        (lambda saved: saved | {"next_perm": "many"}, "next_perm"),
    ],
)
def test_a_file_that_cannot_be_used_is_named(tmp_path, damage, words):
    path = tmp_path / "state.json"
    world(path).send("BUY", "MKT", 100)
    path.write_text(json.dumps(damage(json.loads(path.read_text()))))
    with pytest.raises(StateError, match=words) as error:
        world(path)
    assert str(path) in str(error.value)


TRADER = """
import sys
from pathlib import Path
from tests.exchange.test_state import world

floor = world(Path(sys.argv[1]))
for number in range(1, 100_000):
    order = floor.send("BUY", "LMT", 60, "9.00", order_id=number)
    floor.exchange.cancel(order)
    print(number, flush=True)
"""


def test_what_was_told_is_in_the_file_when_the_process_is_killed(tmp_path):
    path = tmp_path / "state.json"
    trader = subprocess.Popen([sys.executable, "-c", TRADER, str(path)], stdout=subprocess.PIPE, text=True, cwd=ROOT)
    with trader:
        told = [trader.stdout.readline() for _ in range(40)]
        trader.kill()
        told = len(told + trader.stdout.read().splitlines())
    taken_up = world(path).exchange
    assert told >= 40 and taken_up.next_order_id(1) > told
    assert all(order.status == "Cancelled" for order in taken_up.orders.values() if order.order_id <= told)
