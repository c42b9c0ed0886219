"""Every theme can be read: on terminals with all colours, with 256, with 16, and with none (NO_COLOR)."""

from __future__ import annotations

import pytest
from rich.color import Color as TerminalColor
from rich.color import ColorSystem
from rich.style import Style
from rich.terminal_theme import TerminalTheme
from textual.filter import monochrome_style

from skim_tui.console.palette import FALLBACK, Palette
from skim_tui.console.themes import load_themes, theme_folders

from .scripted import short_morning, short_ticket
from .test_app import stage

THEMES = load_themes(theme_folders())
WORDS = (
    "text",
    "muted",
    "accent",
    "gain",
    "loss",
    "warn",
    "bad",
    "good",
    "orh",
    "orl",
    "entry",
    "stop",
    "target",
    "key",
)
GROUNDS = ("background", "strip", "selected")
MARKS = ("gain", "loss", "bad", "warn", "accent", "muted", "key", "simulated", "paper", "live", "auto")
"""What ``ink`` is written on."""

VGA = TerminalTheme(
    (0, 0, 0), (170, 170, 170),
    [(0, 0, 0), (170, 0, 0), (0, 170, 0), (170, 85, 0), (0, 0, 170), (170, 0, 170), (0, 170, 170), (170, 170, 170)],
    [(85, 85, 85), (255, 85, 85), (85, 255, 85), (255, 255, 85), (85, 85, 255), (255, 85, 255), (85, 255, 255), (255, 255, 255)],
)  # fmt: skip
"""The sixteen colours of a text console: the harshest of the usual ones."""

LEAST = {"all": 4.0, "256": 3.0, "16": 3.0, "none": 3.5}
"""Contrast ratio (WCAG 2.2, 1.4.3) that words must have; 3 is what it asks of large text."""
LEAST_FAINT = {"all": 3.0, "256": 3.0, "16": 2.2, "none": 3.0}


def palette_of(theme):
    colors = {"foreground": theme.foreground, "background": theme.background, "panel": theme.panel}
    palette = Palette()
    palette.load({**colors, **{name: getattr(theme, base) for name, base in FALLBACK.items()}, **theme.variables})
    return palette


def shown(style, terminal, theme):
    """(front, back) as RGB on this kind of terminal."""
    style = style + Style(bgcolor=TerminalColor.parse(theme.background)) if style.bgcolor is None else style
    if terminal == "none":
        style = monochrome_style(style)
    systems = {"256": ColorSystem.EIGHT_BIT, "16": ColorSystem.STANDARD}
    pair = (style.color, style.bgcolor)
    if terminal in systems:
        pair = tuple(color.downgrade(systems[terminal]) for color in pair)
    return tuple(tuple(color.get_truecolor(VGA)) for color in pair)


def luminance(rgb):
    """Relative luminance (WCAG 2.2)."""
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in (part / 255 for part in rgb)]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(pair):
    low, high = sorted(luminance(rgb) for rgb in pair)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("terminal", LEAST)
@pytest.mark.parametrize("name", [name for name, theme in THEMES.items() if not theme.ansi])
def test_every_word_can_be_read(name, terminal):
    theme = THEMES[name]
    palette = palette_of(theme)

    def found(spec):
        return round(contrast(shown(palette.style(spec), terminal, theme)), 1)

    specs = [*(word if ground == "background" else f"{word} on {ground}" for word in WORDS for ground in GROUNDS)]
    specs += [f"ink on {mark}" for mark in MARKS]
    weak = {spec: found(spec) for spec in specs if found(spec) < LEAST[terminal]}
    # What is faint is drawn muted on the selected row.
    weak |= {spec: found(spec) for spec in ("faint", "faint on strip") if found(spec) < LEAST_FAINT[terminal]}
    assert not weak


def test_on_the_terminals_own_ground_marks_are_reversed_and_words_are_not():
    palette = palette_of(THEMES["skim-ansi"])
    assert palette.style("loss bold on selected") == Style(bold=True, reverse=True)
    assert palette.style("ink bold on muted") == Style(bold=True, reverse=True)
    assert palette.style("ink on bad").bgcolor.number == 9 and not palette.style("ink on bad").reverse
    assert not palette.style("text on strip").reverse


async def test_with_no_color_nothing_is_coloured_and_what_is_loud_is_reversed(monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    async with stage(short_morning(tickets=(short_ticket(),)), size=(80, 24), chosen_theme="skim-light") as s:
        s.pass_time(1)
        s.app.mark({"card"})
        await s.settle()
        # There is no public way to the strips of the whole screen.
        segments = [part for strip in s.app.screen._compositor.render_strips() for part in strip]
        coloured = {part.text for part in segments if part.style and (part.style.color or part.style.bgcolor)}
        assert not coloured
        loud = "".join(part.text for part in segments if part.style and part.style.reverse)
        assert all(text in loud for text in (" SIMULATED ", " UNPROTECTED ", " a ", "SHORT TICKET TLX"))
        assert "SELL SHORT" not in loud
