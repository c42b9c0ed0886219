"""Notices within a session that the account no longer holds what the books say: shares traded by hand elsewhere."""

from __future__ import annotations

from skim_tui.desk.context import Context
from skim_tui.desk.trading.books import Books
from skim_tui.domain.orders import PositionReport

SETTLING = 5.0
"""Real seconds in which a holding may differ from the books: its executions may be told a moment later."""


class Holdings:
    """Compares the broker's word on each holding with the books. A difference that stays makes the desk ask for the
    whole truth, once for each difference; what it means is the reconciler's to judge."""

    def __init__(self, context: Context, books: Books) -> None:
        self._context = context
        self._books = books
        self._differs: dict[str, tuple[int, float]] = {}
        """symbol -> (shares at the broker, since when by the operator's clock)."""
        self._asked: dict[str, tuple[int, int]] = {}
        """symbol -> (shares at the broker, shares in the books) that were asked about; a short position is negative."""

    def on_position(self, report: PositionReport) -> None:
        """The broker told what it holds."""
        if report.symbol in self._books.positions:
            self._differs[report.symbol] = (report.quantity, self._context.wall())

    def on_snapshot(self) -> None:
        """The reconciler compares everything: what was said before is out of date."""
        self._differs.clear()

    def on_time(self) -> None:
        now = self._context.wall()
        for symbol, (at_broker, since) in tuple(self._differs.items()):
            position = self._books.positions.get(symbol)
            if position is None or at_broker == position.signed:
                del self._differs[symbol]
                self._asked.pop(symbol, None)
            elif now - since >= SETTLING:
                del self._differs[symbol]
                if self._asked.get(symbol) == (at_broker, position.signed):
                    continue
                self._asked[symbol] = (at_broker, position.signed)
                text = f"{symbol}: the broker holds {at_broker:,}, the books {position.signed:,}: asking it"
                self._context.log("warning", text)
                self._context.broker.resync()
