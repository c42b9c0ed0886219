"""Golden transcripts: conversations with the exchange as text, replayed and compared byte for byte.

A line is one message or one event::

    ! v100..226        a client connects and offers these protocol versions
    > 71|2|3||         a message to the exchange, each field ended by the mark
    < 15|1|DU1234567|  a message from the exchange
    @ 60               exchange seconds that pass
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from pathlib import Path

from .floor import Floor, open_floor

GOLDEN = Path(__file__).with_name("golden")
CONNECT, TO, FROM, PASS = "!", ">", "<", "@"
BARRIER = b"49\x001\x00"
_SPELLED = str.maketrans({"\\": "\\\\", "|": "\\p", "\n": "\\n", "\r": "\\r"})

Line = tuple[str, str]
"""Mark and text."""


def spell(content: bytes) -> str:
    """A frame's content as a line's text."""
    return content.decode("utf-8", "surrogateescape").translate(_SPELLED).replace("\0", "|")


def unspell(text: str) -> bytes:
    content, rest = "", text.replace("|", "\0")
    while rest:
        if rest[0] == "\\":
            content += {"p": "|", "n": "\n", "r": "\r", "\\": "\\"}[rest[1]]
            rest = rest[2:]
        else:
            plain, mark, after = rest.partition("\\")
            content, rest = content + plain, mark + after
    return content.encode("utf-8", "surrogateescape")


def read(path: Path) -> list[Line]:
    lines = path.read_text(encoding="utf-8", errors="surrogateescape").splitlines()
    return [(line[0], line[2:]) for line in lines if line and not line.startswith("#")]


def title(path: Path) -> str:
    """The comment at the top of a transcript."""
    first = path.read_text(encoding="utf-8", errors="surrogateescape").splitlines()[0]
    return first.removeprefix("# ") if first.startswith("#") else ""


def write(path: Path, head: str, lines: Iterable[Line]) -> None:
    text = "".join(f"{mark} {content}\n" for mark, content in lines)
    path.write_text(f"# {head}\n{text}", encoding="utf-8", errors="surrogateescape")


def messages(lines: Iterable[Line], mark: str) -> set[int]:
    """The message ids that pass in one direction."""
    ids = {text.split("|", 1)[0] for kind, text in lines if kind == mark}
    return {int(number) for number in ids if number.isdigit() and int(number) < 150}


class Caller:
    """A client that knows frames and nothing else."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    @classmethod
    async def connect(cls, port: int, offer: str) -> tuple[Caller, bytes]:
        """The caller and what the exchange says to its offer."""
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        content = offer.encode()
        writer.write(b"API\0" + len(content).to_bytes(4, "big") + content)
        caller = cls(reader, writer)
        return caller, await caller.frame()

    def send(self, content: bytes) -> None:
        self._writer.write(len(content).to_bytes(4, "big") + content)

    async def frame(self) -> bytes:
        async with asyncio.timeout(10):
            length = int.from_bytes(await self._reader.readexactly(4), "big")
            return await self._reader.readexactly(length)

    async def answers(self, *, to: bytes = b"") -> list[bytes]:
        """Everything that comes until the exchange has answered a question put now."""
        self.send(BARRIER)
        awaited, heard = 1 + to.startswith(BARRIER[:3]), list[bytes]()
        while awaited:
            try:
                heard.append(await self.frame())
            except asyncio.IncompleteReadError:
                return heard  # hung up
            awaited -= heard[-1].startswith(BARRIER[:3])
        return heard[:-1]

    async def close(self) -> None:
        self._writer.close()
        try:
            await self._writer.wait_closed()
        except ConnectionError:
            pass


async def replay(lines: Iterable[Line], **settings: object) -> list[Line]:
    """Say again what the client said, let the same time pass; the whole conversation as it is now."""
    said: list[Line] = []
    async with open_floor(**settings) as floor:
        caller: Caller | None = None
        for mark, text in lines:
            if mark == FROM:
                continue
            said.append((mark, text))
            if mark == CONNECT:
                if caller is not None:
                    await _hang_up(caller, floor)
                caller, hello = await Caller.connect(floor.port, text)
                said.append((FROM, spell(hello)))
                continue
            assert caller is not None
            content = unspell(text) if mark == TO else b""
            if mark == TO:
                caller.send(content)
            else:
                await floor.advance(float(text))
            said += [(FROM, spell(answer)) for answer in await caller.answers(to=content)]
        if caller is not None:
            await _hang_up(caller, floor)
    return said


async def _hang_up(caller: Caller, floor: Floor) -> None:
    await caller.close()
    async with asyncio.timeout(5):
        while floor.door.clients:
            await asyncio.sleep(0.005)
