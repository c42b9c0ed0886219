"""TWS messages about orders, executions and contracts as plain values, free of unset-number conventions."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import SupportsFloat, SupportsIndex

from ib_async import Contract, Execution, Order

from skim_tui.domain.orders import OrderType, Side

_UNSET_INTEGER = 2**31 - 1
_UNSET = 1e300
"""TWS sends the greatest double for "no value"; no price or amount comes near it."""

_HAS_LIMIT = frozenset({"LMT", "STP LMT", "LOC", "TRAIL LIMIT", "LIT"})
_HAS_STOP = frozenset({"STP", "STP LMT", "TRAIL", "TRAIL LIMIT", "MIT", "LIT"})
_TYPES = {
    "MKT": OrderType.MARKET,
    "LMT": OrderType.LIMIT,
    "STP": OrderType.STOP,
    "STP LMT": OrderType.STOP_LIMIT,
    "MOC": OrderType.MARKET,
    "MTL": OrderType.MARKET,
    "LOC": OrderType.LIMIT,
    "TRAIL": OrderType.STOP,
    "TRAIL LIMIT": OrderType.STOP_LIMIT,
    "MIT": OrderType.STOP,
    "LIT": OrderType.STOP_LIMIT,
}
"""Types only other clients send are shown as the nearest of ours."""


@dataclass(frozen=True, slots=True)
class ContractKey:
    """What tells one instrument of an account from another."""

    con_id: int
    symbol: str
    sec_type: str
    currency: str


@dataclass(frozen=True, slots=True)
class OrderReport:
    """An openOrder or completedOrder message. A completed order has neither order id nor client id."""

    contract: ContractKey
    order_id: int
    client_id: int
    perm_id: int
    ref: str
    account: str
    side: Side
    type: OrderType
    quantity: int
    limit: Decimal | None
    stop: Decimal | None
    tif: str
    outside_rth: bool
    oca_group: str
    oca_type: int
    parent_id: int
    status: str
    filled: int = 0
    """Shares filled, of a completed order."""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class StatusReport:
    """An orderStatus message."""

    order_id: int
    client_id: int
    perm_id: int
    status: str
    filled: int
    remaining: int
    avg_price: Decimal


@dataclass(frozen=True, slots=True)
class ExecutionReport:
    """An execDetails message."""

    contract: ContractKey
    exec_id: str
    order_id: int
    client_id: int
    perm_id: int
    ref: str
    account: str
    side: Side
    quantity: int
    price: Decimal
    ts: float
    filled: int
    """Shares of the order filled so far, this execution included."""
    avg_price: Decimal


def is_unset(value: SupportsFloat | SupportsIndex | None) -> bool:
    """Whether a number is one of TWS's ways to say that there is none."""
    return value is None or math.isnan(float(value)) or abs(float(value)) >= _UNSET


def exact(value: float | Decimal, places: int = 8) -> Decimal:
    """A wire number as a Decimal without binary noise, trailing zeros dropped; unset is 0."""
    if is_unset(value):
        return Decimal(0)
    number = Decimal(str(value)) if not isinstance(value, Decimal) else value
    number = round(number, places).normalize()
    return Decimal(f"{number:f}")


def shares(value: float | Decimal) -> int:
    """A quantity; unset is 0."""
    return 0 if is_unset(value) else int(value)


def contract_key(contract: Contract) -> ContractKey:
    return ContractKey(contract.conId, contract.symbol, contract.secType, contract.currency)


def order_report(contract: Contract, order: Order, status: str, reason: str = "") -> OrderReport:
    """The plain form of an ib_async order."""
    filled = shares(order.filledQuantity)
    kind = order.orderType
    has_limit, has_stop = kind in _HAS_LIMIT, kind in _HAS_STOP
    order_id = 0 if order.orderId == _UNSET_INTEGER else max(0, order.orderId)
    return OrderReport(
        contract=contract_key(contract),
        order_id=order_id,
        client_id=order.clientId,
        perm_id=order.permId,
        ref=order.orderRef,
        account=order.account,
        side=Side.BUY if order.action == "BUY" else Side.SELL,
        type=_TYPES.get(kind, OrderType.LIMIT if not is_unset(order.lmtPrice) else OrderType.MARKET),
        # A real gateway may report the quantity of a finished order as 0.
        quantity=max(shares(order.totalQuantity), filled),
        limit=exact(order.lmtPrice) if has_limit and order.lmtPrice is not None else None,
        stop=exact(order.auxPrice) if has_stop and order.auxPrice is not None else None,
        tif=order.tif,
        outside_rth=bool(order.outsideRth),
        oca_group=order.ocaGroup,
        oca_type=order.ocaType,
        parent_id=order.parentId,
        status=status,
        filled=filled,
        reason=reason.strip(),
    )


def execution_report(contract: Contract, execution: Execution) -> ExecutionReport:
    """The plain form of an ib_async execution."""
    time: datetime = execution.time
    return ExecutionReport(
        contract=contract_key(contract),
        exec_id=execution.execId,
        order_id=0 if execution.orderId == _UNSET_INTEGER else max(0, execution.orderId),
        client_id=execution.clientId,
        perm_id=execution.permId,
        ref=execution.orderRef,
        account=execution.acctNumber,
        side=Side.BUY if execution.side == "BOT" else Side.SELL,
        quantity=shares(execution.shares),
        price=exact(execution.price),
        ts=time.timestamp(),
        filled=shares(execution.cumQty),
        avg_price=exact(execution.avgPrice),
    )
