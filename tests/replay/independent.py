"""What the desk must find on a tape, computed with pandas straight from its files: none of the project's rules used."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from datetime import date, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import exchange_calendars
import numpy as np
import pandas as pd

SINGLE_OPEN = date(2025, 6, 23)
"""Since then the ASX opens with one auction at 09:59; before, groups opened one after another."""


@dataclass
class Fact:
    """One symbol's session as computed from the files alone."""

    gap: float | None
    high: float | None = None
    low: float | None = None
    minute: str = ""
    price: float | None = None
    signals: int = 0
    relative: list[tuple[float, float]] = field(default_factory=list)
    """(with, without) the breaking minute's volume, by the end and by the start of that minute; usual by days."""
    by_minutes: list[tuple[float, float]] = field(default_factory=list)
    """The same with what is usual by the minutes of the tape's earlier days; empty with fewer than five."""


def facts(folder, curve, rule=(1, 1), chosen=lambda symbol: True):
    """(symbol, date) -> what the desk must find of it. ``rule``: most signals, price steps below which it arms again;
    ``curve``: the usual share of a session's volume by the share of its time."""
    about = tomllib.loads((folder / "tape.toml").read_text())
    mic, zone = about["exchange"], ZoneInfo(about["timezone"])
    days = sorted(date.fromisoformat(text) for text in about["dates"])
    span = {"start": days[0] - timedelta(days=40), "end": days[-1] + timedelta(days=40)}
    calendar = exchange_calendars.get_calendar(mic, **{name: str(day) for name, day in span.items()})
    bars = minutes_of(folder, zone, chosen)
    daily = daily_of(folder)
    found, full_days = {}, {}
    for day in days:
        opens, closes = hours(mic, day, calendar, zone)
        previous = calendar.previous_session(pd.Timestamp(day)).date().isoformat()
        last_closes = daily[daily["date"] == previous].set_index("symbol")["close"].to_dict()
        averages = average_volumes(daily, day)
        today = bars[bars["date"] == day].sort_values(["symbol", "local"])
        for symbol, own in today.groupby("symbol"):
            fact = fact_of(own, mic, day, opens, closes, last_closes.get(symbol), rule, averages.get(symbol), curve)
            if fact is None:
                continue
            found[symbol, day.isoformat()] = fact
            earlier = full_days.get(symbol, [])[-20:]
            if fact.minute and len(earlier) >= 5 and not is_half(calendar, day):
                index = round((pd.Timestamp(fact.minute) - opens) / timedelta(minutes=1))
                at = own["local"].searchsorted(pd.Timestamp(fact.minute))
                before = own[(own["local"] >= opens)]["volume"][own["local"] < own["local"].iloc[at]].sum()
                for elapsed in (index + 1, max(1, index)):
                    usual = np.median([minutes[:elapsed].sum() for minutes in earlier])
                    if usual:
                        own_minute = own["volume"].iloc[at]
                        fact.by_minutes.append(((before + own_minute) / usual, before / usual))
        if not is_half(calendar, day):
            length = round((closes - opens) / timedelta(minutes=1))
            for symbol, own in today.groupby("symbol"):
                index = ((own["local"] - opens) / timedelta(minutes=1)).round().astype(int)
                inside = (index >= 0) & (index < length)
                volumes = np.zeros(length, dtype=np.int64)
                np.add.at(volumes, index[inside].to_numpy(), own["volume"][inside].to_numpy())
                full_days.setdefault(symbol, []).append(volumes)
        # What was played becomes history, unless the tape knows better.
        minute = timedelta(minutes=1 if mic == "XASX" else 0)  # the ASX opens and closes by auctions of their own
        regular = today[(today["local"] >= opens - minute) & (today["local"] < closes + 11 * minute)]
        rolled = regular.sort_values("local").groupby("symbol")
        rolled = pd.DataFrame({"close": rolled["close"].last(), "volume": rolled["volume"].sum()}).reset_index()
        rolled["date"] = day.isoformat()
        known = daily[daily["date"] == day.isoformat()]["symbol"]
        daily = pd.concat([daily, rolled[~rolled["symbol"].isin(known)]], ignore_index=True)
    return found


