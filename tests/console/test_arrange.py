"""The layout fills the screen without overlap at any size and choice."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skim_tui.console.arrange import CARD, PANES, Wish, arrange

wishes = st.builds(
    Wish, card=st.booleans(), zoomed=st.sampled_from(("", *PANES)), hidden=st.frozensets(st.sampled_from(PANES)),
    slot=st.sampled_from(PANES),
)  # fmt: skip


@given(st.integers(60, 300), st.integers(18, 90), wishes)
def test_boxes_tile_the_area(width, height, wish):
    boxes = arrange(width, height, wish)
    cells = [[0] * width for _ in range(height)]
    for box in boxes.values():
        for y in range(box.y, box.y + box.height):
            for x in range(box.x, box.x + box.width):
                cells[y][x] += 1
    assert all(cell == 1 for row in cells for cell in row)


@given(st.integers(60, 300), st.integers(18, 90), wishes)
def test_a_waiting_ticket_always_has_its_card(width, height, wish):
    boxes = arrange(width, height, wish)
    assert (CARD in boxes) == wish.card
    if wish.card:
        assert boxes[CARD].height >= 9


@pytest.mark.parametrize(("width", "height"), [(80, 20), (120, 36), (200, 56)])
def test_candidates_positions_and_chart_are_there_at_the_main_sizes(width, height):
    assert {"candidates", "positions", "chart"} <= arrange(width, height, Wish()).keys()


def test_everything_is_there_on_a_large_screen():
    assert arrange(200, 56, Wish(card=True)).keys() == {*PANES, CARD}
