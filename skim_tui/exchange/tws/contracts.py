"""Contracts on the wire: reading what a client names, finding it among the listings."""

from __future__ import annotations

from dataclasses import dataclass

from skim_tui.domain.instrument import Instrument
from skim_tui.domain.session import ASX
from skim_tui.exchange.api import ExchangeApi
from skim_tui.exchange.model import Rejected
from skim_tui.exchange.tws.isin import isin_of
from skim_tui.exchange.tws.wire import Reader

ASX_RULE = 239
US_RULE = 26
ZONES = {ASX: "Australia/NSW"}
HOME = {ASX: "ASX"}
VENUE_LETTERS = {ASX: {"ASX": "A"}}
US_VENUE_LETTERS = {
    "AMEX": "A", "NYSE": "N", "CBOE": "W", "ARCA": "P", "NASDAQ": "Q", "DRCTEDGE": "K", "BEX": "B", "BATS": "Z",
    "EDGEA": "J", "BYX": "Y", "IEX": "V", "MEMX": "U", "CHX": "M", "PSX": "X",
}  # fmt: skip
"""Venues and the letters that stand for them in a quote. Source: the participants of the American tapes."""
OLD_VENUES = {"ISLAND": "NASDAQ", "NASDAQ.NMS": "NASDAQ", "NASDAQ.SCM": "NASDAQ"}
"""Names that clients still send for a venue."""

SECURITY_TYPES = frozenset({
    "STK", "CFD", "OPT", "FOP", "WAR", "IOPT", "FUT", "CONTFUT", "FWD", "BAG", "CASH", "IND", "BOND", "BILL", "FUND",
    "FIXED", "SLB", "NEWS", "CMDTY", "BSK", "ICU", "ICS", "CRYPTO", "EC",
})  # fmt: skip
UNKNOWN = "No security definition has been found for the request"


@dataclass(frozen=True, slots=True)
class Named:
    """The contract a client named."""

    con_id: int
    symbol: str
    sec_type: str
    exchange: str
    primary: str
    currency: str
    local: str = ""
    trading_class: str = ""


def zone_of(mic: str) -> str:
    return ZONES.get(mic, "US/Eastern")


def home_of(mic: str) -> str:
    return HOME.get(mic, "NASDAQ")


def rule_of(mic: str) -> int:
    return ASX_RULE if mic == ASX else US_RULE


def venues_of(mic: str) -> tuple[str, ...]:
    """Where orders for a listing may be routed, SMART first."""
    return ("SMART", *letters_of(mic))


def letters_of(mic: str) -> dict[str, str]:
    """The letter of each venue in a quote."""
    return VENUE_LETTERS.get(mic, US_VENUE_LETTERS)


def read_contract(reader: Reader) -> Named:
    """The twelve fields of a contract."""
    con_id, symbol, sec_type = reader.integer(), reader.text().strip(), reader.text()
    reader.skip(4)
    exchange, primary, currency = reader.text(), reader.text(), reader.text()
    local, trading_class = reader.text().strip(), reader.text()
    return Named(con_id, symbol or local, sec_type, exchange, primary, currency, local, trading_class)


def find(exchange: ExchangeApi, named: Named) -> Instrument:
    """The listed instrument that was named. Raises :class:`Rejected` 200, or 321 for no contract at all."""
    if (named.sec_type or not named.con_id) and named.sec_type not in SECURITY_TYPES:
        raise Rejected(321, "Error validating request.-'bw' : cause - Please enter a valid security type")
    symbol = exchange.symbol_of(named.con_id) if named.con_id else named.symbol.upper()
    instrument = exchange.instruments.get(symbol)
    if instrument is None or not _fits(instrument, named):
        raise Rejected(200, UNKNOWN)
    return instrument


def find_by_id(exchange: ExchangeApi, kind: str, value: str) -> Instrument:
    """The listing with this ISIN. Raises :class:`Rejected` 200, or 321 for a kind of id that is not known."""
    if kind not in ("ISIN", "SEDOL", "CUSIP", "RIC"):
        raise Rejected(321, f"Error validating request.-'bw' : cause - Security id type {kind} is invalid")
    for instrument in exchange.instruments.values():
        if kind == "ISIN" and isin_of(instrument) == value.upper():
            return instrument
    raise Rejected(200, UNKNOWN)


def _fits(instrument: Instrument, named: Named) -> bool:
    """Whether nothing that was named speaks against the listing. A contract id alone names it whole."""
    if named.sec_type not in ("STK", ""):
        return False
    venues = venues_of(instrument.mic)
    places = {OLD_VENUES.get(place, place) for place in (named.exchange, named.primary) if place}
    if not places <= set(venues):
        return False
    return (
        named.currency in ("", instrument.currency)
        and named.local.upper() in ("", instrument.symbol)
        and named.symbol.upper() in ("", instrument.symbol)
    )


def contract12(instrument: Instrument) -> list[object]:
    """conId … tradingClass without primary exchange: the block of orders, executions, positions."""
    home = home_of(instrument.mic)
    return [
        instrument.con_id,
        instrument.symbol,
        "STK",
        "",
        0,
        "",
        "",
        home,
        instrument.currency,
        instrument.symbol,
        instrument.symbol,
    ]


def market_rule(exchange: ExchangeApi, rule: int) -> list[object]:
    """A marketRule message. Raises :class:`Rejected` for an unknown rule."""
    for instrument in exchange.instruments.values():
        if rule_of(instrument.mic) == rule:
            bands = instrument.ladder.bands
            return [93, rule, len(bands), *(float(part) for band in bands for part in band)]
    raise Rejected(321, f"Error validating request.-'bX' : cause - Market rule {rule} is unknown")
