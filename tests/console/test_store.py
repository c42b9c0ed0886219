"""The store equals what the desk published, whatever the order of deltas."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from skim_tui.console.store import Store
from skim_tui.link.account import HeaderView
from skim_tui.link.market import CandidateView
from skim_tui.link.messages import Delta
from skim_tui.link.notices import LogView

rows = st.dictionaries(st.sampled_from("ABCDE"), st.integers(0, 3), max_size=5)
deltas = st.tuples(st.booleans(), rows, st.lists(st.sampled_from("ABCDE"), max_size=3))


@given(st.lists(deltas, max_size=12))
def test_store_follows_deltas_and_names_exactly_what_changed(sequence):
    store, model = Store(), {}
    for whole, upserts, removes in sequence:
        removes = [key for key in removes if key not in upserts]
        before = dict(store.candidates)
        views = {key: CandidateView(symbol=key, rank=rank) for key, rank in upserts.items()}
        changed = store.apply(Delta(upserts={"candidates": views}, removes={"candidates": tuple(removes)}, whole=whole))
        model = {**({} if whole else model), **views}
        for key in removes:
            model.pop(key, None)
        assert store.candidates == model
        touched = {key for key in before.keys() | model.keys() if before.get(key) != model.get(key)}
        assert changed.get("candidates", set()) == touched


def test_a_whole_state_replaces_every_topic():
    store = Store()
    store.apply(Delta(upserts={"log": {"1": LogView(1, 0.0, "info", "old desk")}}))
    store.apply(Delta(whole=True, upserts={"header": {"": HeaderView(market="XASX")}}))
    assert not store.log and store.header.market == "XASX" and store.loaded


def test_the_log_keeps_only_the_newest_lines():
    store = Store()
    for seq in range(1, 700):
        store.apply(Delta(upserts={"log": {str(seq): LogView(seq, 0.0, "info", "x")}}))
    assert len(store.log) == 500 and store.last_seq() == 699 and "1" not in store.log


def test_an_unknown_topic_is_ignored():
    assert Store().apply(Delta(upserts={"weather": {"x": HeaderView()}})) == {}
