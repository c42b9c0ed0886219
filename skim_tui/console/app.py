"""The console: a screen over a desk link. It shows what the desk publishes and sends what a key means."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from textual.app import App, ComposeResult, SystemCommand
from textual.containers import Container
from textual.screen import Screen
from textual.theme import Theme
from textual.widgets import Input

from skim_tui.console import candidates, header, rows
from skim_tui.console.actions import with_keymap
from skim_tui.console.arrange import CARD, PANES, Wish, arrange, slim
from skim_tui.console.attachment import Attachment, Prepare
from skim_tui.console.card import ARMING_SECONDS
from skim_tui.console.commands import Commands
from skim_tui.console.deciding import Deciding
from skim_tui.console.lineview import LineView, Sheet, Table
from skim_tui.console.looking import Looking
from skim_tui.console.operating import Operating
from skim_tui.console.painting import TITLES, Painting
from skim_tui.console.palette import Palette
from skim_tui.console.store import Store
from skim_tui.console.themes import load_themes, theme_folders
from skim_tui.link.port import DeskLink
from skim_tui.link.values import (
    Delta,
    SelectChart,
)

TABLES = ("candidates", "tickets", "positions", "orders", "news", "log")
CHART_DELAY = 0.15
"""The chart follows the cursor once it rests this long, real seconds."""


class SkimApp(App[str]):
    """The trading console. Its result says how it ended: ``left`` (the desk runs on) or ``stopped``.

    ``prepare`` is awaited before each attach, e.g. to start a desk; what it says is shown. ``wall``
    is real time for countdowns, ``monotonic`` for the arming delay; both are for tests.
    """

    CSS_PATH = "console.tcss"
    COMMANDS = {Commands}
    TITLE = "Skim"

    def __init__(
        self, link: DeskLink, *, theme: str = "skim-dark", fps: int = 8, bell: bool = True,
        keymap: Mapping[str, str] | None = None, prepare: Prepare | None = None,
        theme_dirs: Iterable[Path] = (), wall: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:  # fmt: skip
        super().__init__()
        self.animation_level = "none"
        self.actions = with_keymap(keymap or {})
        self.store = Store()
        self.deciding = Deciding()
        self.palette = Palette()
        self.operating = Operating(self)
        self.looking = Looking(self)
        self.painting = Painting(self)
        self.message: tuple[str, str, float] = ("", "text", 0.0)
        """The status line: text, style, real time of its appearance."""
        self.attachment = Attachment(link, prepare, on_delta=self._on_delta, on_change=self._on_link)
        self._themes = load_themes((*theme_folders(), *theme_dirs))
        for found in self._themes.values():
            self.register_theme(found)
        self._wanted_theme = theme
        self._frame = 1.0 / fps
        self._ring = bell
        self.wall = wall
        self.monotonic = monotonic
        self._header_at = 0.0
        self._shown_now = 0.0
        self._dirty: set[str] = set()
        self._flushing = False
        self.wish = Wish()
        self.wanted = ""
        self.chart_symbol = ""
        self.chart_refusal = ""
        self._seen_log = 0
        for action in self.actions:
            self.bind(action.keys, f"perform('{action.id}')", description=action.label, show=False)

    # ---- the screen -----------------------------------------------------------------------------

    def compose(self) -> ComposeResult:
        p = self.palette
        yield LineView(p, lambda w, h: header.strip(self.store.header, self._shown_now, w), id="header")
        yield LineView(p, lambda w, h: self.painting.banners(w), id="banner")
        with Container(id="desk"):
            yield LineView(p, self.painting.card, id=CARD, classes="pane")
            sheets: dict[str, Callable[[int], Sheet]] = {
                "candidates": lambda w: candidates.sheet(self.store, w, self.wanted),
                "tickets": lambda w: rows.tickets(self.store, w, self.wall()),
                "positions": lambda w: rows.positions(self.store, w, self._shown_now),
                "orders": lambda w: rows.orders(self.store, w),
                "news": lambda w: rows.news(self.store, w),
                "log": lambda w: rows.log(self.store, w),
            }
            for pane in PANES:
                if pane == "chart":
                    view: LineView = LineView(p, self.painting.chart, id=pane, classes="pane")
                    view.can_focus = True
                else:
                    view = Table(p, sheets[pane], id=pane, newest_first=pane not in ("candidates", "positions"))
                    view.add_class("pane")
                view.border_title = TITLES[pane]
                yield view
        yield Input(placeholder="filter candidates: symbol, name or state", id="filter")
        yield LineView(p, lambda w, h: [self.painting.status(w)], id="status")
        yield LineView(p, lambda w, h: [self.painting.footer(w)], id="footer")

    def on_mount(self) -> None:
        self.theme_changed_signal.subscribe(self, lambda _: self._restyle())
        self.use_theme(self._wanted_theme)
        self.palette.load(self.theme_variables)
        self.query_one("#candidates").focus()
        self.arrange()
        self._paint_now(set(PANES) | {"header", "status", "footer"})
        self.set_interval(1.0, self._tick)
        self.run_worker(self.attachment.run(), name="attachment", exit_on_error=True)

    async def on_unmount(self) -> None:
        self._terminal_title("")
        await self.attachment.close()

    def on_resize(self) -> None:
        self.call_after_refresh(self.arrange)

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        return ()

    def view(self, name: str) -> LineView:
        return self.screen_stack[0].query_one(f"#{name}", LineView)

    def arrange(self) -> None:
        """Give every pane its box, and hide those without one."""
        width, height = self.size
        rows_above = len(self.painting.banners(width))
        banner = self.view("banner")
        banner.display = rows_above > 0
        banner.styles.height = max(1, rows_above)
        filtering = self.screen_stack[0].query_one("#filter").display
        boxes = arrange(width, max(1, height - 4 - rows_above - int(filtering)), self.wish)
        narrow = slim(width, height - 4 - rows_above)
        for name in (CARD, *PANES):
            self.view(name).set_class(narrow and name != CARD, "slim")
            view, box = self.view(name), boxes.get(name)
            view.display = box is not None
            if box is not None:
                view.styles.offset = (box.x, box.y)
                view.styles.width, view.styles.height = box.width, box.height

    def _restyle(self) -> None:
        self.palette.load(self.theme_variables)
        for screen in self.screen_stack:
            for view in screen.query(LineView):
                view.restyle()

    # ---- the desk's words -------------------------------------------------------------------------

    def _on_delta(self, delta: Delta) -> None:
        changed = self.store.apply(delta)
        if "header" in changed:
            self._header_at = self.wall()
        if delta.whole:
            self._greet()
        if "tickets" in changed:
            self._on_tickets()
        if "log" in changed and not delta.whole:
            newest = max((self.store.log[key] for key in changed["log"] if key in self.store.log), key=lambda v: v.seq, default=None)  # fmt: skip
            if newest is not None and newest.level != "debug":
                self.say(newest.text, {"warning": "warn", "error": "bad bold"}.get(newest.level, "muted"))
        self._seen_log = max(self._seen_log, self.store.last_seq())
        topics = set(changed)
        if topics & {"candidates", "positions"} and not self.chart_symbol:
            self._follow_first()
        self.mark(topics | ({"candidates"} if delta.whole else set()))

    def _greet(self) -> None:
        """On attach: what happened while nobody looked."""
        store = self.store
        self._shown_now = store.header.now
        missed = [line for line in store.log.values() if self._seen_log < line.seq]
        loud = [line for line in missed if line.level in ("warning", "error")]
        if self._seen_log and missed:
            tail = f", {len(loud)} of them warnings: log (7)" if loud else ""
            self.say(f"while you were away: {len(missed)} log lines{tail}", "warn" if loud else "accent")
        elif store.positions or store.trades:
            self.say(
                f"while you were away: {len(store.positions)} open positions, {len(store.trades)} closed trades, "
                f"{len(loud)} warnings: log (7)", "accent",
            )  # fmt: skip
        else:
            self.say(f"attached to the desk on {store.header.market}; ? shows all keys", "accent")

    def _on_tickets(self) -> None:
        before = self.deciding.selected
        new = self.deciding.update(self.store.proposed(), self.monotonic())
        if new and self._ring:
            self.bell()
        if self.deciding.selected != before:
            self.card_changed()
        waiting = len(self.deciding.tickets)
        first = self.deciding.ticket
        self._terminal_title(f"({waiting}) TICKET {first.symbol} - Skim" if first else "Skim")

    def card_changed(self) -> None:
        """Another ticket is on the card: its chart shows, and its keys wait for the arming delay."""
        wish = replace(self.wish, card=self.deciding.ticket is not None)
        if wish != self.wish:
            self.wish = wish
            self.arrange()
        ticket = self.deciding.ticket
        if ticket is not None:
            self._choose_chart(ticket.symbol)
            self.set_timer(ARMING_SECONDS + 0.02, lambda: self.mark({CARD, "footer"}))
        self.mark({CARD, "footer", "tickets"})

    def _on_link(self) -> None:
        if self.attachment.attached and self.chart_symbol:
            self._ask_chart(self.chart_symbol)
        if self.is_mounted:
            self.mark({"banner", "candidates", "header", "chart", "status"})

    # ---- painting: at most fps times a second, only what changed --------------------------------------

    def mark(self, views: set[str]) -> None:
        self._dirty |= views
        if not self._flushing and self.is_mounted:
            self._flushing = True
            self.set_timer(self._frame, self._paint_changes)

    def _paint_changes(self) -> None:
        self._flushing = False
        if not self.screen_stack:
            return
        dirty, self._dirty = self._dirty, set()
        if "tickets" in dirty:
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
        for name in names & {*PANES, CARD, "header", "banner", "status", "footer"}:
            self.view(name).repaint()
        if names & {"candidates", "tickets", "positions", "orders", "chart"}:
            self.painting.titles()

    def _tick(self) -> None:
        """Once a second: clocks and countdowns."""
        shown = self.store.header
        if self.attachment.attached and shown.now:
            self._shown_now = shown.now + (self.wall() - self._header_at) * shown.speed
        if self.message[0] and self.wall() - self.message[2] > 30:
            self.message = ("", "text", 0.0)
        self.mark({"header", "positions", "status"} | ({CARD, "tickets", "footer"} if self.deciding.tickets else set()))

    def say(self, text: str, style: str = "text") -> None:
        self.message = (text, style, self.wall())
        self.mark({"status"})

    def _terminal_title(self, text: str) -> None:
        if self._driver is not None and not self.is_headless:
            self._driver.write(f"\x1b]2;{text}\x07")

    # ---- the chart follows the cursor -----------------------------------------------------------------

    def on_table_moved(self, moved: Table.Moved) -> None:
        store, pane = self.store, moved.table.id
        symbol = moved.key if pane in ("candidates", "positions") else ""
        if pane == "tickets" and moved.key in store.tickets:
            symbol = store.tickets[moved.key].symbol
        if pane == "orders" and moved.key in store.orders:
            symbol = store.orders[moved.key].symbol
        if symbol:
            self._choose_chart(symbol)

    def on_descendant_focus(self) -> None:
        self.mark({"footer"})

    def _follow_first(self) -> None:
        first = next(iter(candidates.ordered(self.store)), None)
        if first is not None:
            self._choose_chart(first.symbol)
        elif self.store.positions:
            self._choose_chart(next(iter(self.store.positions)))

    def _choose_chart(self, symbol: str) -> None:
        if symbol == self.chart_symbol:
            return
        self.chart_symbol, self.chart_refusal = symbol, ""
        self.mark({"chart"})
        self.set_timer(CHART_DELAY, lambda: self._ask_chart(symbol))

    def _ask_chart(self, symbol: str) -> None:
        if symbol == self.chart_symbol and self.attachment.attached:
            self.run_worker(self._request_chart(symbol), name="chart", group="chart", exclusive=True)

    async def _request_chart(self, symbol: str) -> None:
        reply = await self.attachment.send(SelectChart(symbol))
        if symbol == self.chart_symbol:
            self.chart_refusal = "" if reply.ok else reply.text
            self.mark({"chart"})

    # ---- what keys do -----------------------------------------------------------------------------------

    def action_perform(self, action_id: str) -> None:
        self.perform(action_id)

    def perform(self, action_id: str) -> None:
        """Do what the action ``action_id`` of the table means, if it works where the focus is."""
        action = next(action for action in self.actions if action.id == action_id)
        if action.where and self.looking.pane() not in action.where:
            self.say(f"{action.label}: go to the {' or '.join(action.where)} first", "warn")
            return
        if action_id.startswith("pane_"):
            self.looking.go(PANES[int(action_id.removeprefix("pane_")) - 1])
        else:
            name = f"do_{action_id}"
            getattr(self.operating if hasattr(self.operating, name) else self.looking, name)()

    def on_input_changed(self, changed: Input.Changed) -> None:
        self.wanted = changed.value.strip()
        self.mark({"candidates"})

    def on_input_submitted(self) -> None:
        self.looking.end_filter()

    def theme_names(self) -> list[str]:
        return sorted(self._themes)

    def use_theme(self, name: str) -> None:
        """Draw with theme ``name``; an unknown one is named in the status line."""
        known: dict[str, Theme] = self.available_themes
        if name in known:
            self.theme = name
        else:
            self.say(f"no theme {name}: there are {', '.join(self.theme_names())}", "warn")

    async def action_quit(self) -> None:
        self.operating.do_leave()

    def action_help_quit(self) -> None:
        self.operating.do_leave()
