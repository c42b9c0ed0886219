"""What leaves for one client: everything that matters in order, market data only as fast as it is read."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from skim_tui.exchange.tws.wire import write_frame

HIGH_WATER = 256 * 1024
"""Unread bytes above which market data waits; of each tick only the newest value is kept."""

FLOOD = 64 * 1024 * 1024
"""Unread bytes at which a client that never reads is cut off."""


class Outbox:
    """Writes frames; a client that does not read gets conflated ticks, never a growing queue of them.

    Ticks of one turn of the event loop leave together: a system call for each would cost more than all the rest.
    """

    def __init__(self, writer: asyncio.StreamWriter) -> None:
        self._writer = writer
        self._batch: list[bytes] = []
        self._batched = 0
        self._is_scheduled = False
        self._waiting: dict[tuple[int, int], bytes] = {}

    @property
    def is_closed(self) -> bool:
        """Nobody is there any more."""
        return self._writer.is_closing()

    def send(self, fields: Sequence[object]) -> None:
        """A message that must arrive."""
        self.flush()
        if self._writer.is_closing():
            return
        self._writer.write(write_frame(fields))
        if self._writer.transport.get_write_buffer_size() > FLOOD:
            self._writer.transport.abort()

    def tick(self, request_id: int, kind: int, fields: Sequence[object]) -> None:
        """A tick that a newer one of the same kind replaces."""
        self.frames(request_id, kind, write_frame(fields))

    def frames(self, request_id: int, kind: int, frames: bytes) -> None:
        """Ready frames that newer ones of the same kind replace, as :meth:`tick`."""
        if self._full():
            self._waiting[(request_id, kind)] = frames
            return
        self._release()
        if not self._is_scheduled:
            self._is_scheduled = True
            asyncio.get_running_loop().call_soon(self._turn_ends)
        self._batch.append(frames)
        self._batched += len(frames)

    def flush(self) -> None:
        """Send the ticks of this turn, and those that waited, once the client reads again."""
        self._write_batch()
        if self._waiting and not self._full():
            self._release()
            self._write_batch()

    def _write_batch(self) -> None:
        if self._batch:
            if not self._writer.is_closing():
                self._writer.write(b"".join(self._batch))
            self._batch.clear()
            self._batched = 0

    def _release(self) -> None:
        """What waited came after what is in the batch, and before what is to come."""
        for frames in self._waiting.values():
            self._batch.append(frames)
            self._batched += len(frames)
        self._waiting.clear()

    def _turn_ends(self) -> None:
        self._is_scheduled = False
        self.flush()

    def _full(self) -> bool:
        unread = self._writer.transport.get_write_buffer_size() + self._batched
        return self._writer.is_closing() or unread > HIGH_WATER
