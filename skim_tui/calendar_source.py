"""Trading calendars from exchange_calendars, computed in a process of their own and cached as JSON.

The library brings pandas along: half a second and sixty megabytes that neither desk nor console
should carry. ``python -m skim_tui.calendar_source XASX 2005-01-01 2027-12-31`` prints what is cached.
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib.metadata
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import platformdirs

from skim_tui.domain.session import TradingCalendar

FIRST = date(2005, 1, 1)


class CalendarError(Exception):
    """The calendar cannot be computed; the message holds the library's last line."""


def calendar(mic: str, first: date | None = None, last: date | None = None, *, today: date) -> TradingCalendar:
    """The sessions of exchange ``mic``, by default from 2005 to the end of the year after ``today``.

    Raises :class:`CalendarError`.
    """
    wanted = _Wanted(mic, first or FIRST, last or date(today.year + 1, 12, 31))
    known = wanted.cached()
    if known is not None:
        return known
    done = subprocess.run(wanted.command, stdin=subprocess.DEVNULL, capture_output=True, check=False)
    return wanted.take(done.returncode, done.stdout, done.stderr)


async def load_calendar(
    mic: str, first: date | None = None, last: date | None = None, *, today: date
) -> TradingCalendar:
    """As :func:`calendar`, while the event loop goes on."""
    wanted = _Wanted(mic, first or FIRST, last or date(today.year + 1, 12, 31))
    known = wanted.cached()
    if known is not None:
        return known
    pipe = asyncio.subprocess.PIPE
    child = await asyncio.create_subprocess_exec(
        *wanted.command, stdin=asyncio.subprocess.DEVNULL, stdout=pipe, stderr=pipe
    )
    try:
        out, said = await child.communicate()
    except asyncio.CancelledError:
        with contextlib.suppress(ProcessLookupError):
            child.kill()
        await child.wait()
        raise
    return wanted.take(child.returncode or 0, out, said)


def compute(mic: str, first: date, last: date) -> dict[str, list[str]]:
    """Sessions and half days, asked of the library."""
    import exchange_calendars

    known = exchange_calendars.get_calendar(mic, start=first.isoformat(), end=last.isoformat())
    return {
        "sessions": [day.date().isoformat() for day in known.sessions],
        "half_days": [day.date().isoformat() for day in known.early_closes],
    }


@dataclass(frozen=True, slots=True)
class _Wanted:
    """One calendar: how it is computed, and where it is kept."""

    mic: str
    first: date
    last: date

    @property
    def command(self) -> list[str]:
        return [sys.executable, "-m", "skim_tui.calendar_source", self.mic, str(self.first), str(self.last)]

    @property
    def path(self) -> Path:
        """Named by the library's version too: a release corrects holidays."""
        folder = os.environ.get("SKIM_CACHE_DIR") or platformdirs.user_cache_dir("skim", appauthor=False)
        version = importlib.metadata.version("exchange_calendars")
        return Path(folder) / f"calendar-{self.mic}-{self.first}-{self.last}-{version}.json"

    def cached(self) -> TradingCalendar | None:
        """What was kept; None when there is nothing usable, which is then computed anew."""
        with contextlib.suppress(OSError, ValueError, LookupError, TypeError, AttributeError):
            return self._parse(json.loads(self.path.read_bytes()))
        return None

    def take(self, code: int, out: bytes, said: bytes) -> TradingCalendar:
        """The computed calendar, kept for the next time if the cache can be written."""
        if code:
            lines = said.decode(errors="replace").strip().splitlines() or [f"ended with {code}"]
            raise CalendarError(f"calendar of {self.mic}: {lines[-1]}")
        try:
            known = self._parse(json.loads(out))
        except (ValueError, LookupError, TypeError, AttributeError) as error:
            raise CalendarError(f"calendar of {self.mic}: unusable answer: {error}") from None
        with contextlib.suppress(OSError):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            fresh = self.path.with_suffix(f".{os.getpid()}")
            fresh.write_bytes(out)
            fresh.replace(self.path)
        return known

    def _parse(self, facts: Any) -> TradingCalendar:
        return TradingCalendar(
            self.mic,
            [date.fromisoformat(day) for day in facts["sessions"]],
            [date.fromisoformat(day) for day in facts["half_days"]],
        )


if __name__ == "__main__":
    print(json.dumps(compute(sys.argv[1], date.fromisoformat(sys.argv[2]), date.fromisoformat(sys.argv[3]))))
