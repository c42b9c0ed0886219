"""What each part of the desk screen shows, from the store and the state of the decision."""

from __future__ import annotations

from typing import TYPE_CHECKING

from skim_tui.console import chart, figures, header, rows
from skim_tui.console.actions import Action
from skim_tui.console.arrange import CARD, PANES
from skim_tui.console.card import Evidence, card
from skim_tui.console.spans import Line, behind, clip, length, spread, wrap
from skim_tui.console.ways import SHORT, way, way_held

if TYPE_CHECKING:
    from skim_tui.console.app import SkimApp

TITLES = {pane: f"{number} {pane.capitalize()}" for number, pane in enumerate(PANES, 1)}
STOPS_STAY = "Positions keep their stops at the broker. If it stays away: q, then skim again."
NEEDS_TICKET = ("approve", "decline", "edit")


class Painting:
    """The lines of header, banners, card, chart, status and footer, and the panes' titles."""

    def __init__(self, app: SkimApp) -> None:
        self._app = app
        self._footer_hits: list[tuple[int, int, str]] = []
        """(first cell, cell behind the last, action id) of what the footer shows."""

    def titles(self) -> None:
        store = self._app.store
        counts = {
            "candidates": len(store.candidates), "tickets": len(store.tickets), "positions": len(store.positions),
            "orders": len(store.orders), "news": len(store.news),
        }  # fmt: skip
        for pane in PANES:
            if pane == "chart":
                continue
            count = counts.get(pane, 0)
            title = f"{TITLES[pane]} {count}" if count else TITLES[pane]
            wanted = self._app.searching.text(pane)
            if wanted:
                title += f" with “{wanted}”"
            if pane == "log" and self._app.level_shown != "all":
                title += f": {self._app.level_shown}"
            self._set(pane, title)
        known = store.candidates.get(self._app.charting.symbol)
        name = f" {known.name}" if known is not None and known.name else ""
        symbol = self._app.charting.symbol
        borrow = f", {known.borrow}" if known is not None and known.borrow else ""
        self._set("chart", f"{TITLES['chart']} {symbol}{name}{borrow}" if symbol else TITLES["chart"])

    def _set(self, pane: str, title: str) -> None:
        view = self._app.view(pane)
        if view.border_title != title:
            view.border_title = title

    def header(self, width: int) -> list[Line]:
        store = self._app.store
        short = sum(way_held(held) is SHORT for held in store.positions.values())
        return header.strip(store.header, self._app.shown_now, width, short=short)

    def banners(self, width: int) -> list[Line]:
        attachment = self._app.attachment
        lost = ""
        if not attachment.attached and attachment.ever:
            lost = f"DESK LOST: {attachment.doing.removesuffix('…')}\n{STOPS_STAY}"
        elif not self._app.store.loaded:
            parts = wrap(attachment.doing, width - 1)
            return [behind(((f" {part}", "accent bold"),), "selected", width) for part in parts]
        store = self._app.store
        last = max(
            (t for t in store.tickets.values() if t.decided_by == "auto"), key=lambda t: (t.created, t.id), default=None
        )
        said = ""
        if store.header.auto and last is not None:
            said = f"{figures.clock(last.created, store.header.tz, '%H:%M')} {last.symbol} {last.state}, {rows.automatic(last)}"
        return header.banners(store.header, lost, width, said)

    def waiting(self, width: int) -> list[Line]:
        """On a screen that covers the card: the ticket that waits behind it."""
        ticket = self._app.deciding.ticket
        if ticket is None:
            return []
        left = figures.duration(ticket.expires_unix - self._app.wall())
        more = len(self._app.deciding.tickets) - 1
        text = f" {way(ticket.side).ticket} {ticket.symbol} waits, {left} left{f', and {more} more' if more else ''}: esc shows it"
        return [
            (*clip(((text, "ink bold on accent"),), width), (" " * max(0, width - len(text)), "ink bold on accent"))
        ]

    def card(self, width: int, height: int) -> list[Line]:
        app, deciding = self._app, self._app.deciding
        ticket = deciding.ticket
        if ticket is None:
            return []
        taken = way(ticket.side)
        app.view(CARD).border_title = f" {taken.ticket} {ticket.symbol}: your decision "
        keys = {action.id: action.shown_keys for action in app.actions}
        foot: Line = (
            (f" {keys['approve']} ", f"ink bold on {taken.style}"), (f" {taken.send}   ", f"{taken.style} bold"),
            (f" {keys['decline']} ", "ink bold on muted"), (" decline   ", "text"),
            (f" {keys['edit']} ", "ink bold on muted"), (" edit", "text"),
        )  # fmt: skip
        candidate = app.store.candidates.get(ticket.symbol)
        deciding.seen_price = taken.met(candidate) if candidate is not None else 0.0
        return card(
            ticket, place=deciding.place, wall=app.wall(), armed=deciding.armed(app.monotonic()),
            busy=ticket.id in deciding.busy, currency=app.store.header.currency, keys=foot, width=width, height=height,
            live=Evidence(candidate, app.store.newest_news(ticket.symbol), app.shown_now), refusal=deciding.refused,
        )  # fmt: skip

    def chart(self, width: int, height: int) -> list[Line]:
        charting = self._app.charting
        symbol = charting.symbol
        if charting.refusal:
            empty = [f"No chart of {symbol}: {charting.refusal}.", "Choose another stock with ↑ ↓."]
        elif symbol:
            empty = [f"No trades of {symbol} yet today.", "Bars appear once it opens; i shows its days."]
        else:
            empty = ["No stock chosen.", "Go to the candidates (1) and move with ↑ ↓."]
        return chart.paint(charting.view, empty, self._app.store.header.tz, width, height, charting.look)

    def status(self, width: int) -> Line:
        text, style, at = self._app.message
        return clip(((f" {text}", style),), width) if at else ()

    def footer(self, width: int, place: str) -> Line:
        """The keys that work in ``place``, the most needed first."""
        deciding = self._app.deciding.ticket is not None and place in PANES
        self._footer_hits = []
        line: Line = ((" ", ""),)
        for action in self._shown(place):
            if action.id in NEEDS_TICKET and not deciding:
                continue
            piece: Line = ((action.shown_keys.split()[0], "key bold"), (f" {action.label}  ", "muted"))
            if length(line) + length(piece) <= width - 16:
                self._footer_hits.append((length(line), length(line) + length(piece) - 2, action.id))
                line = (*line, *piece)
        return behind(spread(line, (("ctrl+p", "key bold"), (" commands ", "muted")), width), "strip", width)

    def footer_action(self, x: int) -> str:
        """The action whose key the footer shows at cell ``x``; empty when none is there."""
        return next((action for first, end, action in self._footer_hits if first <= x < end), "")

    def _shown(self, place: str) -> list[Action]:
        usable = [
            action
            for action in self._app.actions
            if action.footer and (not action.where or place in action.where)
            and (place in PANES or action.id not in ("next_pane",))
            and (place not in PANES or action.id != "escape")
        ]  # fmt: skip
        return sorted(usable, key=lambda action: action.footer)
