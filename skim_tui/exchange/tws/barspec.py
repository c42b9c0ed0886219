"""Words of historical requests: bar sizes, durations, what to show, end times. Texts of refusals are a gateway's."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from skim_tui.domain.market import MINUTE
from skim_tui.exchange.model import Rejected

HOUR, DAY, WEEK, MONTH = 3600, 86_400, 7 * 86_400, 31 * 86_400
SIZES = {
    "1 secs": 1, "5 secs": 5, "10 secs": 10, "15 secs": 15, "30 secs": 30, "1 min": 60, "2 mins": 120, "3 mins": 180,
    "5 mins": 300, "10 mins": 600, "15 mins": 900, "20 mins": 1200, "30 mins": 1800, "1 hour": HOUR,
    "2 hours": 2 * HOUR, "3 hours": 3 * HOUR, "4 hours": 4 * HOUR, "8 hours": 8 * HOUR, "1 day": DAY, "1w": WEEK,
    "1 w": WEEK, "1 week": WEEK, "1m": MONTH, "1 m": MONTH, "1 month": MONTH,
}  # fmt: skip
"""Seconds of a bar by its name, in lower case."""

LEGAL_SIZES = (
    "1 secs, 5 secs, 10 secs, 15 secs, 30 secs, 1 min, 2 mins, 3 mins, 5 mins, 10 mins, 15 mins, 20 mins, 30 mins, "
    "1 hour, 2 hours, 3 hours, 4 hours, 8 hours, 1 day, 1W, 1M"
)
LONGEST = {"S": 86_400, "D": 365, "W": 52, "M": 12}
TOO_LONG = {
    "S": "Historical data request for greater than 86400 seconds rejected.",
    "D": "Historical data requests for durations longer than 365 days must be made in years.",
    "W": "Historical data request for durations longer than 52 weeks must be made in years.",
    "M": "Historical data request for durations longer than 12 months must be made in years.",
}
SHORTEST_SECONDS = 30
MOST_SECOND_BARS = 2000
"""One-second bars that one request may span. Source: IBKR's historical limitations."""

NAMES = {
    "TRADES": "Trades", "MIDPOINT": "Midpoint", "BID": "Bid", "ASK": "Ask", "BID_ASK": "BidAsk",
    "ADJUSTED_LAST": "Last", "HISTORICAL_VOLATILITY": "HistVol", "OPTION_IMPLIED_VOLATILITY": "OptionImpliedVol",
    "INDICATIVE_AUCTION_PRICE_SIZE": "AuctionIndicLast", "NAV_LAST": "NavLast", "YIELD_ASK": "AskYield",
    "YIELD_BID": "BidYield", "YIELD_BID_ASK": "BidYield", "YIELD_MARK": "MarkYield", "YIELD_LAST": "LastYield",
    "FEE_RATE": "FeeRate", "SCHEDULE": "Schedule", "AGGTRADES": "AggLast",
}  # fmt: skip
"""What a request may show, and what the data farm calls it in its answers."""

BAD_END = (
    "End Date/Time: The date, time, or time-zone entered is invalid. The correct format is yyyymmdd hh:mm:ss xx/xxxx "
    "where yyyymmdd and xx/xxxx are optional. E.g.: 20031126 15:59:00 US/Eastern  Note that there is a space between "
    "the date and time, and between the time and time-zone.  If no date is specified, current date is assumed. If no "
    "time-zone is specified, local time-zone is assumed(deprecated).  You can also provide yyyymmddd-hh:mm:ss time is "
    "in UTC. Note that there is a dash between the date and time in UTC notation."
)
_UTC_FORM = re.compile(r"(\d{8})-(\d{1,2}:\d{2}:\d{2})$")
_LOCAL_FORM = re.compile(r"(?:(\d{8})\s+)?(\d{1,2}:\d{2}:\d{2})(?:\s+(\S.*))?$")


def refusal(cause: str) -> Rejected:
    return Rejected(321, f"Error validating request.-'bM' : cause - {cause}")


