"""Where the panes of the desk screen are: the operator's wish, remembered for each kind of screen, on this one."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from skim_tui.console.arrange import CARD, PANES, Wish, arrange, kind, slim

if TYPE_CHECKING:
    from skim_tui.console.app import SkimApp

FRAME_ROWS = 4
"""Rows of header, status and footer."""


class Panes:
    """Puts the operator's :class:`Wish` on the screen."""

    def __init__(self, app: SkimApp) -> None:
        self._app = app
        self.wish = Wish()
        self._kind = ""
        """The kind of screen whose layout is in force."""

    def keep(self, wish: Wish) -> None:
        """Lay out by ``wish`` and remember it for this kind of screen."""
        self.wish = wish
        self._app.memory.keep(**{f"layout {self._kind}": wish.to_memory()})
        self.arrange()

    def show(self, wish: Wish) -> None:
        """Lay out by ``wish`` for now."""
        self.wish = wish
        self.arrange()

    def arrange(self) -> None:
        """Give every pane its box, and hide those without one."""
        app = self._app
        if app.page is not None:
            app.page.lay_out()
        width, height = app.size
        above = len(app.painting.banners(width))
        banner = app.view("banner")
        banner.display = above > 0
        banner.styles.height = max(1, above)
        searching = app.screen_stack[0].query_one("#filter").display
        room = max(1, height - FRAME_ROWS - above - int(searching))
        self._recall(kind(width, room))
        boxes = arrange(width, room, self.wish)
        narrow = slim(width, height - FRAME_ROWS - above)
        for name in (CARD, *PANES):
            view, box = app.view(name), boxes.get(name)
            view.set_class(narrow and name != CARD, "slim")
            view.display = box is not None
            if box is not None:
                view.styles.offset = (box.x, box.y)
                view.styles.width, view.styles.height = box.width, box.height

    def make_room_for_banners(self) -> None:
        """Lay out anew if there are more or fewer banners than there is room for."""
        shown = self._app.view("banner")
        room = int(shown.styles.height.value) if shown.display and shown.styles.height else 0
        if len(self._app.painting.banners(self._app.size.width)) != room:
            self.arrange()

    def would_show(self, pane: str, wish: Wish) -> bool:
        width, height = self._app.size
        return pane in arrange(width, height - FRAME_ROWS, wish)

    def _recall(self, size: str) -> None:
        """Take over the layout remembered for this kind of screen when it became another one."""
        if size != self._kind:
            self._kind = size
            wish = Wish.from_memory(self._app.memory.table(f"layout {size}"))
            self.wish = replace(wish, card=self.wish.card, zoomed=self.wish.zoomed)
