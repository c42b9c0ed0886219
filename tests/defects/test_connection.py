"""Lines that look alive and are dead, gateways that restart, and messages that nobody expected."""

from __future__ import annotations

import asyncio
import logging
import time
from datetime import datetime
from random import Random
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skim_tui.broker.port import NotConnected
from skim_tui.broker.tws import TwsBroker
from skim_tui.broker.tws.exectime import execution_time
from skim_tui.domain.events import BrokerNotice, BrokerSnapshot, Connection, ConnectionChanged, RequestFailed
from skim_tui.domain.orders import AccountReport, Fill, OrderStatus, OrderUpdate
from tests.broker.gateway import ACCOUNT, Gateway, completed_order, execution, open_order, order_status
from tests.broker.harness import bracket, buy, running, tws_broker

DISCONNECTED, SYNCING, OPERATIONAL = Connection.DISCONNECTED, Connection.SYNCING, Connection.OPERATIONAL


@pytest.mark.parametrize(
    "greeting",
    [
        "20250415 19:38:30 British Summer Time",
        "20260414 20:36:26 Central European Standard Time",
        "20251216 12:21:26 EST",
        "20260414 20:36:26 Mitteleurop\\xe4ische Zeit",
        "",
    ],
)
async def test_the_zone_in_a_gateways_greeting_does_not_keep_it_out(gateway: Gateway, greeting: str) -> None:
    """The trader cannot connect from the day the clocks change, because the gateway names its zone in words."""
    gateway.greeting = greeting
    broker = tws_broker(gateway.port)
    async with running(broker) as desk:
        await desk.operational()


async def test_an_order_told_before_the_account_is_known_is_not_lost(gateway: Gateway) -> None:
    """The trader's resting stop is missing after a reconnect: a gateway tells open orders before anything else."""
    stop = open_order(5, "t1.S", side="SELL", kind="STP", stop="9.5", tif="GTC", perm_id=9002, status="PreSubmitted")
    gateway.before_accounts = [
        stop,
        [str(field) for field in order_status(5, "PreSubmitted", perm_id=9002)],
        ["53", "1"],
    ]
    gateway.open_orders = [stop]
    gateway.next_id = 1  # as after a restart that forgot
    broker = tws_broker(gateway.port)
    async with running(broker) as desk:
        await desk.operational()
        assert [update.ref for update in desk.last(BrokerSnapshot).open_orders] == ["t1.S"]
        broker.place_order(buy("t2.E"))
        await gateway.until(gateway.orders)
    assert gateway.orders()[0].order_id > 5, "the id of the stop is not given out again"


async def test_a_gateway_that_is_not_logged_in_yet_is_tried_again_soon(gateway: Gateway) -> None:
    """After the nightly restart the gateway answers before it is logged in, and the trader waits for ever."""
    gateway.accounts = ""
    broker = TwsBroker("127.0.0.1", gateway.port, 7, "XASX", connect_timeout=0.3, random=Random(1), first_wait=0.05)
    async with running(broker) as desk:
        await desk.until(lambda: DISCONNECTED in desk.states())
        assert "names no account" in desk.last(ConnectionChanged).reason
        gateway.accounts = f"{ACCOUNT},"  # a comma at the end is no second account
        await desk.operational()


async def test_a_taken_client_id_never_makes_another_session_give_way(gateway: Gateway) -> None:
    """The trader's own TWS session is thrown out, or orders come from ids that nobody can cancel afterwards."""
    gateway.refuse = (326, "Unable to connect as the client id is already in use.")
    broker = tws_broker(gateway.port, client_id=7)
    async with running(broker) as desk:
        await desk.until(lambda: desk.states().count(DISCONNECTED) >= 2)
        gateway.refuse = None
        await desk.operational()
    assert set(gateway.client_ids) == {"7"} and len(gateway.client_ids) >= 3


