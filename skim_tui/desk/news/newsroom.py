"""The newsroom: headlines in, shock tests made, signals out; bounded, counted, and never in anybody's way.

A headline is only parsed and queued when it arrives; the newest is worked on first. A pool of ``shock.workers`` places takes items from the queue:
each asks for its share's candles and quotes (paced by the broker's adapter), and is judged when they are there. A
share whose data are slow holds its one place and no other; a share whose window is still open holds none, only one
of the ``shock.streams`` data lines that are set aside for news.
"""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import replace

from skim_tui.broker.port import NewsWire
from skim_tui.desk.context import Context
from skim_tui.desk.market.watchlist import Watchlist
from skim_tui.desk.news.newsgate import NewsGate
from skim_tui.desk.news.newswork import NewsCounts, Work
from skim_tui.desk.news.shocktest import ShockTest
from skim_tui.domain.events import Article
from skim_tui.domain.market import Announcement, Bar
from skim_tui.domain.shock import NoShock, NotYet, ShockSignal
from skim_tui.news.article import article_text
from skim_tui.news.tickers import tickers_in

BATCH = 50
"""Items handled before other work gets its turn."""
SLOWEST = 30.0
"""Real seconds a share's data may take before its items are given up."""
TIMES_KEPT = 1000
HEALTH = ("news/items", "news/pool", "news/wait for a place", "news/item to signal", "news/signal to order")
"""The rows of Health that change with every item."""
LOOKED_ENOUGH = 180.0
"""Exchange seconds after which a window without a shock gives way when news waits for a data line."""
MOST_OPEN = 500
"""Items whose window is still open; beyond it the oldest is closed."""


