"""Orders and executions of the exchange as the broker port tells them."""

from __future__ import annotations

from skim_tui.domain.orders import Fill, OrderStatus, OrderType, OrderUpdate
from skim_tui.exchange.model import Execution, SimOrder

STATUSES = {
    "ApiPending": OrderStatus.SENT,
    "PreSubmitted": OrderStatus.HELD,
    "Submitted": OrderStatus.WORKING,
    "Filled": OrderStatus.FILLED,
    "Cancelled": OrderStatus.CANCELLED,
    "Inactive": OrderStatus.REJECTED,
}


def order_update(order: SimOrder, own: int) -> OrderUpdate:
    """The order as the port tells it to client ``own``."""
    return OrderUpdate(
        ref=order.order_ref or f"#{order.perm_id}",
        symbol=order.symbol,
        side=order.side,
        type=OrderType(order.type),
        quantity=order.quantity,
        status=STATUSES[order.status],
        filled=order.filled,
        remaining=order.remaining,
        avg_price=order.avg_price,
        limit_price=order.limit,
        stop_price=order.stop,
        tif=order.tif,
        perm_id=order.perm_id,
        reason=order.reason,
        foreign=order.client_id != own or not order.order_ref,
    )


def fill_of(execution: Execution) -> Fill:
    """The execution as the port tells it."""
    return Fill(
        execution.exec_id,
        execution.order_ref,
        execution.symbol,
        execution.side,
        execution.quantity,
        execution.price,
        execution.ts,
        execution.perm_id,
    )
