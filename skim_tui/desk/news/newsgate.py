"""Which items are news: neither known, nor stale, nor from before the open."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import replace

from skim_tui.desk.context import Context
from skim_tui.desk.news.newsboard import key_of
from skim_tui.desk.rules import news_rule
from skim_tui.domain.market import Announcement
from skim_tui.domain.news import NewsIntake

SEEN_KEYS = 20_000
"""Items without a share that are remembered."""


class NewsGate:
    """Remembers what came before, within bounds."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._in_session_only = context.config.shock.in_session_only
        self._intake = NewsIntake(news_rule(context.config))
        self._seen: OrderedDict[str, None] = OrderedDict()

    def fresh(self, item: Announcement, symbols: tuple[str, ...]) -> tuple[tuple[str, ...], str]:
        """The symbols for which this item is news; when there are none, also what it is: ``stale`` or
        ``duplicates``."""
        now, since = self._context.now(), self._context.day.open
        if self._in_session_only and item.ts < since:
            return (), "stale"
        fresh: list[str] = []
        stale = False
        for symbol in symbols:
            refusal = self._intake.refuse(replace(item, symbol=symbol), now, trading_since=min(since, now))
            if not refusal:
                fresh.append(symbol)
            stale |= bool(refusal) and not refusal.startswith("duplicate")
        return tuple(fresh), "" if fresh else "stale" if stale else "duplicates"

    def is_known(self, item: Announcement) -> bool:
        """Whether an item without a share came before."""
        key = key_of(item)
        if key in self._seen:
            return True
        self._seen[key] = None
        if len(self._seen) > SEEN_KEYS:
            self._seen.popitem(last=False)
        return False
