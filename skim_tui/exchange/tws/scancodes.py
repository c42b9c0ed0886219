"""The scans this gateway knows: codes with their measures, places, filters, and the document that lists them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

from skim_tui.domain.gapscan import gap_pct
from skim_tui.domain.market import DailyBar
from skim_tui.domain.session import ASX
from skim_tui.exchange.api import DayStats


@dataclass(frozen=True, slots=True)
class Figures:
    """What is known of a listing: its day, and its days before."""

    symbol: str
    day: DayStats
    before: Callable[[int], Sequence[DailyBar]]
    """So many sessions before today."""


Measure = Callable[[Figures], float | None]
"""A figure of a listing; None when it has none yet."""


@dataclass(frozen=True, slots=True)
class Scan:
    """A scan code: ranked by the greatest measure."""

    code: str
    name: str
    measure: Measure


def _gap(of: Figures) -> float | None:
    return gap_pct(of.day.prev_close, of.day.open)


def _change(of: Figures) -> float | None:
    return gap_pct(of.day.prev_close, of.day.last)


def _change_open(of: Figures) -> float | None:
    return gap_pct(of.day.open, of.day.last)


def _falling(measure: Measure) -> Measure:
    def turned(of: Figures) -> float | None:
        value = measure(of)
        return None if value is None else -value

    return turned


def _volume(of: Figures) -> float | None:
    return float(of.day.volume) or None


def _turnover(of: Figures) -> float | None:
    return of.day.turnover or None


def _trades(of: Figures) -> float | None:
    return float(of.day.trades) or None


def _range(of: Figures) -> float | None:
    return gap_pct(of.day.low, of.day.high)


def _price(of: Figures) -> float | None:
    return of.day.last or None


def _halted(of: Figures) -> float | None:
    return 1.0 if of.day.halted else None


def _not_open(of: Figures) -> float | None:
    return 1.0 if of.day.open == 0.0 else None


def _alphabet(of: Figures) -> float:
    """Larger for symbols that come later."""
    return float(int.from_bytes(of.symbol.encode()[:6].ljust(6, b"\0"), "big"))


def _average_volume(of: Figures) -> float | None:
    days = of.before(AVERAGE_OVER)
    return sum(bar.volume for bar in days) / len(days) if days else None


def _average_turnover(of: Figures) -> float | None:
    days = of.before(AVERAGE_OVER)
    return sum(bar.close * bar.volume for bar in days) / len(days) if days else None


def _in_range(sessions: int) -> Measure:
    """Where the last price stands between the low (0) and the high (1) of the last sessions and today."""

    def measure(of: Figures) -> float | None:
        days = of.before(sessions)
        if not days or of.day.last <= 0.0:
            return None
        low = min(of.day.last, *(bar.low for bar in days))
        high = max(of.day.last, *(bar.high for bar in days))
        return (of.day.last - low) / (high - low) if high > low else None

    return measure


AVERAGE_OVER = 63
"""Sessions of an average day."""

_VS_RANGE = tuple((weeks, _in_range(sessions)) for weeks, sessions in ((13, 63), (26, 126), (52, 252)))
UNMEASURED = (
    ("HIGH_OPT_IMP_VOLAT", "Highest Option Imp Vol"), ("LOW_OPT_IMP_VOLAT", "Lowest Option Imp Vol"),
    ("HIGH_OPT_IMP_VOLAT_OVER_HIST", "High Option Imp Vol Over Historical"), ("OPT_VOLUME_MOST_ACTIVE", "Most Active by Opt Volume"),
    ("HOT_BY_OPT_VOLUME", "Hot by Option Volume"), ("HIGH_DIVIDEND_YIELD_IB", "Highest Dividend Yield"),
    ("HIGH_PE_RATIO", "High P/E Ratio"), ("LOW_PE_RATIO", "Low P/E Ratio"), ("LIMIT_UP_DOWN", "Limit Up/Down"),
    ("TOP_STOCK_BUY_IMBALANCE_ADV_RATIO", "Top Stock Buy Imbalances"),
    ("TOP_STOCK_SELL_IMBALANCE_ADV_RATIO", "Top Stock Sell Imbalances"), ("WSH_NEXT_EARNINGS", "Upcoming Earnings"),
)  # fmt: skip
"""Codes of a gateway whose figures no tape has: they find nothing."""

SCANS = {
    scan.code: scan
    for scan in (
        Scan("TOP_PERC_GAIN", "Top % Gainers", _change),
        Scan("TOP_PERC_LOSE", "Top % Losers", _falling(_change)),
        Scan("MOST_ACTIVE", "Most Active", _volume),
        Scan("MOST_ACTIVE_USD", "Most Active ($)", _turnover),
        Scan("HOT_BY_VOLUME", "Hot Contracts by Volume", _volume),
        Scan("HOT_BY_PRICE", "Hot Contracts by Price", _change),
        Scan("HOT_BY_PRICE_RANGE", "Top Price Range", _range),
        Scan("TOP_PRICE_RANGE", "Top Price Range", _range),
        Scan("TOP_TRADE_COUNT", "Top Trade Count", _trades),
        Scan("TOP_TRADE_RATE", "Top Trade Rate", _trades),
        Scan("TOP_VOLUME_RATE", "Top Volume Rate", _volume),
        Scan("TOP_OPEN_PERC_GAIN", "Top % Gainers Since Open", _change_open),
        Scan("TOP_OPEN_PERC_LOSE", "Top % Losers Since Open", _falling(_change_open)),
        Scan("HIGH_OPEN_GAP", "Top Close-to-Open % Gainers", _gap),
        Scan("LOW_OPEN_GAP", "Top Close-to-Open % Losers", _falling(_gap)),
        Scan("HALTED", "Halted", _halted),
        Scan("NOT_OPEN", "Not Open", _not_open),
        Scan("ALL_SYMBOLS_ASC", "All Symbols, Ascending", _falling(_alphabet)),
        Scan("ALL_SYMBOLS_DESC", "All Symbols, Descending", _alphabet),
        Scan("MOST_ACTIVE_AVG_USD", "Most Active by Average ($)", _average_turnover),
        *(Scan(f"HIGH_VS_{weeks}W_HL", f"{weeks}-Week High", measure) for weeks, measure in _VS_RANGE),
        *(Scan(f"LOW_VS_{weeks}W_HL", f"{weeks}-Week Low", _falling(measure)) for weeks, measure in _VS_RANGE),
        *(Scan(code, name, lambda of: None) for code, name in UNMEASURED),
    )
}
FILTERS: dict[str, tuple[str, Measure]] = {
    "price": ("Price", _price),
    "usdPrice": ("Price (USD)", _price),
    "volume": ("Volume", _volume),
    "usdVolume": ("Volume (USD)", _turnover),
    "openGapPerc": ("Open Gap (%)", _gap),
    "changePerc": ("% Change", _change),
    "changeOpenPerc": ("% Change from Open", _change_open),
    "tradeCount": ("Trade Count", _trades),
    "avgUsdVolume": ("Average Volume (USD)", _average_turnover),
    "avgVolume": ("Average Volume", _average_volume),
}
"""Filters by the tag that ``Above`` or ``Below`` is put to."""

FREE_FILTERS = frozenset({"marketCapAbove1e6", "marketCapBelow1e6"})
"""Filters that a gateway knows and for which no figures are recorded here: nothing is left out by them."""


@dataclass(frozen=True, slots=True)
class Place:
    """An instrument type of the scanner and the locations under it."""

    instrument: str
    name: str
    locations: tuple[tuple[str, str], ...]
    """Code and name."""


PLACES = {
    ASX: Place("STOCK.HK", "Asia Stocks", (("STK.HK", "Asia"), ("STK.HK.ASX", "Australia"))),
}
US_PLACE = Place(
    "STK",
    "US Stocks",
    (
        ("STK.US", "US Stocks"), ("STK.US.MAJOR", "Listed/NASDAQ"), ("STK.NYSE", "NYSE"), ("STK.AMEX", "AMEX"),
        ("STK.ARCA", "ARCA"), ("STK.NASDAQ", "NASDAQ"), ("STK.NASDAQ.NMS", "NASDAQ NMS"),
        ("STK.NASDAQ.SCM", "NASDAQ SCM"), ("STK.US.MINOR", "OTC Markets"),
    ),
)  # fmt: skip


def place_of(mic: str) -> Place:
    return PLACES.get(mic, US_PLACE)


def parameters(mic: str) -> str:
    """The scanner parameters document of a market."""
    place = place_of(mic)
    filters = "".join(
        f"<RangeFilter><id>{tag.upper()}</id><category>{escape(name)}</category><access>allowed</access>"
        f"{_edge(tag, 'Above', name)}{_edge(tag, 'Below', name)}</RangeFilter>"
        for tag, (name, _) in FILTERS.items()
    )
    tags = ",".join(tag.upper() for tag in FILTERS)
    locations = "".join(
        f"<Location><displayName>{escape(name)}</displayName><locationCode>{code}</locationCode>"
        f"<instruments>{place.instrument}</instruments><routeExchange>SMART</routeExchange><access>unrestricted</access>"
        "</Location>"
        for code, name in place.locations[1:]
    )
    root_code, root_name = place.locations[0]
    scans = "".join(
        f"<ScanType><displayName>{escape(scan.name)}</displayName><scanCode>{scan.code}</scanCode>"
        f"<instruments>{place.instrument}</instruments><absoluteColumns>false</absoluteColumns><feature/>"
        "<searchName/><access>allowed</access></ScanType>"
        for scan in SCANS.values()
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?><ScanParameterResponse>'
        '<InstrumentList varName="instrumentList"><Instrument>'
        f"<name>{escape(place.name)}</name><type>{place.instrument}</type><filters>{tags}</filters>"
        "<group>STK.GLOBAL</group><shortName>Stocks</shortName></Instrument></InstrumentList>"
        '<LocationTree varName="locationTree"><Location>'
        f"<displayName>{escape(root_name)}</displayName><locationCode>{root_code}</locationCode>"
        f"<instruments>{place.instrument}</instruments><routeExchange>SMART</routeExchange><access>unrestricted</access>"
        f'<LocationTree varName="locationTree">{locations}</LocationTree></Location></LocationTree>'
        f'<ScanTypeList varName="scanTypeList">{scans}</ScanTypeList>'
        f'<FilterList varName="filterList">{filters}</FilterList></ScanParameterResponse>'
    )


def _edge(tag: str, word: str, name: str) -> str:
    return (
        f'<AbstractField type="scanner.filter.DoubleField"><code>{tag}{word}</code>'
        f"<displayName>{escape(name)} {word}</displayName><typeAhead>false</typeAhead></AbstractField>"
    )
