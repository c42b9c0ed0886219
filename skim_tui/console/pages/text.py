"""Screens of plain text: the article behind a headline, and the daily report."""

from __future__ import annotations

from typing import TYPE_CHECKING

from skim_tui.console import figures
from skim_tui.console.lineview import Row, Sheet
from skim_tui.console.markdown import paragraphs
from skim_tui.console.pages.page import ASKING, Page
from skim_tui.console.spans import Line, clip, joined
from skim_tui.link.commands import AnyCommand, MakeReport, ReadArticle
from skim_tui.link.news import ArticleView
from skim_tui.link.notices import ReportView

if TYPE_CHECKING:
    from skim_tui.console.app import SkimApp


def rows_of(lines: list[Line]) -> list[Row]:
    return [Row(str(number), (line,)) for number, line in enumerate(lines)]


class ArticlePage(Page):
    place = "article"
    title_text = "Article"
    rows_title = "Text"
    topics = frozenset({"articles"})

    def __init__(self, app: SkimApp, key: str) -> None:
        super().__init__(app)
        self._key = key

    def question(self) -> AnyCommand:
        return ReadArticle(self._key)

    def summary_height(self, width: int, height: int) -> int:
        return 2

    def summary(self, width: int, height: int) -> list[Line]:
        item = self.skim.store.news.get(self._key)
        if item is None:
            return [((" The headline is no longer kept.", "muted"),)]
        when = figures.clock(item.ts, self.skim.store.header.tz)
        mark = (("$ price sensitive", "warn bold"),) if item.price_sensitive else ()
        facts = joined((((f" {item.symbol}", "text bold"),), ((when, "muted"),), ((item.source, "muted"),), mark, ((item.verdict, "accent"),)))  # fmt: skip
        return [clip(((f" {item.headline}", "text bold"),), width), clip(facts, width)]

    def sheet(self, width: int) -> Sheet:
        article = self.skim.store.other.get("articles", {}).get(self._key)
        if not isinstance(article, ArticleView) or article.state == "loading":
            return Sheet((), [], self.empty("The text is on its way …"))
        if article.state == "failed":
            return Sheet((), [], [f"The text cannot be had: {article.text}.", "esc goes back."])
        return Sheet((), rows_of(paragraphs(article.text, width)), ["The article is empty."])


class ReportPage(Page):
    place = "report"
    title_text = "Daily report"
    topics = frozenset({"report"})

    def question(self) -> AnyCommand:
        return MakeReport()

    def sheet(self, width: int) -> Sheet:
        reports = [row for row in self.skim.store.other.get("report", {}).values() if isinstance(row, ReportView)]
        newest = max(reports, key=lambda row: row.session_date, default=None)
        if newest is None:
            return Sheet((), [], self.empty(ASKING))
        return Sheet((), rows_of(paragraphs(newest.markdown, width)), ["The report is empty."])
