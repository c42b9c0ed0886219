"""The console: a screen over a desk link. It shows what the desk publishes and sends what a key means."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from textual import events
from textual.app import App, ComposeResult, SystemCommand
from textual.containers import Container
from textual.filter import LineFilter
from textual.screen import ModalScreen, Screen
from textual.theme import Theme
from textual.widget import Widget
from textual.widgets import Input

from skim_tui.console import candidates, rows
from skim_tui.console.actions import resolve, with_keymap
from skim_tui.console.arrange import CARD, PANES, Wish, arrange, kind, slim
from skim_tui.console.attachment import Attachment, Prepare
from skim_tui.console.card import ARMING_SECONDS
from skim_tui.console.charting import Charting
from skim_tui.console.colourless import THEME as COLOURLESS_THEME
from skim_tui.console.colourless import Colourless
from skim_tui.console.commands import Commands
from skim_tui.console.deciding import Deciding
from skim_tui.console.greeting import Greeting
from skim_tui.console.leafing import Leafing
from skim_tui.console.lineview import LineView, Sheet, Table
from skim_tui.console.looking import LEVELS, Looking
from skim_tui.console.memory import Memory
from skim_tui.console.operating import Operating
from skim_tui.console.pages.page import Page
from skim_tui.console.painting import TITLES, Painting
from skim_tui.console.palette import Palette
from skim_tui.console.searching import Searching
from skim_tui.console.store import Store
from skim_tui.console.terminal import SkimDriver
from skim_tui.console.themes import load_themes, theme_folders
from skim_tui.console.trading import Trading
from skim_tui.console.watchdog import EVERY, Watchdog
from skim_tui.console.ways import way
from skim_tui.link.messages import Delta
from skim_tui.link.port import DeskLink

BUDGET = 48_000
"""Bytes a second to the terminal above which pictures come less often, down to a quarter of their rate."""

VIEWS = frozenset({*PANES, CARD, "header", "banner", "status", "footer"})
MESSAGE_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Sent:
    """What went to the terminal: bytes in all, bytes a second lately, pictures left out."""

    total: int = 0
    per_second: float = 0.0
    dropped: int = 0


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
        self.greeting = Greeting(self)
        self.message: tuple[str, str, float] = ("", "text", 0.0)
        """The status line: text, style, real time of its appearance."""
        self.attachment = Attachment(link, prepare, on_delta=self._on_delta, on_change=self._on_link)
        self._themes = load_themes((*theme_folders(), *theme_dirs))
        for found in self._themes.values():
            self.register_theme(found)
        self._wanted_theme = chosen_theme or self.memory.text("theme") or theme
        self._frame = 1.0 / fps
        self._pace = 1.0
        """What the time between two pictures is multiplied by."""
        self._colourless = Colourless()
        self._ring = bell
        self._header_at = 0.0
        self.shown_now = 0.0
        """Exchange time as the screen shows it."""
        self.heard_at = 0.0
        """When the desk spoke last, monotonic."""
        self._dirty: set[str] = set()
        self._flushing = False
        self.wish = Wish()
        self._kind = ""
        level = self.memory.text("level", LEVELS[0])
        self.level_shown = level if level in LEVELS else LEVELS[0]
        self._sent = Sent()
        self.next_tape = ""
        """The tape that a new desk is to be started with once the present one has ended."""
        self._pressable: set[str] = set()
        """Keys that mean an action somewhere."""
        for key in dict.fromkeys(key for action in self.actions for key in action.key_names):
            self.bind(key, f"press('{key}')", show=False)
            self._pressable.add(key)

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
        self.arrange()
        self._paint_now(set(VIEWS))
        self.set_interval(1.0, self._tick)
        self.set_interval(EVERY, self.watchdog.beat)
        if isinstance(self._driver, SkimDriver):
            self._driver.dropping = True
        self.run_worker(self.attachment.run(), name="attachment", exit_on_error=True)

    async def on_unmount(self) -> None:
        self._terminal_title("")
        await self.attachment.close()

    def on_resize(self) -> None:
        self.call_after_refresh(self.arrange)

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        return ()

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

    def arrange(self) -> None:
        """Give every pane its box, and hide those without one."""
        if self.page is not None:
            self.page.lay_out()
        width, height = self.size
        rows_above = len(self.painting.banners(width))
        banner = self.view("banner")
        banner.display = rows_above > 0
        banner.styles.height = max(1, rows_above)
        filtering = self.screen_stack[0].query_one("#filter").display
        room = max(1, height - 4 - rows_above - int(filtering))
        self._recall_layout(kind(width, room))
        boxes = arrange(width, room, self.wish)
        narrow = slim(width, height - 4 - rows_above)
        for name in (CARD, *PANES):
            self.view(name).set_class(narrow and name != CARD, "slim")
            view, box = self.view(name), boxes.get(name)
            view.display = box is not None
            if box is not None:
                view.styles.offset = (box.x, box.y)
                view.styles.width, view.styles.height = box.width, box.height

    def _recall_layout(self, size: str) -> None:
        if size != self._kind:
            self._kind = size
            wish = Wish.from_memory(self.memory.table(f"layout {size}"))
            self.wish = replace(wish, card=self.wish.card, zoomed=self.wish.zoomed)

    def remember_layout(self) -> None:
        self.memory.keep(**{f"layout {self._kind}": self.wish.to_memory()})

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
        self._flash()

    def card_changed(self) -> None:
        """Another ticket is on the card: its chart shows, and its keys wait for the arming delay."""
        wish = replace(self.wish, card=self.deciding.ticket is not None)
        if wish != self.wish:
            self.wish = wish
            self.arrange()
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

    # ---- painting: at most fps times a second, only what changed --------------------------------------

    def mark(self, views: set[str]) -> None:
        """These topics or views changed; they are drawn with the next frame."""
        self._dirty |= views
        if not self._flushing and self.is_mounted:
            self._flushing = True
            self.set_timer(self._frame * self._pace, self._paint_changes)

    def _paint_changes(self) -> None:
        self._flushing = False
        if not self.screen_stack:
            return
        if isinstance(self._driver, SkimDriver):
            self._driver.catch_up(self._draw_all)
            if self._driver.missed:
                self.mark(set())  # the terminal does not read: nothing is drawn until it does
                return
        page = self.page
        if page is not None:
            # The desk behind it is drawn when it shows again.
            if self._dirty & (page.topics | {"page", "header", "banner", "status", "footer", "tickets"}):
                self._dirty -= {"page", "status"}
                page.repaint()
            return
        dirty, self._dirty = self._dirty, set()
        if dirty & {"tickets", "candidates", "news"}:
            dirty.add(CARD)
        if dirty & {"header", "banner"}:
            shown = self.view("banner")
            rows_above = len(self.painting.banners(self.size.width))
            if rows_above != (int(shown.styles.height.value) if shown.display and shown.styles.height else 0):
                self.arrange()
            dirty |= {"banner", "header"}
        self._paint_now(dirty)

    @property
    def painting_due(self) -> bool:
        """Something changed that is not drawn yet."""
        return self._flushing

    def _paint_now(self, names: set[str]) -> None:
        for name in names & VIEWS:
            self.view(name).repaint()
        if names & {*PANES}:
            self.painting.titles()

    def _draw_all(self) -> None:
        self.screen.refresh(layout=True)
        for view in self.screen.query(LineView):
            view.refresh()

    def _tick(self) -> None:
        """Once a second: clocks and countdowns."""
        shown = self.store.header
        if self.attachment.attached and shown.now:
            self.shown_now = shown.now + (self.wall() - self._header_at) * shown.speed
        if self.message[0] and self.wall() - self.message[2] > MESSAGE_SECONDS:
            self.message = ("", "text", 0.0)
        if isinstance(self._driver, SkimDriver):
            total = self._driver.bytes_sent
            self._sent = Sent(total, float(total - self._sent.total), self._driver.frames_dropped)
            self._pace = min(4.0, max(1.0, self._sent.per_second * self._pace / BUDGET))
        self._flash()
        self.mark({"header", "positions", "status"} | ({CARD, "tickets", "footer"} if self.deciding.tickets else set()))

    def drawn(self) -> Sent:
        """What went to the terminal so far."""
        return self._sent

    def say(self, text: str, style: str = "text") -> None:
        self.message = (text, style, self.wall())
        self.mark({"status"})

    def _flash(self) -> None:
        """The terminal's title blinks while a ticket waits, for whoever looks at another window."""
        ticket = self.deciding.ticket
        if ticket is None:
            self._terminal_title("Skim")
            return
        left = max(0.0, ticket.expires_unix - self.wall())
        more = len(self.deciding.tickets)
        on = int(self.wall()) % 2 == 0
        self._terminal_title(
            f"{'▲▲' if on else '▽▽'} {way(ticket.side).ticket} {ticket.symbol} {left:.0f}s{f' ({more})' if more > 1 else ''}"
        )

    def _terminal_title(self, text: str) -> None:
        if self._driver is not None and not self.is_headless and text != getattr(self, "_title_shown", None):
            self._title_shown = text
            self._driver.write(f"\x1b]2;{text}\x07")

    # ---- what keys and the mouse do ---------------------------------------------------------------------

    async def on_event(self, event: events.Event) -> None:
        if isinstance(event, events.Key) and not event.is_forwarded:
            if self.deciding.typed(self.monotonic()):
                self._arm_later()
            if self._press_at_once(event.key):
                return
        await super().on_event(event)

    def _press_at_once(self, key: str) -> bool:
        """Carry out a bound key before the next one is looked at, so that keys typed ahead find the focus where the
        keys before them put it. Left to the focused widget, the next key would be handed to that widget as well."""
        typing = isinstance(self.focused, Input) or isinstance(self.screen, ModalScreen)
        if typing or key not in self._pressable:
            return False
        self.action_press(key)
        return True

    def action_press(self, key: str) -> None:
        """A bound key was pressed: what it means depends on the place."""
        action = resolve(self.actions, key, self.place)
        if action is not None:
            self.perform(action.id)

    def perform(self, action_id: str) -> None:
        """Do what the action ``action_id`` of the table means, if it works where the focus is."""
        action = next(action for action in self.actions if action.id == action_id)
        if action.where and self.place not in action.where:
            known = [place for place in action.where if place in PANES]
            if self.page is not None and known:
                self.say(f"{action.label}: esc to the desk first", "warn")
            else:
                self.say(f"{action.label}: go to the {' or '.join(known or action.where)} first", "warn")
            return
        if action_id.startswith("pane_"):
            self.looking.go(PANES[int(action_id.removeprefix("pane_")) - 1])
            return
        name = f"do_{action_id}"
        for hand in (self.page, self.charting, self.operating, self.trading, self.leafing, self.looking):
            do = getattr(hand, name, None)
            if do is not None:
                do()
                return

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
        self.call_after_refresh(self.arrange)
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
                self.perform(action)
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
