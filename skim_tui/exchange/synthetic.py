"""A generated ASX day: ``synthetic:asx:SEED``. The same seed gives the same day to the byte.

Prices move in whole price steps and everything random comes from one generator seeded by text, so
neither the machine nor the Python version matters. The first liquid mover breaks its opening range
a minute or two after the range ends; others follow, fail, or fade.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from skim_tui.domain.instrument import ASX_LADDER, price
from skim_tui.domain.market import Announcement, Bar, DailyBar
from skim_tui.domain.session import ASX
from skim_tui.exchange.newsday import add_news
from skim_tui.exchange.tape import Halt, Tape
from skim_tui.exchange.universe import BORROW, MOVERS, UNIVERSE

SESSION = date(2026, 3, 3)
"""A plain full session under the single opening auction."""

RESUMES = 25
"""Minute of the session in which the halted listing trades again."""

HISTORY = 45
"""Daily bars before the session (weekdays)."""


@dataclass(frozen=True, slots=True)
class Role:
    """What a gapper does today. Percentages of the previous close or of the range high."""

    kind: str
    gap: float
    break_minute: int = 0
    """Minute of the session (10:00 = 0) in which the range high is broken; 0 never."""
    after: str = "drift"
    headline: str = ""
    sensitive: bool = True
    busy: float = 3.0
    """Volume as a multiple of a usual day."""


HEADLINES = {
    "lead": "Record quarterly production and upgraded full-year guidance",
    "trend": "Binding offtake agreement signed for stage one output",
    "stopped": "Thick high-grade intercepts extend the main zone",
    "late": "Contract award with an expected value of $120 million",
    "fade": "Completion of institutional placement",
    "pinned": "Scheme implementation deed: cash offer to shareholders",
    "fails": "Half-year results and dividend",
    "thin": "Trading update",
    "halted": "Reinstatement to official quotation",
}


def generate(seed: int) -> Tape:
    """The day of ``seed``. Pure: no clock, no files."""
    rng = random.Random(f"asx:{seed}")
    zone = ZoneInfo("Australia/Sydney")
    open_ts = datetime(SESSION.year, SESSION.month, SESSION.day, 10, tzinfo=zone).timestamp()
    movers = rng.sample(MOVERS, 6)
    roles = {
        movers[0]: Role("lead", rng.uniform(5.0, 8.0), rng.choice((11, 12)), "drift", HEADLINES["lead"], busy=4.0),
        movers[1]: Role("trend", rng.uniform(5.0, 10.0), rng.randint(15, 18), "trend", HEADLINES["trend"], busy=4.0),
        movers[2]: Role("stopped", rng.uniform(4.0, 7.0), rng.randint(20, 30), "stopped", HEADLINES["stopped"]),
        movers[3]: Role("late", rng.uniform(3.6, 6.0), rng.randint(45, 85), "drift", HEADLINES["late"]),
        movers[4]: Role("fade", rng.uniform(3.5, 6.0), 0, "fade", HEADLINES["fade"]),
        movers[5]: Role("fails", rng.uniform(3.5, 5.0), 0, "fade", HEADLINES["fails"]),
        "TNE": Role("pinned", 22.0, 0, "pin", HEADLINES["pinned"], busy=6.0),
        "SYA": Role("consolidated", 900.0, 0, "pin", "", sensitive=False, busy=0.2),
        "CHN": Role("thin", rng.uniform(4.0, 7.0), 0, "fade", HEADLINES["thin"], busy=0.01),
        "APX": Role("halted", rng.uniform(6.0, 9.0), rng.randint(50, 60), "drift", HEADLINES["halted"]),
        "IMU": Role("down", -rng.uniform(4.0, 9.0), 0, "fade", "Update on trial recruitment"),
        "WEB": Role("down", -rng.uniform(3.5, 6.0), 0, "fade", "Guidance revised"),
    }
    tape = Tape(
        f"synthetic:asx:{seed}", ASX, "AUD", "Australia/Sydney", (SESSION,), provenance=f"generated, seed {seed}"
    )
    tape.borrow.update(BORROW)
    bars: list[Bar] = []
    for symbol, name, close, volume in UNIVERSE:
        tape.names[symbol] = name
        tape.daily[symbol] = _history(rng, symbol, price(close), volume * 1000)
        role = roles.get(symbol, Role("quiet", rng.uniform(-0.9, 0.9), 0, "quiet", "", False, 1.0))
        bars.extend(_session(rng, symbol, price(close), volume * 1000, role, open_ts))
        if role.kind == "halted":
            # Halted since before the day; it resumes with an auction shortly before its first bar.
            resumed = open_ts + (RESUMES - 1) * 60.0
            tape.halts += [Halt(symbol, open_ts - 3 * 3600.0, True), Halt(symbol, resumed, False)]
        if role.headline:
            early = -rng.randint(20, 140) * 60.0 if role.kind != "halted" else 10 * 60.0
            tape.announcements.append(
                Announcement(symbol, open_ts + early, role.headline, role.sensitive, "ASX", f"{seed:04d}-{symbol}-1")
            )
    for minute, symbol, headline in (
        (rng.randint(40, 120), movers[3], "Investor presentation"),
        (rng.randint(20, 200), "BHP", "Change of director's interest notice"),
        (rng.randint(60, 240), "QAN", "Monthly traffic statistics"),
    ):
        tape.announcements.append(
            Announcement(symbol, open_ts + minute * 60.0, headline, False, "ASX", f"{seed:04d}-{symbol}-2")
        )
    tape.announcements.sort(key=lambda item: (item.ts, item.symbol))
    bars.sort(key=lambda bar: (bar.ts, bar.symbol))
    tape.bars[SESSION] = bars
    add_news(tape, seed, open_ts)
    return tape


def _history(rng: random.Random, symbol: str, close: Decimal, volume: int) -> list[DailyBar]:
    """Daily bars backwards from the previous close, oldest first."""
    days: list[date] = []
    day = SESSION
    while len(days) < HISTORY:
        day -= timedelta(days=1)
        if day.weekday() < 5 and (day.month, day.day) != (1, 26):
            days.append(day)
    history: list[DailyBar] = []
    ladder = ASX_LADDER
    at = close
    for day in days:
        opened = ladder.nearest(at * (1 + Decimal(rng.randint(-110, 110)) / 10_000))
        high = ladder.ceil(max(at, opened) * (1 + Decimal(rng.randint(0, 130)) / 10_000))
        low = max(ladder.step_at(at), ladder.floor(min(at, opened) * (1 - Decimal(rng.randint(0, 130)) / 10_000)))
        shares = volume * rng.randint(60, 150) // 100
        history.append(DailyBar(symbol, day, float(opened), float(high), float(low), float(at), shares))
        at = max(ladder.step_at(at), ladder.nearest(opened * (1 + Decimal(rng.randint(-90, 90)) / 10_000)))
    history.reverse()
    return history


def _profile(minute: int) -> float:
    """Share of a day's volume in a minute: heavy at both ends."""
    edge = min(minute, 359 - minute)
    return (1.0 + 5.0 / (1.0 + edge / 12.0)) / 735.0


