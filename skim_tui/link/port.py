"""The console's only view of a desk: an in-process link for tests, a socket for users."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from skim_tui.link.commands import AnyCommand
from skim_tui.link.messages import Delta, Reply


class LinkError(Exception):
    """The link could not be made or was lost; the message says which and why."""


class DeskLink(Protocol):
    """An attached desk."""

    async def attach(self, on_delta: Callable[[Delta], None], on_lost: Callable[[str], None]) -> None:
        """Attach and deliver deltas (the first one whole) until closed; ``on_lost`` gets the reason.

        Raises :class:`LinkError` when no desk answers or its version differs.
        """
        ...

    async def send(self, command: AnyCommand) -> Reply:
        """Send one command and wait for its reply. Raises :class:`LinkError` when the link is gone."""
        ...

    async def close(self) -> None: ...
