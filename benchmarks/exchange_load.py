"""How the embedded exchange keeps up: 100 symbols, 50 ticks a second each, to three clients of its TWS door.

The exchange runs as a process of its own, in real time; quotes and trades alternate. The clients read everything
and note, for each trade's time stamp, how late it arrived. Prints the ticks played and the messages received,
the lag's p50 and p99, and how the exchange's memory grew after the first seconds.

Usage: python benchmarks/exchange_load.py [SECONDS] [--profile FILE]
"""

import argparse
import asyncio
import cProfile
import os
import subprocess
import sys
import time
from datetime import date
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

SYMBOLS, PER_SECOND, CLIENTS = 100, 50, 3
DAY = date(2026, 3, 3)
START = 30 * 60.0
"""Seconds after the open at which the load begins."""

SETTLE = 3.0
"""Seconds before memory is first measured."""


# ---- the exchange's process -------------------------------------------------------------------------


def load_tape(seconds):
    """Every symbol walks up and down ten cents, one quote and one trade after the other."""
    from skim_tui.domain.market import DailyBar, Quote, Trade
    from skim_tui.domain.session import exchange_day
    from skim_tui.exchange.tape import Tape

    tape = Tape("load", "XASX", "AUD", "Australia/Sydney", (DAY,))
    begin = exchange_day("XASX", DAY).open + START
    symbols = [f"L{number:02}" for number in range(SYMBOLS)]
    quotes, trades = tape.quotes.setdefault(DAY, []), tape.trades.setdefault(DAY, [])
    for symbol in symbols:
        tape.daily[symbol] = [DailyBar(symbol, date(2026, 3, 2), 10.0, 10.1, 9.9, 10.0, 1_000_000)]
        trades.append(Trade(symbol, begin - START - 50.0, 10.0, 1000))
    for tick in range(int(seconds * PER_SECOND)):
        price = round(10.0 + abs(tick // 2 % 20 - 10) / 100, 2)
        for number, symbol in enumerate(symbols):
            ts = begin + (tick + number / SYMBOLS) / PER_SECOND
            if tick % 2:
                trades.append(Trade(symbol, ts, price, 100 + tick % 7))
            else:
                quotes.append(Quote(symbol, ts, round(price - 0.01, 2), 500 + tick % 9, price, 700))
    return tape


async def serve(seconds):
    """Say where the door is and which exchange time it is at which real time; play the tape."""
    from skim_tui.calendar_source import calendar
    from skim_tui.exchange.core import Exchange
    from skim_tui.exchange.tws.server import TwsDoor

    timetable = calendar("XASX", today=DAY)
    exchange = Exchange(load_tape(seconds), timetable, start=timetable.day(DAY).open + START - SETTLE, speed=1.0)
    door = TwsDoor(exchange)
    _, port = await door.start()
    print(port, exchange.now() - time.time(), flush=True)
    playing = asyncio.create_task(exchange.run(linger=True))
    await asyncio.sleep(seconds + SETTLE + 2.0)
    playing.cancel()
    await door.stop()


# ---- a client ------------------------------------------------------------------------------------


class Reader(asyncio.Protocol):
    """A client that subscribes to every symbol and measures how late trades arrive."""

    def __init__(self, client_id, offset):
        self.client_id = client_id
        self.offset = offset
        self.messages = self.trades = self.bytes = 0
        self.lags = []
        self._rest = b""
        self._greeted = False

    def connection_made(self, transport):
        self.transport = transport
        transport.write(b"API\0" + _framed(b"v100..178"))

    def data_received(self, data):
        now = time.time() + self.offset
        self.bytes += len(data)
        data = self._rest + data
        place, end = 0, len(data)
        while end - place >= 4:
            after = place + 4 + int.from_bytes(data[place : place + 4], "big")
            if after > end:
                break
            self.messages += 1
            # 46 tickString: version, id, type 48 (RTVolume), price;size;milliseconds;...
            if data[place + 4 : place + 7] == b"46\0":
                fields = data[place + 4 : after].split(b"\0")
                if fields[3] == b"48":
                    self.trades += 1
                    self.lags.append(now - int(fields[4].split(b";")[2]) / 1000)
            place = after
        self._rest = data[place:]
        if not self._greeted:
            self._greeted = True
            self._send("71", "2", self.client_id, "")
            for number in range(SYMBOLS):
                contract = ("0", f"L{number:02}", "STK", "", "0", "", "", "SMART", "", "AUD", "", "")
                self._send("1", "11", number + 1, *contract, "0", "233", "0", "0", "")

    def _send(self, *fields):
        self.transport.write(_framed("".join(f"{field}\0" for field in fields).encode()))


def _framed(body):
    return len(body).to_bytes(4, "big") + body


# ---- the measurement --------------------------------------------------------------------------------


def resident(pid):
    """Resident memory, MB."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) / 1024
    raise LookupError(f"no resident size of {pid}")


def percentile(values, share):
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


async def measure(seconds, profile):
    command = [sys.executable, __file__, str(seconds), "--serve", *(["--profile", profile] if profile else [])]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=os.environ | {"PYTHONPATH": str(ROOT)})
    port, offset = server.stdout.readline().split()
    loop = asyncio.get_running_loop()
    clients = []
    for client_id in range(CLIENTS):
        _, client = await loop.create_connection(
            lambda number=client_id: Reader(number, float(offset)), "127.0.0.1", int(port)
        )
        clients.append(client)
    await asyncio.sleep(SETTLE + min(SETTLE, seconds / 3))
    before, cpu = resident(server.pid), _cpu(server.pid)
    began = time.monotonic()
    await asyncio.sleep(seconds - min(SETTLE, seconds / 3))
    after, used = resident(server.pid), (_cpu(server.pid) - cpu) / (time.monotonic() - began)
    for client in clients:
        client.transport.close()
    server.wait()
    lags = [lag for client in clients for lag in client.lags]
    played = int(seconds * PER_SECOND) * SYMBOLS
    expected = played // 2 * CLIENTS
    print(f"played    {played:,} ticks in {seconds:g} s: {SYMBOLS} symbols x {PER_SECOND}/s")
    print(f"received  {sum(client.messages for client in clients):,} messages, "
          f"{sum(client.bytes for client in clients) / 1e6:.1f} MB by {CLIENTS} clients")  # fmt: skip
    print(f"trades    {len(lags):,} of {expected:,} ({len(lags) / expected:.1%})")
    print(f"lag       p50 {percentile(lags, 0.5) * 1000:.1f} ms, p99 {percentile(lags, 0.99) * 1000:.1f} ms")
    print(f"memory    {before:.1f} MB, then {after:.1f} MB: {after - before:+.1f} MB")
    print(f"exchange  {used:.0%} of one core")


def _cpu(pid):
    """Processor seconds used so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("seconds", type=float, nargs="?", default=60.0)
    parser.add_argument("--profile", metavar="FILE", help="write the exchange's profile there")
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if not options.serve:
        asyncio.run(measure(options.seconds, options.profile))
    elif options.profile:
        profiler = cProfile.Profile()
        profiler.runcall(asyncio.run, serve(options.seconds))
        profiler.dump_stats(options.profile)
    else:
        asyncio.run(serve(options.seconds))


if __name__ == "__main__":
    main()
