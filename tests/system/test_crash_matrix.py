"""A desk killed with SIGKILL at every named point of the order flow (rules S2, S3, S4, S5, S8); 20 seeds: scripts/crash-matrix."""

import os

from skim_tui.crashpoints import POINTS
from skim_tui.selftest.crashes import matrix, summary

SEEDS = int(os.environ.get("SKIM_CRASH_SEEDS", "1"))


async def test_nothing_is_lost_doubled_or_unprotected_wherever_the_desk_is_killed():
    outcomes = await matrix(POINTS, range(100, 100 + SEEDS), at_once=8)
    print(summary(outcomes))
    assert [(outcome.point, outcome.seed, outcome.faults) for outcome in outcomes if outcome.faults] == []
    assert len(POINTS) >= 15 and {outcome.point for outcome in outcomes if outcome.killed} == set(POINTS)
    assert sum(outcome.fills for outcome in outcomes) > 3 * len(POINTS), "the cases traded"
