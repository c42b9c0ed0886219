"""What the account may still spend: the money that its positions and its working orders do not bind.

Shares are paid in full, long and short alike: a position binds its value, and the proceeds of a short sale are no
money to trade with.
"""

from __future__ import annotations

from decimal import Decimal

from skim_tui.domain.instrument import price
from skim_tui.domain.orders import Side
from skim_tui.exchange.account import Account
from skim_tui.exchange.families import Families
from skim_tui.exchange.model import SimOrder
from skim_tui.exchange.venue import Venue


class Funds:
    """One account's, in its base currency."""

    def __init__(self, account: Account, families: Families, venue: Venue) -> None:
        self._account = account
        self._families = families
        self._venue = venue

    def free(self) -> Decimal:
        """Equity less the value of all positions: the cash, less twice what was sold short at its present price."""
        bound = Decimal(0)
        for symbol, (held, cost) in self._account.positions.items():
            if held < 0:
                known = self._venue.last_today(symbol) or self._venue.prev_close(symbol)
                bound += -held * (price(known) if known > 0.0 else cost) * self._rate(symbol)
        return self._account.cash - 2 * bound

    def committed(self, besides: SimOrder) -> Decimal:
        """What the other working orders may bind by what they open: a group binds it once, an exit nothing."""
        total = Decimal(0)
        for symbol, book in self._families.live.items():
            for side in Side:
                total += self._opening_cost(symbol, [order for order in book if order.side is side], besides)
        return total

    def _opening_cost(self, symbol: str, book: list[SimOrder], besides: SimOrder) -> Decimal:
        """Of one side's orders, in the order of their release: the first close what is held the other way."""
        groups: dict[str, list[SimOrder]] = {}
        for order in book:
            if order is not besides and not order.parent_id:
                groups.setdefault(order.oca_group or f"!{order.perm_id}", []).append(order)
        if not groups:
            return Decimal(0)
        closing = max(0, -book[0].side.sign * self._account.quantity(symbol))
        total = Decimal(0)
        for group in groups.values():
            total += max(order.reserve * max(0, order.remaining - closing) for order in group)
            closing = max(0, closing - max(order.remaining for order in group))
        return total * self._rate(symbol)

    def _rate(self, symbol: str) -> Decimal:
        return self._account.rate(self._venue.instruments[symbol].currency)
