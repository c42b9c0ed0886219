"""The JSON list, pasted and CSV lists, and the file a desk watches."""

import json
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skim_tui.announcements.feed import parse_feed
from skim_tui.announcements.listing import LayoutChanged, ListError, SourceRefused
from skim_tui.announcements.pasted import parse_list
from skim_tui.announcements.watched import FILE, WatchedList, import_list
from skim_tui.domain.events import SourceReport, SourceState
from skim_tui.domain.market import Announcement
from tests.announcements.pages import BLOCK_PAGE

SYDNEY = ZoneInfo("Australia/Sydney")
ITEM = {
    "symbol": "KPX",
    "headline": "Guidance  upgrade",
    "date": "2026-11-09T22:30:48.000Z",
    "isPriceSensitive": True,
    "documentKey": "2924-05000009-2A1",
    "fileSize": "200KB",
    "url": "",
}


def feed(*items, count=None):
    return json.dumps({"data": {"count": len(items) if count is None else count, "items": list(items)}})


def test_the_json_list_has_seconds_and_utc():
    (row,) = parse_feed(feed(ITEM), "feed").rows
    assert (row.symbol, row.headline, row.price_sensitive, row.key) == (
        "KPX",
        "Guidance upgrade",
        True,
        "2924-05000009-2A1",
    )
    assert datetime.fromtimestamp(row.ts, SYDNEY).isoformat() == "2026-11-10T09:30:48+11:00"
    assert parse_feed(feed(), "feed").rows == ()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        '{"data": []}',
        '{"data": {"items": {}}}',
        feed(count=3),
        feed(ITEM | {"symbol": "kpx ltd"}),
        feed(ITEM | {"isPriceSensitive": "yes"}),
        feed(ITEM | {"date": "2026-11-09T22:30:48"}),
        feed({key: value for key, value in ITEM.items() if key != "documentKey"}),
    ],
)
def test_a_json_list_of_another_layout_is_refused(text):
    with pytest.raises(LayoutChanged, match="^feed: "):
        parse_feed(text, "feed")


def test_a_block_page_instead_of_json_is_a_refusal():
    with pytest.raises(SourceRefused):
        parse_feed(BLOCK_PAGE, "feed")


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from((*ITEM, "data", "items")), inner),
    max_leaves=12,
)


@given(st.dictionaries(st.sampled_from(tuple(ITEM)), JSON_VALUES, max_size=4))
@settings(max_examples=150, deadline=None)
def test_a_damaged_json_item_never_gives_a_wrong_symbol(damage):
    try:
        rows = parse_feed(feed(ITEM, ITEM | damage), "feed").rows
    except ListError as error:
        assert str(error).startswith("feed: ")
        return
    assert rows[0].symbol == "KPX"
    for row in rows[1:]:
        assert row.symbol == damage.get("symbol", "KPX")


def test_rows_pasted_from_a_browser():
    text = (
        "ASX Code\tDate\tPrice sens.\tHeadline\n"
        "KPX\t10/11/2026\n2:33 pm\tasterix\tTrading Halt\n1 page\n71.2KB\n"
        "8LD\t10/11/2026 12:00 pm\t \tInvestor presentation\n24 pages\n"
    )
    rows = parse_list(text, "paste").rows
    assert [(row.symbol, row.headline, row.price_sensitive) for row in rows] == [
        ("KPX", "Trading Halt", True),
        ("8LD", "Investor presentation", False),
    ]
    assert datetime.fromtimestamp(rows[0].ts, SYDNEY).strftime("%d %H:%M") == "10 14:33"


def test_csv_in_either_order_with_either_time():
    text = (
        "Headline,Code,Time,Sensitive,Pages\n"
        '"Contract award, stage 2",kpx,2026-11-10T08:30:00,yes,4\n'
        "Update,FLM,2026-11-09T22:00:00+00:00,no,\n"
    )
    rows = parse_list(text, "mine.csv").rows
    assert [(row.symbol, row.headline, row.price_sensitive, row.pages) for row in rows] == [
        ("KPX", "Contract award, stage 2", True, 4),
        ("FLM", "Update", False, 0),
    ]
    assert [datetime.fromtimestamp(row.ts, SYDNEY).strftime("%H:%M") for row in rows] == ["08:30", "09:00"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "mine.csv: the list is empty"),
        ("symbol,headline\nKPX,Update\n", "mine.csv:1: no column for time"),
        ("symbol,time,headline\n", "mine.csv: a header but no announcement"),
        ("symbol,time,headline\nKPX,yesterday,Update\n", "mine.csv:2: "),
        ("symbol,time,headline\nKPX,2026-11-10T08:30:00,Update\nK!,2026-11-10T08:30:00,Update\n", "mine.csv:3: 'K!'"),
        ("symbol,time,headline,sensitive\nKPX,2026-11-10T08:30:00,Update,maybe\n", "mine.csv:2: sensitive"),
        ("symbol,time,headline\nKPX,2026-11-10T08:30:00\n", "mine.csv:2: no headline"),
    ],
)
def test_a_list_with_a_mistake_is_refused_whole(text, told):
    with pytest.raises(ListError) as refused:
        parse_list(text, "mine.csv")
    assert str(refused.value).startswith(told)


@given(st.text(max_size=200))
@settings(max_examples=150, deadline=None)
def test_any_pasted_text_is_read_or_refused_in_words(text):
    try:
        rows = parse_list(text, "paste").rows
    except ListError as error:
        assert str(error).startswith("paste:")
    else:
        assert rows


GOOD = "symbol,time,headline\nKPX,2026-11-10T08:30:00,Update\n"


def test_the_watched_file_is_told_once_and_again_when_it_grows(tmp_path):
    told = []
    watched = WatchedList(tmp_path / FILE)
    watched.look(told.append)
    assert told == [], "a missing file is no failure"
    source = tmp_path / "paste.txt"
    source.write_text(GOOD)
    assert import_list(source, tmp_path) == (1, tmp_path / FILE)
    watched.look(told.append)
    watched.look(told.append)
    assert [type(one) for one in told] == [Announcement, SourceReport]
    (tmp_path / FILE).write_text(GOOD + "FLM,2026-11-10T08:31:00,Quarterly\n")
    watched.look(told.append)
    assert [one.symbol for one in told if isinstance(one, Announcement)] == ["KPX", "FLM"]
    (tmp_path / FILE).write_text("symbol,time\nno")
    watched.look(told.append)
    assert told[-1].state is SourceState.TROUBLED and f"{tmp_path / FILE}:1" in told[-1].text


def test_a_faulty_list_is_not_imported(tmp_path):
    source = tmp_path / "paste.txt"
    source.write_text("what is this")
    with pytest.raises(ListError):
        import_list(source, tmp_path)
    assert not (tmp_path / FILE).exists()
