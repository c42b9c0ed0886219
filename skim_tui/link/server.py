"""The desk's end of the link: a Unix socket that a stalled console can neither block nor fill."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import time
from collections.abc import Callable
from pathlib import Path

import msgspec

from skim_tui import __version__
from skim_tui.link.commands import AnyCommand, Approve, Enter, Resume, SetAuto
from skim_tui.link.framing import decode_attach, decode_up, frame, read_frame
from skim_tui.link.hub import Hub, Viewer
from skim_tui.link.messages import VERSION, Answer, AnyView, Hello, Reply, Up
from skim_tui.link.port import LinkError

FLUSH = 0.1
"""Real seconds between two deltas to a console."""

HIGH_WATER = 64 * 1024
"""A console with more than this unread gets nothing new until it reads; its backlog is keys only."""

LATE = 8.0
"""Real seconds after which a word that opens positions is not meant any more. A console gives up waiting for its
answer a little later, so nothing happens behind an operator who was told that the desk does not answer."""

Commands = Callable[[AnyCommand, str], Answer]


def late(asked: Up) -> tuple[bool, str] | None:
    """The refusal of a command that was kept waiting while the desk could not take it; None for one that is in
    time, or that closes and protects: that is never refused."""
    waited = time.monotonic() - asked.at
    if not asked.at or waited < LATE or not isinstance(asked.command, (Approve, Enter, Resume, SetAuto)):
        return None
    if isinstance(asked.command, SetAuto) and not asked.command.armed:
        return None
    return False, f"not done: it reached the desk {waited:.0f} s late. Look again"


class LinkServer:
    """Publishes rows to every attached console and takes their commands."""

    def __init__(
        self, path: Path, on_command: Commands, on_consoles: Callable[[int], None] = lambda count: None
    ) -> None:
        self._path = path
        self._on_command = on_command
        self._on_consoles = on_consoles
        self.hub = Hub()
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._consoles = 0

    async def start(self) -> None:
        """Listen. Raises :class:`LinkError` when another desk answers on the socket."""
        if self._path.exists():
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
                try:
                    probe.connect(str(self._path))
                except OSError:
                    self._path.unlink(missing_ok=True)
                else:
                    raise LinkError(f"{self._path}: another desk answers here")
        mask = os.umask(0o177)
        try:
            self._server = await asyncio.start_unix_server(self._accept, str(self._path))
        finally:
            os.umask(mask)

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
        # The last words (a reply to "stop") still leave.
        await asyncio.sleep(FLUSH)
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._path.unlink(missing_ok=True)

    def publish(self, topic: str, key: str, view: AnyView) -> None:
        self.hub.publish(topic, key, view)

    def remove(self, topic: str, key: str) -> None:
        self.hub.remove(topic, key)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            await self._serve(reader, writer)
        except (LinkError, msgspec.MsgspecError, ConnectionError):
            pass  # a peer that does not speak the link's language is hung up on
        except asyncio.CancelledError:
            pass  # the desk ends
        finally:
            self._tasks.discard(task)
            writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        first = await read_frame(reader)
        if first is None:
            return
        attach = decode_attach(first)
        writer.write(frame(Hello(version=VERSION, pid=os.getpid(), desk_version=__version__)))
        if attach.version != VERSION:
            await writer.drain()
            return
        viewer = self.hub.open()
        if not attach.observer:
            self._count(1)
        flusher = asyncio.create_task(self._flush(viewer, writer), name=f"link flush {attach.who}")
        try:
            while (body := await read_frame(reader)) is not None:
                asked = decode_up(body)
                done, text, *view = late(asked) or self._on_command(asked.command, attach.who or "console")
                self._send_delta(viewer, writer)
                writer.write(frame(Reply(id=asked.id, ok=done, text=text, view=view[0] if view else None)))
        finally:
            flusher.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await flusher
            self.hub.close(viewer)
            if not attach.observer:
                self._count(-1)

    async def _flush(self, viewer: Viewer, writer: asyncio.StreamWriter) -> None:
        while True:
            self._send_delta(viewer, writer)
            await asyncio.sleep(FLUSH)

    def _send_delta(self, viewer: Viewer, writer: asyncio.StreamWriter) -> None:
        if writer.transport.get_write_buffer_size() > HIGH_WATER:
            return
        delta = self.hub.take(viewer)
        if delta is not None:
            writer.write(frame(delta))

    def _count(self, change: int) -> None:
        self._consoles += change
        self._on_consoles(self._consoles)
