"""Connecting, reconciling, losing and finding the connection again, over a real socket."""

from __future__ import annotations

import asyncio
from decimal import Decimal

import pytest

from skim_tui.broker.port import NotConnected, ScanRequest
from skim_tui.domain.events import BrokerNotice, BrokerSnapshot, Connection, ConnectionChanged, RequestFailed
from skim_tui.domain.orders import AccountReport, OrderStatus, PositionReport

from .gateway import (
    ACCOUNT,
    Gateway,
    completed_order,
    execution,
    open_order,
    order_status,
    position,
)
from .harness import bracket, buy, running, tws_broker

CONNECTING, SYNCING, OPERATIONAL, DISCONNECTED = (
    Connection.CONNECTING,
    Connection.SYNCING,
    Connection.OPERATIONAL,
    Connection.DISCONNECTED,
)


async def test_the_whole_truth_comes_before_operational(gateway: Gateway) -> None:
    gateway.positions = [position("BHP", 100, "10.01"), position("BHP", 5, "60", currency="USD")]
    gateway.open_orders = [
        open_order(5, "t1.S", side="SELL", kind="STP", stop="9.5", limit="9.51", tif="GTC", perm_id=9002),
        [str(field) for field in order_status(5, "PreSubmitted", perm_id=9002, why_held="trigger")],
        open_order(0, "", symbol="FMG", client_id=0, perm_id=9003, limit="20.5"),
    ]
    gateway.completed = [completed_order("t1.E", quantity=0, filled=100, status="Filled", words="Filled", perm_id=9001)]
    gateway.executions = [execution(4, "t1.E", "0000e0d5.67fe667b.01.01", perm_id=9001)]
    broker = tws_broker(gateway.port)
    async with running(broker) as desk:
        await desk.operational()
        assert desk.states() == [CONNECTING, SYNCING, OPERATIONAL]
        snapshot = desk.last(BrokerSnapshot)
        before = desk.events.index(snapshot)
        assert before < desk.events.index(desk.all(ConnectionChanged)[-1])
    assert snapshot.account == AccountReport(
        ACCOUNT, "AUD", Decimal("100000.00"), Decimal("90000.00"), Decimal("400000.00"), paper=True
    )
    assert snapshot.positions == (PositionReport("BHP", 100, Decimal("10.01")),)
    orders = {update.ref: update for update in snapshot.open_orders}
    assert set(orders) == {"t1.S", "tws-9003"}
    assert (orders["t1.S"].status, orders["t1.S"].stop_price, orders["t1.S"].limit_price) == (
        OrderStatus.HELD,
        Decimal("9.5"),
        None,
    )
    assert orders["tws-9003"].foreign
    assert [(done.ref, done.status, done.filled) for done in snapshot.completed_orders] == [
        ("t1.E", OrderStatus.FILLED, 100)
    ]
    assert [(fill.ref, fill.quantity, fill.ts) for fill in snapshot.fills] == [("t1.E", 100, 1795129950.0)]
    assert desk.states()[-1] is DISCONNECTED


async def test_it_stays_syncing_until_the_desk_has_reconciled(gateway: Gateway) -> None:
    broker = tws_broker(gateway.port)
    async with running(broker) as desk:
        desk.reconcile = False
        await desk.until(lambda: desk.all(BrokerSnapshot))
        broker.watch("BHP")
        await asyncio.sleep(0.1)
        assert desk.states()[-1] is SYNCING
        assert gateway.messages(1) == []
        broker.reconciled()
        await desk.operational()
        await gateway.until(lambda: gateway.messages(9))


async def test_no_order_leaves_without_a_connection(gateway: Gateway) -> None:
    broker = tws_broker(gateway.port)
    with pytest.raises(NotConnected, match="not started"):
        broker.place(bracket("t1"))
    async with running(broker) as desk:
        await desk.operational()
        gateway.drop()
        await desk.until(lambda: DISCONNECTED in desk.states())
        for command in (
            lambda: broker.place(bracket("t1")),
            lambda: broker.place_order(buy("t1.E")),
            lambda: broker.modify("t1.E", quantity=5),
            lambda: broker.cancel("t1.E"),
        ):
            with pytest.raises(NotConnected, match="closed by the other side"):
                command()
        await desk.operational(2)
    assert gateway.orders() == []


