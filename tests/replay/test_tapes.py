"""Every recorded day through the desk: candidates equal an independent computation with pandas."""

import csv
import tomllib
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import exchange_calendars
import pandas as pd
import pytest

from skim_tui.cli import main
from tests.conftest import TAPES

NAMES = sorted(path.name for path in TAPES.iterdir() if path.is_dir()) if TAPES.is_dir() else []
RUN_ONLY = {"us-ticks-2018-01-02", "us-wide-2019-12_2020-01"}
COMPARED = [name for name in NAMES if name not in RUN_ONLY]

pytestmark = pytest.mark.skipif(not NAMES, reason=f"recorded tapes are not at {TAPES}")


def independent(folder):
    """symbol -> (gap %, ORH, ORL, minute of the first break), straight from the files."""
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
    found = {}
    for symbol, own in session.groupby("symbol"):
        own = own.sort_values("local")
        begin = own["local"].iloc[0] if mic == "XASX" else opens
        until = begin + timedelta(minutes=10)
        window, later = own[own["local"] < until], own[own["local"] >= until]
        previous_close, opened = closes.get(symbol), own["open"].iloc[0]
        gap = (opened / previous_close - 1) * 100 if previous_close else None
        if window.empty:
            found[symbol] = (gap, None, None, "", None)
            continue
        high, low = window["high"].max(), window["low"].min()
        broke = later[later["high"] > high]
        first = broke.iloc[0] if len(broke) else None
        found[symbol] = (
            gap,
            high,
            low,
            "" if first is None else first["ts"],
            None if first is None else max(high, first["open"]),
        )
    return found


@pytest.mark.parametrize("name", COMPARED)
def test_candidates_equal_an_independent_computation(name, tmp_path, capsys):
    assert main(["replay", str(TAPES / name), "--out", str(tmp_path), "--data-dir", str(tmp_path)]) == 0
    with (tmp_path / "candidates.csv").open() as file:
        rows = {row["symbol"]: row for row in csv.DictReader(file) if row["open"]}
    expected = independent(TAPES / name)
    assert rows.keys() == expected.keys()
    for symbol, (gap, high, low, minute, price) in expected.items():
        row = rows[symbol]
        assert (float(row["gap_pct"]) if row["gap_pct"] else None) == (
            pytest.approx(gap) if gap is not None else None
        ), symbol
        assert row["or_high"] == ("" if high is None else str(high)), symbol
        assert row["or_low"] == ("" if low is None else str(low)), symbol
        assert row["first_break_ts"] == minute, symbol
        assert row["break_price"] == ("" if price is None else str(price)), symbol


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
