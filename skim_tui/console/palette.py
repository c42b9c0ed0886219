"""Semantic style names turned into terminal styles of the current theme."""

from __future__ import annotations

from collections.abc import Mapping

from rich.style import Style
from textual.color import Color

FALLBACK = {
    "text": "foreground", "muted": "foreground", "faint": "foreground", "accent": "accent", "gain": "success",
    "loss": "error", "warn": "warning", "bad": "error", "good": "success", "simulated": "secondary",
    "paper": "primary", "live": "error", "auto": "warning", "ink": "background", "selected": "panel",
    "cursor": "surface", "strip": "surface", "orh": "accent", "orl": "accent", "entry": "primary", "stop": "error",
    "target": "success", "volume": "foreground", "key": "accent", "vwap": "secondary", "range": "panel",
}  # fmt: skip
"""Our names and the Textual theme colour each falls back to."""


class Palette:
    """Styles by name, e.g. ``gain``, ``loss bold``, ``ink on simulated``. Reloaded when the theme changes."""

    def __init__(self) -> None:
        self._colors: dict[str, Color] = {}
        self._styles: dict[str, Style] = {}

    def load(self, variables: Mapping[str, str]) -> None:
        """Take the colours of a theme's variables."""
        self._styles.clear()
        self._colors = {name: _color(variables, name, base) for name, base in FALLBACK.items()}

    def style(self, spec: str) -> Style:
        """The style that ``spec`` names. Raises :class:`KeyError` for an unknown name."""
        style = self._styles.get(spec)
        if style is None:
            style = self._styles[spec] = self._parse(spec)
        return style

    def _parse(self, spec: str) -> Style:
        front, _, back = f" {spec} ".partition(" on ")
        words = front.split()
        names = [word for word in words if word not in ("bold", "reverse", "underline")]
        name, ground = names[0] if names else "text", back.strip()
        if ground and (ground == "selected" or name == "ink") and self._colors[ground].rich_color.is_default:
            # The terminal's own ground sets nothing off: what is marked there is shown reversed.
            return Style(bold="bold" in words or None, reverse=True)
        color = self._colors[name].rich_color
        background = self._colors[ground].rich_color if ground else None
        return Style(
            color=color, bgcolor=background, bold="bold" in words or None, reverse="reverse" in words or None,
            underline="underline" in words or None,
        )  # fmt: skip


def _color(variables: Mapping[str, str], name: str, base: str) -> Color:
    for key in (name, base, "foreground"):
        value = variables.get(key, "")
        if value and not value.startswith("auto"):
            return Color.parse(value)
    return Color.parse("ansi_default")
