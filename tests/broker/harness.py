"""A TWS broker run against a gateway, and the events it told."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from decimal import Decimal
from random import Random
from typing import Any, TypeVar

from skim_tui.broker.tws import TwsBroker
from skim_tui.domain.events import BrokerEvent, BrokerSnapshot, Connection, ConnectionChanged
from skim_tui.domain.orders import Bracket, OrderSpec, OrderType, Side, Tif

E = TypeVar("E")


class Desk:
    """A sink that keeps what it hears and reconciles at once, as the desk does."""

    def __init__(self, broker: TwsBroker) -> None:
        self.broker = broker
        self.events: list[BrokerEvent] = []
        self.reconcile = True
        self._news = asyncio.Event()

    def take(self, event: BrokerEvent) -> None:
        self.events.append(event)
        self._news.set()
        if isinstance(event, BrokerSnapshot) and self.reconcile:
            self.broker.reconciled()

    def all(self, kind: type[E]) -> list[E]:
        return [event for event in self.events if isinstance(event, kind)]

    def last(self, kind: type[E]) -> E:
        return self.all(kind)[-1]

    def states(self) -> list[Connection]:
        return [change.state for change in self.all(ConnectionChanged)]

    async def until(self, condition: Callable[[], Any], seconds: float = 15) -> None:
        """Wait until the events told so far fulfil ``condition``."""
        async with asyncio.timeout(seconds):
            while not condition():
                self._news.clear()
                await self._news.wait()

    async def operational(self, times: int = 1) -> None:
        await self.until(lambda: self.states().count(Connection.OPERATIONAL) >= times)


def tws_broker(port: int, *, account: str = "", client_id: int = 7, **more: Any) -> TwsBroker:
    return TwsBroker(
        "127.0.0.1", port, client_id, "XASX", account, connect_timeout=3.0, random=Random(1), first_wait=0.05, **more
    )


@asynccontextmanager
async def running(broker: TwsBroker) -> AsyncGenerator[Desk, None]:
    """Run ``broker`` in the background."""
    desk = Desk(broker)
    task = asyncio.create_task(broker.run(desk.take))
    try:
        yield desk
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


def buy(ref: str, symbol: str = "BHP", quantity: int = 100, limit: str = "10.00") -> OrderSpec:
    return OrderSpec(
        ref=ref, symbol=symbol, side=Side.BUY, type=OrderType.LIMIT, quantity=quantity, tif=Tif.DAY,
        limit_price=Decimal(limit),
    )  # fmt: skip


def sell_stop(ref: str, symbol: str = "BHP", quantity: int = 100, stop: str = "9.50", **more: Any) -> OrderSpec:
    return OrderSpec(
        ref=ref, symbol=symbol, side=Side.SELL, type=OrderType.STOP, quantity=quantity, tif=Tif.GTC,
        stop_price=Decimal(stop), **more,
    )  # fmt: skip


def bracket(ticket: str, symbol: str = "BHP", quantity: int = 100, limit: str = "10.00", stop: str = "9.50") -> Bracket:
    entry = buy(f"{ticket}.E", symbol, quantity, limit)
    return Bracket(
        entry, sell_stop(f"{ticket}.S", symbol, quantity, stop, parent_ref=entry.ref, oca_group=f"{ticket}.OCA")
    )