class Newsroom:
    """Driven by events: :meth:`offer` takes an item, :meth:`pump` works on the queue, the ``on_`` methods bring
    what the broker tells. ``on_signal`` proposes the ticket and says why not; ``on_verdict`` shows what the test
    said."""

    def __init__(
        self,
        context: Context,
        watchlist: Watchlist,
        is_needed: Callable[[str], bool],
        on_signal: Callable[[ShockSignal], str],
        on_verdict: Callable[[Announcement, str], None],
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self._context = context
        self._watchlist = watchlist
        self._is_needed = is_needed
        """Whether a symbol is followed for more than its news: held, or with a live ticket."""
        self._on_signal = on_signal
        self._on_verdict = on_verdict
        self._clock = clock
        settings = context.config.shock
        self._enabled = settings.enabled
        self._workers = settings.workers
        self._most = settings.queue
        self._streams = settings.streams
        self._gate = NewsGate(context)
        self._test = ShockTest(context, watchlist)
        self.counts = NewsCounts()
        self.processing: deque[float] = deque(maxlen=TIMES_KEPT)
        """Real seconds of work on each item that became a signal."""
        self.waits: deque[float] = deque(maxlen=TIMES_KEPT)
        """Real seconds items waited for a place in the pool and a data line."""
        self.ordering: deque[float] = deque(maxlen=TIMES_KEPT)
        """Real seconds from signal to order on the wire (auto mode) or to ticket."""
        self._queue: deque[Work] = deque()
        self._fetching: dict[str, list[Work]] = {}
        """symbol -> items that wait for its data; one place of the pool each."""
        self._reading: OrderedDict[str, Work] = OrderedDict()
        """article id -> the item that waits for its text; a place of the pool each."""
        self._open: dict[str, list[Work]] = {}
        """symbol -> items whose window is still open."""
        self._again: dict[str, float] = {}
        """symbol -> when its open items are looked at again, exchange time."""
        self._today: set[str] = set()
        """Symbols whose bars of today are known."""
        self._ours: set[str] = set()
        """Symbols that are streamed for their news alone."""
        self._wake = asyncio.Event()

    # ---- in -----------------------------------------------------------------------------------------

    def offer(self, item: Announcement) -> None:
        """Queue an item, unless it is old, known, or about no share. Cheap; never waits."""
        if not self._enabled:
            return
        began = self._clock()
        self.counts.received += 1
        self.counts.waiting += 1
        symbols = item.symbols or ((item.symbol,) if item.symbol else tickers_in(item.headline, self._mic))
        if symbols:
            symbols = self._fresh_of(item, symbols)
            if not symbols:
                return
        elif self._gate.is_known(item):
            self._settle("duplicates")
            return
        elif not item.key or not isinstance(self._context.broker, NewsWire):
            self._settle("no_ticker")
            return
        arrived = self._clock()
        self._queue.append(Work(item, arrived, symbols, set(symbols), arrived - began))
        if len(self._queue) > self._most:
            # The oldest gives way: news is worth most when it is new.
            self._queue.popleft()
            self._settle("overflow")
        self._wake.set()

    async def run(self) -> None:
        """Work until cancelled, in small batches."""
        while True:
            self._wake.clear()
            while self.pump(BATCH):
                await asyncio.sleep(0)
            await self._wake.wait()

    def pump(self, most: int = 1_000_000) -> int:
        """Work on up to ``most`` queued items; how many were taken."""
        taken = 0
        while self._queue and taken < most and self._busy < self._workers:
            if not self._has_stream(self._queue[-1]) and not self._make_room():
                break
            # The newest first: what waits behind it is older than the news that moves the price now.
            work = self._queue.pop()
            self.waits.append(self._clock() - work.arrived)
            taken += 1
            if work.symbols:
                for symbol in work.symbols:
                    self._take_up(symbol, work)
            else:
                self._read(work)
        return taken

    @property
    def queued(self) -> int:
        return len(self._queue)

    @property
    def busy(self) -> int:
        """Places of the pool that are taken."""
        return self._busy

    @property
    def open_windows(self) -> int:
        return sum(len(works) for works in self._open.values())

    # ---- what the broker tells ------------------------------------------------------------------------

    def wants(self, symbol: str) -> bool:
        """Whether an item waits for this share's data."""
        return symbol in self._fetching

    def on_today(self, symbol: str) -> None:
        self._today.add(symbol)
        self.on_data(symbol)

    def on_data(self, symbol: str) -> None:
        """Something came of a share: judge it if that was the last missing piece."""
        if symbol in self._fetching and self._test.is_ready(symbol, self._today):
            for work in self._fetching.pop(symbol):
                self._judge(symbol, work)
            self._wake.set()

    def on_bars(self, bars: tuple[Bar, ...]) -> None:
        """Minutes closed: open windows of their shares are looked at again."""
        if not self._open:
            return
        symbols = {bar.symbol for bar in bars}
        # The index's minute concerns every window.
        for symbol in tuple(self._open):
            if symbol in symbols or self._test.index in symbols:
                self._look_again(symbol)

    def on_failed(self, symbol: str, reason: str) -> None:
        """A share's data cannot be had."""
        for work in self._fetching.pop(symbol, ()):
            self._lacks(symbol, work, reason)
        self._wake.set()

    def on_article(self, article: Article) -> None:
        """The text of an item without a known share came."""
        work = self._reading.pop(article.article_id, None)
        if work is None:
            return
        began = self._clock()
        found = tickers_in(article_text(article.text), self._mic)
        work.symbols = self._fresh_of(work.item, found) if found else ()
        work.left = set(work.symbols)
        if not found:
            self._settle("no_ticker")
        work.spent += self._clock() - began
        for symbol in work.symbols:
            self._take_up(symbol, work)
        self._wake.set()

    def on_no_article(self, article_id: str) -> None:
        if self._reading.pop(article_id, None) is not None:
            self._settle("no_ticker")
            self._wake.set()

    def on_time(self, now: float) -> None:
        """Give up what is slow, look again at windows that are due."""
        real = self._clock()
        for symbol, works in tuple(self._fetching.items()):
            if real - works[0].since > SLOWEST:
                self.on_failed(symbol, f"no data within {SLOWEST:g} s")
        while self._reading and real - next(iter(self._reading.values())).since > SLOWEST:
            self.on_no_article(next(iter(self._reading)))
        for symbol, due in tuple(self._again.items()):
            if now >= due:
                self._look_again(symbol)

    def end_day(self) -> None:
        """The session is over: what still waits or is open gets its last word, and streams end."""
        for symbol, works in tuple(self._open.items()):
            for work in tuple(works):
                self._verdict(symbol, work, "the session ended")
        for symbol in tuple(self._fetching):
            self.on_failed(symbol, "the session ended")

    def start_day(self) -> None:
        """A new session: every share's bars are to be asked for again."""
        self._today.clear()
        self._ours.clear()

    # ---- taking an item up ----------------------------------------------------------------------------

    @property
    def _mic(self) -> str:
        return self._context.day.mic

    @property
    def _busy(self) -> int:
        return len(self._fetching) + len(self._reading)

    def _fresh_of(self, item: Announcement, symbols: tuple[str, ...]) -> tuple[str, ...]:
        """The symbols for which this item is news; when none is left, the item is settled."""
        fresh, instead = self._gate.fresh(item, symbols)
        if instead:
            self._settle(instead)
        return fresh

    def _has_stream(self, work: Work) -> bool:
        """Whether the account's data lines allow to take this item up."""
        return len(self._ours) < self._streams or (
            bool(work.symbols) and all(self._test.is_ready(symbol, self._today) for symbol in work.symbols)
        )

    def _make_room(self) -> bool:
        """Close the window that has shown nothing for longest, so that newer news gets its data line."""
        for symbol, works in self._open.items():
            if symbol in self._ours and self._context.now() - works[0].opened >= LOOKED_ENOUGH:
                for work in tuple(works):
                    self._verdict(symbol, work, "no shock so far; newer news needed its data line")
                return symbol not in self._ours
        return False

    def _read(self, work: Work) -> None:
        """Ask for the article, to find the share in it."""
        work.since = self._clock()
        self._reading[work.item.key] = work
        broker = self._context.broker
        if isinstance(broker, NewsWire):
            broker.fetch_article(work.item.source, work.item.key)

    def _take_up(self, symbol: str, work: Work) -> None:
        """Judge now if the share's data are there, else ask for them and wait."""
        waiting = self._fetching.get(symbol)
        if waiting is not None:
            waiting.append(work)
        elif self._test.is_ready(symbol, self._today):
            self._judge(symbol, work)
        else:
            work.since = self._clock()
            self._fetching[symbol] = [work]
            known = self._watchlist.symbols.get(symbol)
            if known is None or not known.watched:
                self._ours.add(symbol)
                self._today.discard(symbol)
            # The answer may come at once and settle it: nothing may follow this line.
            self._watchlist.follow(symbol)

    # ---- judging --------------------------------------------------------------------------------------

    def _judge(self, symbol: str, work: Work) -> None:
        """One look at one share for one item."""
        began = self._clock()
        verdict = self._test.judge(symbol, work.item)
        work.spent += self._clock() - began
        match verdict:
            case None:
                self._lacks(symbol, work, "no longer followed")
            case NotYet(again=again):
                self._keep_open(symbol, work, again)
            case NoShock(reason=reason):
                self._verdict(symbol, work, reason)
            case ShockSignal():
                self._fire(symbol, work, verdict)

    def _fire(self, symbol: str, work: Work, signal: ShockSignal) -> None:
        self.processing.append(work.spent)
        if not work.fired:
            work.fired = True
            self.counts.signals += 1
        began = self._clock()
        refusal = self._on_signal(signal)
        self.ordering.append(self._clock() - began)
        told = f"SHOCK {signal.direction.value}: {signal.price:g} after {signal.minutes} min"
        self._verdict(symbol, work, f"{told}; no ticket: {refusal}" if refusal else told)

    def _keep_open(self, symbol: str, work: Work, again: float) -> None:
        works = self._open.setdefault(symbol, [])
        if work not in works:
            work.opened = work.opened or self._context.now()
            works.append(work)
            if not self._queue:
                # A long answer: worth it only while no other item waits for its data.
                self._watchlist.following.fetch_minutes(symbol)
        self._again[symbol] = min(again, self._again.get(symbol, again))
        if self.open_windows > MOST_OPEN:
            oldest = next(iter(self._open))
            self._verdict(oldest, self._open[oldest][0], "window closed early: too many are open")

    def _look_again(self, symbol: str) -> None:
        self._again.pop(symbol, None)
        for work in tuple(self._open.get(symbol, ())):
            self._judge(symbol, work)

    def _lacks(self, symbol: str, work: Work, reason: str) -> None:
        work.lacking = reason
        self._verdict(symbol, work, f"not judged: {reason}")

    def _verdict(self, symbol: str, work: Work, text: str) -> None:
        """The last word on one share of an item; the item is tested when it was said for each."""
        work.left.discard(symbol)
        works = self._open.get(symbol, [])
        if work in works:
            works.remove(work)
        if not works:
            self._open.pop(symbol, None)
            self._again.pop(symbol, None)
        self._on_verdict(replace(work.item, symbol=symbol) if not work.item.symbol else work.item, text)
        if not work.left:
            self.counts.no_data += bool(work.lacking) and not work.fired
            self._settle("tested")
        self._let_go(symbol)

    def _settle(self, outcome: str) -> None:
        setattr(self.counts, outcome, getattr(self.counts, outcome) + 1)
        self.counts.waiting -= 1
        for label in HEALTH:
            self._context.touch("health", label)

    def _let_go(self, symbol: str) -> None:
        """Stop streaming a share that nothing else needs."""
        if symbol in self._ours and symbol not in self._open and symbol not in self._fetching:
            self._ours.discard(symbol)
            if not self._is_needed(symbol):
                self._today.discard(symbol)
                self._watchlist.following.release(symbol)
            self._wake.set()
