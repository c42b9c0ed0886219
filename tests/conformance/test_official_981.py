"""Every scenario with the official client 9.81, which is given its own protocol version.

It is called ``ibapi`` as its successor is, so it is installed into a cache of its own; where that cannot be done
its scenarios are skipped and say why.
"""

from __future__ import annotations

import pytest
import pytest_asyncio

from . import suite
from .drivers import Official, installed

COLUMN = suite.table.CLIENTS[2]
OUTCOMES: dict[str, str] = {}
SESSION = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def client():
    try:
        folder = installed("ibapi", "9.81.1.post1")
    except OSError as fault:
        pytest.skip(str(fault))
    client = Official(COLUMN, folder)
    await client.start()
    yield client
    await client.close()


@SESSION
@suite.EVERY
async def test_scenario(scenario, client):
    await suite.run(scenario, client, COLUMN, OUTCOMES)


def test_the_table_says_so(request: pytest.FixtureRequest):
    suite.compare(COLUMN, OUTCOMES, request.config)
