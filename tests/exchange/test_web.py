"""The exchange's announcement pages: released by its clock, and readable by the code that reads the real ones."""

from datetime import timedelta

import aiohttp

from skim_tui.announcements.feed import parse_feed
from skim_tui.announcements.page import parse_page
from skim_tui.exchange import synthetic
from skim_tui.exchange.core import Exchange
from skim_tui.exchange.web.door import FEED, STATISTICS, WebDoor


async def get(http, url, **headers):
    async with http.get(url, headers=headers) as answer:
        return answer.status, await answer.text(), answer.headers


async def test_lists_show_what_is_released_by_now(asx_calendar):
    tape = synthetic.generate(1)
    own = [item for item in tape.announcements if item.source == "ASX"]
    day = asx_calendar.day(tape.dates[0])
    exchange = Exchange(tape, asx_calendar, start=day.open - 150 * 60, speed=None)
    door = WebDoor(exchange)
    host, port = await door.start()
    base = f"http://{host}:{port}"
    today = f"{base}{STATISTICS}todayAnns.do"
    try:
        async with aiohttp.ClientSession() as http:
            _, text, _ = await get(http, today)
            assert parse_page(text, "today").rows == (), "nothing is released at 07:30 of this day"
            exchange.clock.set(day.open)
            _, text, headers = await get(http, today)
            rows = parse_page(text, "today").rows
            released = sorted(
                (item for item in own if item.ts <= day.open),
                key=lambda item: (item.ts, item.symbol, item.headline),
                reverse=True,
            )
            assert [(row.symbol, row.headline, row.price_sensitive) for row in rows] == [
                (item.symbol, item.headline, item.price_sensitive) for item in released
            ]
            assert all(0 <= item.ts - row.ts < 60 for row, item in zip(rows, released, strict=True))
            assert (await get(http, today, **{"If-None-Match": headers["ETag"]}))[0] == 304

            exchange.clock.set(day.close)
            status, text, _ = await get(http, today, **{"If-None-Match": headers["ETag"]})
            assert status == 200 and len(parse_page(text, "today").rows) == len(own)
            assert {row.key for row in rows} < {row.key for row in parse_page(text, "today").rows}, "ids never change"

            _, text, _ = await get(http, f"{base}{STATISTICS}prevBusDayAnns.do")
            assert parse_page(text, "previous").rows == ()
            symbol = own[0].symbol
            _, text, _ = await get(http, f"{base}{STATISTICS}announcements.do?by=asxCode&asxCode={symbol}")
            company = parse_page(text, "company", symbol=symbol).rows
            assert len(company) == sum(1 for item in own if item.symbol == symbol)
            _, text, _ = await get(http, f"{base}{FEED}?page=0&itemsPerPage=500")
            listed = parse_feed(text, "feed").rows
            assert [(row.symbol, round(row.ts)) for row in reversed(listed)] == [
                (item.symbol, round(item.ts)) for item in own
            ]
            status, text, _ = await get(http, company[0].link.replace("https://www.asx.com.au", base))
            assert status == 200 and company[0].key in text
            assert (await get(http, f"{base}{FEED}?page=x"))[0] == 400
    finally:
        await door.stop()
    assert door.served == {200: 7, 304: 1, 400: 1}


async def test_the_previous_day_is_the_one_before(asx_calendar):
    tape = synthetic.generate(2)
    day = asx_calendar.day(tape.dates[0])
    exchange = Exchange(tape, asx_calendar, start=day.open, speed=None)
    door = WebDoor(exchange)
    late = next(item for item in tape.announcements if item.source == "ASX")
    door.add([type(late)("OLD", day.open - timedelta(hours=17).total_seconds(), "Late release", True, "ASX", "x")])
    host, port = await door.start()
    try:
        async with aiohttp.ClientSession() as http:
            _, text, _ = await get(http, f"http://{host}:{port}{STATISTICS}prevBusDayAnns.do")
            _, today, _ = await get(http, f"http://{host}:{port}{STATISTICS}todayAnns.do")
    finally:
        await door.stop()
    assert [row.symbol for row in parse_page(text, "previous").rows] == ["OLD"]
    assert "OLD" not in {row.symbol for row in parse_page(today, "today").rows}
