"""The simulated account: balances by currency, holdings at average cost, realised profit. Exact to the cent."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from skim_tui.domain.orders import Side

RATES = {("AUD", "USD"): Decimal("1.50"), ("USD", "AUD"): Decimal("0.65")}
"""(base, other) -> units of the base currency for one of the other: round figures for a simulation, where no
rate is given."""


class Account:
    """One account. A purchase in another currency than the base borrows it: that balance goes below zero."""

    def __init__(self, cash: Decimal, currency: str = "AUD", rates: Mapping[str, Decimal] | None = None) -> None:
        self.currency = currency
        """The base currency."""
        self._rates = dict(rates or {})
        self.balances: dict[str, Decimal] = {currency: cash}
        self.positions: dict[str, tuple[int, Decimal]] = {}
        """symbol -> (signed shares, average cost with commission)."""
        self.realised_in: dict[str, Decimal] = {}
        self.commissions_in: dict[str, Decimal] = {}

    @property
    def cash(self) -> Decimal:
        """All balances in the base currency."""
        return self._total(self.balances)

    @property
    def realised(self) -> Decimal:
        return self._total(self.realised_in)

    @property
    def commissions(self) -> Decimal:
        return self._total(self.commissions_in)

    def rate(self, currency: str) -> Decimal:
        """Units of the base currency for one of ``currency``. :class:`LookupError` when none is known."""
        if currency == self.currency:
            return Decimal(1)
        known = self._rates.get(currency) or RATES.get((self.currency, currency))
        if known is None:
            raise LookupError(f"no exchange rate of {currency} in {self.currency} is given")
        return known

    def quantity(self, symbol: str) -> int:
        return self.positions.get(symbol, (0, Decimal(0)))[0]

    def apply(
        self, symbol: str, side: Side, quantity: int, price: Decimal, commission: Decimal, currency: str = ""
    ) -> Decimal | None:
        """Book one execution in ``currency`` (the base one if not named).

        Returns the realised profit of its closing part, None when it only opens.
        """
        currency = currency or self.currency
        held, cost = self.positions.get(symbol, (0, Decimal(0)))
        signed = side.sign * quantity
        self.pay(-signed * price - commission, currency)
        _add(self.commissions_in, currency, commission)
        closing = min(quantity, abs(held)) if held * signed < 0 else 0
        opening = quantity - closing
        realised: Decimal | None = None
        if closing:
            direction = 1 if held > 0 else -1
            realised = (price - cost) * closing * direction - commission * closing / quantity
            _add(self.realised_in, currency, realised)
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

    def split(self, symbol: str, ratio: Decimal, currency: str) -> None:
        """Each held share becomes ``ratio`` shares; a fraction left over is paid out at cost."""
        held, cost = self.positions.get(symbol, (0, Decimal(0)))
        if held == 0:
            return
        exact, cost = held * ratio, cost / ratio
        whole = int(exact)
        self.pay((exact - whole) * cost, currency)
        if whole:
            self.positions[symbol] = (whole, cost)
        else:
            del self.positions[symbol]

    def dividend(self, symbol: str, amount: Decimal, currency: str) -> Decimal:
        """Pay ``amount`` a share on what is held (a short position owes it). The sum paid."""
        paid = amount * self.quantity(symbol)
        self.pay(paid, currency)
        return paid

    def pay(self, amount: Decimal, currency: str) -> None:
        """Add to (or take from) a balance."""
        _add(self.balances, currency, amount)

    def _total(self, amounts: Mapping[str, Decimal]) -> Decimal:
        return sum((amount * self.rate(currency) for currency, amount in amounts.items()), Decimal(0))


def _add(amounts: dict[str, Decimal], currency: str, amount: Decimal) -> None:
    amounts[currency] = amounts.get(currency, Decimal(0)) + amount
