"""Orders on the wire at server version 178: placeOrder in, openOrder and its kin out."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from skim_tui.domain.instrument import Instrument
from skim_tui.domain.orders import Side
from skim_tui.domain.session import TIME_ZONES
from skim_tui.exchange.model import Execution, Rejected, SimOrder
from skim_tui.exchange.tws.contracts import Named, contract12, home_of, read_contract
from skim_tui.exchange.tws.wire import DBL_MAX, INT_MAX, LONG_MAX, Reader


def read_place_order(reader: Reader, client_id: int) -> tuple[SimOrder, Named, bool]:
    """The order, the contract named and whether it only asks what if. Raises WireError, Rejected."""
    order_id = reader.integer()
    named = read_contract(reader)
    reader.skip(2)
    action, quantity, kind = reader.text().upper(), reader.number() or 0, reader.text().upper()
    limit, aux, tif, oca_group, account = reader.price(), reader.price(), reader.text(), reader.text(), reader.text()
    reader.skip(2)
    order_ref, transmit, parent_id = reader.text(), reader.flag(), reader.integer()
    reader.skip(4)
    outside_rth = reader.flag()
    reader.skip()
    if named.sec_type == "BAG":
        raise Rejected(321, "Error validating request.-'bF' : cause - Combination orders are not supported")
    reader.skip(2)
    reader.skip()
    good_till = reader.text()
    reader.skip(7)
    oca_type = reader.integer()
    reader.skip(17)
    delta_neutral = reader.text()
    reader.skip()
    if delta_neutral:
        reader.skip(8)
    reader.skip(4)
    reader.skip(2)
    increment = reader.number()
    if increment is not None and increment > 0:
        reader.skip(7)
    reader.skip(3)
    if reader.text():
        reader.skip()
    reader.skip(4)
    if reader.flag():
        reader.skip(3)
    if reader.text():
        raise Rejected(321, "Error validating request.-'bF' : cause - Algorithmic orders are not supported")
    reader.skip()
    what_if = reader.flag()
    if action not in ("BUY", "SELL"):
        raise Rejected(321, f"Error validating request.-'bF' : cause - Invalid action {action or 'empty'}")
    if quantity != int(quantity):
        raise Rejected(321, "Error validating request.-'bF' : cause - Fractional sizes are not supported")
    stops = kind.startswith("STP")
    order = SimOrder(
        client_id=client_id,
        order_id=order_id,
        symbol="",
        side=Side(action),
        type=kind,
        quantity=int(quantity),
        limit=limit if kind in ("LMT", "STP LMT") else None,
        stop=aux if stops else None,
        tif=tif or "DAY",
        outside_rth=outside_rth,
        order_ref=order_ref,
        parent_id=parent_id,
        oca_group=oca_group,
        oca_type=oca_type or 3,
        transmit=transmit,
        account=account,
    )
    order.wire = {"good_till": good_till}
    if kind in ("LMT", "STP LMT") and limit is None:
        raise Rejected(321, "Error validating request.-'bF' : cause - Limit price is missing")
    if stops and aux is None:
        raise Rejected(321, "Error validating request.-'bF' : cause - Stop price is missing")
    return order, named, what_if


def _prices(order: SimOrder) -> tuple[object, object]:
    return order.limit if order.limit is not None else "0.0", order.stop if order.stop is not None else "0.0"


def _group(order: SimOrder) -> str:
    return order.oca_group


def open_order(
    order: SimOrder, instrument: Instrument, *, own: bool = True, state: dict[str, Any] | None = None
) -> list[object]:
    """An openOrder message of 135 fields; ``state`` overrides the order-state block (what-if)."""
    limit, stop = _prices(order)
    state = state or {}
    commission = order.commission if order.commission else ""
    head: list[object] = [
        5, order.order_id if own else 0, *contract12(instrument), order.side.value, order.quantity, order.type, limit,
        stop, order.tif, _group(order), order.account, "", 0, order.order_ref, order.client_id, order.perm_id,
        order.outside_rth, 0, 0, "", f"{order.perm_id}.{order.modifications}/{order.account}/{order.quantity}",
        "", "", "", "", "", "", "", "", 0, "", -1, 0, "", "", "", "", "", INT_MAX, 0, 0, 0, "", order.oca_type, 0, 0,
        "", order.parent_id if own else 0, 0, "", 0, "None", "", 0, "", "", "", "?", 0, 0, "", 0, 0, "", "", "", "", "",
        0, 0, 0, INT_MAX, INT_MAX, "", "", 0, "", "IB", 0, 0, "", 0, bool(state), state.get("status", order.status),
    ]  # fmt: skip
    margins = [
        state.get(name, DBL_MAX)
        for name in (
            "init_before",
            "maint_before",
            "equity_before",
            "init_change",
            "maint_change",
            "equity_change",
            "init_after",
            "maint_after",
            "equity_after",
        )
    ]
    trail = order.limit + 1 if order.limit is not None else DBL_MAX
    tail: list[object] = [
        state.get("commission", commission), "", "", instrument.currency if commission or state else "", "",
        0, 0, 0, "None", DBL_MAX, trail, DBL_MAX, DBL_MAX, DBL_MAX, DBL_MAX, 0, "", "", "", 0, 1, 0, 0, 0,
        "", "", 0, "", "", "", "", "",
    ]  # fmt: skip
    return [*head, *margins, *tail]


def order_status(order: SimOrder) -> list[object]:
    """An orderStatus message."""
    return [
        3, order.order_id, order.status, order.filled, order.remaining,
        _plain(order.avg_price), order.perm_id, order.parent_id, _plain(order.last_price), order.client_id, order.why_held, 0,
    ]  # fmt: skip


def exec_details(execution: Execution, instrument: Instrument, request_id: int = -1) -> list[object]:
    """An execDetails message, its time in the exchange's own zone."""
    zone = TIME_ZONES[instrument.mic]
    moment = datetime.fromtimestamp(execution.ts, ZoneInfo(zone))
    side = "BOT" if execution.side is Side.BUY else "SLD"
    return [
        11, request_id, execution.order_id, *contract12(instrument), execution.exec_id,
        f"{moment:%Y%m%d %H:%M:%S} {zone}", execution.account, home_of(instrument.mic), side, execution.quantity,
        execution.price, execution.perm_id, execution.client_id, 0, execution.cum_quantity, _plain(execution.avg_price),
        execution.order_ref, "", "", "", execution.liquidity, 0,
    ]  # fmt: skip


