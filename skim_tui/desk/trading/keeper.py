"""Keeps every held share covered by a resting stop, whatever the broker says or fails to say (safety rule S2)."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager
from decimal import Decimal

from skim_tui.crashpoints import crashpoint
from skim_tui.desk import alerting
from skim_tui.desk.context import Context
from skim_tui.desk.trading.books import Books
from skim_tui.desk.trading.exits import EXIT_LEGS, Exits
from skim_tui.desk.trading.orders import Orders
from skim_tui.domain.orders import (
    Fill,
    FillFees,
    OrderSpec,
    OrderStatus,
    OrderType,
    OrderUpdate,
    Side,
    Tif,
    leg_of,
    order_ref,
    ticket_of,
)
from skim_tui.domain.position import (
    CancelStop,
    Position,
    PositionState,
    Protection,
    ResizeStop,
    protection,
    stop_repair,
)
from skim_tui.journal import PositionRecord

SETTLING_GRACE = 5.0
"""Real seconds a stop may differ from the holding for a known reason: the broker's own OCA reduction is on its way,
or it is here and the sale that caused it is not."""

TARGET_GRACE = 0.75
"""The same when only a resting target could have closed the shares. It fills at the far end of the range, so that a
stop too many for a moment does no harm, and it may rest for days: shares must not be bare for long on its account."""

REPAIR_EVERY = 2.0
"""Real seconds between two attempts to repair the same stop."""

MAX_STOP_FAILURES = 3
"""After so many rejected stops the position is closed instead (S2)."""

MAX_RESIZE_FAILURES = 3
"""After so many changes of a stop that changed nothing a further stop covers the rest."""


def verb(position: Side, fill: Side) -> str:
    """What a fill did to a position of side ``position``, as the operator says it."""
    if position is Side.BUY:
        return "bought" if fill is Side.BUY else "sold"
    return "sold short" if fill is Side.SELL else "bought back"


class Keeper:
    """Counts fills into the books and sees that stops cover exactly what is held."""

    def __init__(self, context: Context, orders: Orders, books: Books, exits: Exits) -> None:
        self._context = context
        self._orders = orders
        self._books = books
        self._exits = exits
        self._unsettled: dict[str, float] = {}
        self._repaired: dict[str, tuple[float, int]] = {}
        """symbol -> (when it was last repaired, the shares that the stops were to cover then)."""
        self._taking_stock = False
        self._resizes: dict[str, tuple[int, int]] = {}
        """symbol -> (shares covered when a resize was last asked, how often it was asked at that)."""
        self._leftover: dict[str, float] = {}
        self._moved: dict[str, float] = {}
        self.on_closed: Callable[[Position], None] = lambda position: None

    # ---- what the broker says -----------------------------------------------------------------------

    def on_fill(self, fill: Fill) -> bool:
        """Count a fill once; True when it is one of ours and new. An exit that comes before its entry is kept,
        and the broker is asked for its whole truth."""
        crashpoint("before-fill")
        known = fill.exec_id in self._books.early or fill.exec_id in self._books.aside
        position = self._books.count(fill)
        if position is None:
            if fill.exec_id in self._books.aside and not known:
                self._set_aside(fill)
            elif fill.exec_id in self._books.early and not known:
                self._context.journal.save(self._books.fill_record(fill))
                self._context.log(
                    "warning",
                    f"{fill.symbol}: {fill.side.value.lower()} of {fill.quantity:,} came before its entry was told",
                )
                self._context.broker.resync()
            return False
        self._booked(fill, position)
        waiting = [early for early in self._books.early.values() if ticket_of(early.ref) == position.ticket_id]
        waiting += [aside for aside in self._books.aside.values() if aside.symbol == fill.symbol]
        for late in sorted(waiting, key=lambda late: late.ts):
            then = self._books.count(late)
            if then is not None:
                self._booked(late, then)
        self.check(fill.symbol)
        return True

    def _set_aside(self, fill: Fill) -> None:
        """Say that an entry taken for lost has filled beside another position: the operator must look."""
        self._context.journal.save(self._books.fill_record(fill))
        self._context.log(
            "error",
            f"{fill.symbol}: {fill.ref}, taken for lost, has filled {fill.quantity:,} beside another position; "
            "its own stop covers them",
        )
        self._context.broker.resync()

    def _booked(self, fill: Fill, position: Position) -> None:
        context = self._context
        if position.state is PositionState.CLOSED:
            position.why_closed = self._exits.why(fill.ref)
        context.journal.save(
            self._books.fill_record(fill),
            self.record(position),
            events=[context.event("broker", "fill", fill.ref, quantity=fill.quantity, price=str(fill.price))],
        )
        crashpoint("after-fill")
        order = self._orders.updates.get(fill.ref)
        if order is not None and fill.quantity < order.quantity:
            crashpoint("after-partial-fill")
        if leg_of(fill.ref) in EXIT_LEGS:
            crashpoint("after-exit-fill")
        context.log("info", f"{fill.symbol}: {verb(position.side, fill.side)} {fill.quantity:,} at {fill.price}")
        context.touch("positions", fill.symbol)
        if position.state is PositionState.CLOSED:
            self._closed(position)
        elif fill.side is not position.side and order is not None and self._books.booked(fill.ref) >= order.quantity:
            context.alert(alerting.exit_(context.now(), position, self._exits.why(fill.ref)))

    def _closed(self, position: Position) -> None:
        crashpoint("position-closed")
        self._context.log(
            "info",
            f"{position.symbol}: closed ({position.why_closed}) at {position.exit_price:.3f}, "
            f"{position.gross:+,.2f} before fees",
        )
        self._resizes.pop(position.symbol, None)
        self._context.touch("trades", position.ticket_id)
        self._context.alert(alerting.exit_(self._context.now(), position, position.why_closed))
        self.on_closed(position)

    def on_fees(self, fees: FillFees) -> None:
        """Charge an execution's fees once."""
        fill = self._books.charge(fees)
        position = self._books.of_ticket(ticket_of(fill.ref)) if fill is not None else None
        if fill is None or position is None:
            return
        self._context.journal.save(self._books.fill_record(fill), self.record(position))
        self._context.touch("positions", fill.symbol)

    def on_order(self, update: OrderUpdate) -> None:
        """Follow exits and stops; a stop that died is replaced."""
        self._exits.on_order(update)
        position = self._books.positions.get(update.symbol)
        lost = update.status in (OrderStatus.REJECTED, OrderStatus.CANCELLED)
        if (
            leg_of(update.ref) == "S"
            and lost
            and position is not None
            and position.ticket_id == ticket_of(update.ref)
            and self._exits.working(update.symbol) is None
        ):
            self._context.log(
                "error", f"{update.symbol}: STOP {update.status.value.upper()}: {update.reason or 'no reason given'}"
            )
            if not self.protection_of(update.symbol).covers(position.quantity):
                self._context.alert(alerting.refused(self._context.now(), update))
        self.check(update.symbol)
        self._context.touch("positions", update.symbol)

    # ---- protection -----------------------------------------------------------------------------------

    def protection_of(self, symbol: str) -> Protection:
        """The stops that rest at the broker for the position in ``symbol``; none where there is no position."""
        position = self._books.positions.get(symbol)
        return self._stops_of(position) if position is not None else Protection(0, ())

    def _stops_of(self, position: Position) -> Protection:
        return protection(self._orders.of_ticket(position.ticket_id), position.symbol, position.side)

    def stop_prices(self) -> dict[str, Decimal]:
        """symbol -> the price of its newest resting stop, of the positions that have one."""
        prices: dict[str, Decimal] = {}
        for symbol in self._books.positions:
            stops = self.protection_of(symbol).orders
            if stops and stops[-1].stop_price is not None:
                prices[symbol] = stops[-1].stop_price
        return prices

    def record(self, position: Position) -> PositionRecord:
        """The journal's row of a position."""
        stops = self._stops_of(position).orders
        return self._books.record(position, stops[-1].ref if stops else "", stops[-1].stop_price if stops else None)

    def on_time(self) -> None:
        """Look after every stop."""
        for symbol in tuple(self._books.positions):
            self.check(symbol)
            self._tighten(symbol, self._context.wall())
        self._cancel_leftovers(self._context.wall())

    def _cancel_leftovers(self, now: float) -> None:
        """A stop or target whose shares are gone would open a position: it goes too, once nothing can be under way."""
        for order in self._orders.live():
            if leg_of(order.ref) not in ("S", "T") or not order.status.is_resting:
                continue
            ticket_id = ticket_of(order.ref)
            entry = self._orders.updates.get(order_ref(ticket_id, "E"))
            spent = entry is not None and entry.status.is_done
            if not spent or self._books.held(ticket_id, self._orders.of_symbol(order.symbol)) > 0:
                self._leftover.pop(order.ref, None)
            elif now - self._leftover.setdefault(order.ref, now) >= SETTLING_GRACE:
                self._leftover[order.ref] = now
                self._context.log("warning", f"{order.symbol}: {order.ref} protects nothing any more, cancelling it")
                self._orders.cancel(order.ref, "desk", "its shares are gone")

    @contextmanager
    def taking_stock(self) -> Generator[None]:
        """While a snapshot is digested nothing is repaired: half of it is no truth, and a stop placed in its midst
        is not on its list. Afterwards every position is checked once."""
        self._taking_stock = True
        try:
            yield
        finally:
            self._taking_stock = False
        for symbol in tuple(self._books.positions):
            self.check(symbol, is_complete=True)

    def check(self, symbol: str, *, is_complete: bool = False) -> None:
        """See that resting stops cover exactly what is held, and repair what does not (S2). ``is_complete``: what is
        known was just brought in line with the broker, so that no target filled unseen."""
        position = self._books.positions.get(symbol)
        if position is None or self._taking_stock:
            return
        now = self._context.wall()
        orders = self._orders.of_ticket(position.ticket_id)
        held = self._books.held(position.ticket_id, orders)
        stops = self._stops_of(position)
        repair = stop_repair(
            held,
            stops.orders,
            entry_working=self._orders.working_entry(position.ticket_id) is not None,
            stop_in_flight=self._stop_in_flight(position),
        )
        if repair is None:
            self._unsettled.pop(symbol, None)
            return
        grace = self._grace(orders, held - stops.covered)
        if is_complete and grace == TARGET_GRACE:
            grace = 0.0
        if grace and now - self._unsettled.setdefault(symbol, now) < grace:
            return
        when, wanted = self._repaired.get(symbol, (float("-inf"), 0))
        if now - when < REPAIR_EVERY and stops.covered != wanted:
            return  # the repair before is still on its way, or failed
        self._repaired[symbol] = (now, held)
        if isinstance(repair, CancelStop):
            self._context.log("warning", f"{symbol}: {repair.ref} is a stop too many, cancelling it")
            self._orders.cancel(repair.ref, "desk", "the others cover all that is held")
        elif isinstance(repair, ResizeStop):
            self._resize(position, repair, held, stops.covered)
        else:
            self._place(position, repair.quantity)

    @staticmethod
    def _grace(orders: list[OrderUpdate], bare: int) -> float:
        """Real seconds before ``bare`` shares of the ticket with these ``orders`` (below 0: shares covered twice) are repaired. An exit or target under
        way may have closed them without our knowing yet: the broker may reduce the stop first and tell the fill
        after. To enlarge the stop again would be to close those shares twice."""
        if bare < 0:
            return SETTLING_GRACE
        closing = {"exit": 0, "target": 0}
        for order in orders:
            if order.status.is_done:
                continue
            leg = leg_of(order.ref)
            kind = "exit" if leg in EXIT_LEGS else "target" if leg == "T" else ""
            if kind:
                closing[kind] += order.remaining
        if bare <= closing["exit"]:
            return SETTLING_GRACE
        return TARGET_GRACE if bare <= closing["exit"] + closing["target"] else 0.0

    def _stop_in_flight(self, position: Position) -> bool:
        return any(
            order.side is position.side.other
            and order.type is OrderType.STOP
            and not order.status.is_done
            and not order.status.is_resting
            for order in self._orders.of_symbol(position.symbol)
        )

    def _resize(self, position: Position, repair: ResizeStop, held: int, covered: int) -> None:
        """Change the stop in place; one that will not grow gets a second stop beside it."""
        symbol = position.symbol
        before, times = self._resizes.get(symbol, (covered, 0))
        times = times + 1 if before == covered else 1
        self._resizes[symbol] = (covered, times)
        if times > MAX_RESIZE_FAILURES and covered < held:
            self._place(position, held - covered)
            return
        self._context.log("warning", f"{symbol}: stop {repair.ref} resized to {repair.quantity:,}")
        failed = self._orders.modify(repair.ref, "cover what is held", quantity=repair.quantity)
        if failed:
            self._context.log("error", f"{symbol}: stop not repaired: {failed}")

    def _place(self, position: Position, quantity: int) -> None:
        """Place a stop for shares that have none, or close the position when none can be placed."""
        symbol = position.symbol
        if self._failed_stops(position) >= MAX_STOP_FAILURES:
            self._context.log("error", f"{symbol}: the stop cannot be placed, closing the position")
            self._exits.close(symbol, "desk", "stop could not be placed")
            return
        stop = self._stop_price(position)
        self._context.log("error", f"{symbol}: {quantity:,} shares unprotected, placing a stop at {stop}")
        spec = OrderSpec(
            ref=self._orders.next_ref(position.ticket_id, "S"),
            symbol=symbol,
            side=position.side.other,
            type=OrderType.STOP,
            quantity=quantity,
            tif=Tif.GTC,
            stop_price=stop,
            oca_group=self._orders.exit_group(position.ticket_id),
        )
        crashpoint("before-stop-replaced")
        failed = self._orders.send(spec, "desk", "replace a lost stop")
        crashpoint("after-stop-replaced")
        if failed:
            self._context.log("error", f"{symbol}: stop not repaired: {failed}")

    def move_stop(self, symbol: str, stop: Decimal) -> tuple[bool, str]:
        """Tighten the stop of a position. A stop is never widened."""
        stops, position = self.protection_of(symbol).orders, self._books.positions.get(symbol)
        if not stops or position is None:
            return False, f"{symbol}: no resting stop to move"
        current, sign = stops[-1].stop_price, position.side.sign
        if current is not None and stop * sign <= current * sign:
            nearer = "below" if position.is_short else "above"
            return False, f"{symbol}: stop {stop} is not {nearer} the present {current}"
        not_sent = self._orders.modify(stops[-1].ref, "tighten", stop_price=stop)
        return (False, not_sent) if not_sent else (True, f"{symbol}: stop to {stop}")

    def _tighten(self, symbol: str, now: float) -> None:
        """Move the stop where the position's plan wants it, at most once every few seconds."""
        stops = self.protection_of(symbol).orders
        current = stops[-1].stop_price if stops else None
        if symbol not in self._books.positions or current is None or now < self._moved.get(symbol, 0.0) + REPAIR_EVERY:
            return
        stop = self._exits.tightened(symbol, current)
        if stop is not None:
            self._moved[symbol] = now
            _, text = self.move_stop(symbol, stop)
            self._context.log("info", text)

    def _failed_stops(self, position: Position) -> int:
        return sum(
            1
            for order in self._orders.of_ticket(position.ticket_id)
            if order.status is OrderStatus.REJECTED and order.type is OrderType.STOP
        )

    def _stop_price(self, position: Position) -> Decimal:
        """The tightest stop the position ever had."""
        prices = [
            order.stop_price
            for order in self._orders.of_ticket(position.ticket_id)
            if order.stop_price is not None and order.side is position.side.other
        ]
        tightest = min if position.is_short else max
        return tightest([position.initial_stop, *prices])
