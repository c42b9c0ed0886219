"""Requests about the account: values, positions, summaries."""

from __future__ import annotations

from collections.abc import Sequence

from skim_tui.exchange.tws.account import account_values, portfolio_row, position_row
from skim_tui.exchange.tws.client import Client, Handler
from skim_tui.exchange.tws.wire import Reader


class AccountRequests:
    """What a client asks of the account, and is told when a position changes."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._account_updates = False
        self._positions = False
        self.handlers: dict[int, Handler] = {
            6: self._request_account_updates, 17: self._managed_accounts, 61: self._request_positions,
            62: self._account_summary, 64: self._cancel_positions, 76: self._account_updates_multi,
        }  # fmt: skip

    def greet(self) -> None:
        self._client.out.send([15, 1, self._client.exchange.account_id])

    def on_position(self, symbol: str) -> None:
        if self._positions:
            self._client.out.send(position_row(self._client.exchange, symbol))
        if self._account_updates:
            self._send_account([symbol])

    # ---- requests ---------------------------------------------------------------------------------

    def _managed_accounts(self, reader: Reader) -> None:
        self.greet()

    def _request_account_updates(self, reader: Reader) -> None:
        reader.skip()
        self._account_updates = reader.flag()
        if self._account_updates:
            self._send_account()
            self._client.out.send([54, 1, self._client.exchange.account_id])

    def _account_updates_multi(self, reader: Reader) -> None:
        reader.skip()
        request_id, account, model = reader.integer(), reader.text(), reader.text()
        for key, value, currency in account_values(self._client.exchange):
            self._client.out.send(
                [73, 1, request_id, account or self._client.exchange.account_id, model, key, value, currency]
            )
        self._client.out.send([74, 1, request_id])

    def _account_summary(self, reader: Reader) -> None:
        reader.skip()
        request_id, _, tags = reader.integer(), reader.text(), reader.text().split(",")
        for key, value, currency in account_values(self._client.exchange):
            if key in tags:
                self._client.out.send([63, 1, request_id, self._client.exchange.account_id, key, value, currency])
        self._client.out.send([64, 1, request_id])

    def _request_positions(self, reader: Reader) -> None:
        self._positions = True
        for symbol in self._client.exchange.positions:
            self._client.out.send(position_row(self._client.exchange, symbol))
        self._client.out.send([62, 1])

    def _cancel_positions(self, reader: Reader) -> None:
        self._positions = False

    def _send_account(self, symbols: Sequence[str] | None = None) -> None:
        exchange = self._client.exchange
        for key, value, currency in account_values(exchange):
            self._client.out.send([6, 2, key, value, currency, exchange.account_id])
        for symbol in exchange.positions if symbols is None else symbols:
            self._client.out.send(portfolio_row(exchange, symbol))
        self._client.out.send([8, 1, f"{exchange.day().local(exchange.now()):%H:%M}"])
