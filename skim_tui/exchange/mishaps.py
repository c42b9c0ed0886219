"""Faults of the market and of order handling: carries out on the matching core what `Faults` says is happening."""

from __future__ import annotations

from collections.abc import Callable

from skim_tui.exchange.core import Exchange
from skim_tui.exchange.faults import Fault, Faults
from skim_tui.exchange.model import Rejected, SimOrder

QUOTES = frozenset({"stale", "crossed", "locked", "zero"})
ANY_NUMBER = 1_000_000_000


class Mishaps:
    """Halts, odd quotes, refusals, cancellations and stalled fills. Create it once for an exchange and its faults."""

    def __init__(self, exchange: Exchange, faults: Faults) -> None:
        self._exchange = exchange
        self._faults = faults
        faults.watch(self._start, self._end)

    def _start(self, fault: Fault) -> None:
        disturbance = self._exchange.disturbance
        if fault.kind in QUOTES:
            disturbance.quote_override(fault.symbol, fault.kind)
        elif fault.kind == "halt":
            for symbol in self._symbols(fault):
                self._exchange.halt(symbol)
        elif fault.kind == "stall":
            disturbance.stall_fills(fault.symbol, fault.share)
        elif fault.kind == "reject":
            text = fault.text or "Order rejected - reason:refused by the exchange"
            disturbance.reject_next(self._refuses(fault), fault.code or 201, text, ANY_NUMBER)
        elif fault.kind == "cancel":
            self._cancel(fault)

    def _end(self, fault: Fault) -> None:
        disturbance = self._exchange.disturbance
        if fault.kind in QUOTES:
            disturbance.quote_override(fault.symbol, "")
        elif fault.kind == "halt":
            for symbol in self._symbols(fault):
                self._exchange.resume(symbol)
        elif fault.kind == "stall":
            disturbance.release_fills(fault.symbol)

    def _symbols(self, fault: Fault) -> list[str]:
        return [fault.symbol] if fault.symbol else list(self._exchange.instruments)

    def _refuses(self, fault: Fault) -> Callable[[SimOrder], bool]:
        def refuses(order: SimOrder) -> bool:
            return self._faults.hit("reject", client=order.client_id, symbol=order.symbol, type=order.type) is fault

        return refuses

    def _cancel(self, fault: Fault) -> None:
        for order in tuple(self._exchange.orders.values()):
            is_live = not order.is_done and order.status != "ApiPending"
            if is_live and fault.concerns(order.client_id, order.symbol, order.type):
                try:
                    self._exchange.cancel(order, fault.text or "cancelled by the exchange")
                except Rejected:
                    continue  # it went with another of its family
