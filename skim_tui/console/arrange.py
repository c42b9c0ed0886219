"""Where each pane lies: the screen's layout as a pure function of its size and what the operator chose."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

PANES = ("candidates", "chart", "tickets", "positions", "orders", "news", "log")
"""In the order of their number keys and of Tab."""

CARD = "card"
CARD_HEIGHT, SLIM_CARD_HEIGHT = 11, 9
SLIM_WIDTH, SLIM_HEIGHT = 110, 28
"""Below either, panes stand in one column without side borders."""
WIDE, ULTRAWIDE = 160, 260

LEAST_HEIGHT = 3
"""Of a pane that others squeeze."""
STEP = 2
"""What one key press adds to a share."""


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
    taller: Mapping[str, int] = field(default_factory=dict[str, int])
    """Added to a pane's share of its column."""
    wider: Mapping[str, int] = field(default_factory=dict[str, int])
    """Added to a pane's column's share of the width; only the pane that was resized is named."""

    def resized(self, pane: str, *, taller: int = 0, wider: int = 0) -> Wish:
        """The wish after one more resize of ``pane``."""
        more_tall = {**self.taller, pane: max(-20, min(60, self.taller.get(pane, 0) + taller * STEP))}
        more_wide = {**self.wider, pane: max(-30, min(60, self.wider.get(pane, 0) + wider * STEP))}
        return replace(self, taller=more_tall if taller else self.taller, wider=more_wide if wider else self.wider)

    def to_memory(self) -> dict[str, Any]:
        return {
            "hidden": sorted(self.hidden),
            "slot": self.slot,
            "taller": dict(self.taller),
            "wider": dict(self.wider),
        }

    @classmethod
    def from_memory(cls, found: Mapping[str, Any]) -> Wish:
        """The remembered wish; whatever does not fit is left out."""

        def sizes(key: str) -> dict[str, int]:
            table = found.get(key)
            pairs = table.items() if isinstance(table, dict) else ()
            return {pane: max(-30, min(60, size)) for pane, size in pairs if pane in PANES and isinstance(size, int)}

        hidden = found.get("hidden")
        kept = frozenset(pane for pane in hidden if pane in PANES) if isinstance(hidden, list) else frozenset()
        slot = found.get("slot")
        return cls(
            hidden=kept if len(kept) < len(PANES) else frozenset(), slot=slot if slot in PANES else "chart",
            taller=sizes("taller"), wider=sizes("wider"),
        )  # fmt: skip


Column = list[tuple[str, int]]
"""Panes of a column, top to bottom, with their share of its height."""


def slim(width: int, height: int) -> bool:
    """Whether the screen is too small for panes side by side."""
    return width < SLIM_WIDTH or height < SLIM_HEIGHT


def kind(width: int, height: int) -> str:
    """The sort of layout a screen of this size gets; each is remembered by itself."""
    if slim(width, height):
        return "slim"
    return "ultrawide" if width >= ULTRAWIDE else "wide" if width >= WIDE else "middle"


def arrange(width: int, height: int, wish: Wish) -> dict[str, Box]:
    """The box of every visible pane in an area of ``width`` x ``height``: no overlap, nothing left over."""
    card_height = SLIM_CARD_HEIGHT if slim(width, height) else CARD_HEIGHT
    if wish.zoomed:
        # A ticket is never hidden, not even by a zoomed pane.
        column: Column = [(wish.zoomed, 1)] if not wish.card else [(CARD, 0), (wish.zoomed, 1)]
        return _stack(column, Box(0, 0, width, height), card_height)
    shown = [
        (share, [(p, max(1, s + wish.taller.get(p, 0)) if p != CARD else 0) for p, s in column if _shown(p, wish)])
        for share, column in _columns(width, height, wish)
    ]
    kept = [
        (max(8, share + max((wish.wider.get(pane, 0) for pane, _ in column), key=abs, default=0)), column)
        for share, column in shown
        if column
    ] or [(100, [("candidates", 1)])]
    total = sum(share for share, _ in kept)
    boxes: dict[str, Box] = {}
    x = 0
    for index, (share, column) in enumerate(kept):
        wide = width - x if index == len(kept) - 1 else width * share // total
        boxes |= _stack(column, Box(x, 0, wide, height), card_height)
        x += wide
    return boxes


def _columns(width: int, height: int, wish: Wish) -> list[tuple[int, Column]]:
    """The columns of each kind of layout, left to right, with their share of the width."""
    match kind(width, height):
        case "ultrawide":
            return [
                (36, [("candidates", 26), (CARD, 0), ("tickets", 10)]),
                (36, [("chart", 30), ("log", 10)]),
                (28, [("positions", 14), ("orders", 12), ("news", 12)]),
            ]
        case "wide":
            return [
                (50, [("candidates", 26), (CARD, 0), ("tickets", 9), ("news", 10)]),
                (50, [("chart", 28), ("positions", 12), ("orders", 11), ("log", 8)]),
            ]
        case "middle":
            lower = wish.slot if wish.slot in ("tickets", "news") else "log"
            return [
                (54, [("candidates", 18), (CARD, 0), (lower if not wish.card or lower != "tickets" else "log", 10)]),
                (46, [("chart", 17), ("positions", 9), ("orders", 9)]),
            ]
        case _:
            slot = wish.slot if wish.slot not in ("candidates", "positions") else "chart"
            tail: Column = [(CARD, 0)] if wish.card and height < 34 else [(slot, 9)]
            if wish.card and height >= 34:
                tail.insert(0, (CARD, 0))
            return [(100, [("candidates", 7), ("positions", 5), *tail])]


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
    for index, (pane, share) in enumerate(column):
        if pane == CARD:
            high = card
        elif pane == panes[-1]:
            high = left
        else:
            later = sum(1 for name, _ in column[index + 1 :] if name != CARD)
            high = max(min(LEAST_HEIGHT, left), min(left * share // weight, left - later * LEAST_HEIGHT))
            left, weight = left - high, weight - share
        if high > 0:
            boxes[pane] = Box(area.x, y, area.width, high)
        y += high
    return boxes