async def test_a_lost_connection_comes_back_with_everything(gateway: Gateway) -> None:
    """Filled while away: the order, the fill and the position are in the next snapshot, nothing is sent."""
    broker = tws_broker(gateway.port)
    async with running(broker) as desk:
        await desk.operational()
        broker.scan(ScanRequest(3.0, 50_000, 0.1))
        broker.watch("BHP")
        broker.place(bracket("t1"))
        await gateway.until(lambda: len(gateway.orders()) == 2)
        gateway.open_orders = [open_order(2, "t1.S", side="SELL", kind="STP", stop="9.5", perm_id=9002, parent_id=1)]
        gateway.completed = [completed_order("t1.E", filled=100, status="Filled", perm_id=9001)]
        gateway.executions = [execution(1, "t1.E", "0001", perm_id=9001)]
        gateway.positions = [position("BHP", 100, "10.0")]
        gateway.seen.clear()
        gateway.drop()
        await desk.operational(2)
        snapshot = desk.last(BrokerSnapshot)
        await gateway.until(lambda: gateway.messages(22) and gateway.messages(9))
    assert {update.ref: update.status for update in snapshot.open_orders} == {"t1.S": OrderStatus.WORKING}
    assert {update.ref: update.status for update in snapshot.completed_orders} == {"t1.E": OrderStatus.FILLED}
    assert [fill.exec_id for fill in snapshot.fills] == ["0001"]
    assert [report.quantity for report in snapshot.positions] == [100]
    assert gateway.orders() == []
    assert gateway.connections == 2


async def test_the_same_broker_runs_again(gateway: Gateway) -> None:
    broker = tws_broker(gateway.port)
    for times in (1, 2):
        async with running(broker) as desk:
            await desk.operational()
        assert gateway.connections == times
        assert desk.states()[-1] is DISCONNECTED
    names = {task.get_name() for task in asyncio.all_tasks()}
    assert not {name for name in names if name.startswith(("tws", "details", "sync", "heartbeat", "connection"))}


async def test_the_wrong_account_is_refused(gateway: Gateway) -> None:
    broker = tws_broker(gateway.port, account="U7654321")
    async with running(broker) as desk:
        await desk.until(lambda: DISCONNECTED in desk.states())
        assert desk.states() == [CONNECTING, DISCONNECTED]
        assert "account U7654321 is not logged in" in desk.last(ConnectionChanged).reason
        assert ACCOUNT in desk.last(ConnectionChanged).reason
        with pytest.raises(NotConnected, match="U7654321"):
            broker.place(bracket("t1"))


async def test_a_taken_client_id_is_said_at_once(gateway: Gateway) -> None:
    gateway.refuse = (326, "Unable to connect as the client id is already in use.")
    broker = tws_broker(gateway.port)
    async with running(broker) as desk:
        await desk.until(lambda: DISCONNECTED in desk.states(), seconds=2.5)  # the connect timeout is 3 s
        assert "326" in desk.last(ConnectionChanged).reason
        gateway.refuse = None
        await desk.operational()


async def test_a_port_nobody_listens_on(gateway: Gateway) -> None:
    await gateway.stop()
    broker = tws_broker(gateway.port)
    async with running(broker) as desk:
        await desk.until(lambda: desk.states().count(DISCONNECTED) == 2)
        assert f"127.0.0.1:{gateway.port}" in desk.last(ConnectionChanged).reason
        await gateway.start()
        await desk.operational()


async def test_a_half_open_socket_is_found_out(gateway: Gateway) -> None:
    broker = tws_broker(gateway.port, heartbeat=0.05, heartbeat_timeout=0.4)
    async with running(broker) as desk:
        await desk.operational()
        gateway.silent = True
        await desk.until(lambda: DISCONNECTED in desk.states())
        assert "nothing heard" in desk.last(ConnectionChanged).reason
        gateway.silent = False
        await desk.operational(2)


