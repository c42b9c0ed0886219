"""Published rows of the news: headlines and the articles behind them."""

from __future__ import annotations

from skim_tui.link.view import View


class NewsView(View, frozen=True):
    """Topic ``news``, key ``key``."""

    key: str
    ts: float
    symbol: str
    headline: str
    price_sensitive: bool = False
    source: str = ""
    pages: int = 0
    link: str = ""
    sentiment: float | None = None
    """-1 to 1 where the wire rates its headline."""
    verdict: str = ""
    """What the shock test said of it; empty while it waits or when it is not tested."""


class ArticleView(View, frozen=True):
    """Topic ``articles``, key of the news row: the text behind its headline."""

    key: str
    headline: str
    text: str = ""
    state: str = "loading"
    """``loading``, ``ready``, or ``failed`` with the reason as text."""
