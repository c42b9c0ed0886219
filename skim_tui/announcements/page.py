"""The exchange's announcement pages (today, previous business day, one company) read into announcements."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime
from urllib.parse import parse_qs, urljoin, urlsplit

from selectolax.lexbor import LexborHTMLParser, LexborNode

from skim_tui.announcements.listing import CODE, LayoutChanged, Listing, SourceRefused, checked, sydney_time
from skim_tui.domain.market import Announcement

SOURCE = "ASX"
PAGE_BASE = "https://www.asx.com.au/asx/v2/statistics/"

COLUMNS = {"asx code": "code", "date": "date", "price sens.": "sensitive", "headline": "headline"}
"""Header text (lower case) to what the column holds."""

BLOCKED = re.compile(
    r"incapsula incident id|request unsuccessful|pardon our interruption|access denied|verify you are (a )?human",
    re.IGNORECASE,
)
PUBLISHED = re.compile(r"announcements published on\s+(\d{1,2} [A-Z][a-z]+ \d{4})")
ID_NUMBER = re.compile(r"\d{4,12}")
PLACEHOLDER = "-"


def parse_page(html: str, place: str, *, symbol: str = "", base: str = PAGE_BASE) -> Listing:
    """The list on a page. ``symbol`` names the company of a company page, whose table has no code column.

    Price sensitive is what has the mark's image: the cell carries the same class on every row of a company
    page. Raises :class:`SourceRefused` for a block or challenge page and :class:`LayoutChanged` for anything
    that is neither a list nor the page of a day without a release.
    """
    tree = LexborHTMLParser(html)
    table, order = _table(tree)
    if table is None or order is None:
        return _no_table(tree, html, place)
    if "</html>" not in html[-200:].lower():
        raise LayoutChanged(f"{place}: the page is cut off after {len(html):,} characters")
    wanted = {"date", "sensitive", "headline"} | (set() if symbol else {"code"})
    missing = wanted - set(order)
    if missing:
        raise LayoutChanged(f"{place}: no column for {', '.join(sorted(missing))} (columns: {', '.join(order)})")
    rows: list[Announcement] = []
    problems: list[str] = []
    for number, row in enumerate(table.css("tr"), start=1):
        cells = [node for node in row.iter() if node.tag == "td"]
        if not cells and any(node.tag == "th" for node in row.iter()):
            continue
        try:
            found = _row(dict(zip(order, cells, strict=True)), symbol, base)
        except ValueError as error:
            problems.append(f"row {number}: {error}")
        else:
            if found is not None:
                rows.append(found)
    if not rows and not problems:
        raise LayoutChanged(f"{place}: the table has its header but not one row")
    return checked(rows, problems, place, _published(tree))


def _table(tree: LexborHTMLParser) -> tuple[LexborNode | None, Sequence[str] | None]:
    """The list's table and what its columns hold, found by the words of its header."""
    for table in tree.css("table"):
        heads = [" ".join(head.text().split()).lower() for head in table.css("th")]
        if "headline" in heads and any(head in heads for head in ("date", "asx code")):
            return table, [COLUMNS.get(head, head) for head in heads]
    return None, None


def _no_table(tree: LexborHTMLParser, html: str, place: str) -> Listing:
    if BLOCKED.search(html):
        raise SourceRefused(f"{place}: a block or challenge page instead of the list")
    names_day = _published(tree)
    if tree.css_first("announcement_data") is not None and names_day is not None and "idsId" not in html:
        return Listing((), names_day)
    title = tree.css_first("title")
    called = f" titled {title.text(strip=True)[:60]!r}" if title is not None else ""
    raise LayoutChanged(f"{place}: neither a list nor a day without releases, but a page{called}")


def _published(tree: LexborHTMLParser) -> date | None:
    heading = tree.css_first("h1")
    found = PUBLISHED.search(" ".join(heading.text().split())) if heading is not None else None
    try:
        return datetime.strptime(found[1], "%d %B %Y").date() if found else None
    except ValueError:
        return None


def _row(cells: dict[str, LexborNode], symbol: str, base: str) -> Announcement | None:
    """One row; None for the placeholder of an announcement that was withdrawn. Raises :class:`ValueError`."""
    link = cells["headline"].css_first("a")
    if link is None:
        if " ".join(cells["headline"].text().split()) == PLACEHOLDER:
            return None
        raise ValueError("no link")
    code = symbol or cells["code"].text(strip=True)
    if not CODE.fullmatch(code):
        raise ValueError(f"{code[:20]!r} is no code")
    clock = cells["date"].css_first("span.dates-time")
    if clock is None:
        raise ValueError("no time of day")
    when = clock.text(strip=True)
    ts = sydney_time(cells["date"].text().replace(clock.text(), " ").strip(), when)
    target = urljoin(base, link.attributes.get("href") or "")
    query = parse_qs(urlsplit(target).query)
    ids = query.get("idsId") or query.get("documentNumber") or [""]
    if not ID_NUMBER.fullmatch(ids[0]):
        raise ValueError("the link has no document id")
    headline = _headline(link)
    if not headline:
        raise ValueError(f"no headline for document {ids[0]}")
    return Announcement(
        symbol=code,
        ts=ts,
        headline=headline,
        price_sensitive=_is_sensitive(cells["sensitive"]),
        source=SOURCE,
        key=ids[0],
        pages=_pages(link),
        link=target,
    )


def _headline(link: LexborNode) -> str:
    """The link's text before its first line break."""
    words: list[str] = []
    for node in link.iter(include_text=True):
        if node.tag == "br":
            break
        if node.tag != "_comment":
            words.append(node.text())
    return " ".join(" ".join(words).split())


def _is_sensitive(cell: LexborNode) -> bool:
    return any(
        "pricesens" in (image.attributes.get("class") or "")
        or "price sensitive" in (image.attributes.get("title") or "").lower()
        for image in cell.css("img")
    )


def _pages(link: LexborNode) -> int:
    span = link.css_first("span.page")
    found = re.match(r"\s*(\d{1,4})\s+pages?\b", span.text()) if span is not None else None
    return int(found[1]) if found else 0
