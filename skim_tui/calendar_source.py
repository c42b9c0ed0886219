"""Trading calendars from exchange_calendars, computed in a process of their own and cached as JSON.

The library brings pandas along: half a second and sixty megabytes that neither desk nor console
should carry. ``python -m skim_tui.calendar_source XASX 2005-01-01 2027-12-31`` prints what is cached.
"""

from __future__ import annotations

import contextlib
import importlib.metadata
import json
import os
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

import platformdirs

from skim_tui.domain.session import TradingCalendar

FIRST = date(2015, 1, 1)


class CalendarError(Exception):
    """The calendar cannot be computed; the message holds the library's last line."""


def calendar(mic: str, *, today: date) -> TradingCalendar:
    """The sessions of exchange ``mic`` from 2015 to the end of the year after ``today``."""
    last = date(today.year + 1, 12, 31)
    version = importlib.metadata.version("exchange_calendars")
    folder = Path(os.environ.get("SKIM_CACHE_DIR") or platformdirs.user_cache_dir("skim", appauthor=False))
    path = folder / f"calendar-{mic}-{last.year}-{version}.json"
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
        return _parse(mic, json.loads(path.read_text()))
    done = subprocess.run(
        [sys.executable, "-m", "skim_tui.calendar_source", mic, FIRST.isoformat(), last.isoformat()],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise CalendarError(f"calendar of {mic}: {(done.stderr.strip().splitlines() or ['no answer'])[-1]}")
    with contextlib.suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
        fresh = path.with_suffix(f".{os.getpid()}")
        fresh.write_text(done.stdout)
        fresh.replace(path)
    return _parse(mic, json.loads(done.stdout))


def compute(mic: str, first: date, last: date) -> dict[str, list[str]]:
    """Sessions and half days, asked of the library."""
    import exchange_calendars

    known = exchange_calendars.get_calendar(mic, start=first.isoformat(), end=last.isoformat())
    return {
        "sessions": [day.date().isoformat() for day in known.sessions],
        "half_days": [day.date().isoformat() for day in known.early_closes],
    }


def _parse(mic: str, facts: Any) -> TradingCalendar:
    return TradingCalendar(
        mic,
        [date.fromisoformat(day) for day in facts["sessions"]],
        [date.fromisoformat(day) for day in facts["half_days"]],
    )


if __name__ == "__main__":
    print(json.dumps(compute(sys.argv[1], date.fromisoformat(sys.argv[2]), date.fromisoformat(sys.argv[3]))))
