"""Desk, broker library, socket and exchange together, when the exchange does what brokers do."""

import asyncio
import time
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal

import pytest

from skim_tui.broker.tws import TwsBroker
from skim_tui.config import Config
from skim_tui.desk.engine import Desk
from skim_tui.domain.events import Connection
from skim_tui.domain.orders import OrderStatus, Side, order_ref
from skim_tui.domain.ticket import Ticket
from skim_tui.exchange.core import Exchange
from skim_tui.exchange.faults import Fault, Faults
from skim_tui.exchange.model import SimOrder
from skim_tui.exchange.tws.server import TwsDoor
from skim_tui.journal import Journal
from tests.broker.harness import tws_broker
from tests.broker.test_tws_exchange import OPEN, tape

D = Decimal
SPEED = 60.0
PATIENCE = 20.0
"""The operator's seconds in a real one: what the desk waits for comes sooner."""


@dataclass
class Floor:
    exchange: Exchange
    faults: Faults
    broker: TwsBroker
    desk: Desk

    async def until(self, holds, seconds=15.0):
        async with asyncio.timeout(seconds):
            while not holds():
                await asyncio.sleep(0.01)

    async def ticket(self, number=1, *, quantity=200, limit="11.50", stop="10.30"):
        """A ticket of BHP, approved; its id."""
        followed = self.desk.watchlist.follow("BHP")
        await self.until(lambda: followed.instrument and followed.quote and followed.halted is not None)
        name = f"4567-260303-BHP-{number}"
        price, low = D(limit), D(stop)
        self.desk.approvals.take(
            Ticket(
                id=name, symbol="BHP", strategy="test", quantity=quantity, limit=price, stop=low,
                value=price * quantity, risk=D(100), fees=D(12), created=self.broker.now(), session_date="2026-03-03",
            ),
            "test",
        )  # fmt: skip
        done, text = self.desk.approvals.approve(name, "test")
        assert done, text
        return name

    def order(self, ticket, leg):
        return self.desk.orders.updates[order_ref(ticket, leg)]

    def at_exchange(self, ticket):
        return [order for order in self.exchange.orders.values() if order.order_ref.startswith(ticket)]

    @property
    def held(self):
        return self.exchange.positions.get("BHP", (0, D(0)))[0]


@pytest.fixture
async def floor(asx_calendar, request):
    minute = getattr(request, "param", 2)
    exchange = Exchange(tape(), asx_calendar, start=OPEN + minute * 60.0, speed=SPEED, allow_short=True)
    faults = Faults(now=exchange.now, day=exchange.day)
    door = TwsDoor(exchange, faults=faults)
    _, port = await door.start()
    broker = tws_broker(port)
    base = Config()
    config = base.model_copy(
        update={
            "desk": base.desk.model_copy(update={"without_console": "continue"}),
            "risk": base.risk.model_copy(update={"max_quote_age": 600.0, "max_price_move_pct": 20.0}),
        }
    )
    journal = Journal.open(":memory:", durable=False)
    desk = Desk(config, broker, journal, asx_calendar, wall=lambda: time.monotonic() * PATIENCE)

    async def beat():
        while True:
            desk.advance(broker.now())
            await asyncio.sleep(0.02)

    async def keep_faults():
        await faults.run()

    tasks = [asyncio.create_task(work) for work in (exchange.run(linger=True), broker.run(desk.handle), keep_faults())]
    floor = Floor(exchange, faults, broker, desk)
    try:
        await floor.until(lambda: desk.context.connection is Connection.OPERATIONAL)
        tasks.append(asyncio.create_task(beat()))
        yield floor
    finally:
        for task in reversed(tasks):
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
        await door.stop()
        journal.close()


async def test_an_entry_whose_stop_the_broker_refuses_is_taken_back(floor):
    """The broker takes the purchase and refuses the stop beside it: the trader would hold shares without one."""
    floor.exchange.disturbance.reject_next(lambda order: order.type == "STP", 201, "Order rejected - reason:no stops")
    ticket = await floor.ticket(limit="9.90", stop="9.50")
    await floor.until(lambda: floor.order(ticket, "E").status.is_done)
    assert floor.order(ticket, "S").status is OrderStatus.REJECTED and "no stops" in floor.order(ticket, "S").reason
    assert all(order.is_done for order in floor.at_exchange(ticket)) and floor.held == 0


async def test_shares_sold_on_the_phone_are_not_sold_again_by_the_stop(floor):
    """The trader closes by hand elsewhere; hours later the stop sells the same shares, short."""
    ticket = await floor.ticket()
    await floor.until(lambda: floor.held == 200 and floor.order(ticket, "S").status.is_resting)
    floor.exchange.submit(SimOrder(0, 1, "BHP", Side.SELL, "MKT", 200))
    await floor.until(lambda: floor.order(ticket, "S").status is OrderStatus.CANCELLED)
    assert not floor.desk.books.positions and floor.held == 0
    assert any("the broker 0" in line.text for line in floor.desk.context.lines)


async def test_an_order_swallowed_by_the_restart_is_known_lost_and_never_sent_again(floor):
    """The order of the restart's second is gone, its number is given out again, and the books mix the two up."""
    lost = await floor.ticket(limit="9.90", stop="9.50")
    floor.faults.start(Fault("restart", seconds=20.0))
    await floor.until(lambda: floor.desk.context.connection is not Connection.OPERATIONAL)
    await floor.until(lambda: floor.desk.context.connection is Connection.OPERATIONAL)
    await floor.until(lambda: floor.order(lost, "E").status.is_done)
    assert floor.desk.tickets.entries[lost].state == "cancelled" and not floor.at_exchange(lost)
    again = await floor.ticket(2, limit="9.90", stop="9.50")
    await floor.until(lambda: floor.order(again, "E").status is OrderStatus.WORKING)
    assert floor.order(lost, "E").status is OrderStatus.CANCELLED
    assert [order.order_ref for order in floor.at_exchange("4567")] == [f"{again}.E", f"{again}.S"]
    assert not floor.desk.problems()


@pytest.mark.parametrize("floor", [14], indirect=True, ids=["when the price falls"])
async def test_a_stop_that_acts_on_the_first_shares_ends_the_purchase_of_the_rest(floor):
    """Half of the order has filled when the price falls through the stop; the other half is then bought in the fall."""
    floor.exchange.disturbance.stall_fills("BHP", 0.5)
    ticket = await floor.ticket(stop="10.60")
    await floor.until(lambda: floor.held == 100 and floor.order(ticket, "S").status.is_resting)
    await floor.until(lambda: floor.order(ticket, "S").filled > 0, seconds=30)
    await floor.until(lambda: floor.order(ticket, "E").status is OrderStatus.CANCELLED)
    assert floor.order(ticket, "E").filled == 100
