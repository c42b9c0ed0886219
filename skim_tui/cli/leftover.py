"""What ``skim flatten`` waits for: the positions and working entries of the desk that are not gone yet."""

from __future__ import annotations

from typing import Any

from skim_tui.domain.orders import leg_of
from skim_tui.link.account import HeaderView
from skim_tui.link.messages import Delta
from skim_tui.link.trading import OrderView, PositionView

DONE = ("filled", "cancelled", "rejected")


class Leftover:
    """The published rows, as far as they tell what is left."""

    def __init__(self) -> None:
        self._rows: dict[str, dict[str, Any]] = {}

    def take(self, delta: Delta) -> None:
        if delta.whole:
            self._rows.clear()
        for topic, new in delta.upserts.items():
            self._rows.setdefault(topic, {}).update(new)
        for topic, keys in delta.removes.items():
            for key in keys:
                self._rows.get(topic, {}).pop(key, None)

    def text(self) -> str:
        """What is left, short positions with a minus, or why that is not known; empty when all is flat."""
        header: HeaderView | None = self._rows.get("header", {}).get("")
        if header is None or header.connection not in ("SYNCING", "OPERATIONAL") or not header.account:
            return f"the broker is {header.connection if header else 'unknown'}"
        held: list[PositionView] = [row for row in self._rows.get("positions", {}).values() if row.owned]
        orders: list[OrderView] = [row for row in self._rows.get("orders", {}).values() if not row.foreign]
        parts = [f"{'-' if row.side == 'SELL' else ''}{row.quantity:,} {row.symbol}" for row in held if row.quantity]
        parts += [row.ref for row in orders if leg_of(row.ref) == "E" and row.status not in DONE]
        return ", ".join(parts)
