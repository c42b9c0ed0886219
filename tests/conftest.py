"""What all tests share: calendars without the network, and the recorded tapes where they exist."""

import os
import tempfile
from datetime import date
from functools import cache
from pathlib import Path

import pytest
from hypothesis import settings

ROOT = Path(__file__).resolve().parent.parent
TAPES = Path(os.environ.get("SKIM_TAPES", ROOT.parent / "shared" / "tapes"))
os.environ.setdefault("SKIM_CACHE_DIR", str(Path(tempfile.gettempdir()) / f"skim-test-cache-{os.getuid()}"))

settings.register_profile("skim", deadline=None)
"""How long an example takes on a busy machine says nothing about it."""
settings.load_profile("skim")


@cache
def calendar_of(mic):
    from skim_tui.calendar_source import calendar

    return calendar(mic, today=date(2026, 6, 1))


@pytest.fixture(scope="session")
def asx_calendar():
    return calendar_of("XASX")


@pytest.fixture(scope="session")
def us_calendar():
    return calendar_of("XNYS")
