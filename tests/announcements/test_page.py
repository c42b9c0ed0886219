"""Announcement pages: what is read, and the three different ways of there being nothing to read."""

import os
import re
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skim_tui.announcements.listing import LayoutChanged, ListError, SourceRefused
from skim_tui.announcements.page import parse_page
from tests.announcements.pages import BLOCK_PAGE, ROWS, Row, today_page
from tests.conftest import ROOT

SHARED = Path(os.environ.get("SKIM_TAPES", ROOT.parent / "shared" / "tapes")).parent / "data"
SYDNEY = ZoneInfo("Australia/Sydney")


def test_reads_every_row_as_published():
    listing = parse_page(today_page(), "today")
    assert listing.published_on == date(2026, 11, 10)
    assert [row.symbol for row in listing.rows] == ["KPX", "8LD", "KPX", "WQRT", "FLM", "FLM"]
    assert [row.price_sensitive for row in listing.rows] == [True, True, False, False, True, True]
    assert [row.key for row in listing.rows] == [row.number for row in ROWS]
    assert [row.pages for row in listing.rows] == [1, 3, 3, 3, 21, 3]
    assert listing.rows[1].headline == "Assays: 12m at 4.1 g/t & 3m at 9 g/t"
    assert listing.rows[0].link.startswith("https://www.asx.com.au/asx/v2/statistics/displayAnnouncement.do?")
    clocks = [datetime.fromtimestamp(row.ts, SYDNEY).strftime("%H:%M") for row in listing.rows]
    assert clocks == ["14:33", "12:00", "11:59", "10:15", "08:31", "08:31"]
    assert listing.problems == ()


def test_the_time_is_sydneys_on_both_sides_of_daylight_saving():
    winter = parse_page(today_page((Row("KPX", "9:00 am", "Update", "04000001", day="02/07/2026"),)), "today").rows[0]
    summer = parse_page(today_page((Row("KPX", "9:00 am", "Update", "04000002", day="02/12/2026"),)), "today").rows[0]
    assert datetime.fromtimestamp(winter.ts, ZoneInfo("UTC")).hour == 23
    assert datetime.fromtimestamp(summer.ts, ZoneInfo("UTC")).hour == 22


def test_only_the_image_marks_price_sensitive():
    page = today_page().replace("<td>&nbsp;</td>", '<td class="pricesens" style="vertical-align: middle"> </td>')
    assert [row.price_sensitive for row in parse_page(page, "today").rows] == [True, True, False, False, True, True]
    old = today_page().replace('class="pricesens" alt', 'src2="asterix.gif" alt')
    assert parse_page(old, "today").rows[0].price_sensitive, "older pages mark the image by its title"


def test_columns_are_found_by_their_header_not_their_place():
    swapped = today_page(head=("Date", "ASX Code", "Price sens.", "Headline"))
    with pytest.raises(LayoutChanged, match="rows cannot be read"):
        parse_page(swapped, "today")


def test_a_company_page_has_no_code_column():
    rows = re.sub(r"<td>[A-Z0-9]{3,4}</td>\n", "", "\n".join(row.html for row in ROWS if row.code == "FLM"))
    page = (
        "<html><body><table><thead><tr><th>Date</th><th>Price sens.</th><th>Headline</th></tr></thead><tbody>"
        f'{rows}<tr><td> 17/06/2026<br> <span class="dates-time">9:00 am</span></td><td class="pricesens"></td>'
        "<td> - </td></tr></tbody></table></body></html>"
    )
    listing = parse_page(page, "FLM", symbol="FLM")
    assert [row.symbol for row in listing.rows] == ["FLM", "FLM"]
    with pytest.raises(LayoutChanged, match="no column for code"):
        parse_page(page, "today")


def test_before_the_first_release_there_is_nothing():
    listing = parse_page(today_page(rows=()), "today")
    assert listing.rows == () and listing.published_on == date(2026, 11, 10)


def test_a_block_page_is_a_refusal():
    with pytest.raises(SourceRefused, match="today: a block"):
        parse_page(BLOCK_PAGE, "today")


@pytest.mark.parametrize(
    "page",
    [
        "",
        "<html><body>Scheduled maintenance</body></html>",
        today_page().replace("<table>", "<div>").replace("</table>", "</div>"),
        today_page(head=("Code", "When", "!", "Title")),
        today_page(head=("ASX Code", "Date", "Headline")),
        today_page().replace("idsId", "document"),
        today_page().replace("dates-time", "clock"),
        today_page()[:1500],
        re.sub(r"<tr>\s*<td>.*</tr>", "", today_page(), flags=re.DOTALL),
    ],
)
def test_anything_else_is_a_changed_layout(page):
    with pytest.raises(LayoutChanged):
        parse_page(page, "today")


def test_one_odd_row_of_many_is_told_and_left_out():
    rows = [Row("KPX", "9:00 am", f"Update {number}", f"0400{number:04d}") for number in range(40)]
    page = today_page(rows).replace("Update 7<br>", "<br>", 1)
    listing = parse_page(page, "today")
    assert len(listing.rows) == 39
    assert listing.problems == ("row 9: no headline for document 04000007",)


@pytest.mark.skipif(not SHARED.exists(), reason=f"no sample pages in {SHARED}")
def test_the_sample_pages():
    listing = parse_page((SHARED / "asx_today_sample.html").read_text(), "today")
    assert len(listing.rows) == 16 and sum(row.price_sensitive for row in listing.rows) == 12
    assert parse_page((SHARED / "asx_today_empty_sample.html").read_text(), "today").rows == ()
    company = parse_page((SHARED / "asx_company_sample.html").read_text(), "company", symbol="QXM")
    assert [row.price_sensitive for row in company.rows] == [True, False]


TAG = re.compile(r"<[^>]*>")
WHOLE = today_page()
TAGS = [match.span() for match in TAG.finditer(WHOLE)]
TRUTH = {row.number: (row.code, row.sensitive) for row in ROWS}


@st.composite
def mutated(draw):
    """The page with some of its tags lost, doubled or swapped, junk put in, or its end cut off."""
    pieces = [WHOLE[: TAGS[0][0]]]
    for index, (start, end) in enumerate(TAGS):
        after = TAGS[index + 1][0] if index + 1 < len(TAGS) else len(WHOLE)
        pieces += [WHOLE[start:end], WHOLE[end:after]]
    for _ in range(draw(st.integers(1, 4))):
        place = 1 + 2 * draw(st.integers(0, len(TAGS) - 1))
        match draw(st.sampled_from(("lose", "double", "swap", "junk"))):
            case "lose":
                pieces[place] = ""
            case "double":
                pieces[place] *= 2
            case "swap":
                other = 1 + 2 * draw(st.integers(0, len(TAGS) - 1))
                pieces[place], pieces[other] = pieces[other], pieces[place]
            case _:
                pieces[place] += draw(st.text(alphabet="<>/&;\"'\x00tdrab=é", max_size=8))
    page = "".join(pieces)
    return page[: draw(st.integers(0, len(page)))] if draw(st.booleans()) else page


@given(mutated())
@settings(max_examples=250, deadline=None)
def test_a_damaged_page_never_gives_a_wrong_symbol(page):
    try:
        listing = parse_page(page, "damaged")
    except ListError as error:
        assert str(error).startswith("damaged: ")
        return
    for row in listing.rows:
        assert TRUTH[row.key][0] == row.symbol
        assert row.headline


@given(st.text(max_size=300))
@settings(max_examples=100, deadline=None)
def test_any_text_is_answered_in_words(text):
    with pytest.raises(ListError, match="any"):
        parse_page(text, "any")
