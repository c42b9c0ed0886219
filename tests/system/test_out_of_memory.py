"""S8 for memory: a desk that gets no more of it ends at once and says so, and the next one finds everything."""

import asyncio
import contextlib
import resource
import socket

import pytest

from skim_tui.paths import Paths
from tests.system.processes import end, start
from tests.system.test_two_processes import Watcher, enter, market, protected

__all__ = ["market"]


@pytest.mark.skipif(not hasattr(resource, "prlimit"), reason="only Linux can take memory from a running process")
async def test_a_desk_without_memory_ends_at_once_and_its_stop_rests(market):
    data_dir, port = market
    desk, watcher, before = await enter(data_dir, port)
    try:
        resource.prlimit(desk.pid, resource.RLIMIT_AS, (1 << 20, 1 << 20))
        big = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        big.settimeout(5.0)
        with big, contextlib.suppress(OSError):  # a frame of legal length, for which there is no room
            big.connect(str(Paths.of(data_dir).socket))
            big.sendall((7_000_000).to_bytes(4, "big") + bytes(7_000_000))
        await asyncio.to_thread(desk.wait, 20)
        said = desk.stdout.read()
        assert desk.returncode == 1 and "out of memory" in said and len(said.strip().splitlines()) == 1, said
        assert "Stops rest at the broker" in (data_dir / "logs" / "desk.log").read_text()
        await watcher.link.close()
    finally:
        end(desk)

    desk = start(data_dir, "desk", "--broker", "tws", "--port", str(port), "--data-dir", str(data_dir))
    try:
        again = Watcher(Paths.of(data_dir).socket)
        await again.attach()
        after = await again.until(protected)
        assert (after.quantity, after.entry, after.stop_perm_id) == (
            before.quantity, before.entry, before.stop_perm_id
        )  # fmt: skip
        assert again.rows["header"][""].mismatches == ()
        await again.link.close()
    finally:
        end(desk)
