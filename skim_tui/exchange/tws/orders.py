"""Orders, executions and fees as the exchange tells them, laid out for the client's protocol version."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from skim_tui.domain.instrument import Instrument
from skim_tui.domain.orders import Side
from skim_tui.domain.session import TIME_ZONES
from skim_tui.exchange.model import TRAILING, Execution, SimOrder
from skim_tui.exchange.tws.contracts import contract12, home_of
from skim_tui.exchange.tws.placement import AUTO_CANCEL_PARENT, DURATION, FA_PROFILE_ENDS, PEG_OFFSETS, POST_TO_ATS
from skim_tui.exchange.tws.wire import DBL_MAX, INT_MAX, LONG_MAX, Reader

PENDING_PRICE_REVISION = 178
"""The server version from which an execution ends with the pending-price-revision flag."""

Fields = list[object]


@dataclass(frozen=True, slots=True)
class OrderState:
    """The state block of an openOrder: what-if figures as the API spells them, or the fees so far."""

    status: str
    margins: tuple[object, ...] = (DBL_MAX,) * 9
    """Initial margin, maintenance margin and equity with loan value: before, change, after."""
    commission: object = ""
    least: object = ""
    most: object = ""
    currency: str = ""
    warning: str = ""
    what_if: bool = False


@dataclass(frozen=True, slots=True)
class Echo:
    """What a client sent with an order, spelled as TWS spells it back."""

    wire: dict[str, object]

    def text(self, name: str, unset: str = "") -> str:
        return str(self.wire.get(name, "") or unset)

    def flag(self, name: str) -> int:
        return int(Reader([self.text(name)]).flag())

    def whole(self, name: str, unset: object = "") -> object:
        text = self.text(name)
        return unset if text in ("", INT_MAX, LONG_MAX) or _is_max(text) else text

    def price(self, name: str, unset: object = "") -> object:
        text = self.text(name)
        return unset if text in ("", INT_MAX) or _is_max(text) else text


def _is_max(text: str) -> bool:
    return text.lower().startswith("1.79769313486231") and "308" in text


def open_order(
    order: SimOrder, instrument: Instrument, version: int, *, group: str = "", state: OrderState | None = None
) -> Fields:
    """An openOrder message: 135 fields at version 178. ``group`` is the OCA group it is told with."""
    state = state or state_of(order, instrument)
    sent = Echo(order.wire)
    return [
        5, order.order_id, *_contract(order, instrument), *_terms(order, group), order.client_id, order.perm_id,
        order.outside_rth, sent.flag("hidden"), 0, sent.text("goodAfterTime"),
        f"{order.perm_id}.{order.modifications}/{order.account}/{order.quantity}", *_advisor(sent, version),
        sent.text("modelCode"), sent.text("goodTillDate"), sent.text("rule80A"), sent.price("percentOffset"),
        sent.text("settlingFirm"), sent.whole("shortSaleSlot", 0), sent.text("designatedLocation"),
        sent.whole("exemptCode", -1), sent.whole("auctionStrategy", 0), *_box(sent),
        _display(sent), sent.flag("blockOrder"), sent.flag("sweepToFill"), sent.flag("allOrNone"), sent.whole("minQty"),
        order.oca_type, 0, 0, "", order.parent_id, sent.whole("triggerMethod", 0),
        "", 0, "None", "", 0, "", "", "", "?", 0, 0, "", 0, 0, *_trail(order), "", "", "", 0, 0, 0,
        INT_MAX, INT_MAX, "", "", sent.flag("optOutSmartRouting"), sent.text("clearingAccount"),
        sent.text("clearingIntent", "IB"), sent.flag("notHeld"), 0, "", sent.flag("solicited"),
        *_state(state), sent.flag("randomizeSize"), sent.flag("randomizePrice"), 0,
        "None", DBL_MAX, _trail_price(order), _offset(order), DBL_MAX, DBL_MAX, DBL_MAX, 0,
        "", "", "", 0, 1, sent.flag("isOmsContainer"), 0, sent.flag("usePriceMgmtAlgo"),
        *([sent.whole("duration")] if version >= DURATION else []),
        *([sent.whole("postToAts")] if version >= POST_TO_ATS else []),
        *([sent.flag("autoCancelParent")] if version >= AUTO_CANCEL_PARENT else []),
        *([""] * 5 if version >= PEG_OFFSETS else []),
    ]  # fmt: skip


def state_of(order: SimOrder, instrument: Instrument) -> OrderState:
    """Its status and its commission so far."""
    if not order.commission:
        return OrderState(order.status)
    return OrderState(order.status, commission=order.commission, currency=instrument.currency)


def before_fee(state: OrderState, execution: Execution, order: SimOrder) -> OrderState:
    """The state as it is told at first, before the fee of an execution is known."""
    known = order.commission - execution.commission
    return replace(state, commission=known or "", currency=state.currency if known else "")


def order_status(order: SimOrder, status: str = "") -> Fields:
    """An orderStatus message, of another ``status`` where one is passed through on the way."""
    return [
        3, order.order_id, status or order.status, order.filled, order.remaining, plain(order.avg_price), order.perm_id,
        order.parent_id, plain(order.last_price), order.client_id, order.why_held, 0,
    ]  # fmt: skip


def exec_details(execution: Execution, instrument: Instrument, version: int, request_id: int = -1) -> Fields:
    """An execDetails message, its time in the exchange's own zone."""
    zone = TIME_ZONES[instrument.mic]
    moment = datetime.fromtimestamp(execution.ts, ZoneInfo(zone))
    side = "BOT" if execution.side is Side.BUY else "SLD"
    return [
        11, request_id, execution.order_id, *contract12(instrument), execution.exec_id,
        f"{moment:%Y%m%d %H:%M:%S} {zone}", execution.account, home_of(instrument.mic), side, execution.quantity,
        execution.price, execution.perm_id, execution.client_id, 0, execution.cum_quantity, plain(execution.avg_price),
        execution.order_ref, "", "", "", execution.liquidity, *([0] if version >= PENDING_PRICE_REVISION else []),
    ]  # fmt: skip


