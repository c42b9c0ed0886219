"""What the test files of all clients share: run every scenario, then hold the committed table to it."""

from __future__ import annotations

import pytest

from . import table
from .drivers import Driver, Unoffered
from .scenario import SCENARIOS, Scenario, play

EVERY = pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)


async def run(scenario: Scenario, client: Driver, column: str, outcomes: dict[str, str]) -> None:
    """One scenario; its outcome is kept. A request that the client lacks is an outcome, not a failure."""
    outcomes[scenario.name] = table.FAILS
    try:
        await play(scenario, client)
    except Unoffered as lack:
        assert str(lack) in scenario.skips, f"{column} lacks {lack}, which the scenario does not name"
        outcomes[scenario.name] = table.LACKS
    else:
        outcomes[scenario.name] = table.PASSES


def compare(column: str, outcomes: dict[str, str], config: pytest.Config) -> None:
    """The committed column is what was just found."""
    if len(outcomes) < len(SCENARIOS):
        pytest.skip(f"only {len(outcomes)} of {len(SCENARIOS)} scenarios ran")
    if config.getoption("--write-table", default=False):
        table.write(column, outcomes)
    assert table.read()[column] == outcomes, "docs/CONFORMANCE.md is old: run with -n 0 --write-table"