@pytest.mark.parametrize("code", [2103, 2105, 2157])
async def test_a_broken_data_farm_is_said_and_does_not_cut_the_line_of_orders(gateway: Gateway, code: int) -> None:
    """The trader loses the order line because a data server had the hiccups, or is never told that it had."""
    broker = tws_broker(gateway.port)
    async with running(broker) as desk:
        await desk.operational()
        for _ in range(3):
            gateway.error(-1, code, "farm connection is broken:usfarm")
        await desk.until(lambda: len([one for one in desk.all(BrokerNotice) if one.code == code]) == 3)
        assert desk.states()[-1] is OPERATIONAL
        broker.place(bracket("t1"))
        await gateway.until(lambda: len(gateway.orders()) == 2)
    assert gateway.connections == 1


async def test_connectivity_lost_and_told_three_times_is_one_loss(
    gateway: Gateway, caplog: pytest.LogCaptureFixture
) -> None:
    """Each repetition of the nightly message starts another reconnect, and they fight each other."""
    broker = tws_broker(gateway.port)
    async with running(broker) as desk:
        await desk.operational()
        for _ in range(3):
            gateway.error(-1, 1100, "Connectivity between IBKR and Trader Workstation has been lost.")
        gateway.error(-1, 2110, "Connectivity between Trader Workstation and server is broken.")
        await desk.until(lambda: desk.states()[-1] is SYNCING)
        gateway.error(-1, 1102, "Connectivity has been restored - data maintained.")
        gateway.error(-1, 1102, "Connectivity has been restored - data maintained.")
        await desk.operational(2)
        await asyncio.sleep(0.2)
        assert desk.states().count(OPERATIONAL) == 2 and desk.states().count(SYNCING) == 2
        assert not [record for record in caplog.records if record.exc_info], "none of them is a surprise"
    assert gateway.connections == 1


async def test_what_filled_while_the_server_was_away_is_in_the_next_truth(gateway: Gateway) -> None:
    """Fills of the minutes in which TWS had lost its server are dropped, and the positions stay wrong for good."""
    broker = tws_broker(gateway.port)
    async with running(broker) as desk:
        await desk.operational()
        broker.place_order(buy("t1.E"))
        await gateway.until(gateway.orders)
        gateway.error(-1, 1100, "lost")
        await desk.until(lambda: desk.states()[-1] is SYNCING)
        gateway.completed = [completed_order("t1.E", filled=100, status="Filled", perm_id=9001)]
        gateway.executions = [execution(1, "t1.E", "0001", perm_id=9001)]
        gateway.error(-1, 1102, "restored")
        await desk.operational(2)
        assert [fill.exec_id for fill in desk.last(BrokerSnapshot).fills] == ["0001"]
        assert {update.status for update in desk.last(BrokerSnapshot).completed_orders} == {OrderStatus.FILLED}


async def test_a_quiet_market_is_no_dead_line(gateway: Gateway) -> None:
    """The connection is torn down again and again over lunch though nothing is wrong with it."""
    broker = tws_broker(gateway.port, heartbeat=0.05, heartbeat_timeout=0.3)
    async with running(broker) as desk:
        await desk.operational()
        await asyncio.sleep(1.0)
        assert desk.states()[-1] is OPERATIONAL
    assert gateway.connections == 1


