"""The announcement filter: did the company say something since the last close, and of what kind?"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from skim_tui.domain.market import Announcement


class Kind(StrEnum):
    """What a headline is about, as far as its words tell."""

    HALT = "halt"
    TAKEOVER = "takeover"
    RAISING = "raising"
    PRICE_QUERY = "price query"
    RESULTS = "results"
    RESOURCE = "resource"
    CONTRACT = "contract"
    DIVIDEND = "dividend"
    ROUTINE = "routine"
    OTHER = "other"


_SIGNS: tuple[tuple[Kind, str], ...] = (
    (Kind.HALT, r"trading halt|pause in trading|suspension|reinstatement|resumption of trading"),
    (Kind.PRICE_QUERY, r"price query|aware letter|speeding ticket"),
    (Kind.TAKEOVER, r"takeover|scheme (of arrangement|implementation)|bidder'?s statement|target'?s statement"
                    r"|unsolicited|acquisition proposal|merger implementation"),
    (Kind.RAISING, r"placement|entitlement offer|rights issue|share purchase plan|\bspp\b|capital raising"
                   r"|proposed issue of securities|appendix (3b|2a)|application for quotation|cleansing"),
    (Kind.ROUTINE, r"appendix (3x|3y|3z|3g|3h)|change (in|of) (director'?s interest|substantial)|substantial hold"
                   r"|notice of (annual|extraordinary|general)|\bagm\b|net tangible asset|\bnta\b|daily fund update"),
    (Kind.RESULTS, r"appendix (4c|4d|4e|5b)|half[- ]year|full[- ]year|annual (report|results)|quarterly|guidance"
                   r"|trading update|profit|earnings|results?\b|upgrade|downgrade"),
    (Kind.RESOURCE, r"intersect|intercept|assay|drill|\bg/t\b|mineral resource|\bmre\b|ore reserve|high[- ]grade"),
    (Kind.CONTRACT, r"contract|offtake|award|agreement|approval|\bfda\b|\btga\b|partnership|acquisition|acquires"),
    (Kind.DIVIDEND, r"dividend|distribution|ex-date"),
)  # fmt: skip
"""First match wins, so that "placement to fund acquisition" is a raising. Wording is free text: this is
a sorting aid, and the operator's list of kinds decides what follows from it."""

_COMPILED = tuple((kind, re.compile(signs, re.IGNORECASE)) for kind, signs in _SIGNS)


def kind_of(headline: str) -> Kind:
    return next((kind for kind, signs in _COMPILED if signs.search(headline)), Kind.OTHER)


class NewsNeed(StrEnum):
    REQUIRED = "required"
    PREFERRED = "preferred"
    """No announcement refuses nothing; an excluded kind does."""
    IGNORED = "ignored"


@dataclass(frozen=True, slots=True)
class AnnouncementRule:
    need: NewsNeed = NewsNeed.PREFERRED
    exclude: frozenset[Kind] = frozenset({Kind.TAKEOVER, Kind.RAISING})
    """Kinds that refuse: a bid pins the price, a raising brings supply."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What the filter says, with the announcement it rests on."""

    refusal: str
    """Why the symbol is not traded; empty when it may be."""
    item: Announcement | None = None
    kind: Kind | None = None


def judge(items: Iterable[Announcement], since: float, now: float, rule: AnnouncementRule) -> Finding:
    """Judge what was announced after ``since`` (the end of the last session) and up to ``now``.

    Only price-sensitive announcements count. Any of an excluded kind refuses; else the newest is what
    the trade rests on.
    """
    sensitive = sorted((i for i in items if i.price_sensitive and since < i.ts <= now), key=lambda item: item.ts)
    newest = sensitive[-1] if sensitive else None
    kind = kind_of(newest.headline) if newest is not None else None
    if rule.need is NewsNeed.IGNORED:
        return Finding("", newest, kind)
    for item in reversed(sensitive):
        if kind_of(item.headline) in rule.exclude:
            return Finding(f"announcement is a {kind_of(item.headline)}: {item.headline}", item, kind_of(item.headline))
    if newest is None and rule.need is NewsNeed.REQUIRED:
        return Finding("no price-sensitive announcement since the last close")
    return Finding("", newest, kind)
