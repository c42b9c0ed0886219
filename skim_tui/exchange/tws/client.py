"""What every part of one client's session shares: the exchange, the way out, and who it is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from skim_tui.exchange.core import ExchangeApi
from skim_tui.exchange.tws.outbox import Outbox
from skim_tui.exchange.tws.wire import SERVER_VERSION, Reader

Handler = Callable[[Reader], None]
"""Reads one request (its message id is taken already) and answers it."""

REJECT_REASONS_FROM = 166


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
