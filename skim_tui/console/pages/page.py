"""The frame of a full screen beside the desk: header, banner, a summary, a table, search, status, keys."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual import events
from textual.app import ComposeResult
from textual.screen import Screen
from textual.widgets import Input

from skim_tui.console.lineview import LineView, Sheet, Table
from skim_tui.console.spans import Line
from skim_tui.link.commands import AnyCommand
from skim_tui.link.messages import AnyView, Reply

if TYPE_CHECKING:
    from skim_tui.console.app import SkimApp

ASKING = "asking the desk …"


class Page(Screen[None]):
    """A screen of its own. A subclass gives its ``place``, what it asks the desk, and what it shows.

    Keys come from the action table by ``place``; a method ``do_<action id>`` of the page takes them.
    """

    place: ClassVar[str] = ""
    title_text: ClassVar[str] = ""
    topics: ClassVar[frozenset[str]] = frozenset()
    """Published topics whose change draws the page anew."""
    renew: ClassVar[float] = 0.0
    """Real seconds after which the desk is asked again; 0 never."""
    rows_title: ClassVar[str] = ""

    def __init__(self, app: SkimApp) -> None:
        super().__init__()
        self.skim = app
        self.refusal = ""
        """Why there is nothing to show; empty when there is."""
        self.asked = False

    # ---- what a page is -----------------------------------------------------------------------------

    def question(self) -> AnyCommand | None:
        """What to ask the desk; None for a page that shows what is published anyway."""
        return None

    def take(self, view: AnyView) -> None:
        """The desk's answer."""

    def summary_height(self, width: int, height: int) -> int:
        """Lines of the summary on a screen of this size, without its border; 0 for no summary."""
        return 0

    def summary(self, width: int, height: int) -> list[Line]:
        """The summary's lines."""
        return []

    def sheet(self, width: int) -> Sheet:
        """The table's rows."""
        raise NotImplementedError

    # ---- the frame ----------------------------------------------------------------------------------

    def compose(self) -> ComposeResult:
        palette, painting = self.skim.palette, self.skim.painting
        yield LineView(palette, lambda w, h: painting.header(w), id="header")
        yield LineView(palette, lambda w, h: self._banners(w), id="banner")
        top = LineView(palette, self.summary, id="summary", classes="pane")
        top.border_title = self.title_text
        yield top
        rows = Table(palette, lambda w: self.skim.searching.sheet(self.place, self.sheet(w)), id="rows")
        rows.add_class("pane")
        yield rows
        yield Input(id="filter")
        yield LineView(palette, lambda w, h: [painting.status(w)], id="status")
        yield LineView(palette, lambda w, h: [painting.footer(w, self.place)], id="footer")

    def on_mount(self) -> None:
        self.skim.focus_at_once(self.table)
        self.lay_out()
        self.reload()
        if self.renew:
            self.set_interval(self.renew, self.reload)

    def on_resize(self, _: events.Resize) -> None:
        self.call_after_refresh(self.lay_out)

    @property
    def table(self) -> Table:
        return self.query_one("#rows", Table)

    def lay_out(self) -> None:
        """Share the height between banner, summary and table."""
        width, height = self.app.size
        narrow = width < 100 or height < 30
        banner = self.query_one("#banner", LineView)
        banners = len(self._banners(width))
        banner.display, banner.styles.height = banners > 0, max(1, banners)
        top = self.query_one("#summary", LineView)
        lines = self.summary_height(width - (0 if narrow else 2), height - 4 - banners)
        top.display = lines > 0
        top.styles.height = lines + (1 if narrow else 2)
        self.table.border_title = self.rows_title if lines else self.title_text
        for view in (top, self.table):
            view.set_class(narrow, "slim")
        self.repaint()

    def _banners(self, width: int) -> list[Line]:
        painting = self.skim.painting
        return [*painting.banners(width), *painting.waiting(width)]

    def repaint(self) -> None:
        """Draw what differs."""
        if not self.is_attached:
            return
        banner = self.query_one("#banner", LineView)
        banners = len(self._banners(self.app.size.width))
        if banners != (int(banner.styles.height.value) if banner.display and banner.styles.height else 0):
            self.lay_out()
            return
        for view in self.query(LineView):
            view.repaint()
        wanted = self.skim.searching.text(self.place)
        title = (self.rows_title if self.query_one("#summary").display else self.title_text) or ""
        shown = f"{title} with “{wanted}”" if wanted else title
        if self.table.border_title != shown:
            self.table.border_title = shown

    # ---- the desk -----------------------------------------------------------------------------------

    def reload(self) -> None:
        """Ask the desk (again)."""
        question = self.question()
        if question is not None:
            self.run_worker(partial(self._ask, question), name="question", group="question", exclusive=True)

    async def _ask(self, question: AnyCommand) -> None:
        self.answered(await self.skim.attachment.send(question))

    def answered(self, reply: Reply) -> None:
        """Take a reply over, or say why there is none."""
        self.asked = True
        self.refusal = "" if reply.ok else reply.text
        if reply.view is not None:
            self.take(reply.view)
        if self.is_attached:
            self.lay_out()

    def empty(self, *why: str) -> list[str]:
        """What an empty table says: that the desk is asked, that it refused, or ``why`` it is empty."""
        if self.refusal:
            return [f"The desk did not answer: {self.refusal}.", "esc goes back."]
        return list(why) if self.asked or self.question() is None else [ASKING]
