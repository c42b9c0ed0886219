"""Headlines, tickers and articles: what is read out of them, and that damage never names a wrong share."""

import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from skim_tui.news.article import article_text
from skim_tui.news.headline import parse_headline
from skim_tui.news.tickers import tickers_in


def test_metadata_before_the_headline_or_beside_it():
    before = parse_headline("{A:800015:L:en:K:-0.97:C:0.97}!KPX cut to &quot;sell&quot; at Broker &amp; Co")
    assert before.text == 'KPX cut to "sell" at Broker & Co'
    assert (before.contracts, before.language, before.sentiment, before.confidence) == ((800015,), "en", -0.97, 0.97)
    beside = parse_headline("* KPX wins contract", "A:11,12:L:en:K:n/a:C:0.67")
    assert (beside.text, beside.contracts, beside.sentiment) == ("KPX wins contract", (11, 12), None)
    assert parse_headline("{A:800015:L:en}Plain words").confidence is None
    assert parse_headline("!").text == "" and parse_headline("{A:1:L:en}").text == ""
    assert parse_headline("{A:1:K:7:C:x:L:english}Words here") == parse_headline("{A:1}Words here")


@pytest.mark.parametrize(
    ("text", "mic", "found"),
    [
        ("Gold miner (ASX: KPX) and (ASX:8LD)", "XASX", ("KPX", "8LD")),
        ("KPX.AX up, 8LD.AU down", "XASX", ("KPX", "8LD")),
        ("The S&P/ASX 200 and ASX: 200 fell; NYSE: KO", "XASX", ()),
        ("Cola (NYSE: KO), Fruit (NASDAQ: AAPL), Shop (NasdaqGS:SHOP), BRK (NYSE: BRK.B)", "XNYS",
         ("KO", "AAPL", "SHOP", "BRK B")),
        ("IBM.N and MSFT.O", "XNYS", ("IBM", "MSFT")),
        ("KPX rises without its exchange", "XASX", ()),
        (" ".join(f"(ASX: AB{n})" for n in range(6)), "XASX", ()),
    ],
)  # fmt: skip
def test_only_codes_with_their_exchange_count(text, mic, found):
    assert tickers_in(text, mic) == found


HTML = (
    "<html><head><title>t</title><style>b{}</style></head><body><h1>Kestrel Pike</h1><script>var a='ASX: BAD'</script>"
    '<p>Kestrel&#8217;s (ASX: KPX) <a href="http://x/ASX:BAD">drill results</a></p></body></html>'
)
XML = (
    '<?xml version="1.0"?><nitf><head/><body><hl1>Kestrel Pike</hl1><block><p>Kestrel\u2019s '
    "<![CDATA[(ASX: KPX)]]> drill results</p></block></body></nitf>"
)
PLAIN = "Kestrel Pike\n\nKestrel\u2019s (ASX: KPX) drill results\n"


@pytest.mark.parametrize("raw", [HTML, XML, PLAIN])
def test_an_article_is_text_whatever_it_came_as(raw):
    text = article_text(raw)
    assert text.splitlines()[0] == "Kestrel Pike"
    assert "Kestrel\u2019s (ASX: KPX) drill results" in text
    assert tickers_in(text, "XASX") == ("KPX",)
    assert "<" not in text and "var a" not in text


def test_a_self_closed_tag_hides_nothing():
    assert "KPX" in article_text("<story><title/><script/><p>(ASX: KPX)</p></story>")
    assert article_text("") == "" and article_text("  a &lt; b\r\n\r\n\r\n\r\nc ") == "a < b\n\nc"


TAG = re.compile(r"<[^>]*>")


@st.composite
def damaged(draw):
    """An article with tags lost, doubled or swapped, text put in, or its end cut off."""
    raw = draw(st.sampled_from((HTML.replace("var a='ASX: BAD'", "var a"), XML, PLAIN)))
    spans = [match.span() for match in TAG.finditer(raw)] or [(0, 0)]
    for _ in range(draw(st.integers(1, 3))):
        start, end = draw(st.sampled_from(spans))
        junk = draw(st.text(alphabet="<>/&;'\"!-[]é\x00 ", max_size=6))
        raw = raw[:start] + draw(st.sampled_from(("", raw[start:end] * 2, junk))) + raw[end:]
        spans = [match.span() for match in TAG.finditer(raw)] or [(0, 0)]
    return raw[: draw(st.integers(0, len(raw)))] if draw(st.booleans()) else raw


@given(damaged())
@settings(max_examples=250, deadline=None)
def test_a_damaged_article_names_its_share_or_none(raw):
    assert set(tickers_in(article_text(raw), "XASX")) <= {"KPX"}


@example("0000 \ud7fc", "")
@given(st.text(max_size=200), st.text(alphabet="ALKC:,.0123456789{}n/ae-x", max_size=60))
@settings(max_examples=250, deadline=None)
def test_any_headline_is_read_without_failing(raw, extra):
    parsed = parse_headline(raw, extra)
    assert parsed.text == parsed.text.strip() and len(parsed.text) <= 500
    assert parsed.sentiment is None or -1 <= parsed.sentiment <= 1
    assert parsed.confidence is None or 0 <= parsed.confidence <= 1
    assert all(number >= 0 for number in parsed.contracts)
