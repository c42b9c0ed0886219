"""Orders over a real socket: what leaves, in which order of bytes, and what becomes of the answers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from decimal import Decimal

import pytest

from skim_tui.broker.tws import TwsBroker
from skim_tui.domain.events import BrokerNotice, BrokerSnapshot
from skim_tui.domain.orders import AccountReport, Fill, FillFees, OrderStatus, OrderUpdate, PositionReport

from .gateway import ACCOUNT, UNSET, Gateway, execution, open_order, order_status, position
from .harness import Desk, bracket, buy, running, sell_stop, tws_broker


@dataclass
class Floor:
    """A broker that is OPERATIONAL, its desk and its gateway."""

    gateway: Gateway
    broker: TwsBroker
    desk: Desk

    def status(self, ref: str) -> OrderStatus | None:
        told = [update.status for update in self.desk.all(OrderUpdate) if update.ref == ref]
        return told[-1] if told else None

    async def settle(self) -> None:
        """Wait until everything sent to the broker so far was decoded."""
        mark = len(self.desk.all(BrokerNotice))
        self.gateway.error(-1, 2104, "farm OK")
        await self.desk.until(lambda: len(self.desk.all(BrokerNotice)) > mark)


@pytest.fixture
async def floor(gateway: Gateway) -> AsyncGenerator[Floor, None]:
    broker = tws_broker(gateway.port)
    async with running(broker) as desk:
        await desk.operational()
        yield Floor(gateway, broker, desk)


async def test_a_bracket_leaves_whole_and_explicit(floor: Floor) -> None:
    floor.broker.place(bracket("t1"))
    await floor.gateway.until(lambda: len(floor.gateway.orders()) == 2)
    entry, stop = floor.gateway.orders()
    assert (entry.ref, entry.side, entry.type, entry.limit, entry.tif) == ("t1.E", "BUY", "LMT", "10.00", "DAY")
    assert (stop.ref, stop.side, stop.type, stop.stop, stop.tif) == ("t1.S", "SELL", "STP", "9.50", "GTC")
    assert (entry.parent_id, stop.parent_id) == (0, entry.order_id)
    assert (entry.transmit, stop.transmit) == (False, True)
    for order in (entry, stop):
        assert (order.account, order.outside_rth, order.quantity) == (ACCOUNT, "0", 100)
        assert (order.symbol, order.exchange, order.primary, order.currency) == ("BHP", "SMART", "ASX", "AUD")


async def test_the_life_of_a_bracket(floor: Floor) -> None:
    gateway = floor.gateway
    floor.broker.place(bracket("t1"))
    await gateway.until(lambda: len(gateway.orders()) == 2)
    gateway.send(*open_order(1, "t1.E", limit="10.0", perm_id=9001, status="Submitted"))
    gateway.send(*order_status(1, "Submitted", perm_id=9001))
    gateway.send(*open_order(2, "t1.S", side="SELL", kind="STP", stop="9.5", perm_id=9002, status="PreSubmitted"))
    gateway.send(*order_status(2, "PreSubmitted", perm_id=9002, why_held="child,trigger", parent_id=1))
    gateway.send(11, -1, *execution(1, "t1.E", "0001", quantity=40, cumulative=40))
    gateway.send(*order_status(1, "Submitted", filled=40, remaining=60, price="10.0", perm_id=9001))
    gateway.send(59, 1, "0001", "6.60", "AUD", UNSET, UNSET, "")
    gateway.send(11, -1, *execution(1, "t1.E", "0002", quantity=60, cumulative=100))
    gateway.send(*order_status(1, "Filled", filled=100, remaining=0, price="10.0", perm_id=9001))
    gateway.send(*order_status(1, "Filled", filled=100, remaining=0, price="10.0", perm_id=9001))
    gateway.send(*position("BHP", 100, "10.066"))
    gateway.send(6, 2, "NetLiquidation", "99993.40", "AUD", ACCOUNT)
    await floor.desk.until(lambda: floor.desk.all(AccountReport))
    assert floor.status("t1.E") is OrderStatus.FILLED
    assert floor.status("t1.S") is OrderStatus.HELD
    fills = floor.desk.all(Fill)
    assert [(fill.exec_id, fill.ref, fill.quantity, fill.price) for fill in fills] == [
        ("0001", "t1.E", 40, Decimal(10)),
        ("0002", "t1.E", 60, Decimal(10)),
    ]
    assert floor.desk.all(FillFees) == [FillFees("0001", Decimal("6.6"), "AUD", None)]
    assert floor.desk.all(PositionReport) == [PositionReport("BHP", 100, Decimal("10.066"))]
    assert floor.desk.last(AccountReport).equity == Decimal("99993.40")
    assert len([one for one in floor.desk.all(OrderUpdate) if one.status is OrderStatus.FILLED]) == 1


@pytest.mark.parametrize("code", [10349, 10311, 399, 404, 2109])
async def test_an_informational_code_does_not_kill_a_live_order(floor: Floor, code: int) -> None:
    gateway = floor.gateway
    floor.broker.place_order(buy("t1.E"))
    await gateway.until(gateway.orders)
    gateway.send(*open_order(1, "t1.E", limit="10.0"))
    gateway.error(1, code, "Order TIF was set to DAY based on order preset.")
    await floor.settle()
    assert floor.status("t1.E") is OrderStatus.WORKING
    assert any(notice.code == code and "t1.E" in notice.text for notice in floor.desk.all(BrokerNotice))
    floor.broker.cancel("t1.E")
    await gateway.until(lambda: gateway.messages(4))
    gateway.send(*order_status(1, "Cancelled"))
    gateway.error(1, 202, "Order Canceled - reason:")
    await floor.settle()
    assert floor.status("t1.E") is OrderStatus.CANCELLED


async def test_a_rejected_order_tells_why(floor: Floor) -> None:
    floor.broker.place_order(buy("t1.E"))
    await floor.gateway.until(floor.gateway.orders)
    floor.gateway.error(1, 201, "Order rejected - reason:The order size is below the minimum of A$500.")
    await floor.settle()
    told = floor.desk.last(OrderUpdate)
    assert (told.status, told.reason) == (OrderStatus.REJECTED, "The order size is below the minimum of A$500.")


async def test_a_code_not_understood_asks_the_broker(floor: Floor) -> None:
    gateway = floor.gateway
    floor.broker.place_order(buy("t1.E"))
    await gateway.until(gateway.orders)
    gateway.open_orders = [open_order(1, "t1.E", limit="10.0")]
    gateway.error(1, 10002, "something new")
    await floor.desk.until(lambda: len(floor.desk.all(BrokerSnapshot)) == 2)
    assert {update.ref for update in floor.desk.last(BrokerSnapshot).open_orders} == {"t1.E"}


async def test_a_change_keeps_the_id_and_sends_the_new_terms(floor: Floor) -> None:
    gateway = floor.gateway
    floor.broker.place_order(sell_stop("t1.S"))
    await gateway.until(gateway.orders)
    floor.broker.modify("t1.S", stop_price=Decimal("9.75"), quantity=60)
    await gateway.until(lambda: len(gateway.orders()) == 2)
    before, after = gateway.orders()
    assert (after.order_id, after.stop, after.quantity, after.tif) == (before.order_id, "9.75", 60, "GTC")
    assert (after.ref, after.transmit) == ("t1.S", True)


async def test_orders_found_after_a_restart_can_be_changed_and_cancelled(gateway: Gateway) -> None:
    gateway.open_orders = [
        open_order(
            41, "t1.S", side="SELL", kind="STP", stop="9.5", tif="GTC", perm_id=9002, parent_id=40, oca_group="9001"
        )
    ]
    gateway.next_id = 42
    broker = tws_broker(gateway.port)
    async with running(broker) as desk:
        await desk.operational()
        broker.modify("t1.S", stop_price=Decimal("9.80"))
        broker.cancel("t1.S")
        broker.place_order(buy("t2.E"))
        await gateway.until(lambda: len(gateway.orders()) == 2)
    changed, fresh = gateway.orders()
    assert (changed.order_id, changed.stop, changed.parent_id, changed.oca_group) == (41, "9.80", 40, "9001")
    assert gateway.messages(4)[0][2] == "41"
    assert fresh.order_id == 42


async def test_what_cannot_be_cancelled_is_said_and_nothing_is_sent(floor: Floor) -> None:
    """Cancelling another client's order would name an order id of our own."""
    gateway = floor.gateway
    gateway.send(*open_order(1, "t8.S", client_id=3, perm_id=9008, side="SELL", kind="STP", stop="9.5"))
    await floor.settle()
    floor.broker.place_order(buy("t1.E"))
    floor.broker.cancel("t8.S")
    floor.broker.cancel("t0.X")
    floor.broker.place_order(buy("t2.E"))
    await gateway.until(lambda: len(gateway.orders()) == 2)
    assert gateway.messages(4) == []
    texts = [notice.text for notice in floor.desk.all(BrokerNotice)]
    assert any("belongs to API client 3" in text for text in texts)
    assert any("t0.X: the broker knows no such order" in text for text in texts)