@dataclass(frozen=True, slots=True)
class Span:
    """A duration."""

    count: int
    unit: str
    """S, D, W, M or Y."""

    @property
    def seconds(self) -> float:
        """Roughly, for comparisons."""
        return self.count * {"S": 1, "D": DAY, "W": WEEK, "M": MONTH, "Y": 366 * DAY}[self.unit]

    def first_day(self, last: date) -> date:
        """The first calendar day of a span of weeks, months or years that ends with ``last``."""
        if self.unit == "W":
            return last - timedelta(days=7 * self.count - 1)
        months = self.count * (12 if self.unit == "Y" else 1)
        year, month = divmod(last.year * 12 + last.month - 1 - months, 12)
        for back in range(4):
            try:
                return date(year, month + 1, last.day - back) + timedelta(days=1)
            except ValueError:
                continue
        raise refusal("Historical data requested duration is invalid.")


def read_size(written: str) -> int:
    """Seconds of a bar. Raises :class:`Rejected` 321."""
    size = SIZES.get(written.lower())
    if size is None:
        raise refusal(f"Historical data bar size setting is invalid. Legal ones are: {LEGAL_SIZES}")
    return size


def read_span(written: str) -> Span:
    """``"1 D"``; a bare number is seconds. Raises :class:`Rejected` 321."""
    if not written:
        raise refusal("Historical data request duration not specified.")
    count, _, unit = (f"{written} S" if written.isdecimal() else written).partition(" ")
    unit = unit.upper()
    if not count.isdecimal() or unit not in ("S", "D", "W", "M", "Y"):
        raise refusal(
            "When specifying a unit, historical data request duration format is integer{SPACE}unit (S|D|W|M|Y)."
        )
    number = int(count) if len(count) < 9 else 0
    if number < (SHORTEST_SECONDS if unit == "S" else 1) or (unit == "Y" and number > 100):
        raise refusal("Historical data requested duration is invalid.")
    if number > LONGEST.get(unit, number):
        raise refusal(TOO_LONG[unit])
    return Span(number, unit)


def read_what(written: str) -> str:
    """Raises :class:`Rejected` 321."""
    what = written.upper()
    if what not in NAMES:
        raise refusal(f"What to show value of {written} rejected.")
    return what


@dataclass(frozen=True, slots=True)
class Moment:
    """A time a client wrote."""

    ts: float
    has_zone: bool


def read_moment(written: str, zone: ZoneInfo, now: float) -> Moment | None:
    """``yyyymmdd hh:mm:ss [zone]`` or ``yyyymmdd-hh:mm:ss`` in UTC; None when empty.

    A time without a zone is the exchange's. Raises :class:`Rejected` 10314.
    """
    written = written.strip()
    if not written:
        return None
    try:
        form = _UTC_FORM.match(written)
        if form is not None:
            return Moment(_timestamp(form[1], form[2], UTC), True)
        form = _LOCAL_FORM.match(written)
        if form is None:
            raise ValueError(written)
        named = ZoneInfo(form[3]) if form[3] else None
        day = form[1] or f"{datetime.fromtimestamp(now, named or zone):%Y%m%d}"
        return Moment(_timestamp(day, form[2], named or zone), named is not None)
    except (ValueError, OverflowError, ZoneInfoNotFoundError, OSError):
        raise Rejected(10314, BAD_END) from None


def _timestamp(day: str, clock: str, zone: tzinfo) -> float:
    return datetime.strptime(f"{day} {clock}", "%Y%m%d %H:%M:%S").replace(tzinfo=zone).timestamp()


def check_small(size: int, span: Span) -> None:
    """Bars below a minute are had for short spans only. Raises :class:`Rejected` 162."""
    if size < MINUTE and span.seconds > (MOST_SECOND_BARS if size == 1 else DAY):
        raise Rejected(162, "Historical Market Data Service error message:Time length exceed max.")
