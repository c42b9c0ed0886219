"""Generic tick lists of market data requests: which numbers are legal, and what they mean."""

from __future__ import annotations

from dataclasses import dataclass

from skim_tui.exchange.model import Rejected

NEWS = 292
LEGAL = (
    (100, "100(Option Volume)"), (101, "101(Option Open Interest)"), (105, "105(Average Opt Volume)"),
    (106, "106(impvolat)"), (165, "165(Misc. Stats)"), (221, "221/220(Creditman Mark Price)"), (225, "225(Auction)"),
    (232, "232/221(Pl Price)"), (233, "233(RTVolume)"), (236, "236(inventory)"), (258, "258/47(Fundamentals)"),
    (292, "292(Wide_news)"), (293, "293(TradeCount)"), (294, "294(TradeRate)"), (295, "295(VolumeRate)"),
    (318, "318(LastRTHTrade)"), (375, "375(RTTrdVolume)"), (411, "411(rthistvol)"), (456, "456/59(IBDividends)"),
    (460, "460(Bond Factor Multiplier)"), (577, "577(EtfNavLast(navlast))"), (586, "586(IPOHLMPRC)"),
    (587, "587(Pl Price Delayed)"), (588, "588(Futures Open Interest)"), (595, "595(Short-Term Volume X Mins)"),
    (614, "614(EtfNavMisc(high/low))"), (619, "619(Creditman Slow Mark Price)"),
    (623, "623(EtfFrozenNavLast(fznavlast))"),
)  # fmt: skip
"""Source: the text with which a gateway refuses a list for a stock, October 2026."""

KNOWN = frozenset(number for number, _ in LEGAL)
ALIASES = {220: 221, 221: 232, 47: 258, 59: 456, 104: 411}
"""Older numbers that a gateway still takes. 221 names the mark price, whose own number is 232."""


@dataclass(frozen=True, slots=True)
class GenericTicks:
    """What a line asks for beyond prices and sizes."""

    numbers: frozenset[int] = frozenset()
    providers: frozenset[str] = frozenset()
    """News only from these; empty: from every provider."""
    quotes: bool = True
    """False with ``mdoff``: the generic ticks alone."""


def read_generic(written: str, sec_type: str = "STK") -> GenericTicks:
    """A list such as ``233,mdoff,292:BRFG+DJNL``. Raises :class:`Rejected` 321 as a gateway does: one bad number
    refuses the whole list."""
    numbers: set[int] = set()
    providers: frozenset[str] = frozenset()
    quotes = True
    for part in (part.strip() for part in written.split(",")):
        if not part:
            continue
        if part.lower() == "mdoff":
            quotes = False
            continue
        number, colon, detail = part.partition(":")
        code = int(number) if number.isdecimal() else 0
        code = ALIASES.get(code, code)
        if code not in KNOWN or (colon and not detail):
            raise _incorrect(written, sec_type)
        if code == NEWS and detail:
            providers = frozenset(detail.split("+"))
        numbers.add(code)
    if written.strip(", ") and not numbers:
        raise _incorrect(written, sec_type)
    return GenericTicks(frozenset(numbers), providers, quotes)


def _incorrect(written: str, sec_type: str) -> Rejected:
    legal = ",".join(name for _, name in LEGAL)
    cause = f"Incorrect generic tick list of {written}.  Legal ones for ({sec_type or 'STK'}) are: {legal}"
    return Rejected(321, f"Error validating request.-'bQ' : cause - {cause}")
