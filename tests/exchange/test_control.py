"""The exchange's clock is steered from outside and time still never runs backwards."""

import asyncio
import json
from types import SimpleNamespace

import pytest

from skim_tui.desk.playback import Playback
from skim_tui.exchange.clock import SimClock
from skim_tui.exchange.control import Control


class Exchange:
    def __init__(self):
        self.mono = 0.0
        self.clock = SimClock(1000.0, 10.0, monotonic=lambda: self.mono)

    def now(self):
        return self.clock.now()

    def day(self):
        return SimpleNamespace(pre_open=500.0, end=9000.0)


@pytest.fixture
def steered():
    exchange = Exchange()
    over = []
    return exchange, Control(exchange, "synthetic:asx:1", lambda: over.append(True)), over


def test_a_pause_stops_time_and_resuming_goes_on_at_the_same_pace(steered):
    exchange, control, _ = steered
    exchange.mono = 5.0
    assert control.do("pause", 0) == "" and exchange.now() == 1050.0
    exchange.mono = 50.0
    assert exchange.now() == 1050.0 and control.state()["paused"]
    control.do("resume", 0)
    exchange.mono = 51.0
    assert exchange.now() == 1060.0 and control.state()["speed"] == 10.0


def test_speed_step_and_seek(steered):
    exchange, control, over = steered
    control.do("speed", 60.0)
    exchange.mono = 1.0
    assert exchange.now() == 1060.0
    control.do("step", 60.0)
    exchange.mono = 9.0
    assert exchange.now() == 1120.0 and control.state()["paused"]
    assert control.do("seek", 1000.0).startswith("time only goes forward")
    assert "after the end" in control.do("seek", 10_000.0)
    assert control.do("seek", 5000.0) == "" and exchange.now() == 5000.0
    assert "speed" in control.do("speed", 0.0) and "cannot" in control.do("fly", 1.0)
    control.do("end", 0)
    assert over == [True]


async def test_a_paused_clock_lets_its_sleeper_go_on_when_it_runs_again():
    clock = SimClock(0.0, 1000.0)
    clock.change(0.0)
    sleeper = asyncio.create_task(clock.sleep_until(50.0, asyncio.Event()))
    await asyncio.sleep(0.1)
    assert not sleeper.done()
    clock.change(1000.0)
    await asyncio.wait_for(sleeper, 5)


async def test_the_desk_follows_and_steers_over_the_socket(steered, tmp_path):
    exchange, control, _ = steered
    port = await control.start()
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "tape.toml").write_text("")
    playback = Playback(port, tmp_path)
    assert playback.steer("pause", 0) == (False, "the embedded exchange does not answer")
    task = asyncio.create_task(playback.run())
    for _ in range(200):
        if playback.view is not None:
            break
        await asyncio.sleep(0.02)
    assert playback.view.speed == 10.0 and str(tmp_path / "mine") in playback.view.tapes
    assert playback.steer("pause", 0)[0]
    for _ in range(200):
        if playback.view.paused:
            break
        await asyncio.sleep(0.02)
    assert playback.view.paused
    playback.steer("seek", 1.0)
    for _ in range(200):
        if playback.refused:
            break
        await asyncio.sleep(0.02)
    assert "forward" in playback.refused
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await control.stop()


async def test_nonsense_on_the_control_port_is_hung_up_on(steered):
    _, control, _ = steered
    port = await control.start()
    for nonsense in (b"hello\n", b"[1]\n", b'{"do": "speed", "value": "x"}\n'):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(nonsense)
        assert await asyncio.wait_for(reader.read(), 5) == b""
        writer.close()
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"{}\n")
    assert json.loads(await asyncio.wait_for(reader.readline(), 5))["tape"] == "synthetic:asx:1"
    writer.close()
    await control.stop()
