"""The command palette's entries: the action table and the themes."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Protocol, cast

from textual.command import DiscoveryHit, Hit, Hits, Provider

from skim_tui.console.actions import Action
from skim_tui.console.keys import Keys


class Performer(Protocol):
    """What the palette needs of the application."""

    actions: tuple[Action, ...]
    keys: Keys

    @property
    def place(self) -> str: ...
    def theme_names(self) -> list[str]: ...
    def use_theme(self, name: str) -> None: ...


class Commands(Provider):
    """Every action that works here by its label and meaning, and every theme by its name."""

    def _entries(self) -> list[tuple[str, str, Callable[[], None]]]:
        app = cast(Performer, self.app)
        entries: list[tuple[str, str, Callable[[], None]]] = [
            (f"{action.label}  ({action.shown_keys})", action.what, partial(app.keys.perform, action.id))
            for action in app.actions
            if not action.where or app.place in action.where
        ]
        entries += [(f"theme {name}", "use this theme", partial(app.use_theme, name)) for name in app.theme_names()]
        return entries

    async def discover(self) -> Hits:
        for label, what, run in self._entries():
            yield DiscoveryHit(label, run, help=what)

    async def search(self, query: str) -> Hits:
        matcher = self.matcher(query)
        for label, what, run in self._entries():
            score = matcher.match(f"{label} {what}")
            if score > 0:
                yield Hit(score, matcher.highlight(label), run, help=what)
