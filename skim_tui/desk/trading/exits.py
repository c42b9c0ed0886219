"""Exits: market orders for at most what is held, each in one group with the stop, by plan or by hand (rule S5).

No risk gate is asked here. An exit is refused only when there is nothing to close or one is working already.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from skim_tui.broker.port import BrokerError
from skim_tui.crashpoints import crashpoint
from skim_tui.desk import alerting
from skim_tui.desk.context import Context
from skim_tui.desk.rules import ORH, SHOCK, exit_rule
from skim_tui.desk.trading.books import Books, LastPrice
from skim_tui.desk.trading.orders import Orders
from skim_tui.domain.exits import (
    ExitRule,
    Holding,
    PlannedExit,
    describe_next,
    due_exit,
    planned_exits,
    tightened_stop,
    whole_plan,
)
from skim_tui.domain.instrument import PriceLadder, price
from skim_tui.domain.orders import OrderSpec, OrderStatus, OrderType, OrderUpdate, Tif, leg_of
from skim_tui.domain.position import Position

EXIT_LEGS = ("H", "X")
TARGET_PATIENCE = 5.0
"""Real seconds an exit waits for the end of the target that rests for the same shares."""

RETRY_EVERY = 5.0
"""Real seconds between two tries of an exit that could not be sent or was refused."""


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """A target is being cancelled so that the position can be closed."""

    since: float
    """Real time."""
    who: str
    why: str


class Exits:
    """Every order that closes but the stops, one working at a time for each symbol."""

    def __init__(
        self,
        context: Context,
        orders: Orders,
        books: Books,
        last_price: LastPrice,
        closes: Callable[[str], list[float]],
        ladder: Callable[[str], PriceLadder],
    ) -> None:
        self._context = context
        self._orders = orders
        self._books = books
        self._last_price = last_price
        self._closes = closes
        self._ladder = ladder
        self._why: dict[str, str] = {}
        """Reference of an exit -> why it was sent."""
        self._tried: dict[str, float] = {}
        self._withdrawn: dict[str, Withdrawal] = {}
        """symbol -> the close that waits for its target's end."""
        self._closing: set[str] = set()
        """Symbols of which an exit is being made: what the broker answers on the way must not make another."""
        self._rules = {strategy: exit_rule(context.config, strategy) for strategy in (ORH, SHOCK)}

    # ---- closing ------------------------------------------------------------------------------------

    def working(self, symbol: str) -> OrderUpdate | None:
        """The exit of ``symbol`` that is under way, if any: it is until it is done and all it filled is booked, for
        a broker may say that an order is filled before it tells the execution."""
        for order in self._orders.of_symbol(symbol):
            if leg_of(order.ref) in EXIT_LEGS and (not order.status.is_done or self._books.unbooked(order)):
                return order
        return None

    def close(
        self, symbol: str, who: str, why: str, quantity: int | None = None, *, is_half: bool = False
    ) -> tuple[bool, str]:
        """Sell (or buy back) at market, at most what is held, in one OCA group with the stop; (done, what happened)."""
        position = self._books.positions.get(symbol)
        if position is None or position.quantity <= 0:
            return False, f"{symbol}: no position of this desk"
        working = self.working(symbol)
        if working is not None:
            return False, f"{symbol}: exit {working.ref} is working already"
        if symbol in self._closing:
            return False, f"{symbol}: an exit is being sent already"
        self._closing.add(symbol)
        try:
            return self._close(position, who, why, quantity, is_half=is_half)
        finally:
            self._closing.discard(symbol)

    def _close(
        self, position: Position, who: str, why: str, quantity: int | None, *, is_half: bool
    ) -> tuple[bool, str]:
        symbol = position.symbol
        self._stop_entering(position, who)
        held = self._books.held(position.ticket_id, self._orders.of_symbol(symbol))
        if held <= 0:
            return False, f"{symbol}: closed already, the executions are on their way"
        if (quantity is None or quantity >= held) and self._withdraws_target(position, who, why):
            return True, f"{symbol}: closing once its target is cancelled"
        held = self._books.held(position.ticket_id, self._orders.of_symbol(symbol))
        closing = min(held, quantity or held, held - self._stopping_out(position))
        if closing <= 0:
            return True, f"{symbol}: its stop is closing it already"
        spec = OrderSpec(
            ref=self._orders.next_ref(position.ticket_id, "H" if is_half else "X"),
            symbol=symbol,
            side=position.side.other,
            type=OrderType.MARKET,
            quantity=closing,
            tif=Tif.DAY,
            oca_group=self._orders.exit_group(position.ticket_id),
        )
        self._tried[symbol] = self._context.wall()
        self._why[spec.ref] = why
        crashpoint("before-exit")
        not_sent = self._orders.send(spec, who, why)
        if not_sent:
            return False, f"{symbol}: exit not sent: {not_sent}"
        crashpoint("after-exit")
        self._context.log("info", f"{symbol}: closing {closing:,} ({why})")
        doing = "buying back" if position.is_short else "selling"
        return True, f"{symbol}: {doing} {closing:,} at market"

    def _withdraws_target(self, position: Position, who: str, why: str) -> bool:
        """Whether the exit has to wait: a target that fills while a market order for the same shares is on its way
        would make both close them. It is cancelled first; its end says what it has closed. The stop stays."""
        symbol, now = position.symbol, self._context.wall()
        waiting = self._withdrawn.get(symbol)
        if waiting is None:
            targets = [order for order in self._live(position) if leg_of(order.ref) == "T"]
            if not targets:
                return False
            waiting = self._withdrawn[symbol] = Withdrawal(now, who, why)
            not_sent = [self._orders.cancel(order.ref, who, "position is being closed") for order in targets]
            if any(not_sent):  # no exit leaves either: whoever asked is told so at once
                del self._withdrawn[symbol]
                return False
        rests = any(leg_of(order.ref) == "T" for order in self._live(position))
        if rests and now - waiting.since < TARGET_PATIENCE:
            return True
        self._withdrawn.pop(symbol, None)
        return False

    def _go_on(self, symbol: str) -> None:
        """Close what waited for its target, if it has ended or has taken too long."""
        waiting = self._withdrawn.get(symbol)
        if waiting is None or symbol in self._closing:
            return
        if symbol not in self._books.positions:
            del self._withdrawn[symbol]
            return
        self.close(symbol, waiting.who, waiting.why)

    def _live(self, position: Position) -> list[OrderUpdate]:
        """The live orders of a position."""
        return [order for order in self._orders.of_ticket(position.ticket_id) if not order.status.is_done]

    def _stopping_out(self, position: Position) -> int:
        """Shares that a stop is closing now: one that has filled in part is a market order for the rest. An exit for
        the same shares would race it, and what both close is a position on the other side."""
        return sum(
            order.remaining for order in self._live(position) if order.type is OrderType.STOP and order.filled > 0
        )

    def _stop_entering(self, position: Position, who: str) -> None:
        """No share is added while the position is being closed."""
        entry = self._orders.working_entry(position.ticket_id)
        if entry is not None:
            self._orders.cancel(entry.ref, who, "position is being closed")

    def on_order(self, update: OrderUpdate) -> None:
        """Say when an exit ended without filling."""
        if leg_of(update.ref) in EXIT_LEGS and update.status.is_done and update.status is not OrderStatus.FILLED:
            self._context.log("error", f"{update.symbol}: exit {update.status}: {update.reason or 'no reason given'}")
            self._context.alert(alerting.refused(self._context.now(), update))
        if leg_of(update.ref) == "T" and update.status.is_done:
            self._go_on(update.symbol)

    def why(self, ref: str) -> str:
        """Why the order that ended a position was there."""
        match leg_of(ref):
            case "S":
                return "stop"
            case "T":
                return "target"
            case _:
                return self._why.get(ref, "closed")

    # ---- the plan -----------------------------------------------------------------------------------

    def on_time(self, now: float) -> None:
        """Carry out what the operator wants flat and what the plans say is due."""
        for symbol in tuple(self._withdrawn):
            self._go_on(symbol)
        for symbol in tuple(self._books.positions):
            tried = self._context.wall() - self._tried.get(symbol, float("-inf"))
            if self.working(symbol) is not None or tried < RETRY_EVERY:
                continue
            if self._context.flatten:
                self._try(symbol, self._context.flatten)
                continue
            planned = due_exit(self.plan(symbol), now)
            if planned is not None and self._context.day.open <= now < self._context.day.close:
                self._try(symbol, "plan", planned)

    def _try(self, symbol: str, who: str, planned: PlannedExit | None = None) -> None:
        try:
            if planned is None:
                self.close(symbol, who, "flatten")
            else:
                self.close(symbol, who, planned.why, planned.quantity, is_half=planned.is_half)
        except BrokerError as error:
            self._context.log("error", f"{symbol}: exit not sent: {error}")

    def rule_of(self, position: Position) -> ExitRule:
        """The exit rule of the strategy that opened it."""
        return self._rules.get(self._books.strategies.get(position.ticket_id, ORH), self._rules[ORH])

    def plan(self, symbol: str) -> tuple[PlannedExit, ...]:
        """The exits of today's plan for a position."""
        position = self._books.positions[symbol]
        return planned_exits(self._holding(position), self.rule_of(position), self._context.day)

    def whole_plan(self, symbol: str) -> tuple[PlannedExit, ...]:
        """Everything the plan says from today on; only today's part where the calendar ends."""
        position, context = self._books.positions[symbol], self._context
        try:
            return whole_plan(self._holding(position), self.rule_of(position), context.day, context.calendar)
        except LookupError:
            return self.plan(symbol)

    def describe_plan(self, symbol: str) -> str:
        """The next planned exit in words."""
        position = self._books.positions[symbol]
        return describe_next(self._holding(position), self.rule_of(position))

    def tightened(self, symbol: str, current: Decimal) -> Decimal | None:
        """Where the plan moves the stop of a position now; None to leave it at ``current``."""
        position = self._books.positions[symbol]
        return tightened_stop(self._holding(position), self.rule_of(position), current, self._ladder(symbol))

    def _holding(self, position: Position) -> Holding:
        last = self._last_price(position.symbol)
        return Holding(
            symbol=position.symbol,
            quantity=position.quantity,
            day_number=self._books.day_number(position),
            half_done=position.half_done,
            last=price(last) if last > 0 else None,
            closes=self._closes(position.symbol),
            entry=position.entry_price,
            risk_per_share=position.risk_per_share,
            opened=position.opened,
            side=position.side,
        )
