"""Amounts of one currency in another: only by a rate that somebody stated, never by assumption."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

_FORM = re.compile(r"\s*([A-Z]{3})\s*/\s*([A-Z]{3})\s+(\d+(?:\.\d+)?)\s*")


@dataclass(frozen=True, slots=True)
class FxRate:
    """One unit of ``base`` is ``rate`` units of ``quote``."""

    base: str
    quote: str
    rate: Decimal

    def __post_init__(self) -> None:
        if self.rate <= 0:
            raise ValueError(f"{self.base}/{self.quote} {self.rate}: a rate is above 0")
        if self.base == self.quote:
            raise ValueError(f"{self.base}/{self.quote}: a rate is between two currencies")

    @classmethod
    def parse(cls, text: str) -> FxRate:
        """From ``"USD/AUD 1.5230"``: one USD is 1.5230 AUD. Raises :class:`ValueError`."""
        found = _FORM.fullmatch(text)
        if found is None:
            raise ValueError(f'{text!r} is not a rate like "USD/AUD 1.5230"')
        return cls(found[1], found[2], Decimal(found[3]))


def convert(amount: Decimal, currency: str, to: str, rate: FxRate | None) -> Decimal | str:
    """``amount`` of ``currency`` in currency ``to``, or why it cannot be told."""
    if currency == to:
        return amount
    if rate is not None and (rate.base, rate.quote) == (currency, to):
        return amount * rate.rate
    if rate is not None and (rate.quote, rate.base) == (currency, to):
        return amount / rate.rate
    known = f", only {rate.base}/{rate.quote}" if rate is not None else ""
    return f"account in {currency or 'an unknown currency'}, market in {to}: no {currency}/{to} rate{known}"