def commission_report(execution: Execution) -> list[object]:
    realised: object = DBL_MAX if execution.realised is None else _plain(execution.realised)
    return [59, 1, execution.exec_id, execution.commission, execution.currency, realised, DBL_MAX, ""]


def completed_order(order: SimOrder, instrument: Instrument) -> list[object]:
    """A completedOrder message of 100 fields."""
    limit, stop = _prices(order)
    zone = TIME_ZONES[instrument.mic]
    finished = datetime.fromtimestamp(order.finished, ZoneInfo(zone))
    said = {"Filled": f"Filled Size: {order.filled}", "Cancelled": "Cancelled by Trader"}.get(
        order.status, order.status
    )
    trail = order.limit + 1 if order.limit is not None else DBL_MAX
    return [
        101, *contract12(instrument), order.side.value, order.quantity, order.type, limit, stop, order.tif,
        _group(order), order.account, "", 0, order.order_ref, order.perm_id, order.outside_rth, 0, 0, "", "", "", "",
        "", "", "", "", "", 0, "", -1, "", "", "", "", "", INT_MAX, 0, 0, "", order.oca_type, 0, "", 0, "None", "", 0, 0,
        0, "", 0, 0, "", "", "", 0, 0, 0, INT_MAX, INT_MAX, "", "", "", "IB", 0, 0, "", 0, order.status, 0, 0, 0, trail,
        DBL_MAX, 0, 1, 0, "", order.filled, INT_MAX, 0, "Not an insider or substantial shareholder", 0, 0, LONG_MAX,
        f"{finished:%Y%m%d %H:%M:%S} {zone}", said, "", "", "", "", "",
    ]  # fmt: skip


def _plain(value: Decimal) -> str:
    return f"{value.quantize(Decimal('0.00000001')).normalize():f}"
