"""Steers a running exchange's clock: pause, speed, step, seek. One JSON line asks, one answers, on loopback only."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Callable
from typing import Any, Protocol

from skim_tui.domain.session import ExchangeDay
from skim_tui.exchange.clock import SimClock

LONGEST_LINE = 4096
SPEEDS = (0.01, 1000.0)


class Steered(Protocol):
    """What of an exchange is steered."""

    @property
    def clock(self) -> SimClock: ...
    def now(self) -> float: ...
    def day(self) -> ExchangeDay: ...


class Control:
    """The steering wheel of one exchange. ``over`` is called when the exchange shall end."""

    def __init__(self, exchange: Steered, tape: str, over: Callable[[], None]) -> None:
        self._exchange = exchange
        self._tape = tape
        self._over = over
        self._server: asyncio.Server | None = None
        self._speed = exchange.clock.speed or 0.0
        """What a pause goes back to."""

    async def start(self) -> int:
        """Listen; the port."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, limit=LONGEST_LINE)
        return int(self._server.sockets[0].getsockname()[1])

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()

    def state(self) -> dict[str, Any]:
        """Where the tape stands."""
        day, speed = self._exchange.day(), self._exchange.clock.speed
        return {
            "tape": self._tape, "speed": speed or 0.0, "paused": speed == 0.0, "now": self._exchange.now(),
            "start": day.pre_open, "end": day.end,
        }  # fmt: skip

    def do(self, action: str, value: float) -> str:
        """Carry out one action. Why it was refused; empty when it was done."""
        clock = self._exchange.clock
        if clock.speed is None:
            return "an exchange at maximum speed has no time to steer"
        match action:
            case "pause":
                clock.change(0.0)
            case "resume":
                clock.change(self._speed)
            case "speed":
                if not SPEEDS[0] <= value <= SPEEDS[1]:
                    return f"speed {value:g} is not between {SPEEDS[0]:g} and {SPEEDS[1]:g}"
                self._speed = value
                clock.change(value)
            case "step":
                clock.change(0.0)
                clock.set(clock.now() + max(0.0, value))
            case "seek":
                if value <= clock.now():
                    return "time only goes forward: start the tape again to go back"
                if value > self._exchange.day().end:
                    return "that is after the end of this day"
                clock.set(value)
            case "end":
                self._over()
            case _:
                return f"{action}: an exchange cannot do that"
        return ""

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, ValueError):
            while line := await reader.readline():
                asked = json.loads(line)
                if not isinstance(asked, dict):
                    break
                refused = self.do(str(asked["do"]), float(asked.get("value", 0.0))) if asked.get("do") else ""
                writer.write(json.dumps({**self.state(), "refused": refused}).encode() + b"\n")
                await writer.drain()
        writer.close()
