"""The simulated account: cash, holdings at average cost, realised profit. Exact to the cent."""

from __future__ import annotations

from decimal import Decimal

from skim_tui.domain.orders import Side


class Account:
    """One account in one currency."""

    def __init__(self, cash: Decimal) -> None:
        self.cash = cash
        self.positions: dict[str, tuple[int, Decimal]] = {}
        """symbol -> (signed shares, average cost with commission)."""
        self.realised = Decimal(0)
        self.commissions = Decimal(0)

    def quantity(self, symbol: str) -> int:
        return self.positions.get(symbol, (0, Decimal(0)))[0]

    def apply(self, symbol: str, side: Side, quantity: int, price: Decimal, commission: Decimal) -> Decimal | None:
        """Book one execution; the realised profit of its closing part, None when it only opens."""
        held, cost = self.positions.get(symbol, (0, Decimal(0)))
        signed = side.sign * quantity
        self.cash -= signed * price + commission
        self.commissions += commission
        closing = min(quantity, abs(held)) if held * signed < 0 else 0
        opening = quantity - closing
        realised: Decimal | None = None
        if closing:
            direction = 1 if held > 0 else -1
            realised = (price - cost) * closing * direction - commission * closing / quantity
            self.realised += realised
        after = held + signed
        if after == 0:
            self.positions.pop(symbol, None)
            return realised
        if opening:
            open_cost = price * opening + side.sign * commission * opening / quantity
            kept = abs(held) if not closing else 0
            cost = (cost * kept + open_cost) / (kept + opening)
        self.positions[symbol] = (after, cost)
        return realised
