"""What the console says when it attaches, and of each new line of the desk's log."""

from __future__ import annotations

from typing import TYPE_CHECKING

from skim_tui.console.pages.away import AwayPage
from skim_tui.link.commands import AskAway
from skim_tui.link.history import AwayView
from skim_tui.link.notices import AlertView

if TYPE_CHECKING:
    from skim_tui.console.app import SkimApp

TONES = {"warning": "warn", "error": "bad bold"}


class Greeting:
    """Knows up to which log line the operator has been told."""

    def __init__(self, app: SkimApp) -> None:
        self._app = app
        self._seen = 0
        self._greeted = False

    def attached(self) -> None:
        """A whole state arrived: say what was missed, and open the account of it on the first attach."""
        store = self._app.store
        missed = [line for line in store.log.values() if self._seen < line.seq]
        loud = sum(1 for line in missed if line.level in ("warning", "error"))
        if self._greeted and missed:
            tail = f", {loud} of them warnings: log (7)" if loud else ""
            self._app.say(f"while you were away: {len(missed)} log lines{tail}", "warn" if loud else "accent")
        elif not self._greeted:
            self._app.say(f"attached to the desk on {store.header.market or '…'}; ? shows all keys", "accent")
            self._app.run_worker(self._account(), name="away", group="away", exclusive=True)
        self._greeted = True

    def logged(self, keys: set[str], *, whole: bool) -> None:
        """Show the newest of the log lines ``keys`` in the status line."""
        store = self._app.store
        if not whole:
            fresh = [store.log[key] for key in keys if key in store.log and store.log[key].level != "debug"]
            newest = max(fresh, key=lambda line: line.seq, default=None)
            if newest is not None:
                self._app.say(newest.text, TONES.get(newest.level, "muted"))
        self._seen = max(self._seen, store.last_seq())

    def alerted(self, keys: set[str]) -> None:
        """Ring for the alerts ``keys`` that want it; a ticket's card has rung already."""
        alerts = self._app.store.other.get("alerts", {})
        found = [alerts[key] for key in keys if key in alerts]
        if any(isinstance(alert, AlertView) and alert.rings and alert.kind != "ticket" for alert in found):
            self._app.bell()

    async def _account(self) -> None:
        """Open what happened while no console watched, unless a ticket wants its decision first."""
        reply = await self._app.attachment.send(AskAway())
        view = reply.view
        if not isinstance(view, AwayView) or not view.since or not view.rows:
            return
        count = len(view.rows)
        self._app.say(f"while you were away: {count} events: w shows them", "accent")
        if self._app.deciding.ticket is None and len(self._app.screen_stack) == 1:
            page = AwayPage(self._app)
            page.take(view)
            self._app.push_screen(page)
