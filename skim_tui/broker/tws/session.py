"""One socket connection to TWS or a gateway: handshake, requests with their answers, end.

Of ib_async the client (framing, encoding, decoding) is used and its ``IB`` layer is not: that layer's order
states, silent empty answers and state lost at disconnect are what this adapter keeps for itself.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, cast

from ib_async import Client

from skim_tui.broker.tws.callbacks import Callbacks
from skim_tui.broker.tws.errors import FATAL_AT_CONNECT, NoAnswer, RequestRefused, fails_request
from skim_tui.broker.tws.exectime import with_epoch_time
from skim_tui.broker.tws.feed import SymbolFeed
from skim_tui.broker.tws.wire import HeadlineStream, HistoryStream, ScanStream, SessionEvents, Wire

REQUEST_IDS_FROM = 1_000_000_000
"""Order ids and request ids share one field of an error message; these are far above any order id."""

CLOSED = "the connection was closed by the other side"

EXECUTION = 11
"""The message id of execDetails."""


@dataclass(slots=True)
class _Request:
    """A request that waits: its rows so far and its end."""

    done: asyncio.Future[list[Any]]
    rows: list[Any] = field(default_factory=list[Any])


class Session:
    """One connection. Requests raise :class:`RequestRefused` or :class:`NoAnswer`; never an empty success.
    ``read_time`` makes UTC epoch seconds of an execution's time as the gateway writes it."""

    def __init__(self, client_id: int, events: SessionEvents, read_time: Callable[[str], float]) -> None:
        self.client_id = client_id
        self._events = events
        self._client = Client(cast(Any, Callbacks(self, events)))
        handlers = cast(dict[int, Callable[[list[str]], None]], cast(Any, self._client.decoder).handlers)
        handlers[EXECUTION] = with_epoch_time(handlers[EXECUTION], read_time)
        self.wire = cast(Wire, self._client)
        self.wire.MaxRequests = 0  # its throttle is one queue: an order would wait behind data requests
        self.accounts: list[str] = []
        self.next_valid_id = 1
        self.last_received = time.monotonic()
        self.requests: dict[int | str, _Request] = {}
        self.feeds: dict[int, SymbolFeed] = {}
        self.histories: dict[int, HistoryStream] = {}
        self.scans: dict[int, ScanStream] = {}
        self.news: dict[int, HeadlineStream] = {}
        self._locks: dict[str, asyncio.Lock] = {}
        self._last_id = REQUEST_IDS_FROM
        self._closed: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._closing = False

    # ---- life -----------------------------------------------------------------------------------

    async def open(self, host: str, port: int, timeout: float) -> None:
        """Connect and wait until TWS takes requests. Raises :class:`NoAnswer` with the reason."""
        connecting = asyncio.ensure_future(self.wire.connectAsync(host, port, self.client_id, timeout))
        try:
            await asyncio.wait({connecting, self._closed}, return_when=asyncio.FIRST_COMPLETED)
            if not connecting.done():  # the client library itself would wait for its timeout
                raise NoAnswer(f"{host}:{port} {self._closed.result()}")
            error = connecting.exception()
            if error is not None:
                ended = self._closed.result() if self._closed.done() else ""
                if isinstance(error, TimeoutError) and ended in ("", CLOSED):
                    # The client library closes the socket itself when its patience ends.
                    raise NoAnswer(f"{host}:{port} names no account within {timeout:g} s: is it logged in?")
                raise NoAnswer(f"{host}:{port} {ended or str(error) or type(error).__name__}")
        finally:
            if not connecting.done():
                connecting.cancel()
            await asyncio.gather(connecting, return_exceptions=True)

    @property
    def is_open(self) -> bool:
        return not self._closed.done() and self.wire.isReady()

    async def closed(self) -> str:
        """Wait for the end of the connection; the reason."""
        return await asyncio.shield(self._closed)

    def close(self, reason: str, *, abort: bool = False) -> None:
        """End the connection. ``abort`` drops what the peer has not taken yet. Idempotent."""
        if self._closing:
            return
        self._closing = True
        transport = self._client.conn.transport
        self.end(reason)
        if transport is not None and (abort or transport.is_closing()):
            transport.abort()
        elif transport is not None:
            # A peer that no longer reads must not keep the socket for ever.
            asyncio.get_running_loop().call_later(2.0, transport.abort)
        if transport is None or not transport.is_closing():
            self.wire.disconnect()

    def closed_by_peer(self) -> None:
        self.end(CLOSED)

    def end(self, reason: str) -> None:
        """The connection is over: nobody waits any longer."""
        if not self._closed.done():
            self._closed.set_result(reason)
        for request in self.requests.values():
            if not request.done.done():
                request.done.set_exception(NoAnswer(reason))
        self.requests.clear()
        self.forget_streams()

    def forget_streams(self) -> None:
        """Nobody takes what still comes for the subscriptions made so far."""
        self.feeds.clear()
        self.histories.clear()
        self.scans.clear()
        self.news.clear()

    # ---- requests -------------------------------------------------------------------------------

    def new_request_id(self) -> int:
        self._last_id += 1
        return self._last_id

    async def ask(self, key: int | str, send: Callable[[], None], timeout: float) -> list[Any]:
        """Send a request and wait for all its rows. A text key names a request without an id, of which TWS
        answers one at a time: those wait for each other."""
        if isinstance(key, str):
            async with self._locks.setdefault(key, asyncio.Lock()):
                return await self._ask(key, send, timeout)
        return await self._ask(key, send, timeout)

    async def _ask(self, key: int | str, send: Callable[[], None], timeout: float) -> list[Any]:
        if not self.is_open:
            raise NoAnswer("not connected")
        request = self.requests[key] = _Request(asyncio.get_running_loop().create_future())
        try:
            send()
            async with asyncio.timeout(timeout):
                return await request.done
        except TimeoutError:
            raise NoAnswer(f"no answer within {timeout:g} s") from None
        finally:
            self.requests.pop(key, None)

    def add(self, key: int | str, row: object) -> None:
        request = self.requests.get(key)
        if request is not None:
            request.rows.append(row)

    def finish(self, key: int | str) -> None:
        request = self.requests.get(key)
        if request is not None and not request.done.done():
            request.done.set_result(request.rows)

    def rows_so_far(self, key: int | str) -> list[Any]:
        request = self.requests.get(key)
        return [] if request is None else request.rows

    def error(self, req_id: int, code: int, text: str) -> None:
        """Bring an error message to whom it concerns."""
        if self._events.owns_order(req_id):
            self._events.on_order_error(req_id, code, text)
        elif req_id in self.requests:
            request = self.requests[req_id]
            if not fails_request(code):
                self._events.on_notice(code, text)
            elif not request.done.done():
                request.done.set_exception(RequestRefused(code, text))
        elif req_id in self.scans:
            self.scans[req_id].on_scan_error(code, text)
        elif req_id in self.histories:
            if fails_request(code):
                self.histories[req_id].on_lost(code, text)
        elif req_id in self.feeds:
            self.feeds[req_id].on_error(code, text)
        elif req_id in self.news:
            self.news[req_id].on_error(code, text)
        elif req_id < REQUEST_IDS_FROM:
            if code in FATAL_AT_CONNECT and not self.wire.isReady():
                self.end(f"{code} {text}")
            self._events.on_notice(code, text)
        # What is left concerns a request that nobody waits for any more.
