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

from skim_tui.console import candidates, chart, figures, header, rows
from skim_tui.console.actions import with_keymap
from skim_tui.console.arrange import CARD, PANES, Wish, arrange, slim
from skim_tui.console.attachment import Attachment, Prepare
from skim_tui.console.card import ARMING_SECONDS, card
from skim_tui.console.commands import Commands
from skim_tui.console.deciding import Deciding
from skim_tui.console.dialogs import Ask, Choice, Help
from skim_tui.console.lineview import LineView, Sheet, Table
from skim_tui.console.palette import Palette
from skim_tui.console.spans import Line, behind, clip, length, spread
from skim_tui.console.store import Store
from skim_tui.console.themes import load_themes, theme_folders
from skim_tui.link.port import DeskLink
from skim_tui.link.values import (
    Acknowledge,
    AnyCommand,
    Approve,
    CancelOrder,
    ClosePosition,
    Decline,
    Delta,
    Kill,
    Reply,
    Resume,
    SelectChart,
    SetAuto,
    StopDesk,
)

TABLES = ("candidates", "tickets", "positions", "orders", "news", "log")
TITLES = {pane: f"{number} {pane.capitalize()}" for number, pane in enumerate(PANES, 1)}
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
        self.message: tuple[str, str, float] = ("", "text", 0.0)
        """The status line: text, style, real time of its appearance."""
        self._attachment = Attachment(link, prepare, on_delta=self._on_delta, on_change=self._on_link)
        self._themes = load_themes((*theme_folders(), *theme_dirs))
        for found in self._themes.values():
            self.register_theme(found)
        self._wanted_theme = theme
        self._frame = 1.0 / fps
        self._ring = bell
        self._wall = wall
        self._monotonic = monotonic
        self._header_at = 0.0
        self._shown_now = 0.0
        self._dirty: set[str] = set()
        self._flushing = False
        self._wish = Wish()
        self._filter = ""
        self._chart_symbol = ""
        self._chart_asked = ""
        self._chart_refusal = ""
        self._seen_log = 0
        for action in self.actions:
            self.bind(action.keys, f"perform('{action.id}')", description=action.label, show=False)

    # ---- the screen -----------------------------------------------------------------------------

    def compose(self) -> ComposeResult:
        p = self.palette
        yield LineView(p, lambda w, h: header.strip(self.store.header, self._shown_now, w), id="header")
        yield LineView(p, lambda w, h: self._banners(w), id="banner")
        with Container(id="desk"):
            yield LineView(p, self._paint_card, id=CARD, classes="pane")
            sheets: dict[str, Callable[[int], Sheet]] = {
                "candidates": lambda w: candidates.sheet(self.store, w, self._filter),
                "tickets": lambda w: rows.tickets(self.store, w, self._wall()),
                "positions": lambda w: rows.positions(self.store, w, self._shown_now),
                "orders": lambda w: rows.orders(self.store, w),
                "news": lambda w: rows.news(self.store, w),
                "log": lambda w: rows.log(self.store, w),
            }
            for pane in PANES:
                if pane == "chart":
                    view: LineView = LineView(p, self._paint_chart, id=pane, classes="pane")
                    view.can_focus = True
                else:
                    view = Table(p, sheets[pane], id=pane)
                    view.add_class("pane")
                view.border_title = TITLES[pane]
                yield view
        yield Input(placeholder="filter candidates: symbol, name or state", id="filter")
        yield LineView(p, lambda w, h: [self._status(w)], id="status")
        yield LineView(p, lambda w, h: [self._footer(w)], id="footer")

    def on_mount(self) -> None:
        self.theme_changed_signal.subscribe(self, lambda _: self._restyle())
        self.use_theme(self._wanted_theme)
        self.palette.load(self.theme_variables)
        self.query_one("#candidates").focus()
        self._arrange()
        self._paint_now(set(PANES) | {"header", "status", "footer"})
        self.set_interval(1.0, self._tick)
        self.run_worker(self._attachment.run(), name="attachment", exit_on_error=True)

    async def on_unmount(self) -> None:
        self._terminal_title("")
        await self._attachment.close()

    def on_resize(self) -> None:
        self.call_after_refresh(self._arrange)

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        return ()

    def _view(self, name: str) -> LineView:
        return self.screen_stack[0].query_one(f"#{name}", LineView)

    def _arrange(self) -> None:
        """Give every pane its box, and hide those without one."""
        width, height = self.size
        rows_above = len(self._banners(width))
        banner = self._view("banner")
        banner.display = rows_above > 0
        banner.styles.height = max(1, rows_above)
        filtering = self.screen_stack[0].query_one("#filter").display
        boxes = arrange(width, max(1, height - 4 - rows_above - int(filtering)), self._wish)
        narrow = slim(width, height - 4 - rows_above)
        for name in (CARD, *PANES):
            self._view(name).set_class(narrow and name != CARD, "slim")
            view, box = self._view(name), boxes.get(name)
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
            self._header_at = self._wall()
        if delta.whole:
            self._greet()
        if "tickets" in changed:
            self._on_tickets()
        if "log" in changed and not delta.whole:
            newest = max((self.store.log[key] for key in changed["log"] if key in self.store.log), key=lambda v: v.seq, default=None)  # fmt: skip
            if newest is not None and newest.level != "debug":
                self._say(newest.text, {"warning": "warn", "error": "bad bold"}.get(newest.level, "muted"))
        self._seen_log = max(self._seen_log, self.store.last_seq())
        topics = set(changed)
        if topics & {"candidates", "positions"} and not self._chart_symbol:
            self._follow_first()
        self._mark(topics | ({"candidates"} if delta.whole else set()))

    def _greet(self) -> None:
        """On attach: what happened while nobody looked."""
        store = self.store
        self._shown_now = store.header.now
        missed = [line for line in store.log.values() if self._seen_log < line.seq]
        loud = [line for line in missed if line.level in ("warning", "error")]
        if self._seen_log and missed:
            tail = f", {len(loud)} of them warnings: log (7)" if loud else ""
            self._say(f"while you were away: {len(missed)} log lines{tail}", "warn" if loud else "accent")
        elif store.positions or store.trades:
            self._say(
                f"while you were away: {len(store.positions)} open positions, {len(store.trades)} closed trades, "
                f"{len(loud)} warnings: log (7)", "accent",
            )  # fmt: skip
        else:
            self._say(f"attached to the desk on {store.header.market}; ? shows all keys", "accent")

    def _on_tickets(self) -> None:
        before = self.deciding.selected
        new = self.deciding.update(self.store.proposed(), self._monotonic())
        if new and self._ring:
            self.bell()
        if self.deciding.selected != before:
            self._card_changed()
        waiting = len(self.deciding.tickets)
        first = self.deciding.ticket
        self._terminal_title(f"({waiting}) TICKET {first.symbol} - Skim" if first else "Skim")

    def _card_changed(self) -> None:
        """Another ticket is on the card: its chart shows, and its keys wait for the arming delay."""
        wish = replace(self._wish, card=self.deciding.ticket is not None)
        if wish != self._wish:
            self._wish = wish
            self._arrange()
        ticket = self.deciding.ticket
        if ticket is not None:
            self._choose_chart(ticket.symbol)
            self.set_timer(ARMING_SECONDS + 0.02, lambda: self._mark({CARD, "footer"}))
        self._mark({CARD, "footer", "tickets"})

    def _on_link(self) -> None:
        if self._attachment.attached and self._chart_symbol:
            self._ask_chart(self._chart_symbol)
        if self.is_mounted:
            self._mark({"banner", "candidates", "header", "chart", "status"})

    # ---- painting: at most fps times a second, only what changed --------------------------------------

    def _mark(self, views: set[str]) -> None:
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
            shown = self._view("banner")
            rows_above = len(self._banners(self.size.width))
            if rows_above != (int(shown.styles.height.value) if shown.display and shown.styles.height else 0):
                self._arrange()
            dirty |= {"banner", "header"}
        self._paint_now(dirty)

    def _paint_now(self, names: set[str]) -> None:
        for name in names & {*PANES, CARD, "header", "banner", "status", "footer"}:
            self._view(name).repaint()
        if names & {"candidates", "tickets", "positions", "orders", "chart"}:
            self._titles()

    def _titles(self) -> None:
        store = self.store
        for pane, count in (("candidates", len(store.candidates)), ("tickets", len(store.tickets)),
                            ("positions", len(store.positions)), ("orders", len(store.orders))):  # fmt: skip
            title = f"{TITLES[pane]} {count}" if count else TITLES[pane]
            if pane == "candidates" and self._filter:
                title = f"{title} / {figures.NONE} “{self._filter}”"
            view = self._view(pane)
            if view.border_title != title:
                view.border_title = title
        view = self._view("chart")
        known = store.candidates.get(self._chart_symbol)
        name = f" {known.name}" if known is not None and known.name else ""
        title = f"{TITLES['chart']} {self._chart_symbol}{name}" if self._chart_symbol else TITLES["chart"]
        if view.border_title != title:
            view.border_title = title

    def _tick(self) -> None:
        """Once a second: clocks and countdowns."""
        shown = self.store.header
        if self._attachment.attached and shown.now:
            self._shown_now = shown.now + (self._wall() - self._header_at) * shown.speed
        if self.message[0] and self._wall() - self.message[2] > 30:
            self.message = ("", "text", 0.0)
        self._mark(
            {"header", "positions", "status"} | ({CARD, "tickets", "footer"} if self.deciding.tickets else set())
        )

    def _banners(self, width: int) -> list[Line]:
        attachment = self._attachment
        lost = ""
        if not attachment.attached and attachment.ever:
            lost = f"DESK LOST: {attachment.doing}. Positions keep their stops at the broker. Reattaching…"
        elif not self.store.loaded:
            return [behind(((f" {attachment.doing}", "accent bold"),), "selected", width)]
        return header.banners(self.store.header, lost, width)

    def _paint_card(self, width: int, height: int) -> list[Line]:
        ticket = self.deciding.ticket
        if ticket is None:
            return []
        self._view(CARD).border_title = f" TICKET {ticket.symbol}: your decision "
        keys = {action.id: action.shown_keys for action in self.actions}
        foot: Line = (
            (f" {keys['approve']} ", "ink bold on gain"), (" approve and send   ", "gain bold"),
            (f" {keys['decline']} ", "ink bold on muted"), (" decline", "text"),
        )  # fmt: skip
        return card(
            ticket, place=self.deciding.place, wall=self._wall(), armed=self.deciding.armed(self._monotonic()),
            busy=ticket.id in self.deciding.busy, currency=self.store.header.currency, keys=foot,
            width=width, height=height,
        )  # fmt: skip

    def _paint_chart(self, width: int, height: int) -> list[Line]:
        symbol = self._chart_symbol
        if self._chart_refusal:
            empty = [f"No chart of {symbol}: {self._chart_refusal}.", "Choose another stock with ↑ ↓."]
        elif symbol:
            empty = [f"No trades of {symbol} yet today.", "Bars appear once it opens."]
        else:
            empty = ["No stock chosen.", "Go to the candidates (1) and move with ↑ ↓."]
        return chart.paint(self.store.chart.get(symbol), empty, self.store.header.tz, width, height)

    def _status(self, width: int) -> Line:
        text, style, at = self.message
        return clip(((f" {text}", style),), width) if at else ()

    def _footer(self, width: int) -> Line:
        pane = self._pane()
        deciding = self.deciding.ticket is not None
        line: Line = ((" ", ""),)
        usable = [a for a in self.actions if a.footer and (not a.where or pane in a.where)]
        for action in sorted(usable, key=lambda action: action.footer):
            if action.id in ("approve", "decline") and not deciding:
                continue
            key = action.shown_keys.split()[0]
            piece: Line = ((key, "key bold"), (f" {action.label}  ", "muted"))
            if length(line) + length(piece) <= width:
                line = (*line, *piece)
        return behind(spread(line, (("ctrl+p", "key bold"), (" commands ", "muted")), width), "strip", width)

    def _say(self, text: str, style: str = "text") -> None:
        self.message = (text, style, self._wall())
        self._mark({"status"})

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
        self._mark({"footer"})

    def _follow_first(self) -> None:
        first = next(iter(candidates.ordered(self.store)), None)
        if first is not None:
            self._choose_chart(first.symbol)
        elif self.store.positions:
            self._choose_chart(next(iter(self.store.positions)))

    def _choose_chart(self, symbol: str) -> None:
        if symbol == self._chart_symbol:
            return
        self._chart_symbol, self._chart_refusal = symbol, ""
        self._mark({"chart"})
        self.set_timer(CHART_DELAY, lambda: self._ask_chart(symbol))

    def _ask_chart(self, symbol: str) -> None:
        if symbol == self._chart_symbol and self._attachment.attached:
            self.run_worker(self._request_chart(symbol), name="chart", group="chart", exclusive=True)

    async def _request_chart(self, symbol: str) -> None:
        reply = await self._attachment.send(SelectChart(symbol))
        if symbol == self._chart_symbol:
            self._chart_refusal = "" if reply.ok else reply.text
            self._mark({"chart"})

    # ---- what keys do -----------------------------------------------------------------------------------

    def action_perform(self, action_id: str) -> None:
        self.perform(action_id)

    def perform(self, action_id: str) -> None:
        """Do what the action ``action_id`` of the table means, if it works where the focus is."""
        action = next(action for action in self.actions if action.id == action_id)
        if action.where and self._pane() not in action.where:
            self._say(f"{action.label}: go to the {' or '.join(action.where)} first", "warn")
            return
        if action_id.startswith("pane_"):
            self._go(PANES[int(action_id.removeprefix("pane_")) - 1])
        else:
            getattr(self, f"do_{action_id}")()

    def _pane(self) -> str:
        focused = self.screen_stack[0].focused
        return focused.id or "" if focused is not None else ""

    def _table(self) -> Table | None:
        focused = self.screen_stack[0].focused
        return focused if isinstance(focused, Table) else None

    def _send(self, command: AnyCommand, after: Callable[[Reply], None] | None = None) -> None:
        async def send() -> None:
            reply = await self._attachment.send(command)
            self._say(reply.text or ("done" if reply.ok else "refused"), "good" if reply.ok else "bad bold")
            if after is not None:
                after(reply)

        self.run_worker(send(), name=type(command).__name__, group="command", exclusive=False)

    def _ask(self, title: str, text: list[str], choices: list[Choice], then: Callable[[str], None], *, grave: bool = False) -> None:  # fmt: skip
        def answered(answer: str | None) -> None:
            if answer:
                then(answer)

        self.push_screen(Ask(self.palette, title, text, choices, grave=grave), answered)

    def _decide(self, make: Callable[[str], AnyCommand]) -> None:
        refusal = self.deciding.refusal(self._monotonic(), self._wall())
        ticket = self.deciding.ticket
        if refusal or ticket is None:
            self._say(refusal, "warn")
            return
        ticket_id = ticket.id
        self.deciding.busy.add(ticket_id)
        self._mark({CARD})

        def after(reply: Reply) -> None:
            if not reply.ok:
                # The desk decides once in any case; a refusal may be tried again.
                self.deciding.busy.discard(ticket_id)
            self._mark({CARD})

        self._send(make(ticket_id), after)

    def do_approve(self) -> None:
        self._decide(Approve)

    def do_decline(self) -> None:
        self._decide(Decline)

    def do_previous_ticket(self) -> None:
        self._step(-1)

    def do_next_ticket(self) -> None:
        self._step(1)

    def _step(self, by: int) -> None:
        if len(self.deciding.tickets) < 2:
            self._say("there is no other ticket waiting", "muted")
            return
        self.deciding.step(by, self._monotonic())
        self._card_changed()

    def do_auto(self) -> None:
        if self.store.header.auto:
            # Less risk needs no question.
            self._send(SetAuto(False))
            return
        limit = figures.money(self.store.header.daily_loss_limit, cents=False)
        text = ["The desk will send entries by itself, within the gates,", f"until a daily loss of {limit}, a mismatch,", "a reconnect or the end of the session."]  # fmt: skip
        self._ask("Arm AUTO?", text, [Choice("y", "arm auto mode", "yes")], lambda _: self._send(SetAuto(True)), grave=True)  # fmt: skip

    def do_close(self) -> None:
        table = self._table()
        held = self.store.positions.get(table.key) if table is not None else None
        if held is None:
            self._say("no position to close", "warn")
            return
        symbol = held.symbol
        text = [f"Sell {figures.shares(held.quantity)} {symbol} at market.", f"Open profit {figures.profit(held.unrealised)[0].strip()}."]  # fmt: skip
        self._ask(f"Close {symbol}?", text, [Choice("y", f"close {symbol}", "yes")], lambda _: self._send(ClosePosition(symbol)), grave=True)  # fmt: skip

    def do_cancel(self) -> None:
        table = self._table()
        order = self.store.orders.get(table.key) if table is not None else None
        if order is None:
            self._say("no order to cancel", "warn")
            return
        if order.status in rows.DONE:
            self._say(f"{order.symbol}: this order is {order.status} already", "warn")
            return
        ref = order.ref
        text = [f"{order.side} {figures.shares(order.quantity)} {order.symbol} {order.type}, {order.status}."]
        self._ask("Cancel this order?", text, [Choice("y", "cancel it", "yes")], lambda _: self._send(CancelOrder(ref)))

    def do_kill(self) -> None:
        """Entries stop at once, without a question; closing everything asks."""
        self._send(Kill(close_all=False))
        count = len(self.store.positions)
        if count:
            text = ["Entries are being cancelled and blocked.", f"{count} open position(s) keep their stops."]
            self._ask("KILL SWITCH", text, [Choice("y", "also close every position at market", "yes")], lambda _: self._send(Kill(close_all=True)), grave=True)  # fmt: skip

    def do_resume(self) -> None:
        self._send(Resume())

    def do_acknowledge(self) -> None:
        self._send(Acknowledge())

    def _move(self, by: int) -> None:
        table = self._table()
        if table is not None:
            table.move(by)

    def do_up(self) -> None:
        self._move(-1)

    def do_down(self) -> None:
        self._move(1)

    def do_page_up(self) -> None:
        table = self._table()
        self._move(-table.page() if table is not None else 0)

    def do_page_down(self) -> None:
        table = self._table()
        self._move(table.page() if table is not None else 0)

    def do_top(self) -> None:
        self._move(-100_000)

    def do_bottom(self) -> None:
        self._move(100_000)

    def do_filter(self) -> None:
        field = self.query_one("#filter", Input)
        field.display = True
        self._arrange()
        field.focus()

    def on_input_changed(self, changed: Input.Changed) -> None:
        self._filter = changed.value.strip()
        self._mark({"candidates"})

    def on_input_submitted(self) -> None:
        self._end_filter()

    def _end_filter(self) -> None:
        self.query_one("#filter", Input).display = False
        self._go("candidates")

    def do_escape(self) -> None:
        if self._pane() == "filter" or self._filter:
            self.query_one("#filter", Input).value = ""
            self._end_filter()
        elif self._wish.zoomed:
            self.do_zoom()

    def _go(self, pane: str) -> None:
        """Show ``pane`` if it is not, and put the focus on it."""
        wish = self._wish
        if wish.zoomed and wish.zoomed != pane:
            wish = replace(wish, zoomed=pane)
        wish = replace(wish, hidden=wish.hidden - {pane})
        if not self._view(pane).display:
            wish = replace(wish, slot=pane)
            width, height = self.size
            if pane not in arrange(width, height - 4, wish):
                wish = replace(wish, zoomed=pane)
        self._wish = wish
        self._arrange()
        self._view(pane).focus()
        self._mark({pane, "footer"})

    def do_next_pane(self) -> None:
        self._turn(1)

    def do_previous_pane(self) -> None:
        self._turn(-1)

    def _turn(self, by: int) -> None:
        shown = [pane for pane in PANES if self._view(pane).display]
        if shown and not self._wish.zoomed:
            at = shown.index(self._pane()) if self._pane() in shown else -by
            self._go(shown[(at + by) % len(shown)])

    def do_zoom(self) -> None:
        pane = "" if self._wish.zoomed else self._pane()
        self._wish = replace(self._wish, zoomed=pane if pane in PANES else "")
        self._arrange()
        self._mark(set(PANES))

    def do_hide(self) -> None:
        pane = self._pane()
        if pane in PANES and not self._wish.zoomed and sum(self._view(p).display for p in PANES) > 1:
            self._wish = replace(self._wish, hidden=self._wish.hidden | {pane})
            self._arrange()
            self._turn(1)
            self._say(f"{pane} hidden: {PANES.index(pane) + 1} brings it back", "muted")

    def theme_names(self) -> list[str]:
        return sorted(self._themes)

    def use_theme(self, name: str) -> None:
        """Draw with theme ``name``; an unknown one is named in the status line."""
        known: dict[str, Theme] = self.available_themes
        if name in known:
            self.theme = name
        else:
            self._say(f"no theme {name}: there are {', '.join(self.theme_names())}", "warn")

    def do_theme(self) -> None:
        names = self.theme_names()
        at = names.index(self.theme) if self.theme in names else -1
        self.use_theme(names[(at + 1) % len(names)])
        self._say(f"theme {self.theme}", "muted")

    def do_help(self) -> None:
        self.push_screen(Help(self.palette, self.actions))

    async def action_quit(self) -> None:
        self.do_leave()

    def action_help_quit(self) -> None:
        self.do_leave()

    def do_leave(self) -> None:
        if isinstance(self.screen, Ask):
            return
        held = len(self.store.positions)
        kept = f"{held} open position(s) stay managed by the desk." if held else "No position is open."
        text = [kept, "Start skim again to come back."]
        choices = [Choice("l", "leave the desk running", "left", also="enter"), Choice("s", "stop the desk", "stop")]
        self._ask("Close the console?", text, choices, self._leave)

    def _leave(self, answer: str) -> None:
        if answer == "left":
            self.exit("left")
            return
        self._send(StopDesk(), self._stopped)

    def _stopped(self, reply: Reply) -> None:
        if reply.ok:
            self.exit("stopped")
            return
        text = [reply.text, "Stops stay at the broker; nothing manages exits while no desk runs."]
        self._ask("The desk refused", text, [Choice("f", "stop it all the same", "force")], lambda _: self._send(StopDesk(force=True), lambda r: self.exit("stopped") if r.ok else None), grave=True)  # fmt: skip

    def pick(self, symbol: str) -> None:
        """Put the candidates' cursor on ``symbol``."""
        self.query_one("#candidates", Table).select(symbol)
