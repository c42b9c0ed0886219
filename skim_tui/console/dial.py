"""A price to set by keys: steps on the exchange's ladder or typed digits, and what it would mean."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal

from textual import events
from textual.app import ComposeResult
from textual.screen import ModalScreen

from skim_tui.console import figures
from skim_tui.console.lineview import LineView
from skim_tui.console.palette import Palette
from skim_tui.console.spans import Line, clip
from skim_tui.domain.instrument import PriceLadder

COARSE = 10
"""Price steps of a page key."""


@dataclass(frozen=True, slots=True)
class Dial:
    """A price on a ladder; ``typed`` is what was typed instead, while it is."""

    ladder: PriceLadder
    price: Decimal
    typed: str = ""

    def press(self, key: str, character: str | None) -> Dial:
        """The dial after a key; itself when the key means nothing."""
        steps = {"up": 1, "right": 1, "k": 1, "l": 1, "down": -1, "left": -1, "j": -1, "h": -1, "pageup": COARSE, "pagedown": -COARSE}  # fmt: skip
        if key in steps:
            by = steps[key]
            moved = self.ladder.up(self.price, by) if by > 0 else self.ladder.down(self.price, -by)
            return replace(self, price=moved, typed="")
        if key == "backspace":
            return self._type(self.typed[:-1])
        if (
            character is not None
            and len(character) == 1
            and (character.isdecimal() or (character == "." and "." not in self.typed))
        ):
            return self._type((self.typed + character)[:12])
        return self

    def _type(self, text: str) -> Dial:
        value = Decimal(text) if text.strip(".") else Decimal(0)
        price = self.ladder.nearest(value) if value > 0 else self.price
        return replace(self, typed=text, price=price if price > 0 else self.price)


class DialScreen(ModalScreen[str]):
    """Asks for a price. The result is ``price`` as text, ``none`` where that is offered, or empty for back.
    A price with a ``problem`` is not taken: the reason stands under it."""

    def __init__(
        self,
        palette: Palette,
        title: str,
        dial: Dial,
        tell: Callable[[Decimal], list[Line]],
        problem: Callable[[Decimal], str],
        *,
        confirm: str,
        none: str = "",
    ) -> None:
        super().__init__()
        self._palette = palette
        self._heading = title
        self._dial = dial
        self._tell = tell
        self._problem = problem
        self._confirm = confirm
        self._none = none

    def compose(self) -> ComposeResult:
        box = LineView(self._palette, self._paint, id="ask")
        box.border_title = f" {self._heading} "
        box.styles.width = 64
        box.styles.height = 10 + len(self._tell(self._dial.price)) + bool(self._none)
        yield box

    def _paint(self, width: int, height: int) -> list[Line]:
        shown = self._dial.typed or figures.price(self._dial.price)
        lines: list[Line] = [(), (("  price  ", "muted"), (shown, "text bold"), ("▏", "accent")), ()]
        lines += [clip(((("  ", "")), *line), width) for line in self._tell(self._dial.price)]
        problem = self._problem(self._dial.price)
        lines.append(clip(((f"  {problem}", "warn"),), width))
        confirm = ("ink bold on muted", "muted") if problem else ("ink bold on key", "text")
        lines += [(), (("  ", ""), (" y ", confirm[0]), (f"  {self._confirm}", confirm[1]))]
        if self._none:
            lines.append((("  ", ""), (" n ", "ink bold on key"), (f"  {self._none}", "text")))
        lines.append(
            (
                ("  ↑ ↓ ", "key bold"),
                ("one step  ", "muted"),
                ("digits ", "key bold"),
                ("type it  ", "muted"),
                ("esc ", "key bold"),
                ("back", "muted"),
            )
        )
        return lines

    def on_key(self, event: events.Key) -> None:
        event.stop()
        if event.key == "escape":
            self.dismiss("")
        elif event.key == "y" and not self._problem(self._dial.price):
            self.dismiss(str(self._dial.price))
        elif event.key == "n" and self._none:
            self.dismiss("none")
        else:
            self._dial = self._dial.press(event.key, event.character)
            self.query_one("#ask", LineView).repaint()
