"""Every recorded day through the desk: candidates equal an independent computation with pandas."""

import csv
import tomllib
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import exchange_calendars
import numpy as np
import pandas as pd
import pytest

from skim_tui.cli import main
from skim_tui.domain.volume import CURVE
from tests.conftest import TAPES

NAMES = sorted(path.name for path in TAPES.iterdir() if path.is_dir()) if TAPES.is_dir() else []
RUN_ONLY = {"us-ticks-2018-01-02", "us-wide-2019-12_2020-01"}
COMPARED = [name for name in NAMES if name not in RUN_ONLY]

pytestmark = pytest.mark.skipif(not NAMES, reason=f"recorded tapes are not at {TAPES}")


def average_volumes(daily, day):
    """symbol -> mean daily shares of the last 20 sessions before ``day``, where at least 5 are known."""
    before = daily[daily["date"] < day.isoformat()].sort_values("date").groupby("symbol").tail(20)
    volumes = before.groupby("symbol")["volume"]
    return volumes.mean()[volumes.count() >= 5].to_dict()


def signals_of(later, high, rule, mic):
    """How often the range's high is broken when a close ``rearm`` steps below it arms again."""
    most, steps = rule
    edges = ((0.1, "0.001"), (2.0, "0.005"), (1e9, "0.01")) if mic == "XASX" else ((1.0, "0.0001"), (1e9, "0.01"))
    step = Decimal(next(step for edge, step in edges if high < edge))
    below = float(Decimal(str(high)) // step * step - steps * step)
    count, armed = 0, True
    for top, close in zip(later["high"], later["close"], strict=True):
        if armed and top > high and count < most:
            count, armed = count + 1, False
        if not armed and close <= below:
            armed = True
    return count


def independent(folder, rule=(1, 1)):
    """symbol -> what the desk must find of it, straight from the files."""
    about = tomllib.loads((folder / "tape.toml").read_text())
    mic, zone, day = about["exchange"], ZoneInfo(about["timezone"]), date.fromisoformat(about["dates"][0])
    calendar = exchange_calendars.get_calendar(mic, start="2017-01-03", end="2026-06-01")
    half = pd.Timestamp(day) in calendar.early_closes
    previous = calendar.previous_session(pd.Timestamp(day)).date().isoformat()
    text = {"symbol": str}
    bars = pd.read_csv(folder / "bars.csv.gz", dtype=text, keep_default_na=False, na_values={"open": [""]})
    daily = pd.read_csv(folder / "daily.csv.gz", dtype=text, keep_default_na=False)
    closes = daily[daily["date"] == previous].set_index("symbol")["close"].to_dict()
    bars["local"] = pd.to_datetime(bars["ts"], utc=True).dt.tz_convert(zone)

    def at(hour, minute=0):
        return pd.Timestamp(datetime.combine(day, time(hour, minute), zone))

    opens = at(10) if mic == "XASX" else at(9, 30)
    ends = (at(14) if half else at(16)) if mic == "XASX" else (at(13) if half else at(16))
    session = bars[(bars["local"] >= opens) & (bars["local"] < ends)]
    averages = average_volumes(daily, day)
    found = {}
    for symbol, own in session.groupby("symbol"):
        own = own.sort_values("local")
        begin = own["local"].iloc[0] if mic == "XASX" else opens
        until = begin + timedelta(minutes=10)
        window, later = own[own["local"] < until], own[own["local"] >= until]
        previous_close, opened = closes.get(symbol), own["open"].iloc[0]
        gap = (opened / previous_close - 1) * 100 if previous_close else None
        fact = found[symbol] = Fact(gap)
        if window.empty:
            continue
        fact.high, fact.low = window["high"].max(), window["low"].min()
        broke = later[later["high"] > fact.high]
        fact.signals = signals_of(later, fact.high, rule, mic)
        if broke.empty:
            continue
        first = broke.iloc[0]
        fact.minute, fact.price = first["ts"], max(fact.high, first["open"])
        # Seen at the minute's end from its bar, or within the minute from its trades.
        for seen in (first["local"] + timedelta(minutes=1), first["local"]):
            gone = (seen - opens) / (ends - opens)
            usual = averages.get(symbol, 0) * np.interp(gone, *zip(*CURVE, strict=True))
            traded = own[own["local"] < first["local"]]["volume"].sum()
            if usual:
                fact.relative.append(((traded + first["volume"]) / usual, traded / usual))
    return found


@dataclass
class Fact:
    """One symbol's day as computed from the files alone."""

    gap: float | None
    high: float | None = None
    low: float | None = None
    minute: str = ""
    price: float | None = None
    signals: int = 0
    relative: list[tuple[float, float]] = field(default_factory=list)
    """(with, without) the breaking minute's volume, by the end and by the start of that minute."""


def replayed(name, folder, *options):
    assert main(["replay", str(TAPES / name), "--out", str(folder), "--data-dir", str(folder), *options]) == 0
    with (folder / "candidates.csv").open() as file:
        return {row["symbol"]: row for row in csv.DictReader(file) if row["open"]}


@pytest.mark.parametrize("name", COMPARED)
def test_candidates_equal_an_independent_computation(name, tmp_path, capsys):
    rows = replayed(name, tmp_path)
    expected = independent(TAPES / name)
    assert rows.keys() == expected.keys()
    for symbol, fact in expected.items():
        row = rows[symbol]
        assert (float(row["gap_pct"]) if row["gap_pct"] else None) == (
            pytest.approx(fact.gap) if fact.gap is not None else None
        ), symbol
        assert row["or_high"] == ("" if fact.high is None else str(fact.high)), symbol
        assert row["or_low"] == ("" if fact.low is None else str(fact.low)), symbol
        assert row["first_break_ts"] == fact.minute, symbol
        assert row["break_price"] == ("" if fact.price is None else str(fact.price)), symbol
        assert int(row["signals"]) == fact.signals, symbol
        if not fact.minute:
            continue
        if not fact.relative:
            assert row["rel_volume"] == "", symbol
        elif row["why_not"].startswith("gap ") or row["why_not"] == "no previous close":
            # Not a candidate, so known by its bars alone: the ratio at the end of the breaking minute.
            assert float(row["rel_volume"]) == pytest.approx(fact.relative[0][0]), symbol
        else:
            least, most = fact.relative[0][1], fact.relative[-1][0]
            assert least - 1e-9 <= float(row["rel_volume"]) <= most + 1e-9, symbol


@pytest.mark.parametrize("name", sorted({"asx-2019-12-24", "us-2020-01-08", "us-2022-03-15"} & set(COMPARED)))
def test_breaks_after_arming_again_equal_an_independent_count(name, tmp_path, capsys):
    settings = tmp_path / "settings.toml"
    settings.write_text("[breakout]\nmax_signals = 4\nrearm_steps = 2\n")
    rows = replayed(name, tmp_path, "--config", str(settings))
    expected = independent(TAPES / name, (4, 2))
    assert {symbol: int(row["signals"]) for symbol, row in rows.items()} == {
        symbol: fact.signals for symbol, fact in expected.items()
    }
    assert max(fact.signals for fact in expected.values()) > 1


@pytest.mark.parametrize("name", sorted(RUN_ONLY & set(NAMES)))
def test_the_wide_and_the_tick_tape_run(name, tmp_path, capsys):
    assert main(["replay", str(TAPES / name), "--out", str(tmp_path), "--data-dir", str(tmp_path)]) == 0
    assert (tmp_path / "summary.json").exists()


def test_positions_carry_over_consecutive_days(tmp_path, capsys):
    names = ["us-2019-12-23", "us-2019-12-24"]
    if not set(names) <= set(NAMES):
        pytest.skip("the two consecutive days are not among the tapes")
    paths = [str(TAPES / name) for name in names]
    assert main(["replay", *paths, "--out", str(tmp_path), "--data-dir", str(tmp_path)]) == 0
    with (tmp_path / "candidates.csv").open() as file:
        assert {row["date"] for row in csv.DictReader(file)} == {"2019-12-23", "2019-12-24"}
