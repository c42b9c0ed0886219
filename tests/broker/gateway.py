"""A scripted gateway on a real socket: it records every message in the order of its bytes and answers what
the test tells it to. It decides nothing by itself but the handshake and the ends of empty lists."""

from __future__ import annotations

import asyncio
import struct
import time
from collections.abc import Callable
from dataclasses import dataclass, field

ACCOUNT = "DU1234567"
UNSET = "1.7976931348623157E308"

Handler = Callable[[list[str]], None]


@dataclass
class SentOrder:
    """The fields of a placeOrder message that the tests look at."""

    order_id: int
    symbol: str
    exchange: str
    primary: str
    currency: str
    side: str
    quantity: int
    type: str
    limit: str
    stop: str
    tif: str
    oca_group: str
    account: str
    ref: str
    transmit: bool
    parent_id: int
    outside_rth: str
    con_id: str

    @classmethod
    def parse(cls, fields: list[str]) -> SentOrder:
        return cls(
            order_id=int(fields[1]), con_id=fields[2], symbol=fields[3], exchange=fields[9], primary=fields[10],
            currency=fields[11], side=fields[16], quantity=int(float(fields[17])), type=fields[18], limit=fields[19],
            stop=fields[20], tif=fields[21], oca_group=fields[22], account=fields[23], ref=fields[26],
            transmit=fields[27] == "1", parent_id=int(fields[28]), outside_rth=fields[33],
        )  # fmt: skip


@dataclass
class Gateway:
    """``replies`` maps a message id to what is done with it; a test may replace any of them."""

    accounts: str = ACCOUNT
    next_id: int = 1
    time: Callable[[], float] = time.time
    net_liquidation: str = "100000.00"
    account_type: str = "INDIVIDUAL"
    seen: list[list[str]] = field(default_factory=list[list[str]])
    connections: int = 0
    refuse: tuple[int, str] | None = None
    greeting: str = "20261120 09:30:00 AEDT"
    before_accounts: list[list[str]] = field(default_factory=list[list[str]])
    """Messages that a gateway sends of its own accord as soon as a client has named itself."""
    client_ids: list[str] = field(default_factory=list[str])
    open_orders: list[list[str]] = field(default_factory=list[list[str]])
    completed: list[list[str]] = field(default_factory=list[list[str]])
    executions: list[list[str]] = field(default_factory=list[list[str]])
    positions: list[list[str]] = field(default_factory=list[list[str]])
    silent: bool = False
    replies: dict[int, Handler] = field(default_factory=dict[int, Handler])
    port: int = 0
    _server: asyncio.Server | None = None
    _writers: list[asyncio.StreamWriter] = field(default_factory=list[asyncio.StreamWriter])
    _arrived: asyncio.Event = field(default_factory=asyncio.Event)

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        self.drop()
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()

    def drop(self) -> None:
        """Cut every connection, as a restart does."""
        for writer in self._writers:
            writer.transport.abort()
        self._writers.clear()

    def send(self, *fields: object) -> None:
        """Send one message to every client."""
        body = b"".join(str(value).encode() + b"\0" for value in fields)
        for writer in self._writers:
            writer.write(struct.pack(">I", len(body)) + body)

    def error(self, req_id: int | str, code: int, text: str) -> None:
        self.send(4, 2, req_id, code, text, "")

    def messages(self, message_id: int) -> list[list[str]]:
        return [fields for fields in self.seen if fields[0] == str(message_id)]

    def orders(self) -> list[SentOrder]:
        return [SentOrder.parse(fields) for fields in self.messages(3)]

    async def until(self, condition: Callable[[], object]) -> None:
        """Wait until what has arrived fulfils ``condition``."""
        async with asyncio.timeout(10):
            while not condition():
                self._arrived.clear()
                await self._arrived.wait()

    # ---- the wire -------------------------------------------------------------------------------

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            await reader.readexactly(4)
            await self._frame(reader)
            body = f"178\0{self.greeting}\0".encode()
            writer.write(struct.pack(">I", len(body)) + body)
            start = await self._frame(reader)
            assert start[0] == "71"
            self.client_ids.append(start[2])
            self._writers.append(writer)
            if self.refuse is not None:
                self.error(-1, *self.refuse)
                await writer.drain()
                writer.close()
                return
            for message in self.before_accounts:
                self.send(*message)
            self.send(15, 1, self.accounts)
            self.send(9, 1, self.next_id)
            while True:
                fields = await self._frame(reader)
                self.seen.append(fields)
                if not self.silent:
                    self._reply(fields)
                self._arrived.set()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            if writer in self._writers:
                self._writers.remove(writer)
            writer.close()

    @staticmethod
    async def _frame(reader: asyncio.StreamReader) -> list[str]:
        (length,) = struct.unpack(">I", await reader.readexactly(4))
        return (await reader.readexactly(length)).decode().rstrip("\0").split("\0")

    def _reply(self, fields: list[str]) -> None:
        message_id = int(fields[0])
        if message_id in self.replies:
            self.replies[message_id](fields)
        elif message_id == 49:
            self.send(49, 1, int(self.time()))
        elif message_id == 61:
            self._list(self.positions, 62, 1)
        elif message_id == 16:
            self._list(self.open_orders, 53, 1)
        elif message_id == 99:
            self._list(self.completed, 102)
        elif message_id == 7:
            for row in self.executions:
                self.send(11, fields[2], *row)
            self.send(55, 1, fields[2])
        elif message_id == 6:
            for tag, value, currency in (
                ("AccountType", self.account_type, ""),
                ("NetLiquidation", self.net_liquidation, "AUD"),
                ("TotalCashValue", "90000.00", "AUD"),
                ("BuyingPower", "400000.00", "AUD"),
            ):
                self.send(6, 2, tag, value, currency, self.accounts.split(",")[0])
            self.send(54, 1, self.accounts.split(",")[0])

    def _list(self, rows: list[list[str]], *end: object) -> None:
        for row in rows:
            self.send(*row)
        self.send(*end)


