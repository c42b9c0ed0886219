"""Exchange and desk as separate processes over TCP; the desk killed while it holds a position."""

import asyncio
import os
import signal
import sqlite3

import pytest

from skim_tui.link.client import SocketLink
from skim_tui.link.commands import Approve, ClosePosition
from skim_tui.paths import Paths
from tests.system.processes import end, start, start_exchange, wait_for


class Watcher:
    """A console without a screen."""

    def __init__(self, path):
        self.link = SocketLink(path, who="test")
        self.rows = {}

    def take(self, delta):
        if delta.whole:
            self.rows.clear()
        for topic, rows in delta.upserts.items():
            self.rows.setdefault(topic, {}).update(rows)
        for topic, keys in delta.removes.items():
            for key in keys:
                self.rows.get(topic, {}).pop(key, None)

    async def attach(self):
        for _ in range(200):
            try:
                await self.link.attach(self.take, lambda reason: None)
                return
            except Exception:
                await asyncio.sleep(0.1)
        raise AssertionError("no desk to attach to")

    async def until(self, found, seconds=60):
        for _ in range(int(seconds * 20)):
            value = found(self.rows)
            if value:
                return value
            await asyncio.sleep(0.05)
        raise AssertionError(f"not seen: {self.rows.get('header')} {list(self.rows.get('log', {}).values())[-5:]}")


def protected(rows):
    return next((row for row in rows.get("positions", {}).values() if row.protected and row.quantity), None)


@pytest.fixture
def market(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    exchange, port = start_exchange(tmp_path, "--tape", "synthetic:asx:3", "--speed", "30", "--at", "10:08")
    yield tmp_path, port
    end(exchange)


async def enter(data_dir, port):
    desk = start(data_dir, "desk", "--broker", "tws", "--port", str(port), "--data-dir", str(data_dir))
    watcher = Watcher(Paths.of(data_dir).socket)
    await watcher.attach()
    ticket = await watcher.until(
        lambda rows: next((row for row in rows.get("tickets", {}).values() if row.state == "proposed"), None)
    )
    first, doubled = await asyncio.gather(watcher.link.send(Approve(ticket.id)), watcher.link.send(Approve(ticket.id)))
    assert [first.ok, doubled.ok] == [True, False], (first, doubled)
    position = await watcher.until(protected)
    return desk, watcher, position


async def test_the_desk_is_killed_and_finds_everything_again(market):
    data_dir, port = market
    desk, watcher, before = await enter(data_dir, port)
    assert watcher.rows["header"][""].simulated
    os.kill(desk.pid, signal.SIGKILL)
    desk.wait()
    await watcher.link.close()

    desk = start(data_dir, "desk", "--broker", "tws", "--port", str(port), "--data-dir", str(data_dir))
    try:
        again = Watcher(Paths.of(data_dir).socket)
        await again.attach()
        after = await again.until(protected)
        assert (after.symbol, after.quantity, after.entry) == (before.symbol, before.quantity, before.entry)
        assert (after.stop_ref, after.stop_price, after.stop_perm_id) == (
            before.stop_ref,
            before.stop_price,
            before.stop_perm_id,
        )
        assert again.rows["header"][""].mismatches == ()
        own = [row for row in again.rows["orders"].values() if row.symbol == before.symbol]
        assert sorted(row.ref.rpartition(".")[2] for row in own) == ["E", "S"]
        reply = await again.link.send(ClosePosition(before.symbol))
        assert reply.ok, reply.text
        await again.until(lambda rows: not rows.get("positions"))
        trade = await again.until(lambda rows: next(iter(rows.get("trades", {}).values()), None))
        assert trade.quantity == before.quantity
        await again.link.close()
    finally:
        end(desk)
    rows = (
        sqlite3.connect(data_dir / "journal.db")
        .execute("select count(*), count(distinct exec_id) from fill")
        .fetchone()
    )
    assert rows[0] == rows[1] >= 2


async def test_a_second_desk_refuses_with_the_pid_of_the_first(market):
    data_dir, port = market
    first = start(data_dir, "desk", "--broker", "tws", "--port", str(port), "--data-dir", str(data_dir))
    try:
        wait_for((data_dir / "desk.lock").exists)
        await asyncio.sleep(1.0)
        second = start(data_dir, "desk", "--broker", "tws", "--port", str(port), "--data-dir", str(data_dir))
        said, _ = second.communicate(timeout=20)
        assert second.returncode == 1
        assert str(first.pid) in said and len(said.strip().splitlines()) == 1
    finally:
        end(first)


async def test_skim_stop_ends_the_desk_and_flatten_answers(market):
    data_dir, port = market
    desk, watcher, _ = await enter(data_dir, port)
    try:
        await watcher.link.close()
        flatten = start(data_dir, "flatten", "--data-dir", str(data_dir))
        said, _ = flatten.communicate(timeout=20)
        assert flatten.returncode == 0 and "1 positions closing" in said, said
        stop = start(data_dir, "stop", "--force", "--data-dir", str(data_dir))
        said, _ = stop.communicate(timeout=20)
        assert stop.returncode == 0, said
        assert desk.wait(20) == 0
    finally:
        end(desk)
