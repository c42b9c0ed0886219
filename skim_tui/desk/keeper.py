"""Keeps positions: counts their fills, sees that every held share is covered by a resting stop, and
carries out their exit plans (safety rules S2 and S5)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date
from decimal import Decimal

from skim_tui.desk.context import Context
from skim_tui.desk.orders import Orders
from skim_tui.domain.exits import ExitRule, Holding, PlannedExit, describe_next, due_exit, planned_exits
from skim_tui.domain.instrument import price
from skim_tui.domain.orders import (
    Fill,
    FillFees,
    OrderSpec,
    OrderStatus,
    OrderType,
    OrderUpdate,
    Side,
    Tif,
    order_ref,
    ticket_of,
)
from skim_tui.domain.position import (
    PlaceStop,
    Position,
    PositionState,
    Protection,
    ResizeStop,
    protection,
    stop_repair,
)
from skim_tui.journal import FillRecord, PositionRecord

OVERCOVERED_GRACE = 5.0
"""Exchange seconds a stop may be larger than the holding: the broker's own OCA reduction is on its way."""

REPAIR_EVERY = 2.0
"""Exchange seconds between two attempts to repair the same stop."""

MAX_STOP_FAILURES = 3
"""After so many rejected stops the position is closed instead (S2)."""


class Keeper:
    """Long positions of this desk, one for each symbol."""

    def __init__(
        self, context: Context, orders: Orders, last_price: Callable[[str], float], closes: Callable[[str], list[float]]
    ) -> None:
        self._context = context
        self._orders = orders
        self._last_price = last_price
        self._closes = closes
        self.positions: dict[str, Position] = {}
        """Open positions by symbol."""
        self.closed: list[Position] = []
        """Round trips that ended today."""
        self.strangers: dict[str, tuple[int, Decimal]] = {}
        """Holdings of the account that this desk did not open: (shares, average cost)."""
        self.last_loss_ts = 0.0
        self._fills: dict[str, Fill] = {}
        self._fees: dict[str, FillFees] = {}
        self._tickets: dict[str, tuple[str, Decimal, Decimal]] = {}
        """ticket id -> (symbol, limit, stop) of entries that may still fill."""
        self._exits: dict[str, tuple[str, bool]] = {}
        """symbol -> (reference, is the half sale) of its one working exit."""
        self._exit_why: dict[str, str] = {}
        self._overcovered: dict[str, float] = {}
        self._repaired: dict[str, float] = {}
        self._sequence: dict[str, int] = {}
        self._realised_today = Decimal(0)
        self.on_closed: Callable[[Position], None] = lambda position: None
        config = context.config.exits
        self.rule = ExitRule(
            end_of_day=config.end_of_day,
            end_of_day_minutes=config.end_of_day_minutes,
            half_on_day=config.half_on_day,
            trail_sma_days=config.trail_sma_days,
        )

    # ---- start ------------------------------------------------------------------------------------

    def expect(self, ticket_id: str, symbol: str, limit: Decimal, stop: Decimal) -> None:
        """An entry of this ticket may fill from now on."""
        self._tickets[ticket_id] = (symbol, limit, stop)

    def load(self, records: Iterable[PositionRecord], fills: Iterable[FillRecord]) -> None:
        """Rebuild positions from the journal's fills, after a restart."""
        known = {record.ticket_id: record for record in records}
        for record in known.values():
            limit = record.initial_stop + record.risk_per_share
            self._tickets[record.ticket_id] = (record.symbol, limit, record.initial_stop)
        for record in sorted(fills, key=lambda fill: fill.ts):
            ticket_id = ticket_of(record.ref)
            if ticket_id not in known:
                continue
            fill = Fill(
                record.exec_id,
                record.ref,
                record.symbol,
                Side(record.side),
                record.quantity,
                record.price,
                record.ts,
                record.perm_id,
            )
            position = self._apply(fill)
            if position is not None and record.fees is not None:
                self._charge(position, FillFees(fill.exec_id, record.fees, record.fee_currency), fill.ts)
        for position in [*self.positions.values(), *self.closed]:
            record = known[position.ticket_id]
            position.half_done = record.half_done
            position.opened_session = record.opened_session
            if position.state is not PositionState.CLOSED and record.half_done:
                position.state = PositionState.HALF_EXITED
            position.why_closed = record.why_closed
        start = self._context.day.pre_open
        self.closed = [position for position in self.closed if position.closed >= start]
        for update in self._orders.live():
            if update.ref.rpartition(".")[2].startswith("X"):
                self._exits[update.symbol] = (update.ref, False)

    def start_day(self) -> None:
        self.closed.clear()
        self._realised_today = Decimal(0)
        self.last_loss_ts = 0.0

    # ---- what the broker says -----------------------------------------------------------------------

    def on_fill(self, fill: Fill) -> bool:
        """Count a fill once; True when it is one of ours and new."""
        if fill.exec_id in self._fills:
            return False
        ticket_id = ticket_of(fill.ref)
        if ticket_id not in self._tickets:
            return False
        context = self._context
        position = self._apply(fill)
        assert position is not None
        context.journal.save(
            self._fill_record(fill),
            self.record(position),
            events=[context.event("broker", "fill", fill.ref, quantity=fill.quantity, price=str(fill.price))],
        )
        verb = "bought" if fill.side is Side.BUY else "sold"
        context.log("info", f"{fill.symbol}: {verb} {fill.quantity:,} at {fill.price}")
        context.touch("positions", fill.symbol)
        if position.state is PositionState.CLOSED:
            self._finish(position, fill.ref)
        self.check(fill.symbol)
        return True

    def on_fees(self, fees: FillFees) -> None:
        """Charge an execution's fees once."""
        if fees.exec_id in self._fees:
            return
        fill = self._fills.get(fees.exec_id)
        if fill is None:
            self._fees[fees.exec_id] = fees  # the fill itself is still on its way
            return
        position = self._position_of(ticket_of(fill.ref))
        if position is None:
            return
        self._charge(position, fees, fill.ts)
        self._context.journal.save(self._fill_record(fill), self.record(position))
        self._context.touch("positions", fill.symbol)

    def on_order(self, update: OrderUpdate) -> None:
        """Follow exits and stops; a stop that died is replaced."""
        leg = update.ref.rpartition(".")[2]
        if leg.startswith("X") and update.status.is_done:
            exit_ref, _ = self._exits.get(update.symbol, ("", False))
            if exit_ref == update.ref:
                del self._exits[update.symbol]
            if update.status is not OrderStatus.FILLED:
                self._context.log(
                    "error", f"{update.symbol}: exit {update.status}: {update.reason or 'no reason given'}"
                )
        if leg.startswith("S") and update.status in (OrderStatus.REJECTED, OrderStatus.CANCELLED):
            position = self.positions.get(update.symbol)
            if position is not None and position.quantity > 0 and self._exits.get(update.symbol) is None:
                self._context.log(
                    "error",
                    f"{update.symbol}: STOP {update.status.value.upper()}: {update.reason or 'no reason given'}",
                )
        self.check(update.symbol)
        self._context.touch("positions", update.symbol)

    # ---- protection -----------------------------------------------------------------------------------

    def protection_of(self, symbol: str) -> Protection:
        return protection(self._orders.updates.values(), symbol)

    def check(self, symbol: str) -> None:
        """See that resting stops cover exactly what is held, and repair what does not (S2)."""
        position = self.positions.get(symbol)
        if position is None:
            return
        now = self._context.now()
        orders = self._orders.of_symbol(symbol)
        entry = self._orders.updates.get(order_ref(position.ticket_id, "E"))
        stops = self.protection_of(symbol)
        in_flight = any(
            order.side is Side.SELL
            and order.type is OrderType.STOP
            and not order.status.is_done
            and not order.status.is_resting
            for order in orders
        )
        repair = stop_repair(
            position.quantity,
            stops.orders,
            entry_working=entry is not None and not entry.status.is_done,
            stop_in_flight=in_flight,
        )
        if repair is None:
            self._overcovered.pop(symbol, None)
            return
        if stops.covered > position.quantity:
            since = self._overcovered.setdefault(symbol, now)
            if now - since < OVERCOVERED_GRACE:
                return
        if now - self._repaired.get(symbol, -REPAIR_EVERY) < REPAIR_EVERY:
            return
        self._repaired[symbol] = now
        self._repair(position, repair)

    def move_stop(self, symbol: str, stop: Decimal) -> tuple[bool, str]:
        """Tighten the stop of a position. A stop is never widened."""
        stops = self.protection_of(symbol).orders
        if not stops:
            return False, f"{symbol}: no resting stop to move"
        current = stops[-1].stop_price
        if current is not None and stop <= current:
            return False, f"{symbol}: stop {stop} is not above the present {current}"
        not_sent = self._orders.modify(stops[-1].ref, "tighten", stop_price=stop)
        return (False, not_sent) if not_sent else (True, f"{symbol}: stop to {stop}")

    # ---- exits ----------------------------------------------------------------------------------------

    def close(
        self, symbol: str, who: str, why: str, quantity: int | None = None, *, is_half: bool = False
    ) -> tuple[bool, str]:
        """Sell at market, at most what is held, in one OCA group with the stop (S5). Never refused
        by a risk gate."""
        position = self.positions.get(symbol)
        if position is None or position.quantity <= 0:
            return False, f"{symbol}: no position of this desk"
        working = self._exits.get(symbol)
        if working is not None:
            return False, f"{symbol}: exit {working[0]} is working already"
        entry_ref = order_ref(position.ticket_id, "E")
        entry = self._orders.updates.get(entry_ref)
        if entry is not None and not entry.status.is_done:
            self._orders.cancel(entry_ref, who, "position is being closed")
        selling = min(position.quantity, quantity or position.quantity)
        spec = OrderSpec(
            ref=self._next_ref(position.ticket_id, "X"),
            symbol=symbol,
            side=Side.SELL,
            type=OrderType.MARKET,
            quantity=selling,
            tif=Tif.DAY,
            oca_group=order_ref(position.ticket_id, "OCA"),
        )
        self._exits[symbol] = (spec.ref, is_half)
        self._exit_why[spec.ref] = why
        not_sent = self._orders.send(spec, who, why)
        if not_sent:
            self._exits.pop(symbol, None)
            return False, f"{symbol}: exit not sent: {not_sent}"
        self._context.log("info", f"{symbol}: closing {selling:,} ({why})")
        return True, f"{symbol}: selling {selling:,} at market"

    def on_time(self, now: float) -> None:
        """Carry out what the plans say is due, and look after the stops."""
        for symbol in tuple(self.positions):
            self.check(symbol)
            if symbol in self._exits:
                continue
            planned = due_exit(self.plan(symbol), now)
            if planned is not None and self._context.day.open <= now < self._context.day.close:
                self.close(symbol, "plan", planned.why, planned.quantity, is_half=planned.is_half)

    def plan(self, symbol: str) -> tuple[PlannedExit, ...]:
        """The exits of today's plan for a position."""
        return planned_exits(self._holding(self.positions[symbol]), self.rule, self._context.day)

    def describe_plan(self, symbol: str) -> str:
        return describe_next(self._holding(self.positions[symbol]), self.rule)

    def day_number(self, position: Position) -> int:
        try:
            return self._context.calendar.count(position.opened_session, self._context.session_date)
        except LookupError:
            return 1

    # ---- money --------------------------------------------------------------------------------------

    def realised_today(self) -> Decimal:
        """Profit of shares sold today less today's fees."""
        return self._realised_today

    def unrealised(self) -> Decimal:
        total = Decimal(0)
        for position in self.positions.values():
            last = self._last_price(position.symbol)
            if last > 0:
                total += position.unrealised(price(last))
        return total

    def day_pnl(self) -> Decimal | None:
        """Realised and open profit; None when an open position has no price."""
        if any(self._last_price(symbol) <= 0 for symbol in self.positions):
            return None
        return self._realised_today + self.unrealised()

    def open_risk(self) -> Decimal:
        """What is lost if every stop fills at its price."""
        total = Decimal(0)
        for position in self.positions.values():
            stops = self.protection_of(position.symbol).orders
            stop = stops[-1].stop_price if stops and stops[-1].stop_price is not None else Decimal(0)
            total += max(Decimal(0), (position.entry_price - stop) * position.quantity)
        return total

    def record(self, position: Position) -> PositionRecord:
        stops = self.protection_of(position.symbol).orders
        return PositionRecord(
            id=position.ticket_id,
            account=self._context.account_id,
            symbol=position.symbol,
            ticket_id=position.ticket_id,
            quantity=position.quantity,
            bought=position.bought,
            entry_price=position.entry_price,
            initial_stop=position.initial_stop,
            risk_per_share=position.risk_per_share,
            opened=position.opened,
            opened_session=position.opened_session,
            state=position.state.value,
            stop_ref=stops[-1].ref if stops else "",
            stop_price=stops[-1].stop_price if stops else None,
            half_done=position.half_done,
            realised=position.realised,
            fees=position.fees,
            exit_value=position.sell_value,
            exit_quantity=position.sold,
            closed=position.closed or None,
            why_closed=position.why_closed,
        )

    def vanish(self, symbol: str, why: str) -> None:
        """The broker no longer holds it and no fill explains it: stop pretending."""
        position = self.positions.pop(symbol)
        position.state, position.closed, position.why_closed = PositionState.CLOSED, self._context.now(), why
        self._context.journal.save(
            self.record(position), events=[self._context.event("desk", "position gone", symbol, why)]
        )
        self._context.touch("positions", symbol)

    # ---- details --------------------------------------------------------------------------------------

    def _apply(self, fill: Fill) -> Position | None:
        symbol, limit, stop = self._tickets[ticket_of(fill.ref)]
        self._fills[fill.exec_id] = fill
        position = self._position_of(ticket_of(fill.ref))
        if position is None:
            if fill.side is Side.SELL:
                return None
            position = Position(
                ticket_of(fill.ref), symbol, stop, limit - stop, opened_session=self._session_of(fill.ts)
            )
            self.positions[symbol] = position
        sold_before = position.sold
        position.take(fill)
        if fill.side is Side.BUY:
            step = abs(position.entry_price - stop)
            position.risk_per_share = step or position.risk_per_share
        elif fill.ts >= self._context.day.pre_open:
            self._realised_today += (fill.price - position.entry_price) * (position.sold - sold_before)
        if (
            fill.side is Side.SELL
            and position.quantity > 0
            and self._exits.get(symbol, ("", False)) == (fill.ref, True)
        ):
            position.state, position.half_done = PositionState.HALF_EXITED, True
        early = self._fees.pop(fill.exec_id, None)
        if early is not None:
            self._charge(position, early, fill.ts)
        if position.state is PositionState.CLOSED:
            self.positions.pop(symbol, None)
            self.closed.append(position)
        return position

    def _charge(self, position: Position, fees: FillFees, ts: float) -> None:
        self._fees[fees.exec_id] = fees
        position.fees += fees.fees
        if ts >= self._context.day.pre_open:
            self._realised_today -= fees.fees

    def _finish(self, position: Position, ref: str) -> None:
        leg = ref.rpartition(".")[2]
        if leg.startswith("S"):
            why = "stop"
        elif leg.startswith("T"):
            why = "target"
        else:
            why = self._exit_why.get(ref, "closed")
        position.why_closed = why
        if position.realised < 0:
            self.last_loss_ts = position.closed
        self._context.journal.save(self.record(position))
        gross = position.sell_value - position.buy_value
        self._context.log(
            "info", f"{position.symbol}: closed ({why}) at {position.exit_price:.3f}, {gross:+,.2f} before fees"
        )
        self._context.touch("trades", position.ticket_id)
        self.on_closed(position)

    def _repair(self, position: Position, repair: ResizeStop | PlaceStop) -> None:
        symbol = position.symbol
        if isinstance(repair, ResizeStop):
            self._context.log("warning", f"{symbol}: stop {repair.ref} resized to {repair.quantity:,}")
            failed = self._orders.modify(repair.ref, "cover what is held", quantity=repair.quantity)
        elif self._failed_stops(position) >= MAX_STOP_FAILURES:
            self._context.log("error", f"{symbol}: the stop cannot be placed, closing the position")
            self.close(symbol, "desk", "stop could not be placed")
            return
        else:
            stop = self._stop_price(position)
            self._context.log("error", f"{symbol}: {repair.quantity:,} shares unprotected, placing a stop at {stop}")
            spec = OrderSpec(
                ref=self._next_ref(position.ticket_id, "S"),
                symbol=symbol,
                side=Side.SELL,
                type=OrderType.STOP,
                quantity=repair.quantity,
                tif=Tif.GTC,
                stop_price=stop,
                oca_group=order_ref(position.ticket_id, "OCA"),
            )
            failed = self._orders.send(spec, "desk", "replace a lost stop")
        if failed:
            self._context.log("error", f"{symbol}: stop not repaired: {failed}")

    def _failed_stops(self, position: Position) -> int:
        return sum(
            1
            for order in self._orders.of_symbol(position.symbol)
            if order.status is OrderStatus.REJECTED
            and order.type is OrderType.STOP
            and ticket_of(order.ref) == position.ticket_id
        )

    def _stop_price(self, position: Position) -> Decimal:
        """The tightest stop the position ever had."""
        prices = [
            order.stop_price
            for order in self._orders.of_symbol(position.symbol)
            if order.stop_price is not None and order.side is Side.SELL and ticket_of(order.ref) == position.ticket_id
        ]
        return max([position.initial_stop, *prices])

    def _holding(self, position: Position) -> Holding:
        last = self._last_price(position.symbol)
        return Holding(
            symbol=position.symbol,
            quantity=position.quantity,
            day_number=self.day_number(position),
            half_done=position.half_done,
            last=price(last) if last > 0 else None,
            closes=self._closes(position.symbol),
        )

    def _position_of(self, ticket_id: str) -> Position | None:
        for position in [*self.positions.values(), *self.closed]:
            if position.ticket_id == ticket_id:
                return position
        return None

    def _next_ref(self, ticket_id: str, leg: str) -> str:
        """The next unused reference of a leg: S2, S3 … and X1, X2 …"""
        number = 1 if leg == "X" else 2
        while order_ref(ticket_id, f"{leg}{number}") in self._orders.updates:
            number += 1
        return order_ref(ticket_id, f"{leg}{number}")

    def _session_of(self, ts: float) -> date:
        try:
            return self._context.calendar.current_or_next(ts).date
        except LookupError:
            return self._context.session_date

    def _fill_record(self, fill: Fill) -> FillRecord:
        fees = self._fees.get(fill.exec_id)
        return FillRecord(
            exec_id=fill.exec_id,
            ref=fill.ref,
            account=self._context.account_id,
            symbol=fill.symbol,
            side=fill.side.value,
            quantity=fill.quantity,
            price=fill.price,
            ts=fill.ts,
            perm_id=fill.perm_id,
            fees=fees.fees if fees else None,
            fee_currency=fees.currency if fees else "",
        )
