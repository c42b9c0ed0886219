"""No bytes from a client crash the exchange, hang it, or make it grow; whoever else is connected is served on.

``SKIM_FUZZ_EXAMPLES`` sets how long is searched.
"""

from __future__ import annotations

import asyncio
import gc
import os
import tracemalloc
from contextlib import asynccontextmanager

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from .floor import open_floor
from .transcript import GOLDEN, TO, Caller, read, unspell

EXAMPLES = int(os.environ.get("SKIM_FUZZ_EXAMPLES", "25"))
FRAMES = sorted({unspell(text) for path in GOLDEN.glob("*.txt") for mark, text in read(path) if mark == TO})
ORDERS = tuple(frame for frame in FRAMES if frame.startswith(b"3\0"))
NASTY = (
    b"", b"-1", b"0", b"2147483647", b"2147483648", b"9223372036854775807", b"1.7976931348623157E308", b"1e309", b"nan",
    b"-inf", b"9" * 400, b"1e999999999", b"0x10", b" 7 ", b"+5", b"1_000", "²".encode(), "٣".encode(), b"\xff\xfe",
    b"\\u0041", b"A" * 5000, b"%s%n", b"20260303 25:61:61", b"1 Y", b"\n", b"None",
)  # fmt: skip


@st.composite
def mutated(draw) -> bytes:
    """A frame a client really sent, with some of its fields replaced, dropped, doubled or shuffled."""
    fields = draw(st.sampled_from(FRAMES)).split(b"\0")
    for _ in range(draw(st.integers(1, 4))):
        place = draw(st.just(0) | st.just(1) | st.integers(0, max(0, len(fields) - 1))) % max(1, len(fields))
        change = draw(st.sampled_from(["nasty", "drop", "double", "cut", "swap"]))
        if change == "nasty" and fields:
            fields[place] = draw(st.sampled_from(NASTY) | st.binary(max_size=20))
        elif change == "drop":
            del fields[place : place + 1]
        elif change == "double":
            fields[place:place] = fields[place : place + 1] * draw(st.integers(1, 300))
        elif change == "cut":
            del fields[place:]
        elif fields:
            other = draw(st.integers(0, len(fields) - 1))
            fields[place], fields[other] = fields[other], fields[place]
    return b"\0".join(fields)


CONTENT = mutated() | st.sampled_from(FRAMES) | st.binary(min_size=1, max_size=300)
HANDSHAKES = st.sampled_from(
    [b"API\0", b"", b"GET / HTTP/1.1\r\n\r\n", b"API\0\0\0\0\0", b"API\0\xff\xff\xff\xff"]
) | st.binary(max_size=40)
TAILS = st.sampled_from(
    [b"", b"\0", b"\0\0\0\0", b"\0\0\1", b"\xff\xff\xff\xff", b"\0\xff\xff\xff" + b"x" * 100, b"\0\0\0\x09short"]
)


def framed(content: bytes) -> bytes:
    return len(content).to_bytes(4, "big") + content


@asynccontextmanager
async def witness(port: int):
    """A client that only wants to be served; what went wrong in the loop meanwhile fails the test."""
    faults: list[dict] = []
    asyncio.get_running_loop().set_exception_handler(lambda loop, context: faults.append(context))
    other, _ = await Caller.connect(port, "v178..178")
    other.send(b"71\x002\x0099\0\0")
    await other.answers()
    try:
        yield other
        assert any(answer == b"" for answer in await other.answers()) is False
    finally:
        await other.close()
    gc.collect()
    assert not faults, faults[0].get("exception") or faults[0]


