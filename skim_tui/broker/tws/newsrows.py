"""News answers as they come off the wire."""

from __future__ import annotations

from dataclasses import dataclass

TEXT, BINARY = 0, 1
"""Kinds of article: text or HTML, and a document in base64."""


@dataclass(frozen=True, slots=True)
class PastHeadline:
    """A row of historical news as it came."""

    time: str
    provider: str
    article_id: str
    headline: str


@dataclass(frozen=True, slots=True)
class ArticleBody:
    kind: int
    text: str
