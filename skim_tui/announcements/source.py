"""The worker that reads the exchange's public lists over HTTP, one polite request at a time."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from random import Random
from typing import Literal

import aiohttp

from skim_tui import __version__
from skim_tui.announcements.feed import parse_feed
from skim_tui.announcements.listing import LayoutChanged, ListError, Listing, SourceRefused
from skim_tui.announcements.page import parse_page
from skim_tui.announcements.poll import Manners, in_hours
from skim_tui.domain.events import SourceReport, SourceState
from skim_tui.domain.market import Announcement

NAME = "announcements"
TODAY, PREVIOUS = "todayAnns.do", "prevBusDayAnns.do"
TIMEOUT = aiohttp.ClientTimeout(total=30.0)
LARGEST = 8_000_000
"""Bytes; a busy day's list is about 1.2 MB."""
REFUSALS = frozenset({401, 403, 429})
SHORTEST_PAUSE = 1.0
"""Real seconds between two requests, however fast the exchange's clock runs."""
CLOCK_LOOK = 1.0
"""Real seconds between two looks at the clock outside announcement hours."""
KEYS_KEPT = 5000
Form = Literal["page", "json"]

Sink = Callable[[Announcement | SourceReport], None]


class AnnouncementSource:
    """Reads the previous business day's list once and today's about once a minute, and tells what is new.

    A refusal (401, 403, 429 or a challenge page) ends it for good: it is told, and nothing is asked again.
    """

    def __init__(
        self,
        base: str,
        now: Callable[[], float],
        speed: Callable[[], float],
        *,
        form: Form = "page",
        manners: Manners | None = None,
        random: Random | None = None,
    ) -> None:
        """``base`` is the folder of the pages, or with form ``json`` the whole address of the list."""
        self._base = base
        self._form: Form = form
        self._now = now
        self._speed = speed
        self._manners = manners or Manners()
        self._random = random or Random()
        self._known: deque[str] = deque(maxlen=KEYS_KEPT)
        self._known_set: set[str] = set()
        self._validators: dict[str, dict[str, str]] = {}
        self.state = SourceState.WORKING
        self.requests = 0

    async def run(self, sink: Sink) -> None:
        """Work until cancelled or refused."""
        failures = 0
        pages = [PREVIOUS, TODAY] if self._form == "page" else [""]
        async with aiohttp.ClientSession(
            timeout=TIMEOUT,
            headers={"User-Agent": f"skim/{__version__} (personal use)", "Accept-Language": "en"},
            connector=aiohttp.TCPConnector(limit=1),
        ) as http:
            while True:
                await self._until_hours()
                page = pages[0]
                try:
                    listing = await self._fetch(http, page)
                except SourceRefused as error:
                    self._report(sink, SourceState.STOPPED, f"{error}; nothing more is asked of it until a restart")
                    return
                except (ListError, aiohttp.ClientError, OSError, TimeoutError) as error:
                    failures += 1
                    what = str(error) if isinstance(error, ListError) else f"{page}: {_cause(error)}"
                    self._report(sink, SourceState.TROUBLED, what)
                else:
                    failures = 0
                    if len(pages) > 1:
                        pages.pop(0)
                    if listing is not None:
                        self._tell(sink, page, listing)
                await self._pause(self._manners.pause(failures, self._random))

    # ---- details ----------------------------------------------------------------------------------

    async def _fetch(self, http: aiohttp.ClientSession, page: str) -> Listing | None:
        """The list, or None when it has not changed since the last time."""
        url = f"{self._base.rstrip('/')}/{page}" if page else self._base
        self.requests += 1
        async with http.get(url, headers=self._validators.get(url, {}), allow_redirects=False) as answer:
            if answer.status == 304:
                return None
            if answer.status in REFUSALS:
                raise SourceRefused(f"{page}: refused with HTTP {answer.status}")
            if answer.status != 200:
                raise ListError(f"{page}: HTTP {answer.status}")
            body = await answer.content.read(LARGEST + 1)
            while len(body) <= LARGEST and not answer.content.at_eof():
                body += await answer.content.read(LARGEST + 1 - len(body))
            if len(body) > LARGEST:
                raise LayoutChanged(f"{page}: more than {LARGEST:,} bytes")
            text = body.decode(answer.charset or "utf-8", errors="replace")
            # Parsing a busy day takes tens of milliseconds: not in the loop that trades.
            listing = await asyncio.to_thread(
                lambda: parse_page(text, page) if page else parse_feed(text, "the JSON list")
            )
            # Kept only now: a page that could not be read must not come back as "not modified".
            self._validators[url] = {
                asked: answer.headers[given]
                for asked, given in (("If-None-Match", "ETag"), ("If-Modified-Since", "Last-Modified"))
                if given in answer.headers
            }
            return listing

    def _tell(self, sink: Sink, page: str, listing: Listing) -> None:
        new = [row for row in reversed(listing.rows) if row.key not in self._known_set]
        for row in new:
            if len(self._known) == KEYS_KEPT:
                self._known_set.discard(self._known[0])
            self._known.append(row.key)
            self._known_set.add(row.key)
            sink(row)
        day = f" of {listing.published_on}" if listing.published_on else ""
        text = f"{page}{day}: {len(listing.rows)} announcements, {len(new)} new"
        if not listing.rows:
            text = f"{page}{day}: nothing released yet"
        if listing.problems:
            self._report(sink, SourceState.TROUBLED, f"{text}; left out {'; '.join(listing.problems[:3])}")
        else:
            self._report(sink, SourceState.WORKING, text)

    def _report(self, sink: Sink, state: SourceState, text: str) -> None:
        self.state = state
        sink(SourceReport(NAME, state, text))

    async def _until_hours(self) -> None:
        while not in_hours(self._now()):
            await asyncio.sleep(CLOCK_LOOK)  # the broker's clock jumps at its first connection

    async def _pause(self, seconds: float) -> None:
        await asyncio.sleep(max(SHORTEST_PAUSE, seconds / max(self._speed(), 0.01)))


def _cause(error: BaseException) -> str:
    return "no answer in time" if isinstance(error, TimeoutError) else str(error) or type(error).__name__
