"""The in-process door: the broker port straight onto the matching core, for replay at full speed."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Protocol

from skim_tui.domain.events import (
    BarsClosed,
    BrokerEvent,
    BrokerSnapshot,
    Connection,
    ConnectionChanged,
    DailyHistory,
    HaltChanged,
    InstrumentResolved,
    MinuteHistory,
    RequestFailed,
    ScanResult,
    ScanRow,
    ShortAvailability,
    TodayBars,
)
from skim_tui.domain.gapscan import gap_pct
from skim_tui.domain.market import Announcement, Bar, Quote, Trade
from skim_tui.domain.orders import (
    AccountReport,
    Bracket,
    FillFees,
    OrderSpec,
    PositionReport,
)
from skim_tui.domain.session import ExchangeDay
from skim_tui.exchange.core import Exchange
from skim_tui.exchange.model import Execution, Rejected, SimOrder
from skim_tui.exchange.reports import fill_of, order_update

CLIENT_ID = 1
OCA_REDUCE_WITH_BLOCK = 2
EASY_TO_BORROW = 2.5
"""Above it shares are lent without being looked for."""


class Scan(Protocol):
    """What of a scan request this door reads."""

    @property
    def min_gap_pct(self) -> float: ...
    @property
    def min_volume(self) -> int: ...
    @property
    def min_price(self) -> float: ...
    @property
    def max_rows(self) -> int: ...


class DirectBroker:
    """One client of the exchange in the same process. Closed bars of every symbol are delivered."""

    speed = 1.0

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self._sink: Callable[[BrokerEvent], None] = lambda event: None
        self._queue: deque[BrokerEvent] = deque()
        self._delivering = False
        self._scan: Scan | None = None
        self._scanned: tuple[str, ...] = ()
        self._by_ref: dict[str, SimOrder] = {}
        self._watched: set[str] = set()
        self._borrow: dict[str, tuple[float, int]] = {}
        """What was last told of a watched symbol."""

    async def run(self, sink: Callable[[BrokerEvent], None]) -> None:
        """Connect and play the tape to its end."""
        self.connect(sink)
        await self._exchange.run()

    def connect(self, sink: Callable[[BrokerEvent], None]) -> None:
        self._sink = sink
        self._exchange.join(self)
        self._emit(ConnectionChanged(Connection.CONNECTING, "embedded exchange"))
        self._emit(ConnectionChanged(Connection.SYNCING, "embedded exchange"))
        self._emit(self._snapshot())

    def now(self) -> float:
        return self._exchange.now()

    def scan(self, request: Scan) -> None:
        self._scan, self._scanned = request, ()
        self._rescan()

    def resolve(self, symbol: str) -> None:
        instrument = self._exchange.instruments.get(symbol)
        if instrument is None:
            self._emit(RequestFailed("resolve", symbol, "no security definition has been found"))
        else:
            self._emit(InstrumentResolved(instrument))

    def fetch_daily(self, symbol: str, sessions: int) -> None:
        self._emit(DailyHistory(symbol, tuple(self._exchange.daily_bars(symbol, sessions))))

    def fetch_minutes(self, symbol: str, sessions: int) -> None:
        """The minutes of the tape's days before today; none on the first."""
        day = self._exchange.day()
        bars = self._exchange.minute_bars(symbol, 0.0, day.pre_open)
        dates = sorted({day.local(bar.ts).date() for bar in bars})[-sessions:]
        wanted = tuple(bar for bar in bars if dates and day.local(bar.ts).date() >= dates[0])
        self._emit(MinuteHistory(symbol, wanted))

    def watch(self, symbol: str) -> None:
        if symbol not in self._exchange.instruments:
            self._emit(RequestFailed("watch", symbol, "no security definition has been found"))
            return
        if symbol in self._watched:
            return
        self._watched.add(symbol)
        now = self.now()
        bars = [
            bar for bar in self._exchange.minute_bars(symbol, self._exchange.day().pre_open, now) if bar.ts + 60 <= now
        ]
        self._emit(TodayBars(symbol, tuple(bars)))
        self._exchange.subscribe(self, symbol)
        quote = self._exchange.quote(symbol)
        if quote is not None:
            self._emit(quote)
        self.on_borrow(symbol)

    def unwatch(self, symbol: str) -> None:
        self._watched.discard(symbol)
        self._borrow.pop(symbol, None)
        self._exchange.unsubscribe(self, symbol)

    def place(self, bracket: Bracket) -> None:
        legs = bracket.legs
        for leg in legs:
            self._submit(leg, transmit=leg is legs[-1])

    def place_order(self, order: OrderSpec) -> None:
        self._submit(order, transmit=True)

    def modify(
        self,
        ref: str,
        *,
        quantity: int | None = None,
        stop_price: Decimal | None = None,
        limit_price: Decimal | None = None,
    ) -> None:
        order = self._by_ref[ref]
        try:
            self._exchange.modify(order, quantity=quantity, limit=limit_price, stop=stop_price)
        except Rejected:
            self._emit(order_update(order, CLIENT_ID))

    def cancel(self, ref: str) -> None:
        order = self._by_ref[ref]
        try:
            self._exchange.cancel(order)
        except Rejected:
            self._emit(order_update(order, CLIENT_ID))

    def resync(self) -> None:
        self._emit(self._snapshot())

    def reconciled(self) -> None:
        self._emit(ConnectionChanged(Connection.OPERATIONAL, "embedded exchange"))

    # ---- what the exchange tells --------------------------------------------------------------------

    def on_quote(self, quote: Quote) -> None:
        self._emit(quote)

    def on_trade(self, trade: Trade) -> None:
        self._emit(trade)

    def on_bars(self, bars: Sequence[Bar]) -> None:
        self._rescan()
        self._emit(BarsClosed(tuple(bars)))

    def on_halt(self, symbol: str, halted: bool) -> None:
        self._emit(HaltChanged(symbol, self.now(), halted))

    def on_borrow(self, symbol: str) -> None:
        level, shares = said = self._exchange.borrowable(symbol)
        if symbol in self._watched and self._borrow.get(symbol) != said:
            self._borrow[symbol] = said
            self._emit(ShortAvailability(symbol, self.now(), level > EASY_TO_BORROW, shares))

    def on_announcement(self, announcement: Announcement) -> None:
        self._emit(announcement)

    def on_order(self, order: SimOrder) -> None:
        self._emit(order_update(order, CLIENT_ID))

    def on_execution(self, execution: Execution) -> None:
        self._emit(fill_of(execution))
        self._emit(FillFees(execution.exec_id, execution.commission, execution.currency, execution.realised))

    def on_position(self, symbol: str) -> None:
        quantity, cost = self._exchange.positions.get(symbol, (0, Decimal(0)))
        self._emit(PositionReport(symbol, quantity, cost))
        self._emit(self._account())

    def on_day(self, day: ExchangeDay) -> None:
        self._scanned = ()
        for symbol in tuple(self._watched):
            self.unwatch(symbol)

    # ---- details ------------------------------------------------------------------------------------

    def _emit(self, event: BrokerEvent) -> None:
        """Deliver in order; what a delivery causes comes after it."""
        self._queue.append(event)
        if self._delivering:
            return
        self._delivering = True
        try:
            while self._queue:
                self._sink(self._queue.popleft())
        finally:
            self._delivering = False

    def _submit(self, spec: OrderSpec, *, transmit: bool) -> None:
        parent = self._by_ref.get(spec.parent_ref)
        order = SimOrder(
            client_id=CLIENT_ID,
            order_id=self._exchange.next_order_id(CLIENT_ID),
            symbol=spec.symbol,
            side=spec.side,
            type=spec.type.value,
            quantity=spec.quantity,
            limit=spec.limit_price,
            stop=spec.stop_price,
            tif=spec.tif.value,
            outside_rth=spec.outside_rth,
            order_ref=spec.ref,
            parent_id=parent.order_id if parent else 0,
            oca_group=spec.oca_group,
            oca_type=OCA_REDUCE_WITH_BLOCK if spec.oca_group else 3,
            transmit=transmit,
        )
        self._by_ref[spec.ref] = order
        try:
            self._exchange.submit(order)
        except Rejected as refusal:
            order.status, order.reason = "Inactive", refusal.text
            self._emit(order_update(order, CLIENT_ID))

    def _rescan(self) -> None:
        request = self._scan
        if request is None:
            return
        ranked: list[tuple[float, str]] = []
        for symbol in self._exchange.instruments:
            stats = self._exchange.stats(symbol)
            gap = gap_pct(stats.prev_close, stats.open)
            if gap is None or gap < request.min_gap_pct:
                continue
            if stats.volume > request.min_volume and stats.open >= request.min_price:
                ranked.append((-gap, symbol))
        ranked.sort()
        symbols = tuple(symbol for _, symbol in ranked[: request.max_rows])
        if symbols != self._scanned:
            self._scanned = symbols
            self._emit(
                ScanResult(
                    tuple(
                        ScanRow(rank, symbol, self._exchange.instruments[symbol].con_id)
                        for rank, symbol in enumerate(symbols)
                    )
                )
            )

    def _account(self) -> AccountReport:
        exchange = self._exchange
        return AccountReport(
            exchange.account_id,
            exchange.currency,
            exchange.equity(),
            exchange.cash,
            max(exchange.free_funds(), Decimal(0)),
            simulated=True,
            paper=True,
        )

    def _snapshot(self) -> BrokerSnapshot:
        exchange = self._exchange
        orders = [order_update(order, CLIENT_ID) for order in exchange.orders.values() if order.status != "ApiPending"]
        return BrokerSnapshot(
            account=self._account(),
            positions=tuple(PositionReport(symbol, *held) for symbol, held in exchange.positions.items()),
            open_orders=tuple(order for order in orders if not order.status.is_done),
            completed_orders=tuple(order for order in orders if order.status.is_done),
            fills=tuple(fill_of(execution) for execution in exchange.executions),
            fees=tuple(
                FillFees(item.exec_id, item.commission, item.currency, item.realised) for item in exchange.executions
            ),
        )
