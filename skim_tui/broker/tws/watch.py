"""One watched symbol on one connection: its tick subscription and its minute bars, kept going."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, time
from zoneinfo import ZoneInfo

from ib_async import BarData, Contract

from skim_tui.broker.pacing import Pacer, Priority
from skim_tui.broker.port import BrokerError
from skim_tui.broker.tws.bars import MinuteBars
from skim_tui.broker.tws.errors import HISTORY_MESSAGE, NO_DATA_TEXT, NO_SUCH_SHARE, NoAnswer, RequestRefused
from skim_tui.broker.tws.feed import GENERIC_TICKS, FeedEvent, SymbolFeed
from skim_tui.broker.tws.lookup import HISTORY_TIMEOUT, Lookup, minute_bar
from skim_tui.broker.tws.orderform import stock
from skim_tui.broker.tws.session import Session
from skim_tui.domain.events import BarsClosed, BrokerEvent, RequestFailed, TodayBars
from skim_tui.domain.market import Quote, Trade
from skim_tui.domain.session import TIME_ZONES

RESTART = 20.0
"""Local seconds before market data that failed are asked for again."""


class Watch:
    """Streams one symbol until its task is cancelled. Today's bars come first, then quotes and trades."""

    def __init__(
        self,
        symbol: str,
        mic: str,
        session: Session,
        pacer: Pacer,
        lookup: Lookup,
        emit: Callable[[BrokerEvent], None],
        now: Callable[[], float],
    ) -> None:
        self.symbol = symbol
        self._mic = mic
        self._session = session
        self._pacer = pacer
        self._lookup = lookup
        self._emit = emit
        self._now = now
        self._bars = MinuteBars()
        self._feed: SymbolFeed | None = None
        self._feed_id = 0
        self._bars_id = 0
        self._told: set[str] = set()
        """The parts whose failure the desk has heard of."""
        self._broken = asyncio.Event()
        self._first_trade = asyncio.Event()
        self._before_first_trade = False
        """There were no minute bars to keep up to date: the next trade begins the first."""
        self._feed_broken = False
        self._bars_broken = False

    async def run(self) -> None:
        """Subscribe, and subscribe again whenever a part fails; a part's failure is told once."""
        while True:
            try:
                details = await self._lookup.details(self.symbol)
                assert details.contract is not None
                await self._stream(stock(self.symbol, self._mic, details.contract.conId))
            except BrokerError as error:
                self._failed("contract", str(error))
                if isinstance(error, RequestRefused) and error.code == NO_SUCH_SHARE:
                    return
            await asyncio.sleep(RESTART)

    async def stop(self) -> None:
        """Cancel the subscriptions at the broker. Call it when :meth:`run` is over."""
        session = self._session
        feed_id, bars_id = self._feed_id, self._bars_id
        self._feed_id = self._bars_id = 0
        if feed_id in session.feeds:
            del session.feeds[feed_id]
            await self._pacer.turn(Priority.STREAM)
            if session.is_open:
                session.wire.cancelMktData(feed_id)
        if bars_id in session.histories:
            del session.histories[bars_id]
            await self._pacer.turn(Priority.STREAM)
            if session.is_open:
                session.wire.cancelHistoricalData(bars_id)

    def tick(self, now: float, grace: float) -> None:
        """Time passes: a quiet minute ends."""
        bar = self._bars.due(now, grace)
        if bar is not None:
            self._emit(BarsClosed((bar,)))

    # ---- the history stream's side ----------------------------------------------------------------

    def on_bar(self, bar: BarData) -> None:
        closed = self._bars.update(minute_bar(self.symbol, bar))
        if closed is not None:
            self._emit(BarsClosed((closed,)))

    def on_lost(self, code: int, text: str) -> None:
        self._bars_broken = True
        self._failed("minute bars", f"{code} {text}")

    # ---- details ----------------------------------------------------------------------------------

    async def _stream(self, contract: Contract) -> None:
        """Keep both subscriptions up; the tick subscription starts first and is held back by the feed."""
        self._feed_broken = self._bars_broken = False
        await self._subscribe(contract)
        await self._fetch_bars(contract)
        while True:
            self._broken.clear()
            if not (self._feed_broken or self._bars_broken):
                await self._broken.wait()
            await self._wait_to_restart()
            if self._feed_broken:
                self._feed_broken = False
                self._session.feeds.pop(self._feed_id, None)
                # It may live on with delayed data and hold one of the account's data lines.
                await self._pacer.turn(Priority.STREAM)
                self._session.wire.cancelMktData(self._feed_id)
                await self._subscribe(contract)
            if self._bars_broken:
                self._bars_broken = False
                self._session.histories.pop(self._bars_id, None)
                await self._fetch_bars(contract)
            elif self._feed is not None:
                self._feed.release(self._since())

    async def _wait_to_restart(self) -> None:
        """Wait :data:`RESTART`, or if only the first trade is missing, for that."""
        if not self._before_first_trade:
            await asyncio.sleep(RESTART)
            return
        with suppress(TimeoutError):
            await asyncio.wait_for(self._first_trade.wait(), RESTART)

    async def _subscribe(self, contract: Contract) -> None:
        await self._pacer.turn(Priority.STREAM)
        if not self._session.is_open:
            raise NoAnswer("not connected")
        self._feed = SymbolFeed(self.symbol, self._on_feed, self._now, self._feed_failed)
        self._feed_id = self._session.new_request_id()
        self._session.feeds[self._feed_id] = self._feed
        self._session.wire.reqMktData(self._feed_id, contract, GENERIC_TICKS, False, False, [])

    async def _fetch_bars(self, contract: Contract) -> None:
        """Today's bars and their updates. Before the first trade of a day there are none to keep up to date,
        and the broker says so with an error: then they are asked for again later."""
        session = self._session
        request_id = self._bars_id = session.new_request_id()
        session.histories[request_id] = self
        try:
            async with self._pacer.history(Priority.STREAM):
                rows: list[BarData] = await session.ask(
                    request_id,
                    lambda: session.wire.reqHistoricalData(
                        request_id, contract, "", "1 D", "1 min", "TRADES", False, 2, True, []
                    ),
                    HISTORY_TIMEOUT,
                )
        except BrokerError as error:
            session.histories.pop(request_id, None)
            self._bars_broken = True
            if isinstance(error, NoAnswer) and session.is_open:
                session.wire.cancelHistoricalData(request_id)
            if _is_no_data(error):
                # Once: bars that lag behind the trades are asked for at leisure.
                self._before_first_trade = not self._first_trade.is_set()
                self._emit(TodayBars(self.symbol, ()))
            else:
                self._failed("minute bars", str(error))
        else:
            midnight = self._midnight()
            today = [bar for bar in (minute_bar(self.symbol, row) for row in rows) if bar.ts >= midnight]
            if self._feed is not None and any(bar.volume > 0 for bar in today):
                self._feed.has_traded()
            self._bars = MinuteBars()
            self._emit(TodayBars(self.symbol, self._bars.begin(today, self._now())))
            self._told.discard("minute bars")
        if self._feed is not None:
            self._feed.release(self._since())

    def _on_feed(self, event: FeedEvent) -> None:
        if self._before_first_trade and isinstance(event, Trade):
            self._first_trade.set()
        if isinstance(event, Quote):
            self._told.discard("market data")  # it works again: the next failure is news
        self._emit(event)

    def _feed_failed(self, reason: str) -> None:
        self._feed_broken = True
        self._failed("market data", reason)

    def _failed(self, part: str, reason: str) -> None:
        self._broken.set()
        if part not in self._told and self._session.is_open:
            self._told.add(part)
            self._emit(RequestFailed("watch", self.symbol, f"{part}: {reason}"))

    def _since(self) -> float:
        return max(self._bars.closed_to, self._midnight())

    def _midnight(self) -> float:
        """When today began on the exchange."""
        zone = ZoneInfo(TIME_ZONES[self._mic])
        return datetime.combine(datetime.fromtimestamp(self._now(), zone).date(), time(), zone).timestamp()


def _is_no_data(error: BrokerError) -> bool:
    return isinstance(error, RequestRefused) and error.code == HISTORY_MESSAGE and NO_DATA_TEXT in error.text.lower()
