"""The books: positions counted from fills alone, their fees, and the day's profit."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from skim_tui.desk.context import Context
from skim_tui.domain.instrument import price
from skim_tui.domain.orders import Fill, FillFees, OrderUpdate, Side, leg_of, ticket_of
from skim_tui.domain.position import Position, PositionState
from skim_tui.journal import FillRecord, PositionRecord

LastPrice = Callable[[str], float]
"""The newest price of a symbol; 0.0 while there is none."""


@dataclass(frozen=True, slots=True)
class ExpectedEntry:
    """What an entry that may fill was meant to be."""

    symbol: str
    side: Side
    limit: Decimal
    stop: Decimal


class Books:
    """Positions of this desk, long and short, one for each symbol."""

    def __init__(self, context: Context, last_price: LastPrice, todays_price: LastPrice) -> None:
        """``last_price`` may be an earlier session's close, ``todays_price`` is 0.0 before today's first trade."""
        self._context = context
        self._last_price = last_price
        self._todays_price = todays_price
        self.positions: dict[str, Position] = {}
        """Open positions by symbol."""
        self.closed: list[Position] = []
        """Round trips that ended today."""
        self.strangers: dict[str, tuple[int, Decimal]] = {}
        """Holdings of the account that this desk did not open: (shares, average cost)."""
        self.early: dict[str, Fill] = {}
        """Exits of more than is held: the fill of their entry is still on its way. By execution id."""
        self.aside: dict[str, Fill] = {}
        """Fills of an entry that was taken for lost, in a symbol that another ticket holds by now: they must not hide
        that position, and are booked when it is closed. Until then their own stop covers them. By execution id."""
        self.last_loss_ts = 0.0
        self._tickets: dict[str, ExpectedEntry] = {}
        """By ticket id, of entries that may still fill."""
        self.strategies: dict[str, str] = {}
        """ticket id -> the strategy that made it."""
        self._fills: dict[str, Fill] = {}
        self._shares: dict[str, int] = {}
        """Shares booked for each order."""
        self._fees: dict[str, FillFees] = {}
        self._charged: set[str] = set()
        self._realised_today = Decimal(0)

    # ---- start ------------------------------------------------------------------------------------

    def clear(self) -> None:
        """Nothing is known: another account, or the first."""
        for kept in (self.positions, self.closed, self.strangers, self.early, self.aside):
            kept.clear()
        for known in (self._tickets, self._fills, self._shares, self._fees, self._charged):
            known.clear()
        self._realised_today = Decimal(0)
        self.last_loss_ts = 0.0

    def expect(self, ticket_id: str, symbol: str, limit: Decimal, stop: Decimal, side: Side = Side.BUY) -> None:
        """An entry of this ticket may fill from now on."""
        self._tickets[ticket_id] = ExpectedEntry(symbol, side, limit, stop)

    def booked(self, ref: str) -> int:
        """Shares of an order whose executions are booked."""
        return self._shares.get(ref, 0)

    def knows(self, ticket_id: str) -> bool:
        return ticket_id in self._tickets

    def load(self, records: Iterable[PositionRecord], fills: Iterable[FillRecord]) -> None:
        """Rebuild positions from the journal's fills, after a restart."""
        known = {record.ticket_id: record for record in records}
        for record in known.values():
            side = Side(record.side)
            limit = record.initial_stop + side.sign * record.risk_per_share
            self._tickets.setdefault(record.ticket_id, ExpectedEntry(record.symbol, side, limit, record.initial_stop))
        for row in fills:
            if not self.knows(ticket_of(row.ref)):
                continue
            fill = Fill(row.exec_id, row.ref, row.symbol, Side(row.side), row.quantity, row.price, row.ts, row.perm_id)
            self.count(fill)
            if row.fees is not None:
                self.charge(FillFees(fill.exec_id, row.fees, row.fee_currency))
        for position in [*self.positions.values(), *self.closed]:
            record = known.get(position.ticket_id)
            if record is not None:
                self._restore(position, record)
        start = self._context.day.pre_open
        self.closed = [position for position in self.closed if position.closed >= start]
        self.last_loss_ts = max((p.closed for p in self.closed if p.realised < 0), default=0.0)

    def _restore(self, position: Position, record: PositionRecord) -> None:
        """What fills do not tell: shares taken off the books, the entry's session, why it closed."""
        position.opened_session = record.opened_session
        position.half_done = position.half_done or record.half_done
        position.why_closed = record.why_closed
        kept = 0 if record.state == PositionState.CLOSED else record.quantity
        gone = record.bought - record.exit_quantity - kept
        if 0 < gone <= position.quantity:
            position.write_off(gone, record.closed or 0.0)
        if position.state is PositionState.CLOSED:
            self._file(position)
        elif position.half_done:
            position.state = PositionState.HALF_EXITED

    def start_day(self) -> None:
        """A new session: yesterday's round trips and profit are history."""
        self.closed.clear()
        self._realised_today = Decimal(0)
        self.last_loss_ts = 0.0

    # ---- fills --------------------------------------------------------------------------------------

    def count(self, fill: Fill) -> Position | None:
        """Book a fill once. None when it changes nothing: known already, not of this desk, or an exit that
        waits for the entry before it (kept in :attr:`early`), or one set :attr:`aside`."""
        if fill.exec_id in self._fills or not self.knows(ticket_of(fill.ref)):
            return None
        position = self.of_ticket(ticket_of(fill.ref))
        held = position.quantity if position is not None else 0
        if fill.side is not self._tickets[ticket_of(fill.ref)].side:
            if fill.quantity > held:
                self.early[fill.exec_id] = fill
                return None
        elif self.positions.get(fill.symbol, position) is not position:
            self.aside[fill.exec_id] = fill
            return None
        self.early.pop(fill.exec_id, None)
        self.aside.pop(fill.exec_id, None)
        self._fills[fill.exec_id] = fill
        self._shares[fill.ref] = self._shares.get(fill.ref, 0) + fill.quantity
        position = self._book(fill, position)
        if fill.exec_id in self._fees:
            self._charge(position, self._fees[fill.exec_id], fill.ts)
        return position

    def _book(self, fill: Fill, position: Position | None) -> Position:
        expected = self._tickets[ticket_of(fill.ref)]
        if position is None:
            position = Position(
                ticket_of(fill.ref),
                expected.symbol,
                expected.stop,
                abs(expected.limit - expected.stop),
                expected.side,
                opened_session=self._session_of(fill.ts),
            )
        if fill.side is position.side:
            if position.state is PositionState.CLOSED:  # a late fill of an entry whose first shares are closed
                position.state, position.closed = PositionState.OPEN, 0.0
                if position in self.closed:
                    self.closed.remove(position)
            position.take(fill)
            self.positions[expected.symbol] = position
            position.risk_per_share = abs(position.entry_price - expected.stop) or position.risk_per_share
            return position
        position.take(fill)
        if fill.ts >= self._context.day.pre_open:
            self._realised_today += (fill.price - position.entry_price) * fill.quantity * position.side.sign
        if position.state is PositionState.CLOSED:
            self._file(position)
        elif leg_of(fill.ref) == "H":
            position.state, position.half_done = PositionState.HALF_EXITED, True
        return position

    def _file(self, position: Position) -> None:
        """A closed position leaves the open ones."""
        if self.positions.get(position.symbol) is position:
            del self.positions[position.symbol]
        if position not in self.closed:
            self.closed.append(position)
        if position.realised < 0:
            self.last_loss_ts = max(self.last_loss_ts, position.closed)

    def charge(self, fees: FillFees) -> Fill | None:
        """Charge an execution's fees once; its fill, or None when nothing changed (known already, or the fill
        itself is still on its way and will find them)."""
        if fees.exec_id in self._charged:
            return None
        self._fees[fees.exec_id] = fees
        fill = self._fills.get(fees.exec_id)
        position = self.of_ticket(ticket_of(fill.ref)) if fill is not None else None
        if fill is None or position is None:
            return None
        self._charge(position, fees, fill.ts)
        return fill

    def _charge(self, position: Position, fees: FillFees, ts: float) -> None:
        self._charged.add(fees.exec_id)
        position.fees += fees.fees
        if ts >= self._context.day.pre_open:
            self._realised_today -= fees.fees

    def write_off(self, symbol: str, shares: int, why: str, orders: Iterable[OrderUpdate]) -> Position:
        """Shares that the broker no longer holds and no fill explains: stop pretending. Executions of these
        ``orders`` that were never told are among them and are not waited for any longer."""
        position = self.positions[symbol]
        for order in orders:
            if self.unbooked(order):
                self._shares[order.ref] = order.filled
        position.write_off(shares, self._context.now())
        if position.state is PositionState.CLOSED:
            position.why_closed = why
            self._file(position)
        return position

    def unbooked(self, order: OrderUpdate) -> int:
        """Shares that an order's status says are filled and whose execution has not been told yet."""
        return max(0, order.filled - self._shares.get(order.ref, 0)) if self.knows(ticket_of(order.ref)) else 0

    def untold(self, order: OrderUpdate) -> int:
        """As :meth:`unbooked`, without the shares whose execution is known and set :attr:`aside`."""
        return self.unbooked(order) - sum(fill.quantity for fill in self.aside.values() if fill.ref == order.ref)

    def held(self, ticket_id: str, orders: Iterable[OrderUpdate]) -> int:
        """Shares of a ticket that the account holds (or owes, when short): those booked, and those that an order's
        status says were bought or sold although the execution itself has not been told yet."""
        expected = self._tickets.get(ticket_id)
        position = self.of_ticket(ticket_id)
        shares = position.quantity if position is not None else 0
        for order in orders:
            if expected is not None and ticket_of(order.ref) == ticket_id:
                shares += expected.side.sign * order.side.sign * self.unbooked(order)
        return max(0, shares)

    def of_ticket(self, ticket_id: str) -> Position | None:
        """The position of a ticket, open or closed today."""
        for position in [*self.positions.values(), *self.closed]:
            if position.ticket_id == ticket_id:
                return position
        return None

    # ---- money --------------------------------------------------------------------------------------

    def realised_today(self) -> Decimal:
        """Profit of shares closed today less today's fees."""
        return self._realised_today

    def unrealised(self) -> Decimal:
        """Open profit of the positions that have a price."""
        total = Decimal(0)
        for position in self.positions.values():
            last = self._last_price(position.symbol)
            if last > 0:
                total += position.unrealised(price(last))
        return total

    def day_pnl(self) -> Decimal | None:
        """Realised and open profit; None when an open position has no price of today: by yesterday's close a share
        that was bought after a gap is a loss that nobody made."""
        if any(self._todays_price(symbol) <= 0 for symbol in self.positions):
            return None
        return self._realised_today + self.unrealised()

    def open_risk(self, stops: Mapping[str, Decimal]) -> Decimal:
        """What is lost if every position ends at its stop (``stops``: symbol -> price). Without one, all that was
        paid; of a short position, which has no such bound, as much as it brought."""
        risk = Decimal(0)
        for symbol, position in self.positions.items():
            worst = Decimal(0) if not position.is_short else position.entry_price * 2
            risk += max(Decimal(0), (position.entry_price - stops.get(symbol, worst)) * position.signed)
        return risk

    def day_number(self, position: Position) -> int:
        """The trading day of the position: 1 on the session of its entry."""
        try:
            return self._context.calendar.count(position.opened_session, self._context.session_date)
        except LookupError:
            return 1

    # ---- rows ---------------------------------------------------------------------------------------

    def record(self, position: Position, stop_ref: str, stop_price: Decimal | None) -> PositionRecord:
        """The journal's row of a position and the stop that protects it now."""
        return PositionRecord(
            id=position.ticket_id,
            account=self._context.account_id,
            symbol=position.symbol,
            ticket_id=position.ticket_id,
            side=position.side.value,
            quantity=position.quantity,
            bought=position.entered,
            entry_price=position.entry_price,
            initial_stop=position.initial_stop,
            risk_per_share=position.risk_per_share,
            opened=position.opened,
            opened_session=position.opened_session,
            state=position.state.value,
            stop_ref=stop_ref,
            stop_price=stop_price,
            half_done=position.half_done,
            realised=position.realised,
            fees=position.fees,
            exit_value=position.exit_value,
            exit_quantity=position.exited,
            closed=position.closed or None,
            why_closed=position.why_closed,
        )

    def fill_record(self, fill: Fill) -> FillRecord:
        """The journal's row of a fill, with its fees as far as they are known."""
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

    def _session_of(self, ts: float) -> date:
        try:
            return self._context.calendar.current_or_next(ts).date
        except LookupError:
            return self._context.session_date
