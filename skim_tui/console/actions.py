"""Every user action, once: footer, help, palette, key bindings and tests read this table."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from skim_tui.console.arrange import PANES


@dataclass(frozen=True, slots=True)
class Action:
    """What a key does. The application performs ``id`` by a method ``do_<id>``."""

    id: str
    keys: str
    """Textual key names, comma separated."""
    label: str
    what: str
    group: str
    where: tuple[str, ...] = ()
    """The places (panes, screens) in which it works; empty for everywhere."""
    footer: int = 0
    """Rank in the footer, 1 first; 0 is never shown there."""

    @property
    def shown_keys(self) -> str:
        return " ".join(_SHOWN.get(key, key) for key in self.keys.split(","))

    @property
    def key_names(self) -> list[str]:
        return self.keys.split(",")


_SHOWN = {
    "up": "↑", "down": "↓", "left": "←", "right": "→", "slash": "/", "question_mark": "?", "escape": "esc",
    "left_square_bracket": "[", "right_square_bracket": "]", "pageup": "pgup", "pagedown": "pgdn", "tab": "tab",
    "plus": "+", "minus": "-", "equals_sign": "=", "less_than_sign": "<", "greater_than_sign": ">",
}  # fmt: skip

DECIDE, PROTECT, LOOK, CHART, SCREEN, PAGE = "Decide", "Protect", "Look", "Chart", "Panes", "Screens"

DESK = PANES
SEARCHED = (
    "candidates",
    "tickets",
    "orders",
    "news",
    "log",
    "why not",
    "journal",
    "settings",
    "help",
    "away",
    "report",
    "article",
)
"""Places whose rows can be searched."""

ACTIONS: tuple[Action, ...] = (
    Action("approve", "a", "approve", "send the ticket on the card, once, after it is armed", DECIDE, DESK, footer=1),
    Action("decline", "d", "decline", "decline the ticket on the card", DECIDE, DESK, footer=2),
    Action("edit", "e", "edit", "change size, limit, stop or target of the ticket on the card", DECIDE, DESK, footer=3),
    Action("previous_ticket", "left_square_bracket", "previous ticket", "show the ticket before on the card", DECIDE, DESK),
    Action("next_ticket", "right_square_bracket", "next ticket", "show the next ticket on the card", DECIDE, DESK),
    Action("batch", "B", "batch", "all waiting tickets in one list: mark, then send", DECIDE, DESK),
    Action("buy", "b", "buy", "order entry by hand, sized and gated like a ticket", DECIDE, DESK, footer=7),
    Action("auto", "A", "auto", "arm or disarm auto mode: the desk sends entries by itself", DECIDE, footer=9),
    Action("close", "x", "close", "close the selected position at market", PROTECT, ("positions",), footer=3),
    Action("move_stop", "s", "stop", "tighten the stop of the position (in the chart: to the crosshair)", PROTECT, ("positions", "chart"), footer=4),
    Action("target", "t", "target", "set or move the profit target of the position", PROTECT, ("positions", "chart"), footer=4),
    Action("scale_out", "o", "scale out", "sell (short: buy back) part of the position at market", PROTECT, ("positions",), footer=4),
    Action("repair", "r", "repair", "see now that the stop covers the position", PROTECT, ("positions",), footer=5),
    Action("cancel", "c", "cancel", "cancel the selected order", PROTECT, ("orders",), footer=3),
    Action("cancel_all", "C", "cancel all", "cancel every working entry; stops stay", PROTECT, DESK),
    Action("kill", "K", "KILL", "cancel every entry and block new ones; offers to close all", PROTECT, footer=5),
    Action("resume", "R", "resume", "allow entries again after the kill switch", PROTECT),
    Action("override", "O", "override", "ask, with a reason, for a lock-out to end after its delay", PROTECT, DESK),
    Action("acknowledge", "m", "acknowledge", "you have seen the mismatches: allow entries again", PROTECT),
    Action("up", "up,k", "up", "move up", LOOK),
    Action("down", "down,j", "down", "move down", LOOK),
    Action("page_up", "pageup", "page up", "move a page up", LOOK),
    Action("page_down", "pagedown", "page down", "move a page down", LOOK),
    Action("top", "home,g", "top", "move to the first row", LOOK),
    Action("bottom", "end,G", "bottom", "move to the last row", LOOK),
    Action("filter", "slash", "search", "show only rows with this text", LOOK, SEARCHED, footer=8),
    Action("level", "f", "level", "show all, warnings and errors, or errors", LOOK, ("log",), footer=3),
    Action("article", "v", "read", "the text behind the headline", LOOK, ("news",), footer=3),
    Action("crosshair_left", "left,h", "bar before", "move the crosshair to the bar before", CHART, ("chart",)),
    Action("crosshair_right", "right,l", "next bar", "move the crosshair to the next bar", CHART, ("chart",)),
    Action("crosshair_up", "up,k", "price up", "move the crosshair's price up", CHART, ("chart",)),
    Action("crosshair_down", "down,j", "price down", "move the crosshair's price down", CHART, ("chart",)),
    Action("interval", "i", "interval", "bars of 1, 5, 15 minutes, days, or as they fit", CHART, ("chart",), footer=3),
    Action("pane_1", "1", "candidates", "go to the candidates", SCREEN, DESK),
    Action("pane_2", "2", "chart", "go to the chart", SCREEN, DESK),
    Action("pane_3", "3", "tickets", "go to the tickets", SCREEN, DESK),
    Action("pane_4", "4", "positions", "go to the positions", SCREEN, DESK),
    Action("pane_5", "5", "orders", "go to the orders", SCREEN, DESK),
    Action("pane_6", "6", "news", "go to the news", SCREEN, DESK),
    Action("pane_7", "7", "log", "go to the log", SCREEN, DESK),
    Action("next_pane", "tab,right,l", "next pane", "go to the next pane", SCREEN, footer=12),
    Action("previous_pane", "shift+tab,left,h", "previous pane", "go to the pane before", SCREEN),
    Action("zoom", "z", "zoom", "give this pane the whole screen, or give it back", SCREEN, DESK, footer=10),
    Action("hide", "Z", "hide", "hide this pane; its number brings it back", SCREEN, DESK),
    Action("taller", "plus,equals_sign", "taller", "make this pane taller", SCREEN, DESK),
    Action("shorter", "minus", "shorter", "make this pane shorter", SCREEN, DESK),
    Action("wider", "greater_than_sign", "wider", "make this pane's column wider", SCREEN, DESK),
    Action("narrower", "less_than_sign", "narrower", "make this pane's column narrower", SCREEN, DESK),
    Action("reset", "0", "reset layout", "all panes back, in their own sizes", SCREEN, DESK),
    Action("theme", "T", "theme", "choose a theme; each shows as you pass it", SCREEN),
    Action("away", "w", "while away", "what happened while no console was attached", PAGE),
    Action("why_not", "W", "why not", "candidates that were not traded, why, and the moves missed", PAGE),
    Action("journal", "J", "journal", "trades, equity curve, expectancy, R, slippage", PAGE),
    Action("report", "D", "daily report", "the report of the session so far", PAGE),
    Action("replay", "P", "replay", "the tape of the embedded exchange: pause, speed, step, seek, choose", PAGE),
    Action("health", "H", "health", "connection, latencies, queues, rates, errors, stalls", PAGE),
    Action("settings", "S", "settings", "look at and change the settings", PAGE),
    Action("help", "question_mark", "help", "all keys", PAGE, footer=6),
    Action("turn_right", "right,l", "next view", "the next view, session or period of this screen", PAGE, ("why not", "journal"), footer=1),
    Action("turn_left", "left,h", "view before", "the view, session or period before", PAGE, ("why not", "journal")),
    Action("period", "p", "period", "today, the last 5, 20 or all sessions", PAGE, ("journal",), footer=2),
    Action("change", "e", "change", "change the selected setting", PAGE, ("settings",), footer=1),
    Action("selftest", "t", "self-test", "crashes and faults against a twin of this desk", PAGE, ("health",), footer=1),
    Action("pause", "space", "pause", "stop the exchange's clock, or let it run", PAGE, ("replay",), footer=1),
    Action("faster", "plus,equals_sign", "faster", "twice as fast", PAGE, ("replay",), footer=2),
    Action("slower", "minus", "slower", "half as fast", PAGE, ("replay",), footer=3),
    Action("step", "right,l", "step", "play one minute, then pause", PAGE, ("replay",), footer=4),
    Action("seek", "s", "seek", "play at once up to a time of the day", PAGE, ("replay",), footer=5),
    Action("choose", "e", "choose", "start the selected tape with a new account", PAGE, ("replay",), footer=5),
    Action("escape", "escape", "back", "leave the screen, zoom, search or crosshair", SCREEN, footer=20),
    Action("suspend", "ctrl+z", "suspend", "put this console behind the shell until fg; the desk goes on", SCREEN),
    Action("leave", "q", "quit", "close this console; the desk can stay", SCREEN, footer=11),
)  # fmt: skip


class KeymapError(Exception):
    """A keymap names an unknown action or gives one key to two in one place; the message says which."""


def with_keymap(keymap: Mapping[str, Any]) -> tuple[Action, ...]:
    """The table with the keys of ``keymap`` (action id to keys) in place of its own.

    Raises :class:`KeymapError`. One key may mean different things in different places; a key of a few
    places hides what it means elsewhere.
    """
    known = {action.id for action in ACTIONS}
    for name, keys in keymap.items():
        if name not in known:
            near = difflib.get_close_matches(name, known, 1)
            raise KeymapError(f"keymap: {name} is no action{f', did you mean {near[0]}?' if near else ''}")
        if not isinstance(keys, str):
            raise KeymapError(f'keymap: {name} = {keys!r}: must be text like "f5" or "a,f5"')
    actions = tuple(replace(a, keys=keymap[a.id].replace(" ", "")) if a.id in keymap else a for a in ACTIONS)
    owners: dict[str, list[Action]] = {}
    for action in actions:
        for key in action.key_names:
            if key in ("", "enter"):
                raise KeymapError(f"keymap: {action.id}: {key or 'an empty key'} cannot be bound")
            for other in owners.setdefault(key, []):
                if collide(other, action):
                    raise KeymapError(f"keymap: {key} is both {other.id} and {action.id}")
            owners[key].append(action)
    return actions


def collide(one: Action, other: Action) -> bool:
    """Whether the same key for both would leave one of them without a place."""
    if one.where and other.where:
        return bool({*one.where} & {*other.where})
    return (not one.where and not other.where) or {*one.where, *other.where} >= {*DESK}


def resolve(actions: tuple[Action, ...], key: str, place: str) -> Action | None:
    """What ``key`` means in ``place``: its own meaning there before the general one, or the nearest it has."""
    having = [action for action in actions if key in action.key_names]
    here = [action for action in having if place in action.where]
    general = [action for action in having if not action.where]
    return next(iter([*here, *general, *having]), None)
