"""Which orders belong together: brackets by parent id, and groups in which one cancels or reduces the others."""

from __future__ import annotations

from skim_tui.exchange.model import SimOrder

REDUCING = (2, 3)
"""OCA types that reduce the other orders instead of cancelling them."""


class Families:
    """Every order of the run by perm id, and the live ones by symbol in the order of their release."""

    def __init__(self) -> None:
        self.orders: dict[int, SimOrder] = {}
        self.live: dict[str, list[SimOrder]] = {}
        """Released orders that may still fill."""
        self._by_id: dict[tuple[int, int], SimOrder] = {}
        self._born: dict[tuple[int, int], list[SimOrder]] = {}
        """Every child by client and parent id."""
        self._named: dict[str, list[SimOrder]] = {}
        """Every order by the OCA group that its client named."""
        self._parked: list[SimOrder] = []
        """Accepted, but not transmitted."""
        self.highest_ids: dict[int, int] = {}
        """The highest order id each client has used."""

    def add(self, order: SimOrder) -> None:
        self.orders[order.perm_id] = order
        self._by_id[(order.client_id, order.order_id)] = order
        self.highest_ids[order.client_id] = max(self.highest_ids.get(order.client_id, 0), order.order_id)
        if order.parent_id:
            self._born.setdefault((order.client_id, order.parent_id), []).append(order)
        if order.oca_group:
            self._named.setdefault(order.oca_group, []).append(order)
        if order.status == "ApiPending":
            self._parked.append(order)

    def parent(self, order: SimOrder) -> SimOrder | None:
        return self._by_id.get((order.client_id, order.parent_id)) if order.parent_id else None

    def children(self, parent: SimOrder) -> list[SimOrder]:
        """The live children."""
        return [
            order
            for order in self.live.get(parent.symbol, ())
            if order.parent_id
            and order.parent_id == parent.order_id
            and order.client_id == parent.client_id
            and not order.is_done
        ]

    def unpark(self, order: SimOrder) -> list[SimOrder]:
        """The orders that ``order`` transmits: itself and its parked family, parent first. They are parked no more."""
        root = order.parent_id or order.order_id
        family = [
            other
            for other in self._parked
            if other is order or (other.client_id == order.client_id and root in (other.order_id, other.parent_id))
        ]
        family = [other for other in family if not other.is_done]
        self._parked = [other for other in self._parked if other not in family and not other.is_done]
        return sorted(family, key=lambda other: (other.order_id != root, other.perm_id))

    def group(self, order: SimOrder) -> str:
        """The OCA group; children of one parent form one without being told."""
        if order.oca_group:
            return order.oca_group
        return f"#{order.client_id}.{order.parent_id}" if order.parent_id else ""

    def peers(self, order: SimOrder) -> list[SimOrder]:
        """The other live orders of its group, whatever their listing."""
        group = self.group(order)
        if not group:
            return []
        books = self.live.values() if order.oca_group else [self.live.get(order.symbol, [])]
        return [
            other
            for book in books
            for other in book
            if other is not order and not other.is_done and self.group(other) == group
        ]

    def is_spent(self, order: SimOrder) -> bool:
        """Whether the OCA group that a new order names is over: one of it was filled, and in a group that reduces
        none is left."""
        members = self._named.get(order.oca_group, ()) if order.oca_group else ()
        if not any(other.status == "Filled" for other in members):
            return False
        return order.oca_type not in REDUCING or all(other.is_done for other in members)

    def capacity(self, order: SimOrder) -> int:
        """Shares the order may fill now: children together never more than their parent has filled."""
        parent = self.parent(order)
        if parent is None or parent.status == "Filled":
            return order.remaining
        return min(order.remaining, self.uncovered(parent))

    def uncovered(self, parent: SimOrder) -> int:
        """Filled shares of ``parent`` that its children have not closed yet."""
        born = self._born.get((parent.client_id, parent.order_id), ())
        return parent.filled - sum(child.filled for child in born)