def fact_of(own, mic, day, opens, closes, previous_close, rule, average, curve):
    """One symbol's session; None when it did not trade in it."""
    single = mic == "XASX" and day >= SINGLE_OPEN
    auction = opens - timedelta(minutes=1) if single else opens
    own = own[(own["local"] >= auction) & (own["local"] < closes)].sort_values("local")
    if own.empty:
        return None
    first = own["local"].iloc[0]
    begin, until = auction, opens + timedelta(minutes=10)
    if mic == "XASX" and (not single or first > opens):
        begin, until = first, first + timedelta(minutes=10)
    window, later = own[(own["local"] >= begin) & (own["local"] < until)], own[own["local"] >= until]
    fact = Fact((own["open"].iloc[0] / previous_close - 1) * 100 if previous_close else None)
    if window.empty:
        return fact
    fact.high, fact.low = window["high"].max(), window["low"].min()
    broke = later[later["high"] > fact.high]
    fact.signals = signals_of(later, fact.high, rule, mic)
    if broke.empty:
        return fact
    breaks = broke.iloc[0]
    fact.minute, fact.price = breaks["ts"], max(fact.high, breaks["open"])
    # Seen at the minute's end from its bar, or within the minute from its trades.
    continuous = own[own["local"] >= opens]
    for seen in (breaks["local"] + timedelta(minutes=1), breaks["local"]):
        usual = (average or 0) * np.interp((seen - opens) / (closes - opens), *zip(*curve, strict=True))
        traded = continuous[continuous["local"] < breaks["local"]]["volume"].sum()
        if usual:
            fact.relative.append(((traded + breaks["volume"]) / usual, traded / usual))
    return fact


def signals_of(later, high, rule, mic):
    """How often the range's high is broken when a close ``rearm`` steps below it arms again."""
    most, steps = rule
    edges = ((0.1, "0.001"), (2.0, "0.005"), (1e9, "0.01")) if mic == "XASX" else ((1.0, "0.0001"), (1e9, "0.01"))
    at = Decimal(str(high))
    step = Decimal(next(step for edge, step in edges if high < edge))
    at = at // step * step
    for _ in range(steps):
        # The step below a band's edge is the lower band's.
        at -= Decimal(next(step for edge, step in edges if float(at) <= edge))
    below = float(at)
    count, armed = 0, True
    for top, close in zip(later["high"], later["close"], strict=True):
        if armed and top > high and count < most:
            count, armed = count + 1, False
        if not armed and close <= below:
            armed = True
    return count


def minutes_of(folder, zone, chosen):
    """The chosen symbols' minutes; made of the tape's trades where it has no bars."""
    text = {"symbol": str}
    if (folder / "bars.csv.gz").exists():
        bars = pd.read_csv(folder / "bars.csv.gz", dtype=text, keep_default_na=False, na_values={"open": [""]})
        bars = bars[bars["symbol"].map({symbol: chosen(symbol) for symbol in bars["symbol"].unique()})].copy()
        stamps = pd.to_datetime(bars["ts"], utc=True)
    else:
        trades = pd.read_csv(folder / "trades.csv.gz", dtype=text, keep_default_na=False)
        trades["minute"] = pd.to_datetime(trades["ts"], utc=True, format="ISO8601").dt.floor("min")
        grouped = trades.groupby(["symbol", "minute"], sort=True)
        bars = grouped["price"].agg(open="first", high="max", low="min", close="last").reset_index()
        bars["volume"] = grouped["size"].sum().to_numpy()
        stamps = bars["minute"]
        bars["ts"] = stamps.dt.strftime("%Y-%m-%dT%H:%M:%SZ")
    bars["local"] = stamps.dt.tz_convert(zone)
    bars["date"] = bars["local"].dt.date
    return bars


def daily_of(folder):
    if not (folder / "daily.csv.gz").exists():
        return pd.DataFrame(columns=["symbol", "date", "close", "volume"], dtype=object)
    return pd.read_csv(folder / "daily.csv.gz", dtype={"symbol": str}, keep_default_na=False)


def average_volumes(daily, day):
    """symbol -> mean daily shares of the last 20 sessions before ``day``, where at least 5 are known."""
    before = daily[daily["date"] < day.isoformat()].sort_values("date").groupby("symbol").tail(20)
    volumes = before.groupby("symbol")["volume"]
    return volumes.mean()[volumes.count() >= 5].to_dict()


def is_half(calendar, day):
    return pd.Timestamp(day) in calendar.early_closes


def hours(mic, day, calendar, zone):
    """Continuous trading of ``day``."""
    half = is_half(calendar, day)

    def at(hour, minute=0):
        return pd.Timestamp.combine(day, time(hour, minute)).tz_localize(zone)

    if mic == "XASX":
        return at(10), at(14) if half else at(16)
    return at(9, 30), at(13) if half else at(16)
