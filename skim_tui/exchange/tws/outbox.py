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
    """Writes frames; a client that does not read gets conflated ticks, never a growing queue of them."""

    def __init__(self, writer: asyncio.StreamWriter) -> None:
        self._writer = writer
        self._waiting: dict[tuple[int, int], Sequence[object]] = {}

    def send(self, fields: Sequence[object]) -> None:
        """A message that must arrive."""
        if self._writer.is_closing():
            return
        self._writer.write(write_frame(fields))
        if self._writer.transport.get_write_buffer_size() > FLOOD:
            self._writer.transport.abort()

    def tick(self, request_id: int, kind: int, fields: Sequence[object]) -> None:
        """A tick that a newer one of the same kind replaces."""
        if self._full():
            self._waiting[(request_id, kind)] = fields
            return
        self.flush()
        self._writer.write(write_frame(fields))

    def flush(self) -> None:
        """Send the ticks that waited, once the client reads again."""
        if self._waiting and not self._full():
            for fields in self._waiting.values():
                self._writer.write(write_frame(fields))
            self._waiting.clear()

    def _full(self) -> bool:
        return self._writer.is_closing() or self._writer.transport.get_write_buffer_size() > HIGH_WATER
