"""Keeps the console attached to its desk: says what is happening, and tries again for as long as it takes."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from skim_tui.link.commands import AnyCommand
from skim_tui.link.messages import Delta, Reply
from skim_tui.link.port import DeskLink, LinkError

Say = Callable[[str], None]
Prepare = Callable[[Say], Awaitable[None]]
"""Makes sure that a desk runs before each attach, saying what it does. May raise :class:`LinkError`."""

FIRST_RETRY, LONGEST_RETRY = 0.3, 2.0


class Attachment:
    """One link, attached again whenever it is lost."""

    def __init__(
        self,
        link: DeskLink,
        prepare: Prepare | None,
        *,
        on_delta: Callable[[Delta], None],
        on_change: Callable[[], None],
    ) -> None:
        self._link = link
        self._prepare = prepare
        self._on_delta = on_delta
        self._on_change = on_change
        self._lost = asyncio.Event()
        self.attached = False
        self.ever = False
        """Attached at least once."""
        self.doing = "starting the desk…"
        """What is happening while not attached."""

    async def run(self) -> None:
        """Attach and stay attached until cancelled."""
        delay = FIRST_RETRY
        while True:
            self._lost.clear()
            try:
                if self._prepare is not None:
                    await self._prepare(self._say)
                await self._link.attach(self._on_delta, self._on_lost)
            except LinkError as error:
                waiting = "reattaching" if self.ever else "waiting for the desk to start"
                self._say(f"{error}: {waiting}…")
                await asyncio.sleep(delay)
                delay = min(LONGEST_RETRY, delay * 2)
                continue
            if not self._lost.is_set():
                self.attached = self.ever = True
                self._on_change()
            await self._lost.wait()
            # A desk that accepts and drops at once must not be hammered.
            await asyncio.sleep(FIRST_RETRY)
            delay = FIRST_RETRY

    async def send(self, command: AnyCommand) -> Reply:
        """The desk's reply; a lost link is a refusal that says so."""
        if not self.attached:
            return Reply(id=0, ok=False, text="no desk is attached: nothing was sent")
        try:
            return await self._link.send(command)
        except LinkError as error:
            return Reply(id=0, ok=False, text=f"no answer from the desk ({error}): check orders before you repeat")

    async def close(self) -> None:
        self.attached = False
        await self._link.close()

    def _say(self, text: str) -> None:
        self.doing = text
        self._on_change()

    def _on_lost(self, reason: str) -> None:
        self.attached = False
        self.doing = reason
        self._lost.set()
        self._on_change()
