"""Every screen at the main sizes as text, and in every theme as the colours of that text.

The pictures are the files in ``screens/``: one for each screen, written anew with SKIM_WRITE_SCREENS=1.
"""

from __future__ import annotations

import difflib
import hashlib
import os
from pathlib import Path

import pytest

from skim_tui.console.app import SkimApp
from skim_tui.console.lineview import LineView
from skim_tui.console.watchdog import Watchdog
from skim_tui.link.commands import AskAway, Preview
from skim_tui.link.messages import Delta, Reply

from .answers import ANSWERS, VITALS, draft_view
from .scripted import (
    NOW,
    WALL,
    D,
    ScriptedLink,
    header,
    morning,
    quiet,
    short_morning,
    short_ticket,
    ticket,
    until,
)

FOLDER = Path(__file__).parent / "screens"
SIZES = ((80, 24), (120, 40), (200, 60))
SMALL = ((80, 24), (120, 40))
ALL = (*SIZES, (300, 70))
ENDS = (SIZES[0], SIZES[-1])

THEMES = ("skim-dark", "skim-light", "skim-contrast", "skim-colourblind", "skim-ansi")

SCREENS = {
    "desk": ((), ALL), "desk-quiet": ((), SIZES), "desk-auto": ((), SMALL), "desk-empty": ((), SIZES),
    "desk-lost": ((), SMALL),
    "away": ((), SIZES), "why-not": (("W", "down"), SIZES), "journal": (("J",), SIZES),
    "journal-hours": (("J", "right", "right", "right"), SMALL), "journal-r": (("J", "left"), SMALL),
    "health": (("H",), SIZES), "settings": (("S", "down", "down"), SIZES), "help": (("question_mark",), SIZES),
    "replay": (("P",), SIZES), "chart-crosshair": (("2", "z", "left", "left", "up"), SIZES),
    "chart-daily": (("2", "z", "i", "i", "i", "i"), SMALL), "buy": (("b",), SMALL), "edit": (("e", "down", "right"), SMALL),
    "batch": (("B", "space", "down"), SMALL), "move-stop": (("4", "down", "s", "up"), SMALL), "target": (("4", "down", "t"), SMALL),
    "scale-out": (("4", "down", "o"), SMALL), "kill": (("K",), SMALL), "quit": (("q",), SMALL), "theme": (("T",), SMALL),
    "change-setting": (("S", "e", "9"), SMALL),
    "short-ticket": ((), ENDS), "short-position": (("4", "down"), ENDS), "short-orders": (("5",), ((80, 24),)),
    "short-edit": (("e", "down", "down"), ((80, 24),)), "short-batch": (("B",), ((80, 24),)),
    "short-move-stop": (("4", "down", "s", "up"), ((80, 24),)), "short-target": (("4", "down", "t"), ((80, 24),)),
    "short-scale-out": (("4", "down", "o"), ((80, 24),)), "short-close": (("4", "down", "x"), ((80, 24),)),
}  # fmt: skip


class Link(ScriptedLink):
    async def send(self, command):
        if isinstance(command, Preview):
            waiting = self.first.upserts.get("tickets", {}).get(command.draft.ticket_id)
            return Reply(1, True, "", draft_view(command.draft, waiting.side if waiting else "BUY"))
        return await super().send(command)


def first_of(name):
    if name == "desk-empty":
        head = header(phase="PRE-OPEN", positions=0, realised=D(0), unrealised=D(0), open_risk=D(0))
        return Delta(whole=True, upserts={"header": {"": head}})
    head = header()
    if name == "desk-auto":
        head = header(auto=True, mismatches=("BHP: broker holds 220, journal 120",))
    if name.startswith("short"):
        waiting = {
            "short-ticket": (short_ticket(),),
            "short-edit": (short_ticket(),),
            "short-batch": (ticket(), short_ticket()),
        }
        made = short_morning(tickets=waiting.get(name, ()))
        made.upserts["vitals"] = {"": VITALS}
        return made
    waiting = ()
    if name in ("desk", "edit", "journal"):
        waiting = (ticket(),)
    if name == "batch":
        waiting = (ticket(), ticket("WHC", created=NOW - 1), ticket("ZIP", created=NOW))
    made = morning(tickets=waiting, head=head)
    made.upserts["vitals"] = {"": VITALS}
    return made


def picture(app):
    """(the screen's text, a digest of text and colours)."""
    # There is no public way to the strips of the whole screen.
    strips = app.screen._compositor.render_strips()
    text = "\n".join(strip.text.rstrip() for strip in strips)
    styled = "\n".join("".join(f"{s.text}{s.style}" for s in strip) for strip in strips)
    return text, hashlib.sha256(styled.encode()).hexdigest()[:12]


async def shown(name, keys, size, themes):
    """The text of one screen, and its digest in each of ``themes``."""
    clock = [100.0]
    link = Link(first_of(name))
    link.answers = {**ANSWERS}
    if name != "away":
        link.answers[AskAway] = Reply(1, True)
    app = SkimApp(link, wall=lambda: WALL, monotonic=lambda: clock[0], fps=60, bell=False)
    app.watchdog = Watchdog(lambda: 0.0)
    async with app.run_test(size=size) as pilot:
        await quiet(pilot)
        if name == "desk-lost":
            link.refuse = "no desk answers"
            link.lose("connection reset")
            await until(pilot, lambda: "no desk answers" in app.attachment.doing)
        for key in keys:
            await pilot.press(key)
            await quiet(pilot)
        clock[0] += 2
        digests = {}
        for theme in themes:
            if theme != app.theme:
                app.use_theme(theme)
            for screen in app.screen_stack:
                for view in screen.query(LineView):
                    view.repaint()
            await quiet(pilot)
            text, digests[theme] = picture(app)
        return text, digests


@pytest.mark.parametrize("name", SCREENS)
async def test_screen(name):
    keys, sizes = SCREENS[name]
    parts = []
    for index, (width, height) in enumerate(sizes):
        # Colours do not depend on the size, and a short position's are those of a long one: every theme is looked at once.
        themes = THEMES if index == 0 and not name.startswith("short") else THEMES[:1]
        text, digests = await shown(name, keys, (width, height), themes)
        assert len(set(digests.values())) == len(digests), "two themes draw the same"
        colours = "\n".join(f"{theme} {digest}" for theme, digest in sorted(digests.items()))
        parts.append(f"=== {width}x{height}\n{text}\n--- colours\n{colours}\n")
    made = "\n".join(parts)
    path = FOLDER / f"{name}.txt"
    if os.environ.get("SKIM_WRITE_SCREENS"):
        FOLDER.mkdir(exist_ok=True)
        path.write_text(made, encoding="utf-8")
    kept = path.read_text(encoding="utf-8")
    difference = "\n".join(difflib.unified_diff(kept.splitlines(), made.splitlines(), "kept", "now", lineterm=""))
    assert not difference, f"{path.name} looks different:\n{difference}"


def test_no_picture_is_left_over():
    assert {path.stem for path in FOLDER.glob("*.txt")} == set(SCREENS)
