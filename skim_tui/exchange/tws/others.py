"""Requests for what this exchange does not have: each answered as a gateway answers it, none with silence."""

from __future__ import annotations

from skim_tui.exchange.model import Rejected
from skim_tui.exchange.tws.client import Client, Handler
from skim_tui.exchange.tws.contracts import find, read_contract
from skim_tui.exchange.tws.wire import Reader

VALIDATING = "Error validating request.-'bX' : cause - "
PROCESSING = "Error processing request.-'bX' : cause - "
NO_FUNDAMENTALS = "We are sorry, but fundamentals data for the security specified is not available."
NOT_ADVISOR = "FA data operations ignored for non FA customers."
NO_CALENDAR = "News feed is not allowed."


class OtherRequests:
    """Fundamentals, options, advisors, display groups, calendars, verification."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self.handlers: dict[int, Handler] = {
            18: self._advisor, 19: self._advisor, 21: self._exercise, 52: self._fundamentals, 53: self._ignore,
            54: self._option, 55: self._option, 56: self._ignore, 57: self._ignore, 65: self._verify,
            66: self._verify, 67: self._display_groups, 68: self._display_group, 69: self._display_group,
            70: self._ignore, 72: self._verify, 73: self._verify, 79: self._soft_dollar_tiers,
            80: self._family_codes, 100: self._calendar, 101: self._ignore, 102: self._calendar, 103: self._ignore,
        }  # fmt: skip

    def _advisor(self, reader: Reader) -> None:
        self._client.error(-1, 321, f"{VALIDATING}{NOT_ADVISOR}")

    def _exercise(self, reader: Reader) -> None:
        reader.skip()
        request_id = reader.integer()
        self._client.error(request_id, 322, f"{PROCESSING}Only options can be exercised.")

    def _fundamentals(self, reader: Reader) -> None:
        reader.skip()
        request_id = reader.integer()
        con_id, symbol = reader.integer(), reader.text().upper()
        exchange = self._client.exchange
        if (exchange.symbol_of(con_id) if con_id else symbol) not in exchange.instruments:
            self._client.error(request_id, 200, "No security definition has been found for the request")
            return
        self._client.error(request_id, 430, f"{NO_FUNDAMENTALS}:Not allowed")

    def _option(self, reader: Reader) -> None:
        """Implied volatility or price of an option: none is listed."""
        reader.skip()
        request_id = reader.integer()
        named = read_contract(reader)
        try:
            find(self._client.exchange, named)
        except Rejected as refusal:
            self._client.error(request_id, refusal.code, refusal.text)
            return
        self._client.error(request_id, 321, f"{VALIDATING}Security type STK is not an option.")

    def _verify(self, reader: Reader) -> None:
        self._client.error(-1, 321, f"{VALIDATING}Verification of clients is not enabled.")

    def _display_groups(self, reader: Reader) -> None:
        """A gateway has no windows, so no groups of them."""
        reader.skip()
        self._client.out.send([67, 1, reader.integer(), ""])

    def _display_group(self, reader: Reader) -> None:
        reader.skip()
        request_id = reader.integer()
        self._client.error(request_id, 321, f"{VALIDATING}Display group is invalid.")

    def _soft_dollar_tiers(self, reader: Reader) -> None:
        self._client.out.send([77, reader.integer(), 0])

    def _family_codes(self, reader: Reader) -> None:
        self._client.out.send([78, 1, self._client.exchange.account_id, ""])

    def _calendar(self, reader: Reader) -> None:
        self._client.error(reader.integer(), 10276, NO_CALENDAR)

    def _ignore(self, reader: Reader) -> None:
        """A cancel of what was answered already, or needs no answer."""
