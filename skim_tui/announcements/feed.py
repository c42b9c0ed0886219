"""The exchange's JSON announcement list read into announcements."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from skim_tui.announcements.listing import CODE, LayoutChanged, Listing, SourceRefused, checked
from skim_tui.announcements.page import BLOCKED, SOURCE
from skim_tui.domain.market import Announcement


def parse_feed(text: str, place: str) -> Listing:
    """The list in a JSON answer, ``{"data": {"items": [...], "count": N}}``, times in UTC.

    Raises :class:`SourceRefused` for a block page and :class:`LayoutChanged` for anything else that is not
    such a list, and when it counts announcements but names none.
    """
    try:
        document: Any = json.loads(text)
    except (ValueError, RecursionError):
        if BLOCKED.search(text):
            raise SourceRefused(f"{place}: a block or challenge page instead of the list") from None
        raise LayoutChanged(f"{place}: not JSON: {text[:60]!r}") from None
    data = document.get("data") if isinstance(document, dict) else None
    items = data.get("items") if isinstance(data, dict) else None
    if not isinstance(data, dict) or not isinstance(items, list):
        raise LayoutChanged(f"{place}: no list under data.items")
    if not items and data.get("count"):
        raise LayoutChanged(f"{place}: counts {data['count']} announcements but names none")
    rows: list[Announcement] = []
    problems: list[str] = []
    for number, item in enumerate(items):
        try:
            rows.append(_item(item))
        except (KeyError, TypeError, ValueError) as error:
            problems.append(f"item {number}: {error!r}")
    return checked(rows, problems, place)


def _item(item: Any) -> Announcement:
    symbol, headline = item["symbol"], " ".join(str(item["headline"]).split())
    if not isinstance(symbol, str) or not CODE.fullmatch(symbol) or not headline:
        raise ValueError(f"symbol {symbol!r}, headline {headline[:30]!r}")
    if not isinstance(item["isPriceSensitive"], bool):
        raise TypeError(f"isPriceSensitive is {item['isPriceSensitive']!r}")
    moment = datetime.fromisoformat(str(item["date"]).replace("Z", "+00:00"))
    if moment.tzinfo is None:
        raise ValueError(f"date {item['date']!r} has no zone")
    key = str(item["documentKey"])
    if not key:
        raise ValueError("no documentKey")
    return Announcement(
        symbol=symbol,
        ts=moment.timestamp(),
        headline=headline,
        price_sensitive=item["isPriceSensitive"],
        source=SOURCE,
        key=key,
        link=str(item.get("url") or ""),
    )
