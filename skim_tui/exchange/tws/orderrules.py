"""What TWS itself checks of an order before any exchange sees it, and the order that comes of it."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from skim_tui.domain.orders import Side
from skim_tui.domain.session import ExchangeDay
from skim_tui.exchange.model import TRAILING, Rejected, SimOrder
from skim_tui.exchange.tws.placement import Placement

PRESET_TIF = "Order TIF was set to DAY based on order preset."
VALIDATING = "Error validating request.-'bF' : cause - "

SERVED = ("MKT", "LMT", "MTL", "MOC", "LOC", "STP", "STP LMT", "TRAIL", "TRAIL LIMIT", "MIT", "LIT")
OTHER_WORDS = frozenset({
    "BOX TOP", "FUNARI", "MIDPRICE", "MKT PRT", "PEG BENCH", "PEG BEST", "PEG MID", "PEG MKT", "PEG PRI", "PEG PRIM",
    "PEG STK", "PEG SURE", "PASSV REL", "QUOTE", "REL", "REL + LMT", "REL + MKT", "RPI", "SNAP MID", "SNAP MKT",
    "SNAP PRIM", "SNAP PRI", "STP PRT", "TRAIL LIT", "TRAIL LMT + MKT", "TRAIL MIT", "TRAIL REL + MKT", "VOL", "VWAP",
    "LMT + MKT", "NONE",
})  # fmt: skip
"""Order types that TWS knows and this exchange does not offer."""

SPELLINGS = {"STPLMT": "STP LMT", "TRAILLMT": "TRAIL LIMIT", "TRAIL LMT": "TRAIL LIMIT", "TRAILLIMIT": "TRAIL LIMIT",
             "MARKET": "MKT", "LIMIT": "LMT", "STOP": "STP", "MOO": "MKT", "LOO": "LMT"}  # fmt: skip
TIFS = ("DAY", "GTC", "IOC", "GTD", "OPG", "FOK", "DTC", "AUC", "GTX")
"""The words TWS knows; the book says which it serves."""

LIMITED = ("LMT", "STP LMT", "LOC", "LIT")
STOPPED = ("STP", "STP LMT", "MIT", "LIT")
AT_ONCE = ("IOC", "FOK", "OPG")
"""Times in force in which nothing can wait for a trigger."""


def order_of(placement: Placement, client_id: int, account: str, day: ExchangeDay, now: float) -> SimOrder:
    """The order that was placed, its symbol still empty. Raises WireError, Rejected."""
    kind = _kind(placement)
    tif = _tif(placement, kind)
    action = placement.text("action").upper()
    if action not in ("BUY", "SELL", "SSHORT"):
        raise Rejected(321, f"{VALIDATING}Invalid order action: {action or 'empty'}")
    quantity = _quantity(placement)
    named_account = placement.text("account")
    if named_account not in ("", account):
        raise Rejected(321, f"{VALIDATING}Invalid account code '{named_account}'")
    _refuse_unserved(placement)
    order = SimOrder(
        client_id=client_id,
        order_id=placement.order_id,
        symbol="",
        side=Side.BUY if action == "BUY" else Side.SELL,
        type=kind,
        quantity=quantity,
        limit=_limit(placement, kind),
        stop=_stop(placement, kind),
        tif=tif,
        outside_rth=placement.flag("outsideRth"),
        order_ref=placement.text("orderRef"),
        parent_id=placement.integer("parentId"),
        oca_group=placement.text("ocaGroup"),
        oca_type=_oca_type(placement),
        transmit=placement.text("transmit") == "" or placement.flag("transmit"),
        good_till=_good_till(placement, tif, day, now),
        good_after=_good_after(placement, day),
        min_quantity=placement.integer("minQty"),
        display=placement.integer("displaySize"),
        all_or_none=placement.flag("allOrNone"),
        account=account,
        wire={**placement.sent, "exchange": placement.named.exchange},
    )
    if kind in TRAILING:
        _trail(placement, order)
    return order


def _kind(placement: Placement) -> str:
    word = " ".join(placement.text("orderType").upper().split())
    kind = SPELLINGS.get(word, word)
    if kind in OTHER_WORDS:
        raise Rejected(387, "Unsupported order type for this exchange and security type.")
    if kind not in SERVED:
        raise Rejected(321, f"{VALIDATING}Invalid order type was entered")
    return kind


def _tif(placement: Placement, kind: str) -> str:
    tif = placement.text("tif").upper() or "DAY"
    if tif not in TIFS:
        raise Rejected(10052, f"Invalid time in force:{placement.text('tif')}")
    if kind in ("MOC", "LOC") and tif != "DAY":
        raise Rejected(113, "The Tif option should be set to DAY for MOC and LOC orders.")
    if tif in AT_ONCE and (kind in STOPPED or kind in TRAILING):
        raise Rejected(111, f"The TIF ({tif}) and the order type ({kind}) are incompatible.")
    if tif == "OPG" and kind not in ("MKT", "LMT"):
        raise Rejected(111, f"The TIF ({tif}) and the order type ({kind}) are incompatible.")
    return tif


def _quantity(placement: Placement) -> int:
    quantity = placement.number("totalQuantity") or 0.0
    if placement.number("cashQty"):
        raise Rejected(10244, "Cash Quantity cannot be used for this order")
    if quantity == 0:
        raise Rejected(434, "The order size cannot be zero.")
    if quantity < 0:
        raise Rejected(321, f"{VALIDATING}The order size must be positive")
    if quantity != int(quantity):
        raise Rejected(
            10243, "Fractional-sized order cannot be placed via API. Please use desktop version to place this order."
        )
    return int(quantity)


def _refuse_unserved(placement: Placement) -> None:
    if placement.text("algoStrategy"):
        raise Rejected(439, "The order processing failed. Algorithm definition not found.")
    if placement.conditions:
        raise Rejected(321, f"{VALIDATING}Conditional orders are not supported")
    if placement.text("hedgeType") or placement.text("deltaNeutralOrderType") not in ("", "None"):
        raise Rejected(321, f"{VALIDATING}Hedging orders are not supported")
    if placement.number("scalePriceIncrement"):
        raise Rejected(321, f"{VALIDATING}Scale orders are not supported")
    if placement.number("discretionaryAmt"):
        raise Rejected(325, "Discretionary orders are not supported for this combination of exchange and order type.")


def _limit(placement: Placement, kind: str) -> Decimal | None:
    if kind not in LIMITED:
        return placement.price("lmtPrice") if kind == "TRAIL LIMIT" else None
    limit = placement.price("lmtPrice")
    if limit is None:
        raise Rejected(321, f"{VALIDATING}Please enter a valid limit price")
    return limit


def _stop(placement: Placement, kind: str) -> Decimal | None:
    if kind not in STOPPED:
        return None
    stop = placement.price("auxPrice")
    if stop is None:
        raise Rejected(321, f"{VALIDATING}Please enter a valid stop price")
    return stop


def _oca_type(placement: Placement) -> int:
    kind = placement.integer("ocaType")
    if kind not in (0, 1, 2, 3):
        raise Rejected(321, f"{VALIDATING}Invalid OCA type {kind}")
    return kind or 3


def _trail(placement: Placement, order: SimOrder) -> None:
    """Amount or percent, the first stop if the client names one, and for TRAIL LIMIT how the limit follows."""
    amount, percent = placement.price("auxPrice"), placement.price("trailingPercent")
    if percent is not None and not 0 < percent < 100:
        raise Rejected(159, "The percent offset value must be between 0% and 100%")
    if amount is None and percent is None:
        raise Rejected(158, "You must specify an offset amount or a percent offset value.")
    order.trail_amount, order.trail_percent = (None, percent) if percent is not None else (amount, None)
    order.trail_stop = placement.price("trailStopPrice")
    if order.type != "TRAIL LIMIT":
        return
    order.limit_offset = placement.price("lmtPriceOffset")
    if order.limit_offset is None:
        if order.limit is None or order.trail_stop is None:
            raise Rejected(321, f"{VALIDATING}Please enter a limit price offset, or a stop and a limit price")
        order.limit_offset = abs(order.trail_stop - order.limit)


def _good_till(placement: Placement, tif: str, day: ExchangeDay, now: float) -> float:
    text = placement.text("goodTillDate").strip()
    if tif != "GTD":
        return 0.0
    if not text:
        raise Rejected(334, "Invalid Good Till Date order")
    until = moment_of(text, day)
    if until <= now:
        raise Rejected(201, "Order rejected - reason:The good till date is in the past")
    return until


def _good_after(placement: Placement, day: ExchangeDay) -> float:
    text = placement.text("goodAfterTime").strip()
    return moment_of(text, day) if text else 0.0


def moment_of(text: str, day: ExchangeDay) -> float:
    """``yyyymmdd hh:mm:ss [zone]``, ``yyyymmdd-hh:mm:ss`` (UTC) or ``yyyymmdd`` (that day's end) as epoch seconds.

    Without a zone the exchange's own counts. Raises :class:`Rejected` 337.
    """
    words = text.split()
    try:
        if len(words) == 1 and "-" in text:
            return datetime.strptime(text, "%Y%m%d-%H:%M:%S").replace(tzinfo=ZoneInfo("UTC")).timestamp()
        zone = ZoneInfo(words[2]) if len(words) == 3 else day.tz
        if len(words) == 1:
            return (datetime.strptime(text, "%Y%m%d").replace(tzinfo=zone) + timedelta(days=1)).timestamp()
        clock = "%H:%M:%S" if words[1].count(":") == 2 else "%H:%M"
        return datetime.strptime(f"{words[0]} {words[1]}", f"%Y%m%d {clock}").replace(tzinfo=zone).timestamp()
    except (ValueError, IndexError, OverflowError, ZoneInfoNotFoundError, OSError):
        raise Rejected(
            337, "The date, time, or time-zone entered is invalid. The correct format is yyyymmdd hh:mm:ss xxx"
        ) from None
