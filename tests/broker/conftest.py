"""Fixtures of the broker tests."""

from __future__ import annotations

from collections.abc import AsyncGenerator

import pytest

from tests.broker.gateway import Gateway


@pytest.fixture
async def gateway() -> AsyncGenerator[Gateway, None]:
    gateway = Gateway()
    await gateway.start()
    yield gateway
    await gateway.stop()
