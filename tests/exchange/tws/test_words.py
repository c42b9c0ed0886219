"""Words of requests: durations, bar sizes, times, generic ticks, scanner filters, security numbers."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skim_tui.domain.instrument import ASX_LADDER, Instrument
from skim_tui.domain.market import Bar
from skim_tui.domain.session import ASX, US, exchange_day
from skim_tui.exchange.model import Rejected
from skim_tui.exchange.path import expand
from skim_tui.exchange.tws.barmath import from_steps, merge, of_minute, start_of, volatility
from skim_tui.exchange.tws.barspec import SIZES, read_moment, read_size, read_span
from skim_tui.exchange.tws.generic import read_generic
from skim_tui.exchange.tws.isin import check_digit, isin_of
from skim_tui.exchange.tws.wire import body

SYDNEY = ZoneInfo("Australia/Sydney")
NOON = datetime(2026, 3, 3, 12, tzinfo=SYDNEY).timestamp()
TODAY = exchange_day(ASX, date(2026, 3, 3))


@pytest.mark.parametrize(
    ("words", "ok"),
    [("1 D", True), ("2 w", True), ("3 M", True), ("10 Y", True), ("3600 S", True), ("3600", True), ("365 D", True),
     ("", False), ("D", False), ("1D", False), ("0 D", False), ("-1 D", False), ("29 S", False), ("86401 S", False),
     ("366 D", False), ("53 W", False), ("13 M", False), ("1 X", False), ("1.5 D", False), ("9999999999999 D", False)],
)  # fmt: skip
def test_durations(words: str, ok: bool) -> None:
    if ok:
        assert read_span(words).count > 0
    else:
        with pytest.raises(Rejected) as refused:
            read_span(words)
        assert refused.value.code == 321


@given(st.dates(date(1990, 1, 1), date(2100, 12, 31)), st.integers(1, 52), st.sampled_from("WMY"))
def test_a_span_of_the_calendar_ends_with_its_last_day(last: date, count: int, unit: str) -> None:
    count = min(count, 12) if unit == "M" else count
    first = read_span(f"{count} {unit}").first_day(last)
    days = (last - first).days + 1
    nominal = {"W": 7, "M": 30.44, "Y": 365.25}[unit] * count
    assert abs(days - nominal) <= (0 if unit == "W" else 4)


@given(st.text(max_size=30))
def test_no_words_of_a_client_do_more_than_be_refused(words: str) -> None:
    for read in (read_span, read_size, read_generic, lambda text: read_moment(text, SYDNEY, NOON)):
        try:
            read(words)
        except Rejected as refused:
            assert refused.code in (321, 10314)


@given(st.datetimes(datetime(1980, 1, 1), datetime(2050, 1, 1)))
def test_a_time_means_the_same_in_every_form(moment: datetime) -> None:
    moment = moment.replace(microsecond=0, tzinfo=UTC)
    expected = moment.timestamp()
    for written in (f"{moment:%Y%m%d-%H:%M:%S}", f"{moment:%Y%m%d %H:%M:%S} UTC", f"{moment:%Y%m%d  %H:%M:%S}  UTC"):
        assert read_moment(written, SYDNEY, NOON).ts == expected
    local = moment.astimezone(SYDNEY)
    if local.utcoffset() == (local + timedelta(hours=2)).utcoffset() == (local - timedelta(hours=2)).utcoffset():
        assert read_moment(f"{local:%Y%m%d %H:%M:%S} Australia/Sydney", SYDNEY, NOON).ts == expected
        assert not read_moment(f"{local:%Y%m%d %H:%M:%S}", SYDNEY, NOON).has_zone


def test_a_time_without_a_date_is_of_today() -> None:
    assert read_moment("11:30:00", SYDNEY, NOON).ts == NOON - 1800
    assert read_moment("", SYDNEY, NOON) is None
    for written in ("20260303", "20261303 10:00:00", "20260303 25:00:00", "20260303 10:00:00 Nowhere/Land", "x"):
        with pytest.raises(Rejected) as refused:
            read_moment(written, SYDNEY, NOON)
        assert refused.value.code == 10314


def test_generic_tick_lists() -> None:
    ticks = read_generic("233, 236 ,,mdoff,292:BRFG+DJNL")
    assert ticks.numbers == {233, 236, 292} and ticks.providers == {"BRFG", "DJNL"} and not ticks.quotes
    assert read_generic("221").numbers == {232} and read_generic("").quotes
    for written in ("999", "233,13", "abc", "292:", "mdoff"):
        with pytest.raises(Rejected) as refused:
            read_generic(written)
        assert refused.value.text.startswith(
            f"Error validating request.-'bQ' : cause - Incorrect generic tick list of {written}.  Legal ones for (STK)"
        )


@given(st.integers(0, 380), st.sampled_from([size for size in SIZES.values() if 60 <= size <= 8 * 3600]))
def test_bars_within_a_day_begin_where_a_gateway_begins_them(minute: int, size: int) -> None:
    for day in (TODAY, exchange_day(US, date(2026, 3, 3))):
        ts = day.open + 60.0 * minute
        start = start_of(ts, size, day)
        assert start <= ts < start + size and start_of(start, size, day) == start
        clock = day.local(start)
        seconds = clock.hour * 3600 + clock.minute * 60 + clock.second
        assert seconds % size == 0 or start == day.open


@given(st.lists(st.integers(100, 300), min_size=4, max_size=40), st.sampled_from([120, 300, 900, 3600]))
def test_longer_bars_hold_all_that_minutes_hold(prices: list[int], size: int) -> None:
    minutes = [
        Bar("ABC", TODAY.open + 60.0 * index, at / 100, (at + 2) / 100, (at - 1) / 100, (at + 1) / 100, at)
        for index, at in enumerate(prices)
    ]
    longer = merge([of_minute(bar) for bar in minutes], size, lambda ts: TODAY)
    assert sum(bar.volume for bar in longer) == sum(bar.volume for bar in minutes)
    assert max(bar.high for bar in longer) == max(bar.high for bar in minutes)
    assert min(bar.low for bar in longer) == min(bar.low for bar in minutes)
    assert (longer[0].open, longer[-1].close) == (minutes[0].open, minutes[-1].close)
    value = sum(bar.volume * (bar.high + bar.low + bar.close) / 3 for bar in minutes)
    assert math.isclose(sum(bar.average * bar.volume for bar in longer), value, rel_tol=1e-5)
    assert [bar.ts for bar in longer] == sorted({bar.ts for bar in longer})


def test_bars_of_quotes_stand_around_bars_of_trades() -> None:
    bar = Bar("ABC", TODAY.open, 5.0, 5.06, 4.98, 5.02, 5000)
    steps = expand(bar, ASX_LADDER)
    trades, bids, asks, both = (
        from_steps(steps, what, 60, lambda ts: TODAY)[0] for what in ("TRADES", "BID", "ASK", "BID_ASK")
    )
    assert (trades.open, trades.high, trades.low, trades.close, trades.volume) == (5.0, 5.06, 4.98, 5.02, 5000)
    assert bids.low < asks.low and bids.high < asks.high and bids.volume == asks.volume == -1
    assert both.low == bids.low and both.high == asks.high and both.open < both.close


@pytest.mark.parametrize(("stem", "digit"), [("AU000000BHP", 4), ("AU000000CBA", 7), ("US037833100", 5)])
def test_check_digits_of_real_securities(stem: str, digit: int) -> None:
    assert check_digit(stem) == digit


@given(st.lists(st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", min_size=1, max_size=6), min_size=2, unique=True))
def test_listings_have_numbers_of_their_own(symbols: list[str]) -> None:
    numbers = [isin_of(Instrument(symbol, ASX, "AUD", ASX_LADDER)) for symbol in symbols]
    assert all(len(number) == 12 and number.startswith("AU") for number in numbers)
    assert len({number for number in numbers}) == len({symbol.lstrip("0") for symbol in symbols})


def test_volatility_of_a_still_price_is_nothing() -> None:
    assert volatility([5.0] * 30) == 0.0
    assert math.isclose(volatility([1.0, 1.01] * 20), math.log(1.01) * math.sqrt(252), rel_tol=0.05)


@given(st.one_of(st.floats(allow_nan=False, allow_infinity=False, min_value=-1e12, max_value=1e12), st.text()))
def test_a_field_is_one_field(value: float | str) -> None:
    written = body([value, 7])
    assert written.count(b"\0") == 2 and b"\\" not in written
    if isinstance(value, float):
        assert math.isclose(float(written.split(b"\0")[0]), value, rel_tol=1e-9, abs_tol=1e-9)
