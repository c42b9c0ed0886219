"""Brings alerts to a Discord channel: queued, in order, within its rate limits, never in anybody's way."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
from collections import deque
from collections.abc import Callable
from typing import Any

import aiohttp

from skim_tui.alerts.alert import Alert
from skim_tui.alerts.embed import message
from skim_tui.alerts.webhook import Webhook

logger = logging.getLogger("skim.alerts")

QUEUE = 200
"""Alerts kept while Discord cannot be reached; then the oldest give way."""
TIMEOUT = aiohttp.ClientTimeout(total=15.0)
FIRST_WAIT, LONGEST_WAIT = 1.0, 300.0
"""Seconds between attempts while Discord fails, doubling."""
LONGEST_RETRY_AFTER = 3600.0
GONE = frozenset({401, 403, 404})
"""The webhook was deleted or never was: asking again would get this address banned."""


class _Failing(Exception):
    """Discord answered with a fault of its own (5xx)."""


class DiscordSender:
    """A queue of alerts and the one task that sends them.

    :meth:`offer` never waits. Discord's 429 is waited out as it says; its own faults and a lost line are
    waited out with growing pauses; a message it refuses as such is dropped and counted.
    """

    def __init__(self, webhook: Webhook, *, changed: Callable[[], None] = lambda: None, queue: int = QUEUE) -> None:
        self._webhook = webhook
        self._changed = changed
        self._most = queue
        self._waiting: deque[Alert] = deque()
        self._wake = asyncio.Event()
        self.delivered = 0
        self.dropped = 0
        """Gave way to newer ones while Discord was out of reach."""
        self.refused = 0
        self.limited = 0
        """Times that Discord asked to wait."""
        self.trouble = ""
        """Why nothing gets through at the moment; empty while it does."""
        self.ended = False
        self._under_way = 0

    @property
    def waiting(self) -> int:
        """Alerts not delivered yet, those under way included."""
        return len(self._waiting) + self._under_way

    def offer(self, alert: Alert) -> None:
        """Queue an alert; when the queue is full the oldest is dropped and counted."""
        if self.ended:
            self.dropped += 1
        else:
            if len(self._waiting) >= self._most:
                self._waiting.popleft()
                self.dropped += 1
            self._waiting.append(alert)
            self._wake.set()
        self._changed()

    async def run(self) -> None:
        """Send until cancelled, or until Discord no longer knows the webhook."""
        failures = 0
        async with aiohttp.ClientSession(timeout=TIMEOUT) as http:
            while not self.ended:
                if not self._waiting:
                    self._wake.clear()
                    await self._wake.wait()
                # Taken out first: while it is under way, the queue may overflow and drop from its front.
                batch = list(self._waiting)
                body, count = message(batch)
                sending = [self._waiting.popleft() for _ in range(count)]
                self._under_way = count
                try:
                    wait = await self._send(http, body, count)
                except _Failing as error:
                    wait = self._failed(str(error), failures)
                except (aiohttp.ClientError, OSError, TimeoutError) as error:
                    # Its text may hold the address.
                    wait = self._failed(f"is out of reach ({type(error).__name__})", failures)
                except asyncio.CancelledError:
                    self._waiting.extendleft(reversed(sending))
                    raise
                finally:
                    self._under_way = 0
                if wait is None:
                    failures = 0
                    continue
                failures += 1
                self._put_back(sending)
                await asyncio.sleep(wait)

    async def flush(self, seconds: float) -> None:
        """Give what is queued a last chance of at most ``seconds``; :meth:`run` must be at work."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while self.waiting and not self.ended:
                    await asyncio.sleep(0.05)

    # ---- details ----------------------------------------------------------------------------------

    async def _send(self, http: aiohttp.ClientSession, body: dict[str, Any], count: int) -> float | None:
        """Post one message. None when it is done with, else the seconds to wait before it is sent again."""
        async with http.post(self._webhook.reveal(), json=body, allow_redirects=False) as answer:
            status = answer.status
            if status in (200, 204):
                self.delivered += count
                self._tell("")
                if answer.headers.get("X-RateLimit-Remaining") == "0":
                    await asyncio.sleep(_seconds(answer.headers.get("X-RateLimit-Reset-After")))
                return None
            if status == 429:
                self.limited += 1
                wait = await _retry_after(answer)
                self._tell(f"asks to wait {wait:.1f} s")
                return wait
            if status in GONE:
                self.ended = True
                self.dropped += count + len(self._waiting)
                self._waiting.clear()
                self._tell(f"does not accept the webhook (HTTP {status}): no more alerts until a restart")
                return None
            if 400 <= status < 500:
                self.refused += count
                self._tell(f"refused {count} alert(s) with HTTP {status}")
                return None
            raise _Failing(f"fails with HTTP {status}")

    def _failed(self, why: str, failures: int) -> float:
        self._tell(why)
        return min(FIRST_WAIT * 2.0 ** min(failures, 16), LONGEST_WAIT)

    def _put_back(self, sending: list[Alert]) -> None:
        room = max(0, self._most - len(self._waiting))
        self.dropped += max(0, len(sending) - room)
        self._waiting.extendleft(reversed(sending[max(0, len(sending) - room) :]))
        self._changed()

    def _tell(self, trouble: str) -> None:
        if trouble and trouble != self.trouble:
            logger.warning("Discord %s; %d alert(s) wait", trouble, len(self._waiting))
        elif self.trouble and not trouble:
            logger.info("Discord takes alerts again")
        self.trouble = trouble
        self._changed()


async def _retry_after(answer: aiohttp.ClientResponse) -> float:
    """What a 429 says in its body (seconds, with a fraction) or its header."""
    try:
        body = json.loads(await answer.text())
        return _seconds(body["retry_after"])
    except (ValueError, KeyError, TypeError):
        return _seconds(answer.headers.get("Retry-After"))


def _seconds(said: Any) -> float:
    try:
        wait = float(said)
    except (TypeError, ValueError):
        return FIRST_WAIT
    return min(max(0.0, wait), LONGEST_RETRY_AFTER) if wait == wait else FIRST_WAIT
