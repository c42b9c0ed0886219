"""Orders and contracts as TWS wants them on the wire."""

from __future__ import annotations

from decimal import Decimal

from ib_async import Contract, Order
from ib_async.util import UNSET_DOUBLE

from skim_tui.broker.tws.orderrecord import Record
from skim_tui.domain.orders import Bracket, OrderSpec, OrderType, OrderUpdate
from skim_tui.domain.session import ASX, CURRENCIES

OCA_REDUCE_WITH_BLOCK = 2
"""A fill of one order of the group reduces the others, and only one is at the exchange at a time: never
two exits filled for the same shares, and what is left keeps its stop (source: TWS API, "OCA types")."""


def stock(symbol: str, mic: str, con_id: int = 0) -> Contract:
    """The contract of a share listed on ``mic``, routed by SMART. The currency, and on the ASX the primary
    exchange, keep a foreign listing of the same symbol out."""
    return Contract(
        secType="STK",
        conId=con_id,
        symbol=symbol,
        exchange="SMART",
        primaryExchange="ASX" if mic == ASX else "",
        currency=CURRENCIES[mic],
    )


def new_order(spec: OrderSpec, account: str, *, parent_id: int = 0, transmit: bool = True) -> Order:
    """A new order with everything explicit that TWS would otherwise take from a preset."""
    return Order(
        action=spec.side.value,
        totalQuantity=spec.quantity,
        orderType=spec.type.value,
        lmtPrice=_wire_price(spec.limit_price),
        auxPrice=_wire_price(spec.stop_price),
        tif=spec.tif.value,
        outsideRth=spec.outside_rth,
        ocaGroup=spec.oca_group,
        ocaType=OCA_REDUCE_WITH_BLOCK if spec.oca_group else 0,
        account=account,
        orderRef=spec.ref,
        parentId=parent_id,
        transmit=transmit,
    )


def bracket_orders(bracket: Bracket, account: str, ids: list[int]) -> list[tuple[OrderSpec, int, Order]]:
    """The legs in sending order. Nothing works until the last leg, the only one with ``transmit``, arrives."""
    legs = bracket.legs
    parent_id, last = ids[0], len(legs) - 1
    return [
        (leg, ids[index], new_order(leg, account, parent_id=parent_id if index else 0, transmit=index == last))
        for index, leg in enumerate(legs)
    ]


def changed_order(
    record: Record,
    account: str,
    *,
    quantity: int | None = None,
    stop_price: Decimal | None = None,
    limit_price: Decimal | None = None,
) -> Order:
    """A working order sent again under its id with other terms. Only what is ours goes back: the order as
    TWS echoes it carries derived fields that TWS refuses in a change."""
    update: OrderUpdate = record.update
    has_limit = update.type in (OrderType.LIMIT, OrderType.STOP_LIMIT)
    has_stop = update.type in (OrderType.STOP, OrderType.STOP_LIMIT)
    limit = limit_price if limit_price is not None else update.limit_price
    stop = stop_price if stop_price is not None else update.stop_price
    return Order(
        action=update.side.value,
        totalQuantity=quantity if quantity is not None else update.quantity,
        orderType=update.type.value,
        lmtPrice=_wire_price(limit if has_limit else None),
        auxPrice=_wire_price(stop if has_stop else None),
        tif=update.tif,
        outsideRth=record.outside_rth,
        ocaGroup=record.oca_group,
        ocaType=record.oca_type,
        account=account,
        orderRef=update.ref,
        parentId=record.parent_id,
        transmit=True,
    )


def _wire_price(price: Decimal | None) -> float | Decimal:
    """A price as plain decimal text on the wire, never in exponent form."""
    return UNSET_DOUBLE if price is None else Decimal(f"{price:f}")
