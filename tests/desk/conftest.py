"""Fixtures of the desk's tests."""

import pytest

from skim_tui.domain.orders import Side
from tests.desk.scripted import Script


@pytest.fixture(params=[Side.BUY, Side.SELL], ids=["long", "short"])
def either_side(request, monkeypatch):
    """The test holds for a long position and, with the market upside down, for a short one."""
    monkeypatch.setattr(Script, "side", request.param)
    return request.param
