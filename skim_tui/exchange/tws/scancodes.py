"""The scans this gateway knows: codes with their measures, places, filters, and the document that lists them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from xml.sax.saxutils import escape

from skim_tui.domain.opening_range import gap_pct
from skim_tui.domain.session import ASX
from skim_tui.exchange.core import DayStats

Measure = Callable[[DayStats], float | None]
"""The figure of a listing's day; None when it has none yet."""


@dataclass(frozen=True, slots=True)
class Scan:
    """A scan code: ranked by the greatest measure."""

    code: str
    name: str
    measure: Measure


def _gap(stats: DayStats) -> float | None:
    return gap_pct(stats.prev_close, stats.open)


def _change(stats: DayStats) -> float | None:
    return gap_pct(stats.prev_close, stats.last)


def _change_open(stats: DayStats) -> float | None:
    return gap_pct(stats.open, stats.last)


def _falling(measure: Measure) -> Measure:
    def turned(stats: DayStats) -> float | None:
        value = measure(stats)
        return None if value is None else -value

    return turned


def _volume(stats: DayStats) -> float | None:
    return float(stats.volume) or None


def _turnover(stats: DayStats) -> float | None:
    return stats.turnover or None


def _trades(stats: DayStats) -> float | None:
    return float(stats.trades) or None


def _range(stats: DayStats) -> float | None:
    return gap_pct(stats.low, stats.high)


def _price(stats: DayStats) -> float | None:
    return stats.last or None


def _halted(stats: DayStats) -> float | None:
    return 1.0 if stats.halted else None


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
}
"""Filters by the tag that ``Above`` or ``Below`` is put to."""

FREE_FILTERS = frozenset(
    {"marketCapAbove1e6", "marketCapBelow1e6", "avgVolumeAbove", "avgVolumeBelow", "avgUsdVolumeAbove"}
)
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
