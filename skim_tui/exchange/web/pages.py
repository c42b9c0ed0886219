"""Announcement lists drawn from a tape, built as the exchange's own pages and JSON are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from html import escape
from typing import Any
from zoneinfo import ZoneInfo

from skim_tui.domain.market import Announcement

SYDNEY = ZoneInfo("Australia/Sydney")
FIRST_ID = 3_000_000
OWN = ("", "tape", "ASX")
"""Sources of a tape that are the exchange itself; the others are news wires."""
SENSITIVE_IMAGE = (
    '<img src="/asx/v2/markets/image/icon-price-sensitive.svg" height="12.5" width="6" class="pricesens" '
    'alt="asterix" title="price sensitive">'
)


@dataclass(frozen=True, slots=True)
class Document:
    """An announcement with what the site adds to it."""

    item: Announcement
    number: int
    """Its document id: rises with the release."""

    @property
    def pages(self) -> int:
        return self.item.pages or 1 + self.number % 9

    @property
    def released(self) -> datetime:
        return datetime.fromtimestamp(self.item.ts, SYDNEY)

    @property
    def path(self) -> str:
        return f"/asx/v2/statistics/displayAnnouncement.do?display=pdf&idsId={self.number:08d}"


def documents(items: Sequence[Announcement]) -> list[Document]:
    """Every announcement of the exchange on a tape with its document id, oldest first. An id never depends on what was
    released by now."""
    own = [item for item in items if item.source in OWN]
    ordered = sorted(own, key=lambda item: (item.ts, item.symbol, item.headline))
    return [Document(item, FIRST_ID + index) for index, item in enumerate(ordered)]


def day_page(day: date, released: Sequence[Document]) -> str:
    """The list of one day, newest first; without the table before the first release."""
    rows = "\n".join(
        f"        <tr>\n            <td>{escape(document.item.symbol)}</td>{_row(document)}        </tr>"
        for document in reversed(released)
    )
    table = f"""<table>
        <caption>Today's Announcements</caption>
        <tr>
            <th>ASX Code</th>
            <th>Date</th>
            <th>Price sens.</th>
            <th>
                <span>
                    Headline
                </span>
            </th>
        </tr>
{rows}
    </table>"""
    return _page(
        f"""    <h1>
        Company announcements published on
        {day.day} {day:%B %Y}
    </h1>
    <announcement_data>
    {table if released else ""}
    </announcement_data>"""
    )


def company_page(symbol: str, released: Sequence[Document]) -> str:
    """One company's list, whose sensitive cell has the mark's class on every row."""
    rows = "\n".join(f"<tr>{_row(document, company=True)}</tr>" for document in reversed(released))
    return _page(
        f"""    <h1>Search announcements: {escape(symbol)}</h1>
    <table>
    <thead><tr><th>Date</th><th>Price sens.</th><th>Headline</th></tr></thead><tbody>
{rows}
    </tbody></table>"""
    )


def document_page(document: Document) -> str:
    """The page behind a link."""
    return _page(
        f"    <h1>{escape(document.item.symbol)}: {escape(document.item.headline)}</h1>\n"
        f"    <p>Released {document.released:%d/%m/%Y %H:%M:%S}, {document.pages} pages, document "
        f"{document.number:08d} of the embedded exchange.</p>"
    )


def feed(released: Sequence[Document], *, page: int, per_page: int, sensitive_only: bool) -> dict[str, Any]:
    """The JSON list, newest first over all days."""
    wanted = [document for document in reversed(released) if document.item.price_sensitive or not sensitive_only]
    return {
        "data": {
            "count": len(wanted),
            "summaryCounts": {"priceSensitive": sum(1 for document in released if document.item.price_sensitive)},
            "items": [_feed_item(document) for document in wanted[page * per_page : (page + 1) * per_page]],
        }
    }


# ---- details ------------------------------------------------------------------------------------


def _row(document: Document, *, company: bool = False) -> str:
    item, when = document.item, document.released
    clock = f"{when.hour % 12 or 12}:{when:%M} {'am' if when.hour < 12 else 'pm'}"
    image = f"\n                {SENSITIVE_IMAGE}\n            " if item.price_sensitive else "&nbsp;"
    marked = ' class="pricesens" style="vertical-align: middle"' if company or item.price_sensitive else ""
    count = document.pages
    return f"""
            <td>
                {when:%d/%m/%Y}<br>
                <span class="dates-time">{clock}</span>
            </td>
            <td{marked}>{image}</td>
            <td>
                <a style="text-decoration: none;" target="_blank" href="{escape(document.path)}">
                    {escape(item.headline)}<br>
                    <!-- <span>PDF</span> -->
                    <img src="/asx/v2/markets/image/pdf_icon.png" height="16" width="16">
                    <span class="page">{count}
\t\t\t\t\t{"page" if count == 1 else "pages"}
\t\t\t\t</span>
                    <span class="filesize">
                        {count * 71.4:.1f}KB
                    </span>
                </a>
            </td>
"""


def _feed_item(document: Document) -> dict[str, Any]:
    moment = datetime.fromtimestamp(document.item.ts, UTC)
    return {
        "symbol": document.item.symbol,
        "headline": document.item.headline,
        "date": f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z",
        "isPriceSensitive": document.item.price_sensitive,
        "documentKey": f"{document.number:08d}",
        "fileSize": f"{document.pages * 71}KB",
        "url": document.path,
    }


def _page(body: str) -> str:
    return f"""<!DOCTYPE html>
<html><head><title>Announcements - embedded exchange</title></head><body class="layout-two-column">
<div class="page" id="content"><div class="primary">
{body}
</div></div></body></html>
"""
