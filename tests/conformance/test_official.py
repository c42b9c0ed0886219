"""Every scenario with the official client of today."""

from __future__ import annotations

import pytest
import pytest_asyncio

from . import suite
from .drivers import Official

COLUMN = suite.table.CLIENTS[1]
OUTCOMES: dict[str, str] = {}
SESSION = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def client():
    client = Official(COLUMN, None)
    await client.start()
    yield client
    await client.close()


@SESSION
@suite.EVERY
async def test_scenario(scenario, client):
    await suite.run(scenario, client, COLUMN, OUTCOMES)


def test_the_table_says_so(request: pytest.FixtureRequest):
    suite.compare(COLUMN, OUTCOMES, request.config)
