"""Days with faults of every kind, every safety rule judged from the exchange's side; whole days: scripts/chaos-days."""

import os

from skim_tui.selftest.chaos import chaos_days, summary

SEEDS = int(os.environ.get("SKIM_CHAOS_SEEDS", "2"))


async def test_no_fault_of_the_exchange_breaks_a_safety_rule():
    seeds = range(1, 1 + 2 * SEEDS, 2)  # the days with a break every few minutes
    days = await chaos_days(seeds, minutes=26, speed=120.0, count=30, at_once=2)
    print(summary(days))
    assert [(day.seed, day.violations) for day in days if day.violations] == []
    assert sum(day.injected for day in days) >= 20 * len(days), "the faults came"
    assert sum(day.fills for day in days) > 0 and all(day.connections >= 1 for day in days), "the desk traded"
