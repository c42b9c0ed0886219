"""Between a client's session and its socket: where the faults of the line and of the reports happen."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from skim_tui.exchange.core import ExchangeApi
from skim_tui.exchange.faults import Fault, Faults
from skim_tui.exchange.tws.outbox import Outbox
from skim_tui.exchange.tws.wire import split_frames, write_frame

ORDER_STATUS, ERROR, OPEN_ORDER, EXECUTION, COMMISSION, EXECUTION_END = 3, 4, 5, 11, 59, 55
REPORTS = frozenset({ORDER_STATUS, OPEN_ORDER, EXECUTION, COMMISSION})
TICKS = {1: 2, 2: 2, 45: 2, 46: 2, 50: 2, 90: 1, 99: 1, 84: 1}
"""Market data messages: where their request id stands."""


@dataclass(frozen=True, slots=True)
class Subscription:
    """A request that starts ticks: where its id and its contract's id stand, and what cancels it."""

    request: int
    contract: int
    cancel: tuple[str, ...]


SUBSCRIPTIONS = {
    "1": Subscription(2, 3, ("2", "1")),
    "20": Subscription(1, 2, ("25", "1")),
    "50": Subscription(2, 3, ("51", "1")),
    "97": Subscription(1, 2, ("98",)),
}
PLACE_ORDER, CANCEL_ORDER, HISTORY, GLOBAL_CANCEL = "3", "4", "20", "58"
LOST = "Connectivity between IBKR and Trader Workstation has been lost."
RESTORED = "Connectivity between IBKR and Trader Workstation has been restored"
COMPETING = "No market data during competing live session"


