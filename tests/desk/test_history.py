"""What the desk answers about the past agrees with what happened."""

from decimal import Decimal

import pytest

from skim_tui.config import Config
from skim_tui.desk.settings import Settings, comments, explained
from skim_tui.desk.telling.history import missed
from skim_tui.domain.market import Bar
from skim_tui.link.trading import Draft
from tests.desk.stage import Stage

D = Decimal


@pytest.fixture
def stage(asx_calendar):
    opened = Stage(asx_calendar)
    yield opened
    opened.journal.close()


def test_what_happened_while_nobody_watched(stage):
    stage.history.consoles(1)
    stage.play(12)
    stage.history.consoles(0)
    left = stage.exchange.now()
    stage.play(40)
    stage.desk.operator.set_auto(True, "somebody")
    stage.history.consoles(1)
    stage.desk.operator.set_auto(False, "console")
    away = stage.history.away()
    assert away.since == pytest.approx(left, abs=60)
    said = {(row.who, row.what) for row in away.rows}
    assert ("somebody", "auto ARMED") in said and ("console", "auto disarmed") not in said
    assert any(row.what == "ticket" for row in away.rows)


def test_why_not_names_each_reason_and_the_move_missed(stage):
    stage.play(40)
    stage.wall += 100  # the tickets expire undecided
    stage.play(60)
    rows = {row.symbol: row for row in stage.history.why_not("").rows}
    dropped = [f for f in stage.desk.watchlist.symbols.values() if f.scanned and f.state == "dropped"]
    assert dropped and all(rows[f.symbol].why == f.why_not for f in dropped)
    broken = [row for row in rows.values() if row.break_price]
    assert broken and any(row.best_pct is not None for row in broken)
    assert stage.history.why_not("never").rows == ()


def bar(ts, low, high):
    return Bar("X", ts, low, high, low, high, 100)


def test_the_best_price_counts_only_until_the_stop():
    bars = [bar(0, 9.9, 10.1), bar(60, 10.0, 10.5), bar(120, 10.2, 10.8), bar(180, 9.0, 12.0), bar(240, 11.0, 13.0)]
    assert missed(bars, 0, 9.8) == (10.8, True)
    assert missed(bars[:3], 0, 9.8) == (10.8, False)
    assert missed(bars[:1], 0, 9.8) == (0.0, False)


def test_closed_trades_carry_strategy_and_slippage(stage):
    stage.play(20)
    stage.manual.preview(Draft("BHP"))
    stage.play(21)
    assert stage.manual.enter(Draft("BHP", 20), "console")[0]
    stage.play(23)
    assert stage.desk.operator.close("BHP", "console")[0]
    stage.play(26)
    (trade,) = stage.history.journal().trades
    assert (trade.symbol, trade.strategy, trade.quantity) == ("BHP", "by hand", 20)
    assert trade.entry_slip <= 0 and trade.exit_slip is None
    assert trade.pnl == (trade.exit - trade.entry) * 20 - trade.fees


def test_a_setting_is_checked_written_and_counts_when_it_may(stage, tmp_path):
    context = stage.desk.context
    settings = Settings(context, tmp_path / "deep" / "config.toml")
    done, text = settings.save("risk", "max_positions", "0", "console")
    assert not done and "risk.max_positions" in text and not (tmp_path / "deep" / "config.toml").exists()
    assert settings.save("risk", "max_positions", "3", "console")[0]
    assert context.config.risk.max_positions == 3 and stage.desk.judging.limits().max_positions == 3
    assert settings.save("exits", "end_of_day", "true", "console")[0]
    rows = {(row.section, row.key): row for row in settings.view().rows}
    assert rows["exits", "end_of_day"].pending == "true" and rows["exits", "end_of_day"].value == "false"
    assert rows["risk", "max_positions"].at_once and not rows["scan", "min_price"].at_once
    assert not settings.save("risk", "max_position", "3", "console")[0]
    assert not settings.save("risk", "max_daily_loss", "lots", "console")[0]


def test_every_setting_but_the_plainest_is_explained():
    docs = explained()
    assert docs["risk", "max_price_move_pct"].startswith("percent the market may have gone beyond the entry limit")
    assert {section for section, _ in docs} <= set(Config.model_fields)
    assert comments('[a]\nb = "x # y"  # said\nc = 1') == {("a", "b"): "said"}
