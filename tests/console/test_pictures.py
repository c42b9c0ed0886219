"""Pictures of the desk screen at the main sizes, for the eye; every other screen is in ``screens/``."""

from __future__ import annotations

import pytest

from skim_tui.console.app import SkimApp

from .scripted import WALL, ScriptedLink, morning, quiet, ticket, until

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