async def test_upstream_lost_is_no_disconnect_and_blocks_orders(gateway: Gateway) -> None:
    broker = tws_broker(gateway.port)
    async with running(broker) as desk:
        await desk.operational()
        broker.watch("BHP")
        await gateway.until(lambda: gateway.messages(9))
        gateway.error(-1, 1100, "Connectivity between IBKR and Trader Workstation has been lost.")
        await desk.until(lambda: desk.states()[-1] is SYNCING)
        assert desk.last(ConnectionChanged).reason.startswith("1100")
        with pytest.raises(NotConnected, match="lost its connection"):
            broker.place(bracket("t1"))
        asked = len(gateway.messages(9))
        gateway.error(-1, 1102, "Connectivity has been restored - data maintained.")
        await desk.operational(2)
        assert len(desk.all(BrokerSnapshot)) == 2
        assert len(gateway.messages(9)) == asked  # data maintained: nothing is subscribed again
        gateway.error(-1, 1100, "lost")
        gateway.error(-1, 1101, "Connectivity has been restored - data lost.")
        await desk.operational(3)
        await gateway.until(lambda: len(gateway.messages(9)) > asked)
    assert gateway.connections == 1
    assert desk.states().count(DISCONNECTED) == 1  # the end of the test


async def test_an_answer_that_never_comes_is_no_empty_truth(gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("skim_tui.broker.tws.sync.ANSWER_TIMEOUT", 0.2)
    gateway.replies[61] = lambda fields: None  # positions
    broker = tws_broker(gateway.port)
    async with running(broker) as desk:
        await desk.until(lambda: DISCONNECTED in desk.states())
        assert "positions: no answer" in desk.last(ConnectionChanged).reason
        assert desk.all(BrokerSnapshot) == []
        del gateway.replies[61]
        await desk.operational()


async def test_a_missing_end_of_executions_is_told_and_survived(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("skim_tui.broker.tws.sync.EXECUTIONS_TIMEOUT", 0.2)
    gateway.replies[7] = lambda fields: gateway.send(11, fields[2], *execution(1, "t1.E", "0001"))
    broker = tws_broker(gateway.port)
    async with running(broker) as desk:
        await desk.operational()
        assert [fill.exec_id for fill in desk.last(BrokerSnapshot).fills] == ["0001"]
        assert any("may be incomplete" in notice.text for notice in desk.all(BrokerNotice))


async def test_resync_tells_the_truth_again_without_leaving_operational(gateway: Gateway) -> None:
    broker = tws_broker(gateway.port)
    async with running(broker) as desk:
        await desk.operational()
        gateway.positions = [position("BHP", 70, "10")]
        broker.resync()
        await desk.until(lambda: len(desk.all(BrokerSnapshot)) == 2)
        assert [report.quantity for report in desk.last(BrokerSnapshot).positions] == [70]
        assert desk.states() == [CONNECTING, SYNCING, OPERATIONAL]


async def test_a_resync_that_fails_is_a_failed_request(gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    broker = tws_broker(gateway.port)
    async with running(broker) as desk:
        await desk.operational()
        monkeypatch.setattr("skim_tui.broker.tws.sync.ANSWER_TIMEOUT", 0.2)
        gateway.replies[16] = lambda fields: None
        broker.resync()
        await desk.until(lambda: desk.all(RequestFailed))
        assert "open orders" in desk.last(RequestFailed).reason
        assert desk.states()[-1] is OPERATIONAL


async def test_a_simulated_day_runs_on_the_exchanges_clock(gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("skim_tui.broker.tws.heartbeat.FIRST_SAMPLES", (0.0, 0.1, 0.1, 0.2, 0.4))
    loop = asyncio.get_running_loop()
    began = loop.time()
    gateway.time = lambda: 1_763_670_000.0 + 60.0 * (loop.time() - began)
    broker = tws_broker(gateway.port)
    async with running(broker) as desk:
        await desk.operational()
        assert not broker.clock.is_system
        assert abs(broker.now() - gateway.time()) < 60.0
        assert 20.0 < broker.clock.speed < 100.0


async def test_a_server_that_never_says_it_is_back_does_not_hold_exits_for_ever(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The word that connectivity is restored can be lost: the connection is then made anew."""
    monkeypatch.setattr("skim_tui.broker.tws.heartbeat.UPSTREAM_PATIENCE", 0.3)
    broker = tws_broker(gateway.port, heartbeat=0.05)
    async with running(broker) as desk:
        await desk.operational()
        gateway.error(-1, 2110, "Connectivity between Trader Workstation and server is broken.")
        await desk.until(lambda: desk.states()[-1] is Connection.SYNCING)
        with pytest.raises(NotConnected):
            broker.place(bracket("A-1"))
        await desk.operational(2)
        assert any("has not reached its server" in change.reason for change in desk.all(ConnectionChanged))
        broker.place(bracket("A-1"))
        await gateway.until(lambda: len(gateway.orders()) == 2)
