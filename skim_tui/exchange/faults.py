"""Faults: everything a gateway, its data farms or the market can do to a client, from a file or a test.

A fault begins at an exchange time, some seconds after the start, or at the Nth message or order. It ends
when its seconds are over or when it has hit as often as it may. What each kind does is told in `KINDS`.
"""

from __future__ import annotations

import asyncio
import tomllib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from pathlib import Path
from typing import Any

from skim_tui.domain.session import ExchangeDay

KINDS = {
    # the connection
    "drop": "closes the connection",
    "half_open": "keeps the socket but neither reads nor writes for its seconds, then resets it",
    "slow": "takes `delay` real seconds to read each message",
    "truncate": "cuts the next frame in half and closes",
    "garbage": "sends a frame that is no message and goes on",
    "unknown_message": "sends a message with an id no client knows",
    "restart": "closes every connection and refuses new ones for its seconds, as the daily restart does; orders that "
    "arrive in the second before it vanish and their ids are given out again",
    # what the gateway says
    "notice": "sends the error `code` with `text` for no request",
    "connectivity": "1100; no ticks, orders held back; after its seconds 1102, or 1101 and lost subscriptions with "
    "`data_lost`",
    "farm": "2103, no ticks, and 2104 after its seconds",
    "competing": "10197 for every line and no ticks: another session of the same user takes the data",
    "pacing": "answers the next historical requests with a pacing violation (162)",
    # order reports
    "vanish": "the next orders are never answered nor known: their ids are given out again",
    "reject": "refuses the next matching orders with `code` and `text`",
    "cancel": "the broker cancels the matching live orders by itself",
    "inform": "sends the error `code` with `text` for the next orders that are live: they stay live",
    "no_status": "sends no order status",
    "late_status": "holds each order status back for `delay` seconds",
    "reorder": "sends the messages of one event in reverse: status before execution, fees first",
    "duplicate_executions": "tells each execution twice",
    "lost_commission": "loses the commission reports",
    "no_execution_end": "never ends an answer to an executions request",
    "stall": "the next fills stop after a part: the rest waits until the fault ends",
    # the market
    "silent": "subscriptions are accepted but no tick arrives",
    "halt": "trading halts, and resumes after its seconds",
    "stale": "quotes stop changing while trading goes on",
    "crossed": "the bid stands above the offer",
    "locked": "bid and offer are equal",
    "zero": "quotes of nothing: price and size zero",
}
INSTANT = frozenset({"drop", "truncate", "garbage", "unknown_message", "notice", "cancel"})
"""Kinds that happen at once and need no duration."""


class FaultError(ValueError):
    """A fault file that cannot be used: the message names the file, the fault and the field."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that goes wrong. Without a trigger it begins at once."""

    kind: str
    at: str = ""
    """Exchange-local time of the first day, HH:MM or HH:MM:SS."""
    after: float = 0.0
    """Exchange seconds after the exchange started."""
    message: int = 0
    """When this many messages have been sent to a client."""
    order: int = 0
    """When this many orders have arrived from a client, that one included."""
    seconds: float = 0.0
    """Exchange seconds that it lasts; 0: until its count is used up, or to the end."""
    count: int = 0
    """Hits after which it is over; 0: any number."""
    client: int = -1
    """Only this client id; -1: every client."""
    symbol: str = ""
    """Only this symbol; empty: every one."""
    type: str = ""
    """Only orders of this type, such as STP; empty: every type."""
    code: int = 0
    text: str = ""
    delay: float = 0.0
    """Seconds, for kinds that delay."""
    share: float = 0.5
    """Part of an order's quantity that still fills before it stalls."""
    data_lost: bool = False

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise FaultError(f"kind {self.kind!r} is unknown; one of {', '.join(sorted(KINDS))}")
        if sum(1 for trigger in (self.at, self.after, self.message, self.order) if trigger) > 1:
            raise FaultError(f"{self.kind}: only one of at, after, message and order can say when")
        if self.at:
            _clock_time(self.at)
        for name in ("after", "message", "order", "seconds", "count", "delay"):
            if getattr(self, name) < 0:
                raise FaultError(f"{self.kind}: {name} = {getattr(self, name)} is negative")
        if not 0.0 <= self.share <= 1.0:
            raise FaultError(f"{self.kind}: share = {self.share} is not between 0 and 1")
        if self.kind in ("notice", "inform") and not self.code:
            raise FaultError(f"{self.kind}: code is missing")
        if self.kind in ("restart", "half_open", "connectivity", "farm", "halt") and not self.seconds:
            raise FaultError(f"{self.kind}: seconds is missing")

    def concerns(self, client: int = -1, symbol: str = "", type: str = "") -> bool:
        """Whether it is about this client, symbol and order type (unknown ones left out)."""
        return (
            self.client in (-1, client)
            and (not self.symbol or self.symbol == symbol)
            and (not self.type or self.type == type)
        )


