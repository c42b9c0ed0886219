"""Where each pane lies: the screen's layout as a pure function of its size and what the operator chose."""

from __future__ import annotations

from dataclasses import dataclass

PANES = ("candidates", "chart", "tickets", "positions", "orders", "news", "log")
"""In the order of their number keys and of Tab."""

CARD = "card"
CARD_HEIGHT, SLIM_CARD_HEIGHT = 11, 9
SLIM_WIDTH, SLIM_HEIGHT = 110, 28
"""Below either, panes stand in one column without side borders."""


@dataclass(frozen=True, slots=True)
class Box:
    x: int
    y: int
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Wish:
    """What the operator chose, and whether a ticket asks for a decision."""

    card: bool = False
    zoomed: str = ""
    hidden: frozenset[str] = frozenset()
    slot: str = "chart"
    """The pane shown in the place that several panes share when the screen is small."""


Column = list[tuple[str, int]]
"""Panes of a column, top to bottom, with their share of its height."""


def slim(width: int, height: int) -> bool:
    """Whether the screen is too small for panes side by side."""
    return width < SLIM_WIDTH or height < SLIM_HEIGHT


def arrange(width: int, height: int, wish: Wish) -> dict[str, Box]:
    """The box of every visible pane in an area of ``width`` x ``height``: no overlap, nothing left over."""
    if wish.zoomed:
        # A ticket is never hidden, not even by a zoomed pane.
        column: Column = [(wish.zoomed, 1)] if not wish.card else [(CARD, 0), (wish.zoomed, 1)]
        return _stack(column, Box(0, 0, width, height), SLIM_CARD_HEIGHT if slim(width, height) else CARD_HEIGHT)
    if width >= 160 and height >= SLIM_HEIGHT:
        columns = [
            (38, [("candidates", 26), (CARD, 0), ("tickets", 9), ("news", 10)]),
            (62, [("chart", 28), ("positions", 12), ("orders", 11), ("log", 8)]),
        ]
    elif not slim(width, height):
        lower = wish.slot if wish.slot in ("tickets", "news") else "log"
        columns = [
            (54, [("candidates", 18), (CARD, 0), (lower if not wish.card or lower != "tickets" else "log", 10)]),
            (46, [("chart", 17), ("positions", 9), ("orders", 9)]),
        ]
    else:
        slot = wish.slot if wish.slot not in ("candidates", "positions") else "chart"
        tail: Column = [(CARD, 0)] if wish.card and height < 34 else [(slot, 9)]
        if wish.card and height >= 34:
            tail.insert(0, (CARD, 0))
        columns = [(100, [("candidates", 7), ("positions", 5), *tail])]
    kept = [(share, [(p, s) for p, s in column if _shown(p, wish)]) for share, column in columns]
    kept = [(share, column) for share, column in kept if column]
    if not kept:
        kept = [(100, [("candidates", 1)])]
    total = sum(share for share, _ in kept)
    boxes: dict[str, Box] = {}
    x = 0
    for index, (share, column) in enumerate(kept):
        wide = width - x if index == len(kept) - 1 else width * share // total
        boxes |= _stack(column, Box(x, 0, wide, height), SLIM_CARD_HEIGHT if slim(width, height) else CARD_HEIGHT)
        x += wide
    return boxes


def _shown(pane: str, wish: Wish) -> bool:
    return wish.card if pane == CARD else pane not in wish.hidden


def _stack(column: Column, area: Box, card_height: int) -> dict[str, Box]:
    card = min(card_height, area.height) if any(pane == CARD for pane, _ in column) else 0
    if len(column) == 1:
        card = area.height if card else 0
    left, weight = area.height - card, sum(share for _, share in column)
    boxes: dict[str, Box] = {}
    y = area.y
    panes = [pane for pane, _ in column if pane != CARD]
    for pane, share in column:
        if pane == CARD:
            high = card
        elif pane == panes[-1]:
            high = left
        else:
            high = left * share // weight
            left, weight = left - high, weight - share
        if high > 0:
            boxes[pane] = Box(area.x, y, area.width, high)
        y += high
    return boxes
