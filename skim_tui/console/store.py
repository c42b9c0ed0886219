"""What the desk last published: one dict per topic, and what each delta changed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from skim_tui.link.account import HeaderView
from skim_tui.link.health import VitalsView
from skim_tui.link.market import CandidateView, ChartView
from skim_tui.link.messages import TOPICS, AnyView, Delta
from skim_tui.link.news import NewsView
from skim_tui.link.notices import LogView
from skim_tui.link.trading import OrderView, PositionView, TicketView, TradeView

KEPT = {"log": 500, "news": 300}
"""Rows kept of the topics that only grow; the newest stay."""


@dataclass(slots=True)
class Store:
    """The console's copy of the desk's published state. It never invents a row."""

    header: HeaderView = field(default_factory=HeaderView)
    candidates: dict[str, CandidateView] = field(default_factory=dict[str, CandidateView])
    tickets: dict[str, TicketView] = field(default_factory=dict[str, TicketView])
    positions: dict[str, PositionView] = field(default_factory=dict[str, PositionView])
    orders: dict[str, OrderView] = field(default_factory=dict[str, OrderView])
    trades: dict[str, TradeView] = field(default_factory=dict[str, TradeView])
    news: dict[str, NewsView] = field(default_factory=dict[str, NewsView])
    log: dict[str, LogView] = field(default_factory=dict[str, LogView])
    chart: dict[str, ChartView] = field(default_factory=dict[str, ChartView])
    other: dict[str, dict[str, AnyView]] = field(default_factory=dict[str, dict[str, AnyView]])
    """Topics that few panes read, by name."""
    loaded: bool = False
    """A whole state has arrived."""

    def apply(self, delta: Delta) -> dict[str, set[str]]:
        """Take ``delta`` over; which keys of which topics differ now. A newer desk's topics are ignored."""
        changed: dict[str, set[str]] = {}
        if delta.whole:
            self.loaded = True
            for topic in TOPICS:
                if topic != "header":
                    rows = self._rows(topic)
                    gone = rows.keys() - delta.upserts.get(topic, {}).keys()
                    for key in gone:
                        del rows[key]
                    if gone:
                        changed.setdefault(topic, set()).update(gone)
        for topic, upserts in delta.upserts.items():
            if topic not in TOPICS:
                continue
            if topic == "header":
                header = upserts.get("")
                if isinstance(header, HeaderView) and header != self.header:
                    self.header = header
                    changed.setdefault("header", set()).add("")
                continue
            rows = self._rows(topic)
            keys = {key for key, view in upserts.items() if rows.get(key) != view}
            if keys:
                rows.update((key, upserts[key]) for key in keys)
                changed.setdefault(topic, set()).update(keys)
        for topic, removes in delta.removes.items():
            if topic not in TOPICS or topic == "header":
                continue
            rows = self._rows(topic)
            gone = {key for key in removes if rows.pop(key, None) is not None}
            if gone:
                changed.setdefault(topic, set()).update(gone)
        for topic, kept in KEPT.items():
            rows = self._rows(topic)
            while len(rows) > kept:
                del rows[next(iter(rows))]
        return changed

    def proposed(self) -> list[TicketView]:
        """The tickets that wait for a decision, oldest first."""
        return sorted((t for t in self.tickets.values() if t.state == "proposed"), key=lambda t: (t.created, t.id))

    def pulse(self) -> VitalsView | None:
        """The desk's own pulse; None before the first."""
        found = self.other.get("vitals", {}).get("")
        return found if isinstance(found, VitalsView) else None

    def newest_news(self, symbol: str) -> NewsView | None:
        """The newest headline of ``symbol``."""
        items = [item for item in self.news.values() if item.symbol == symbol]
        return max(items, key=lambda item: (item.ts, item.key), default=None)

    def last_seq(self) -> int:
        """The number of the newest log line; 0 when there is none."""
        return max((line.seq for line in self.log.values()), default=0)

    def _rows(self, topic: str) -> dict[str, Any]:
        rows: dict[str, AnyView] | None = getattr(self, topic, None)
        return self.other.setdefault(topic, {}) if rows is None else rows
