"""Tick-to-order latency of a desk under load, before and while a console's terminal stops reading.

Runs the desk with a real link socket, real journal (synchronous FULL) and the in-process exchange door;
a stalled console is a client of the link that attached and never reads. Prints p50 and p99 of both, and
their ratio in this one run. Usage: python benchmarks/stalled_console.py [SECONDS]
"""

import asyncio
import sys
import tempfile
import time
from datetime import date
from decimal import Decimal
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from skim_tui.calendar_source import calendar
from skim_tui.config import Config
from skim_tui.desk.engine import Desk
from skim_tui.desk.telling.publisher import Publisher
from skim_tui.domain.market import Quote, Trade
from skim_tui.domain.orders import OrderSpec, OrderType, Side, Tif
from skim_tui.exchange import synthetic
from skim_tui.exchange.core import Exchange
from skim_tui.exchange.direct import DirectBroker
from skim_tui.journal import Journal
from skim_tui.link.framing import frame
from skim_tui.link.messages import VERSION, Attach
from skim_tui.link.server import LinkServer

SYMBOLS = 40
ROUND = 0.05


class Counting(DirectBroker):
    """Notes when an order's bytes would leave."""

    left = 0.0

    def place_order(self, order):
        self.left = time.perf_counter()


async def measure(desk, broker, publisher, seconds, run):
    """Feed every symbol 20 ticks a second; every round one tick causes an order."""
    latencies, number = [], 0
    symbols = list(desk.watchlist.symbols)
    until = time.perf_counter() + seconds
    while time.perf_counter() < until:
        number += 1
        for symbol in symbols:
            price = 10.0 + number % 7 / 100
            desk.handle(Quote(symbol, broker.now(), price, 100, price + 0.01, 100))
            arrived = time.perf_counter()
            desk.handle(Trade(symbol, broker.now(), price, 100, number * 100))
            if symbol is symbols[0]:
                ref = f"bench-{run}-{number}.X1"
                desk.orders.send(
                    OrderSpec(ref, symbol, Side.SELL, OrderType.LIMIT, 1, Tif.DAY, limit_price=Decimal("10.00")),
                    "bench",
                    "",
                )
                latencies.append((broker.left - arrived) * 1000)
        if number % 2 == 0:
            publisher.publish()
        await asyncio.sleep(ROUND)
    latencies.sort()
    return latencies[len(latencies) // 2], latencies[int(len(latencies) * 0.99)], len(latencies)


async def main(seconds):
    folder = Path(tempfile.mkdtemp())
    tape = synthetic.generate(1)
    days = calendar("XASX", today=date(2026, 6, 1))
    exchange = Exchange(tape, days, start=days.day(tape.dates[0]).open + 720, speed=1.0)
    broker = Counting(exchange)
    desk = Desk(Config(), broker, Journal.open(folder / "j.db"), days)
    broker.connect(desk.handle)
    for symbol in list(exchange.instruments)[:SYMBOLS]:
        desk.watchlist.follow(symbol)
    server = LinkServer(folder / "s.sock", lambda command, who: (True, ""))
    await server.start()
    publisher = Publisher(desk, server)
    reader, writer = await asyncio.open_unix_connection(str(folder / "s.sock"))
    writer.write(frame(Attach(version=VERSION)))

    async def drain():
        while await reader.read(1 << 20):
            pass

    reading = asyncio.create_task(drain())
    before = await measure(desk, broker, publisher, seconds, "a")
    reading.cancel()
    writer.transport.pause_reading()
    during = await measure(desk, broker, publisher, seconds, "b")
    print(f"tick to order, console reading : p50 {before[0]:.2f} ms  p99 {before[1]:.2f} ms  ({before[2]} orders)")
    print(f"tick to order, console stalled : p50 {during[0]:.2f} ms  p99 {during[1]:.2f} ms  ({during[2]} orders)")
    print(f"ratio stalled to reading       : p50 {during[0] / before[0]:.2f}  p99 {during[1] / before[1]:.2f}")
    writer.close()
    await server.stop()


asyncio.run(main(float(sys.argv[1]) if len(sys.argv) > 1 else 60.0))
