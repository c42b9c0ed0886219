"""The console's end of the link over the desk's Unix socket."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable
from pathlib import Path

import msgspec

from skim_tui.link.commands import AnyCommand
from skim_tui.link.framing import decode_down, frame, read_frame
from skim_tui.link.messages import VERSION, Attach, Delta, Hello, Reply, Up
from skim_tui.link.port import LinkError

log = logging.getLogger("skim.link")

REPLY_TIMEOUT = 10.0


class SocketLink:
    """An attached desk. It can be attached again after it was lost."""

    def __init__(self, path: Path, *, who: str = "console", observer: bool = False) -> None:
        self._path = path
        self._who = who
        self._observer = observer
        self._writer: asyncio.StreamWriter | None = None
        self._reader_task: asyncio.Task[None] | None = None
        self._waiting: dict[int, asyncio.Future[Reply]] = {}
        self._next_id = 0

    async def attach(self, on_delta: Callable[[Delta], None], on_lost: Callable[[str], None]) -> None:
        try:
            reader, writer = await asyncio.open_unix_connection(str(self._path))
        except OSError as error:
            raise LinkError(f"no desk answers at {self._path}: {error.strerror or error}") from None
        writer.write(frame(Attach(version=VERSION, who=self._who, observer=self._observer)))
        try:
            first = await asyncio.wait_for(read_frame(reader), REPLY_TIMEOUT)
            hello = decode_down(first) if first else None
        except TimeoutError:
            writer.close()
            raise LinkError(f"the desk at {self._path} does not answer") from None
        except (LinkError, msgspec.MsgspecError) as error:
            writer.close()
            raise LinkError(f"what answers at {self._path} is not a desk: {error}") from None
        except BaseException:
            writer.close()
            raise
        if not isinstance(hello, Hello):
            writer.close()
            raise LinkError(f"what answers at {self._path} is not a desk")
        if hello.version != VERSION:
            writer.close()
            raise LinkError(
                f"the desk (process {hello.pid}) speaks link version {hello.version}, this console {VERSION}: "
                "stop the desk with 'skim stop' and start again"
            )
        self._writer = writer
        self._reader_task = asyncio.create_task(self._read(reader, on_delta, on_lost), name="link reader")

    async def send(self, command: AnyCommand) -> Reply:
        writer = self._writer
        if writer is None or writer.is_closing():
            raise LinkError("no desk is attached")
        self._next_id += 1
        answer: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        self._waiting[self._next_id] = answer
        number = self._next_id
        writer.write(frame(Up(id=number, command=command, at=time.monotonic())))
        try:
            return await asyncio.wait_for(answer, REPLY_TIMEOUT)
        except TimeoutError:
            raise LinkError("the desk does not answer") from None
        finally:
            self._waiting.pop(number, None)

    async def close(self) -> None:
        if self._reader_task is not None:
            self._reader_task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._reader_task
            self._reader_task = None
        if self._writer is not None:
            self._writer.close()
            self._writer = None

    async def _read(
        self, reader: asyncio.StreamReader, on_delta: Callable[[Delta], None], on_lost: Callable[[str], None]
    ) -> None:
        reason = "the desk ended"
        try:
            while (body := await read_frame(reader)) is not None:
                said = decode_down(body)
                if isinstance(said, Delta):
                    on_delta(said)
                elif isinstance(said, Reply):
                    answer = self._waiting.get(said.id)
                    if answer is not None and not answer.done():
                        answer.set_result(said)
        except (LinkError, msgspec.MsgspecError) as error:
            reason = f"the link broke: {error}"
        except Exception as error:
            # Whatever the console makes of it, a reader that died unseen would freeze the screen.
            log.exception("what the desk said could not be taken")
            reason = f"what the desk said could not be taken: {error!r}"
        if self._writer is not None:
            self._writer.close()
            self._writer = None
        for answer in self._waiting.values():
            if not answer.done():
                answer.set_exception(LinkError(reason))
        on_lost(reason)
