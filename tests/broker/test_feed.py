"""Ticks of one symbol become quotes, trades and halts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skim_tui.broker.tws.feed import (
    ASK,
    ASK_SIZE,
    BID,
    HALTED,
    LAST,
    OPEN,
    RT_VOLUME,
    SHORTABLE,
    SHORTABLE_SHARES,
    VOLUME,
    FeedEvent,
    SymbolFeed,
)
from skim_tui.domain.events import HaltChanged, OpenPrice, ShortAvailability
from skim_tui.domain.market import Quote, Trade

NOW = 1_000.0


class Listener:
    def __init__(self, *, released: bool = True) -> None:
        self.events: list[FeedEvent] = []
        self.failures: list[str] = []
        self.feed = SymbolFeed("BHP", self.events.append, lambda: NOW, self.failures.append)
        if released:
            self.feed.release(0.0)

    @property
    def trades(self) -> list[Trade]:
        return [event for event in self.events if isinstance(event, Trade)]


def test_one_packet_is_one_quote() -> None:
    it = Listener()
    it.feed.on_price(BID, 9.99, 500)
    it.feed.on_price(ASK, 10.01, 300)
    it.feed.on_size(ASK_SIZE, 250)
    it.feed.end_packet()
    it.feed.end_packet()
    assert it.events == [Quote("BHP", NOW, 9.99, 500, 10.01, 250)]


def test_an_absent_side_is_zero() -> None:
    it = Listener()
    it.feed.on_price(BID, 9.99, 500)
    it.feed.on_price(ASK, -1.0, 0)
    it.feed.end_packet()
    it.feed.on_price(BID, 9.99, 0)
    it.feed.end_packet()
    assert it.events == [Quote("BHP", NOW, 9.99, 500, 0.0, 0), Quote("BHP", NOW, 0.0, 0, 0.0, 0)]


def test_rt_volume_is_the_trade_and_last_price_is_not_it_again() -> None:
    it = Listener()
    it.feed.on_size(VOLUME, 1_000)
    for _ in range(2):  # the broker may say it twice
        it.feed.on_price(LAST, 10.0, 100)
        it.feed.on_string(RT_VOLUME, "10.0;100;1000500;1100;10.0;true")
        it.feed.on_size(VOLUME, 1_100)
    assert it.trades == [Trade("BHP", 1000.5, 10.0, 100, 1_100)]


def test_volume_before_rt_volume_is_one_trade() -> None:
    it = Listener()
    it.feed.on_size(VOLUME, 1_000)
    it.feed.on_price(LAST, 10.0, 100)
    it.feed.on_size(VOLUME, 1_100)
    it.feed.on_string(RT_VOLUME, "10.0;100;1000500;1100;10.0;true")
    assert it.trades == [Trade("BHP", NOW, 10.0, 100, 1_100)]


def test_without_rt_volume_a_rise_of_the_volume_is_a_trade() -> None:
    it = Listener()
    it.feed.on_price(LAST, 10.0, 100)
    it.feed.on_size(VOLUME, 5_000)  # where we come in
    assert it.trades == []
    it.feed.on_price(LAST, 10.02, 50)
    it.feed.on_size(VOLUME, 5_050)
    it.feed.on_size(VOLUME, 5_050)
    assert it.trades == [Trade("BHP", NOW, 10.02, 50, 5_050)]


@given(st.lists(st.sampled_from(["", ";;;;;", "x;y;z;w;;", "10;1;;5;;", ";5;1000;50;;false", "1;2", "0;0;1000;9;;"])))
def test_a_spoilt_rt_volume_is_no_trade(values: list[str]) -> None:
    it = Listener()
    for value in values:
        it.feed.on_string(RT_VOLUME, value)
    assert it.trades == []


def test_the_quote_of_a_packet_comes_before_its_trade() -> None:
    it = Listener()
    it.feed.on_price(ASK, 10.0, 100)
    it.feed.on_string(RT_VOLUME, "10.0;100;1000500;1100;10.0;true")
    it.feed.end_packet()
    assert [type(event) for event in it.events] == [Quote, Trade]


def test_halts_are_told_when_they_change() -> None:
    it = Listener()
    for value in (-1.0, 0.0, 0.0, 2.0, 1.0, 0.0):
        it.feed.on_generic(HALTED, value)
    assert [event.halted for event in it.events if isinstance(event, HaltChanged)] == [None, False, True, False]


def test_all_is_held_back_until_todays_bars_are_out() -> None:
    it = Listener(released=False)
    it.feed.on_price(BID, 9.99, 500)
    it.feed.end_packet()
    it.feed.on_string(RT_VOLUME, "9.9;100;900000;1000;9.9;true")
    it.feed.on_string(RT_VOLUME, "10.0;100;960000;1100;9.9;true")
    assert it.events == []
    it.feed.release(960.0)
    assert it.events == [Quote("BHP", NOW, 9.99, 500, 0.0, 0), Trade("BHP", 960.0, 10.0, 100, 1_100)]


def test_what_is_held_back_is_bounded() -> None:
    it = Listener(released=False)
    for number in range(2_000):
        it.feed.on_string(RT_VOLUME, f"10.0;1;{1_000_000 + number};{number + 1};9.9;true")
    it.feed.release(0.0)
    assert len(it.events) == 500
    assert it.trades[-1].day_volume == 2_000


def test_data_that_are_not_live_give_no_quote_and_say_so_once() -> None:
    it = Listener()
    it.feed.on_data_type(3)
    it.feed.on_data_type(4)
    it.feed.on_price(BID, 9.99, 500)
    it.feed.on_string(RT_VOLUME, "10.0;100;1000500;1100;10.0;true")
    it.feed.end_packet()
    assert it.events == []
    assert len(it.failures) == 1


def test_errors_of_the_subscription_fail_it_and_warnings_do_not() -> None:
    it = Listener()
    it.feed.on_error(10167, "Displaying delayed market data")
    it.feed.on_error(2119, "connecting")
    assert it.failures == []
    it.feed.on_error(354, "Requested market data is not subscribed")
    assert it.failures == ["354 Requested market data is not subscribed"]


@pytest.mark.parametrize(("level", "available"), [(3.0, True), (2.51, True), (2.5, False), (2.0, False), (1.0, False)])
def test_only_what_needs_no_locate_can_be_borrowed(level: float, available: bool) -> None:
    it = Listener(released=False)  # never held back: an entry may wait for it
    it.feed.on_generic(SHORTABLE, level)
    it.feed.on_size(SHORTABLE_SHARES, 52_300)
    it.feed.end_packet()
    assert it.events == [ShortAvailability("BHP", NOW, available, 52_300)]


def test_what_can_be_borrowed_is_told_when_it_changes() -> None:
    it = Listener()
    it.feed.on_size(SHORTABLE_SHARES, 9_000)
    it.feed.end_packet()
    assert it.events == []  # a number alone does not say whether it may be sold
    for level, shares in ((3.0, 9_000), (3.0, 9_000), (3.0, 1_200), (2.0, 300), (2.0, -1)):
        it.feed.on_generic(SHORTABLE, level)
        it.feed.on_size(SHORTABLE_SHARES, shares)
        it.feed.end_packet()
    told = [(event.available, event.shares) for event in it.events if isinstance(event, ShortAvailability)]
    assert told == [(True, 9_000), (True, 1_200), (False, 300), (False, None)]


# ---- the open -------------------------------------------------------------------------------------


def opens(it: Listener) -> list[float]:
    return [event.price for event in it.events if isinstance(event, OpenPrice)]


def test_the_open_of_the_day_before_is_not_told() -> None:
    it = Listener()
    it.feed.on_price(OPEN, 9.0, 0)
    it.feed.on_price(BID, 9.99, 500)
    it.feed.end_packet()
    assert opens(it) == []
    it.feed.on_string(RT_VOLUME, "10.0;5000;1000500;5000;10.0;true")  # the day's first trade
    assert opens(it) == [] and it.trades
    it.feed.on_price(OPEN, 10.0, 0)
    it.feed.on_price(OPEN, 10.0, 0)
    assert opens(it) == [10.0]


def test_who_comes_after_the_open_is_told_it_before_the_first_trade_or_the_bars() -> None:
    by_trade = Listener()
    by_trade.feed.on_price(OPEN, 10.0, 0)
    by_trade.feed.on_string(RT_VOLUME, "10.2;100;1000500;5000;10.0;true")
    assert [type(event) for event in by_trade.events] == [OpenPrice, Trade]
    by_bars = Listener(released=False)
    by_bars.feed.on_price(OPEN, 10.0, 0)
    assert by_bars.events == []
    by_bars.feed.has_traded()
    assert opens(by_bars) == [10.0], "not held back: the bars that follow are judged by it"


def test_a_trade_of_an_earlier_day_does_not_vouch_for_the_open() -> None:
    it = Listener(released=False)
    it.feed.on_price(OPEN, 9.0, 0)
    it.feed.on_string(RT_VOLUME, "9.5;100;1000500;50000;9.0;true")
    it.feed.release(2_000.0)
    assert it.events == []


@pytest.mark.parametrize("price", [0.0, -1.0])
def test_no_open_is_no_open(price: float) -> None:
    it = Listener()
    it.feed.on_price(OPEN, price, 0)
    it.feed.has_traded()
    assert it.events == []
