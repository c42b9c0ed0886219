"""The exchange says byte for byte what it said when the golden transcripts were written."""

from __future__ import annotations

import ast

import pytest

from .floor import open_floor
from .transcript import CONNECT, FROM, GOLDEN, TO, Caller, messages, read, replay, title, write

FILES = sorted(GOLDEN.glob("*.txt"))
START = b"71\x002\x005\x00\x00"


def settings_of(path) -> dict[str, object]:
    """How the exchange is opened for a transcript: ``name=value`` words of its title."""
    words = [word.partition("=") for word in title(path).split()]
    return {name: ast.literal_eval(value) for name, sign, value in words if sign}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
async def test_the_conversation_is_the_golden_one(path, request):
    golden = read(path)
    said = await replay(golden, **settings_of(path))
    if request.config.getoption("--write-golden", default=False):
        write(path, title(path), said)
    assert said == golden, "if this is meant: python -m pytest -n 0 tests/conformance/test_golden.py --write-golden"


@pytest.mark.parametrize("version", [157, 178])
async def test_every_request_the_exchange_serves_is_in_a_transcript(version):
    served = set()
    async with open_floor() as floor:
        caller, _ = await Caller.connect(floor.port, f"v{version}..{version}")
        caller.send(START)
        await caller.answers()
        for number in range(1, 120):
            if number in (49, 71):
                continue
            caller.send(f"{number}\0".encode())
            if not any(b"is not supported" in answer for answer in await caller.answers()):
                served.add(number)
        await caller.close()
    shown = set()
    for path in FILES:
        lines = read(path)
        if any(mark == FROM and text.startswith(f"{version}|") for mark, text in lines[:3]):
            shown |= messages(lines, TO)
    assert {mark for path in FILES for mark, _ in read(path)[:1]} == {CONNECT}
    missing = " ".join(str(number) for number in sorted(served - shown))
    assert not missing
