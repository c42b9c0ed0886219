"""Requests about what is listed: contract details, price ladders, symbols, option chains."""

from __future__ import annotations

from skim_tui.domain.instrument import Instrument
from skim_tui.exchange.model import Rejected
from skim_tui.exchange.tws import contracts
from skim_tui.exchange.tws.client import Client, Handler
from skim_tui.exchange.tws.contracts import Named, find, find_by_id, home_of, read_contract, venues_of
from skim_tui.exchange.tws.details import details
from skim_tui.exchange.tws.wire import Reader

MOST_SAMPLES = 16
"""Symbols that a gateway suggests at most."""
DESCRIPTIONS_FROM = 176
"""The first protocol version with descriptions among the suggestions."""


class ReferenceRequests:
    """What a client asks about instruments."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self.handlers: dict[int, Handler] = {
            9: self._contract_details,
            78: self._option_chain,
            81: self._matching_symbols,
            91: self._market_rule,
        }

    def _contract_details(self, reader: Reader) -> None:
        reader.skip()
        request_id = reader.integer()
        named = read_contract(reader)
        reader.skip()
        kind, value = reader.text().upper(), reader.text()
        exchange = self._client.exchange
        if value:
            instrument = find_by_id(exchange, kind, value)
        else:
            instrument = find(exchange, named)
        for venue in _venues(named, instrument):
            self._client.out.send(
                details(
                    instrument, request_id, exchange.calendar, exchange.day(), venue=venue,
                    version=self._client.version,
                )
            )  # fmt: skip
        self._client.out.send([52, 1, request_id])

    def _matching_symbols(self, reader: Reader) -> None:
        """Symbols that begin with the pattern first, then names that contain it."""
        request_id, pattern = reader.integer(), reader.text().strip().upper()
        listed = self._client.exchange.instruments.values()
        beginning = [item for item in listed if item.symbol.startswith(pattern)]
        named = [item for item in listed if pattern in item.name.upper() and item not in beginning]
        found = sorted(beginning, key=lambda item: (len(item.symbol), item.symbol)) + named if pattern else []
        found = found[:MOST_SAMPLES]
        fields: list[object] = [79, request_id, len(found)]
        for item in found:
            fields += [item.con_id, item.symbol, "STK", home_of(item.mic), item.currency, 1, "CFD"]
            if self._client.version >= DESCRIPTIONS_FROM:
                fields += [item.name.upper(), ""]
        self._client.out.send(fields)

    def _market_rule(self, reader: Reader) -> None:
        self._client.out.send(contracts.market_rule(self._client.exchange, reader.integer()))

    def _option_chain(self, reader: Reader) -> None:
        """No options are listed here: the end alone."""
        request_id = reader.integer()
        reader.skip(3)
        if not self._client.exchange.symbol_of(reader.integer()):
            raise Rejected(321, "Error validating request.-'bT' : cause - Invalid contract id")
        self._client.out.send([76, request_id])


def _venues(named: Named, instrument: Instrument) -> tuple[str, ...]:
    """One answer for each exchange when none was named; a contract's id alone means SMART."""
    if named.exchange:
        return (contracts.OLD_VENUES.get(named.exchange, named.exchange),)
    return ("SMART",) if named.con_id else venues_of(instrument.mic)
