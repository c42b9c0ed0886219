"""Judges a desk from the exchange's side: every safety rule that can be seen there, and stop coverage in share-seconds.

Nothing here asks the code under test: only the exchange's own orders, executions and holdings count.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from skim_tui.domain.market import Announcement, Bar, Quote, Trade
from skim_tui.domain.orders import Side
from skim_tui.domain.session import ExchangeDay
from skim_tui.exchange.core import Exchange
from skim_tui.exchange.model import Execution, SimOrder

OUR_LEGS = ("E", "S", "T", "H", "X")


@dataclass(slots=True)
class Gap:
    """A stretch in which some shares, held or owed, had no resting stop."""

    symbol: str
    shares: int
    began: float
    """Real seconds (monotonic)."""
    began_exchange: float
    share_seconds: float = 0.0
    """Real share-seconds so far."""


class Umpire:
    """A listener of one exchange. ``violations`` stays empty while the rules hold.

    A position is long or, where the desk ``may_short``, short: then stops that buy cover it.
    ``excused`` is set while no desk is there to act (killed by the test, connection cut): what is unprotected then
    is counted apart, for nothing but a stop that rests at the broker can protect it.
    """

    def __init__(
        self, exchange: Exchange, *, may_short: bool = False, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._exchange = exchange
        self._may_short = may_short
        self._clock = clock
        self.violations: list[str] = []
        self.excused = False
        self.share_seconds = 0.0
        """Shares held or sold short without a resting stop, times real seconds, while the desk could act."""
        self.excused_share_seconds = 0.0
        self.held_share_seconds = 0.0
        self.longest_gap = 0.0
        """Real seconds of the longest stretch, while the desk could act, in which a symbol was not fully covered."""
        self.gaps: list[Gap] = []
        self._since: dict[str, float] = {}
        self._open: dict[str, Gap] = {}
        self._looked = clock()
        self._perms: dict[str, int] = {}
        self._judged: set[str] = set()
        exchange.join(self)

    # ---- what the exchange tells --------------------------------------------------------------------

    def on_order(self, order: SimOrder) -> None:
        self.look()
        if not is_ours(order.order_ref):
            return
        known = self._perms.setdefault(order.order_ref, order.perm_id)
        if known != order.perm_id:
            self._violation(f"S3 {order.order_ref} was sent twice")
        self._judge_exits(order.symbol)

    def on_execution(self, execution: Execution) -> None:
        self.look()
        self._judge_fill(execution)

    def on_quote(self, quote: Quote) -> None: ...
    def on_trade(self, trade: Trade) -> None: ...
    def on_bars(self, bars: Sequence[Bar]) -> None:
        self.look()

    def on_halt(self, symbol: str, halted: bool) -> None: ...
    def on_borrow(self, symbol: str) -> None: ...
    def on_announcement(self, announcement: Announcement) -> None: ...
    def on_position(self, symbol: str) -> None:
        self.look()

    def on_day(self, day: ExchangeDay) -> None: ...

    # ---- judging ------------------------------------------------------------------------------------

    def excuse(self, excused: bool) -> None:
        """From now on nobody can act (True), or the desk can (False)."""
        self.look()
        self.excused = excused
        self._since.clear()

    def look(self) -> None:
        """Add what the time since the last look was worth at the coverage of that time, then look anew."""
        now = self._clock()
        passed, self._looked = now - self._looked, now
        for symbol, gap in self._open.items():
            gap.share_seconds += gap.shares * passed
            if self.excused:
                self.excused_share_seconds += gap.shares * passed
            else:
                self.share_seconds += gap.shares * passed
                since = self._since.setdefault(symbol, now - passed)
                self.longest_gap = max(self.longest_gap, now - since)
        holdings = self._exchange.positions
        for symbol, (held, _) in holdings.items():
            self.held_share_seconds += abs(held) * passed
            bare = abs(held) - self.covered(symbol)
            if bare > 0:
                gap = self._open.get(symbol)
                if gap is None:
                    gap = self._open[symbol] = Gap(symbol, bare, now, self._exchange.now())
                    self.gaps.append(gap)
                gap.shares = bare
            else:
                self._end(symbol)
        for symbol in [symbol for symbol in self._open if symbol not in holdings]:
            self._end(symbol)

    def _end(self, symbol: str) -> None:
        self._open.pop(symbol, None)
        self._since.pop(symbol, None)

    def covered(self, symbol: str) -> int:
        """Shares of ``symbol`` that resting or triggered stops would sell, or buy back when it is sold short; or that
        a market exit, which is what a triggered stop is, closes now. Both reduce each other: they count once."""
        away = Side.SELL if self._held(symbol) >= 0 else Side.BUY
        live = [order for order in live_orders(self._exchange, symbol) if order.side is away]
        stops = sum(order.remaining for order in live if order.type.startswith("STP"))
        exits = sum(order.remaining for order in live if order.type == "MKT" and order.status == "Submitted")
        return max(stops, exits)

    def _held(self, symbol: str) -> int:
        return self._exchange.positions.get(symbol, (0,))[0]

    def _judge_fill(self, execution: Execution) -> None:
        """An exit closes what is there and no share more; an entry opens or enlarges, never the other side."""
        if not is_ours(execution.order_ref):
            return
        after, signed = self._held(execution.symbol), execution.side.sign * execution.quantity
        before = after - signed
        what = f"{execution.symbol}: {execution.order_ref} {execution.side.value} {execution.quantity} at {before} held"
        if execution.order_ref.rpartition(".")[2].startswith("E"):
            if before * signed < 0:
                self._violation(f"S6 {what} entered against a position")
            elif execution.side is Side.SELL and not self._may_short:
                self._violation(f"S5 {what} sold short")
        elif before * signed >= 0 or abs(signed) > abs(before):
            self._violation(f"S5 {what} closed more than was there")

    def _judge_exits(self, symbol: str) -> None:
        """Never two working exits for the same shares, unless one group reduces them."""
        exits = [
            order
            for order in live_orders(self._exchange, symbol)
            if order.type == "MKT"
            and is_ours(order.order_ref)
            and not order.order_ref.rpartition(".")[2].startswith("E")
        ]
        if len(exits) > 1 and len({order.oca_group for order in exits}) > 1:
            self._violation(f"S5 {symbol}: exits {', '.join(order.order_ref for order in exits)} work side by side")

    def _violation(self, text: str) -> None:
        if text not in self._judged:
            self._judged.add(text)
            self.violations.append(text)


def is_ours(ref: str) -> bool:
    """Whether an order reference has the desk's shape."""
    head, dot, leg = ref.rpartition(".")
    return bool(head and dot) and leg[:1] in OUR_LEGS


def is_short_entry(order: SimOrder) -> bool:
    """Whether it is an entry of the desk that sold short."""
    head, _, leg = order.order_ref.rpartition(".")
    return bool(head) and leg.startswith("E") and order.side is Side.SELL and order.filled > 0


def live_orders(exchange: Exchange, symbol: str = "") -> list[SimOrder]:
    """Orders at the exchange that may still fill, of one symbol or all."""
    return [
        order
        for order in exchange.orders.values()
        if not order.is_done and order.status != "ApiPending" and (not symbol or order.symbol == symbol)
    ]
