"""Requests about what is listed: contract details, price ladders, symbols."""

from __future__ import annotations

from skim_tui.exchange.tws import contracts
from skim_tui.exchange.tws.client import Client, Handler
from skim_tui.exchange.tws.contracts import find, read_contract
from skim_tui.exchange.tws.wire import Reader


class ReferenceRequests:
    """What a client asks about instruments."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self.handlers: dict[int, Handler] = {
            9: self._contract_details,
            81: self._matching_symbols,
            91: self._market_rule,
        }

    def _contract_details(self, reader: Reader) -> None:
        reader.skip()
        request_id = reader.integer()
        instrument = find(self._client.exchange, read_contract(reader))
        self._client.out.send(contracts.details(instrument, request_id, self._client.exchange.day()))
        self._client.out.send([52, 1, request_id])

    def _matching_symbols(self, reader: Reader) -> None:
        request_id, pattern = reader.integer(), reader.text().upper()
        found = [
            item for item in self._client.exchange.instruments.values()
            if item.symbol.startswith(pattern) or pattern in item.name.upper()
        ][:16]  # fmt: skip
        fields: list[object] = [79, request_id, len(found)]
        for item in found:
            fields += [
                item.con_id,
                item.symbol,
                "STK",
                contracts.home_of(item.mic),
                item.currency,
                0,
                item.name.upper(),
                "",
            ]
        self._client.out.send(fields)

    def _market_rule(self, reader: Reader) -> None:
        self._client.out.send(contracts.market_rule(self._client.exchange, reader.integer()))
