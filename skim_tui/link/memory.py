"""The same link inside one process, for tests: the same hub, no socket."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable

from skim_tui.link.commands import AnyCommand
from skim_tui.link.hub import Hub
from skim_tui.link.messages import Answer, Delta, Reply


class MemoryLink:
    """An attached desk in the same loop."""

    def __init__(self, hub: Hub, on_command: Callable[[AnyCommand, str], Answer], *, every: float = 0.01) -> None:
        self._hub = hub
        self._on_command = on_command
        self._every = every
        self._task: asyncio.Task[None] | None = None
        self._sent = 0

    async def attach(self, on_delta: Callable[[Delta], None], on_lost: Callable[[str], None]) -> None:
        viewer = self._hub.open()

        async def flush() -> None:
            try:
                while True:
                    delta = self._hub.take(viewer)
                    if delta is not None:
                        on_delta(delta)
                    await asyncio.sleep(self._every)
            finally:
                self._hub.close(viewer)

        self._task = asyncio.create_task(flush(), name="memory link")

    async def send(self, command: AnyCommand) -> Reply:
        self._sent += 1
        done, text, *view = self._on_command(command, "console")
        return Reply(id=self._sent, ok=done, text=text, view=view[0] if view else None)

    async def close(self) -> None:
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
            self._task = None
