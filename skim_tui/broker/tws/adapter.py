"""The TWS broker: one account over one API socket, connected, reconciled and kept so."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Sequence
from decimal import Decimal
from random import Random
from zoneinfo import ZoneInfo

from ib_async import Contract

from skim_tui.broker.brokerclock import BrokerClock
from skim_tui.broker.connection import Backoff, ConnectionStates
from skim_tui.broker.pacing import Pacer
from skim_tui.broker.port import BrokerError, EventSink, NotConnected, ScanRequest
from skim_tui.broker.tws.account import Account, WrongAccount, choose_account
from skim_tui.broker.tws.errors import RESTORED, RESTORED_DATA_LOST, UPSTREAM_LOST, NoAnswer
from skim_tui.broker.tws.exectime import execution_time
from skim_tui.broker.tws.heartbeat import HEARTBEAT, HEARTBEAT_TIMEOUT, Heartbeat
from skim_tui.broker.tws.market import Market
from skim_tui.broker.tws.news import News
from skim_tui.broker.tws.orderform import stock
from skim_tui.broker.tws.session import Session
from skim_tui.broker.tws.sync import take_snapshot
from skim_tui.broker.tws.trading import Trading
from skim_tui.domain.events import BrokerEvent, BrokerNotice, Connection, RequestFailed
from skim_tui.domain.orders import Bracket, OrderSpec
from skim_tui.domain.session import TIME_ZONES
from skim_tui.steadytime import elapsed

logger = logging.getLogger("skim.tws")

RESYNC_PAUSE = 2.0
"""Least local seconds between two syncs that messages about orders ask for."""


class TwsBroker:
    """Implements :class:`skim_tui.broker.port.Broker` for TWS and IB Gateway. One :meth:`run` at a time."""

    def __init__(
        self,
        host: str,
        port: int,
        client_id: int,
        mic: str,
        account: str = "",
        *,
        connect_timeout: float = 6.0,
        random: Random | None = None,
        first_wait: float = 1.0,
        heartbeat: float = HEARTBEAT,
        heartbeat_timeout: float = HEARTBEAT_TIMEOUT,
    ) -> None:
        self.connection = ConnectionStates()
        self.clock = BrokerClock()
        self._host = host
        self._port = port
        self._client_id = client_id
        self._mic = mic
        self._wanted_account = account
        self._connect_timeout = connect_timeout
        self._heartbeat = heartbeat
        self._heartbeat_timeout = heartbeat_timeout
        self._where = f"{host}:{port}"
        self._backoff = Backoff(random or Random(), first=first_wait)
        self._trading = Trading(
            client_id,
            emit=self._emit,
            on_notice=self._on_notice,
            want_sync=self._want_sync,
            contract=self._contract,
            count_sent=lambda: self._pacer.sent(),
        )
        self._pacer = Pacer()
        self._sink: EventSink | None = None
        self._market: Market | None = None
        self._news: News | None = None
        self._news_wanted: tuple[str, ...] | None = None
        """Providers to read; empty for all, None for no news."""
        self._watched: dict[str, None] = {}
        self._scan: ScanRequest | None = None
        self._unanswered: dict[tuple[str, str], int] = {}
        """Look-ups without an answer yet, asked again after a reconnect: (what, symbol) -> sessions."""
        self._upstream = asyncio.Event()
        self._reconciled = asyncio.Event()
        self._sync_wanted = asyncio.Event()
        self._resubscribe = True
        self._synced_at = 0.0

    # ---- the port: time and market ------------------------------------------------------------------

    def now(self) -> float:
        """The broker's time, UTC epoch seconds; the system clock's before the first connection."""
        return self.clock.now(elapsed(), time.time())

    @property
    def speed(self) -> float:
        return self.clock.speed

    def vitals(self) -> tuple[float | None, int]:
        """How the line is: (seconds of the last round trip, data requests that wait for their turn)."""
        return self.clock.round_trip, self._pacer.waiting

    def scan(self, request: ScanRequest) -> None:
        self._scan = request
        if self._market is not None:
            self._market.scan(request)

    def resolve(self, symbol: str) -> None:
        self._look_up("resolve", symbol, 0)

    def fetch_daily(self, symbol: str, sessions: int) -> None:
        self._look_up("fetch_daily", symbol, sessions)

    def fetch_minutes(self, symbol: str, sessions: int) -> None:
        self._look_up("fetch_minutes", symbol, sessions)

    def watch(self, symbol: str) -> None:
        self._watched[symbol] = None
        if self._market is not None:
            self._market.watch(symbol)
        if self._news is not None:
            self._news.watch(symbol)

    def unwatch(self, symbol: str) -> None:
        self._watched.pop(symbol, None)
        if self._market is not None:
            self._market.unwatch(symbol)
        if self._news is not None:
            self._news.unwatch(symbol)

    def follow_news(self, providers: Sequence[str] = ()) -> None:
        """Stream news from the next subscription on: the desk asks before it runs."""
        self._news_wanted = tuple(providers)

    def fetch_article(self, provider: str, article_id: str) -> None:
        if self._news is not None:
            self._news.fetch_article(provider, article_id)
        else:
            self._emit(RequestFailed("fetch_article", article_id, "no news: not connected"))

    # ---- the port: orders ---------------------------------------------------------------------------

    def place(self, bracket: Bracket) -> None:
        self._must_reach_broker()
        self._trading.place(bracket)

    def place_order(self, order: OrderSpec) -> None:
        self._must_reach_broker()
        self._trading.place_order(order)

    def modify(
        self,
        ref: str,
        *,
        quantity: int | None = None,
        stop_price: Decimal | None = None,
        limit_price: Decimal | None = None,
    ) -> None:
        self._must_reach_broker()
        self._trading.modify(ref, quantity, stop_price, limit_price)

    def cancel(self, ref: str) -> None:
        self._must_reach_broker()
        self._trading.cancel(ref)

    def resync(self) -> None:
        """Ask the broker for its whole truth; while not connected, the next connection does so anyway."""
        self._sync_wanted.set()

    def reconciled(self) -> None:
        self._reconciled.set()

    # ---- life ---------------------------------------------------------------------------------------

    async def run(self, sink: EventSink) -> None:
        """Connect, stay connected, and feed ``sink`` until cancelled."""
        if self._sink is not None:
            raise RuntimeError("this broker runs already")
        self._sink = sink
        self._pacer = Pacer()
        self._backoff.reset()
        try:
            while True:
                self._move(Connection.CONNECTING, f"connecting to {self._where} as client {self._client_id}")
                reason, soon = await self._connect_once()
                self._move(Connection.DISCONNECTED, reason)
                await asyncio.sleep(self._backoff.wait() if soon else self._backoff.wait_longest())
        finally:
            if self.connection.state is not Connection.DISCONNECTED:
                self._move(Connection.DISCONNECTED, "stopped")
            self._sink = None

    async def _connect_once(self) -> tuple[str, bool]:
        """One connection from beginning to end: why it ended, and whether trying again soon makes sense."""
        session = Session(self._client_id, self._trading, self._execution_time)
        try:
            await session.open(self._host, self._port, self._connect_timeout)
            account = Account(choose_account(self._wanted_account, session.accounts, self._where), self._mic)
            return await self._serve(session, account), True
        except WrongAccount as error:
            return str(error), False
        except NoAnswer as error:
            return str(error), True
        finally:
            self._trading.end()
            session.close("closed")
            if self._news is not None:
                news, self._news = self._news, None
                await news.close()
            if self._market is not None:
                market, self._market = self._market, None
                await market.close()

    async def _serve(self, session: Session, account: Account) -> str:
        """A connection that takes requests, until it ends; the reason."""
        self._trading.begin(session, account)
        self.clock.reconnected()
        self._upstream.set()
        self._resubscribe = True
        self._move(Connection.SYNCING, f"connected to {self._where}, account {account.account}")
        heart = Heartbeat(session, self.clock, self._upstream, self._heartbeat, self._heartbeat_timeout)
        tasks = (
            asyncio.create_task(session.closed(), name="connection end"),
            asyncio.create_task(self._keep_synced(session, account, heart), name="sync"),
            asyncio.create_task(heart.beat(), name="heartbeat"),
        )
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            return next(self._how_ended(task) for task in tasks if task.done())
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    @staticmethod
    def _how_ended(task: asyncio.Task[str]) -> str:
        error = task.exception()
        if error is None:
            return task.result()
        if isinstance(error, BrokerError):
            return f"{task.get_name()}: {error}"
        if isinstance(error, MemoryError):
            raise error  # no new connection mends that
        logger.error("defect in %s", task.get_name(), exc_info=error)
        return f"defect in {task.get_name()}: {error!r}"

    async def _keep_synced(self, session: Session, account: Account, heart: Heartbeat) -> str:
        """Reconcile, subscribe, turn OPERATIONAL; again whenever it is asked for."""
        first = True
        await heart.first_samples()
        while True:
            await self._upstream.wait()
            self._sync_wanted.clear()
            self._synced_at = time.monotonic()
            try:
                snapshot = await take_snapshot(
                    session, self._trading.book, account,
                    subscribe_account=first, notice=self._notice, now=time.monotonic,
                )  # fmt: skip
            except BrokerError as error:
                if not self._upstream.is_set() and session.is_open:
                    continue
                if self.connection.state is not Connection.OPERATIONAL:
                    raise
                self._emit(RequestFailed("resync", "", str(error)))
            else:
                first = False
                account.news()  # the snapshot tells it
                self._trading.telling = True
                self._reconciled.clear()
                self._emit(snapshot)
                if self.connection.state is not Connection.OPERATIONAL:
                    await self._reconciled.wait()
                    await self._subscribe(session)
                    if not self._upstream.is_set():
                        continue
                    self._backoff.reset()
                    self._move(Connection.OPERATIONAL, "reconciled with the broker")
            await self._sync_wanted.wait()
            await asyncio.sleep(max(0.0, self._synced_at + RESYNC_PAUSE - time.monotonic()))

    async def _subscribe(self, session: Session) -> None:
        """Ask anew for all that the desk follows, if this connection does not stream it already."""
        if not self._resubscribe:
            return
        self._resubscribe = False
        if self._news is not None:
            await self._news.close()
        if self._market is not None:
            await self._market.close()
            session.forget_streams()
        self._market = Market(
            session, self._pacer, self._mic, self._emit, self.now, lambda: self.clock.speed, self._answered
        )
        self._market.start()
        if self._scan is not None:
            self._market.scan(self._scan)
        for symbol in self._watched:
            self._market.watch(symbol)
        for (what, symbol), sessions in self._unanswered.items():
            self._market.look_up(what, symbol, sessions)
        if self._news_wanted is not None:
            lookup = self._market.lookup
            self._news = News(session, self._pacer, lookup, self._mic, self._emit, self.now, self._news_wanted)
            self._news.start(tuple(self._watched))

    # ---- details ------------------------------------------------------------------------------------

    def _execution_time(self, text: str) -> float:
        return execution_time(text, ZoneInfo(TIME_ZONES[self._mic]), self.now())

    def _look_up(self, what: str, symbol: str, sessions: int) -> None:
        self._unanswered[(what, symbol)] = sessions
        if self._market is not None:
            self._market.look_up(what, symbol, sessions)

    def _answered(self, what: str, symbol: str) -> None:
        self._unanswered.pop((what, symbol), None)

    def _contract(self, symbol: str) -> Contract:
        con_id = self._market.lookup.known_con_id(symbol) if self._market is not None else 0
        return stock(symbol, self._mic, con_id)

    def _must_reach_broker(self) -> None:
        """Raise :class:`NotConnected` when an order would not reach the broker now. While TWS has lost its
        server it would keep the order and send it who knows when."""
        if self.connection.state not in (Connection.SYNCING, Connection.OPERATIONAL):
            raise NotConnected(f"not connected to {self._where}: {self.connection.reason or 'not started'}")
        if not self._upstream.is_set():
            raise NotConnected(f"{self._where} has lost its connection to the broker")

    def _on_notice(self, code: int, text: str) -> None:
        self._emit(BrokerNotice(code, text))
        if self.connection.state not in (Connection.SYNCING, Connection.OPERATIONAL):
            return
        if code in UPSTREAM_LOST:
            self._upstream.clear()
        elif code in (RESTORED, RESTORED_DATA_LOST):
            self._resubscribe |= code == RESTORED_DATA_LOST
            self._upstream.set()
            self._sync_wanted.set()
        else:
            return
        if self.connection.state is Connection.OPERATIONAL:
            self._move(Connection.SYNCING, f"{code} {text}")

    def _want_sync(self, reason: str) -> None:
        logger.info("asking the broker for its whole truth: %s", reason)
        self._sync_wanted.set()

    def _notice(self, text: str) -> None:
        self._emit(BrokerNotice(0, text))

    def _move(self, to: Connection, reason: str) -> None:
        self._emit(self.connection.move(to, reason))

    def _emit(self, event: BrokerEvent) -> None:
        if self._sink is not None:
            self._sink(event)
