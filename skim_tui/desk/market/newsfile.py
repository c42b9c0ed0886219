"""What the companies have announced since the last close, by symbol: the announcement filter's memory."""

from __future__ import annotations

from skim_tui.desk.context import Context
from skim_tui.desk.rules import announcement_rule
from skim_tui.domain.announcements import Finding, judge
from skim_tui.domain.market import Announcement

MOST = 5000
"""Announcements remembered; a busy day on the ASX has about 800."""


class NewsFile:
    """Keeps announcements of every symbol, followed or not: what moves a share often comes before its scan."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._rule = announcement_rule(context.config)
        self._items: dict[str, list[Announcement]] = {}
        self._count = 0

    def take(self, item: Announcement) -> tuple[str, ...]:
        """Keep ``item``; the symbols it is about."""
        symbols = tuple(symbol for symbol in item.symbols or (item.symbol,) if symbol)
        if self._count >= MOST:
            return ()
        for symbol in symbols:
            self._items.setdefault(symbol, []).append(item)
            self._count += 1
        return symbols

    def finding(self, symbol: str) -> Finding:
        """What the announcement filter says of ``symbol`` now."""
        return judge(self._items.get(symbol, ()), self._last_close, self._context.now(), self._rule)

    def headline(self, symbol: str) -> str:
        """The newest headline; a price-sensitive one begins with ``$``. Empty without one."""
        item = max(self._items.get(symbol, ()), key=lambda item: (item.ts, item.price_sensitive), default=None)
        return "" if item is None else ("$ " if item.price_sensitive else "") + item.headline

    def start_day(self) -> None:
        """Keep what came since the previous session's close: overnight news belongs to the new day."""
        since = self._last_close
        fresh = {symbol: [item for item in items if item.ts > since] for symbol, items in self._items.items()}
        self._items = {symbol: items for symbol, items in fresh.items() if items}
        self._count = sum(len(items) for items in self._items.values())

    @property
    def _last_close(self) -> float:
        calendar = self._context.calendar
        return calendar.day(calendar.previous(self._context.session_date)).close
