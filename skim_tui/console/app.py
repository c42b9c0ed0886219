"""The console: a screen over a desk link. It shows what the desk publishes and sends what a key means."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from textual import events
from textual.app import App, ComposeResult, SystemCommand
from textual.containers import Container
from textual.filter import LineFilter
from textual.screen import Screen
from textual.theme import Theme
from textual.widget import Widget
from textual.widgets import Input

from skim_tui.console import candidates, rows
from skim_tui.console.actions import with_keymap
from skim_tui.console.arrange import CARD, PANES
from skim_tui.console.attachment import Attachment, Prepare
from skim_tui.console.card import ARMING_SECONDS
from skim_tui.console.charting import Charting
from skim_tui.console.colourless import THEME as COLOURLESS_THEME
from skim_tui.console.colourless import Colourless
from skim_tui.console.commands import Commands
from skim_tui.console.deciding import Deciding
from skim_tui.console.frames import VIEWS, Frames
from skim_tui.console.greeting import Greeting
from skim_tui.console.keys import Keys
from skim_tui.console.leafing import Leafing
from skim_tui.console.lineview import LineView, Sheet, Table
from skim_tui.console.looking import LEVELS, Looking
from skim_tui.console.memory import Memory
from skim_tui.console.operating import Operating
from skim_tui.console.pages.page import Page
from skim_tui.console.painting import TITLES, Painting
from skim_tui.console.palette import Palette
from skim_tui.console.panes import Panes
from skim_tui.console.searching import Searching
from skim_tui.console.store import Store
from skim_tui.console.terminal import SkimDriver
from skim_tui.console.themes import load_themes, theme_folders
from skim_tui.console.trading import Trading
from skim_tui.console.watchdog import EVERY, Watchdog
from skim_tui.console.windowtitle import WindowTitle
from skim_tui.link.messages import Delta
from skim_tui.link.port import DeskLink

MESSAGE_SECONDS = 30.0


class SkimApp(App[str]):
    """The trading console. Its result says how it ended: ``left`` (the desk runs on) or ``stopped``.

    ``prepare`` is awaited before each attach, e.g. to start a desk; what it says is shown. ``wall``
    is real time for countdowns, ``monotonic`` for the arming delay; both are for tests. ``memory`` is the
    file that keeps layout and theme; ``chosen_theme``, e.g. of the command line, comes before it.
    """

    CSS_PATH = "console.tcss"
    COMMANDS = {Commands}
    TITLE = "Skim"

    def __init__(
        self, link: DeskLink, *, theme: str = "skim-dark", fps: int = 8, bell: bool = True,
        keymap: Mapping[str, str] | None = None, prepare: Prepare | None = None, memory: Path | None = None,
        chosen_theme: str = "", theme_dirs: Iterable[Path] = (), wall: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:  # fmt: skip
        super().__init__(driver_class=SkimDriver)
        self.animation_level = "none"
        self.actions = with_keymap(keymap or {})
        self.wall = wall
        self.monotonic = monotonic
        self.memory = Memory(memory)
        self.store = Store()
        self.deciding = Deciding()
        self.palette = Palette()
        self.searching = Searching()
        self.watchdog = Watchdog()
        self.operating = Operating(self)
        self.trading = Trading(self)
        self.looking = Looking(self)
        self.leafing = Leafing(self)
        self.charting = Charting(self, self.memory.number("interval"))
        self.painting = Painting(self)
        self.frames = Frames(self, fps)
        self.panes = Panes(self)
        self.window_title = WindowTitle(self)
        self.greeting = Greeting(self)
        self.message: tuple[str, str, float] = ("", "text", 0.0)
        """The status line: text, style, real time of its appearance."""
        self.attachment = Attachment(link, prepare, on_delta=self._on_delta, on_change=self._on_link)
        self._themes = load_themes((*theme_folders(), *theme_dirs))
        for found in self._themes.values():
            self.register_theme(found)
        self._wanted_theme = chosen_theme or self.memory.text("theme") or theme
        self._colourless = Colourless()
        self._ring = bell
        self._header_at = 0.0
        self.shown_now = 0.0
        """Exchange time as the screen shows it."""
        self.heard_at = 0.0
        """When the desk spoke last, monotonic."""
        level = self.memory.text("level", LEVELS[0])
        self.level_shown = level if level in LEVELS else LEVELS[0]
        self.next_tape = ""
        """The tape that a new desk is to be started with once the present one has ended."""
        self.keys = Keys(self)
        for key in self.keys.bound:
            self.bind(key, f"press('{key}')", show=False)

    # ---- the screen -----------------------------------------------------------------------------

    def compose(self) -> ComposeResult:
        p, painting = self.palette, self.painting
        yield LineView(p, lambda w, h: painting.header(w), id="header")
        yield LineView(p, lambda w, h: painting.banners(w), id="banner")
        with Container(id="desk"):
            yield LineView(p, painting.card, id=CARD, classes="pane")
            for pane in PANES:
                yield self._pane(pane)
        yield Input(id="filter")
        yield LineView(p, lambda w, h: [painting.status(w)], id="status")
        yield LineView(p, lambda w, h: [painting.footer(w, self.looking.pane())], id="footer")

    def _pane(self, pane: str) -> LineView:
        store, searching = self.store, self.searching
        sheets: dict[str, Callable[[int], Sheet]] = {
            "candidates": lambda w: candidates.sheet(store, w, searching.text("candidates")),
            "tickets": lambda w: searching.sheet("tickets", rows.tickets(store, w, self.wall())),
            "positions": lambda w: rows.positions(store, w, self.shown_now),
            "orders": lambda w: searching.sheet("orders", rows.orders(store, w)),
            "news": lambda w: searching.sheet("news", rows.news(store, w)),
            "log": lambda w: searching.sheet("log", rows.log(store, w, self.level_shown)),
        }
        if pane == "chart":
            view: LineView = LineView(self.palette, self.painting.chart, id=pane, classes="pane")
            view.can_focus = True
        else:
            view = Table(self.palette, sheets[pane], id=pane, newest_first=pane not in ("candidates", "positions"))
            view.add_class("pane")
        view.border_title = TITLES[pane]
        return view

    def on_mount(self) -> None:
        self.theme_changed_signal.subscribe(self, lambda _: self._restyle())
        self.use_theme(self._wanted_theme)
        self.palette.load(self.theme_variables)
        self.query_one("#candidates").focus()
        self.panes.arrange()
        self.frames.draw(set(VIEWS))
        self.set_interval(1.0, self._tick)
        self.set_interval(EVERY, self.watchdog.beat)
        if self.terminal is not None:
            self.terminal.dropping = True
        self.run_worker(self.attachment.run(), name="attachment", exit_on_error=True)

    async def on_unmount(self) -> None:
        self.window_title.put("")
        await self.attachment.close()

    def on_resize(self) -> None:
        self.call_after_refresh(self.panes.arrange)

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        return ()

    @property
    def terminal(self) -> SkimDriver | None:
        """The real terminal; None while there is none, as in tests."""
        return self._driver if isinstance(self._driver, SkimDriver) and not self.is_headless else None

    def mark(self, views: set[str]) -> None:
        """These topics or views changed; they are drawn with the next frame."""
        self.frames.mark(views)

    def view(self, name: str) -> LineView:
        """A view of the desk screen."""
        return self.screen_stack[0].query_one(f"#{name}", LineView)

    @property
    def page(self) -> Page | None:
        """The screen beside the desk that is open; dialogs over it do not count."""
        return next((screen for screen in reversed(self.screen_stack) if isinstance(screen, Page)), None)

    @property
    def place(self) -> str:
        """Where keys go: an open page, or the focused pane of the desk."""
        return self.page.place if self.page is not None else self.looking.pane()

    @staticmethod
    def focus_at_once(widget: Widget) -> None:
        """Put the focus on a mounted widget now, so that the next key typed goes there however fast it follows:
        :meth:`Widget.focus` would wait for its turn among the messages, behind keys that are there already."""
        widget.screen.set_focus(widget)

    def _restyle(self) -> None:
        self.palette.load(self.theme_variables)
        for screen in self.screen_stack:
            for view in screen.query(LineView):
                view.restyle()

    # ---- the desk's words -------------------------------------------------------------------------

    def _on_delta(self, delta: Delta) -> None:
        self.heard_at = self.monotonic()
        changed = self.store.apply(delta)
        if "header" in changed:
            self._header_at = self.wall()
        if delta.whole:
            self.shown_now = self.store.header.now
            self.greeting.attached()
        if "tickets" in changed:
            self._on_tickets()
        if "alerts" in changed and not delta.whole and self._ring:
            self.greeting.alerted(changed["alerts"])
        if "log" in changed:
            self.greeting.logged(changed["log"], whole=delta.whole)
        topics = set(changed)
        if topics & {"candidates", "positions"} and not self.charting.is_chosen:
            self.charting.follow_first()
        self.mark(topics | ({"candidates"} if delta.whole else set()))

    def _on_tickets(self) -> None:
        before = self.deciding.selected
        new = self.deciding.update(self.store.proposed(), self.monotonic())
        if new and self._ring:
            self.bell()
        if self.deciding.selected != before:
            self.card_changed()
        elif self.deciding.ticket is not None:
            self._arm_later()
        self.window_title.renew()

    def card_changed(self) -> None:
        """Another ticket is on the card: its chart shows, and its keys wait for the arming delay."""
        wish = replace(self.panes.wish, card=self.deciding.ticket is not None)
        if wish != self.panes.wish:
            self.panes.show(wish)
        ticket = self.deciding.ticket
        if ticket is not None:
            self.charting.choose(ticket.symbol)
            self._arm_later()
        self.mark({CARD, "footer", "tickets"})

    def _arm_later(self) -> None:
        self.set_timer(ARMING_SECONDS + 0.02, lambda: self.mark({CARD, "footer"}))

    def _on_link(self) -> None:
        if self.attachment.attached:
            self.heard_at = self.monotonic()
            if self.charting.symbol:
                self.charting.ask(self.charting.symbol)
        if self.is_mounted:
            self.mark({"banner", "candidates", "header", "chart", "status"})

    def _tick(self) -> None:
        """Once a second: clocks and countdowns."""
        shown = self.store.header
        if self.attachment.attached and shown.now:
            self.shown_now = shown.now + (self.wall() - self._header_at) * shown.speed
        if self.message[0] and self.wall() - self.message[2] > MESSAGE_SECONDS:
            self.message = ("", "text", 0.0)
        self.frames.measure()
        self.window_title.renew()
        self.mark({"header", "positions", "status"} | ({CARD, "tickets", "footer"} if self.deciding.tickets else set()))

    def say(self, text: str, style: str = "text") -> None:
        self.message = (text, style, self.wall())
        self.mark({"status"})

    # ---- what keys and the mouse do ---------------------------------------------------------------------

    async def on_event(self, event: events.Event) -> None:
        if isinstance(event, events.Key) and not event.is_forwarded:
            if self.deciding.typed(self.monotonic()):
                self._arm_later()
            if self.keys.press_at_once(event.key):
                return
        await super().on_event(event)

    def action_press(self, key: str) -> None:
        self.keys.press(key)

    def leave_page(self) -> None:
        """Back to the desk: what was missed is drawn, and the card arms anew."""
        if self.page is not None:
            self.pop_screen()
        self.uncover()

    def uncover(self) -> None:
        """The desk screen shows again after something covered it."""
        self.deciding.uncovered(self.monotonic())
        if self.deciding.ticket is not None:
            self._arm_later()
        self.call_after_refresh(self.panes.arrange)
        self.mark(set(VIEWS))

    def pop_screen(self):  # type: ignore[no-untyped-def]
        """As Textual's; a dialog or page that went away uncovers the card."""
        popped = super().pop_screen()
        self.deciding.uncovered(self.monotonic())
        if self.deciding.ticket is not None:
            self._arm_later()
        self.mark({CARD, "footer", "page"})
        return popped

    def on_table_moved(self, moved: Table.Moved) -> None:
        store, pane = self.store, moved.table.id
        if self.page is not None:
            self.mark({"page"})
            return
        symbol = moved.key if pane in ("candidates", "positions") else ""
        if pane == "tickets" and moved.key in store.tickets:
            symbol = store.tickets[moved.key].symbol
        if pane == "orders" and moved.key in store.orders:
            symbol = store.orders[moved.key].symbol
        if pane == "news" and moved.key in store.news and store.news[moved.key].symbol in store.candidates:
            symbol = store.news[moved.key].symbol
        if symbol:
            self.charting.choose(symbol)

    def on_descendant_focus(self) -> None:
        self.mark({"footer"})

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """A click on the footer is its key; one in the chart puts the crosshair there. No click decides a ticket."""
        widget = event.widget
        if widget is None:
            return
        if widget.id == "footer":
            action = self.painting.footer_action(event.screen_x - widget.region.x)
            if action and action not in ("approve", "decline"):
                self.keys.perform(action)
        elif widget.id == "chart":
            inner = widget.content_region
            self.charting.point(event.screen_x - inner.x, event.screen_y - inner.y)

    def on_input_changed(self, changed: Input.Changed) -> None:
        self.looking.search(changed.value)

    def on_input_submitted(self) -> None:
        self.looking.end_search()

    def theme_names(self) -> list[str]:
        return sorted(self._themes)

    def get_line_filters(self) -> list[LineFilter]:
        """With NO_COLOR nothing is coloured, not even grey."""
        return [self._colourless] if self.no_color else [*super().get_line_filters()]

    def use_theme(self, name: str) -> None:
        """Draw with theme ``name``; an unknown one is named in the status line. NO_COLOR leaves no choice."""
        if self.no_color:
            name = COLOURLESS_THEME
        known: dict[str, Theme] = self.available_themes
        if name in known:
            self.theme = name
        else:
            self.say(f"no theme {name}: there are {', '.join(self.theme_names())}", "warn")

    async def action_quit(self) -> None:
        self.operating.do_leave()

    def action_help_quit(self) -> None:
        self.operating.do_leave()
