"""What can be made to go wrong with the market and its orders: consulted by the core, driven by faults and tests."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from skim_tui.domain.market import Quote
from skim_tui.exchange.model import Rejected, SimOrder

EVERY = ""
"""In place of a symbol: all of them."""

QUOTE_KINDS = ("stale", "crossed", "locked", "zero")


@dataclass(slots=True)
class _Refusal:
    applies: Callable[[SimOrder], bool]
    code: int
    text: str
    left: int


class Disturbance:
    """Nothing is wrong until a method says so; each has its opposite.

    Quotes are disturbed as clients see them; matching goes on against the true market.
    """

    def __init__(self) -> None:
        self._silent: set[str] = set()
        self._quotes: dict[str, str] = {}
        self._refusals: list[_Refusal] = []
        self._stalls: dict[str, float] = {}

    # ---- what tests and faults ask for --------------------------------------------------------------

    def silence(self, symbol: str = EVERY) -> None:
        """Subscriptions are accepted, no tick follows."""
        self._silent.add(symbol)

    def unsilence(self, symbol: str = EVERY) -> None:
        self._silent.discard(symbol)

    def quote_override(self, symbol: str, kind: str) -> None:
        """Show ``stale``, ``crossed``, ``locked`` or ``zero`` quotes; an empty kind shows the true ones again."""
        if kind and kind not in QUOTE_KINDS:
            raise ValueError(f"quote kind {kind!r} is none of {', '.join(QUOTE_KINDS)}")
        if kind:
            self._quotes[symbol] = kind
        else:
            self._quotes.pop(symbol, None)

    def reject_next(self, applies: Callable[[SimOrder], bool], code: int, text: str, count: int = 1) -> None:
        """Refuse the next ``count`` orders for which ``applies`` holds."""
        self._refusals.append(_Refusal(applies, code, text, count))

    def stall_fills(self, symbol: str = EVERY, share: float = 0.5) -> None:
        """Orders fill up to ``share`` of their quantity and then no further."""
        self._stalls[symbol] = share

    def release_fills(self, symbol: str = EVERY) -> None:
        self._stalls.pop(symbol, None)

    # ---- what the core asks -----------------------------------------------------------------------

    def is_silent(self, symbol: str) -> bool:
        return bool(self._silent) and (symbol in self._silent or EVERY in self._silent)

    def shown(self, quote: Quote) -> Quote | None:
        """The quote as clients see it; None when they see no new one."""
        if not self._quotes:
            return quote
        match self._quotes.get(quote.symbol) or self._quotes.get(EVERY):
            case "stale":
                return None
            case "crossed":
                return replace(quote, bid=quote.ask, ask=quote.bid)
            case "locked":
                return replace(quote, ask=quote.bid)
            case "zero":
                return replace(quote, bid=0.0, bid_size=0, ask=0.0, ask_size=0)
            case _:
                return quote

    def refuse(self, order: SimOrder) -> None:
        """Raises :class:`Rejected` if this order is to be refused."""
        for refusal in self._refusals:
            if refusal.applies(order):
                refusal.left -= 1
                if refusal.left <= 0:
                    self._refusals.remove(refusal)
                raise Rejected(refusal.code, refusal.text)

    def fillable(self, order: SimOrder, quantity: int) -> int:
        """How much of ``quantity`` may fill now."""
        share = self._stalls.get(order.symbol, self._stalls.get(EVERY))
        if share is None:
            return quantity
        return max(0, min(quantity, int(order.quantity * share) - order.filled))
