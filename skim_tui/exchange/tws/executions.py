"""Which executions a client asks for."""

from __future__ import annotations

from dataclasses import dataclass

from skim_tui.domain.instrument import Instrument
from skim_tui.domain.orders import Side
from skim_tui.domain.session import ExchangeDay
from skim_tui.exchange.model import Execution, Rejected
from skim_tui.exchange.tws.contracts import home_of
from skim_tui.exchange.tws.orderrules import moment_of
from skim_tui.exchange.tws.wire import Reader

SIDES = {"": None, "BUY": Side.BUY, "BOT": Side.BUY, "SELL": Side.SELL, "SLD": Side.SELL, "SSHORT": Side.SELL}


@dataclass(frozen=True, slots=True)
class ExecutionFilter:
    """The seven conditions of reqExecutions; an empty one admits everything."""

    client_id: int
    account: str
    since: float
    symbol: str
    sec_type: str
    exchange: str
    side: Side | None

    @classmethod
    def read(cls, reader: Reader, day: ExchangeDay) -> ExecutionFilter:
        """Raises WireError, and :class:`Rejected` for a time or side that is none."""
        client_id, account, since = reader.integer(), reader.text(), reader.text().strip()
        symbol, sec_type, exchange, side = reader.text(), reader.text(), reader.text(), reader.text().upper()
        if side not in SIDES:
            raise Rejected(321, f"Error validating request.-'bM' : cause - Invalid side {side}")
        start = 0.0
        if since:
            start = moment_of(since, day) - (86_400.0 if len(since) == 8 else 0.0)
        return cls(client_id, account, start, symbol.upper(), sec_type.upper(), exchange.upper(), SIDES[side])

    def takes(self, execution: Execution, instrument: Instrument) -> bool:
        return (
            self.client_id in (0, execution.client_id)
            and self.account in ("", execution.account)
            and execution.ts >= self.since
            and self.symbol in ("", execution.symbol)
            and self.sec_type in ("", "STK")
            and self.exchange in ("", "SMART", home_of(instrument.mic))
            and self.side in (None, execution.side)
        )