async def test_an_order_never_waits_behind_data_requests(floor: Floor) -> None:
    """By the order of bytes: of 60 look-ups asked for before it, no more than the burst are ahead of it."""
    gateway, broker = floor.gateway, floor.broker
    gateway.silent = True
    await asyncio.sleep(0.5)  # a full burst is allowed again
    gateway.seen.clear()
    for number in range(60):
        broker.resolve(f"S{number:02}")
    await gateway.until(lambda: gateway.messages(9))  # they are on their way
    broker.place(bracket("t1"))
    await gateway.until(lambda: len(gateway.messages(9)) >= 30)
    kinds = [fields[0] for fields in gateway.seen]
    first = kinds.index("3")
    assert kinds[first : first + 2] == ["3", "3"]
    assert kinds[:first].count("9") <= 15
    assert kinds.count("9") >= 30


async def test_the_bytes_of_an_order_leave_before_the_call_returns(floor: Floor) -> None:
    session = floor.broker._trading._session
    assert session is not None
    socket = session._client.conn
    before = socket.numMsgSent
    floor.broker.place(bracket("t1"))
    assert socket.numMsgSent == before + 2
    assert socket.transport is not None
    assert socket.transport.get_write_buffer_size() == 0  # handed to the kernel
    await floor.gateway.until(lambda: len(floor.gateway.orders()) == 2)


async def test_messages_of_other_accounts_and_markets_are_not_ours(floor: Floor) -> None:
    gateway = floor.gateway
    gateway.send(*open_order(77, "x", currency="USD", perm_id=1))
    gateway.send(*position("BHP", 5, "60", currency="USD"))
    await floor.settle()
    assert floor.desk.all(OrderUpdate) == []
    assert floor.desk.all(PositionReport) == []
    floor.broker.place_order(buy("t1.E"))
    await gateway.until(gateway.orders)
    assert gateway.orders()[0].order_id == 78  # theirs is in use all the same
