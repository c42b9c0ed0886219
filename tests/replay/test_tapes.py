"""Every tape through the desk: recorded or generated, candidates equal an independent computation with pandas."""

import csv
import gzip
import os
from datetime import UTC, datetime

import pytest

from skim_tui.cli import main
from skim_tui.domain.volume import CURVE
from skim_tui.exchange import synthetic
from tests.conftest import TAPES
from tests.replay.independent import facts

NAMES = sorted(path.name for path in TAPES.iterdir() if path.is_dir()) if TAPES.is_dir() else []
WIDE = {name for name in NAMES if "wide" in name}
SHARE = 1 if os.environ.get("WHOLE_TAPES") else 24
"""Of a wide tape's symbols one in so many is compared; all of them takes minutes."""

NO_CANDIDATE = ("gap ", "no previous close", "price ", "average turnover ")
"""Why a symbol is refused at its open."""

recorded = pytest.mark.skipif(not NAMES, reason=f"recorded tapes are not at {TAPES}")


def replayed(folder, out, *options):
    """(symbol, date) -> its row, of each symbol that traded."""
    assert main(["replay", str(folder), "--out", str(out), "--data-dir", str(out), *options]) == 0
    with (out / "candidates.csv").open() as file:
        return {(row["symbol"], row["date"]): row for row in csv.DictReader(file) if row["open"]}


def compare(folder, out, chosen=lambda symbol: True):
    """Replay a tape and compare each chosen symbol's row; how many broke out."""
    rows = {key: row for key, row in replayed(folder, out).items() if chosen(key[0])}
    expected = facts(folder, CURVE, chosen=chosen)
    with (out / "trades.csv").open() as file:
        bought = {row["symbol"] for row in csv.DictReader(file)}
    assert rows.keys() == expected.keys()
    for key, fact in expected.items():
        row = rows[key]
        gap = pytest.approx(fact.gap, abs=1e-8) if fact.gap is not None else None
        assert (float(row["gap_pct"]) if row["gap_pct"] else None) == gap, key
        assert row["or_high"] == ("" if fact.high is None else str(fact.high)), key
        assert row["or_low"] == ("" if fact.low is None else str(fact.low)), key
        assert row["first_break_ts"] == fact.minute, key
        assert row["break_price"] == ("" if fact.price is None else str(fact.price)), key
        assert int(row["signals"]) == fact.signals, key
        if not fact.minute:
            continue
        if not fact.relative:
            assert row["rel_volume"] == "", key
        elif row["why_not"].startswith(NO_CANDIDATE) and key[0] not in bought:
            # Known by its bars alone: the ratio at the end of the breaking minute.
            assert float(row["rel_volume"]) == pytest.approx(fact.relative[0][0]), key
        else:
            # Streamed, so seen somewhere within that minute; a share held from another day without its minutes.
            asked = not row["why_not"].startswith(NO_CANDIDATE)
            pairs = (asked and fact.by_minutes) or fact.relative
            least, most = pairs[0][1], pairs[-1][0]
            assert least - 1e-9 <= float(row["rel_volume"]) <= most + 1e-9, key
    return sum(bool(fact.minute) for fact in expected.values())


@recorded
@pytest.mark.parametrize("name", sorted(set(NAMES) - WIDE))
def test_candidates_equal_an_independent_computation(name, tmp_path, capsys):
    compare(TAPES / name, tmp_path)


@recorded
@pytest.mark.parametrize("name", sorted(WIDE))
def test_a_wide_tape_of_many_days_equals_an_independent_computation(name, tmp_path, capsys):
    assert compare(TAPES / name, tmp_path, lambda symbol: sum(symbol.encode()) % SHARE == 0)


@recorded
@pytest.mark.parametrize("name", sorted({"asx-2019-12-24", "us-2020-01-08", "us-2022-03-15"} & set(NAMES)))
def test_breaks_after_arming_again_equal_an_independent_count(name, tmp_path, capsys):
    settings = tmp_path / "settings.toml"
    settings.write_text("[breakout]\nmax_signals = 4\nrearm_steps = 2\n")
    rows = replayed(TAPES / name, tmp_path, "--config", str(settings))
    expected = facts(TAPES / name, CURVE, (4, 2))
    assert {key: int(row["signals"]) for key, row in rows.items()} == {
        key: fact.signals for key, fact in expected.items()
    }
    assert max(fact.signals for fact in expected.values()) > 1


@recorded
def test_positions_carry_over_consecutive_days(tmp_path, capsys):
    names = ["us-2019-12-23", "us-2019-12-24"]
    if not set(names) <= set(NAMES):
        pytest.skip("the two consecutive days are not among the tapes")
    paths = [str(TAPES / name) for name in names]
    assert main(["replay", *paths, "--out", str(tmp_path), "--data-dir", str(tmp_path)]) == 0
    with (tmp_path / "candidates.csv").open() as file:
        assert {row["date"] for row in csv.DictReader(file)} == {"2019-12-23", "2019-12-24"}


# ---- a day under the single opening auction, of which there is no recording -------------------------


def written(tape, folder):
    """A generated day as the files of a recorded one. Halts are not among them: a late code just opens late."""
    folder.mkdir()
    dates = [day.isoformat() for day in tape.dates]
    about = f'exchange = "{tape.mic}"\ncurrency = "{tape.currency}"\ntimezone = "{tape.timezone}"\ndates = {dates}\n'
    (folder / "tape.toml").write_text(f'{about}provenance = "generated"\n')

    def table(name, header, rows):
        with gzip.open(folder / name, "wt", newline="") as file:
            csv.writer(file).writerows([header, *rows])

    prices = ("open", "high", "low", "close", "volume")
    table(
        "bars.csv.gz",
        ("symbol", "ts", *prices),
        (
            (bar.symbol, datetime.fromtimestamp(bar.ts, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"))
            + tuple(getattr(bar, name) for name in prices)
            for day in tape.dates
            for bar in tape.bars[day]
        ),
    )
    table(
        "daily.csv.gz",
        ("symbol", "date", *prices),
        (
            (bar.symbol, bar.date.isoformat()) + tuple(getattr(bar, name) for name in prices)
            for history in tape.daily.values()
            for bar in history
        ),
    )
    return folder


@pytest.mark.parametrize("seed", [3])
def test_a_day_that_opens_with_one_auction_equals_an_independent_computation(seed, tmp_path, capsys):
    folder = written(synthetic.generate(seed), tmp_path / "tape")
    assert compare(folder, tmp_path / "out") >= 5
