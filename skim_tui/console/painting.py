"""What each part of the screen shows, from the store and the state of the decision."""

from __future__ import annotations

from typing import TYPE_CHECKING

from skim_tui.console import chart, figures, header
from skim_tui.console.arrange import CARD, PANES
from skim_tui.console.card import card
from skim_tui.console.spans import Line, behind, clip, length, spread

if TYPE_CHECKING:
    from skim_tui.console.app import SkimApp

TITLES = {pane: f"{number} {pane.capitalize()}" for number, pane in enumerate(PANES, 1)}


class Painting:
    """The lines of header, banners, card, chart, status and footer, and the panes' titles."""

    def __init__(self, app: SkimApp) -> None:
        self._app = app

    def titles(self) -> None:
        store = self._app.store
        for pane, count in (("candidates", len(store.candidates)), ("tickets", len(store.tickets)),
                            ("positions", len(store.positions)), ("orders", len(store.orders))):  # fmt: skip
            title = f"{TITLES[pane]} {count}" if count else TITLES[pane]
            if pane == "candidates" and self._app.wanted:
                title = f"{title} / {figures.NONE} “{self._app.wanted}”"
            view = self._app.view(pane)
            if view.border_title != title:
                view.border_title = title
        view = self._app.view("chart")
        known = store.candidates.get(self._app.chart_symbol)
        name = f" {known.name}" if known is not None and known.name else ""
        title = f"{TITLES['chart']} {self._app.chart_symbol}{name}" if self._app.chart_symbol else TITLES["chart"]
        if view.border_title != title:
            view.border_title = title

    def banners(self, width: int) -> list[Line]:
        attachment = self._app.attachment
        lost = ""
        if not attachment.attached and attachment.ever:
            lost = f"DESK LOST: {attachment.doing}. Positions keep their stops at the broker; reattaching…"
        elif not self._app.store.loaded:
            return [behind(((f" {attachment.doing}", "accent bold"),), "selected", width)]
        return header.banners(self._app.store.header, lost, width)

    def card(self, width: int, height: int) -> list[Line]:
        ticket = self._app.deciding.ticket
        if ticket is None:
            return []
        self._app.view(CARD).border_title = f" TICKET {ticket.symbol}: your decision "
        keys = {action.id: action.shown_keys for action in self._app.actions}
        foot: Line = (
            (f" {keys['approve']} ", "ink bold on gain"), (" approve and send   ", "gain bold"),
            (f" {keys['decline']} ", "ink bold on muted"), (" decline", "text"),
        )  # fmt: skip
        return card(
            ticket, place=self._app.deciding.place, wall=self._app.wall(), armed=self._app.deciding.armed(self._app.monotonic()),
            busy=ticket.id in self._app.deciding.busy, currency=self._app.store.header.currency, keys=foot,
            width=width, height=height,
        )  # fmt: skip

    def chart(self, width: int, height: int) -> list[Line]:
        symbol = self._app.chart_symbol
        if self._app.chart_refusal:
            empty = [f"No chart of {symbol}: {self._app.chart_refusal}.", "Choose another stock with ↑ ↓."]
        elif symbol:
            empty = [f"No trades of {symbol} yet today.", "Bars appear once it opens."]
        else:
            empty = ["No stock chosen.", "Go to the candidates (1) and move with ↑ ↓."]
        return chart.paint(self._app.store.chart.get(symbol), empty, self._app.store.header.tz, width, height)

    def status(self, width: int) -> Line:
        text, style, at = self._app.message
        return clip(((f" {text}", style),), width) if at else ()

    def footer(self, width: int) -> Line:
        pane = self._app.looking.pane()
        deciding = self._app.deciding.ticket is not None
        line: Line = ((" ", ""),)
        usable = [a for a in self._app.actions if a.footer and (not a.where or pane in a.where)]
        for action in sorted(usable, key=lambda action: action.footer):
            if action.id in ("approve", "decline") and not deciding:
                continue
            key = action.shown_keys.split()[0]
            piece: Line = ((key, "key bold"), (f" {action.label}  ", "muted"))
            if length(line) + length(piece) <= width:
                line = (*line, *piece)
        return behind(spread(line, (("ctrl+p", "key bold"), (" commands ", "muted")), width), "strip", width)
