"""How the TWS door keeps up: symbols x ticks a second to several clients, for a while, over real sockets.

    python benchmarks/market_data.py [--symbols 100] [--rate 50] [--clients 3] [--seconds 60]

Prints how much of what happened each client was told, how late it was told (trade time against arrival, one clock),
and by how much the exchange's memory grew. Half of the ticks are quotes, half are trades.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import struct
import sys
import time
from datetime import date
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from skim_tui.domain.instrument import ASX_LADDER
from skim_tui.domain.market import Quote, Trade
from skim_tui.domain.session import ASX, TradingCalendar, exchange_day
from skim_tui.exchange.core import Exchange
from skim_tui.exchange.tape import Tape
from skim_tui.exchange.tws.server import TwsDoor

DAY = date(2026, 3, 3)
WARM_UP = 5.0
"""Seconds in which the clients connect before the market begins to move."""
TICK_STRING, RT_VOLUME = b"46", b"48"


def busy_tape(symbols: int, rate: int, seconds: float, start: float) -> Tape:
    """A tape of recorded quotes and trades, evenly spread over time and symbols."""
    rng = random.Random(1)
    names = [f"S{number:03d}" for number in range(symbols)]
    tape = Tape("busy", ASX, "AUD", "Australia/Sydney", (DAY,))
    quotes: list[Quote] = []
    trades: list[Trade] = []
    count = int(rate * seconds)
    for offset, name in enumerate(names):
        at = 500 + rng.randint(0, 3000)
        for number in range(count):
            ts = start + (number + offset / symbols) / rate
            at += rng.choice((-1, 0, 1))
            if number % 2:
                trades.append(Trade(name, ts, at / 100, rng.randint(1, 900)))
            else:
                quotes.append(Quote(name, ts, (at - 1) / 100, rng.randint(1, 9000), at / 100, rng.randint(1, 9000)))
    tape.quotes[DAY] = sorted(quotes, key=lambda quote: quote.ts)
    tape.trades[DAY] = sorted(trades, key=lambda trade: trade.ts)
    return tape


def resident() -> float:
    """Megabytes of memory that this process holds."""
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


# ---- a client -------------------------------------------------------------------------------------


async def client(port: int, number: int, symbols: int, until: float, offset: float) -> None:
    """Watch every symbol, count frames, and note how late trades are told. Prints one JSON line."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)

    def send(*fields: object) -> None:
        body = b"".join(f"{field}\0".encode() for field in fields)
        writer.write(struct.pack(">I", len(body)) + body)

    writer.write(b"API\0" + struct.pack(">I", 9) + b"v157..178")
    await reader.readexactly(int.from_bytes(await reader.readexactly(4), "big"))
    send(71, 2, number, "")
    for index in range(symbols):
        contract = (0, f"S{index:03d}", "STK", "", 0, "", "", "SMART", "", "AUD", "", "")
        send(1, 11, 1000 + index, *contract, 0, "233", 0, 0, "")
    frames = size = trades = 0
    late: list[float] = []
    buffer = b""
    while time.monotonic() < until:
        try:
            async with asyncio.timeout(0.2):
                chunk = await reader.read(1 << 18)
        except TimeoutError:
            continue
        if not chunk:
            break
        arrived = time.monotonic() + offset
        size += len(chunk)
        buffer += chunk
        place = 0
        while len(buffer) - place >= 4:
            length = int.from_bytes(buffer[place : place + 4], "big")
            if len(buffer) - place - 4 < length:
                break
            frames += 1
            if buffer[place + 4 : place + 6] == TICK_STRING:
                fields = buffer[place + 4 : place + 4 + length].split(b"\0")
                if fields[3] == RT_VOLUME:
                    trades += 1
                    late.append(arrived - int(fields[4].split(b";")[2]) / 1000)
            place += 4 + length
        buffer = buffer[place:]
    late.sort()
    writer.close()
    told = {"frames": frames, "bytes": size, "trades": trades, "late": late[len(late) // 2 :: max(1, len(late) // 2)]}
    told["late_99"] = late[int(len(late) * 0.99)] if late else 0.0
    told["late_max"] = late[-1] if late else 0.0
    print(json.dumps(told))


# ---- the exchange ---------------------------------------------------------------------------------


async def measure(symbols: int, rate: int, clients: int, seconds: float) -> None:
    day = exchange_day(ASX, DAY)
    start = day.open + 3600.0
    tape = busy_tape(symbols, rate, seconds, start + WARM_UP)
    exchange = Exchange(tape, TradingCalendar(ASX, [date(2026, 3, 2), DAY]), start=start, speed=1.0)
    assert all(instrument.ladder is ASX_LADDER for instrument in exchange.instruments.values())
    door = TwsDoor(exchange)
    _, port = await door.start()
    offset = exchange.now() - time.monotonic()
    until = start + WARM_UP + seconds + 2.0 - offset
    children = [
        await asyncio.create_subprocess_exec(
            sys.executable, __file__, "--client", str(number), "--port", str(port), "--symbols", str(symbols),
            "--until", repr(until), "--offset", repr(offset), stdout=asyncio.subprocess.PIPE,
        )
        for number in range(1, clients + 1)
    ]  # fmt: skip
    playing = asyncio.create_task(exchange.run(linger=True), name="tape")
    await asyncio.sleep(WARM_UP)
    before, cpu = resident(), time.process_time()
    await asyncio.sleep(seconds)
    after, cpu = resident(), time.process_time() - cpu
    happened = symbols * int(rate * seconds) // 2
    print(f"{symbols} symbols x {rate} ticks/s x {clients} clients for {seconds:g} s: {happened} trades happened")
    for number, child in enumerate(children, 1):
        told = json.loads((await child.communicate())[0])
        print(
            f"client {number}: {told['frames'] / seconds:,.0f} frames/s, {told['bytes'] / seconds / 1e6:.2f} MB/s, "
            f"{told['trades'] / happened:.1%} of trades told, late by median {told['late'][0] * 1000:.0f} ms, "
            f"99 % {told['late_99'] * 1000:.0f} ms, at most {told['late_max'] * 1000:.0f} ms"
        )
    print(f"exchange: {cpu / seconds:.0%} of one core, memory {before:.0f} MB -> {after:.0f} MB")
    playing.cancel()
    await door.stop()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--symbols", type=int, default=100)
    parser.add_argument("--rate", type=int, default=50)
    parser.add_argument("--clients", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--client", type=int, default=0, help=argparse.SUPPRESS)
    parser.add_argument("--port", type=int, default=0, help=argparse.SUPPRESS)
    parser.add_argument("--until", type=float, default=0.0, help=argparse.SUPPRESS)
    parser.add_argument("--offset", type=float, default=0.0, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.client:
        asyncio.run(client(args.port, args.client, args.symbols, args.until, args.offset))
    else:
        asyncio.run(measure(args.symbols, args.rate, args.clients, args.seconds))


if __name__ == "__main__":
    main()
