"""Tick-by-tick data and historical ticks."""

from __future__ import annotations

from skim_tui.domain.market import Quote, Trade
from skim_tui.domain.session import ExchangeDay
from skim_tui.exchange.model import Rejected
from skim_tui.exchange.path import Step
from skim_tui.exchange.tickhistory import TickHistory
from skim_tui.exchange.tws.barspec import read_moment
from skim_tui.exchange.tws.client import Client, Handler
from skim_tui.exchange.tws.contracts import find, home_of, read_contract
from skim_tui.exchange.tws.history import is_regular
from skim_tui.exchange.tws.hub import Hub, Subscription
from skim_tui.exchange.tws.wire import Reader

KINDS = {"Last": 1, "AllLast": 2, "BidAsk": 3, "MidPoint": 4}
LAST, ALL_LAST, BID_ASK, MIDPOINT = 1, 2, 3, 4
HISTORICAL = {"TRADES": LAST, "BID_ASK": BID_ASK, "MIDPOINT": MIDPOINT}
MESSAGES = {LAST: 98, ALL_LAST: 98, BID_ASK: 97, MIDPOINT: 96}
"""The message that carries historical ticks of a kind."""

MOST_STREAMS = 5
"""Tick-by-tick subscriptions at a hundred lines."""
MOST_TICKS = 1000


