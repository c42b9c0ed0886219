"""What looking keys do: the cursor, the panes, the filter, the theme."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from textual.widgets import Input

from skim_tui.console.arrange import PANES, arrange
from skim_tui.console.dialogs import Help
from skim_tui.console.lineview import Table

if TYPE_CHECKING:
    from skim_tui.console.app import SkimApp


class Looking:
    """Moves what is seen; nothing here reaches the desk. Methods ``do_<action id>``."""

    def __init__(self, app: SkimApp) -> None:
        self._app = app

    def pane(self) -> str:
        focused = self._app.screen_stack[0].focused
        return focused.id or "" if focused is not None else ""

    def table(self) -> Table | None:
        focused = self._app.screen_stack[0].focused
        return focused if isinstance(focused, Table) else None

    def _move(self, by: int) -> None:
        table = self.table()
        if table is not None:
            table.move(by)

    def do_up(self) -> None:
        self._move(-1)

    def do_down(self) -> None:
        self._move(1)

    def do_page_up(self) -> None:
        table = self.table()
        self._move(-table.page() if table is not None else 0)

    def do_page_down(self) -> None:
        table = self.table()
        self._move(table.page() if table is not None else 0)

    def do_top(self) -> None:
        self._move(-100_000)

    def do_bottom(self) -> None:
        self._move(100_000)

    def do_filter(self) -> None:
        field = self._app.query_one("#filter", Input)
        field.display = True
        self._app.arrange()
        field.focus()

    def end_filter(self) -> None:
        self._app.query_one("#filter", Input).display = False
        self.go("candidates")

    def do_escape(self) -> None:
        if self.pane() == "filter" or self._app.wanted:
            self._app.query_one("#filter", Input).value = ""
            self.end_filter()
        elif self._app.wish.zoomed:
            self.do_zoom()

    def go(self, pane: str) -> None:
        """Show ``pane`` if it is not, and put the focus on it."""
        wish = self._app.wish
        if wish.zoomed and wish.zoomed != pane:
            wish = replace(wish, zoomed=pane)
        wish = replace(wish, hidden=wish.hidden - {pane})
        if not self._app.view(pane).display:
            wish = replace(wish, slot=pane)
            width, height = self._app.size
            if pane not in arrange(width, height - 4, wish):
                wish = replace(wish, zoomed=pane)
        self._app.wish = wish
        self._app.arrange()
        self._app.view(pane).focus()
        self._app.mark({pane, "footer"})

    def do_next_pane(self) -> None:
        self._turn(1)

    def do_previous_pane(self) -> None:
        self._turn(-1)

    def _turn(self, by: int) -> None:
        shown = [pane for pane in PANES if self._app.view(pane).display]
        if shown and not self._app.wish.zoomed:
            at = shown.index(self.pane()) if self.pane() in shown else -by
            self.go(shown[(at + by) % len(shown)])

    def do_zoom(self) -> None:
        pane = "" if self._app.wish.zoomed else self.pane()
        self._app.wish = replace(self._app.wish, zoomed=pane if pane in PANES else "")
        self._app.arrange()
        self._app.mark(set(PANES))

    def do_hide(self) -> None:
        pane = self.pane()
        if pane in PANES and not self._app.wish.zoomed and sum(self._app.view(p).display for p in PANES) > 1:
            self._app.wish = replace(self._app.wish, hidden=self._app.wish.hidden | {pane})
            self._app.arrange()
            self._turn(1)
            self._app.say(f"{pane} hidden: {PANES.index(pane) + 1} brings it back", "muted")

    def do_theme(self) -> None:
        names = self._app.theme_names()
        at = names.index(self._app.theme) if self._app.theme in names else -1
        self._app.use_theme(names[(at + 1) % len(names)])
        self._app.say(f"theme {self._app.theme}", "muted")

    def do_help(self) -> None:
        self._app.push_screen(Help(self._app.palette, self._app.actions))
