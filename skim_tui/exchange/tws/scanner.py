"""Market scans over the listings: the codes, places and filters this gateway knows."""

from __future__ import annotations

from dataclasses import dataclass

from skim_tui.domain.opening_range import gap_pct
from skim_tui.domain.session import ASX
from skim_tui.exchange.core import DayStats, ExchangeApi
from skim_tui.exchange.model import Rejected
from skim_tui.exchange.tws.contracts import home_of
from skim_tui.exchange.tws.wire import Reader, WireError

MOST_ROWS = 50
CODES = (
    "HIGH_OPEN_GAP",
    "LOW_OPEN_GAP",
    "TOP_PERC_GAIN",
    "TOP_PERC_LOSE",
    "TOP_OPEN_PERC_GAIN",
    "MOST_ACTIVE",
    "HOT_BY_VOLUME",
)
PLACES = {ASX: ("STOCK.HK", "STK.HK.ASX")}
US_PLACE = ("STK", "STK.US.MAJOR")


@dataclass(frozen=True, slots=True)
class Scan:
    rows: int
    code: str
    filters: dict[str, float]


def read_scan(reader: Reader, mic: str) -> Scan:
    """A scanner subscription. Raises :class:`Rejected` for what this gateway does not scan."""
    rows = reader.integer(-1)
    instrument, place, code = reader.text(), reader.text(), reader.text()
    above, below, volume = reader.number(), reader.number(), reader.number()
    reader.skip(14)
    options = reader.text()
    if (instrument, place) != PLACES.get(mic, US_PLACE):
        raise Rejected(162, f"Historical Market Data Service error message:No scanner for {instrument} at {place}")
    if code not in CODES:
        raise Rejected(162, f"Historical Market Data Service error message:Scan code {code} is unknown")
    filters = {"priceAbove": above, "priceBelow": below, "volumeAbove": volume}
    for option in options.split(";"):
        tag, equals, value = option.partition("=")
        if equals:
            try:
                filters[tag] = float(value)
            except ValueError:
                raise WireError(f"scanner filter {option!r} is not a number") from None
    return Scan(
        min(rows if rows > 0 else MOST_ROWS, MOST_ROWS),
        code,
        {tag: value for tag, value in filters.items() if value is not None},
    )


def run(exchange: ExchangeApi, scan: Scan) -> list[str]:
    """The symbols of the scan, best first."""
    found: list[tuple[float, str]] = []
    for symbol in exchange.instruments:
        stats = exchange.stats(symbol)
        rank = _rank(scan.code, stats)
        if rank is not None and _passes(scan.filters, stats):
            found.append((-rank, symbol))
    found.sort()
    return [symbol for _, symbol in found[: scan.rows]]


def message(exchange: ExchangeApi, request_id: int, symbols: list[str]) -> list[object]:
    """A scannerData message."""
    fields: list[object] = [20, 3, request_id, len(symbols)]
    for rank, symbol in enumerate(symbols):
        listed = exchange.instruments[symbol]
        home = home_of(listed.mic)
        fields += [
            rank, listed.con_id, symbol, "STK", "", 0, "", home, listed.currency, symbol, symbol, symbol, "", "", "", "",
        ]  # fmt: skip
    return fields


def parameters(mic: str) -> str:
    """The scanner parameters document."""
    instrument, place = PLACES.get(mic, US_PLACE)
    codes = "".join(
        f"<ScanType><displayName>{code}</displayName><scanCode>{code}</scanCode></ScanType>" for code in CODES
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?><ScanParameterResponse><InstrumentList><Instrument>'
        f"<name>Stocks</name><type>{instrument}</type></Instrument></InstrumentList><LocationTree><Location>"
        f"<locationCode>{place}</locationCode></Location></LocationTree><ScanTypeList>{codes}</ScanTypeList>"
        "</ScanParameterResponse>"
    )


def _rank(code: str, stats: DayStats) -> float | None:
    gap = gap_pct(stats.prev_close, stats.open)
    change = gap_pct(stats.prev_close, stats.last)
    match code:
        case "HIGH_OPEN_GAP":
            return gap
        case "LOW_OPEN_GAP":
            return None if gap is None else -gap
        case "TOP_PERC_GAIN":
            return change
        case "TOP_PERC_LOSE":
            return None if change is None else -change
        case "TOP_OPEN_PERC_GAIN":
            return gap_pct(stats.open, stats.last)
        case _:
            return float(stats.volume) if stats.volume else None


def _passes(filters: dict[str, float], stats: DayStats) -> bool:
    measures = {
        "price": stats.last, "volume": float(stats.volume), "openGapPerc": gap_pct(stats.prev_close, stats.open),
        "changePerc": gap_pct(stats.prev_close, stats.last), "changeOpenPerc": gap_pct(stats.open, stats.last),
    }  # fmt: skip
    for tag, bound in filters.items():
        for name, measure in measures.items():
            if tag == f"{name}Above" and (measure is None or measure < bound):
                return False
            if tag == f"{name}Below" and (measure is None or measure > bound):
                return False
    return True
