"""Requests for market data lines: streaming, snapshots, news tapes, and the kind of data wanted."""

from __future__ import annotations

from skim_tui.exchange.model import Rejected
from skim_tui.exchange.tws.client import Client, Handler
from skim_tui.exchange.tws.contracts import Named, find, read_contract
from skim_tui.exchange.tws.generic import NEWS, GenericTicks, read_generic
from skim_tui.exchange.tws.hub import Hub
from skim_tui.exchange.tws.lines import DELAYED, DELAYED_FROZEN, LIVE, Line, data_type_of
from skim_tui.exchange.tws.newsdesk import NewsDesk
from skim_tui.exchange.tws.wire import Reader

NOT_SUBSCRIBED = (
    "Requested market data is not subscribed. Check API status by selecting the Account menu then under Management "
    "choose Market Data Subscription Manager and/or availability of delayed data."
)
DELAYED_INSTEAD = "Requested market data is not subscribed. Displaying delayed market data."
NO_GENERIC = (
    "Error validating request.-'bQ' : cause - Snapshot market data subscription is not applicable to generic ticks"
)


class LineRequests:
    """What a client asks of quotes."""

    def __init__(self, client: Client, hub: Hub, news: NewsDesk) -> None:
        self._client = client
        self._hub = hub
        self._news = news
        self._lines: dict[int, Line] = {}
        self._wanted_type = LIVE
        self.entitled = True
        """Whether the account has live data; without them a line is refused, or delayed if that was asked for."""
        self.handlers: dict[int, Handler] = {1: self._watch, 2: self._unwatch, 59: self._set_type}

    @property
    def count(self) -> int:
        return len(self._lines) + self._news.tapes

    def _set_type(self, reader: Reader) -> None:
        reader.skip()
        wanted = reader.integer()
        if not LIVE <= wanted <= DELAYED_FROZEN:
            raise Rejected(321, "Error validating request.-'bR' : cause - Market data type is invalid")
        self._wanted_type = wanted

    def _watch(self, reader: Reader) -> None:
        reader.skip()
        request_id = reader.integer()
        named = read_contract(reader)
        if named.sec_type == "BAG":
            reader.skip(4 * reader.integer())
        if reader.flag():
            reader.skip(3)
        written, snapshot, regulatory = reader.text(), reader.flag(), reader.flag()
        if request_id in self._lines or self._news.has_tape(request_id):
            raise Rejected(102, "Duplicate ticker id")
        if snapshot and written.strip(", "):
            raise Rejected(321, NO_GENERIC)
        generic = read_generic(written, named.sec_type)
        if named.sec_type == "NEWS":
            self._news.watch_tape(request_id, named.symbol)
        else:
            self._open(request_id, named, generic, is_snapshot=snapshot or regulatory)

    def _open(self, request_id: int, named: Named, generic: GenericTicks, *, is_snapshot: bool) -> None:
        exchange = self._client.exchange
        symbol = find(exchange, named).symbol
        data_type = data_type_of(self._wanted_type, exchange.day().phase(exchange.now()))
        if not self.entitled:
            if self._wanted_type not in (DELAYED, DELAYED_FROZEN):
                raise Rejected(354, NOT_SUBSCRIBED)
            self._client.error(request_id, 10167, DELAYED_INSTEAD)
        self._hub.catch_up(symbol)
        line = Line(self._client, request_id, symbol, generic, data_type)
        line.start()
        if is_snapshot:
            self._client.out.send([57, 1, request_id])
            return
        self._lines[request_id] = line
        if NEWS in generic.numbers:
            self._news.watch(request_id, symbol, generic.providers)
        self._hub.add(line)

    def _unwatch(self, reader: Reader) -> None:
        reader.skip()
        request_id = reader.integer()
        line = self._lines.pop(request_id, None)
        if line is not None:
            self._hub.remove(line)
            self._news.unwatch(request_id)
        elif not self._news.unwatch(request_id):
            raise Rejected(300, f"Can't find EId with tickerId:{request_id}")
