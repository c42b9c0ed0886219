"""Every scenario with ib_async."""

from __future__ import annotations

import pytest

from . import suite
from .drivers import IbAsync

COLUMN = suite.table.CLIENTS[0]
OUTCOMES: dict[str, str] = {}


@suite.EVERY
async def test_scenario(scenario):
    await suite.run(scenario, IbAsync(), COLUMN, OUTCOMES)


def test_the_table_says_so(request: pytest.FixtureRequest):
    suite.compare(COLUMN, OUTCOMES, request.config)