def commission_report(execution: Execution) -> Fields:
    realised: object = DBL_MAX if execution.realised is None else plain(execution.realised)
    return [59, 1, execution.exec_id, execution.commission, execution.currency, realised, DBL_MAX, ""]


def completed_order(order: SimOrder, instrument: Instrument, version: int, *, group: str, parent: int) -> Fields:
    """A completedOrder message: 100 fields at version 178. ``parent`` is the parent's perm id, 0 for none."""
    sent = Echo(order.wire)
    zone = TIME_ZONES[instrument.mic]
    finished = datetime.fromtimestamp(order.finished, ZoneInfo(zone))
    return [
        101, *_contract(order, instrument), *_terms(order, group), order.perm_id, order.outside_rth, sent.flag("hidden"), 0, sent.text("goodAfterTime"),
        *_advisor(sent, version), sent.text("modelCode"), sent.text("goodTillDate"), sent.text("rule80A"),
        sent.price("percentOffset"), sent.text("settlingFirm"), sent.whole("shortSaleSlot", 0),
        sent.text("designatedLocation"), sent.whole("exemptCode", -1), *_box(sent), _display(sent),
        sent.flag("sweepToFill"), sent.flag("allOrNone"), sent.whole("minQty"), order.oca_type,
        sent.whole("triggerMethod", 0), "", 0, "None", "", 0, 0, 0, "", 0, 0, *_trail(order), "", 0, 0, 0,
        INT_MAX, INT_MAX, "", "", sent.text("clearingAccount"), sent.text("clearingIntent", "IB"), sent.flag("notHeld"),
        0, "", sent.flag("solicited"), order.status, sent.flag("randomizeSize"), sent.flag("randomizePrice"), 0,
        _trail_price(order), _offset(order), 0, 1, sent.flag("isOmsContainer"), "", order.filled, INT_MAX,
        sent.flag("autoCancelParent"), "Not an insider or substantial shareholder", 0, 0, parent or LONG_MAX,
        f"{finished:%Y%m%d %H:%M:%S} {zone}", _ended(order), *([""] * 5 if version >= PEG_OFFSETS else []),
    ]  # fmt: skip


def plain(value: Decimal) -> str:
    return f"{value.quantize(Decimal('0.00000001')).normalize():f}"


# ---- blocks that both messages share ----------------------------------------------------------------


def _contract(order: SimOrder, instrument: Instrument) -> Fields:
    """As an order tells it: routed where the client said, the right of what has none a question mark."""
    contract = contract12(instrument)
    contract[5], contract[7] = "?", Echo(order.wire).text("exchange", "SMART")
    return contract


def _terms(order: SimOrder, group: str) -> Fields:
    """Action to order reference."""
    sent = Echo(order.wire)
    aux: object = order.stop if order.stop is not None else order.trail_amount
    return [
        order.side.value, order.quantity, order.type, _limit(order),
        aux if aux is not None else "0.0", order.tif, group or order.oca_group, order.account, sent.text("openClose"),
        sent.whole("origin", 0), order.order_ref,
    ]  # fmt: skip


def _limit(order: SimOrder) -> object:
    """Zero where there is none; a trailing limit order's follows its stop."""
    if order.type == "TRAIL LIMIT" and order.trail_stop is not None and order.limit_offset is not None:
        return order.trail_stop + order.side.sign * order.limit_offset
    return _or(order.limit, "0.0")


def _advisor(sent: Echo, version: int) -> Fields:
    """Group, method, percentage and, for older clients, the profile."""
    block: Fields = [sent.text("faGroup"), sent.text("faMethod"), sent.text("faPercentage")]
    return [*block, ""] if version < FA_PROFILE_ENDS else block


def _box(sent: Echo) -> Fields:
    names = ("startingPrice", "stockRefPrice", "delta", "stockRangeLower", "stockRangeUpper")
    return [sent.price(name) for name in names]


def _display(sent: Echo) -> object:
    shown = sent.whole("displaySize", INT_MAX)
    return INT_MAX if shown == "0" else shown


def _trail(order: SimOrder) -> Fields:
    """Trailing stop price and percent."""
    if order.type not in TRAILING:
        return ["", ""]
    return [_or(order.trail_stop, ""), _or(order.trail_percent, "")]


def _trail_price(order: SimOrder) -> object:
    """The second trailing stop price of the message; TWS fills it in for orders that do not trail, too."""
    if order.type in TRAILING:
        return _or(order.trail_stop, DBL_MAX)
    if order.limit is not None:
        return order.limit + 1
    return _or(order.stop, DBL_MAX)


def _offset(order: SimOrder) -> object:
    return _or(order.limit_offset, DBL_MAX)


def _or(value: Decimal | None, unset: object) -> object:
    return unset if value is None else value


def _state(state: OrderState) -> Fields:
    return [
        state.what_if, state.status, *state.margins, state.commission, state.least, state.most, state.currency,
        state.warning,
    ]  # fmt: skip


def _ended(order: SimOrder) -> str:
    """completedStatus, in TWS's words."""
    if order.status == "Filled":
        return f"Filled Size: {order.filled}"
    if order.status == "Cancelled":
        return "Cancelled by System" if order.reason else "Cancelled by Trader"
    return order.status
