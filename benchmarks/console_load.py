"""The console under load against a bare Textual DataTable, in one run.

A link server publishes SYMBOLS candidates RATE times a second to the program in a pseudo-terminal. Printed for both:
cold start to first paint, idle CPU, resident memory, CPU and bytes to the terminal under load, and the time from a key
written to the terminal until the order that it asks for leaves the desk (durable journal write included).

Usage: python benchmarks/console_load.py [SECONDS]      (--table: be the DataTable program, for this script itself)
"""

import asyncio
import fcntl
import os
import pty
import signal
import struct
import subprocess
import sys
import tempfile
import termios
import time
from datetime import date
from decimal import Decimal
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

SYMBOLS, RATE = 100, 20
COLUMNS, LINES = 200, 60
TICKS = os.sysconf("SC_CLK_TCK")
KEYS_EVERY = 0.1


# ---- the yardstick: what one would write first ------------------------------------------------------


def be_table(socket):
    from textual.app import App
    from textual.widgets import DataTable

    from skim_tui.link.client import SocketLink
    from skim_tui.link.commands import Resume

    fields = ("symbol", "gap_pct", "last", "bid", "ask", "volume", "or_high", "state")

    class Bare(App):
        BINDINGS = [("R", "resume", "resume")]

        def compose(self):
            yield DataTable()

        async def on_mount(self):
            self.link = SocketLink(Path(socket), who="table")
            self.query_one(DataTable).add_columns(*((name, name) for name in fields))
            await self.link.attach(self.take, lambda reason: self.exit())

        def take(self, delta):
            table = self.query_one(DataTable)
            for key, row in delta.upserts.get("candidates", {}).items():
                if key not in table.rows:
                    table.add_row(*(str(getattr(row, name)) for name in fields), key=key)
                else:
                    for name in fields:
                        table.update_cell(key, name, str(getattr(row, name)))

        async def action_resume(self):
            await self.link.send(Resume())

    Bare().run()


def be_console(socket):
    from skim_tui.console.app import SkimApp
    from skim_tui.link.client import SocketLink

    SkimApp(SocketLink(Path(socket), who="console"), bell=False).run()


# ---- the bench ----------------------------------------------------------------------------------------


class Desk:
    """A link server whose every Resume sends an order through a real journal."""

    def __init__(self, folder):
        from skim_tui.calendar_source import calendar
        from skim_tui.config import Config
        from skim_tui.desk.engine import Desk as Engine
        from skim_tui.exchange import synthetic
        from skim_tui.exchange.core import Exchange
        from skim_tui.exchange.direct import DirectBroker
        from skim_tui.journal import Journal
        from skim_tui.link.server import LinkServer

        bench = self

        class Counting(DirectBroker):
            def place_order(self, order):
                bench.left.append(time.perf_counter())

        tape = synthetic.generate(1)
        days = calendar("XASX", today=date(2026, 6, 1))
        exchange = Exchange(tape, days, start=days.day(tape.dates[0]).open + 720, speed=1.0)
        self.left = []
        broker = Counting(exchange)
        self.engine = Engine(Config(), broker, Journal.open(folder / "j.db"), days)
        broker.connect(self.engine.handle)
        self.socket = folder / "s.sock"
        self.server = LinkServer(self.socket, self.command)
        self.number = 0

    def command(self, command, who):
        from skim_tui.domain.orders import OrderSpec, OrderType, Side, Tif
        from skim_tui.link.commands import Resume

        if not isinstance(command, Resume):
            return True, ""
        self.number += 1
        ref = f"bench-{self.number}.X1"
        self.engine.orders.send(
            OrderSpec(ref, "BHP", Side.SELL, OrderType.LIMIT, 1, Tif.DAY, limit_price=Decimal("10.00")), "bench", ""
        )
        return True, "sent"

    def publish(self, number):
        from skim_tui.link.account import HeaderView
        from skim_tui.link.market import CandidateView

        now = 1_790_000_000.0 + number / RATE
        header = HeaderView(market="XASX", tz="Australia/Sydney", now=now, connection="OPERATIONAL", phase="OPEN", simulated=True)  # fmt: skip
        self.server.publish("header", "", header)
        for index in range(SYMBOLS):
            price = 10.0 + index / 10 + (number * (index % 7 + 1)) % 13 / 100
            self.server.publish(
                "candidates", f"S{index:03}",
                CandidateView(
                    symbol=f"S{index:03}", rank=index + 1, state="ready", gap_pct=3.0 + index / 20, last=price,
                    bid=price - 0.01, ask=price, volume=100_000 + number * 100, or_high=price + 0.1, or_low=price - 0.5,
                    prev_close=9.5, open=9.9, rel_volume=1.5, spark=tuple(price + (number + k) % 9 / 50 for k in range(30)),
                ),
            )  # fmt: skip


