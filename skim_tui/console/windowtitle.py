"""The terminal's own title: it blinks while a ticket waits, for whoever looks at another window."""

from __future__ import annotations

from typing import TYPE_CHECKING

from skim_tui.console.ways import way

if TYPE_CHECKING:
    from skim_tui.console.app import SkimApp


class WindowTitle:
    """Writes the title when it differs."""

    def __init__(self, app: SkimApp) -> None:
        self._app = app
        self._shown = ""

    def renew(self) -> None:
        """Call once a second: the ticket on the card with its countdown, or the program's name."""
        ticket = self._app.deciding.ticket
        if ticket is None:
            self.put("Skim")
            return
        wall = self._app.wall()
        mark = "▲▲" if int(wall) % 2 == 0 else "▽▽"
        waiting = len(self._app.deciding.tickets)
        more = f" ({waiting})" if waiting > 1 else ""
        left = max(0.0, ticket.expires_unix - wall)
        self.put(f"{mark} {way(ticket.side).ticket} {ticket.symbol} {left:.0f}s{more}")

    def put(self, text: str) -> None:
        terminal = self._app.terminal
        if terminal is not None and text != self._shown:
            self._shown = text
            terminal.write(f"\x1b]2;{text}\x07")
