"""placeOrder as it arrives: every field by its name, whatever the client's version leaves out."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from skim_tui.exchange.tws.contracts import Named, read_contract
from skim_tui.exchange.tws.wire import Reader, WireError

FA_PROFILE_ENDS = 177
DURATION = 158
POST_TO_ATS = 160
AUTO_CANCEL_PARENT = 162
ADVANCED_REJECT = 166
MANUAL_ORDER_TIME = 169
PEG_OFFSETS = 170
"""Server versions at which a field of an order appears or ends, as the official client sends and reads them."""

LONGEST_TEXT = 1024
"""Characters of one field of an order: what is echoed and kept is bounded."""

MOST_PARTS = 1000
"""Legs, parameters or conditions beyond which a message is taken for damaged."""

_HEAD = (
    "action", "totalQuantity", "orderType", "lmtPrice", "auxPrice", "tif", "ocaGroup", "account", "openClose", "origin",
    "orderRef", "transmit", "parentId", "blockOrder", "sweepToFill", "displaySize", "triggerMethod", "outsideRth",
    "hidden",
)  # fmt: skip
_ALLOCATION = ("discretionaryAmt", "goodAfterTime", "goodTillDate", "faGroup", "faMethod", "faPercentage")
_BODY = (
    "modelCode", "shortSaleSlot", "designatedLocation", "exemptCode", "ocaType", "rule80A", "settlingFirm", "allOrNone",
    "minQty", "percentOffset", "eTradeOnly", "firmQuoteOnly", "nbboPriceCap", "auctionStrategy", "startingPrice",
    "stockRefPrice", "delta", "stockRangeLower", "stockRangeUpper", "overridePercentageConstraints", "volatility",
    "volatilityType", "deltaNeutralOrderType", "deltaNeutralAuxPrice",
)  # fmt: skip
_DELTA_NEUTRAL = (
    "deltaNeutralConId", "deltaNeutralSettlingFirm", "deltaNeutralClearingAccount", "deltaNeutralClearingIntent",
    "deltaNeutralOpenClose", "deltaNeutralShortSale", "deltaNeutralShortSaleSlot", "deltaNeutralDesignatedLocation",
)  # fmt: skip
_TRAIL = (
    "continuousUpdate", "referencePriceType", "trailStopPrice", "trailingPercent", "scaleInitLevelSize",
    "scaleSubsLevelSize", "scalePriceIncrement",
)  # fmt: skip
_SCALE = (
    "scalePriceAdjustValue", "scalePriceAdjustInterval", "scaleProfitOffset", "scaleAutoReset", "scaleInitPosition",
    "scaleInitFillQty", "scaleRandomPercent",
)  # fmt: skip
_PEG_BENCH = (
    "referenceContractId", "isPeggedChangeAmountDecrease", "peggedChangeAmount", "referenceChangeAmount",
    "referenceExchangeId",
)  # fmt: skip
_TAIL = (
    "adjustedOrderType", "triggerPrice", "lmtPriceOffset", "adjustedStopPrice", "adjustedStopLimitPrice",
    "adjustedTrailingAmount", "adjustableTrailingUnit", "extOperator", "softDollarTierName", "softDollarTierValue",
    "cashQty", "mifid2DecisionMaker", "mifid2DecisionAlgo", "mifid2ExecutionTrader", "mifid2ExecutionAlgo",
    "dontUseAutoPriceForHedge", "isOmsContainer", "discretionaryUpToLimitPrice", "usePriceMgmtAlgo",
)  # fmt: skip
_NEWER = (
    (DURATION, "duration"),
    (POST_TO_ATS, "postToAts"),
    (AUTO_CANCEL_PARENT, "autoCancelParent"),
    (ADVANCED_REJECT, "advancedErrorOverride"),
    (MANUAL_ORDER_TIME, "manualOrderTime"),
)
CONDITION_FIELDS = {1: 6, 3: 3, 4: 3, 5: 4, 6: 5, 7: 5}
"""Fields of a condition after its type: price, time, margin, execution, volume, percent change."""


@dataclass(frozen=True, slots=True)
class Placement:
    """One placeOrder message."""

    order_id: int
    named: Named
    sent: dict[str, str]
    """The client's fields by the API's names, as it spelled them; absent ones are missing."""
    legs: int
    conditions: int

    def text(self, name: str) -> str:
        return self.sent.get(name, "")

    def flag(self, name: str) -> bool:
        return Reader([self.text(name)]).flag()

    def integer(self, name: str, default: int = 0) -> int:
        """Raises WireError, as :meth:`number` and :meth:`price` do."""
        return Reader([self.text(name)]).integer(default)

    def number(self, name: str) -> float | None:
        return Reader([self.text(name)]).number()

    def price(self, name: str) -> Decimal | None:
        """A price or price distance; None where the client left it unset or zero, as every client does."""
        return Reader([self.text(name)]).price() or None


def read_placement(reader: Reader, version: int) -> Placement:
    """Take a placeOrder message apart. Raises WireError."""
    order_id, named = reader.integer(), read_contract(reader)
    reader.skip(2)  # security id
    sent: dict[str, str] = {}

    def take(names: tuple[str, ...]) -> None:
        for name in names:
            sent[name] = reader.text()
            if len(sent[name]) > LONGEST_TEXT:
                raise WireError(f"{name} of {len(sent[name])} characters")

    def parts(width: int) -> int:
        count = reader.count(MOST_PARTS)
        reader.skip(count * width)
        return count

    take(_HEAD)
    legs = 0
    if named.sec_type == "BAG":
        legs = parts(8)
        parts(1)
        parts(2)
    reader.skip()  # shares allocation, which no client fills in any more
    take(_ALLOCATION)
    if version < FA_PROFILE_ENDS:
        reader.skip()
    take(_BODY)
    if sent["deltaNeutralOrderType"]:
        take(_DELTA_NEUTRAL)
    take(_TRAIL)
    if (Reader([sent["scalePriceIncrement"]]).number() or 0.0) > 0.0:
        take(_SCALE)
    take(("scaleTable", "activeStartTime", "activeStopTime", "hedgeType"))
    if sent["hedgeType"]:
        take(("hedgeParam",))
    take(("optOutSmartRouting", "clearingAccount", "clearingIntent", "notHeld"))
    if reader.flag():
        reader.skip(3)  # delta-neutral contract
    take(("algoStrategy",))
    if sent["algoStrategy"]:
        parts(2)
    take(("algoId", "whatIf", "orderMiscOptions", "solicited", "randomizeSize", "randomizePrice"))
    if sent["orderType"].upper().replace(" ", "") == "PEGBENCH":
        take(_PEG_BENCH)
    conditions = reader.count(MOST_PARTS)
    for _ in range(conditions):
        reader.skip(CONDITION_FIELDS.get(reader.integer(), 0))
    if conditions:
        take(("conditionsIgnoreRth", "conditionsCancelOrder"))
    take(_TAIL)
    take(tuple(name for since, name in _NEWER if version >= since))
    return Placement(order_id, named, sent, legs, conditions)
