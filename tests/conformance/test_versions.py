"""Every protocol version from the oldest to the newest is laid out as its clients read it."""

from __future__ import annotations

import pytest

from . import scenarios  # noqa: F401  (enters them in the list)
from .drivers import IbAsync
from .scenario import SCENARIOS, play

SHOWN = ("completed orders", "executions by filter", "open orders", "what if", "contract details", "matching symbols")


class Speaking(IbAsync):
    """ib_async that offers nothing newer than one version."""

    def __init__(self, version: int) -> None:
        super().__init__()
        self.version = version

    def prepare(self) -> None:
        self.ib.client.MaxClientVersion = self.version


@pytest.mark.parametrize("version", range(157, 179))
async def test_orders_executions_and_contracts(version):
    shown = [scenario for scenario in SCENARIOS if scenario.name in SHOWN]
    assert len(shown) == len(SHOWN)
    for scenario in shown:
        client = Speaking(version)
        await play(scenario, client)
        assert client.agreed == version
