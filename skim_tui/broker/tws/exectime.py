"""When an execution happened, from each of the forms in which gateways write it."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo

_FORM = re.compile(r"(\d{8})( +|-)(\d\d:\d\d:\d\d)(?: (\S.*))?")
"""``20260611-13:30:30`` is UTC; ``20260611 09:30:30 America/New_York`` names its zone; ``20260611  09:30:30`` does
not (sources: TWS API "Time zones"; recordings of gateways of three versions)."""

TIME_FIELD = 15
"""Where an execDetails message of server version 136 or later carries its time."""

AHEAD = 60.0
"""Seconds a broker's time may be ahead of ours; more cannot be."""


def execution_time(text: str, zone: tzinfo, now: float) -> float:
    """UTC epoch seconds. A time without a zone, or with one that has no such name, is taken as the exchange's
    ``zone``; what cannot be read, or lies in the future, happened ``now``: an execution is never lost for its time.
    """
    match = _FORM.fullmatch(text.strip())
    if match is None:
        return float(text) if text.isdigit() else now
    day, separator, clock, name = match.groups()
    where = UTC if separator == "-" and not name else _zone(name, zone)
    try:
        moment = datetime.strptime(day + clock, "%Y%m%d%H:%M:%S").replace(tzinfo=where).timestamp()
    except ValueError:
        return now
    return now if moment > now + AHEAD else moment


def with_epoch_time(handler: Callable[[list[str]], None], read: Callable[[str], float]) -> Callable[[list[str]], None]:
    """A decoder's ``handler`` for execDetails that finds the time in epoch seconds, the one form that no reader
    takes for another zone's."""

    def handle(fields: list[str]) -> None:
        if len(fields) > TIME_FIELD:
            fields = [*fields[:TIME_FIELD], str(int(read(fields[TIME_FIELD]))), *fields[TIME_FIELD + 1 :]]
        handler(fields)

    return handle


def _zone(name: str | None, otherwise: tzinfo) -> tzinfo:
    if not name:
        return otherwise
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # the gateway's host writes zones in its own language
        return otherwise
