"""Ends the desk when there is no memory left: what it half knows then must not be acted on.

Nothing needs an orderly end: stops rest at the broker, the journal is durable at every moment, and a desk that starts
anew rebuilds itself from both. One that lives on without memory loses its broker and its consoles and holds its lock.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
from typing import Any

logger = logging.getLogger("skim.desk")

RESERVE = 4_000_000
"""Bytes kept back from the start, so that the last words can be said."""
WORDS = "out of memory {where}: the desk ends at once. Stops rest at the broker; start it again."


class LastResort:
    """Make one while there is memory."""

    def __init__(self) -> None:
        self._reserve = bytearray(RESERVE)

    def watch(self, loop: asyncio.AbstractEventLoop) -> None:
        """Also for what fails where none of our code is asked: in a transport, in a task that nobody awaits."""
        loop.set_exception_handler(self._on_loop_error)

    def _on_loop_error(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        if isinstance(context.get("exception"), MemoryError):
            self.end("in the event loop")
        loop.default_exception_handler(context)

    def end(self, where: str) -> None:
        """Say so in the log and on stderr, and be gone. Never returns."""
        self._reserve.clear()
        words = WORDS.format(where=where)
        try:
            with contextlib.suppress(OSError):
                os.write(2, f"skim: {words}\n".encode())
            logger.critical("%s", words)
            logging.shutdown()
        finally:
            os._exit(1)