def cpu(pid):
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def resident(pid):
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0]) / 1024


async def measure(desk, program, marker, seconds):
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", LINES, COLUMNS, 0, 0))
    seen = {"bytes": 0, "text": b""}
    environment = os.environ | {"TERM": "xterm-256color", "COLORTERM": "truecolor", "PYTHONPATH": str(ROOT)}
    begun = time.perf_counter()
    child = subprocess.Popen(
        [sys.executable, __file__, program, str(desk.socket)],
        stdin=slave, stdout=slave, stderr=slave, env=environment, start_new_session=True,
    )  # fmt: skip
    os.close(slave)
    painted = asyncio.Event()
    first = [0.0]

    def read():
        data = os.read(master, 1 << 20)
        seen["bytes"] += len(data)
        if not painted.is_set():
            seen["text"] += data
            if marker in seen["text"]:
                first[0] = time.perf_counter() - begun
                painted.set()

    loop = asyncio.get_running_loop()
    loop.add_reader(master, read)
    await asyncio.wait_for(painted.wait(), 30)
    await asyncio.sleep(2)
    before, counted = cpu(child.pid), seen["bytes"]
    await asyncio.sleep(4)
    idle, idle_bytes = (cpu(child.pid) - before) / 4, (seen["bytes"] - counted) / 4
    number, end = 0, time.perf_counter() + seconds
    latencies, pressed, next_key = [], 0.0, time.perf_counter() + 1
    desk.left.clear()
    before, counted, started = cpu(child.pid), seen["bytes"], time.perf_counter()
    due = started
    while time.perf_counter() < end:
        desk.publish(number)
        number += 1
        due += 1 / RATE
        while (wait := due - time.perf_counter()) > 0:
            await asyncio.sleep(min(wait, 0.005))
            if desk.left and pressed:
                latencies.append((desk.left[0] - pressed) * 1000)
                desk.left.clear()
                pressed = 0.0
            if not pressed and time.perf_counter() >= next_key:
                next_key = time.perf_counter() + KEYS_EVERY
                pressed = time.perf_counter()
                os.write(master, b"R")
    spent = time.perf_counter() - started
    latencies.sort()
    result = {
        "first paint ms": first[0] * 1000,
        "idle CPU %": idle * 100,
        "idle B/s": idle_bytes,
        "resident MB": resident(child.pid),
        "load CPU %": (cpu(child.pid) - before) / spent * 100,
        "load kB/s to the terminal": (seen["bytes"] - counted) / spent / 1000,
        "key to order p50 ms": latencies[len(latencies) // 2] if latencies else float("nan"),
        "key to order p99 ms": latencies[int(len(latencies) * 0.99)] if latencies else float("nan"),
        "keys": len(latencies),
    }
    loop.remove_reader(master)
    os.killpg(child.pid, signal.SIGKILL)
    child.wait()
    os.close(master)
    return result


async def main(seconds):
    folder = Path(tempfile.mkdtemp())
    desk = Desk(folder)
    await desk.server.start()
    desk.publish(0)
    print(f"{SYMBOLS} symbols x {RATE} updates/s, terminal {COLUMNS}x{LINES}, {seconds:g} s each")
    console = await measure(desk, "--console", b"Candidates", seconds)
    table = await measure(desk, "--table", b"S00", seconds)
    await desk.server.stop()
    print(f"{'':28}{'console':>12}{'DataTable':>12}{'ratio':>8}")
    for name, value in console.items():
        other = table[name]
        print(f"{name:28}{value:12.1f}{other:12.1f}{value / other if other else float('nan'):8.2f}")


if __name__ == "__main__":
    if len(sys.argv) > 1 and sys.argv[1] == "--table":
        be_table(sys.argv[2])
    elif len(sys.argv) > 1 and sys.argv[1] == "--console":
        be_console(sys.argv[2])
    else:
        asyncio.run(main(float(sys.argv[1]) if len(sys.argv) > 1 else 15.0))
