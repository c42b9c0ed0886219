"""Invented announcement pages of the structure that the exchange's site has."""

from __future__ import annotations

from dataclasses import dataclass

IMAGE = (
    '<img src="/asx/v2/markets/image/icon-price-sensitive.svg" height="12.5" width="6" class="pricesens" '
    'alt="asterix" title="price sensitive">'
)


@dataclass(frozen=True)
class Row:
    code: str
    clock: str
    headline: str
    number: str
    sensitive: bool = False
    day: str = "10/11/2026"
    pages: str = "3 pages"

    @property
    def html(self) -> str:
        mark = (
            f'<td class="pricesens" style="vertical-align: middle">{IMAGE}</td>'
            if self.sensitive
            else "<td>&nbsp;</td>"
        )
        return (
            f'<tr>\n<td>{self.code}</td>\n<td>\n {self.day}<br>\n<span class="dates-time">{self.clock}</span>\n</td>\n'
            f'{mark}\n<td><a style="text-decoration: none;" target="_blank" '
            f'href="/asx/v2/statistics/displayAnnouncement.do?display=pdf&amp;idsId={self.number}">\n'
            f'{self.headline}<br>\n<!-- <span>PDF</span> --><img src="/asx/v2/markets/image/pdf_icon.png">\n'
            f'<span class="page">{self.pages}</span><span class="filesize">96.4KB</span></a></td>\n</tr>'
        )


ROWS = (
    Row("KPX", "2:33 pm", "Trading Halt", "05000007", True, pages="1 page"),
    Row("8LD", "12:00 pm", "Assays: 12m at 4.1 g/t &amp; 3m at 9 g/t", "05000006", True),
    Row("KPX", "11:59 am", "Pause in Trading", "05000005"),
    Row("WQRT", "10:15 am", "Change of Director's Interest Notice", "05000004"),
    Row("FLM", "8:31 am", "Quarterly activities report", "05000003", True, pages="21\n\t\tpages\n"),
    Row("FLM", "8:31 am", "Quarterly cash flow report", "05000002", True),
)


def today_page(rows=ROWS, *, day="10 November 2026", head=("ASX Code", "Date", "Price sens.", "Headline")):
    table = ""
    if rows:
        heads = "".join(f"<th>{name}</th>" for name in head)
        body = "\n".join(row.html for row in rows)
        table = f"<table>\n<caption>Today's Announcements</caption>\n<tr>{heads}</tr>\n{body}\n</table>"
    return f"""<html><head><title>Today's announcements</title></head><body>
<h1>
        Company announcements published on
        {day}
</h1>
<announcement_data>
{table}
</announcement_data>
<script src="/_Incapsula_Resource?x" async></script></body></html>"""


BLOCK_PAGE = (
    '<html><head><META NAME="robots" CONTENT="noindex,nofollow"></head><body><iframe src="/_Incapsula_Resource?CWU">'
    "Request unsuccessful. Incapsula incident ID: 1234-5678</iframe></body></html>"
)
