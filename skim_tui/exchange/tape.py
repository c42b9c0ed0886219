"""Tapes: recorded or generated market days, read into plain values."""

from __future__ import annotations

import csv
import gzip
import tomllib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from zoneinfo import ZoneInfo

from skim_tui.domain.market import Announcement, Bar, DailyBar, Quote, Trade
from skim_tui.exchange.actions import CorporateAction
from skim_tui.exchange.lending import Offer, Supply


class TapeError(Exception):
    """A tape that cannot be read: the message names the file, the line and what is wrong."""


@dataclass(frozen=True, slots=True)
class Halt:
    """Trading of a symbol stops (or resumes) at ``ts``."""

    symbol: str
    ts: float
    halted: bool


@dataclass(slots=True)
class Tape:
    """One or more consecutive days of one market."""

    name: str
    mic: str
    currency: str
    timezone: str
    dates: tuple[date, ...]
    bars: dict[date, list[Bar]] = field(default_factory=dict[date, list[Bar]])
    """One-minute bars by session date, ordered by (ts, symbol)."""
    daily: dict[str, list[DailyBar]] = field(default_factory=dict[str, list[DailyBar]])
    """Sessions before the tape, oldest first, by symbol."""
    quotes: dict[date, list[Quote]] = field(default_factory=dict[date, list[Quote]])
    trades: dict[date, list[Trade]] = field(default_factory=dict[date, list[Trade]])
    announcements: list[Announcement] = field(default_factory=list[Announcement])
    articles: dict[tuple[str, str], str] = field(default_factory=dict[tuple[str, str], str])
    """Texts of news items by provider and article id; HTML."""
    halts: list[Halt] = field(default_factory=list[Halt])
    actions: list[CorporateAction] = field(default_factory=list[CorporateAction])
    """Splits and dividends; ``daily`` is as it was traded then, not adjusted for them."""
    names: dict[str, str] = field(default_factory=dict[str, str])
    """Company names by symbol, where known."""
    borrow: dict[str, Offer] = field(default_factory=dict[str, Offer])
    """What can be borrowed to sell short, by symbol; of the others what price and turnover suggest."""
    provenance: str = ""

    def symbols(self) -> set[str]:
        """Every symbol that has a bar, a trade or a daily bar."""
        found = set(self.daily) | set(self.names)
        for bars in self.bars.values():
            found.update(bar.symbol for bar in bars)
        for trades in self.trades.values():
            found.update(trade.symbol for trade in trades)
        return found


