"""Contracts on the wire: reading what a client names, describing what is listed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from skim_tui.domain.instrument import Instrument
from skim_tui.domain.session import ASX, ExchangeDay
from skim_tui.exchange.core import ExchangeApi
from skim_tui.exchange.model import Rejected
from skim_tui.exchange.tws.wire import Reader

ASX_RULE = 239
US_RULE = 26
ZONES = {ASX: "Australia/NSW"}
HOME = {ASX: "ASX"}
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


def zone_of(mic: str) -> str:
    return ZONES.get(mic, "US/Eastern")


def home_of(mic: str) -> str:
    return HOME.get(mic, "NASDAQ")


def rule_of(mic: str) -> int:
    return ASX_RULE if mic == ASX else US_RULE


def read_contract(reader: Reader) -> Named:
    """The twelve fields of a contract."""
    con_id, symbol, sec_type = reader.integer(), reader.text(), reader.text()
    reader.skip(4)
    exchange, primary, currency = reader.text(), reader.text(), reader.text()
    local = reader.text()
    reader.skip()
    return Named(con_id, symbol or local, sec_type, exchange, primary, currency)


def find(exchange: ExchangeApi, named: Named) -> Instrument:
    """The listed instrument that was named. Raises :class:`Rejected` 200."""
    symbol = exchange.symbol_of(named.con_id) if named.con_id else named.symbol.upper()
    instrument = exchange.instruments.get(symbol)
    if instrument is None or named.sec_type not in ("STK", ""):
        raise Rejected(200, UNKNOWN)
    if named.currency not in ("", instrument.currency):
        raise Rejected(200, UNKNOWN)
    if instrument.mic == ASX and {named.exchange, named.primary} - {"", "SMART", "ASX"}:
        raise Rejected(200, UNKNOWN)
    return instrument


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


def details(instrument: Instrument, request_id: int, day: ExchangeDay) -> list[object]:
    """A contractDetails message."""
    home, zone = home_of(instrument.mic), zone_of(instrument.mic)

    def hours(start: float, end: float) -> str:
        def form(ts: float) -> str:
            moment: datetime = day.local(ts)
            return f"{moment:%Y%m%d:%H%M}"

        return f"{form(start)}-{form(end)}"

    valid = f"SMART,{home}"
    rule = rule_of(instrument.mic)
    least = float(instrument.ladder.bands[0][1]) if instrument.mic == ASX else 0.01
    return [
        10,
        request_id,
        instrument.symbol,
        "STK",
        "",
        0,
        "",
        home,
        instrument.currency,
        instrument.symbol,
        instrument.symbol,
        instrument.symbol,
        instrument.con_id,
        least,
        "",
        "ACTIVETIM,AD,ADJUST,ALERT,DAY,GTC,IOC,LMT,MKT,OCA,STP,STPLMT,WHATIF",
        valid,
        1,
        0,
        instrument.name.upper(),
        home,
        "",
        "",
        "",
        "",
        zone,
        hours(day.open, day.end),
        hours(day.open, day.close),
        "",
        0,
        0,
        1,
        "",
        "",
        f"{rule},{rule}",
        "",
        "COMMON",
        1,
        1,
        100,
    ]


def market_rule(exchange: ExchangeApi, rule: int) -> list[object]:
    """A marketRule message. Raises :class:`Rejected` for an unknown rule."""
    for instrument in exchange.instruments.values():
        if rule_of(instrument.mic) == rule:
            bands = instrument.ladder.bands
            return [93, rule, len(bands), *(float(part) for band in bands for part in band)]
    raise Rejected(321, f"Error validating request.-'bX' : cause - Market rule {rule} is unknown")
