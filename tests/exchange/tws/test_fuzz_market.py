"""No fields of a client, however wrong, do more than get an error: the session goes on."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from hypothesis import given, settings
from hypothesis import strategies as st

from skim_tui.domain.session import ASX, TradingCalendar, exchange_day
from skim_tui.exchange.core import Exchange
from skim_tui.exchange.tws.client import Client
from skim_tui.exchange.tws.outbox import Outbox
from skim_tui.exchange.tws.session import Session
from skim_tui.exchange.tws.wire import body

from .smallmarket import DAY, SESSIONS, contract, small_tape

SHARE = [str(field) for field in contract()]
TEMPLATES: tuple[list[str], ...] = (
    ["1", "11", "1", *SHARE, "0", "165,233,292", "0", "0", ""],
    ["1", "11", "1", "0", "ASX:ASX_ALL", "NEWS", *SHARE[3:], "0", "292", "0", "0", ""],
    ["2", "1", "1"],
    ["9", "8", "2", *SHARE, "0", "ISIN", "", ""],
    ["10", "5", "3", *SHARE, "5", "1", ""],
    ["11", "1", "3", "1"],
    ["12", "1", "1"],
    ["20", "4", *SHARE, "0", "", "1 min", "1 D", "1", "TRADES", "1", "1", ""],
    ["22", "5", "-1", "STOCK.HK", "STK.HK.ASX", "MOST_ACTIVE", *[""] * 16, "ALL", "priceAbove=1;", ""],
    ["23", "1", "5"],
    ["25", "1", "4"],
    ["50", "3", "6", *SHARE, "5", "TRADES", "0", ""],
    ["51", "1", "6"],
    ["52", "2", "7", *SHARE[:9], "ReportSnapshot", ""],
    ["54", "3", "8", *SHARE, "1", "1", ""],
    ["59", "1", "1"],
    ["78", "9", "ABC", "", "STK", "1"],
    ["81", "10", "A"],
    ["83", "11", "a60001"],
    ["84", "12", "ASX", "ASX$1", ""],
    ["86", "13", "1", "ASX", "", "", "10", ""],
    ["87", "14", *SHARE, "0", "1", "TRADES", "1"],
    ["88", "15", *SHARE, "0", "1", "3 days"],
    ["91", "239"],
    ["96", "16", *SHARE, "0", "20260302-23:05:00", "", "10", "TRADES", "1", "0", ""],
    ["97", "17", *SHARE, "BidAsk", "3", "0"],
    ["98", "17"],
)
NASTY = st.sampled_from(
    ["", "0", "1", "-1", "ABC", "NaN", "inf", "-inf", "1e999", "1e400", "99999999999999999999", "2147483647",
     "1.7976931348623157E308", "TRADES", "MIDPOINT", "SCHEDULE", "1 secs", "1 day", "1 Y", "30 S", "20260303-00:10:00",
     "00000000 00:00:00", "29991231 23:59:59 UTC", "²", "٣", "\x7f", "=;=;", "a=b", "priceAbove=nan", "BidAsk", "x" * 500]
) | st.text(max_size=12)  # fmt: skip


@st.composite
def requests(draw: st.DrawFn) -> list[str]:
    """A request with some fields wrong, missing or too many."""
    fields = list(draw(st.sampled_from(TEMPLATES)))
    for _ in range(draw(st.integers(0, 3))):
        fields[draw(st.integers(0, len(fields) - 1))] = draw(NASTY)
    length = draw(st.just(len(fields)) | st.integers(1, len(fields) + 2))
    return fields[:length] + [draw(NASTY)] * (length - len(fields))


class Heard(Outbox):
    """An outbox whose client is this test."""

    def __init__(self) -> None:
        self.told: list[Sequence[object]] = []
        self.sent = 0

    @property
    def is_closed(self) -> bool:
        return False

    def send(self, fields: Sequence[object]) -> None:
        body(fields)
        self.told.append(fields)

    def frames(self, request_id: int, kind: int, frames: bytes) -> None:
        self.sent += len(frames)

    def flush(self) -> None:
        pass


@settings(max_examples=150, deadline=None)
@given(st.lists(requests(), min_size=1, max_size=12))
def test_no_request_does_more_than_be_refused(asked: list[list[str]]) -> None:
    async def scenario() -> None:
        start = exchange_day(ASX, DAY).open + 5 * 60.0
        exchange = Exchange(small_tape(ASX, 12), TradingCalendar(ASX, SESSIONS), start=start)
        out = Heard()
        session = Session(Client(exchange, out, 1))
        exchange.join(session)
        for number, fields in enumerate(asked):
            session.handle(fields)
            exchange.play(start + 20.0 * number)
        exchange.play()
        known = len(out.told)
        session.handle(["49", "1"])
        assert out.told[known][0] == 49
        exchange.close()

    asyncio.run(scenario())