class Tamper(Outbox):
    """An outbox that loses, delays, repeats and reorders as the exchange's faults say."""

    def __init__(self, writer: asyncio.StreamWriter, exchange: ExchangeApi, faults: Faults, client: int) -> None:
        super().__init__(writer)
        self._exchange = exchange
        self._faults = faults
        self._client = client
        self._sent = 0
        self._orders = 0
        self._symbols: dict[int, str] = {}
        self._cancels: dict[int, list[str]] = {}
        self._held_requests: list[Sequence[str]] = []
        self._held_reports: list[Sequence[object]] = []
        self._event: list[Sequence[object]] = []
        self._informed: set[object] = set()
        self._cut = False
        self.handle: Callable[[Sequence[str]], None] = lambda fields: None
        """Hands a request to the session; set when the session exists."""

    # ---- from the client ------------------------------------------------------------------------

    async def admit(self, fields: Sequence[str]) -> bool:
        """Whether the session may see this request now."""
        faults, me = self._faults, self._client
        slow = faults.hit("slow", client=me)
        if slow is not None:
            await asyncio.sleep(slow.delay)
        while faults.is_on("half_open", client=me):
            await asyncio.sleep(0.05)
        kind = fields[0] if fields else ""
        if kind == PLACE_ORDER:
            self._orders += 1
            faults.counted(client=me, orders=self._orders)
            if faults.hit("vanish", client=me, symbol=self._named(fields, 2), type=_order_type(fields)):
                return False
        if kind == HISTORY and faults.hit("pacing", client=me, symbol=self._named(fields, 2)):
            text = "Historical Market Data Service error message:API historical data query cancelled: pacing violation"
            self.send([ERROR, 2, fields[1], 162, text, ""])
            return False
        if kind in (PLACE_ORDER, CANCEL_ORDER, GLOBAL_CANCEL) and faults.is_on("connectivity", client=me):
            self._held_requests.append(fields)
            return False
        self._note_subscription(fields)
        return True

    def _note_subscription(self, fields: Sequence[str]) -> None:
        known = SUBSCRIPTIONS.get(fields[0]) if fields else None
        if known is None or len(fields) <= known.contract + 1 or not fields[known.request].isdecimal():
            return
        request, symbol = int(fields[known.request]), self._named(fields, known.contract)
        self._symbols[request] = symbol
        self._cancels[request] = [*known.cancel, str(request)]
        if self._faults.is_on("competing", client=self._client, symbol=symbol):
            asyncio.get_running_loop().call_soon(self.send, [ERROR, 2, request, 10197, COMPETING, ""])

    def _named(self, fields: Sequence[str], place: int) -> str:
        """The symbol of the contract whose id stands at ``place``."""
        if len(fields) <= place + 1:
            return ""
        con_id = fields[place]
        return fields[place + 1] or (self._exchange.symbol_of(int(con_id)) if con_id.isdecimal() else "")

    # ---- to the client --------------------------------------------------------------------------

    def frames(self, request_id: int, kind: int, frames: bytes) -> None:
        if self._cut or self._is_quiet(self._symbols.get(request_id, "")):
            return
        for frame in split_frames(frames):
            if not self._cut:
                super().frames(request_id, kind, frame)
                self._count()

    def send(self, fields: Sequence[object]) -> None:
        kind = fields[0]
        faults, me = self._faults, self._client
        if faults.is_on("half_open", client=me) or self._cut or self._is_silent(fields):
            return
        if kind in REPORTS and faults.is_on("connectivity", client=me):
            self._held_reports.append(fields)
            return
        if kind == EXECUTION_END and faults.hit("no_execution_end", client=me):
            return
        if kind == COMMISSION and faults.hit("lost_commission", client=me):
            return
        if kind == ORDER_STATUS:
            if faults.hit("no_status", client=me):
                return
            late = faults.hit("late_status", client=me)
            if late is not None:
                asyncio.get_running_loop().call_later(late.delay, self._write, fields)
                return
        if kind in REPORTS and faults.is_on("reorder", client=me):
            if not self._event:
                asyncio.get_running_loop().call_soon(self._send_reversed)
            self._event.append(fields)
            return
        self._write(fields)
        if kind == EXECUTION and fields[1] == -1 and faults.hit("duplicate_executions", client=me):
            self._write(fields)
        if kind == ORDER_STATUS and str(fields[2]) in ("PreSubmitted", "Submitted") and fields[1] not in self._informed:
            told = faults.hit("inform", client=me)
            if told is not None:
                self._informed.add(fields[1])
                self._write([ERROR, 2, fields[1], told.code, told.text, ""])

    def _write(self, fields: Sequence[object]) -> None:
        super().send(fields)
        self._count()

    def _count(self) -> None:
        self._sent += 1
        self._faults.counted(client=self._client, messages=self._sent)

    def _send_reversed(self) -> None:
        event, self._event = self._event, []
        self._faults.hit("reorder", client=self._client)
        for fields in reversed(event):
            self._write(fields)

    def _is_silent(self, fields: Sequence[object]) -> bool:
        place = TICKS.get(fields[0]) if isinstance(fields[0], int) else None
        if place is None:
            return False
        request = fields[place]
        return self._is_quiet(self._symbols.get(request, "") if isinstance(request, int) else "")

    def _is_quiet(self, symbol: str) -> bool:
        """Whether no tick of ``symbol`` arrives now."""
        faults, me = self._faults, self._client
        return any(
            faults.is_on(kind, client=me, symbol=symbol)
            for kind in ("silent", "connectivity", "farm", "competing", "half_open")
        )

    # ---- what happens at once -------------------------------------------------------------------

    def on_start(self, fault: Fault) -> None:
        """A fault begins that concerns this client."""
        if fault.kind == "drop":
            self.hang_up()
        elif fault.kind == "truncate":
            frame = write_frame([ERROR, 2, -1, 2104, "Market data farm connection is OK:usfarm", ""])
            self._writer.write(frame[: len(frame) // 2])
            self._cut = True
            self._writer.close()
        elif fault.kind == "garbage":
            self._writer.write(struct.pack(">I", 9) + b"\xff\xfe\x00no\x00way")
        elif fault.kind == "unknown_message":
            self.send([999, 1, "?"])
        elif fault.kind == "notice":
            self.send([ERROR, 2, -1, fault.code, fault.text, ""])
        elif fault.kind == "connectivity":
            for _ in range(2):
                self.send([ERROR, 2, -1, 1100, LOST, ""])
        elif fault.kind == "farm":
            self.send([ERROR, 2, -1, 2103, "Market data farm connection is broken:asxfarm", ""])
        elif fault.kind == "competing":
            for request, symbol in self._symbols.items():
                if fault.concerns(self._client, symbol):
                    self.send([ERROR, 2, request, 10197, COMPETING, ""])

    def on_end(self, fault: Fault) -> None:
        """A fault that concerned this client is over."""
        if fault.kind == "half_open":
            self._writer.transport.abort()
        elif fault.kind == "farm":
            self.send([ERROR, 2, -1, 2104, "Market data farm connection is OK:asxfarm", ""])
        elif fault.kind == "connectivity":
            self._restore(fault)

    def _restore(self, fault: Fault) -> None:
        if fault.data_lost:
            for cancel in self._cancels.values():
                self.handle(cancel)
            self._cancels.clear()
            self.send([ERROR, 2, -1, 1101, f"{RESTORED} - data lost.", ""])
        else:
            farms = "All data farms are connected: asxfarm; ushmds; secdefhk."
            self.send([ERROR, 2, -1, 1102, f"{RESTORED} - data maintained. {farms}", ""])
        reports, self._held_reports = self._held_reports, []
        requests, self._held_requests = self._held_requests, []
        for report in reports:
            self.send(report)
        for request in requests:
            self.handle(request)

    def hang_up(self) -> None:
        """Close, with nothing after."""
        self._cut = True
        self.flush()
        self._writer.close()


def _order_type(fields: Sequence[str]) -> str:
    """The order type of a placeOrder request."""
    return fields[18] if len(fields) > 18 else ""
