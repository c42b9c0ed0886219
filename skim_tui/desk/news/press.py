"""Announcements and news on the desk: which rows are shown, which article is read, how each source is doing."""

from __future__ import annotations

from skim_tui.broker.port import NewsWire
from skim_tui.desk import alerting
from skim_tui.desk.context import Context
from skim_tui.desk.market.watchlist import Watchlist
from skim_tui.desk.news.newsboard import NewsBoard
from skim_tui.desk.news.newsroom import Newsroom
from skim_tui.domain.events import Article, SourceReport, SourceState
from skim_tui.domain.market import Announcement


class Press:
    """Takes every item once: onto the board, to the candidates it concerns, into the newsroom's test."""

    def __init__(self, context: Context, watchlist: Watchlist, board: NewsBoard, newsroom: Newsroom) -> None:
        self._context = context
        self._watchlist = watchlist
        self._newsroom = newsroom
        self.board = board
        self.sources: dict[str, SourceReport] = {}
        """The last word of each source of announcements and news."""

    def start_day(self) -> None:
        """What was released before the previous session's close is in the price since then."""
        context = self._context
        since = context.calendar.day(context.calendar.previous(context.session_date)).close
        for key in self.board.forget_before(since):
            context.touch("news", key)

    def on_announcement(self, item: Announcement) -> None:
        key, gone = self.board.take(item)
        for dropped in gone:
            self._context.touch("news", dropped)
        if key:
            self._context.touch("news", key)
            self._watchlist.on_announcement(item)
        self._newsroom.offer(item)

    def read_article(self, key: str) -> tuple[bool, str]:
        """Fetch the text behind a row; it is shown when it comes."""
        item = self.board.rows.get(key)
        if item is None:
            return False, "that row is gone"
        broker = self._context.broker
        if item.link:
            return False, f"document: {item.link}"
        if not item.key or not isinstance(broker, NewsWire):
            return False, f"{item.source or 'its source'} sends headlines only"
        self.board.ask(key)
        self._context.touch("articles", key)
        broker.fetch_article(item.source, item.key)
        return True, f"asking {item.source} for the article"

    def on_article(self, article: Article) -> None:
        self._told(self.board.answer(article.provider, article.article_id, article.text))
        self._newsroom.on_article(article)

    def on_no_article(self, article_id: str, reason: str) -> None:
        """The broker could not send the text."""
        self._told(self.board.fail(article_id, reason))
        self._newsroom.on_no_article(article_id)

    def _told(self, key: str) -> None:
        if key:
            self._context.touch("articles", key)

    def on_source(self, report: SourceReport) -> None:
        """Log a source's change of mind, not every look it takes."""
        context = self._context
        before = self.sources.get(report.source)
        self.sources[report.source] = report
        context.touch("health", f"sources/{report.source}")
        if before is not None and (before.state, before.text) == (report.state, report.text):
            return
        if before is None or before.state is not report.state or report.state is not SourceState.WORKING:
            level = {SourceState.WORKING: "info", SourceState.TROUBLED: "warning"}.get(report.state, "error")
            context.log(level, f"{report.source} {report.state}: {report.text}")
        if report.state is SourceState.STOPPED:
            context.alert(alerting.source_stopped(context.now(), report.source, report.text))
