"""Each fault of the door, seen from the client's side of the socket."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from skim_tui.domain.market import Bar, DailyBar
from skim_tui.domain.session import ASX, TradingCalendar
from skim_tui.exchange.core import Exchange
from skim_tui.exchange.faults import KINDS, Fault, FaultError, Faults, read_faults
from skim_tui.exchange.mishaps import Mishaps
from skim_tui.exchange.tape import Tape
from skim_tui.exchange.tws.limits import Limits
from skim_tui.exchange.tws.server import TwsDoor

from .rawclient import RawClient

DAY = date(2026, 3, 3)
OPEN = datetime(2026, 3, 3, 10, 0, tzinfo=ZoneInfo("Australia/Sydney")).timestamp()
SPEED = 60.0


def tape() -> Tape:
    """BHP trades between 10.00 and 10.10 all day."""
    tape = Tape("test", ASX, "AUD", "Australia/Sydney", (DAY,))
    tape.daily["BHP"] = [DailyBar("BHP", DAY - timedelta(days=1), 10.0, 10.0, 10.0, 10.0, 1_000_000)]
    tape.bars[DAY] = [Bar("BHP", OPEN + 60 * minute, 10.0, 10.1, 10.0, 10.05, 60_000) for minute in range(300)]
    return tape


@dataclass
class Floor:
    exchange: Exchange
    faults: Faults
    door: TwsDoor
    port: int
    clients: list[RawClient] = field(default_factory=list)

    async def connect(self, client_id: int = 1) -> RawClient:
        client = await RawClient.connect(self.port, client_id)
        self.clients.append(client)
        return client


async def opened(plan: tuple[Fault, ...] = (), limits: Limits | None = None) -> AsyncGenerator[Floor, None]:
    calendar = TradingCalendar(ASX, [DAY + timedelta(days=offset) for offset in (-1, 0, 1)])
    exchange = Exchange(tape(), calendar, start=OPEN + 600.0, speed=SPEED)
    faults = Faults(plan, now=exchange.now, day=exchange.day)
    Mishaps(exchange, faults)
    door = TwsDoor(exchange, faults=faults, limits=limits)
    _, port = await door.start()
    tasks = [asyncio.create_task(exchange.run(linger=True)), asyncio.create_task(faults.run())]
    floor = Floor(exchange, faults, door, port)
    try:
        yield floor
    finally:
        for client in floor.clients:
            await client.close()
        await door.stop()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


@pytest.fixture
async def floor() -> AsyncGenerator[Floor, None]:
    async for floor in opened():
        yield floor


async def test_a_drop_closes_at_the_nth_message() -> None:
    async for floor in opened((Fault("drop", message=9),)):
        client = await floor.connect()
        client.watch(1, "BHP")
        await asyncio.wait_for(client.closed.wait(), 5.0)
        assert len(client.frames) == 9
        await floor.connect()


async def test_a_drop_closes_at_its_time() -> None:
    async for floor in opened((Fault("drop", at="10:10:30", client=1),)):
        first, second = await floor.connect(1), await floor.connect(2)
        await asyncio.wait_for(first.closed.wait(), 5.0)
        await second.sync()


async def test_a_half_open_socket_is_silent_and_then_reset(floor: Floor) -> None:
    client = await floor.connect()
    floor.faults.start(Fault("half_open", seconds=30.0))
    client.send(49, 1)
    await asyncio.sleep(0.2)
    assert not client.of(49) and not client.closed.is_set()
    await asyncio.wait_for(client.closed.wait(), 5.0)


async def test_a_truncated_frame_ends_the_connection(floor: Floor) -> None:
    client = await floor.connect()
    before = len(client.frames)
    floor.faults.start(Fault("truncate"))
    await asyncio.wait_for(client.closed.wait(), 5.0)
    assert len(client.frames) == before


async def test_garbage_and_unknown_messages_arrive_and_life_goes_on(floor: Floor) -> None:
    client = await floor.connect()
    floor.faults.start(Fault("garbage"))
    floor.faults.start(Fault("unknown_message"))
    await client.expect(999)
    await client.sync()


async def test_slow_reads_delay_answers(floor: Floor) -> None:
    client = await floor.connect()
    floor.faults.start(Fault("slow", delay=0.3, count=1))
    started = asyncio.get_running_loop().time()
    await client.sync()
    assert asyncio.get_running_loop().time() - started >= 0.3


async def test_the_daily_restart_loses_the_last_orders_and_gives_their_ids_out_again(floor: Floor) -> None:
    client = await floor.connect()
    kept = client.order("BHP", "BUY", 100, limit="9.90")
    await client.status(kept, "Submitted")
    floor.faults.start(Fault("restart", seconds=30.0))
    lost = client.order("BHP", "BUY", 100, limit="9.80")
    await asyncio.wait_for(client.closed.wait(), 5.0)
    with pytest.raises(ConnectionError):
        await RawClient.connect(floor.port, 1)
    async with asyncio.timeout(5.0):
        while True:
            try:
                again = await floor.connect(1)
                break
            except ConnectionError:
                await asyncio.sleep(0.05)
    assert again.next_id == lost
    assert [frame[1] for frame in again.of(5)] == [str(kept)]


@pytest.mark.parametrize(("data_lost", "code"), [(False, 1102), (True, 1101)])
async def test_lost_connectivity_holds_orders_and_ticks(floor: Floor, data_lost: bool, code: int) -> None:
    client = await floor.connect()
    client.watch(1, "BHP")
    await client.expect(1)
    floor.faults.start(Fault("connectivity", seconds=30.0, data_lost=data_lost))
    await client.error(1100)
    ticks = len(client.of(1))
    order = client.order("BHP", "BUY", 100, limit="9.90")
    await asyncio.sleep(0.2)
    assert len(client.of(1)) == ticks and not client.of(3)
    await client.error(code)
    await client.status(order, "Submitted")
    after = len(client.of(1))
    await asyncio.sleep(0.4)
    assert (len(client.of(1)) == after) is data_lost


async def test_a_broken_farm_and_a_competing_session_stop_the_ticks(floor: Floor) -> None:
    client = await floor.connect()
    client.watch(7, "BHP")
    await client.expect(1)
    floor.faults.start(Fault("farm", seconds=20.0))
    await client.error(2103)
    ticks = len(client.of(1))
    await asyncio.sleep(0.2)
    assert len(client.of(1)) == ticks
    floor.faults.start(Fault("competing"))
    await client.error(10197)
    assert (7, 10197) in client.errors()


async def test_a_silent_feed_accepts_the_subscription(floor: Floor) -> None:
    client = await floor.connect()
    floor.faults.start(Fault("silent", symbol="BHP"))
    client.watch(1, "BHP")
    await client.sync()
    await asyncio.sleep(0.3)
    assert client.of(81) and not client.of(1) and not client.of(2)


async def test_a_vanished_order_is_never_heard_of(floor: Floor) -> None:
    client = await floor.connect()
    floor.faults.start(Fault("vanish", count=1, type="LMT"))
    lost = client.order("BHP", "BUY", 100, limit="9.90")
    kept = client.order("BHP", "BUY", 100, limit="9.80")
    await client.status(kept, "Submitted")
    assert [order.order_id for order in floor.exchange.orders.values()] == [kept]
    assert all(frame[1] != str(lost) for frame in client.of(3))


async def test_the_fault_begins_with_the_nth_order() -> None:
    async for floor in opened((Fault("drop", order=2),)):
        client = await floor.connect()
        client.order("BHP", "BUY", 100, limit="9.90")
        client.order("BHP", "BUY", 100, limit="9.90")
        await asyncio.wait_for(client.closed.wait(), 5.0)


async def test_an_information_leaves_the_order_live(floor: Floor) -> None:
    client = await floor.connect()
    floor.faults.start(Fault("inform", code=10349, text="Order TIF was set to DAY based on order preset.", count=1))
    order = client.order("BHP", "BUY", 100, limit="9.90")
    await client.error(10349)
    assert (order, 10349) in client.errors()
    assert [order.status for order in floor.exchange.orders.values()] == ["Submitted"]


async def test_statuses_may_be_missing_late_or_out_of_order(floor: Floor) -> None:
    client = await floor.connect()
    floor.faults.start(Fault("no_status", seconds=20.0))
    silent = client.order("BHP", "BUY", 100, "MKT")
    await client.expect(11, lambda frame: frame[2] == str(silent))
    assert not client.of(3)
    floor.faults.end_all()
    floor.faults.start(Fault("late_status", delay=0.2, seconds=60.0))
    late = client.order("BHP", "BUY", 100, limit="9.90")
    await client.expect(5, lambda frame: frame[1] == str(late))
    assert not any(frame[1] == str(late) for frame in client.of(3))
    await client.status(late, "Submitted")
    floor.faults.end_all()
    floor.faults.start(Fault("reorder", seconds=60.0))
    swapped = client.order("BHP", "BUY", 100, "MKT")
    await client.status(swapped, "Filled")
    execution = next(frame for frame in client.of(11) if frame[2] == str(swapped))
    fees = next(frame for frame in client.of(59) if frame[2] == execution[14])
    assert client.frames.index(fees) < client.frames.index(execution)


async def test_executions_may_come_twice_and_fees_never(floor: Floor) -> None:
    client = await floor.connect()
    floor.faults.start(Fault("duplicate_executions", count=1))
    floor.faults.start(Fault("lost_commission", count=1))
    client.order("BHP", "BUY", 100, "MKT")
    await client.expect(11)
    await client.sync()
    told = client.of(11)
    assert len(told) == 2 and told[0] == told[1]
    assert not client.of(59)


async def test_the_end_of_executions_may_never_come(floor: Floor) -> None:
    client = await floor.connect()
    floor.faults.start(Fault("no_execution_end", count=1))
    client.send(7, 3, 1, 0, "", "", "", "", "", "")
    await client.sync()
    assert not client.of(55)
    client.send(7, 3, 2, 0, "", "", "", "", "", "")
    assert (await client.expect(55))[2] == "2"


async def test_a_pacing_violation_refuses_one_history(floor: Floor) -> None:
    client = await floor.connect()
    floor.faults.start(Fault("pacing", count=1))
    contract = [0, "BHP", "STK", "", 0, "", "", "SMART", "", "AUD", "", ""]
    for request in (1, 2):
        client.send(20, request, *contract, 0, "", "1 min", "1 D", 1, "TRADES", 2, 0, "")
    await client.expect(17, lambda frame: frame[1] == "2")
    assert client.errors()[-1] == (1, 162)


async def test_orders_are_refused_by_rule(floor: Floor) -> None:
    client = await floor.connect()
    floor.faults.start(Fault("reject", type="STP", count=1, code=201, text="Order rejected - reason:no stops today"))
    client.order("BHP", "BUY", 100, "MKT")
    await client.expect(11)
    first = client.order("BHP", "SELL", 100, "STP", stop="9.50", tif="GTC")
    await client.error(201)
    assert (first, 201) in client.errors()
    second = client.order("BHP", "SELL", 100, "STP", stop="9.50", tif="GTC")
    await client.status(second, "PreSubmitted")


async def test_the_broker_cancels_a_stop_by_itself(floor: Floor) -> None:
    client = await floor.connect()
    client.order("BHP", "BUY", 100, "MKT")
    await client.expect(11)
    resting = client.order("BHP", "BUY", 100, limit="9.90")
    stop = client.order("BHP", "SELL", 100, "STP", stop="9.50", tif="GTC")
    await client.status(stop, "PreSubmitted")
    floor.faults.start(Fault("cancel", type="STP"))
    await client.status(stop, "Cancelled")
    await client.error(202)
    assert (stop, 202) in client.errors()
    assert all(frame[2] != "Cancelled" for frame in client.of(3) if frame[1] == str(resting))


async def test_a_fill_stalls_after_a_part(floor: Floor) -> None:
    client = await floor.connect()
    floor.faults.start(Fault("stall", share=0.25, seconds=30.0))
    order = client.order("BHP", "BUY", 400, "MKT")
    await client.expect(3, lambda frame: frame[1] == str(order) and frame[3] == "100")
    await asyncio.sleep(0.2)
    assert all(frame[3] in ("0", "100") for frame in client.of(3))
    await client.status(order, "Filled")


async def test_a_halt_is_told_and_holds_orders_until_it_ends(floor: Floor) -> None:
    client = await floor.connect()
    client.watch(1, "BHP")
    await client.expect(1)
    floor.faults.start(Fault("halt", symbol="BHP", seconds=60.0))
    await client.expect(45, lambda frame: frame[3] == "49" and float(frame[4]) > 0)
    order = client.order("BHP", "BUY", 100, "MKT")
    await asyncio.sleep(0.3)
    assert not client.of(11)
    await client.status(order, "Filled", 10.0)


@pytest.mark.parametrize("kind", ["stale", "crossed", "locked", "zero"])
async def test_quotes_can_be_wrong(floor: Floor, kind: str) -> None:
    client = await floor.connect()
    floor.faults.start(Fault(kind, symbol="BHP"))
    client.watch(1, "BHP")
    await asyncio.sleep(0.7)
    bids = [float(frame[4]) for frame in client.of(1) if frame[3] == "1"]
    asks = [float(frame[4]) for frame in client.of(1) if frame[3] == "2"]
    if kind == "stale":
        assert len(bids) <= 1
    elif kind == "crossed":
        assert bids[-1] > asks[-1]
    elif kind == "locked":
        assert bids[-1] == asks[-1] > 0
    else:
        assert bids[-1] == asks[-1] == 0


async def test_the_limits_of_a_gateway() -> None:
    limits = Limits(messages_per_second=20, lines=2)
    async for floor in opened(limits=limits):
        client = await floor.connect()
        for request in (1, 2, 3):
            client.watch(request, "BHP")
        await client.error(101)
        assert (3, 101) in client.errors()
        for _ in range(100):
            client.send(49, 1)
        await asyncio.wait_for(client.closed.wait(), 5.0)
        assert client.errors().count((-1, 100)) == 3


async def test_small_bars_are_paced() -> None:
    async for floor in opened(limits=Limits()):
        client = await floor.connect()
        contract = [0, "BHP", "STK", "", 0, "", "", "SMART", "", "AUD", "", ""]
        for request in (1, 2):
            client.send(20, request, *contract, 0, "", "5 secs", "60 S", 1, "TRADES", 2, 0, "")
        await client.error(162)
        assert (2, 162) in client.errors()


def test_a_fault_file_names_what_is_wrong_and_where(tmp_path: Path) -> None:
    path = tmp_path / "faults.toml"
    path.write_text('[[fault]]\nkind = "drop"\nat = "10:31"\n\n[[fault]]\nkind = "silent"\nseconds = 30\n')
    first, second = read_faults(path)
    assert (first.kind, first.at, second.seconds) == ("drop", "10:31", 30.0)
    for text, named in (
        ('[[fault]]\nkind = "dorp"', "fault 1: kind 'dorp' is unknown"),
        ('[[fault]]\nkind = "drop"\n[[fault]]\nat = "10:00"', "fault 2: kind is missing"),
        ('[[fault]]\nkind = "drop"\nwhen = 3', "when is not a field"),
        ('[[fault]]\nkind = "drop"\nat = "25:00"', "'25:00' is no time"),
        ('[[fault]]\nkind = "drop"\nat = "10:00"\nafter = 3', "only one of"),
        ('[[fault]]\nkind = "drop"\ncount = true', "count = True is not a int"),
        ('[[fault]]\nkind = "halt"', "seconds is missing"),
        ("[fault]\nkind = 3", "only [[fault]] tables"),
        ("nonsense", "faults.toml"),
    ):
        path.write_text(text)
        with pytest.raises(FaultError) as caught:
            read_faults(path)
        assert named in str(caught.value)


def test_every_kind_is_told_in_the_documents() -> None:
    page = (Path(__file__).parents[2] / "docs" / "FAULTS.md").read_text()
    assert [kind for kind in KINDS if f"`{kind}`" not in page] == []
