"""What reading an announcement list can give: the list, or one of three different failures."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from skim_tui.domain.market import Announcement

SYDNEY = ZoneInfo("Australia/Sydney")

CODE = re.compile(r"[A-Z0-9]{3,6}")
"""An ASX code: three to six capitals or digits, e.g. ``8IH``."""


class ListError(Exception):
    """A list that gives no announcements although it should; the message names the place and the cause."""


class LayoutChanged(ListError):
    """The answer is not built as the lists are: nothing of it is trusted."""


class SourceRefused(ListError):
    """The answer is a block or challenge page, or a refusal: ask no more."""


@dataclass(frozen=True, slots=True)
class Listing:
    """One list as published. No rows means that nothing was released yet, never that reading failed."""

    rows: tuple[Announcement, ...]
    """As the source orders them, newest first."""
    published_on: date | None = None
    """The day the list says it is of: early in the morning that is still the previous session."""
    problems: tuple[str, ...] = ()
    """Rows that could not be read, each with its place and the reason."""


def checked(rows: list[Announcement], problems: list[str], place: str, published_on: date | None = None) -> Listing:
    """The list, if enough of it could be read.

    One odd row in a day of hundreds is told and left out. More than one in ten (and more than two) means
    that the layout changed: raises :class:`LayoutChanged`.
    """
    total = len(rows) + len(problems)
    if problems and (not rows or len(problems) > max(2, total // 10)):
        raise LayoutChanged(f"{place}: {len(problems)} of {total} rows cannot be read, first {problems[0]}")
    return Listing(tuple(rows), published_on, tuple(problems))


def sydney_time(day: str, clock: str) -> float:
    """``22/09/2026`` and ``2:33 pm`` of Sydney as UTC epoch seconds. Raises :class:`ValueError`.

    The hour that the clocks show twice in April is taken as the first of the two.
    """
    text = " ".join(f"{day} {clock}".split()).upper()
    moment = datetime.strptime(text, "%d/%m/%Y %I:%M %p").replace(tzinfo=SYDNEY)
    return moment.timestamp()
