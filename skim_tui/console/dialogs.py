"""Dialogs that ask: each answer has its own key, and Enter does nothing unless it is harmless."""

from __future__ import annotations

from dataclasses import dataclass

from textual import events
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.screen import ModalScreen

from skim_tui.console.actions import Action
from skim_tui.console.lineview import LineView
from skim_tui.console.palette import Palette
from skim_tui.console.spans import Line


@dataclass(frozen=True, slots=True)
class Choice:
    key: str
    label: str
    answer: str
    also: str = ""
    """A second key for the same answer."""


class Ask(ModalScreen[str]):
    """A question; the result is the answer of the choice, or empty for going back."""

    def __init__(self, palette: Palette, title: str, text: list[str], choices: list[Choice], *, grave: bool) -> None:
        super().__init__(classes="grave" if grave else "")
        self._palette = palette
        self._heading = title
        self._text = text
        self._choices = choices

    def compose(self) -> ComposeResult:
        box = LineView(self._palette, self._paint, id="ask")
        box.border_title = self._heading
        box.styles.height = len(self._text) + len(self._choices) + 6
        box.styles.width = max(44, *(len(text) + 8 for text in (*self._text, *(c.label for c in self._choices))))
        yield box

    def _paint(self, width: int, height: int) -> list[Line]:
        lines: list[Line] = [(), *(((f"  {text}", "text"),) for text in self._text), ()]
        for choice in (*self._choices, Choice("esc", "back", "")):
            lines.append((("  ", ""), (f" {choice.key} ", "ink bold on key"), (f"  {choice.label}", "text")))
        return lines

    def on_key(self, event: events.Key) -> None:
        event.stop()
        if event.key == "escape":
            self.dismiss("")
        for choice in self._choices:
            if event.key in (choice.key, choice.also) or (event.character and event.character == choice.key):
                self.dismiss(choice.answer)
                return


class Help(ModalScreen[None]):
    """All keys, made from the action table."""

    def __init__(self, palette: Palette, actions: tuple[Action, ...]) -> None:
        super().__init__()
        self._palette = palette
        self._actions = actions

    def compose(self) -> ComposeResult:
        with VerticalScroll(id="help-box") as box:
            box.border_title = "Keys"
            box.border_subtitle = "esc closes"
            lines = LineView(self._palette, self._paint, id="help")
            lines.styles.height = len(self._lines())
            yield lines

    def _lines(self) -> list[Line]:
        lines: list[Line] = []
        for group in dict.fromkeys(action.group for action in self._actions):
            lines.append(((group, "accent bold"),))
            for action in self._actions:
                if action.group == group:
                    where = f"  (in {', '.join(action.where)})" if action.where else ""
                    lines.append(((f"  {action.shown_keys:<14}", "key bold"), (action.what, "text"), (where, "muted")))
            lines.append(())
        lines.append((("  ctrl+p        ", "key bold"), ("all of these by name", "text")))
        return lines

    def _paint(self, width: int, height: int) -> list[Line]:
        return self._lines()

    def on_key(self, event: events.Key) -> None:
        if event.key in ("escape", "question_mark", "q"):
            event.stop()
            self.dismiss(None)
