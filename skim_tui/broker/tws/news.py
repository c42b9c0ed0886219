"""The broker's news on one connection: providers, headlines of watched shares and broad tapes, articles."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Coroutine, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from ib_async import Contract, NewsProvider

from skim_tui.broker.pacing import Pacer, Priority
from skim_tui.broker.port import BrokerError
from skim_tui.broker.tws.errors import fails_request
from skim_tui.broker.tws.lookup import Lookup
from skim_tui.broker.tws.newsrows import BINARY, TEXT, ArticleBody, PastHeadline
from skim_tui.broker.tws.orderform import stock
from skim_tui.broker.tws.session import Session
from skim_tui.domain.events import Article, BrokerEvent, RequestFailed, SourceReport, SourceState
from skim_tui.domain.market import Announcement
from skim_tui.news.headline import Headline, parse_headline

logger = logging.getLogger("skim.tws")

NAME = "broker news"
TIMEOUT = 20.0
TICKS = "mdoff,292"
"""News alone: a refusal of news must not take the quotes with it, so it never shares their subscription."""
PAST_DAYS = 3
"""Further back than a weekend nothing matters for today."""
PAST_HEADLINES = 20
UNRESOLVED = 200
"""Headlines that wait for what their contract ids mean; beyond it they go on without."""
IDS_KNOWN = 5000
MILLISECONDS_FROM = 1e11
"""Epoch times above this are milliseconds: as seconds they would lie beyond the year 5000."""
OPEN_ARTICLES = 4


class NewsStream:
    """One news subscription: of a share, or of a provider's broad tape (``symbol`` empty)."""

    def __init__(self, news: News, symbol: str, provider: str = "") -> None:
        self._news = news
        self.symbol = symbol
        self.provider = provider

    def on_news(self, ts: float, provider: str, article_id: str, headline: str, extra: str) -> None:
        self._news.take(self.symbol, epoch_seconds(ts), provider, article_id, headline, extra)

    def on_error(self, code: int, text: str) -> None:
        if fails_request(code):
            self._news.refused(self, f"{code} {text}")


