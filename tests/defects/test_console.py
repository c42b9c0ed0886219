"""Keys that count twice, too late, or after nobody was looking."""

import asyncio
import time

import pytest

from skim_tui.link.commands import Approve, AskWhyNot, CancelAll, ClosePosition, Enter, Kill, Resume, SetAuto
from skim_tui.link.framing import decode_down, frame, read_frame
from skim_tui.link.messages import VERSION, Attach, Reply, Up
from skim_tui.link.server import LATE, late
from skim_tui.link.trading import Draft
from tests.desk.scripted import Script
from tests.link.test_link import server as server

OPENING = (Approve("T-1"), Enter(Draft("BHP", 100)), Resume(), SetAuto(True))
CLOSING = (ClosePosition("BHP"), Kill(close_all=True), CancelAll(), SetAuto(False), AskWhyNot())


async def answer(server, command, waited):
    """The desk's answer to a command that was ``waited`` seconds on its way."""
    reader, writer = await asyncio.open_unix_connection(str(server.path))
    writer.write(frame(Attach(version=VERSION, who="test")))
    writer.write(frame(Up(id=1, command=command, at=time.monotonic() - waited if waited is not None else 0.0)))
    while True:
        said = decode_down(await read_frame(reader))
        if isinstance(said, Reply):
            writer.close()
            return said


@pytest.mark.parametrize("command", OPENING, ids=lambda command: type(command).__name__)
async def test_a_key_pressed_while_the_desk_hung_does_not_buy_when_it_wakes(server, command):
    """The trader is told that the desk does not answer, walks away, and it buys half a minute later."""
    reply = await answer(server, command, LATE + 30)
    assert not reply.ok and "late" in reply.text and server.said == []
    reply = await answer(server, command, 0.5)
    assert reply.ok and [said for said, _ in server.said] == [command]


@pytest.mark.parametrize("command", CLOSING, ids=lambda command: type(command).__name__)
async def test_a_key_that_closes_counts_however_late_it_comes(server, command):
    """The one key that should get the trader out is thrown away because the desk was slow."""
    assert (await answer(server, command, LATE + 30)).ok and server.said


def test_a_console_that_does_not_say_when_is_believed():
    """A console of the version before could send nothing any more."""
    assert late(Up(id=1, command=OPENING[0])) is None


def test_a_ticket_nobody_decided_is_gone_when_the_console_comes_back():
    """The trader attaches again and everything that piled up is sent at once."""
    script = Script()
    tickets = [script.propose(f"4567-260303-{symbol}-1") for symbol in ("BHP", "CBA", "WES")]
    script.wait(script.desk.context.config.breakout.ticket_seconds + 1)
    script.market()
    assert [script.desk.approvals.approve(ticket, "console")[0] for ticket in tickets] == [False] * 3
    assert script.placed() == [] and {script.desk.tickets.entries[one].state for one in tickets} == {"expired"}


def test_selling_all_while_the_desk_goes_on_buying_is_impossible():
    """The emergency key sells, and the strategy buys it all back."""
    script = Script()
    script.enter()
    waiting = script.propose("4567-260303-CBA-1")
    script.desk.operator.kill("test", close_all=True)
    script.market(symbol="WES")
    for ticket in (waiting, script.propose("4567-260303-WES-1")):
        assert not script.desk.approvals.approve(ticket, "test")[0]
    assert not script.desk.operator.set_auto(True, "test")[0]
    script.fill("4567-260303-BHP-1.X1", 100)
    script.wait(10)
    assert len(script.placed("E")) == 1 and not script.desk.books.positions