class _Walk:
    """A price in whole steps of its own band, so that arithmetic is exact."""

    def __init__(self, at: Decimal) -> None:
        self.at = at

    def move(self, steps: int) -> Decimal:
        ladder = ASX_LADDER
        self.at = ladder.up(self.at, steps) if steps > 0 else ladder.down(self.at, -steps) if steps < 0 else self.at
        return self.at


def _session(rng: random.Random, symbol: str, close: Decimal, volume: int, role: Role, open_ts: float) -> list[Bar]:
    ladder = ASX_LADDER
    opened = ladder.nearest(close * (1 + Decimal(round(role.gap * 1000)) / 100_000))
    step = ladder.step_at(opened)
    first = RESUMES if role.kind == "halted" else 0
    bars = [
        _bar(
            symbol, open_ts - 60 if first == 0 else open_ts + first * 60, [opened], int(volume * role.busy * 0.05) + 200
        )
    ]
    if first:
        first += 1
    # A range about 2.5 % wide: the high is reached early, the low after it.
    width = max(2, int(opened * Decimal("0.022") / step)) if role.kind not in ("quiet", "pinned", "consolidated") else 0
    high = ladder.up(opened, max(1, width // 3)) if width else opened
    low = ladder.down(opened, max(1, width - width // 3)) if width else opened
    walk = _Walk(opened)
    broke, since = False, 0
    for minute in range(first, 360):
        elapsed = minute - (first if first else 0)
        points: list[Decimal] = [walk.at]
        if role.after == "quiet":
            noise = max(1, int(walk.at * Decimal("0.0006") / step))
            points += [walk.move(rng.randint(-noise, noise)) for _ in range(3)]
        elif role.after == "pin":
            # Held within one step of the bid price; the range's high is set in its second minute.
            if elapsed == 1:
                points += [ladder.up(opened), opened]
                walk.at = opened
            else:
                points += [
                    walk.move(rng.choice((-1, 0, 0, 1)) if walk.at == opened else (1 if walk.at < opened else -1))
                ]
        elif elapsed < 10:
            target = high if elapsed in (2, 3) else low if elapsed in (5, 6) else opened
            points += _toward(walk, target, rng, low, high)
        elif not broke and (role.break_minute == 0 or minute < role.break_minute):
            # Waiting under the high.
            target = (
                ladder.down(high, max(1, width // 4))
                if role.break_minute
                else ladder.down(high, width // 2 + elapsed // 40)
            )
            floor = ladder.down(low, 1) if role.after != "fade" else ladder.down(low, 4 + elapsed // 20)
            points += _toward(walk, target, rng, floor, ladder.down(high, 1))
        else:
            if not broke:
                broke, since = True, minute
            points += _after_break(walk, role, rng, low, high, minute - since)
        busy = role.busy * (2.2 if broke and minute - since < 4 else 1.0)
        shares = int(volume * busy * _profile(minute) * rng.randint(55, 150) / 100)
        if shares <= 0 or (role.kind == "thin" and rng.random() < 0.6):
            continue
        bars.append(_bar(symbol, open_ts + minute * 60.0, points, shares))
    bars.append(_bar(symbol, open_ts + 370 * 60.0, [walk.at], int(volume * role.busy * 0.12) + 100))
    return bars


def _toward(walk: _Walk, target: Decimal, rng: random.Random, floor: Decimal, cap: Decimal) -> list[Decimal]:
    """Up to four moves towards ``target``, with noise, kept between floor and cap."""
    points: list[Decimal] = []
    step = ASX_LADDER.step_at(walk.at)
    for _ in range(4):
        distance = int((target - walk.at) / step)
        pull = max(-6, min(6, distance)) if abs(distance) <= 6 else distance // 2
        walk.move(pull + rng.choice((-1, 0, 0, 1)))
        walk.at = min(max(walk.at, floor), cap)
        points.append(walk.at)
    return points


def _after_break(walk: _Walk, role: Role, rng: random.Random, low: Decimal, high: Decimal, since: int) -> list[Decimal]:
    """What a mover does ``since`` minutes after it broke its range high."""
    ladder = ASX_LADDER
    near = ladder.up(high, 1)
    ceiling = max(near, ladder.floor(high * Decimal("1.0035")))
    if since < 12:
        points = [walk.at] if since else []
        for _ in range(3):
            walk.move(rng.choice((-1, 0, 1)))
            walk.at = min(max(walk.at, ladder.down(high, 1) if since else near), ceiling)
            points.append(walk.at)
        return points
    if role.after == "trend":
        goal = ladder.floor(high * (1 + Decimal(min(since, 300)) / 4000))
        return _toward(walk, goal, rng, ladder.down(high, 2), ladder.up(goal, 3))
    if role.after == "stopped" and since > 55:
        return _toward(walk, ladder.down(low, 6), rng, ladder.down(low, 10), high)
    goal = ladder.floor(high * (1 + Decimal(rng.randint(-60, 90)) / 10_000))
    return _toward(walk, goal, rng, ladder.up(low, 2), ladder.up(goal, 3))


def _bar(symbol: str, ts: float, points: list[Decimal], volume: int) -> Bar:
    return Bar(symbol, ts, float(points[0]), float(max(points)), float(min(points)), float(points[-1]), volume)
