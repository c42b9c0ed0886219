"""When the screen is drawn: a few times a second at most, only what changed, and less often over a thin line."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from skim_tui.console.arrange import CARD, PANES
from skim_tui.console.lineview import LineView
from skim_tui.console.terminal import SkimDriver

if TYPE_CHECKING:
    from skim_tui.console.app import SkimApp

BUDGET = 48_000
"""Bytes a second to the terminal above which pictures come less often, down to a quarter of their rate."""
SLOWEST = 4.0
"""What the time between two pictures is multiplied by at most."""

VIEWS = frozenset({*PANES, CARD, "header", "banner", "status", "footer"})
"""The parts of the desk screen."""


@dataclass(frozen=True, slots=True)
class Sent:
    """What went to the terminal: bytes in all, bytes a second lately, pictures left out."""

    total: int = 0
    per_second: float = 0.0
    dropped: int = 0


class Frames:
    """Gathers what changed and draws it with the next frame."""

    def __init__(self, app: SkimApp, fps: int) -> None:
        self._app = app
        self._frame = 1.0 / fps
        self._pace = 1.0
        """What the time between two pictures is multiplied by."""
        self._dirty: set[str] = set()
        self.due = False
        """Something changed that is not drawn yet."""
        self.sent = Sent()

    def mark(self, views: set[str]) -> None:
        """These topics or views changed; they are drawn with the next frame."""
        self._dirty |= views
        if not self.due and self._app.is_mounted:
            self.due = True
            self._app.set_timer(self._frame * self._pace, self._draw_changes)

    def draw(self, names: set[str]) -> None:
        """Draw these parts of the desk screen now."""
        for name in names & VIEWS:
            self._app.view(name).repaint()
        if names & {*PANES}:
            self._app.painting.titles()

    def measure(self) -> None:
        """Once a second: what the terminal was sent, and how long the next frames wait for it."""
        driver = self._app.terminal
        if driver is not None:
            total = driver.bytes_sent
            self.sent = Sent(total, float(total - self.sent.total), driver.frames_dropped)
            self._pace = min(SLOWEST, max(1.0, self.sent.per_second * self._pace / BUDGET))

    def _draw_changes(self) -> None:
        self.due = False
        app = self._app
        if not app.screen_stack or self._is_behind(app.terminal):
            return
        page = app.page
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
            app.panes.make_room_for_banners()
            dirty |= {"banner", "header"}
        self.draw(dirty)

    def _is_behind(self, driver: SkimDriver | None) -> bool:
        """Whether the terminal does not read: then nothing is drawn until it does, and the whole picture after."""
        if driver is None:
            return False
        driver.catch_up(self._draw_all)
        if driver.missed:
            self.mark(set())
        return driver.missed

    def _draw_all(self) -> None:
        self._app.screen.refresh(layout=True)
        for view in self._app.screen.query(LineView):
            view.refresh()
