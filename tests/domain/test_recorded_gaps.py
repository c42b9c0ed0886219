"""Two and a half years of ASX daily bars: gaps, turnovers and true ranges equal a separately made list."""

import csv
import gzip
from collections import defaultdict
from datetime import date

import pytest

from skim_tui.domain.gapscan import ScanRule, gap_pct
from skim_tui.domain.indicators import sma, true_range
from skim_tui.domain.market import DailyBar
from skim_tui.domain.volume import average_turnover
from tests.conftest import TAPES

DATA = TAPES.parent / "data"
LETTERS = tuple("ABC1")

pytestmark = pytest.mark.skipif(
    not (DATA / "asx_gapups.csv.gz").exists(), reason=f"the recorded daily bars are not at {DATA}"
)


def rows(name):
    with gzip.open(DATA / name, "rt") as file:
        for row in csv.DictReader(file):
            if row["symbol"].startswith(LETTERS):
                yield row


def test_gaps_turnovers_and_ranges_equal_the_list():
    listed = {(row["symbol"], row["date"]): row for row in rows("asx_gapups.csv.gz")}
    histories, compared = defaultdict(list), 0
    for row in rows("asx_daily.csv.gz"):
        symbol, day = row["symbol"], row["date"]
        opened, high, low, close = (float(row[name]) for name in ("open", "high", "low", "close"))
        history = histories[symbol]
        expected = listed.get((symbol, day))
        gap = gap_pct(history[-1].close, opened) if history else None
        if expected is not None:
            compared += 1
            assert gap == pytest.approx(float(expected["gap_pct"]), abs=0.0006), (symbol, day)
            if expected["avg_turnover_20"]:
                assert average_turnover(history) == pytest.approx(float(expected["avg_turnover_20"]), abs=1), (
                    symbol,
                    day,
                )
            if expected["atr14"]:
                pairs = zip(history[-15:], history[-14:], strict=False)
                spans = [true_range(bar.high, bar.low, before.close) for before, bar in pairs]
                # The list's ATR is the plain mean of the last 14 true ranges.
                assert sma(spans, 14) == pytest.approx(float(expected["atr14"]), abs=1e-5), (symbol, day)
            assert ScanRule(max_gap_pct=10**6, min_price=0).refusal(gap, opened) == "", (symbol, day)
        history.append(DailyBar(symbol, date.fromisoformat(day), opened, high, low, close, int(float(row["volume"]))))
    assert compared == len(listed) > 1000
