"""Minute bars kept up to date: each closed bar once, in order, and none invented."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from skim_tui.broker.tws.bars import MinuteBars
from skim_tui.domain.market import Bar

T0 = 1_763_670_000.0


def bar(minute: int, volume: int = 100, close: float = 10.0) -> Bar:
    return Bar("BHP", T0 + 60 * minute, 10.0, 10.5, 9.5, close, volume)


def test_history_keeps_the_forming_bar_back() -> None:
    bars = MinuteBars()
    assert bars.begin([bar(0), bar(1), bar(2)], now=T0 + 150) == (bar(0), bar(1))
    assert bars.closed_to == T0 + 120
    assert bars.update(bar(2, close=10.2)) is None
    assert bars.update(bar(3)) == bar(2, close=10.2)
    assert bars.closed_to == T0 + 180


def test_a_finished_history_is_closed_whole() -> None:
    assert MinuteBars().begin([bar(1), bar(0)], now=T0 + 500) == (bar(0), bar(1))


def test_begun_without_bars_the_first_update_still_counts() -> None:
    bars = MinuteBars()
    assert bars.begin([], now=T0) == ()
    assert bars.update(bar(0)) is None
    assert bars.update(bar(1)) == bar(0)


def test_a_quiet_minute_is_closed_by_time_and_only_once() -> None:
    bars = MinuteBars()
    bars.begin([], now=T0)
    bars.update(bar(0))
    assert bars.due(T0 + 64, grace=5.0) is None
    assert bars.due(T0 + 65, grace=5.0) == bar(0)
    assert bars.due(T0 + 600, grace=5.0) is None
    assert bars.update(bar(0, close=11.0)) is None
    assert bars.update(bar(1)) is None
    assert bars.update(bar(2)) == bar(1)


def test_minutes_without_trades_have_no_bar() -> None:
    bars = MinuteBars()
    assert bars.begin([bar(0), bar(1, volume=0)], now=T0 + 500) == (bar(0),)
    assert bars.update(bar(9, volume=0)) is None
    assert bars.due(T0 + 6000, grace=0.0) is None


@given(st.lists(st.tuples(st.integers(0, 12), st.integers(0, 3), st.booleans()), max_size=80))
def test_closed_bars_rise_whatever_arrives(updates: list[tuple[int, int, bool]]) -> None:
    bars = MinuteBars()
    closed: list[Bar] = []
    for minute, volume, by_time in updates:
        result = bars.due(T0 + 60 * minute, grace=5.0) if by_time else bars.update(bar(minute, volume))
        if result is not None:
            closed.append(result)
    starts = [one.ts for one in closed]
    assert starts == sorted(set(starts))
    assert all(one.volume > 0 for one in closed)
