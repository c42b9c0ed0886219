"""S7 and S8 for the process: signals, a suspended desk, a dead desk, ``skim flatten`` with nobody there."""

import asyncio
import os
import signal

from skim_tui.journal import Journal
from skim_tui.link.commands import SelfTest
from tests.system.processes import end, start, wait_for
from tests.system.test_two_processes import enter, market

__all__ = ["market"]


def log(data_dir):
    return (data_dir / "logs" / "desk.log").read_text()


async def test_a_desk_survives_its_terminal_and_a_suspension_and_ends_in_order(market):
    data_dir, port = market
    desk, watcher, _ = await enter(data_dir, port)
    try:
        os.kill(desk.pid, signal.SIGHUP)
        wait_for(lambda: "terminal gone" in log(data_dir), 10)
        os.kill(desk.pid, signal.SIGSTOP)
        await asyncio.sleep(6.0)
        os.kill(desk.pid, signal.SIGCONT)
        wait_for(lambda: "the desk did not run for" in log(data_dir), 10)
        header = await watcher.until(lambda rows: rows["header"][""].connection == "OPERATIONAL" and rows["header"][""])
        assert not header.auto
        assert next(row for row in watcher.rows["positions"].values() if row.quantity).protected
        await watcher.link.close()
        os.kill(desk.pid, signal.SIGTERM)
        assert desk.wait(10) == 0 and "desk stopping: SIGTERM" in log(data_dir)
    finally:
        end(desk)


async def test_flatten_works_with_console_and_desk_dead_and_is_idempotent(market):
    data_dir, port = market
    desk, watcher, position = await enter(data_dir, port)
    await watcher.link.close()
    os.kill(desk.pid, signal.SIGKILL)
    desk.wait()
    try:
        asked = ["flatten", "--broker", "tws", "--port", str(port), "--data-dir", str(data_dir)]
        first = start(data_dir, *asked)
        said, _ = first.communicate(timeout=60)
        assert first.returncode == 0, said
        assert "starting one to flatten with" in said and "flat: no position" in said
        again = start(data_dir, *asked)
        said, _ = again.communicate(timeout=60)
        assert again.returncode == 0 and "starting one" not in said and "flat: no position" in said, said
    finally:
        pid = int((data_dir / "desk.lock").read_text())
        os.kill(pid, signal.SIGINT)
        os.kill(pid, signal.SIGINT)
        wait_for(lambda: not alive(pid), 10)
    journal = Journal.open(data_dir / "journal.db")
    (account,) = journal.accounts()
    assert [row.state for row in journal.positions(account)] == ["closed"]
    exits = [row for row in journal.orders(account) if row.leg.startswith("X")]
    assert (
        sum(row.filled for row in exits) + sum(row.filled for row in journal.orders(account) if row.leg.startswith("S"))
        == position.quantity
    )
    journal.close()


def alive(pid):
    """Whether a process that is not our child runs: gone, or a zombie that nobody waits for, it does not."""
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rpartition(") ")[2][0] != "Z"
    except OSError:
        return False


async def test_the_self_test_is_run_from_a_console_beside_a_desk_that_goes_on(market):
    data_dir, port = market
    desk, watcher, before = await enter(data_dir, port)
    try:
        reply = await watcher.link.send(SelfTest())
        assert reply.ok, reply.text
        again = await watcher.link.send(SelfTest())
        assert not again.ok and "running already" in again.text
        crash = await watcher.until(
            lambda rows: next((row for row in rows.get("selftest", {}).values() if row.name.startswith("crash")), None)
        )
        assert crash.ok, crash.text
        after = watcher.rows["positions"].get(before.symbol)
        assert after is None or after.stop_perm_id == before.stop_perm_id, "the trial has its own exchange"
        await watcher.link.close()
    finally:
        end(desk)
    assert desk.returncode == 0, "a self-test that runs does not hold the end up"
