"""Alerts as Discord embeds, cut to Discord's limits."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from skim_tui.alerts.alert import Alert

LONGEST_TITLE, LONGEST_TEXT, LONGEST_NAME, LONGEST_VALUE = 256, 4096, 256, 1024
MOST_FIELDS = 25
MOST_EMBEDS = 10
MOST_CHARACTERS = 6000
"""Of all embeds of one message together. Source: Discord developer documentation, embed limits."""

GREY, GREEN, RED = 0x8A9199, 0x3FA45B, 0xD64545
COLOURS = {None: GREY, True: GREEN, False: RED}


def embed(alert: Alert) -> dict[str, Any]:
    """One alert as an embed that Discord accepts."""
    left = MOST_CHARACTERS
    title = _cut(alert.title, LONGEST_TITLE) or alert.kind.value
    left -= len(title)
    text = _cut(alert.text, min(LONGEST_TEXT, left))
    left -= len(text)
    fields: list[dict[str, Any]] = []
    for name, value in alert.fields[:MOST_FIELDS]:
        # Discord refuses an empty name or value.
        name, value = _cut(name, LONGEST_NAME) or "-", _cut(value, LONGEST_VALUE) or "-"
        left -= len(name) + len(value)
        if left < 0:
            break
        fields.append({"name": name, "value": value, "inline": True})
    made: dict[str, Any] = {
        "title": title,
        "color": COLOURS[alert.good],
        "timestamp": datetime.fromtimestamp(alert.ts, UTC).isoformat(timespec="seconds"),
    }
    if text:
        made["description"] = text
    if fields:
        made["fields"] = fields
    return made


def size(made: dict[str, Any]) -> int:
    """The characters of an embed that count towards a message's limit."""
    fields = sum(len(field["name"]) + len(field["value"]) for field in made.get("fields", ()))
    return len(made["title"]) + len(made.get("description", "")) + fields


def message(alerts: Sequence[Alert]) -> tuple[dict[str, Any], int]:
    """One message with as many of ``alerts``, in order, as it may hold; and how many that is."""
    embeds: list[dict[str, Any]] = []
    total = 0
    for alert in alerts[:MOST_EMBEDS]:
        made = embed(alert)
        total += size(made)
        if embeds and total > MOST_CHARACTERS:
            break
        embeds.append(made)
    # Nothing in a headline may call people by name.
    return {"username": "Skim", "embeds": embeds, "allowed_mentions": {"parse": []}}, len(embeds)


def _cut(text: str, longest: int) -> str:
    text = "".join(char for char in text if char.isprintable() or char == "\n").strip()
    return text if len(text) <= longest else text[: max(0, longest - 1)] + "…"
