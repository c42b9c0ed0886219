"""A wire's headline, freed of the metadata that the broker writes before it or sends beside it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import unescape

BLOCKS = re.compile(r"^\s*((?:\{[^{}]*\}\s*)+)")
SIGNS = re.compile(r"^[!*]+\s*")
"""An analyst's action or a story in capitals, as the wires mark them."""
SHORTEST = 4
"""Fewer letters than this are no headline: a bare ``!`` comes too."""
LONGEST = 500


@dataclass(frozen=True, slots=True)
class Headline:
    """The parts of a headline. The broker documents none of the metadata; the meanings are those seen in use."""

    text: str
    """Empty when the item has no words."""
    contracts: tuple[int, ...] = ()
    """``A``: contract ids, though some wires put the same number on everything."""
    language: str = ""
    """``L``"""
    sentiment: float | None = None
    """``K``: -1 to 1, or n/a."""
    confidence: float | None = None
    """``C``: 0 to 1."""


def parse_headline(raw: str, extra: str = "") -> Headline:
    """A headline as it came, ``{A:1,2:L:en:K:-0.97:C:0.97}!Text``, with ``extra`` the same metadata sent apart.

    Never fails: metadata that cannot be read is left out.
    """
    found = BLOCKS.match(raw)
    words = raw[found.end() :] if found is not None else raw
    metadata = _metadata(found[1] if found is not None else "") | _metadata(extra)
    words = unescape(SIGNS.sub("", words.strip()))
    text = " ".join("".join(char if char.isprintable() else " " for char in words).split())[:LONGEST].rstrip()
    if sum(char.isalnum() for char in text) < SHORTEST:
        text = ""
    return Headline(
        text=text,
        contracts=tuple(int(part) for part in metadata.get("A", "").split(",") if _is_id(part)),
        language=_language(metadata.get("L", "")),
        sentiment=_score(metadata.get("K", ""), -1.0),
        confidence=_score(metadata.get("C", ""), 0.0),
    )


def _metadata(block: str) -> dict[str, str]:
    """``A:1:L:en`` as pairs, from one or more blocks."""
    found: dict[str, str] = {}
    for part in re.split(r"[{}]+", block):
        words = part.strip().split(":")
        for key, value in zip(words[::2], words[1::2], strict=False):
            if len(key) == 1 and key.isupper():
                found[key] = value.strip()
    return found


def _is_id(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 12


def _language(text: str) -> str:
    code = text.partition(",")[0].lower()
    return code if re.fullmatch(r"[a-z]{2}", code) else ""


def _score(text: str, least: float) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if least <= value <= 1.0 else None
