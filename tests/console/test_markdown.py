"""Reports and articles are read as lines: nothing of the mark-up is left, nothing of the text is lost."""

from hypothesis import given
from hypothesis import strategies as st

from skim_tui.console.markdown import paragraphs
from skim_tui.console.spans import length

REPORT = """# Report
Account DU1: **-13.93 AUD** realised.

| strategy | trades | P&L |
|---|---|---|
| ORH breakout | 3 | -13.93 |
| news shock | 12 | +1,204.10 |
"""


def text(line):
    return "".join(part for part, _ in line).rstrip()


def test_a_report_is_columns_and_words():
    lines = [text(line) for line in paragraphs(REPORT, 60)]
    assert lines == [
        "Report",
        "Account DU1: -13.93 AUD realised.",
        "",
        "strategy      trades        P&L",
        "ORH breakout       3     -13.93",
        "news shock        12  +1,204.10",
    ]
    styles = dict(paragraphs(REPORT, 60)[1])
    assert styles["-13.93 "] == "text bold" and styles["realised. "] == "text"


@given(st.text(alphabet="ab |*-#\n", max_size=200), st.integers(10, 80))
def test_any_text_becomes_lines_that_fit(raw, width):
    assert all(length(line) <= width + 1 for line in paragraphs(raw, width))
