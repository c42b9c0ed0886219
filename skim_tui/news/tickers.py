"""Which shares a text names, by the forms in which wires write codes with their exchange. Never by guessing."""

from __future__ import annotations

import re

ASX, US = "XASX", "XNYS"
MOST = 5
"""A text that names more shares than this is a list, not news about them."""

US_VENUES = r"NYSE(?:[ -]?(?:American|Arca|MKT))?|NASDAQ(?:-?(?:GS|GM|CM))?|Nasdaq(?:GS|GM|CM)?|AMEX"

NUMBERED = re.compile(r"\(ASX\s?:\s?(?!(?:100|200|300)\))(\d{3})\)")
"""A code of digits alone, as in ``(ASX: 360)``, counts only so: elsewhere a number is an index or a count."""

FORMS: dict[str, tuple[re.Pattern[str], ...]] = {
    ASX: (
        re.compile(r"\bASX\s?:\s?([A-Z0-9]{3,6})\b(?![.:])"),
        re.compile(r"(?<![\w.])([A-Z0-9]{3,6})\.(?:AX|AU|ASX)\b"),
        NUMBERED,
    ),
    US: (
        re.compile(rf"\b(?:{US_VENUES})\s?:\s?([A-Z]{{1,5}}(?:\.[A-Z])?)\b"),
        re.compile(r"(?<![\w.])([A-Z]{1,5})\.(?:N|O|OQ|US)\b"),
    ),
}
"""``(ASX: BHP)``, ``BHP.AX``; ``(NYSE: KO)``, ``KO.N``."""


def tickers_in(text: str, mic: str) -> tuple[str, ...]:
    """The codes of exchange ``mic`` that ``text`` names together with the exchange, first one first; none when
    it names more than a handful."""
    found: dict[str, int] = {}
    for form in FORMS.get(mic, ()):
        for match in form.finditer(text):
            symbol = match[1].replace(".", " ")
            if form is NUMBERED or any(char.isalpha() for char in symbol):
                found[symbol] = min(match.start(), found.get(symbol, match.start()))
    return tuple(sorted(found, key=lambda symbol: found[symbol])) if len(found) <= MOST else ()