def read_faults(path: Path) -> tuple[Fault, ...]:
    """The faults of a TOML file of ``[[fault]]`` tables. Raises :class:`FaultError`."""
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise FaultError(f"{path}: {error}") from None
    rows = document.pop("fault", None)
    if document or not isinstance(rows, list):
        raise FaultError(f"{path}: only [[fault]] tables are expected, found {', '.join(document) or 'none'}")
    found: list[Fault] = []
    for number, row in enumerate(rows, 1):
        try:
            found.append(parse_fault(row))
        except FaultError as error:
            raise FaultError(f"{path}: fault {number}: {error}") from None
    return tuple(found)


def parse_fault(row: Any) -> Fault:
    """One table of a fault file. Raises :class:`FaultError`."""
    if not isinstance(row, dict):
        raise FaultError("not a table")
    known = {field.name: field.type for field in fields(Fault)}
    given: dict[str, Any] = {}
    for name, value in row.items():
        expected = known.get(str(name))
        if expected is None:
            raise FaultError(f"{name} is not a field; one of {', '.join(known)}")
        if expected == "float" and isinstance(value, int) and not isinstance(value, bool):
            value = float(value)
        if type(value).__name__ != expected:
            raise FaultError(f"{name} = {value!r} is not a {expected}")
        given[str(name)] = value
    if "kind" not in given:
        raise FaultError("kind is missing")
    return Fault(**given)


@dataclass(slots=True)
class Active:
    """A fault that is happening."""

    fault: Fault
    until: float
    """Exchange time at which it ends; infinite when only its count ends it."""
    hits: int = 0

    @property
    def is_spent(self) -> bool:
        return 0 < self.fault.count <= self.hits


class Faults:
    """The faults of one exchange: those to come and those that are happening."""

    def __init__(self, plan: Sequence[Fault] = (), *, now: Callable[[], float], day: Callable[[], ExchangeDay]) -> None:
        self._now = now
        self._started = now()
        self._coming: list[tuple[float, Fault]] = []
        self._counted: list[Fault] = []
        self.active: list[Active] = []
        self.told: dict[str, int] = {}
        """How often each kind has begun."""
        self._on_start: list[Callable[[Fault], None]] = []
        self._on_end: list[Callable[[Fault], None]] = []
        for fault in plan:
            if fault.message or fault.order:
                self._counted.append(fault)
            else:
                when = _time_on(day(), fault.at) if fault.at else self._started + fault.after
                self._coming.append((when, fault))
        self._coming.sort(key=lambda item: item[0])

    def watch(self, on_start: Callable[[Fault], None], on_end: Callable[[Fault], None]) -> None:
        """Be told of every beginning and end."""
        self._on_start.append(on_start)
        self._on_end.append(on_end)

    def start(self, fault: Fault) -> None:
        """Let ``fault`` begin now, whatever its trigger says."""
        self.told[fault.kind] = self.told.get(fault.kind, 0) + 1
        if fault.kind not in INSTANT:
            until = self._now() + fault.seconds if fault.seconds else float("inf")
            self.active.append(Active(fault, until))
        for tell in self._on_start:
            tell(fault)

    def end_all(self) -> None:
        """Everything works again; nothing more is to come."""
        self._coming.clear()
        self._counted.clear()
        for item in tuple(self.active):
            self._end(item)

    def is_on(self, kind: str, *, client: int = -1, symbol: str = "", type: str = "") -> bool:
        """Whether a fault of ``kind`` is happening to this; counts as no hit."""
        return any(item.fault.kind == kind and item.fault.concerns(client, symbol, type) for item in self.active)

    def hit(self, kind: str, *, client: int = -1, symbol: str = "", type: str = "") -> Fault | None:
        """The fault of ``kind`` that happens to this, counted; None when there is none."""
        for item in self.active:
            if item.fault.kind == kind and item.fault.concerns(client, symbol, type):
                item.hits += 1
                if item.is_spent:
                    self._end(item)
                return item.fault
        return None

    def counted(self, *, client: int, messages: int = 0, orders: int = 0) -> None:
        """A client has now been sent ``messages``, or has sent ``orders``: begin what waits for that."""
        if not self._counted:
            return
        due = [
            fault
            for fault in self._counted
            if fault.client in (-1, client)
            and ((fault.message and fault.message == messages) or (fault.order and fault.order == orders))
        ]
        for fault in due:
            self._counted.remove(fault)
            self.start(fault)

    def due(self) -> None:
        """Begin and end what the exchange's time calls for."""
        now = self._now()
        while self._coming and self._coming[0][0] <= now:
            self.start(self._coming.pop(0)[1])
        for item in [item for item in self.active if item.until <= now]:
            self._end(item)

    async def run(self) -> None:
        """Follow the clock until cancelled."""
        while True:
            self.due()
            await asyncio.sleep(0.01)

    def _end(self, item: Active) -> None:
        if item in self.active:
            self.active.remove(item)
            for tell in self._on_end:
                tell(item.fault)


def _clock_time(text: str) -> tuple[int, int, int]:
    for form in ("%H:%M", "%H:%M:%S"):
        try:
            moment = datetime.strptime(text, form)
        except ValueError:
            continue
        return moment.hour, moment.minute, moment.second
    raise FaultError(f"at = {text!r} is no time HH:MM or HH:MM:SS")


def _time_on(day: ExchangeDay, text: str) -> float:
    hour, minute, second = _clock_time(text)
    return day.local(day.open).replace(hour=hour, minute=minute, second=second, microsecond=0).timestamp()
