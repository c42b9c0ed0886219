"""A client of the TWS door that speaks in raw fields, so that tests see every message as it came."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import Callable


class RawClient:
    """One connection. ``frames`` holds every message received, oldest first."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self.writer = writer
        self.frames: list[list[str]] = []
        self.closed = asyncio.Event()
        self._news = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self.version = 0
        self.next_id = 0

    @classmethod
    async def connect(cls, port: int, client_id: int = 1, *, offer: str = "v100..226") -> RawClient:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        client = cls(reader, writer)
        hello = offer.encode()
        writer.write(b"API\0" + struct.pack(">I", len(hello)) + hello)
        (length,) = struct.unpack(">I", await reader.readexactly(4))
        client.version = int((await reader.readexactly(length)).split(b"\0")[0])
        client.send(71, 2, client_id, "")
        client._task = asyncio.create_task(client._read())
        client.next_id = int((await client.expect(9))[2])
        return client

    def send(self, *fields: object) -> None:
        body = "".join(f"{field}\0" for field in fields).encode()
        self.writer.write(struct.pack(">I", len(body)) + body)

    def order(
        self,
        symbol: str,
        side: str,
        quantity: int,
        type: str = "LMT",
        *,
        limit: object = "",
        stop: object = "",
        tif: str = "DAY",
        order_id: int = 0,
        parent: int = 0,
        transmit: bool = True,
        ref: str = "",
        oca: str = "",
    ) -> int:
        """Place an order (the fields after parentId are left out); its id."""
        if not order_id:
            order_id, self.next_id = self.next_id, self.next_id + 1
        contract = ["", symbol, "STK", "", "", "", "", "SMART", "", "AUD", "", ""]
        self.send(
            3, order_id, *contract, "", "", side, quantity, type, limit, stop, tif, oca, "", "O", 0, ref,
            int(transmit), parent,
        )  # fmt: skip
        return order_id

    def watch(self, request_id: int, symbol: str, generic: str = "") -> None:
        contract = [0, symbol, "STK", "", 0, "", "", "SMART", "", "AUD", "", ""]
        self.send(1, 11, request_id, *contract, 0, generic, 0, 0, "")

    def of(self, kind: int) -> list[list[str]]:
        """The messages with this id so far."""
        return [frame for frame in self.frames if frame[0] == str(kind)]

    def errors(self) -> list[tuple[int, int]]:
        """(request id, code) of every error so far."""
        return [(int(frame[2]), int(frame[3])) for frame in self.of(4)]

    async def expect(
        self, kind: int, wanted: Callable[[list[str]], bool] = lambda frame: True, seconds: float = 5.0
    ) -> list[str]:
        """The first message with this id that is wanted; those received before count."""
        async with asyncio.timeout(seconds):
            while True:
                for frame in self.frames:
                    if frame[0] == str(kind) and wanted(frame):
                        return frame
                self._news.clear()
                await self._news.wait()

    async def error(self, code: int, seconds: float = 5.0) -> list[str]:
        return await self.expect(4, lambda frame: frame[3] == str(code), seconds)

    async def status(self, order_id: int, status: str, seconds: float = 5.0) -> list[str]:
        return await self.expect(3, lambda frame: frame[1] == str(order_id) and frame[2] == status, seconds)

    async def sync(self) -> None:
        """Wait until everything sent so far has been answered."""
        count = len(self.of(49))
        self.send(49, 1)
        async with asyncio.timeout(5.0):
            while len(self.of(49)) == count:
                self._news.clear()
                await self._news.wait()

    async def close(self) -> None:
        self.writer.close()
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _read(self) -> None:
        try:
            while True:
                (length,) = struct.unpack(">I", await self._reader.readexactly(4))
                body = await self._reader.readexactly(length)
                self.frames.append(body.decode("utf-8", "replace").split("\0")[:-1])
                self._news.set()
        except (asyncio.IncompleteReadError, ConnectionError):
            self.closed.set()
