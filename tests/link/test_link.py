"""The link over a real socket: whole state first, newest values always, one answer for each command."""

import asyncio
import struct

import pytest

from skim_tui.link.account import HeaderView
from skim_tui.link.client import SocketLink
from skim_tui.link.commands import Approve
from skim_tui.link.framing import HEAD, decode_down, frame
from skim_tui.link.hub import Hub
from skim_tui.link.market import CandidateView
from skim_tui.link.messages import VERSION, Attach, Hello
from skim_tui.link.notices import LogView
from skim_tui.link.port import LinkError
from skim_tui.link.server import LinkServer


@pytest.fixture
async def server(tmp_path):
    said = []
    opened = LinkServer(tmp_path / "s.sock", lambda command, who: said.append((command, who)) or (True, "done"))
    opened.said = said
    opened.path = tmp_path / "s.sock"
    await opened.start()
    yield opened
    await opened.stop()


async def attach(server):
    rows = {}

    def take(delta):
        for topic, new in delta.upserts.items():
            rows.setdefault(topic, {}).update(new)
        for topic, keys in delta.removes.items():
            for key in keys:
                rows[topic].pop(key, None)

    lost = []
    link = SocketLink(server.path, who="test")
    await link.attach(take, lost.append)
    return link, rows, lost


async def until(found):
    for _ in range(200):
        if found():
            return
        await asyncio.sleep(0.02)
    raise AssertionError("not seen")


async def test_a_late_console_sees_the_whole_state_then_changes(server):
    server.publish("header", "", HeaderView(account="DU1"))
    server.publish("candidates", "BHP", CandidateView("BHP"))
    link, rows, _ = await attach(server)
    await until(lambda: rows.get("header", {}).get("") == HeaderView(account="DU1"))
    server.publish("candidates", "BHP", CandidateView("BHP", last=45.0))
    server.publish("candidates", "CBA", CandidateView("CBA"))
    await until(lambda: "CBA" in rows["candidates"])
    assert rows["candidates"]["BHP"].last == 45.0
    server.remove("candidates", "CBA")
    await until(lambda: "CBA" not in rows["candidates"])
    reply = await link.send(Approve("t1"))
    assert reply.ok and reply.text == "done" and server.said == [(Approve("t1"), "test")]
    await link.close()


async def test_a_console_that_does_not_read_neither_blocks_nor_fills_the_desk(server):
    reader, writer = await asyncio.open_unix_connection(str(server.path))
    writer.transport.pause_reading()
    writer.write(frame(Attach(version=VERSION)))
    await asyncio.sleep(0.05)
    for number in range(60_000):
        symbol = f"S{number % 300}"
        server.publish("candidates", symbol, CandidateView(symbol, last=float(number), name="n" * 300))
        if number % 1000 == 0:
            await asyncio.sleep(0)
    await asyncio.sleep(0.3)
    (viewer,) = server.hub._viewers
    assert len(viewer.dirty) <= 300
    writer.transport.resume_reading()
    newest = {}

    async def read():
        while len(newest) < 300 or min(view.last for view in newest.values()) < 59_700:
            (length,) = HEAD.unpack(await reader.readexactly(4))
            said = decode_down(await reader.readexactly(length))
            if not isinstance(said, Hello):
                newest.update(said.upserts.get("candidates", {}))

    await asyncio.wait_for(read(), 10)
    writer.close()


async def test_the_log_keeps_only_its_newest_lines(server):
    for number in range(700):
        server.publish("log", str(number), LogView(number, 0.0, "info", "x"))
    assert list(server.hub.state["log"])[0] == "200"


async def test_garbage_and_another_version_are_turned_away(server):
    for first in (struct.pack(">I", 0xFFFFFFFF), frame({"version": "x"}), b"\0\0\0\3abc"):
        reader, writer = await asyncio.open_unix_connection(str(server.path))
        writer.write(first)
        writer.write_eof()
        assert await asyncio.wait_for(reader.read(), 5) == b""
        writer.close()
    reader, writer = await asyncio.open_unix_connection(str(server.path))
    writer.write(frame(Attach(version=VERSION + 1)))
    (length,) = HEAD.unpack(await reader.readexactly(4))
    assert decode_down(await reader.readexactly(length)).version == VERSION
    writer.close()


async def test_the_socket_is_private_and_one_desk_owns_it(server):
    assert server.path.stat().st_mode & 0o777 == 0o600
    with pytest.raises(LinkError, match="another desk"):
        await LinkServer(server.path, lambda command, who: (True, "")).start()


async def test_no_desk_is_one_clear_error(tmp_path):
    with pytest.raises(LinkError, match="no desk answers at"):
        await SocketLink(tmp_path / "none.sock").attach(lambda delta: None, lambda reason: None)


def test_a_stalled_console_owes_nothing_for_rows_it_never_had():
    hub = Hub()
    viewer = hub.open()
    hub.publish("header", "", HeaderView())
    assert hub.take(viewer).whole
    for number in range(20_000):
        hub.publish("log", str(number), LogView(seq=number, ts=0.0, level="info", text="x"))
    assert len(viewer.dirty) <= 500 and not viewer.gone
    first = hub.take(viewer)
    assert len(first.upserts["log"]) == 500 and not first.removes
    for number in range(20_000, 40_000):
        hub.publish("log", str(number), LogView(seq=number, ts=0.0, level="info", text="x"))
    assert len(viewer.gone) == 500, "the rows it holds, and no other, are gone"
    second = hub.take(viewer)
    assert set(second.removes["log"]) == set(first.upserts["log"])
    assert viewer.told == {("header", "")} | {("log", key) for key in second.upserts["log"]}


async def test_what_answers_with_garbage_is_no_desk_and_one_clear_error(tmp_path):
    async def babble(reader, writer):
        writer.write(HEAD.pack(3) + b"\xc1\xc1\xc1")
        await writer.drain()

    async def boast(reader, writer):
        writer.write(HEAD.pack(2**31) + b"x")
        await writer.drain()

    for number, answer in enumerate((babble, boast)):
        path = tmp_path / f"{number}.sock"
        stranger = await asyncio.start_unix_server(answer, str(path))
        with pytest.raises(LinkError, match=f"what answers at {path} is not a desk"):
            await SocketLink(path).attach(lambda delta: None, lambda reason: None)
        stranger.close()


async def test_a_viewer_that_fails_is_told_and_can_attach_again(server):
    def fails(delta):
        raise KeyError("a topic nobody knows")

    lost = []
    link = SocketLink(server.path, who="test")
    await link.attach(fails, lost.append)
    server.publish("header", "", HeaderView(market="ASX"))
    async with asyncio.timeout(5):
        while not lost:
            await asyncio.sleep(0.01)
    assert "a topic nobody knows" in lost[0]
    _, rows, _ = await attach(server)
    async with asyncio.timeout(5):
        while "header" not in rows:
            await asyncio.sleep(0.01)
