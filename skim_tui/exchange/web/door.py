"""The exchange's web door: announcement pages and JSON over loopback HTTP, released as its clock runs."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from typing import Any, Protocol

from aiohttp import web

from skim_tui.domain.market import Announcement
from skim_tui.domain.session import ExchangeDay
from skim_tui.exchange.web.pages import Document, company_page, day_page, document_page, documents, feed

STATISTICS = "/asx/v2/statistics/"
FEED = "/asx-research/1.0/markets/announcements"
MOST_PER_PAGE = 500


class Released(Protocol):
    """What of an exchange this door shows."""

    @property
    def tape(self) -> Any: ...
    def now(self) -> float: ...
    def day(self) -> ExchangeDay: ...


class WebDoor:
    """Serves the lists. Answers carry an ETag, and a request that names the current one gets 304."""

    def __init__(self, exchange: Released, *, host: str = "127.0.0.1", port: int = 0) -> None:
        self._exchange = exchange
        self._host = host
        self._port = port
        self._documents = documents(exchange.tape.announcements)
        self._runner: web.AppRunner | None = None
        self.served: dict[int, int] = {}
        """Answers so far by HTTP status."""

    async def start(self) -> tuple[str, int]:
        """Listen; where."""
        app = web.Application(middlewares=[self._count])
        app.add_routes(
            [
                web.get(f"{STATISTICS}todayAnns.do", self._today),
                web.get(f"{STATISTICS}prevBusDayAnns.do", self._previous),
                web.get(f"{STATISTICS}announcements.do", self._company),
                web.get(f"{STATISTICS}displayAnnouncement.do", self._document),
                web.get(FEED, self._feed),
            ]
        )
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5)
        await self._runner.setup()
        site = web.TCPSite(self._runner, self._host, self._port)
        await site.start()
        host, port = self._runner.addresses[0][:2]
        return host, port

    async def stop(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()

    def add(self, items: Sequence[Announcement]) -> None:
        """Announcements beyond the tape's, e.g. a test's. Document ids are given anew."""
        self._documents = documents([*(document.item for document in self._documents), *items])

    # ---- answers ----------------------------------------------------------------------------------

    async def _today(self, request: web.Request) -> web.StreamResponse:
        day = self._exchange.day().date
        return _html(request, day_page(day, [one for one in self._released() if one.released.date() == day]))

    async def _previous(self, request: web.Request) -> web.StreamResponse:
        day = self._exchange.day().date
        before = sorted({one.released.date() for one in self._released() if one.released.date() < day})
        shown = before[-1] if before else day
        return _html(request, day_page(shown, [one for one in self._released() if one.released.date() == shown < day]))

    async def _company(self, request: web.Request) -> web.StreamResponse:
        symbol = request.query.get("asxCode", "")
        if not symbol:
            raise web.HTTPBadRequest(text="asxCode is missing")
        return _html(request, company_page(symbol, [one for one in self._released() if one.item.symbol == symbol]))

    async def _document(self, request: web.Request) -> web.StreamResponse:
        wanted = request.query.get("idsId", "")
        for document in self._released():
            if f"{document.number:08d}" == wanted:
                return _html(request, document_page(document))
        raise web.HTTPNotFound(text=f"no document {wanted}")

    async def _feed(self, request: web.Request) -> web.StreamResponse:
        try:
            page = max(0, int(request.query.get("page", "0")))
            per_page = min(MOST_PER_PAGE, max(1, int(request.query.get("itemsPerPage", "25"))))
        except ValueError:
            raise web.HTTPBadRequest(text="page and itemsPerPage are numbers") from None
        only = request.query.get("priceSensitiveOnly", "false") == "true"
        return web.json_response(feed(self._released(), page=page, per_page=per_page, sensitive_only=only))

    # ---- details ----------------------------------------------------------------------------------

    def _released(self) -> list[Document]:
        now = self._exchange.now()
        return [document for document in self._documents if document.item.ts <= now]

    @web.middleware
    async def _count(self, request: web.Request, handler: Any) -> web.StreamResponse:
        status = 500
        try:
            answer = await handler(request)
            status = answer.status
        except web.HTTPException as error:
            status = error.status
            raise
        finally:
            self.served[status] = self.served.get(status, 0) + 1
        return answer


def _html(request: web.Request, text: str) -> web.Response:
    body = text.encode()
    tag = f'"{sha256(body).hexdigest()[:16]}"'
    if request.headers.get("If-None-Match") == tag:
        return web.Response(status=304, headers={"ETag": tag})
    return web.Response(body=body, content_type="text/html", charset="utf-8", headers={"ETag": tag})
