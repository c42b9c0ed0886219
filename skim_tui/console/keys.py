"""From a key to what it means where the focus is, and to the hand that does it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.screen import ModalScreen
from textual.widgets import Input

from skim_tui.console.actions import resolve
from skim_tui.console.arrange import PANES

if TYPE_CHECKING:
    from skim_tui.console.app import SkimApp


class Keys:
    """Carries out the actions of the table, each by the method ``do_<action id>`` of one of the hands."""

    def __init__(self, app: SkimApp) -> None:
        self._app = app
        self.bound = list(dict.fromkeys(key for action in app.actions for key in action.key_names))
        """Keys that mean an action somewhere."""

    def press_at_once(self, key: str) -> bool:
        """Carry out a bound key before the next one is looked at, so that keys typed ahead find the focus where the
        keys before them put it; whether it was one. Left to the focused widget, the next key would be handed to
        that widget as well."""
        typing = isinstance(self._app.focused, Input) or isinstance(self._app.screen, ModalScreen)
        if typing or key not in self.bound:
            return False
        self.press(key)
        return True

    def press(self, key: str) -> None:
        """A bound key was pressed: what it means depends on the place."""
        action = resolve(self._app.actions, key, self._app.place)
        if action is not None:
            self.perform(action.id)

    def perform(self, action_id: str) -> None:
        """Do what the action ``action_id`` of the table means, if it works where the focus is."""
        app = self._app
        action = next(action for action in app.actions if action.id == action_id)
        if action.where and app.place not in action.where:
            known = [place for place in action.where if place in PANES]
            if app.page is not None and known:
                app.say(f"{action.label}: esc to the desk first", "warn")
            else:
                app.say(f"{action.label}: go to the {' or '.join(known or action.where)} first", "warn")
            return
        if action_id.startswith("pane_"):
            app.looking.go(PANES[int(action_id.removeprefix("pane_")) - 1])
            return
        name = f"do_{action_id}"
        for hand in (app.page, app.charting, app.operating, app.trading, app.leafing, app.looking):
            do = getattr(hand, name, None)
            if do is not None:
                do()
                return
