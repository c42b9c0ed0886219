"""Fixtures of the broker tests."""

from __future__ import annotations

from collections.abc import AsyncGenerator

import pytest

from .gateway import Gateway


@pytest.fixture
async def gateway() -> AsyncGenerator[Gateway, None]:
    gateway = Gateway()
    await gateway.start()
    yield gateway
    await gateway.stop()


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Local waiting times that protect a real broker and only slow tests down."""
    monkeypatch.setattr("skim_tui.broker.tws.heartbeat.FIRST_SAMPLES", (0.0, 0.02, 0.02))
    monkeypatch.setattr("skim_tui.broker.tws.adapter.RESYNC_PAUSE", 0.05)
    monkeypatch.setattr("skim_tui.broker.tws.watch.RESTART", 0.1)
    monkeypatch.setattr("skim_tui.broker.tws.market.SCAN_RESTART", 0.1)
    monkeypatch.setattr("skim_tui.broker.tws.market.RETRIES", (0.05, 0.05))
    monkeypatch.setattr("skim_tui.broker.tws.market.TICK", 0.05)