class TickStream(Subscription):
    """A tick-by-tick subscription."""

    def __init__(self, client: Client, request_id: int, symbol: str, kind: int, ignore_size: bool) -> None:
        super().__init__(request_id, symbol)
        self._client = client
        self._kind = kind
        self._ignore_size = ignore_size
        self._home = home_of(client.exchange.day().mic)
        self._told: tuple[float, ...] = ()

    def on_trade(self, trade: Trade) -> None:
        if self._kind not in (LAST, ALL_LAST) or trade.size <= 0:
            return
        size = trade.size // self._client.quote_unit
        self._send([int(trade.ts), trade.price, size, 0, self._home, ""])

    def on_quote(self, quote: Quote) -> None:
        if self._kind == BID_ASK:
            unit = self._client.quote_unit
            key = (
                (quote.bid, quote.ask) if self._ignore_size else (quote.bid, quote.ask, quote.bid_size, quote.ask_size)
            )
            if self._is_new(key):
                sizes = (quote.bid_size // unit, quote.ask_size // unit)
                self._send([int(quote.ts), quote.bid, quote.ask, *sizes, 0])
        elif self._kind == MIDPOINT and quote.two_sided and self._is_new((quote.bid + quote.ask,)):
            self._send([int(quote.ts), round((quote.bid + quote.ask) / 2, 6)])

    def _is_new(self, key: tuple[float, ...]) -> bool:
        changed = key != self._told
        self._told = key
        return changed

    def _send(self, fields: list[object]) -> None:
        self._client.out.send([99, self.request_id, self._kind, *fields])


class TickRequests:
    """What a client asks about single ticks."""

    def __init__(self, client: Client, hub: Hub) -> None:
        self._client = client
        self._hub = hub
        self._history = TickHistory(client.exchange)
        self._streams: dict[int, TickStream] = {}
        self.handlers: dict[int, Handler] = {96: self._historical, 97: self._stream, 98: self._cancel}

    def _stream(self, reader: Reader) -> None:
        request_id = reader.integer()
        named = read_contract(reader)
        words, count, ignore_size = reader.text(), reader.integer(), reader.flag()
        if request_id in self._streams:
            raise Rejected(102, "Duplicate ticker id")
        symbol = find(self._client.exchange, named).symbol
        kind = KINDS.get(words)
        if kind is None or not 0 <= count <= MOST_TICKS:
            said = f"Tick type {words} is invalid" if kind is None else f"Number of ticks {count} is invalid"
            raise Rejected(10189, f"Failed to request tick-by-tick data.{said}")
        if len(self._streams) >= MOST_STREAMS:
            raise Rejected(10190, "Max number of tick-by-tick requests has been reached.")
        if count:
            self._hub.catch_up(symbol)
            ticks = self._latest(count, symbol, kind, self._client.exchange.now(), ignore_size, regular=False)
            self._tell(request_id, kind, ticks[-count:])
        stream = TickStream(self._client, request_id, symbol, kind, ignore_size)
        self._streams[request_id] = stream
        self._hub.add(stream)

    def _cancel(self, reader: Reader) -> None:
        request_id = reader.integer()
        stream = self._streams.pop(request_id, None)
        if stream is None:
            raise Rejected(300, f"Can't find EId with tickerId:{request_id}")
        self._hub.remove(stream)

    # ---- historical -------------------------------------------------------------------------------

    def _historical(self, reader: Reader) -> None:
        request_id = reader.integer()
        named = read_contract(reader)
        reader.skip()
        zone, now = self._client.exchange.day().tz, self._client.exchange.now()
        start, end = read_moment(reader.text(), zone, now), read_moment(reader.text(), zone, now)
        count, words = reader.integer(), reader.text().upper()
        regular, ignore_size = reader.flag(), reader.flag()
        kind = HISTORICAL.get(words)
        if kind is None:
            raise _refused(f"What to show value of {words} rejected.")
        if (start is None) == (end is None):
            raise _refused("Either start time or end time should be specified, but not both.")
        if not 1 <= count <= MOST_TICKS:
            raise _refused(f"Number of ticks should be between 1 and {MOST_TICKS}.")
        symbol = find(self._client.exchange, named).symbol
        self._hub.catch_up(symbol)
        if start is not None:
            ticks = self._ticks(symbol, kind, start.ts, now, ignore_size, regular=regular)
            ticks = _whole_seconds(ticks, ticks[:count], first=True)
        else:
            assert end is not None
            ticks = self._latest(count, symbol, kind, end.ts, ignore_size, regular=regular)
            ticks = _whole_seconds(ticks, ticks[-count:], first=False)
        self._tell(request_id, kind, ticks)

    def _latest(
        self, count: int, symbol: str, kind: int, end: float, ignore_size: bool, *, regular: bool
    ) -> list[Step]:
        """At least ``count`` ticks up to ``end``, if so many are known: day by day, the last one first."""
        found: list[Step] = []
        for day in reversed(self._history.sessions()):
            begun = self._client.exchange.calendar.day(day).pre_open
            if begun <= end:
                found = [*self._ticks(symbol, kind, begun, end, ignore_size, regular=regular), *found]
                end = begun
            if len(found) > count:
                break
        return found

    def _ticks(
        self, symbol: str, kind: int, start: float, end: float, ignore_size: bool, *, regular: bool
    ) -> list[Step]:
        exchange = self._client.exchange
        days = [exchange.calendar.day(day) for day in self._history.sessions()]
        found: list[Step] = []
        told: tuple[float, ...] = ()
        for step in self._history.steps(symbol, start, end):
            if regular and not _within(step.ts, days):
                continue
            if kind in (LAST, ALL_LAST):
                if step.size > 0:
                    found.append(step)
                continue
            key = (step.bid, step.ask) if ignore_size or kind == MIDPOINT else (
                step.bid, step.ask, step.bid_size, step.ask_size,
            )  # fmt: skip
            if key != told and step.bid > 0.0 and step.ask > 0.0:
                found.append(step)
            told = key
        return found

    def _tell(self, request_id: int, kind: int, ticks: list[Step]) -> None:
        unit, home = self._client.history_unit, home_of(self._client.exchange.day().mic)
        rows: list[object] = []
        for step in ticks:
            moment = int(step.ts)
            if kind == BID_ASK:
                rows += [moment, 0, step.bid, step.ask, step.bid_size // unit, step.ask_size // unit]
            elif kind == MIDPOINT:
                rows += [moment, 0, round((step.bid + step.ask) / 2, 6), 0]
            else:
                rows += [moment, 0, step.price, step.size // unit, home, ""]
        self._client.out.send([MESSAGES[kind], request_id, len(ticks), *rows, True])


def _whole_seconds(ticks: list[Step], chosen: list[Step], *, first: bool) -> list[Step]:
    """More than was asked for where a second would be cut in two, as a gateway answers."""
    if not chosen:
        return []
    edge = int(chosen[-1 if first else 0].ts)
    if first:
        return [step for step in ticks if int(step.ts) <= edge]
    return [step for step in ticks if int(step.ts) >= edge]


def _within(ts: float, days: list[ExchangeDay]) -> bool:
    return any(is_regular(ts, day) for day in days)


def _refused(cause: str) -> Rejected:
    return Rejected(10187, f"Failed to request historical ticks:{cause}")
