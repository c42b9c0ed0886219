"""The gap scan as a TWS scanner subscription."""

from __future__ import annotations

from dataclasses import dataclass

from ib_async import ScannerSubscription, TagValue

from skim_tui.broker.port import ScanRequest
from skim_tui.broker.tws.reports import ContractKey
from skim_tui.domain.events import ScanRow
from skim_tui.domain.session import ASX, CURRENCIES

MAX_ROWS = 50
"""TWS returns no more rows than this for one scan."""


@dataclass(frozen=True, slots=True)
class ScanArea:
    """Where a scan looks. Sources: scanner parameters of a gateway; ASX stocks are under the HK instrument."""

    instrument: str
    location: str


def area(mic: str) -> ScanArea:
    return ScanArea("STOCK.HK", "STK.HK.ASX") if mic == ASX else ScanArea("STK", "STK.US.MAJOR")


def gap_scan(request: ScanRequest, mic: str) -> tuple[ScannerSubscription, list[TagValue]]:
    """The subscription and its filter for stocks that opened above the previous close, greatest gap first."""
    where = area(mic)
    subscription = ScannerSubscription(
        numberOfRows=min(request.max_rows, MAX_ROWS),
        instrument=where.instrument,
        locationCode=where.location,
        scanCode="HIGH_OPEN_GAP",
    )
    filters = [
        TagValue("openGapPercAbove", f"{request.min_gap_pct:g}"),
        TagValue("priceAbove", f"{request.min_price:g}"),
        TagValue("volumeAbove", str(request.min_volume)),
    ]
    return subscription, filters


def scan_rows(found: list[tuple[int, ContractKey]], mic: str) -> tuple[ScanRow, ...]:
    """The rows that are shares in the currency of ``mic``, best first, each symbol once."""
    rows: dict[str, ScanRow] = {}
    for rank, contract in sorted(found, key=lambda row: row[0]):
        if contract.sec_type == "STK" and contract.currency == CURRENCIES[mic] and contract.symbol not in rows:
            rows[contract.symbol] = ScanRow(rank, contract.symbol, contract.con_id)
    return tuple(rows.values())
