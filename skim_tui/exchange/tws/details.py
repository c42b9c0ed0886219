"""Contract details: a listing as a gateway describes it, with its trading hours of the days to come."""

from __future__ import annotations

from datetime import date, timedelta

from skim_tui.domain.instrument import Instrument
from skim_tui.domain.session import ASX, ExchangeDay, TradingCalendar
from skim_tui.exchange.tws.contracts import home_of, rule_of, venues_of, zone_of
from skim_tui.exchange.tws.isin import isin_of

SIZE_RULES_FROM, FRACTIONS_FROM = 164, 163
OLD_VERSION = 8
"""The version that the message carried before protocol 164."""
MD_SIZE_MULTIPLIER = 1
DAYS_AHEAD = 6
ORDER_TYPES = (
    "ACTIVETIM,AD,ADJUST,ALERT,ALLOC,AVGCOST,BASKET,BENCHPX,CASHQTY,COND,CONDORDER,DARKONLY,DARKPOLL,DAY,DEACT,"
    "DEACTDIS,DEACTEOD,GAT,GTC,GTD,GTT,HID,IOC,LIT,LMT,LOC,MIT,MKT,MOC,MTL,NGCOMB,NONALGO,OCA,PEGBENCH,SCALE,"
    "SCALERST,SNAPMID,SNAPMKT,SNAPREL,STP,STPLMT,TRAIL,TRAILLIT,TRAILLMT,TRAILMIT,WHATIF"
)
US_MIN_TICK = 0.01


def details(
    instrument: Instrument, request_id: int, calendar: TradingCalendar, today: ExchangeDay, *, venue: str, version: int
) -> list[object]:
    """A contractDetails message in the layout of a protocol version."""
    home, venues = home_of(instrument.mic), venues_of(instrument.mic)
    least = float(instrument.ladder.bands[0][1]) if instrument.mic == ASX else US_MIN_TICK
    is_old = version < SIZE_RULES_FROM
    fields: list[object] = [10]
    if is_old:
        fields.append(OLD_VERSION)
    fields += [
        request_id, instrument.symbol, "STK", "", 0, "", venue, instrument.currency, instrument.symbol,
        instrument.symbol, instrument.symbol, instrument.con_id, least,
    ]  # fmt: skip
    if is_old:
        fields.append(MD_SIZE_MULTIPLIER if instrument.mic == ASX else 100)
    fields += [
        "", ORDER_TYPES, ",".join(venues), 1, 0, _plain(instrument.name.upper()), home,
        "", "", "", "",  # contract month, industry, category, subcategory
        zone_of(instrument.mic), hours(calendar, today.date, liquid=False), hours(calendar, today.date, liquid=True),
        "", 0,  # economic value
        1, "ISIN", isin_of(instrument),
        1, "", "",  # aggregated group, underlying
        ",".join(str(rule_of(instrument.mic)) for _ in venues),
        "", "COMMON",
    ]  # fmt: skip
    if version == FRACTIONS_FROM:
        fields.append(100)
    elif not is_old:
        fields += [instrument.lot, instrument.lot, 100]
    return fields


def hours(calendar: TradingCalendar, first: date, *, liquid: bool) -> str:
    """``20261120:1000-20261120:1612;20261121:CLOSED;…``: trading or liquid hours of today and the next days."""
    return ";".join(_hours_of(calendar, first + timedelta(days=ahead), liquid) for ahead in range(DAYS_AHEAD))


def _hours_of(calendar: TradingCalendar, date: date, liquid: bool) -> str:
    if not calendar.is_session(date):
        return f"{date:%Y%m%d}:CLOSED"
    day = calendar.day(date)
    start = day.open if liquid or day.mic == ASX else day.pre_open
    end = day.close if liquid else day.end
    return f"{day.local(start):%Y%m%d:%H%M}-{day.local(end):%Y%m%d:%H%M}"


def _plain(name: str) -> str:
    """A name without characters that clients would take for escapes."""
    return name.encode("ascii", "ignore").decode()
