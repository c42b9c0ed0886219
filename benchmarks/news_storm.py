"""A news storm: 10,000 headlines in a minute about 500 shares, most of them told twice or more.

An exchange of its own process sends them over its TWS door; the desk here reads them with the real adapter, tests
them for shocks, publishes to an attached console over the real link, and goes on sending orders. Prints, for the
quiet time before and for the storm: loop lag, the console's answer times, tick-to-order times, and what became of
every headline. Usage: python benchmarks/news_storm.py [HEADLINES] [SECONDS]
"""

import asyncio
import multiprocessing
import random
import sys
import tempfile
import time
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from skim_tui.broker.tws import TwsBroker
from skim_tui.calendar_source import calendar
from skim_tui.config import Config
from skim_tui.desk.engine import Desk
from skim_tui.desk.news.newshealth import news_health
from skim_tui.desk.telling.publisher import Publisher
from skim_tui.domain.events import Connection
from skim_tui.domain.market import Announcement, Bar, DailyBar
from skim_tui.domain.orders import OrderSpec, OrderType, Side, Tif
from skim_tui.exchange.core import Exchange
from skim_tui.exchange.tape import Tape
from skim_tui.exchange.tws.server import TwsDoor
from skim_tui.journal import Journal
from skim_tui.link.client import SocketLink
from skim_tui.link.commands import SelectChart
from skim_tui.link.server import LinkServer

SHARES = 500
SPEED = 30.0
"""Exchange seconds per real second: a window of ten minutes lasts twenty seconds here."""
QUIET = 15.0
DAY = date(2026, 3, 3)
START_MINUTE = 60


def days():
    return calendar("XASX", today=date(2026, 6, 1))


def make_tape():
    """Shares that move a little every minute; on every tenth the price jumps after the storm began."""
    rng = random.Random(7)
    opened = days().day(DAY).open
    tape = Tape("storm", "XASX", "AUD", "Australia/Sydney", (DAY,))
    bars = []
    for number in range(SHARES):
        symbol, price, volume = f"S{number:03d}", round(2 + rng.random() * 30, 2), rng.randint(2_000, 20_000)
        tape.names[symbol] = f"Storm {number}"
        history, day = [], DAY
        while len(history) < 30:
            day -= timedelta(days=1)
            if day.weekday() < 5 and (day.month, day.day) != (1, 26):
                close = round(price * (1 + rng.uniform(-0.01, 0.01)), 2)
                history.append(DailyBar(symbol, day, price, price + 0.05, price - 0.05, close, volume * 360))
        history.reverse()
        tape.daily[symbol] = history
        last, jump = price, START_MINUTE + rng.randint(12, 40) if number % 10 == 0 else 10_000
        for minute in range(180):
            close = round(max(0.5, last + rng.choice((-0.01, 0.0, 0.01))) * (1.04 if minute == jump else 1.0), 2)
            top, bottom = max(last, close) + 0.01, min(last, close) - 0.01
            shares = volume * (15 if jump <= minute < jump + 3 else 1)
            bars.append(Bar(symbol, opened + minute * 60.0, last, round(top, 2), round(bottom, 2), close, shares))
            last = close
    bars.sort(key=lambda bar: (bar.ts, bar.symbol))
    tape.bars[DAY] = bars
    # One headline long ago makes the wire known to the door before the storm.
    tape.announcements.append(
        Announcement("S000", opened - 7200.0, "The wire opens", source="DJ-N", key="DJ-N$0", symbols=("S000",))
    )
    return tape


def serve(ready, begin, headlines, seconds):
    """The exchange's process: its door, its clock, and on a sign the storm."""

    async def run():
        tape = make_tape()
        start = days().day(DAY).open + START_MINUTE * 60.0
        exchange = Exchange(tape, days(), start=start, speed=SPEED)
        door = TwsDoor(exchange)
        _, port = await door.start()
        playing = asyncio.create_task(exchange.run(linger=True))
        ready.put(port)
        while not begin.is_set():
            await asyncio.sleep(0.05)
        rng = random.Random(11)
        sent, began, recent = 0, time.monotonic(), []
        while sent < headlines:
            due = min(headlines, int((time.monotonic() - began) / seconds * headlines) + 1)
            for number in range(sent, due):
                if recent and rng.random() < 0.7:
                    item = rng.choice(recent)
                    if rng.random() < 0.5:
                        item = replace(item, key=f"{item.key}-{number}", headline=f"{item.headline} -2-")
                else:
                    symbol = f"S{rng.randrange(SHARES):03d}"
                    named = (symbol,) if rng.random() < 0.97 else ()
                    text = f"Storm headline {number} about {symbol}" if named else f"Market wrap {number}"
                    item = Announcement(
                        symbol if named else "",
                        exchange.now(),
                        text,
                        source="DJ-N",
                        key=f"DJ-N${number}",
                        symbols=named,
                    )
                    recent = [*recent[-400:], item]
                exchange.publish(item)
            sent = due
            await asyncio.sleep(0.01)
        ready.put(time.monotonic() - began)
        await playing

    asyncio.run(run())


