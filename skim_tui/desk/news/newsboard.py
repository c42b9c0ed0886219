"""The day's announcements and headlines as the operator sees them: each event once, with its article on demand."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, replace

from skim_tui.domain.market import Announcement
from skim_tui.domain.news import normalised
from skim_tui.news.article import article_text

ROWS_KEPT = 1000
ARTICLES_KEPT = 30
SAME_EVENT = 3600.0
"""The same headline of the same share from another source within this time (seconds) is the same event."""


@dataclass(frozen=True, slots=True)
class ArticleState:
    text: str = ""
    state: str = "loading"


class NewsBoard:
    """Rows by key. What another source tells again only adds to the row that is there."""

    def __init__(self) -> None:
        self.rows: OrderedDict[str, Announcement] = OrderedDict()
        self.verdicts: dict[str, str] = {}
        self.articles: OrderedDict[str, ArticleState] = OrderedDict()
        self._events: dict[tuple[str, str], str] = {}
        """(symbol, headline) -> key of its row"""

    def take(self, item: Announcement) -> tuple[str, tuple[str, ...]]:
        """Show an item: the key of its row if that is new or changed, else empty; and keys that fell out."""
        key = key_of(item)
        event = (item.symbol, normalised(item.headline))
        known = key if key in self.rows else self._events.get(event, "")
        if known in self.rows and abs(self.rows[known].ts - item.ts) <= SAME_EVENT:
            merged = _merged(self.rows[known], item)
            if merged == self.rows[known]:
                return "", ()
            self.rows[known] = merged
            return known, ()
        self.rows[key] = item
        self._events[event] = key
        return key, tuple(self._drop(next(iter(self.rows))) for _ in range(len(self.rows) - ROWS_KEPT))

    def forget_before(self, since: float) -> tuple[str, ...]:
        """Drop what is older; the keys."""
        return tuple(self._drop(key) for key in [key for key, item in self.rows.items() if item.ts < since])

    def judge(self, item: Announcement, verdict: str) -> str:
        """Keep what the shock test said; the key of the row, or empty when it is no longer there."""
        key = key_of(item)
        if key not in self.rows:
            key = self._events.get((item.symbol, normalised(item.headline)), "")
        if key in self.rows:
            self.verdicts[key] = verdict
            return key
        return ""

    def ask(self, key: str) -> None:
        """An article is on its way."""
        self._set(key, ArticleState())

    def answer(self, provider: str, article_id: str, raw: str) -> str:
        """An article came; the key of its row, or empty when nobody waits for it."""
        return self._answer(provider, article_id, ArticleState(article_text(raw) or "(only a headline)", "ready"))

    def fail(self, article_id: str, reason: str) -> str:
        return self._answer("", article_id, ArticleState(reason, "failed"))

    def _answer(self, provider: str, article_id: str, state: ArticleState) -> str:
        for key, article in self.articles.items():
            item = self.rows.get(key)
            waits = item is not None and article.state == "loading" and item.key == article_id
            if item is not None and waits and (not provider or item.source == provider):
                self._set(key, state)
                return key
        return ""

    def _set(self, key: str, state: ArticleState) -> None:
        self.articles[key] = state
        self.articles.move_to_end(key)
        while len(self.articles) > ARTICLES_KEPT:
            self.articles.popitem(last=False)

    def _drop(self, key: str) -> str:
        item = self.rows.pop(key)
        self.verdicts.pop(key, None)
        event = (item.symbol, normalised(item.headline))
        if self._events.get(event) == key:
            del self._events[event]
        return key


def key_of(item: Announcement) -> str:
    """An item's row: unique among all sources."""
    return f"{item.source}/{item.key or f'{item.symbol}-{item.ts:.0f}-{item.headline}'}"


def _merged(known: Announcement, again: Announcement) -> Announcement:
    """The same event with all that either source says of it."""
    return replace(
        known,
        price_sensitive=known.price_sensitive or again.price_sensitive,
        symbols=tuple(dict.fromkeys((*known.symbols, *again.symbols))),
        pages=known.pages or again.pages,
        link=known.link or again.link,
        sentiment=known.sentiment if known.sentiment is not None else again.sentiment,
        confidence=known.confidence if known.confidence is not None else again.confidence,
    )
