"""The list of scenarios, and what a scenario works with."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from skim_tui.domain.orders import Side
from skim_tui.exchange.model import SimOrder

from .drivers import Driver, thing
from .floor import Floor, open_floor

CLIENT_ID = 3


@dataclass
class Run:
    """One client on one exchange, connected."""

    client: Driver
    floor: Floor
    order_id: int = 0

    def contract(self, **fields: Any) -> dict[str, Any]:
        named = {"symbol": self.floor.stock.symbol, "secType": "STK", "exchange": "SMART", "currency": "AUD"}
        return thing("Contract", **{**named, **fields})

    def tick(self, price: Decimal, steps: int) -> float:
        """``price`` moved by ``steps`` steps of the price ladder."""
        ladder = self.floor.stock.ladder
        moved = ladder.up(price, steps) if steps >= 0 else ladder.down(price, -steps)
        return float(moved)

    async def later(self, seconds: float) -> None:
        """Let exchange time pass once everything asked has arrived, and wait for all that is told about it."""
        await self.client.settle()
        await self.floor.advance(seconds)
        await self.client.settle()

    @property
    def last(self) -> Decimal:
        """The last price, or before the first trade the previous close, of the liquid stock."""
        stats = self.floor.exchange.stats(self.floor.stock.symbol)
        return Decimal(str(stats.last or stats.prev_close))

    def by_hand(self) -> None:
        """An order that no client placed, as if typed into TWS itself."""
        order = SimOrder(
            0, 0, self.floor.stock.symbol, Side.BUY, "LMT", 100, limit=Decimal(str(self.tick(self.floor.bid, -25)))
        )
        self.floor.exchange.submit(order)

    async def next_id(self) -> int:
        if not self.order_id:
            self.order_id = (await self.client.ask("reqIds", 1, until="nextValidId")).orderId
        self.order_id += 1
        return self.order_id - 1

    async def place(self, order_id: int | None = None, **fields: Any) -> int:
        """Send an order for the liquid stock; its id. ``contract`` may name another."""
        number = await self.next_id() if order_id is None else order_id
        contract = fields.pop("contract", None) or self.contract()
        order = {"action": "BUY", "totalQuantity": 100, "orderType": "LMT", "tif": "DAY", **fields}
        await self.client.call("placeOrder", number, contract, thing("Order", **order))
        return number

    async def leave(self) -> None:
        """Disconnect, and wait until the exchange has noticed."""
        await self.client.disconnect()
        async with asyncio.timeout(5):
            while self.floor.door.clients:
                await asyncio.sleep(0.01)

    async def status(self, order_id: int, *words: str, **fields: Any) -> Any:
        """Wait until the order's status is one of ``words``."""

        def fits(args: Any) -> bool:
            return (
                args.orderId == order_id
                and args.status in words
                and all(getattr(args, key) == value for key, value in fields.items())
            )

        return await self.client.wait("orderStatus", fits)

    async def error(self, code: int, request_id: int | None = None) -> Any:
        return await self.client.wait("error", lambda args: args.errorCode == code and request_id in (None, args.reqId))

    async def buy(self, quantity: int = 100) -> int:
        """Own some shares: a market order, filled."""
        return await self.filled(await self.place(orderType="MKT", totalQuantity=quantity))

    async def filled(self, number: int) -> int:
        """Let time pass until the order is filled; its id."""
        for _ in range(60):
            await self.floor.advance(5)
            await self.client.settle()
            if any(args.orderId == number and args.status == "Filled" for args in self.client.told("orderStatus")):
                break
        await self.status(number, "Filled")
        return number


Body = Callable[[Run], Awaitable[None]]


@dataclass(frozen=True)
class Scenario:
    """Something a client does, and what must come of it."""

    name: str
    requests: str
    """The API requests it makes."""
    body: Body
    settings: dict[str, Any]
    """How the exchange is opened for it."""
    skips: tuple[str, ...]
    """Requests of it that a client may lack."""


SCENARIOS: list[Scenario] = []


def scenario(name: str, requests: str, **settings: Any) -> Callable[[Body], Body]:
    """Enter a scenario in the list. Every request it names that a client lacks excuses this client."""

    def enter(body: Body) -> Body:
        skips = tuple(part.strip() for part in requests.split(","))
        SCENARIOS.append(Scenario(name, requests, body, settings, skips))
        return body

    return enter


async def play(scenario: Scenario, client: Driver) -> None:
    """Run one scenario on an exchange of its own."""
    async with open_floor(**scenario.settings) as floor:
        await client.connect(floor.port, CLIENT_ID)
        try:
            client.mark()
            await scenario.body(Run(client, floor))
        finally:
            await client.disconnect()