class Meter:
    """Times of one phase, ms."""

    def __init__(self):
        self.lag, self.answers, self.orders = [], [], []

    def told(self, name):
        for what, times in (("loop lag", self.lag), ("console answer", self.answers), ("tick to order", self.orders)):
            ordered = sorted(times)
            print(
                f"{name:6} {what:15} p50 {ordered[len(ordered) // 2]:7.2f} ms   p99 "
                f"{ordered[int(len(ordered) * 0.99)]:7.2f} ms   worst {ordered[-1]:7.2f} ms   ({len(ordered)})"
            )


async def measure(meter, desk, link, over):
    """Until ``over``: how late the loop is, how fast the console is answered, how fast an order leaves."""
    number = 0

    async def beat():
        while not over():
            due = time.perf_counter() + 0.02
            await asyncio.sleep(0.02)
            meter.lag.append(max(0.0, time.perf_counter() - due) * 1000)

    async def ask():
        while not over():
            began = time.perf_counter()
            await link.send(SelectChart("S001"))
            meter.answers.append((time.perf_counter() - began) * 1000)
            await asyncio.sleep(0.05)

    async def order():
        nonlocal number
        while not over():
            number += 1
            due = time.perf_counter() + 0.4
            await asyncio.sleep(0.4)
            # From the moment a tick could have been handled to the order's bytes handed to the socket.
            spec = OrderSpec(
                f"storm-{id(meter)}-{number}.E", "S001", Side.BUY, OrderType.LIMIT, 300, Tif.DAY,
                limit_price=Decimal("2.00"),
            )  # fmt: skip
            desk.orders.send(spec, "benchmark", "")
            meter.orders.append((time.perf_counter() - due) * 1000)
            desk.orders.cancel(spec.ref, "benchmark", "")

    await asyncio.gather(beat(), ask(), order())


async def main(headlines, seconds):
    context = multiprocessing.get_context("spawn")
    ready, begin = context.Queue(), context.Event()
    process = context.Process(target=serve, args=(ready, begin, headlines, seconds), daemon=True)
    process.start()
    port = await asyncio.to_thread(ready.get)
    folder = Path(tempfile.mkdtemp())
    base = Config()
    config = base.model_copy(
        update={
            "shock": base.shock.model_copy(update={"enabled": True, "queue": 1000, "streams": 30, "workers": 12}),
            "scan": base.scan.model_copy(update={"max_candidates": 10}),
        }
    )
    broker = TwsBroker("127.0.0.1", port, 7, "XASX")
    broker.follow_news()
    desk = Desk(config, broker, Journal.open(folder / "j.db"), days())
    desk.news_inline = False
    server = LinkServer(folder / "s.sock", lambda command, who: (True, ""))
    await server.start()
    publisher = Publisher(desk, server)

    async def tick():
        while True:
            await asyncio.sleep(0.1)
            desk.advance(broker.now())
            publisher.publish()

    tasks = [asyncio.create_task(work) for work in (broker.run(desk.handle), tick(), desk.newsroom.run())]
    link = SocketLink(folder / "s.sock", who="benchmark")
    rows = 0

    def seen(delta):
        nonlocal rows
        rows += sum(len(topic) for topic in delta.upserts.values())

    await link.attach(seen, lambda reason: None)
    while desk.context.connection is not Connection.OPERATIONAL:
        await asyncio.sleep(0.1)
    desk.watchlist.follow("S001")
    await asyncio.sleep(3.0)
    quiet, storm = Meter(), Meter()
    until = time.monotonic() + QUIET
    await measure(quiet, desk, link, lambda: time.monotonic() > until)
    before = replace(desk.newsroom.counts)
    begin.set()
    done = asyncio.create_task(asyncio.to_thread(ready.get))
    await measure(storm, desk, link, done.done)
    await asyncio.sleep(1.0)
    counts = desk.newsroom.counts
    settled = counts.duplicates + counts.stale + counts.no_ticker + counts.overflow + counts.tested
    print(f"{headlines:,} headlines about {SHARES} shares in {await done:.0f} s; {rows:,} rows to the console")
    quiet.told("quiet")
    storm.told("storm")
    for what in ("lag", "answers", "orders"):
        ratio = sorted(getattr(storm, what)), sorted(getattr(quiet, what))
        print(f"storm to quiet, {what}: p50 {ratio[0][len(ratio[0]) // 2] / ratio[1][len(ratio[1]) // 2]:.2f}")
    for label in ("items", "pool", "wait for a place", "item to signal", "signal to order"):
        row = news_health(desk.newsroom, label)
        print(f"{label}: {row.value}")
    print(
        f"received {counts.received:,} = {counts.tested:,} tested + {counts.duplicates:,} duplicates + "
        f"{counts.stale:,} stale + {counts.no_ticker:,} no ticker + {counts.overflow:,} overflow + "
        f"{counts.waiting:,} waiting: {'adds up' if settled + counts.waiting == counts.received else 'DOES NOT ADD UP'}"
    )
    arrived = counts.received - before.received
    print(f"the desk heard {arrived:,} headlines of {headlines:,} (a share's own subscription tells some again)")
    await link.close()
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    await server.stop()
    process.terminate()
    process.join(5)


if __name__ == "__main__":
    asyncio.run(
        main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000, float(sys.argv[2]) if len(sys.argv) > 2 else 60.0)
    )
