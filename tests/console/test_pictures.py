"""Pictures of the screen at the main sizes, on data and clocks that stand still."""

from __future__ import annotations

import pytest

from skim_tui.console.app import SkimApp

from .scripted import WALL, ScriptedLink, header, morning, quiet, ticket, until

SIZES = [(80, 24), (120, 40), (200, 60)]


class Clock:
    now = 100.0


def console(first, theme="skim-dark"):
    clock = Clock()
    app = SkimApp(ScriptedLink(first), theme=theme, wall=lambda: WALL, monotonic=lambda: clock.now, fps=30)
    return app, clock


async def settled(pilot, clock):
    await until(pilot, lambda: pilot.app.store.loaded)
    await quiet(pilot)
    clock.now += 2
    pilot.app.mark({"card"})
    await quiet(pilot)


@pytest.mark.parametrize("size", SIZES)
def test_a_ticket_waits(snap_compare, size):
    app, clock = console(morning(tickets=(ticket(),)))
    assert snap_compare(app, terminal_size=size, run_before=lambda pilot: settled(pilot, clock))


@pytest.mark.parametrize("size", SIZES[:2])
def test_auto_and_mismatch(snap_compare, size):
    head = header(auto=True, mismatches=("BHP: broker holds 220, journal 120",))
    app, clock = console(morning(head=head))
    assert snap_compare(app, terminal_size=size, run_before=lambda pilot: settled(pilot, clock))


@pytest.mark.parametrize("theme", ["skim-light", "skim-contrast", "skim-colourblind", "skim-ansi"])
def test_themes(snap_compare, theme):
    app, clock = console(morning(tickets=(ticket(),)), theme)
    assert snap_compare(app, terminal_size=(120, 40), run_before=lambda pilot: settled(pilot, clock))
