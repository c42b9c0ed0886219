"""Corporate actions on the day they take effect: what a split or a dividend does to prices, orders and holdings."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from skim_tui.domain.instrument import PriceLadder
from skim_tui.domain.orders import Side
from skim_tui.exchange.account import Account
from skim_tui.exchange.model import SimOrder

KINDS = ("split", "dividend")


@dataclass(frozen=True, slots=True)
class CorporateAction:
    """``split``: each share becomes ``value`` shares (0.1 consolidates ten into one). ``dividend``: ``value``
    is paid on each share held before the day, in the listing's currency."""

    symbol: str
    date: date
    """The first day without it: the ex-date."""
    kind: str
    value: Decimal

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"corporate action {self.kind!r} is neither {' nor '.join(KINDS)}")
        if not self.value.is_finite() or self.value <= 0:
            raise ValueError(f"{self.kind} of {self.symbol}: {self.value} is not positive")

    def price_factor(self, close_before: float) -> float:
        """By what prices of the days before are multiplied to compare with those since."""
        if self.kind == "split":
            return float(1 / self.value)
        return max(0.0, 1.0 - float(self.value) / close_before) if close_before > 0.0 else 1.0

    @property
    def share_factor(self) -> float:
        """By what share counts of the days before are multiplied."""
        return float(self.value) if self.kind == "split" else 1.0

    def apply_to(self, account: Account, currency: str) -> None:
        if self.kind == "split":
            account.split(self.symbol, self.value, currency)
        else:
            account.dividend(self.symbol, self.value, currency)


def adjust_order(order: SimOrder, action: CorporateAction, ladder: PriceLadder) -> None:
    """Bring a good-till-cancelled order over the action.

    A split changes quantity and prices; a dividend lowers purchase limits and sale stops by itself, so that the
    price drop of the ex-date does not set them off (as US exchanges do for open orders: FINRA rule 5330). Sale
    limits and the stops of purchases, with their limits, stay.
    """
    if action.kind == "split":
        ratio = action.value
        order.filled, order.quantity = int(order.filled * ratio), int(order.quantity * ratio)
        order.avg_price /= ratio
        order.reserve /= ratio
        order.limit = _scaled(order.limit, ratio, ladder)
        order.stop = _scaled(order.stop, ratio, ladder)
        order.trail_stop = _scaled(order.trail_stop, ratio, ladder)
        order.trail_amount = order.trail_amount / ratio if order.trail_amount is not None else None
        order.limit_offset = order.limit_offset / ratio if order.limit_offset is not None else None
    elif order.side is Side.BUY:
        if order.type in ("STP LMT", "TRAIL LIMIT"):
            return
        order.limit = _lowered(order.limit, action.value, ladder)
    else:
        order.stop = _lowered(order.stop, action.value, ladder)
        order.trail_stop = _lowered(order.trail_stop, action.value, ladder)
        if order.type in ("STP LMT", "TRAIL LIMIT"):
            order.limit = _lowered(order.limit, action.value, ladder)


class Actions:
    """All corporate actions of a tape, by symbol and by day."""

    def __init__(self, actions: Iterable[CorporateAction] = ()) -> None:
        self._of: dict[str, list[CorporateAction]] = {}
        for action in actions:
            self.add(action)

    def add(self, action: CorporateAction) -> None:
        known = self._of.setdefault(action.symbol, [])
        known.append(action)
        known.sort(key=lambda item: item.date)

    def between(self, after: date, until: date) -> list[CorporateAction]:
        """Those with ``after < date <= until``, oldest first."""
        found = [action for known in self._of.values() for action in known if after < action.date <= until]
        return sorted(found, key=lambda action: (action.date, action.symbol))

    def of(self, symbol: str, after: date, until: date) -> list[CorporateAction]:
        """Those of one symbol with ``after < date <= until``, oldest first."""
        known = self._of.get(symbol)
        return [action for action in known if after < action.date <= until] if known else []

    def __contains__(self, symbol: str) -> bool:
        return symbol in self._of


def _scaled(named: Decimal | None, ratio: Decimal, ladder: PriceLadder) -> Decimal | None:
    return None if named is None else max(ladder.nearest(named / ratio), ladder.step_at(Decimal(0)))


def _lowered(named: Decimal | None, amount: Decimal, ladder: PriceLadder) -> Decimal | None:
    return None if named is None else max(ladder.floor(named - amount), ladder.step_at(Decimal(0)))
