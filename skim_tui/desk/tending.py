"""Positions tended by hand: a tighter stop, a target, a part closed, a protection looked at again."""

from __future__ import annotations

from decimal import Decimal

from skim_tui.desk.engine import Desk
from skim_tui.domain.instrument import price
from skim_tui.domain.orders import OrderSpec, OrderType, OrderUpdate, Tif, leg_of, order_ref
from skim_tui.domain.position import Position
from skim_tui.domain.rounding import limit_price, stop_price


class Tending:
    """The operator's word on a position. Every method answers at once: (done, what happened)."""

    def __init__(self, desk: Desk) -> None:
        self._context = desk.context
        self._watchlist = desk.watchlist
        self._orders = desk.orders
        self._books = desk.books
        self._exits = desk.exits
        self._keeper = desk.keeper

    def move_stop(self, symbol: str, to: Decimal, who: str) -> tuple[bool, str]:
        """Tighten a stop, on the ladder and short of the market."""
        followed, position = self._watchlist.symbols.get(symbol), self._books.positions.get(symbol)
        if followed is None or followed.instrument is None:
            return False, f"{symbol}: its price steps are unknown"
        if position is None:
            return False, f"{symbol}: no position of this desk"
        closing = position.side.other
        stop = stop_price(followed.instrument.ladder, to, closing)
        if stop is None:
            return False, f"{symbol}: no price for a stop at {to}"
        market = followed.quote.facing(closing) if followed.quote is not None else 0.0
        if market > 0 and (stop - price(market)) * position.side.sign >= 0:
            what = "offer" if position.is_short else "bid"
            return False, f"{symbol}: a stop at {stop} would act at once, the {what} is {market:g}: close instead"
        self._context.journal.save(events=[self._context.event(who, "move stop", symbol, str(stop))])
        return self._keeper.move_stop(symbol, stop)

    def set_target(self, symbol: str, to: Decimal | None, who: str) -> tuple[bool, str]:
        """Place, move or (None) cancel the limit order that takes the profit, in one OCA group with the stop."""
        position = self._books.positions.get(symbol)
        if position is None:
            return False, f"{symbol}: no position of this desk"
        resting = self._target_of(position)
        if to is None:
            if resting is None:
                return False, f"{symbol}: there is no target"
            not_sent = self._orders.cancel(resting.ref, who, "target cancelled by hand")
            return (False, not_sent) if not_sent else (True, f"{symbol}: target cancel asked")
        followed = self._watchlist.symbols.get(symbol)
        if followed is None or followed.instrument is None:
            return False, f"{symbol}: its price steps are unknown"
        target = limit_price(followed.instrument.ladder, to, position.side.other)
        if target is None:
            return False, f"{symbol}: no price for a target at {to}"
        if followed.last > 0 and (target - price(followed.last)) * position.side.sign <= 0:
            where = "below" if position.is_short else "above"
            return False, f"{symbol}: a target at {target} is not {where} the last price {followed.last:g}"
        if resting is not None:
            not_sent = self._orders.modify(resting.ref, "target moved by hand", limit_price=target)
            return (False, not_sent) if not_sent else (True, f"{symbol}: target to {target}")
        if self._orders.working_entry(position.ticket_id) is not None:
            return False, f"{symbol}: the entry still fills, set the target once it is done"
        if self._exits.working(symbol) is not None:
            return False, f"{symbol}: an exit is working already"
        spec = OrderSpec(
            ref=self._next_target(position.ticket_id),
            symbol=symbol,
            side=position.side.other,
            type=OrderType.LIMIT,
            quantity=position.quantity,
            tif=Tif.GTC,
            limit_price=target,
            oca_group=self._orders.exit_group(position.ticket_id),
        )
        not_sent = self._orders.send(spec, who, "target by hand")
        return (False, not_sent) if not_sent else (True, f"{symbol}: target at {target}")

    def scale_out(self, symbol: str, quantity: int, who: str) -> tuple[bool, str]:
        """Close part of a position at market; the stop keeps covering the rest."""
        position = self._books.positions.get(symbol)
        if position is None:
            return False, f"{symbol}: no position of this desk"
        if not 0 < quantity <= position.quantity:
            return False, f"{symbol}: {quantity:,} is not between 1 and the {position.quantity:,} held"
        return self._exits.close(symbol, who, "scaled out by hand", quantity)

    def repair(self, symbol: str, who: str) -> tuple[bool, str]:
        """Look at a position's protection now instead of within the second."""
        position = self._books.positions.get(symbol)
        if position is None:
            return False, f"{symbol}: no position of this desk"
        self._context.journal.save(events=[self._context.event(who, "repair", symbol)])
        self._keeper.check(symbol)
        if self._keeper.protection_of(symbol).covers(position.quantity):
            return True, f"{symbol}: all {position.quantity:,} shares are protected"
        return True, f"{symbol}: a stop is on its way, watch its line"

    # ---- details ----------------------------------------------------------------------------------

    def _target_of(self, position: Position) -> OrderUpdate | None:
        for order in self._orders.of_symbol(position.symbol):
            if leg_of(order.ref) == "T" and not order.status.is_done:
                return order
        return None

    def _next_target(self, ticket_id: str) -> str:
        """The next unused reference of the target's leg: T, T2, T3 …"""
        ref, number = order_ref(ticket_id, "T"), 1
        while ref in self._orders.updates:
            number += 1
            ref = order_ref(ticket_id, f"T{number}")
        return ref
