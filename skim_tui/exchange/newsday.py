"""News for a generated day: wire headlines, and what three of them do to the price and the volume of their shares."""

from __future__ import annotations

import random
from dataclasses import dataclass

from skim_tui.domain.instrument import ASX_LADDER, price
from skim_tui.domain.market import MINUTE, Announcement, Bar
from skim_tui.exchange.tape import Tape

WIRE, OTHER_WIRE = "DJ-N", "FLY"
QUIET_SHARES = ("CSL", "WES", "WOW", "TCL", "GMG", "QBE", "XRO", "BXB", "JHX", "NST", "S32", "ORI", "SEK", "CAR")
"""Liquid shares that do nothing else on a generated day."""

SHOCKS = (
    "Says it has received approval for its new plant two years early",
    "Wins a ten-year supply contract with a global customer",
)
FALL = "Cuts its guidance for the year after a mine is flooded"
COLOUR = ("Shares in focus as sector rotates", "Analyst day to be held next month", "Fund manager lifts its stake")
MARKET_WIDE = ("Shares mixed in early trade as investors await data", "Futures point to a flat session")


@dataclass(frozen=True, slots=True)
class Shock:
    """A jump within the minute after the news, and the climb (or with negative numbers the fall) that follows."""

    symbol: str
    minute: int
    """Of the session (10:00 = 0), in which the news comes."""
    jump_pct: float
    climb_pct: float
    """Over the half hour after the jump."""


def add_news(tape: Tape, seed: int, open_ts: float) -> None:
    """Put the day's news on ``tape`` and move the bars that react to it. The same seed gives the same news; the
    shares that trade without it are left as they are."""
    rng = random.Random(f"asx:{seed}:news")
    named = [symbol for symbol in QUIET_SHARES if symbol in tape.names]
    shares = rng.sample(named, 4)
    shocks = [
        Shock(shares[0], rng.randint(34, 44), rng.uniform(2.9, 3.6), rng.uniform(3.0, 4.0)),
        Shock(shares[1], rng.randint(120, 150), rng.uniform(2.6, 3.2), rng.uniform(-1.6, -1.0)),
    ]
    items: list[Announcement] = []
    for number, (shock, text) in enumerate(zip(shocks, SHOCKS, strict=True), start=1):
        ts = open_ts + shock.minute * MINUTE + rng.randint(2, 12)
        items += _told_twice(tape, shock.symbol, ts, text, seed, number, 0.6)
    # Numbers of its own, so that the rest of the day is what it would be without it.
    other = random.Random(f"asx:{seed}:fall")
    fallen = other.choice([symbol for symbol in named if symbol not in shares])
    fall = Shock(fallen, other.randint(62, 95), -other.uniform(3.0, 3.8), -other.uniform(2.5, 4.0))
    shocks.append(fall)
    ts = open_ts + fall.minute * MINUTE + other.randint(2, 12)
    items += _told_twice(tape, fall.symbol, ts, FALL, seed, 7, -0.7)
    for number, (symbol, text) in enumerate(zip(shares[2:], rng.sample(COLOUR, 2), strict=True), start=3):
        ts = open_ts + rng.randint(20, 200) * MINUTE + 11.0
        items += _told_twice(tape, symbol, ts, text, seed, number, 0.0)
    for number, text in enumerate(MARKET_WIDE, start=5):
        ts = open_ts + rng.randint(-20, 60) * MINUTE
        items.append(Announcement("", ts, text, source=WIRE, key=f"{WIRE}${seed:04d}{number}", language="en"))
    tape.announcements += items
    tape.announcements.sort(key=lambda item: (item.ts, item.symbol, item.headline))
    moved = {shock.symbol: shock for shock in shocks}
    for day, bars in tape.bars.items():
        tape.bars[day] = [_moved(bar, moved[bar.symbol], open_ts) if bar.symbol in moved else bar for bar in bars]


def _told_twice(
    tape: Tape, symbol: str, ts: float, text: str, seed: int, number: int, sentiment: float
) -> list[Announcement]:
    """A headline from one wire and, a little later, from another; the first with its article."""
    name = tape.names[symbol]
    first = Announcement(
        symbol, ts, f"{name}: {text}", source=WIRE, key=f"{WIRE}${seed:04d}{number}", symbols=(symbol,),
        language="en", sentiment=sentiment, confidence=0.9,
    )  # fmt: skip
    again = Announcement(
        symbol, ts + 4.0, f"{name}: {text} -2-", source=OTHER_WIRE, key=f"{OTHER_WIRE}${seed:04d}{number}",
        symbols=(symbol,), language="en",
    )  # fmt: skip
    tape.articles[(WIRE, first.key)] = (
        f"<html><body><h1>{name}</h1><p>{name} (ASX: {symbol}) {text[0].lower()}{text[1:]}.</p></body></html>"
    )
    return [first, again]


def _moved(bar: Bar, shock: Shock, open_ts: float) -> Bar:
    """A bar of a quiet share as it is with the shock."""
    since = round((bar.ts - open_ts) / MINUTE) - shock.minute
    if since < 0:
        return bar
    ladder = ASX_LADDER
    climbed = shock.climb_pct * min(max(since, 0), 30) / 30.0
    factor = 1 + price(round((shock.jump_pct + climbed) / 100, 6))
    opened, high, low, close = (
        ladder.nearest(price(value) * factor) for value in (bar.open, bar.high, bar.low, bar.close)
    )
    if since == 0:
        opened = price(bar.open)
        high, low = (max(high, close), opened) if shock.jump_pct > 0 else (opened, min(low, close))
    elif since < 10:
        # Minutes after a surprise are wide.
        reach = opened * price(abs(shock.jump_pct)) / 800
        high, low = ladder.nearest(max(opened, close) + reach), ladder.nearest(min(opened, close) - reach)
    busy = 14 if since < 2 else 6 if since < 10 else 2
    top, bottom = max(opened, high, low, close), min(opened, high, low, close)
    return Bar(bar.symbol, bar.ts, float(opened), float(top), float(bottom), float(close), bar.volume * busy)
