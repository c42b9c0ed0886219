"""An announcement list that the operator pasted or exported: CSV with a header, or rows copied from a browser."""

from __future__ import annotations

import csv
import io
import re
from datetime import datetime
from hashlib import sha256

from skim_tui.announcements.listing import CODE, SYDNEY, ListError, Listing, sydney_time
from skim_tui.domain.market import Announcement

SOURCE = "list"

NAMES = {
    "symbol": "symbol", "code": "symbol", "asx code": "symbol", "ticker": "symbol",
    "time": "time", "date": "time", "ts": "time", "datetime": "time",
    "headline": "headline", "title": "headline",
    "price_sensitive": "sensitive", "price sens.": "sensitive", "sensitive": "sensitive",
    "pages": "pages", "link": "link", "url": "link",
}  # fmt: skip
"""Header words (lower case) that are understood, and what they mean."""

TRUE = frozenset({"1", "true", "yes", "y", "$", "asterix", "price sensitive"})
FALSE = frozenset({"", "0", "false", "no", "n", "-"})

PASTED_ROW = re.compile(
    r"^(?P<symbol>[A-Z0-9]{3,6})[ \t]+(?P<day>\d\d/\d\d/\d{4})\s+(?P<clock>\d{1,2}:\d\d [ap]m)"
    r"(?:[ \t]*\n)?[ \t]*\t(?P<sensitive>[^\t\n]*)\t[ \t]*(?P<headline>[^\t\n]+)",
    re.MULTILINE,
)
"""A row as browsers copy it: cells by tabs, the date's line break kept."""


def parse_list(text: str, place: str) -> Listing:
    """The announcements in ``text``. Raises :class:`ListError` naming the line that is wrong: nothing of a
    list with a mistake is used."""
    text = text.lstrip("\ufeff").replace("\r\n", "\n").replace("\u00a0", " ")
    if not text.strip():
        raise ListError(f"{place}: the list is empty")
    pasted = [_pasted(row) for row in PASTED_ROW.finditer(text)]
    return Listing(tuple(pasted or _csv_rows(text, place)))


def _pasted(row: re.Match[str]) -> Announcement:
    ts = sydney_time(row["day"], row["clock"])
    return _announcement(row["symbol"], ts, row["headline"], row["sensitive"].strip().lower() in TRUE)


def _csv_rows(text: str, place: str) -> list[Announcement]:
    header = text.partition("\n")[0]
    reader = csv.reader(io.StringIO(text), delimiter="\t" if "\t" in header else ",")
    rows: list[Announcement] = []
    try:
        names = [NAMES.get(name.strip().lower(), "") for name in next(reader)]
        missing = [name for name in ("symbol", "time", "headline") if name not in names]
        if missing:
            raise ListError(f"{place}:1: no column for {' and '.join(missing)}; e.g. symbol,time,headline,sensitive")
        for cells in reader:
            if any(cell.strip() for cell in cells):
                rows.append(_csv_row(dict(zip(names, cells, strict=False))))
    except (ValueError, csv.Error) as error:
        raise ListError(f"{place}:{reader.line_num}: {error}") from None
    if not rows:
        raise ListError(f"{place}: a header but no announcement")
    return rows


def _csv_row(cells: dict[str, str]) -> Announcement:
    absent = [name for name in ("symbol", "time", "headline") if not cells.get(name, "").strip()]
    if absent:
        raise ValueError(f"no {' and no '.join(absent)}")
    symbol = cells["symbol"].strip().upper()
    if not CODE.fullmatch(symbol):
        raise ValueError(f"{symbol[:20]!r} is no code")
    word = cells.get("sensitive", "").strip().lower()
    if word not in TRUE | FALSE:
        raise ValueError(f"sensitive is {word[:20]!r}: write yes or no")
    pages = cells.get("pages", "").strip()
    if pages and not pages.isdecimal():
        raise ValueError(f"pages is {pages[:20]!r}: write a number")
    item = _announcement(symbol, _time(cells["time"].strip()), cells["headline"], word in TRUE)
    if pages or cells.get("link"):
        return Announcement(
            item.symbol, item.ts, item.headline, item.price_sensitive, item.source, item.key,
            pages=int(pages or 0), link=cells.get("link", "").strip(),
        )  # fmt: skip
    return item


def _time(text: str) -> float:
    """ISO time (Sydney's when it names no zone) or ``dd/mm/yyyy h:mm am``."""
    day, _, clock = text.partition(" ")
    if "/" in day:
        return sydney_time(day, clock)
    moment = datetime.fromisoformat(text)
    return (moment if moment.tzinfo is not None else moment.replace(tzinfo=SYDNEY)).timestamp()


def _announcement(symbol: str, ts: float, headline: str, sensitive: bool) -> Announcement:
    headline = " ".join(headline.split())
    key = sha256(f"{symbol}|{ts:.0f}|{headline}".encode()).hexdigest()[:16]
    return Announcement(symbol, ts, headline, sensitive, SOURCE, key)
