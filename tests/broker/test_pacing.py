"""Pacing: data requests wait their turn, what has left counts."""

from __future__ import annotations

import asyncio

from hypothesis import given
from hypothesis import strategies as st

from skim_tui.broker.pacing import Pacer, Priority, TokenBucket


@given(
    rate=st.floats(1.0, 50.0),
    burst=st.integers(1, 20),
    gaps=st.lists(st.floats(0.0, 0.5), min_size=1, max_size=200),
    orders=st.sets(st.integers(0, 199)),
)
def test_no_second_sees_more_than_burst_plus_rate(rate: float, burst: int, gaps: list[float], orders: set[int]) -> None:
    """Orders leave whenever they like; the data requests beside them keep the sum of both in bounds."""
    bucket = TokenBucket(rate, burst)
    now = 0.0
    sent: list[tuple[float, bool]] = []
    for index, gap in enumerate(gaps):
        now += gap
        if index in orders:
            bucket.spend(now)
            sent.append((now, True))
        elif bucket.take(now):
            sent.append((now, False))
    for start, _ in sent:
        window = [is_order for at, is_order in sent if start <= at < start + 1.0]
        data = window.count(False)
        assert data <= burst + rate + 1e-6
        if data:
            last_data = max(at for at, is_order in sent if not is_order and start <= at < start + 1.0)
            until_then = sum(1 for at, _ in sent if start <= at <= last_data)
            orders_at_the_end = sum(1 for at, is_order in sent if is_order and at == last_data)
            assert until_then - orders_at_the_end <= burst + rate + 1e-6


@given(st.floats(1.0, 50.0), st.integers(1, 10), st.integers(0, 30))
def test_ready_in_is_exact(rate: float, burst: int, debt: int) -> None:
    bucket = TokenBucket(rate, burst)
    bucket.spend(0.0, burst + debt)
    wait = bucket.ready_in(0.0)
    assert not bucket.take(wait * 0.99)
    assert bucket.take(wait + 1e-6)


async def test_turns_go_by_priority_then_arrival() -> None:
    time = 0.0
    pacer = Pacer(rate=1000.0, burst=1, clock=lambda: time)
    await pacer.turn(Priority.LOOKUP)  # takes the burst
    order: list[str] = []

    async def ask(name: str, priority: Priority) -> None:
        await pacer.turn(priority)
        order.append(name)

    async with asyncio.TaskGroup() as tasks:
        for name, priority in (
            ("look-up 1", Priority.LOOKUP),
            ("stream 1", Priority.STREAM),
            ("look-up 2", Priority.LOOKUP),
            ("stream 2", Priority.STREAM),
        ):
            tasks.create_task(ask(name, priority))
        await asyncio.sleep(0)
        assert pacer.waiting == 4
        while pacer.waiting:
            time += 0.001
            await asyncio.sleep(0.001)
    assert order == ["stream 1", "stream 2", "look-up 1", "look-up 2"]


async def test_a_cancelled_request_costs_no_turn() -> None:
    time = 0.0
    pacer = Pacer(rate=1000.0, burst=1, clock=lambda: time)
    await pacer.turn(Priority.LOOKUP)
    gone = asyncio.create_task(pacer.turn(Priority.STREAM))
    kept = asyncio.create_task(pacer.turn(Priority.LOOKUP))
    await asyncio.sleep(0)
    gone.cancel()
    await asyncio.sleep(0)
    time += 0.001
    await asyncio.wait_for(kept, 5)
    assert pacer.waiting == 0


async def test_history_places_are_limited_and_given_back() -> None:
    pacer = Pacer(rate=1e6, burst=100, history_open=2)
    open_now = most = 0

    async def ask() -> None:
        nonlocal open_now, most
        async with pacer.history():
            open_now += 1
            most = max(most, open_now)
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            open_now -= 1

    async with asyncio.TaskGroup() as tasks:
        for _ in range(10):
            tasks.create_task(ask())
    assert (most, open_now) == (2, 0)
