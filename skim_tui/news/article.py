"""The text of an article, whichever of HTML, XML or plain text the wire sent."""

from __future__ import annotations

import re
from html import unescape

from selectolax.lexbor import LexborHTMLParser

MARKUP = re.compile(r"<(?:[a-zA-Z!?/][^<>]*)>")
BLOCKS = "p, br, div, tr, li, h1, h2, h3, h4, h5, h6, table, pre, headline, body, title, block, hl1, hl2"
UNSEEN = "script, style, noscript, iframe, template, head"
LARGEST = 200_000
"""Characters read; an article is a few thousand."""


def article_text(raw: str) -> str:
    """``raw`` as lines of plain text. Links keep their words, scripts and styles go. Never fails; empty in,
    empty out."""
    raw = raw[:LARGEST]
    if not MARKUP.search(raw):
        return _tidy(unescape(raw))
    # An XML declaration or CDATA mark means nothing to an HTML parser; it would swallow what follows.
    raw = re.sub(r"<\?xml[^<>]*\?>", "", raw)
    raw = re.sub(r"<!\[CDATA\[(.*?)\]\]>", lambda found: found[1], raw, flags=re.DOTALL)
    # In XML a tag may close itself; in HTML it would stay open and hide the rest.
    raw = re.sub(r"<(script|style|title|iframe|noscript|template|textarea)\b[^<>]*/>", "", raw, flags=re.IGNORECASE)
    tree = LexborHTMLParser(raw)
    for node in tree.css(UNSEEN):
        node.decompose()
    root = tree.body or tree.root
    if root is None:
        return ""
    for node in root.css(BLOCKS):
        node.insert_before("\n")
        node.insert_after("\n")
    return _tidy(root.text())


def _tidy(text: str) -> str:
    """Printable lines without runs of blanks or empty lines."""
    text = "".join(char if char.isprintable() or char in "\n\t" else " " for char in text.replace("\r", "\n"))
    lines = [" ".join(line.split()) for line in text.split("\n")]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()
