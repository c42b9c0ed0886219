"""Dialogs that ask: each answer has its own key, and Enter does nothing unless it is harmless."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from textual import events
from textual.app import ComposeResult
from textual.screen import ModalScreen

from skim_tui.console.lineview import LineView
from skim_tui.console.palette import Palette
from skim_tui.console.spans import Line, behind, clip


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
        box.border_title = f" {self._heading} "
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


class Pick(ModalScreen[str]):
    """A list to choose one from; ``preview`` is called with each name that the cursor comes to. The result is
    the chosen name, or empty for going back."""

    def __init__(
        self, palette: Palette, title: str, names: list[str], present: str, preview: Callable[[str], None]
    ) -> None:
        super().__init__()
        self._palette = palette
        self._heading = title
        self._names = names
        self._at = names.index(present) if present in names else 0
        self._preview = preview

    def compose(self) -> ComposeResult:
        box = LineView(self._palette, self._paint, id="ask")
        box.border_title = f" {self._heading} "
        box.styles.height = len(self._names) + 6
        box.styles.width = 44
        yield box

    def _paint(self, width: int, height: int) -> list[Line]:
        room = max(1, height - 4)
        top = max(0, min(self._at - room // 2, len(self._names) - room))
        lines: list[Line] = [()]
        for index, name in list(enumerate(self._names))[top : top + room]:
            line: Line = clip((("  ▸ " if index == self._at else "    ", "accent bold"), (name, "text")), width)
            lines.append(behind(line, "selected", width) if index == self._at else line)
        keys: Line = (
            ("  ↑ ↓ ", "key bold"),
            ("look  ", "muted"),
            ("enter ", "key bold"),
            ("keep  ", "muted"),
            ("esc ", "key bold"),
            ("back", "muted"),
        )
        return [*lines, (), keys]

    def on_key(self, event: events.Key) -> None:
        event.stop()
        if event.key == "escape":
            self.dismiss("")
        elif event.key in ("enter", "space"):
            self.dismiss(self._names[self._at])
        elif event.key in ("down", "j", "up", "k"):
            self._at = (self._at + (1 if event.key in ("down", "j") else -1)) % len(self._names)
            self._preview(self._names[self._at])
            self.query_one("#ask", LineView).repaint()

    def on_mouse_scroll_down(self) -> None:
        self._at = min(len(self._names) - 1, self._at + 1)
        self._preview(self._names[self._at])
        self.query_one("#ask", LineView).repaint()

    def on_mouse_scroll_up(self) -> None:
        self._at = max(0, self._at - 1)
        self._preview(self._names[self._at])
        self.query_one("#ask", LineView).repaint()


class Type(ModalScreen[str]):
    """One line of text to type, e.g. a setting's value; the result is the text, or None for going back.
    Enter takes it: nothing that trades is asked this way."""

    def __init__(self, palette: Palette, title: str, text: list[str], value: str) -> None:
        super().__init__()
        self._palette = palette
        self._heading = title
        self._text = text
        self._value = value
        self._fresh = True
        """Nothing was typed yet: the first character replaces the value."""

    def compose(self) -> ComposeResult:
        box = LineView(self._palette, self._paint, id="ask")
        box.border_title = f" {self._heading} "
        box.styles.height = len(self._text) + 7
        box.styles.width = max(50, *(len(text) + 6 for text in self._text))
        yield box

    def _paint(self, width: int, height: int) -> list[Line]:
        style = "text on selected" if self._fresh else "text bold"
        keys: Line = (("  enter ", "key bold"), ("take  ", "muted"), ("esc ", "key bold"), ("back", "muted"))
        return [
            (), *(((f"  {text}", "muted"),) for text in self._text), (),
            clip((("  ", ""), (self._value, style), ("▏", "accent")), width), (), keys,
        ]  # fmt: skip

    def on_key(self, event: events.Key) -> None:
        event.stop()
        if event.key == "escape":
            self.dismiss(None)
        elif event.key == "enter":
            self.dismiss(self._value)
        elif event.key == "backspace":
            self._value, self._fresh = "" if self._fresh else self._value[:-1], False
        elif event.character and event.is_printable and len(self._value) < 200:
            self._value, self._fresh = ("" if self._fresh else self._value) + event.character, False
        if self.is_attached:
            self.query_one("#ask", LineView).repaint()