def open_order(
    order_id: int, ref: str, *, symbol: str = "BHP", side: str = "BUY", quantity: int = 100, kind: str = "LMT",
    limit: str = "0.0", stop: str = "0.0", tif: str = "DAY", client_id: int = 7, perm_id: int = 9001,
    status: str = "Submitted", parent_id: int = 0, oca_group: str = "", currency: str = "AUD",
) -> list[str]:  # fmt: skip
    """An openOrder message at server version 178, 135 fields."""
    head = [
        "5", str(order_id), "4036812", symbol, "STK", "", "0", "?", "", "SMART", currency, symbol, symbol,
        side, str(quantity), kind, limit, stop, tif, oca_group, ACCOUNT, "", "0", ref, str(client_id), str(perm_id),
        "0", "0", "0", "", f"{perm_id}.0/{ACCOUNT}/100", "", "", "", "", "", "", "", "", "0", "", "-1", "0", "", "",
        "", "", "", "2147483647", "0", "0", "0", "", "3", "0", "0", "", str(parent_id), "0", "", "0", "None", "", "0",
        "", "", "", "?", "0", "0", "", "0", "0", "", "", "", "", "", "0", "0", "0", "2147483647", "2147483647", "",
        "", "0", "", "IB", "0", "0", "", "0", "0", status,
    ]  # fmt: skip
    margin = [UNSET] * 9
    tail = [
        "", "", "", "", "", "0", "0", "0", "None", UNSET, "5801.0", UNSET, UNSET, UNSET, UNSET, "0", "", "", "", "0",
        "1", "0", "0", "0", "", "", "0", "", "", "", "", "",
    ]  # fmt: skip
    fields = head + margin + tail
    assert len(fields) == 135
    return fields


def completed_order(
    ref: str, *, symbol: str = "BHP", side: str = "BUY", quantity: int = 100, filled: int = 0, kind: str = "LMT",
    limit: str = "10.0", stop: str = "0.0", perm_id: int = 9001, status: str = "Cancelled", words: str = "Cancelled",
) -> list[str]:  # fmt: skip
    """A completedOrder message at server version 178, 100 fields."""
    fields = [
        "101", "4036812", symbol, "STK", "", "0", "?", "", "SMART", "AUD", symbol, symbol, side, str(quantity), kind,
        limit, stop, "DAY", "", ACCOUNT, "", "0", ref, str(perm_id), "0", "0", "0", "", "", "", "", "", "", "", "", "",
        "0", "", "-1", "", "", "", "", "", "2147483647", "0", "0", "", "3", "0", "", "0", "None", "", "0", "0", "0",
        "", "0", "0", "", "", "", "0", "0", "0", "2147483647", "2147483647", "", "", "", "IB", "0", "0", "", "0",
        status, "0", "0", "0", "5801.0", UNSET, "0", "1", "0", "", str(filled), "2147483647", "0", "", "0", "0",
        "9223372036854775807", "20261120 10:34:46 Australia/Sydney", words, "", "", "", "", "",
    ]  # fmt: skip
    assert len(fields) == 100
    return fields


def execution(
    order_id: int, ref: str, exec_id: str, *, symbol: str = "BHP", side: str = "BOT", quantity: int = 100,
    price: str = "10.00", perm_id: int = 9001, client_id: int = 7, cumulative: int = 100,
    time: str = "20261120 10:12:30 Australia/Sydney",
) -> list[str]:  # fmt: skip
    """The fields of an execDetails message after its request id."""
    return [
        str(order_id), "4036812", symbol, "STK", "", "0.0", "", "", "ASX", "AUD", symbol, symbol, exec_id, time,
        ACCOUNT, "ASX", side, str(quantity), price, str(perm_id), str(client_id), "0", str(cumulative), price, ref,
        "", "", "", "2", "0",
    ]  # fmt: skip


def order_status(
    order_id: int, status: str, *, filled: int = 0, remaining: int = 100, price: str = "0", perm_id: int = 9001,
    client_id: int = 7, why_held: str = "", parent_id: int = 0,
) -> list[object]:  # fmt: skip
    """An orderStatus message."""
    return [3, order_id, status, filled, remaining, price, perm_id, parent_id, price, client_id, why_held, ""]


def contract_details(
    req_id: str, symbol: str, *, con_id: int = 4036812, primary: str = "ASX", currency: str = "AUD",
    rules: str = "239,239",
) -> list[object]:  # fmt: skip
    """A contractDetails message."""
    return [
        10, req_id, symbol, "STK", "", "0", "", "SMART", currency, symbol, symbol, symbol, con_id, "0.001", "",
        "LMT,MKT,STP", "SMART,ASX", "1", "0", f"{symbol} LTD", primary, "", "", "", "", "Australia/NSW", "", "", "",
        "0", "0", "1", "", "", rules, "", "COMMON", "1", "1", "100",
    ]  # fmt: skip


def position(symbol: str, quantity: int, cost: str, *, currency: str = "AUD") -> list[str]:
    """A position message."""
    return [
        "61", "3", ACCOUNT, "4036812", symbol, "STK", "", "0.0", "", "", "ASX", currency, symbol, symbol,
        str(quantity), cost,
    ]  # fmt: skip