async def test_a_line_that_dies_while_it_is_being_made_is_found_out(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The watch over the connection only runs once it is up, and the loss it should see keeps it from running."""
    monkeypatch.setattr("skim_tui.broker.tws.sync.ANSWER_TIMEOUT", 30.0)
    monkeypatch.setattr("skim_tui.broker.tws.sync.EXECUTIONS_TIMEOUT", 30.0)
    gateway.silent = True
    broker = tws_broker(gateway.port, heartbeat=0.05, heartbeat_timeout=0.3)
    async with running(broker) as desk:
        await desk.until(lambda: DISCONNECTED in desk.states())
        assert OPERATIONAL not in desk.states()
        gateway.silent = False
        await desk.operational()


async def test_two_reconnect_loops_cannot_run_at_once(gateway: Gateway) -> None:
    """Two loops take the client id from each other for ever."""
    broker = tws_broker(gateway.port)
    async with running(broker) as desk:
        await desk.operational()
        with pytest.raises(RuntimeError, match="runs already"):
            await broker.run(lambda event: None)
        assert desk.states()[-1] is OPERATIONAL
    assert gateway.connections == 1


async def test_asking_for_everything_many_times_at_once_still_ends(gateway: Gateway) -> None:
    """Of two questions asked at the same time the first never gets its answer, and the desk waits for ever."""
    broker = tws_broker(gateway.port)
    async with running(broker) as desk:
        await desk.operational()
        for _ in range(20):
            broker.resync()
            await asyncio.sleep(0)
        await desk.until(lambda: len(desk.all(BrokerSnapshot)) >= 2)
        assert desk.states()[-1] is OPERATIONAL
    assert len(gateway.messages(61)) <= 4, "one truth answers them all"


async def test_messages_nobody_asked_for_and_nobody_knows_change_nothing(
    gateway: Gateway, caplog: pytest.LogCaptureFixture
) -> None:
    """A finished order pushed unasked, or a message of a newer gateway, breaks the decoding of all that follow."""
    broker = tws_broker(gateway.port)
    async with running(broker) as desk:
        await desk.operational()
        with caplog.at_level(logging.CRITICAL, "ib_async.Decoder"):
            gateway.send(*completed_order("t9.E", status="Cancelled", perm_id=9009))
            gateway.send(999, 1, "what a newer gateway says")
            gateway.send(1, 6, 12345, 250, "10", "100", "0")  # a tick of an unknown kind for nobody
            gateway.send(3, "x")
            gateway.send(101)
        broker.place_order(buy("t1.E"))
        await gateway.until(gateway.orders)
        gateway.send(*open_order(1, "t1.E", limit="10.0"))
        await desk.until(lambda: any(update.ref == "t1.E" for update in desk.all(OrderUpdate)))
        assert desk.states()[-1] is OPERATIONAL


async def test_an_error_about_a_request_is_not_taken_for_one_about_an_order(gateway: Gateway) -> None:
    """A refused chart kills the trader's order in the books, because orders and requests share their numbers."""
    broker = tws_broker(gateway.port)
    async with running(broker) as desk:
        await desk.operational()
        broker.place_order(buy("t1.E"))
        await gateway.until(gateway.orders)
        gateway.send(*open_order(1, "t1.E", limit="10.0"))
        await desk.until(lambda: any(update.ref == "t1.E" for update in desk.all(OrderUpdate)))
        broker.watch("BHP")
        broker.resolve("BHP")
        await gateway.until(lambda: gateway.messages(9))
        assert all(int(fields[2]) > gateway.orders()[0].order_id for fields in gateway.messages(9))
        gateway.error(gateway.messages(9)[0][2], 200, "No security definition has been found for the request")
        await desk.until(lambda: desk.all(RequestFailed))
        assert "No security definition" in desk.last(RequestFailed).reason, "who asked hears of it"
        assert desk.last(OrderUpdate).status is OrderStatus.WORKING


async def test_a_change_during_an_outage_is_neither_sent_nor_remembered(gateway: Gateway) -> None:
    """A stop moved while the line was down is moved minutes later, or twice, when nobody means it any more."""
    gateway.open_orders = [open_order(5, "t1.S", side="SELL", kind="STP", stop="9.5", tif="GTC", perm_id=9002)]
    broker = tws_broker(gateway.port)
    async with running(broker) as desk:
        await desk.operational()
        gateway.error(-1, 1100, "lost")
        await desk.until(lambda: desk.states()[-1] is SYNCING)
        for command in (lambda: broker.modify("t1.S", quantity=50), lambda: broker.cancel("t1.S")):
            with pytest.raises(NotConnected):
                command()
        gateway.error(-1, 1102, "restored")
        await desk.operational(2)
        gateway.drop()
        await desk.operational(3)
    assert gateway.orders() == [] and gateway.messages(4) == []


async def test_an_inactive_order_that_is_listed_as_open_lives(gateway: Gateway) -> None:
    """An order the broker had put aside works again, and a cancel of it says that there is no such order."""
    broker = tws_broker(gateway.port)
    async with running(broker) as desk:
        await desk.operational()
        broker.place_order(buy("t1.E"))
        await gateway.until(gateway.orders)
        gateway.send(*open_order(1, "t1.E", limit="10.0", status="Inactive"))
        await desk.until(lambda: desk.all(OrderUpdate) and desk.last(OrderUpdate).status is OrderStatus.REJECTED)
        gateway.send(*order_status(1, "Submitted"))
        gateway.open_orders = [open_order(1, "t1.E", limit="10.0", status="Submitted")]
        broker.resync()
        await desk.until(lambda: len(desk.all(BrokerSnapshot)) == 2)
        (listed,) = desk.last(BrokerSnapshot).open_orders
        assert listed.status is OrderStatus.WORKING
        broker.cancel("t1.E")
        await gateway.until(lambda: gateway.messages(4))


async def test_account_and_news_are_asked_for_again_after_a_reconnect(gateway: Gateway) -> None:
    """After the nightly restart the money on the screen stands still and no headline ever comes again."""
    gateway.replies[85] = lambda fields: gateway.send(85, 1, "DJ-N", "Dow Jones")
    broker = tws_broker(gateway.port)
    broker.follow_news()
    async with running(broker) as desk:
        await desk.operational()
        await gateway.until(lambda: gateway.messages(85))
        for times in (2, 3):
            gateway.drop()
            await desk.operational(times)
            await gateway.until(lambda wanted=times: len(gateway.messages(85)) == wanted)
            assert len(gateway.messages(6)) == times
            gateway.send(6, 2, "NetLiquidation", f"{times}0000.00", "AUD", ACCOUNT)
            await desk.until(lambda: desk.all(AccountReport))
            assert desk.last(AccountReport).equity == times * 10_000
            desk.events[:] = [event for event in desk.events if not isinstance(event, AccountReport)]


# ---- the time of an execution -------------------------------------------------------------------

SYDNEY = ZoneInfo("Australia/Sydney")
NOW = datetime(2026, 11, 20, 15, 0, tzinfo=SYDNEY).timestamp()
TEN_PAST = datetime(2026, 11, 20, 10, 10, tzinfo=SYDNEY).timestamp()


@pytest.mark.parametrize("host", ["Australia/Sydney", "America/New_York", "UTC"])
@pytest.mark.parametrize(
    "text",
    [
        "20261119-23:10:00",
        "20261120 10:10:00 Australia/Sydney",
        "20261119 18:10:00 America/New_York",
        "20261120  10:10:00",
        "20261120 10:10:00 AEDT",
        "20261120 10:10:00 Australian Eastern Daylight Time",
    ],
)
async def test_an_execution_is_not_hours_off_whatever_zone_it_is_written_in(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch, host: str, text: str
) -> None:
    """A fill of this morning counts as tomorrow's: the wrong day of the exit plan, and a pause of ten hours."""
    monkeypatch.setenv("TZ", host)
    time.tzset()
    try:
        gateway.time = lambda: NOW
        gateway.executions = [execution(1, "t1.E", "0001", time=text)]
        broker = tws_broker(gateway.port)
        async with running(broker) as desk:
            await desk.operational()
            gateway.send(11, -1, *execution(1, "t1.E", "0002", time=text))
            await desk.until(lambda: desk.all(Fill))
            fills = [*desk.last(BrokerSnapshot).fills, desk.last(Fill)]
        assert [(fill.exec_id, fill.ts) for fill in fills] == [("0001", TEN_PAST), ("0002", TEN_PAST)]
    finally:
        monkeypatch.undo()
        time.tzset()


@settings(max_examples=40)
@given(st.text(max_size=40) | st.from_regex(r"\d{8}[ -]{1,2}\d\d:\d\d:\d\d( \w{1,9})?", fullmatch=True))
def test_no_execution_is_lost_for_its_time_nor_lies_in_the_future(text: str) -> None:
    """A fill with an odd time is thrown away by the decoder, and the shares are nobody's."""
    assert execution_time(text, SYDNEY, NOW) <= NOW + 60.0 or text.isdigit()
