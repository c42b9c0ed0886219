"""What every part of one client's session shares: the exchange, the way out, and who it is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from skim_tui.domain.session import ASX
from skim_tui.exchange.api import ExchangeApi
from skim_tui.exchange.tws.outbox import Outbox
from skim_tui.exchange.tws.wire import SERVER_VERSION, Reader

Handler = Callable[[Reader], None]
"""Reads one request (its message id is taken already) and answers it."""

REJECT_REASONS_FROM = 166
QUOTES_IN_SHARES_FROM, HISTORY_IN_SHARES_FROM = 159, 175
ROUND_LOT = 100


@dataclass(slots=True)
class Client:
    """One connected client."""

    exchange: ExchangeApi
    out: Outbox
    id: int
    version: int = SERVER_VERSION
    """The protocol version agreed with it."""

    def error(self, request_id: int, code: int, text: str) -> None:
        self.out.send([4, 2, request_id, code, text, *([""] if self.version >= REJECT_REASONS_FROM else [])])

    @property
    def quote_unit(self) -> int:
        """Shares in one unit of a live size: clients of old versions are told American sizes in round lots."""
        return ROUND_LOT if self.version < QUOTES_IN_SHARES_FROM and self._is_american else 1

    @property
    def history_unit(self) -> int:
        """Shares in one unit of a historical volume."""
        return ROUND_LOT if self.version < HISTORY_IN_SHARES_FROM and self._is_american else 1

    @property
    def _is_american(self) -> bool:
        return self.exchange.day().mic != ASX