class News:
    """News of one connection. Callbacks only parse and hand on; whatever must be asked is asked by tasks."""

    def __init__(
        self,
        session: Session,
        pacer: Pacer,
        lookup: Lookup,
        mic: str,
        emit: Callable[[BrokerEvent], None],
        now: Callable[[], float],
        providers: Sequence[str],
    ) -> None:
        self._session = session
        self._pacer = pacer
        self._lookup = lookup
        self._mic = mic
        self._emit = emit
        self._now = now
        self._asked_for = tuple(providers)
        self.providers: tuple[str, ...] = ()
        """Those that are read."""
        self._wanted: dict[str, None] = {}
        self._streams: dict[str, int] = {}
        """symbol -> request id"""
        self._changed = asyncio.Event()
        self._ids: dict[int, str] = {}
        """contract id -> symbol here; empty for what is no share of this market."""
        self._unresolved: deque[tuple[Announcement, tuple[int, ...]]] = deque()
        self._arrived = asyncio.Event()
        self._articles = asyncio.Semaphore(OPEN_ARTICLES)
        self._tasks: set[asyncio.Task[None]] = set()
        self._refused: set[str] = set()

    # ---- commands ---------------------------------------------------------------------------------

    def start(self, watched: Sequence[str]) -> None:
        self._wanted = dict.fromkeys(watched)
        self._start("news", self._run())
        self._start("news contracts", self._resolve())

    def watch(self, symbol: str) -> None:
        self._wanted[symbol] = None
        self._changed.set()

    def unwatch(self, symbol: str) -> None:
        self._wanted.pop(symbol, None)
        self._changed.set()

    def fetch_article(self, provider: str, article_id: str) -> None:
        self._start(f"article {article_id}", self._fetch_article(provider, article_id))

    async def close(self) -> None:
        """End every task; nothing is sent, the connection is over or about to be."""
        tasks = tuple(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    # ---- what comes ---------------------------------------------------------------------------------

    def take(self, symbol: str, ts: float, provider: str, article_id: str, raw: str, extra: str = "") -> None:
        """One headline. Cheap: it is parsed and handed on. One whose contract ids are not all known is handed on
        again when they are and name further shares; without any share it waits for that."""
        parsed = parse_headline(raw, extra)
        if not parsed.text:
            return
        known = [self._ids[number] for number in parsed.contracts if self._ids.get(number)]
        item = _item(symbol, ts, provider, article_id, parsed, known)
        unknown = tuple(number for number in parsed.contracts if number not in self._ids)
        waits = bool(unknown) and len(self._unresolved) < UNRESOLVED
        if item.symbol or not waits:
            self._emit(item)
        if waits:
            self._unresolved.append((item, unknown))
            self._arrived.set()

    def refused(self, stream: NewsStream, reason: str) -> None:
        """A subscription without permission. Some providers have no broad tape: that is told once."""
        what = stream.symbol or f"tape of {stream.provider}"
        if what not in self._refused:
            self._refused.add(what)
            self._emit(SourceReport(NAME, SourceState.TROUBLED, f"{what}: {reason}"))

    # ---- tasks --------------------------------------------------------------------------------------

    async def _run(self) -> None:
        """Find the providers, subscribe to their tapes, then keep the watched shares subscribed."""
        try:
            await self._pacer.turn(Priority.LOOKUP)
            rows: list[NewsProvider] = await self._session.ask(
                "news providers", self._session.wire.reqNewsProviders, TIMEOUT
            )
        except BrokerError as error:
            self._emit(SourceReport(NAME, SourceState.STOPPED, f"providers: {error}"))
            return
        offered = {row.code: row.name for row in rows}
        self.providers = tuple(code for code in offered if not self._asked_for or code in self._asked_for)
        missing = [code for code in self._asked_for if code not in offered]
        told = ", ".join(f"{code} ({offered[code]})" for code in self.providers) or "none that the account may read"
        state = SourceState.TROUBLED if missing or not self.providers else SourceState.WORKING
        lacking = f"; not offered: {', '.join(missing)}" if missing else ""
        self._emit(SourceReport(NAME, state, f"providers: {told}{lacking}"))
        if not self.providers:
            return
        for provider in self.providers:
            tape = Contract(symbol=f"{provider}:{provider}_ALL", secType="NEWS", exchange=provider)
            await self._subscribe(tape, NewsStream(self, "", provider), TICKS)
        while True:
            self._changed.clear()
            for symbol in [symbol for symbol in self._streams if symbol not in self._wanted]:
                await self._unsubscribe(symbol)
            for symbol in [symbol for symbol in self._wanted if symbol not in self._streams]:
                await self._follow(symbol)
            await self._changed.wait()

    async def _follow(self, symbol: str) -> None:
        """Headlines of one share from now on, and those of the last days."""
        self._streams[symbol] = 0
        try:
            details = await self._lookup.details(symbol)
        except BrokerError as error:
            self._emit(SourceReport(NAME, SourceState.TROUBLED, f"{symbol}: {error}"))
            return
        assert details.contract is not None
        con_id = details.contract.conId
        self._remember(con_id, symbol)
        listed = f"{TICKS}:{'+'.join(self.providers)}"
        self._streams[symbol] = await self._subscribe(
            stock(symbol, self._mic, con_id), NewsStream(self, symbol), listed
        )
        await self._past(symbol, con_id)

    async def _subscribe(self, contract: Contract, stream: NewsStream, ticks: str) -> int:
        await self._pacer.turn(Priority.LOOKUP)
        request_id = self._session.new_request_id()
        if self._session.is_open:
            self._session.news[request_id] = stream
            self._session.wire.reqMktData(request_id, contract, ticks, False, False, [])
        return request_id

    async def _unsubscribe(self, symbol: str) -> None:
        request_id = self._streams.pop(symbol)
        if self._session.news.pop(request_id, None) is not None:
            await self._pacer.turn(Priority.LOOKUP)
            if self._session.is_open:
                self._session.wire.cancelMktData(request_id)

    async def _past(self, symbol: str, con_id: int) -> None:
        """The newest headlines of the last days, handed on oldest first."""
        session, now = self._session, datetime.fromtimestamp(self._now(), UTC)
        start, end = (f"{moment:%Y-%m-%d %H:%M:%S}.0" for moment in (now - timedelta(days=PAST_DAYS), now))
        request_id = session.new_request_id()
        try:
            async with self._pacer.history():
                rows: list[PastHeadline] = await session.ask(
                    request_id,
                    lambda: session.wire.reqHistoricalNews(
                        request_id, con_id, "+".join(self.providers), start, end, PAST_HEADLINES, []
                    ),
                    TIMEOUT,
                )
        except BrokerError as error:
            self._emit(SourceReport(NAME, SourceState.TROUBLED, f"past headlines of {symbol}: {error}"))
            return
        for row in sorted(rows, key=lambda row: row.time):
            ts = past_time(row.time)
            if ts is not None:
                self.take(symbol, ts, row.provider, row.article_id, row.headline)

    async def _resolve(self) -> None:
        """Look up what contract ids mean, one after another, and hand the headlines on."""
        while True:
            while self._unresolved:
                item, numbers = self._unresolved[0]
                for number in numbers:
                    if number not in self._ids:
                        self._remember(number, await self._lookup.symbol_of(number))
                self._unresolved.popleft()
                more = [self._ids[number] for number in numbers if self._ids.get(number)]
                if more or not item.symbol:
                    self._emit(_with_symbols(item, [*item.symbols, *more]))
            self._arrived.clear()
            await self._arrived.wait()

    async def _fetch_article(self, provider: str, article_id: str) -> None:
        session = self._session
        request_id = session.new_request_id()
        try:
            async with self._articles:
                await self._pacer.turn(Priority.LOOKUP)
                rows: list[ArticleBody] = await session.ask(
                    request_id,
                    lambda: session.wire.reqNewsArticle(request_id, provider, article_id, []),
                    TIMEOUT,
                )
        except BrokerError as error:
            self._emit(RequestFailed("fetch_article", article_id, str(error)))
            return
        body = rows[0] if rows else ArticleBody(TEXT, "")
        if body.kind == BINARY:
            self._emit(RequestFailed("fetch_article", article_id, "a document (PDF), not a text"))
        else:
            self._emit(Article(provider, article_id, body.text))

    # ---- details ------------------------------------------------------------------------------------

    def _remember(self, con_id: int, symbol: str) -> None:
        if len(self._ids) >= IDS_KNOWN:
            self._ids.pop(next(iter(self._ids)))
        self._ids[con_id] = symbol

    def _start(self, name: str, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work, name=f"tws {name}")
        self._tasks.add(task)
        task.add_done_callback(lambda done: self._ended(name, done))

    def _ended(self, name: str, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            logger.error("defect in %s", name, exc_info=task.exception())
            self._emit(SourceReport(NAME, SourceState.STOPPED, f"defect in {name}: {task.exception()!r}"))


def epoch_seconds(ts: float) -> float:
    """News times come in milliseconds from most versions and in seconds from some."""
    return ts / 1000.0 if ts >= MILLISECONDS_FROM else ts


def past_time(text: str) -> float | None:
    """``yyyy-mm-dd hh:mm:ss.0`` in UTC; None for anything else."""
    try:
        return datetime.strptime(text.strip()[:19], "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC).timestamp()
    except ValueError:
        return None


def _item(
    symbol: str, ts: float, provider: str, article_id: str, parsed: Headline, known: Sequence[str]
) -> Announcement:
    item = Announcement(
        symbol=symbol,
        ts=ts,
        headline=parsed.text,
        source=provider,
        key=article_id,
        language=parsed.language,
        sentiment=parsed.sentiment,
        confidence=parsed.confidence,
    )
    return _with_symbols(item, known)


def _with_symbols(item: Announcement, known: Sequence[str]) -> Announcement:
    """``item`` about its own share first, and those that its contract ids name."""
    symbols = tuple(dict.fromkeys([item.symbol, *known] if item.symbol else known))
    if not symbols:
        return item
    return Announcement(
        symbols[0], item.ts, item.headline, item.price_sensitive, item.source, item.key, symbols,
        language=item.language, sentiment=item.sentiment, confidence=item.confidence,
    )  # fmt: skip
