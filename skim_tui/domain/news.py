"""Which news items are worth a shock test: fresh ones, each event once."""

from __future__ import annotations

import re
from collections import OrderedDict
from dataclasses import dataclass

from skim_tui.domain.market import Announcement

AHEAD = 120.0
"""A timestamp further in the future than this (seconds) is wrong: clocks differ by less."""


@dataclass(frozen=True, slots=True)
class NewsRule:
    """Times in exchange seconds."""

    max_age: float = 1800.0
    """Items older than this when they arrive are stale."""
    same_event: float = 3600.0
    """The same headline of the same symbol on another wire within this time is a duplicate."""
    remembered: int = 20_000
    """Items kept to tell duplicates by; the oldest are forgotten first."""


class NewsIntake:
    """Refuses stale and repeated items. Its state is bounded; feed it in order of arrival."""

    def __init__(self, rule: NewsRule) -> None:
        self._rule = rule
        self._keys: OrderedDict[tuple[str, str], None] = OrderedDict()
        self._headlines: OrderedDict[tuple[str, str], float] = OrderedDict()

    def refuse(self, item: Announcement, now: float, *, trading_since: float = 0.0) -> str:
        """Why ``item`` is not tested; empty when it is, and then it is remembered.

        An item from before the open ages from ``trading_since``, the session's first possible trade:
        until then nobody could act on it.
        """
        if not item.symbol:
            return "no symbol"
        age = now - max(item.ts, trading_since)
        if item.ts > now + AHEAD:
            return f"dated {item.ts - now:.0f} s in the future"
        if age > self._rule.max_age:
            return f"stale: {age / 60:.0f} min old, limit {self._rule.max_age / 60:g} min"
        # A wire repeats a key for each symbol of a story: the pair is what must be new.
        key = (f"{item.source}\n{item.key}" if item.key else f"{item.ts:.0f}\n{item.headline}", item.symbol)
        if key in self._keys:
            return "duplicate: the same item came before"
        headline = (item.symbol, normalised(item.headline))
        before = self._headlines.get(headline)
        self._remember(key, headline, item.ts)
        if before is not None and abs(item.ts - before) <= self._rule.same_event:
            return "duplicate: the same headline came before"
        return ""

    def _remember(self, key: tuple[str, str], headline: tuple[str, str], ts: float) -> None:
        self._keys[key] = None
        self._headlines[headline] = ts
        self._headlines.move_to_end(headline)
        for known in (self._keys, self._headlines):
            while len(known) > self._rule.remembered:
                known.popitem(last=False)


def normalised(headline: str) -> str:
    """A headline without what wires change: case, punctuation, part numbers and prefixes."""
    text = headline.casefold()
    text = re.sub(r"^(\W*(press release|update|correct(ion)?|\d+\s*/\s*\d+)\s*[:\-])+", "", text)
    text = re.sub(r"\s-\d+-\s*$", "", text)
    return re.sub(r"[\W_]+", " ", text).strip()
