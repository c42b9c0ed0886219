"""Requests for market data: lines, historical bars, scans."""

from __future__ import annotations

from skim_tui.exchange.model import Rejected
from skim_tui.exchange.tws import scanner
from skim_tui.exchange.tws.client import Client, Handler
from skim_tui.exchange.tws.contracts import find, read_contract
from skim_tui.exchange.tws.feed import Feed
from skim_tui.exchange.tws.history import history
from skim_tui.exchange.tws.wire import Reader


class MarketRequests:
    """What a client asks of the market."""

    def __init__(self, client: Client, feed: Feed) -> None:
        self._client = client
        self._feed = feed
        self.handlers: dict[int, Handler] = {
            1: self._market_data, 2: self._cancel_market_data, 20: self._history, 22: self._scanner,
            23: self._cancel_scanner, 24: self._scanner_parameters, 25: self._cancel_history,
        }  # fmt: skip

    def _market_data(self, reader: Reader) -> None:
        reader.skip()
        request_id = reader.integer()
        instrument = find(self._client.exchange, read_contract(reader))
        if reader.flag():
            reader.skip(3)
        self._feed.watch(request_id, instrument.symbol, reader.text(), snapshot=reader.flag())

    def _cancel_market_data(self, reader: Reader) -> None:
        reader.skip()
        self._feed.unwatch(reader.integer())

    def _history(self, reader: Reader) -> None:
        request_id = reader.integer()
        instrument = find(self._client.exchange, read_contract(reader))
        reader.skip(2)
        size, duration, regular, what, form = (
            reader.text(),
            reader.text(),
            reader.flag(),
            reader.text(),
            reader.integer(1),
        )
        keep = reader.flag()
        if what not in ("TRADES", "MIDPOINT", "BID", "ASK", "ADJUSTED_LAST"):
            raise Rejected(
                321, f"Error validating request.-'bO' : cause - Historical data type {what} is not supported"
            )
        self._client.out.send(
            history(self._client.exchange, instrument.symbol, request_id, size, duration, regular=regular, form=form)
        )
        if keep:
            self._feed.keep_updated(request_id, instrument.symbol, size, form)

    def _cancel_history(self, reader: Reader) -> None:
        reader.skip()
        self._feed.stop_updating(reader.integer())

    def _scanner(self, reader: Reader) -> None:
        request_id = reader.integer()
        self._feed.scan(request_id, scanner.read_scan(reader, self._client.exchange.day().mic))

    def _cancel_scanner(self, reader: Reader) -> None:
        reader.skip()
        self._feed.stop_scan(reader.integer())

    def _scanner_parameters(self, reader: Reader) -> None:
        self._client.out.send([19, 1, scanner.parameters(self._client.exchange.day().mic)])
