"""What page keys do: each opens one screen beside the desk, or closes it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from skim_tui.console.pages.away import AwayPage
from skim_tui.console.pages.health import HealthPage
from skim_tui.console.pages.help import HelpPage
from skim_tui.console.pages.journal import JournalPage
from skim_tui.console.pages.page import Page
from skim_tui.console.pages.replay import ReplayPage
from skim_tui.console.pages.settings import SettingsPage
from skim_tui.console.pages.text import ArticlePage, ReportPage
from skim_tui.console.pages.whynot import WhyNotPage

if TYPE_CHECKING:
    from skim_tui.console.app import SkimApp


class Leafing:
    """One page at a time over the desk: methods ``do_<action id>``."""

    def __init__(self, app: SkimApp) -> None:
        self._app = app

    def _open(self, page: type[Page]) -> None:
        present = self._app.page
        if present is not None:
            self._app.leave_page()
            if isinstance(present, page):
                return
        self._app.push_screen(page(self._app))

    def do_article(self) -> None:
        table = self._app.looking.table()
        if table is not None and table.key:
            self._app.push_screen(ArticlePage(self._app, table.key))
        else:
            self._app.say("no headline is selected", "warn")

    def do_report(self) -> None:
        self._open(ReportPage)

    def do_away(self) -> None:
        self._open(AwayPage)

    def do_why_not(self) -> None:
        self._open(WhyNotPage)

    def do_journal(self) -> None:
        self._open(JournalPage)

    def do_replay(self) -> None:
        self._open(ReplayPage)

    def do_health(self) -> None:
        self._open(HealthPage)

    def do_settings(self) -> None:
        self._open(SettingsPage)

    def do_help(self) -> None:
        self._open(HelpPage)