async def talk(port: int, version: int, contents: list[bytes], tail: bytes) -> None:
    """Say it all, read what comes, and leave."""
    caller, _ = await Caller.connect(port, f"v100..{version}")
    caller.send(b"71\x002\x007\0\0")
    await caller.answers()
    try:
        for content in contents:
            caller.send(content)
            await caller.answers()
        caller._writer.write(tail)
        await caller._writer.drain()
    except (ConnectionError, asyncio.IncompleteReadError):
        pass  # hung up on, which is an answer
    await caller.close()


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
@example(version=178, contents=[nasty + b"\0" for nasty in NASTY], tail=b"")
@example(version=178, contents=[b"3\0" + nasty + b"\0" for nasty in NASTY], tail=b"")
@example(version=157, contents=[b"62\x001\0" + nasty + b"\0All\0X\0" for nasty in NASTY], tail=b"")
@given(version=st.sampled_from([157, 163, 178, 200]), contents=st.lists(CONTENT, max_size=25), tail=TAILS)
def test_no_message_breaks_the_exchange(version, contents, tail):
    async def run():
        async with open_floor() as floor, witness(floor.port):
            async with asyncio.timeout(20):
                await talk(floor.port, version, contents, tail)
                await floor.advance(3)

    asyncio.run(run())


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
@given(start=HANDSHAKES, rest=st.binary(max_size=60))
def test_no_handshake_breaks_the_exchange(start, rest):
    async def run():
        async with open_floor() as floor, witness(floor.port):
            reader, writer = await asyncio.open_connection("127.0.0.1", floor.port)
            writer.write(start + rest)
            await writer.drain()
            writer.close()

    asyncio.run(run())


async def test_a_client_that_never_reads_is_held_back():
    async with open_floor() as floor, witness(floor.port) as other:
        reader, writer = await asyncio.open_connection("127.0.0.1", floor.port, limit=1024)
        writer.write(b"API\0" + framed(b"v178..178"))
        await asyncio.sleep(0.05)
        writer.write(framed(b"71\x002\x008\0\0"))
        for _ in range(200):
            writer.write(framed(b"24\x001\0") * 50)  # scanner parameters: the longest answer there is
            await asyncio.sleep(0)
        for _ in range(20):
            await asyncio.sleep(0.01)
            await other.answers()
        unread = floor.door.clients[8].client.out._writer.transport.get_write_buffer_size()
        assert unread < 4 * 1024 * 1024
        writer.transport.abort()


async def test_garbage_leaves_nothing_behind():
    """The same rubbish again and again, by clients that come and go, costs no memory."""
    contents = [frame for frame in FRAMES if not frame.startswith((b"3\0", b"71\0"))]
    contents += [frame[: len(frame) // 2] for frame in contents]
    async with open_floor() as floor, witness(floor.port):
        await talk(floor.port, 178, contents, b"")
        await talk(floor.port, 178, contents, b"")
        gc.collect()
        tracemalloc.start()
        try:
            for _ in range(3):
                await talk(floor.port, 178, contents, b"")
            gc.collect()
            grown, _ = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert grown < 1024 * 1024
        assert set(floor.door.clients) <= {99, 7}


async def test_orders_beyond_count_are_refused():
    """Orders are kept, so their number is bounded by the rules: twenty working ones a side."""
    (order, *_) = [frame for frame in ORDERS if b"\0LMT\0" in frame and b"\0BUY\0" in frame]
    fields = order.split(b"\0")
    async with open_floor() as floor, witness(floor.port):
        caller, _ = await Caller.connect(floor.port, "v178..178")
        caller.send(b"71\x002\x007\0\0")
        await caller.answers()
        for number in range(1, 200):
            fields[1] = str(number).encode()
            caller.send(b"\0".join(fields))
        await caller.answers()
        live = [order for order in floor.exchange.orders.values() if not order.is_done]
        await caller.close()
    assert len(live) <= 20


async def test_the_largest_frame_is_answered_in_bounded_memory():
    async with open_floor() as floor, witness(floor.port):
        caller, _ = await Caller.connect(floor.port, "v178..178")
        caller.send(b"71\x002\x007\0\0")
        await caller.answers()
        tracemalloc.start()
        try:
            for content in (b"\0" * 0xFFFFFF, b"3\0" + b"7\0" * 0x7FFFF0, b"9\x008\x001\0" + b"A" * 0xFFFFF0):
                caller.send(content)
                answers = await caller.answers()
                assert answers and all(len(answer) < 10_000 for answer in answers)
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        await caller.close()
        assert peak < 200 * 1024 * 1024
