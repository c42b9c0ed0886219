"""The desk's hand on the tape of its embedded exchange: it only passes the operator's wish on."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
from pathlib import Path
from typing import Any

from skim_tui.link.controls import PlaybackView

logger = logging.getLogger("skim.playback")

EVERY = 0.5
"""Real seconds between two looks at the tape."""
RETRY = 2.0


class Playback:
    """Asks the exchange's control port where the tape stands, and sends it what the operator wants."""

    def __init__(self, port: int, tapes_dir: Path) -> None:
        self._port = port
        self._tapes_dir = tapes_dir
        self._writer: asyncio.StreamWriter | None = None
        self._view: PlaybackView | None = None
        self.refused = ""
        """Why the exchange did not do what was asked last."""

    @property
    def view(self) -> PlaybackView | None:
        """Where the tape stands; None while the exchange does not say."""
        return self._view

    async def run(self) -> None:
        """Follow the tape until cancelled."""
        while True:
            with contextlib.suppress(OSError, ValueError):
                reader, self._writer = await asyncio.open_connection("127.0.0.1", self._port)
                try:
                    await self._follow(reader, self._writer)
                finally:
                    self._writer.close()
                    self._writer = self._view = None
            await asyncio.sleep(RETRY)

    async def _follow(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asking = asyncio.create_task(self._ask_on(writer), name="playback")
        try:
            while line := await reader.readline():
                self._take(json.loads(line))
        finally:
            asking.cancel()

    async def _ask_on(self, writer: asyncio.StreamWriter) -> None:
        while True:
            writer.write(b"{}\n")
            await asyncio.sleep(EVERY)

    def _take(self, said: dict[str, Any]) -> None:
        refused = str(said.pop("refused", ""))
        if refused:
            self.refused = refused
            logger.warning("the exchange refused: %s", refused)
        self._view = PlaybackView(
            tape=str(said["tape"]),
            speed=float(said["speed"]),
            paused=bool(said["paused"]),
            now=float(said["now"]),
            start=float(said["start"]),
            end=float(said["end"]),
            tapes=self._tapes(str(said["tape"])),
        )

    def steer(self, action: str, value: float) -> tuple[bool, str]:
        """Pass one action on; (passed on, what was asked)."""
        if self._writer is None or self._writer.is_closing():
            return False, "the embedded exchange does not answer"
        self._writer.write(json.dumps({"do": action, "value": value}).encode() + b"\n")
        said = {"pause": "paused", "resume": "running", "speed": f"{value:g} times real time", "step": f"{value / 60:g} min played"}  # fmt: skip
        return True, said.get(action, action)

    def _tapes(self, present: str) -> tuple[str, ...]:
        found = [str(path.parent) for path in sorted(self._tapes_dir.glob("*/tape.toml"))]
        return tuple(dict.fromkeys([present, "synthetic:asx:1", "synthetic:asx:2", "synthetic:asx:3", *found]))
