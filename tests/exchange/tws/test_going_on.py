"""What goes on for a client: frames, timers, several days, half days, news from a tape."""

from __future__ import annotations

import asyncio
import gzip
from dataclasses import replace
from pathlib import Path

import pytest

from skim_tui.domain.market import Quote
from skim_tui.domain.session import ASX, exchange_day
from skim_tui.exchange.tape import TapeError, load
from skim_tui.exchange.tws.outbox import HIGH_WATER, Outbox
from skim_tui.exchange.tws.ticks import TickWriter
from skim_tui.exchange.tws.wire import write_frame

from ..rawclient import RawClient
from .smallmarket import DAY, SESSIONS, contract, open_market, small_tape


async def test_ticks_of_one_turn_leave_together_and_in_order_with_messages() -> None:
    ours, theirs, _ = await _pair()
    writes: list[bytes] = []
    passed_on = ours.write
    ours.write = lambda data: (writes.append(data), passed_on(data))[1]  # type: ignore[method-assign]
    outbox = Outbox(ours)
    for number in range(5):
        outbox.tick(1, number, [2, 6, 1, number, 10])
    outbox.send([49, 1, 99])
    outbox.tick(1, 9, [2, 6, 1, 9, 10])
    await asyncio.sleep(0)
    assert len(writes) == 3
    expected = [[2, 6, 1, number, 10] for number in range(5)] + [[49, 1, 99], [2, 6, 1, 9, 10]]
    assert b"".join(writes) == b"".join(write_frame(fields) for fields in expected)
    theirs.close()
    ours.close()


async def test_a_client_that_does_not_read_is_told_the_newest_when_it_does() -> None:
    ours, theirs, reader = await _pair()
    outbox = Outbox(ours)
    number = 0
    while not outbox._full():
        outbox.tick(1, number, [46, 6, 1, 45, "x" * 1000])
        await asyncio.sleep(0)
        number += 1
        assert number < 100_000
    for newest in range(10_000):
        outbox.tick(7, 1, [2, 6, 7, 0, newest])
    assert len(outbox._waiting) == 1
    assert ours.transport.get_write_buffer_size() < HIGH_WATER + 64 * 1024
    theirs.transport.resume_reading()  # type: ignore[attr-defined]
    received, newest = b"", write_frame([2, 6, 7, 0, 9_999])
    async with asyncio.timeout(5):
        while newest not in received:
            received += await reader.read(1 << 20)
            outbox.tick(8, 1, [2, 6, 8, 0, 1])
    assert write_frame([2, 6, 7, 0, 9_998]) not in received
    theirs.close()
    ours.close()


async def _pair() -> tuple[asyncio.StreamWriter, asyncio.StreamWriter, asyncio.StreamReader]:
    """Two ends of a connection; the far one does not read until told to."""
    accepted: asyncio.Future[asyncio.StreamWriter] = asyncio.get_running_loop().create_future()
    server = await asyncio.start_server(lambda _, writer: accepted.set_result(writer), "127.0.0.1", 0)
    reader, theirs = await asyncio.open_connection(*server.sockets[0].getsockname()[:2])
    theirs.transport.pause_reading()  # type: ignore[attr-defined]
    ours = await accepted
    server.close()
    return ours, theirs, reader


