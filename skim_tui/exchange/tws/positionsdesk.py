"""Requests about positions, and each change of one told."""

from __future__ import annotations

from skim_tui.exchange.model import Rejected
from skim_tui.exchange.tws.account import position_fields
from skim_tui.exchange.tws.client import Client, Handler
from skim_tui.exchange.tws.wire import Reader


class PositionRequests:
    """One client's position subscriptions: the account's, and those by account and model."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._exchange = client.exchange
        self._subscribed = False
        self._multi: set[int] = set()
        self.handlers: dict[int, Handler] = {
            61: self._positions, 64: self._cancel_positions, 74: self._positions_multi, 75: self._cancel_multi,
        }  # fmt: skip

    def on_position(self, symbol: str) -> None:
        if self._subscribed:
            self._send(symbol)
        for request_id in self._multi:
            self._send_multi(request_id, symbol)

    def _positions(self, reader: Reader) -> None:
        self._subscribed = True
        for symbol in self._exchange.positions:
            self._send(symbol)
        self._client.out.send([62, 1])

    def _cancel_positions(self, reader: Reader) -> None:
        self._subscribed = False

    def _positions_multi(self, reader: Reader) -> None:
        reader.skip()
        request_id, code, model = reader.integer(), reader.text(), reader.text()
        if code not in ("", "All", self._exchange.account_id):
            raise Rejected(321, f"Error validating request.-'bT' : cause - Invalid account code '{code}'.")
        if not model:  # a model portfolio of this account has nothing in it
            self._multi.add(request_id)
            for symbol in self._exchange.positions:
                self._send_multi(request_id, symbol)
        self._client.out.send([72, 1, request_id])

    def _cancel_multi(self, reader: Reader) -> None:
        reader.skip()
        self._multi.discard(reader.integer())

    def _send(self, symbol: str) -> None:
        self._client.out.send([61, 3, self._exchange.account_id, *position_fields(self._exchange, symbol)])

    def _send_multi(self, request_id: int, symbol: str) -> None:
        fields = position_fields(self._exchange, symbol)
        self._client.out.send([71, 1, request_id, self._exchange.account_id, *fields, ""])
