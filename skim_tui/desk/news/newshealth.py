"""The newsroom's figures as Health shows them."""

from __future__ import annotations

from collections.abc import Sequence

from skim_tui.desk.news.newsroom import Newsroom
from skim_tui.link.health import HealthView

GROUP = "news"
SLOW_PROCESSING, SLOW_ORDER, SLOW_WAIT = 0.010, 0.200, 1.0
"""Seconds; more is a warning."""


def news_health(newsroom: Newsroom, label: str) -> HealthView | None:
    """One figure; None for a label that is none of its own."""
    counts = newsroom.counts
    match label:
        case "items":
            value = (
                f"{counts.received:,} received, {counts.tested:,} tested ({counts.signals} signals, {counts.no_data} "
                f"without data), {counts.duplicates:,} duplicates, {counts.stale:,} stale, {counts.no_ticker:,} without "
                f"a ticker, {counts.overflow:,} overflowed"
            )
            level = "error" if not counts.add_up else "warning" if counts.overflow else "ok"
        case "pool":
            value = f"{newsroom.queued:,} queued, {newsroom.busy} fetching, {newsroom.open_windows} windows open"
            level = "ok"
        case "wait for a place":
            value, level = _times(newsroom.waits, SLOW_WAIT)
        case "item to signal":
            value, level = _times(newsroom.processing, SLOW_PROCESSING)
        case "signal to order":
            value, level = _times(newsroom.ordering, SLOW_ORDER)
        case _:
            return None
    return HealthView(group=GROUP, label=label, value=value, level=level)


def _times(seconds: Sequence[float], slow: float) -> tuple[str, str]:
    """Median, worst of hundred and worst, ms."""
    if not seconds:
        return "none yet", "ok"
    ordered = sorted(seconds)
    half, most = ordered[len(ordered) // 2], ordered[min(len(ordered) - 1, len(ordered) * 99 // 100)]
    text = f"median {half * 1000:.2f} ms, 99 % {most * 1000:.2f} ms, worst {ordered[-1] * 1000:.2f} ms"
    return text, "warning" if most > slow else "ok"