def test_frames_of_a_line_are_those_of_plain_messages() -> None:
    quote = Quote("ABC", 1.0, 5.01, 300, 5.02, 1200)
    for delayed, unit, bid, ask in ((False, 1, 1, 2), (True, 100, 66, 67)):
        write = TickWriter(42, delayed, unit)
        assert write.quote(quote) == write_frame([1, 6, 42, bid, 5.01, 300 // unit, 1]) + write_frame(
            [1, 6, 42, ask, 5.02, 1200 // unit, 1]
        )
        assert write.price(9, 5.0) == write_frame([1, 6, 42, 75 if delayed else 9, 5.0, 0, 0])
        assert write.generic(49, 0.0) == write_frame([45, 6, 42, 90 if delayed else 49, 0.0])


async def test_lines_bars_and_scans_go_on_into_the_next_day() -> None:
    tape = small_tape(ASX, 3)
    following = SESSIONS[3]
    shift = exchange_day(ASX, following).open - exchange_day(ASX, DAY).open
    tape.dates = (DAY, following)
    tape.bars[following] = [replace(bar, ts=bar.ts + shift, close=5.01, volume=77) for bar in tape.bars[DAY]]
    async with open_market(minutes=1, tape=tape) as (exchange, port):
        client = await RawClient.connect(port)
        client.watch(1, "ABC")
        client.send(50, 3, 2, *contract(), 5, "TRADES", 0, "")
        client.send(22, 3, -1, "STOCK.HK", "STK.HK.ASX", "MOST_ACTIVE", *[""] * 16, "ALL", "", "")
        await client.sync()
        client.frames.clear()
        exchange.play()
        await client.sync()
        today = exchange.day()
        assert today.date == following
        bars = [fields for fields in client.of(50) if int(fields[3]) >= today.pre_open]
        assert bars and all(int(fields[3]) % 5 == 0 for fields in bars)
        assert int(bars[-1][3]) < today.end
        closes = {fields[4] for fields in client.of(1) if fields[3] == "9"}
        assert closes == {"5.02"}, "the first day's close is what the second day is measured against"
        assert max(int(fields[4]) for fields in client.of(2) if fields[3] == "8") == 3000
        assert [fields[4] for fields in client.of(2) if fields[3] == "8"][-1] == str(3 * 77)
        assert len(client.of(20)) > 2 * 60
        await client.close()


async def test_a_scan_has_fifty_rows_at_most() -> None:
    tape = small_tape(ASX, 3)
    for number in range(80):
        symbol = f"X{number:02d}"
        tape.bars[DAY] += [replace(bar, symbol=symbol, volume=100 + number) for bar in small_tape(ASX, 3).bars[DAY]]
    async with open_market(minutes=2, tape=tape) as (_, port):
        client = await RawClient.connect(port)
        for request, wanted in ((1, -1), (2, 500), (3, 7)):
            client.send(
                22, request, wanted, "STOCK.HK", "STK.HK.ASX", "MOST_ACTIVE", *[""] * 16, "ALL", "volumeAbove=1", ""
            )
            rows = await client.expect(20, lambda fields, request=request: fields[2] == str(request))
            assert int(rows[3]) == min(50, 7 if wanted == 7 else 50) and len(rows) == 4 + 16 * int(rows[3])
            assert rows[6] == "ABC" and rows[22] == "X79"
        await client.close()


async def test_before_the_open_the_last_session_is_history() -> None:
    tape = small_tape(ASX, 5)
    following = SESSIONS[3]
    shift = exchange_day(ASX, following).open - exchange_day(ASX, DAY).open
    tape.dates = (DAY, following)
    tape.bars[following] = [replace(bar, ts=bar.ts + shift) for bar in tape.bars[DAY]]
    async with open_market(tape=tape) as (exchange, port):
        client = await RawClient.connect(port)
        exchange.play(exchange_day(ASX, following).open - 600.0)
        share = contract()
        client.send(20, 1, *share, 0, "", "1 min", "1 D", 1, "TRADES", 2, 0, "")
        before = await client.expect(17, lambda fields: fields[1] == "1")
        assert [int(ts) for ts in before[5::8]] == [int(bar.ts) for bar in tape.bars[DAY]]
        exchange.play(exchange_day(ASX, following).open + 90.0)
        client.send(20, 2, *share, 0, "", "1 min", "1 D", 1, "TRADES", 2, 0, "")
        after = await client.expect(17, lambda fields: fields[1] == "2")
        assert [int(ts) for ts in after[5::8]] == [int(bar.ts) for bar in tape.bars[following][:2]]
        client.send(20, 3, *share, 0, "", "1 min", "2 D", 1, "TRADES", 2, 0, "")
        both = await client.expect(17, lambda fields: fields[1] == "3")
        assert int(both[4]) == 5 + 2
        await client.close()


async def test_half_days_and_closed_days_are_in_the_hours_and_the_bulletins() -> None:
    async with open_market(half_days=(DAY, SESSIONS[3])) as (_, port):
        client = await RawClient.connect(port)
        client.send(9, 8, 5, *contract(), 0, "", "", "")
        details = await client.expect(10)
        assert details[27] == (
            "20260303:1000-20260303:1400;20260304:1000-20260304:1400;20260305:1000-20260305:1600;"
            "20260306:CLOSED;20260307:CLOSED;20260308:CLOSED"
        )
        client.send(12, 1, 1)
        assert (await client.expect(14))[3:] == ["1", "ASX: early close today at 14:00.", "ASX"]
        await client.close()


def write_tape(folder: Path, news: str) -> Path:
    (folder / "tape.toml").write_text(
        'exchange = "XASX"\ncurrency = "AUD"\ntimezone = "Australia/Sydney"\ndates = ["2026-03-03"]\n'
    )
    rows = {
        "bars": "symbol,ts,open,high,low,close,volume\nABC,2026-03-02T23:00:00+00:00,5,5,5,5,100\n",
        "daily": "symbol,date,open,high,low,close,volume\nABC,2026-03-02,5,5,5,5,100\nXYZ,2026-03-02,1,1,1,1,5\n",
        "news": f"symbols,ts,provider,article_id,headline,body\n{news}",
    }
    for name, text in rows.items():
        with gzip.open(folder / f"{name}.csv.gz", "wt") as file:
            file.write(text)
    return folder


async def test_news_of_a_tape_reach_the_lines_of_all_its_shares(tmp_path: Path) -> None:
    news = "ABC XYZ,2026-03-02T23:10:00+00:00,DJ-N,DJ-N$1a,Two at once,<p>Both rise</p>\n"
    async with open_market(tape=load(write_tape(tmp_path, news))) as (exchange, port):
        client = await RawClient.connect(port)
        client.watch(1, "XYZ", "mdoff,292:DJ-N")
        client.watch(2, "ABC", "mdoff,292:BRFG")
        told = await client.expect(84)
        assert told[1] == "1" and told[3:6] == ["DJ-N", "DJ-N$1a", "Two at once"]
        first, second = (exchange.instruments[symbol].con_id for symbol in ("ABC", "XYZ"))
        assert told[6] == f"A:{first},{second}:L:en:K:n/a:C:1"
        client.send(84, 3, "DJ-N", "DJ-N$1a", "")
        assert (await client.expect(83))[2:] == ["0", "<p>Both rise</p>"]
        client.send(85)
        assert (await client.expect(85))[1:] == [
            "2", "ASX", "ASX Company Announcements", "DJ-N", "Dow Jones Global Equity Trader",
        ]  # fmt: skip
        await client.sync()
        assert len(client.of(84)) == 1
        await client.close()


def test_bad_news_name_file_and_line(tmp_path: Path) -> None:
    with pytest.raises(TapeError, match=r"news.csv.gz:2: a news item needs symbols"):
        load(write_tape(tmp_path, "ABC,2026-03-02T23:10:00+00:00,,1a,Headline,\n"))