def load(path: Path) -> Tape:
    """Read a tape folder. Raises :class:`TapeError` naming the file and line that is wrong."""
    about = path / "tape.toml"
    try:
        facts = tomllib.loads(about.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise TapeError(f"{path}: not a tape folder (no tape.toml)") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise TapeError(f"{about}: {error}") from None
    try:
        mic, currency, timezone = str(facts["exchange"]), str(facts["currency"]), str(facts["timezone"])
        dates = tuple(date.fromisoformat(day) for day in facts["dates"])
        zone = ZoneInfo(timezone)
    except (KeyError, TypeError, ValueError) as error:
        raise TapeError(f"{about}: exchange, currency, timezone and dates are needed: {error!r}") from None
    tape = Tape(path.name, mic, currency, timezone, dates, provenance=str(facts.get("provenance", "")))
    when = _Times(zone)

    def bar(row: list[str]) -> None:
        symbol, ts, opened, high, low, close, volume = row
        epoch, day = when(ts)
        tape.bars.setdefault(day, []).append(
            Bar(symbol, epoch, float(opened), float(high), float(low), float(close), int(float(volume)))
        )

    def daily(row: list[str]) -> None:
        symbol, day, opened, high, low, close, volume = row
        tape.daily.setdefault(symbol, []).append(
            DailyBar(
                symbol,
                date.fromisoformat(day),
                float(opened),
                float(high),
                float(low),
                float(close),
                int(float(volume)),
            )
        )

    def quote(row: list[str]) -> None:
        symbol, ts, bid, bid_size, ask, ask_size = row
        epoch, day = when(ts)
        tape.quotes.setdefault(day, []).append(
            Quote(symbol, epoch, float(bid), int(float(bid_size)), float(ask), int(float(ask_size)))
        )

    def trade(row: list[str]) -> None:
        symbol, ts, at, size = row
        epoch, day = when(ts)
        tape.trades.setdefault(day, []).append(Trade(symbol, epoch, float(at), int(float(size))))

    def announcement(row: list[str]) -> None:
        symbol, ts, headline, sensitive = row[:4]
        epoch, _ = when(ts)
        tape.announcements.append(
            Announcement(
                symbol, epoch, headline, sensitive.strip().lower() in ("1", "true", "yes"), "tape", f"{symbol}-{ts}"
            )
        )

    def news(row: list[str]) -> None:
        symbols, ts, provider, article, headline, text = row
        epoch, _ = when(ts)
        named = tuple(symbols.split())
        if not named or not provider or not article:
            raise ValueError("a news item needs symbols, a provider and an article id")
        tape.announcements.append(
            Announcement(named[0], epoch, headline, source=provider, key=article, symbols=named, language="en")
        )
        if text:
            tape.articles[(provider, article)] = text

    def halt(row: list[str]) -> None:
        symbol, ts, halted = row[:3]
        epoch, _ = when(ts)
        tape.halts.append(Halt(symbol, epoch, halted.strip().lower() in ("1", "true", "yes")))

    def action(row: list[str]) -> None:
        symbol, day, kind, value = row[:4]
        try:
            amount = Decimal(value.strip())
        except InvalidOperation:
            raise ValueError(f"{value!r} is not a number") from None
        tape.actions.append(CorporateAction(symbol, date.fromisoformat(day), kind.strip().lower(), amount))

    def borrow(row: list[str]) -> None:
        symbol, supply, shares = row[:3]
        tape.borrow[symbol] = Offer(Supply(supply.strip().lower()), int(shares or 0))

    readers: dict[str, Callable[[list[str]], None]] = {
        "bars": bar,
        "daily": daily,
        "quotes": quote,
        "trades": trade,
        "announcements": announcement,
        "news": news,
        "halts": halt,
        "actions": action,
        "borrow": borrow,
    }
    for name, take in readers.items():
        _read(path / f"{name}.csv.gz", take)
    if not tape.bars and not tape.trades:
        raise TapeError(f"{path}: neither bars.csv.gz nor trades.csv.gz has a row")
    for bars in tape.bars.values():
        bars.sort(key=lambda item: (item.ts, item.symbol))
    for rows in (*tape.quotes.values(), *tape.trades.values()):
        rows.sort(key=lambda item: item.ts)
    tape.announcements.sort(key=lambda item: (item.ts, item.symbol))
    for history in tape.daily.values():
        history.sort(key=lambda item: item.date)
    return tape


def chain(tapes: Sequence[Tape]) -> Tape:
    """Several tapes of one market as consecutive days. Raises :class:`TapeError` when they differ."""
    first = tapes[0]
    whole = Tape("+".join(tape.name for tape in tapes), first.mic, first.currency, first.timezone, ())
    days: list[date] = []
    daily: dict[str, dict[date, DailyBar]] = {}
    for tape in sorted(tapes, key=lambda tape: tape.dates):
        if tape.mic != first.mic:
            raise TapeError(f"{tape.name} is of {tape.mic}, {first.name} of {first.mic}: one market at a time")
        twice = set(days) & set(tape.dates)
        if twice:
            raise TapeError(f"{tape.name}: {min(twice)} is on an earlier tape too")
        days.extend(tape.dates)
        whole.bars.update(tape.bars)
        whole.quotes.update(tape.quotes)
        whole.trades.update(tape.trades)
        whole.announcements.extend(tape.announcements)
        whole.articles.update(tape.articles)
        whole.halts.extend(tape.halts)
        whole.actions.extend(action for action in tape.actions if action not in whole.actions)
        whole.names.update(tape.names)
        whole.borrow.update(tape.borrow)
        for symbol, history in tape.daily.items():
            daily.setdefault(symbol, {}).update({item.date: item for item in history})
    whole.dates = tuple(days)
    whole.daily = {symbol: [known[day] for day in sorted(known)] for symbol, known in daily.items()}
    return whole


class _Times:
    """Epoch second and session date of a UTC ISO time; tapes repeat few times many times."""

    def __init__(self, zone: ZoneInfo) -> None:
        self._zone = zone
        self._known: dict[str, tuple[float, date]] = {}

    def __call__(self, text: str) -> tuple[float, date]:
        known = self._known.get(text)
        if known is None:
            moment = datetime.fromisoformat(text)
            if moment.tzinfo is None:
                raise ValueError(f"time {text!r} has no zone")
            known = self._known[text] = (moment.timestamp(), moment.astimezone(self._zone).date())
        return known


def _read(path: Path, take: Callable[[list[str]], None]) -> None:
    if not path.exists():
        return
    line = 1
    try:
        with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
            rows: Iterator[list[str]] = csv.reader(file)
            next(rows, None)
            for line, row in enumerate(rows, start=2):  # noqa: B007 (named in the error)
                take(row)
    except (ValueError, csv.Error) as error:
        raise TapeError(f"{path}:{line}: {error}") from None
    except (OSError, EOFError) as error:
        raise TapeError(f"{path}: {error}") from None
