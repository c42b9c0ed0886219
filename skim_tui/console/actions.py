"""Every user action, once: footer, help, palette, key bindings and tests read this table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Action:
    """What a key does. The application performs ``id`` by its method ``do_<id>``."""

    id: str
    keys: str
    """Textual key names, comma separated."""
    label: str
    what: str
    group: str
    where: tuple[str, ...] = ()
    """The panes in which it works; empty for everywhere."""
    footer: int = 0
    """Rank in the footer, 1 first; 0 is never shown there."""

    @property
    def shown_keys(self) -> str:
        return " ".join(_SHOWN.get(key, key) for key in self.keys.split(","))


_SHOWN = {
    "up": "↑", "down": "↓", "left": "←", "right": "→", "slash": "/", "question_mark": "?", "escape": "esc",
    "left_square_bracket": "[", "right_square_bracket": "]", "pageup": "pgup", "pagedown": "pgdn", "tab": "tab",
}  # fmt: skip

DECIDE, PROTECT, LOOK, SCREEN = "Decide", "Protect", "Look", "Screen"

ACTIONS: tuple[Action, ...] = (
    Action("approve", "a", "approve", "send the ticket on the card, once, after it is armed", DECIDE, footer=1),
    Action("decline", "d", "decline", "decline the ticket on the card", DECIDE, footer=2),
    Action("previous_ticket", "left_square_bracket", "previous ticket", "show the ticket before on the card", DECIDE),
    Action("next_ticket", "right_square_bracket", "next ticket", "show the next ticket on the card", DECIDE),
    Action("auto", "A", "auto", "arm or disarm auto mode: the desk sends entries by itself", DECIDE, footer=9),
    Action("close", "x", "close", "close the selected position at market", PROTECT, ("positions",), footer=3),
    Action("cancel", "c", "cancel", "cancel the selected order", PROTECT, ("orders",), footer=3),
    Action("kill", "K", "KILL", "cancel every entry and block new ones; offers to close all", PROTECT, footer=4),
    Action("resume", "R", "resume", "allow entries again after the kill switch", PROTECT),
    Action("acknowledge", "m", "acknowledge", "you have seen the mismatches: allow entries again", PROTECT),
    Action("up", "up,k", "up", "move up", LOOK),
    Action("down", "down,j", "down", "move down", LOOK),
    Action("page_up", "pageup", "page up", "move a page up", LOOK),
    Action("page_down", "pagedown", "page down", "move a page down", LOOK),
    Action("top", "home,g", "top", "move to the first row", LOOK),
    Action("bottom", "end,G", "bottom", "move to the last row", LOOK),
    Action("filter", "slash", "filter", "show only candidates with this text", LOOK, footer=6),
    Action("pane_1", "1", "candidates", "go to the candidates", SCREEN),
    Action("pane_2", "2", "chart", "go to the chart", SCREEN),
    Action("pane_3", "3", "tickets", "go to the tickets", SCREEN),
    Action("pane_4", "4", "positions", "go to the positions", SCREEN),
    Action("pane_5", "5", "orders", "go to the orders", SCREEN),
    Action("pane_6", "6", "news", "go to the news", SCREEN),
    Action("pane_7", "7", "log", "go to the log", SCREEN),
    Action("next_pane", "tab,right,l", "next pane", "go to the next pane", SCREEN, footer=10),
    Action("previous_pane", "shift+tab,left,h", "previous pane", "go to the pane before", SCREEN),
    Action("zoom", "z", "zoom", "give this pane the whole screen, or give it back", SCREEN, footer=8),
    Action("hide", "H", "hide", "hide this pane; its number brings it back", SCREEN),
    Action("theme", "T", "theme", "next theme", SCREEN),
    Action("help", "question_mark", "help", "all keys", SCREEN, footer=5),
    Action("escape", "escape", "back", "leave zoom or filter", SCREEN),
    Action("leave", "q", "quit", "close this console; the desk can stay", SCREEN, footer=7),
)  # fmt: skip


class KeymapError(Exception):
    """A keymap names an unknown action or gives one key to two; the message says which."""


def with_keymap(keymap: Mapping[str, str]) -> tuple[Action, ...]:
    """The table with the keys of ``keymap`` (action id to keys) in place of its own."""
    known = {action.id for action in ACTIONS}
    for name in keymap:
        if name not in known:
            raise KeymapError(f"keymap: {name} is no action")
    actions = tuple(replace(a, keys=keymap[a.id].replace(" ", "")) if a.id in keymap else a for a in ACTIONS)
    owner: dict[str, str] = {}
    for action in actions:
        for key in action.keys.split(","):
            if key in ("", "enter"):
                raise KeymapError(f"keymap: {action.id}: {key or 'an empty key'} cannot be bound")
            if key in owner:
                raise KeymapError(f"keymap: {key} is both {owner[key]} and {action.id}")
            owner[key] = action.id
    return actions
