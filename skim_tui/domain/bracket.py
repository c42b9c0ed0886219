"""The orders that a ticket sends as one group: its entry, its protective stop, its target."""

from __future__ import annotations

from skim_tui.domain.orders import Bracket, OrderSpec, OrderType, Tif, order_ref
from skim_tui.domain.ticket import Ticket


def bracket_of(ticket: Ticket) -> Bracket:
    """The orders of a ticket: a DAY limit entry and its GTC stop, references derived from the id."""
    oca = order_ref(ticket.id, "OCA")
    entry_ref = order_ref(ticket.id, "E")
    entry = OrderSpec(
        ref=entry_ref,
        symbol=ticket.symbol,
        side=ticket.side,
        type=OrderType.LIMIT,
        quantity=ticket.quantity,
        tif=Tif.DAY,
        limit_price=ticket.limit,
    )
    stop = OrderSpec(
        ref=order_ref(ticket.id, "S"),
        symbol=ticket.symbol,
        side=ticket.side.other,
        type=OrderType.STOP,
        quantity=ticket.quantity,
        tif=Tif.GTC,
        stop_price=ticket.stop,
        oca_group=oca,
        parent_ref=entry_ref,
    )
    target = None
    if ticket.target is not None:
        target = OrderSpec(
            ref=order_ref(ticket.id, "T"),
            symbol=ticket.symbol,
            side=ticket.side.other,
            type=OrderType.LIMIT,
            quantity=ticket.quantity,
            tif=Tif.GTC,
            limit_price=ticket.target,
            oca_group=oca,
            parent_ref=entry_ref,
        )
    return Bracket(entry, stop, target)
