"""The broker clock: one clock with the system, or a fitted one on a simulated day at any speed."""

from __future__ import annotations

import math
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skim_tui.broker.brokerclock import BrokerClock, ClockSample

WALL = 1_795_000_000.0
FIRST = (0.0, 0.1, 0.2, 0.4, 0.8)


def sample_times(seconds: float) -> list[float]:
    """As the adapter samples: a few at once, then every two seconds."""
    times = list(FIRST)
    while times[-1] + 2.0 < seconds:
        times.append(times[-1] + 2.0)
    return times


class Exchange:
    """A clock that was ``epoch`` at local time 0 and runs at ``speed``, answering in whole seconds."""

    def __init__(self, epoch: float, speed: float, jitter: float, seed: int) -> None:
        self.epoch, self.speed, self.jitter = epoch, speed, jitter
        self._random = Random(seed)

    def at(self, local: float) -> float:
        return self.epoch + self.speed * local

    def answer(self, sent: float) -> ClockSample:
        there = sent + self._random.uniform(0, self.jitter)
        back = there + self._random.uniform(0, self.jitter)
        return ClockSample(sent, back, math.floor(self.at(there)))


@settings(max_examples=60, deadline=None)
@given(
    speed=st.sampled_from([1.0, 15.0, 60.0, 300.0]) | st.floats(0.5, 400.0),
    jitter=st.floats(0.0, 0.03),
    start=st.floats(0.0, 1.0),
    seed=st.integers(0, 10_000),
)
def test_it_stays_within_a_second_and_the_delay_at_any_speed(
    speed: float, jitter: float, start: float, seed: int
) -> None:
    exchange = Exchange(1_763_670_000.0 + start, speed, jitter, seed)
    clock = BrokerClock()
    last = 0.0
    times = sample_times(40.0)
    for index, local in enumerate(times):
        sample = exchange.answer(local)
        clock.sample(sample, WALL + sample.received)
        until = times[index + 1] if index + 1 < len(times) else local + 2.0
        look = sample.received
        while look < until and index >= len(FIRST) - 1:
            now = clock.now(look, WALL + look)
            # Whole seconds over the first 0.8 s leave the pace open by 1/0.8: it settles with the next sample.
            # Twice the delay, as the answer may have been slow on both ways.
            settling = 2.0 if index < len(FIRST) + 1 else 0.0
            assert abs(now - exchange.at(look)) <= 1.2 + settling + 2 * jitter * (speed + settling)
            assert now >= last
            last = now
            look += 0.25
    assert clock.speed == pytest.approx(speed, abs=2.5 / 38 + 4 * jitter * speed / 38)
    assert not clock.is_system


@given(skew=st.floats(-1.4, 1.4), seed=st.integers(0, 1000))
def test_a_small_skew_is_the_system_clock(skew: float, seed: int) -> None:
    exchange = Exchange(WALL + skew, 1.0, 0.02, seed)
    clock = BrokerClock()
    for local in sample_times(30.0):
        sample = exchange.answer(local)
        clock.sample(sample, WALL + sample.received)
    assert clock.is_system
    assert clock.now(31.0, WALL + 31.0) == WALL + 31.0
    assert abs(clock.skew - skew) <= 0.6
    assert clock.speed == 1.0


def test_before_the_first_sample_it_is_the_system_clock() -> None:
    assert BrokerClock().now(5.0, WALL) == WALL


def test_it_stands_still_when_answers_stop_coming() -> None:
    clock = BrokerClock(horizon=15.0)
    exchange = Exchange(1_763_670_000.0, 15.0, 0.0, 1)
    for local in sample_times(20.0):
        clock.sample(exchange.answer(local), WALL + local)
    newest = sample_times(20.0)[-1]
    assert clock.now(newest + 500.0, WALL) == clock.now(newest + 15.0, WALL)


def test_a_jump_to_the_next_session_is_followed_at_once() -> None:
    clock = BrokerClock()
    exchange = Exchange(1_763_670_000.0, 60.0, 0.001, 3)
    for local in sample_times(20.0):
        clock.sample(exchange.answer(local), WALL + local)
    exchange.epoch += 17.5 * 3600
    clock.sample(exchange.answer(22.0), WALL + 22.0)
    assert abs(clock.now(22.01, WALL) - exchange.at(22.01)) <= 2.0
    clock.sample(exchange.answer(24.0), WALL + 24.0)
    assert abs(clock.now(24.01, WALL) - exchange.at(24.01)) <= 2.0


def test_a_clock_set_back_is_followed() -> None:
    clock = BrokerClock()
    exchange = Exchange(1_763_670_000.0, 15.0, 0.001, 3)
    for local in sample_times(20.0):
        clock.sample(exchange.answer(local), WALL + local)
    assert clock.now(20.0, WALL) > 1_763_670_000.0
    exchange.epoch -= 3600
    clock.sample(exchange.answer(22.0), WALL + 22.0)
    assert abs(clock.now(22.01, WALL) - exchange.at(22.01)) <= 2.0


def test_an_outage_does_not_change_the_time() -> None:
    clock = BrokerClock()
    exchange = Exchange(1_763_670_000.0, 15.0, 0.001, 3)
    for local in sample_times(20.0):
        clock.sample(exchange.answer(local), WALL + local)
    clock.reconnected()
    assert abs(clock.now(24.0, WALL + 24.0) - exchange.at(24.0)) <= 2.0
    clock.sample(exchange.answer(320.0), WALL + 320.0)
    assert abs(clock.now(320.01, WALL + 320.01) - exchange.at(320.01)) <= 2.0
    assert abs(clock.speed - 15.0) < 0.2


def test_a_new_connection_may_lead_to_the_system_clock() -> None:
    clock = BrokerClock()
    exchange = Exchange(1_763_670_000.0, 15.0, 0.001, 3)
    for local in sample_times(20.0):
        clock.sample(exchange.answer(local), WALL + local)
    clock.reconnected()
    clock.sample(ClockSample(30.0, 30.01, math.floor(WALL + 30.0)), WALL + 30.0)
    assert clock.is_system
    assert clock.now(31.0, WALL + 31.0) == WALL + 31.0


@given(
    step=st.sampled_from([-7200.0, -90.0, -2.5, 2.5, 90.0, 7200.0]), at=st.floats(6.0, 20.0), seed=st.integers(0, 1000)
)
def test_a_system_clock_that_is_set_does_not_take_the_brokers_time_along(step: float, at: float, seed: int) -> None:
    exchange = Exchange(WALL, 1.0, 0.02, seed)
    clock = BrokerClock()
    times = sample_times(60.0)
    for local, following in zip(times, times[1:], strict=False):
        sample = exchange.answer(local)
        clock.sample(sample, WALL + sample.received + (step if sample.received >= at else 0.0))
        look = sample.received
        while look < following:
            now = clock.now(look, WALL + look + (step if look >= at else 0.0))
            assert abs(now - exchange.at(look)) <= 2.6
            look += 0.25


def test_without_a_connection_the_system_clock_holds() -> None:
    clock = BrokerClock(horizon=15.0)
    clock.sample(ClockSample(0.0, 0.01, math.floor(WALL)), WALL)
    assert clock.now(16.0, WALL + 500.0) == WALL + 500.0
