"""What looking keys do: the cursor, the panes, the search, the layout, the theme."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from textual.widgets import Input

from skim_tui.console.arrange import PANES, Wish
from skim_tui.console.dialogs import Pick
from skim_tui.console.lineview import Table

if TYPE_CHECKING:
    from skim_tui.console.app import SkimApp

LEVELS = ("all", "warnings and errors", "errors")


class Looking:
    """Moves what is seen; nothing here reaches the desk. Methods ``do_<action id>``."""

    def __init__(self, app: SkimApp) -> None:
        self._app = app
        self._searched = ""
        """The place that the search field works on while it is open."""

    def pane(self) -> str:
        """The focused pane of the desk screen; empty when none is."""
        focused = self._app.screen_stack[0].focused
        return focused.id or "" if focused is not None else ""

    def table(self) -> Table | None:
        """The table under the cursor: the page's, or the focused pane."""
        page = self._app.page
        if page is not None:
            return page.table
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

    # ---- searching --------------------------------------------------------------------------------

    def do_filter(self) -> None:
        self._searched = self._app.place
        field = self._field()
        field.placeholder = f"search the {self._searched}; enter keeps it, esc clears it"
        field.value = self._app.searching.text(self._searched)
        field.display = True
        self._app.panes.arrange()
        self._app.focus_at_once(field)

    def search(self, text: str) -> None:
        """The search field's text changed."""
        if self._searched:
            self._app.searching.put(self._searched, text.strip())
            self._app.mark({self._searched, "page"})

    def end_search(self) -> None:
        """Leave the field; what it holds stays in force."""
        place, self._searched = self._searched, ""
        self._field().display = False
        if self._app.page is not None:
            self._app.focus_at_once(self._app.page.table)
        elif place in PANES:
            self.go(place)

    def _field(self) -> Input:
        return self._app.screen.query_one("#filter", Input)

    def do_escape(self) -> None:
        app = self._app
        if self._searched:
            app.searching.put(self._searched, "")
            app.mark({self._searched, "page"})
            self.end_search()
        elif app.searching.text(app.place):
            app.searching.put(app.place, "")
            app.mark({app.place, "page"})
        elif app.page is not None:
            app.leave_page()
        elif app.place == "chart" and app.charting.end():
            return
        elif app.panes.wish.zoomed:
            self.do_zoom()

    # ---- panes ------------------------------------------------------------------------------------

    def go(self, pane: str) -> None:
        """Show ``pane`` if it is not, and put the focus on it."""
        wish = self._app.panes.wish
        if wish.zoomed and wish.zoomed != pane:
            wish = replace(wish, zoomed=pane)
        wish = replace(wish, hidden=wish.hidden - {pane})
        if not self._app.view(pane).display:
            wish = replace(wish, slot=pane)
            if not self._app.panes.would_show(pane, wish):
                wish = replace(wish, zoomed=pane)
        self._app.panes.keep(wish)
        self._app.focus_at_once(self._app.view(pane))
        self._app.mark({pane, "footer"})

    def do_next_pane(self) -> None:
        self._turn(1)

    def do_previous_pane(self) -> None:
        self._turn(-1)

    def _turn(self, by: int) -> None:
        if self._app.page is not None:
            return
        shown = [pane for pane in PANES if self._app.view(pane).display]
        if shown and not self._app.panes.wish.zoomed:
            at = shown.index(self.pane()) if self.pane() in shown else -by
            self.go(shown[(at + by) % len(shown)])

    def do_zoom(self) -> None:
        panes = self._app.panes
        pane = "" if panes.wish.zoomed else self.pane()
        panes.show(replace(panes.wish, zoomed=pane if pane in PANES else ""))
        self._app.mark(set(PANES))

    def do_hide(self) -> None:
        pane = self.pane()
        wish = self._app.panes.wish
        if pane in PANES and not wish.zoomed and sum(self._app.view(p).display for p in PANES) > 1:
            self._app.panes.keep(replace(wish, hidden=wish.hidden | {pane}))
            self._turn(1)
            self._app.say(f"{pane} hidden: {PANES.index(pane) + 1} brings it back", "muted")

    def do_taller(self) -> None:
        self._resize(taller=1)

    def do_shorter(self) -> None:
        self._resize(taller=-1)

    def do_wider(self) -> None:
        self._resize(wider=1)

    def do_narrower(self) -> None:
        self._resize(wider=-1)

    def _resize(self, *, taller: int = 0, wider: int = 0) -> None:
        panes = self._app.panes
        if panes.wish.zoomed:
            self._app.say("this pane has the whole screen already: z gives it back", "muted")
            return
        panes.keep(panes.wish.resized(self.pane(), taller=taller, wider=wider))
        self._app.mark(set(PANES))
        self._app.say("0 gives every pane its own size back", "muted")

    def do_reset(self) -> None:
        self._app.panes.keep(Wish(card=self._app.panes.wish.card))
        self._app.mark(set(PANES))
        self._app.say("every pane is back in its own size", "muted")

    def do_level(self) -> None:
        shown = LEVELS[(LEVELS.index(self._app.level_shown) + 1) % len(LEVELS)]
        self._app.level_shown = shown
        self._app.memory.keep(level=shown)
        self._app.mark({"log"})
        self._app.say(f"the log shows {shown}", "muted")

    def do_suspend(self) -> None:
        self._app.action_suspend_process()

    def do_theme(self) -> None:
        """Each theme shows while the cursor is on it; esc goes back to the one before."""
        app = self._app
        before, names = app.theme, app.theme_names()

        def chosen(name: str | None) -> None:
            app.use_theme(name or before)
            if name:
                app.memory.keep(theme=name)
                app.say(f"theme {name}", "muted")

        app.push_screen(Pick(app.palette, "Theme", names, before, preview=app.use_theme), chosen)
