"""Connection states and waiting times."""

from __future__ import annotations

from itertools import pairwise
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skim_tui.broker.connection import Backoff, ConnectionStates, IllegalTransition
from skim_tui.domain.events import Connection

LEGAL = {
    ("DISCONNECTED", "CONNECTING"),
    ("CONNECTING", "SYNCING"),
    ("CONNECTING", "DISCONNECTED"),
    ("SYNCING", "OPERATIONAL"),
    ("SYNCING", "DISCONNECTED"),
    ("OPERATIONAL", "SYNCING"),
    ("OPERATIONAL", "DISCONNECTED"),
}


@given(st.lists(st.sampled_from(Connection), max_size=60))
def test_only_legal_moves_are_possible(wishes: list[Connection]) -> None:
    states = ConnectionStates()
    for wish in wishes:
        before = states.state
        if (before.value, wish.value) in LEGAL:
            change = states.move(wish, f"to {wish}")
            assert (states.state, states.reason, change.state) == (wish, f"to {wish}", wish)
        else:
            with pytest.raises(IllegalTransition, match=before.value):
                states.move(wish, "no")
            assert states.state is before
    for one, other in pairwise(states.history):
        assert (one.state.value, other.state.value) in LEGAL


def test_operational_comes_only_after_syncing() -> None:
    states = ConnectionStates()
    states.move(Connection.CONNECTING, "start")
    with pytest.raises(IllegalTransition, match=r"CONNECTING to OPERATIONAL \(hurry\)"):
        states.move(Connection.OPERATIONAL, "hurry")


def test_the_history_is_bounded_and_keeps_reasons() -> None:
    states = ConnectionStates()
    for number in range(200):
        states.move(Connection.CONNECTING, f"try {number}")
        states.move(Connection.DISCONNECTED, f"refused {number}")
    assert len(states.history) == 50
    assert states.reason == "refused 199"


@given(st.integers(0, 1000))
def test_waits_double_up_to_the_longest_and_start_again(seed: int) -> None:
    backoff = Backoff(Random(seed))
    waits = [backoff.wait() for _ in range(8)]
    for wait, base in zip(waits, (1, 2, 4, 8, 16, 30, 30, 30), strict=True):
        assert 0.7 * base <= wait <= base
    backoff.reset()
    assert backoff.wait() <= 1.0
    assert 21.0 <= backoff.wait_longest() <= 30.0


def test_two_clients_do_not_return_in_step() -> None:
    one, other = Backoff(Random(1)), Backoff(Random(2))
    assert [one.wait() for _ in range(5)] != [other.wait() for _ in range(5)]


def test_the_same_seed_waits_the_same() -> None:
    one, other = Backoff(Random(7)), Backoff(Random(7))
    assert [one.wait() for _ in range(5)] == [other.wait() for _ in range(5)]
