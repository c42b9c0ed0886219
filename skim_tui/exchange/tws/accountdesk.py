"""Requests about the account's values: updates, summaries, and who owns it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from skim_tui.exchange.model import Rejected
from skim_tui.exchange.tws import account
from skim_tui.exchange.tws.account import Row
from skim_tui.exchange.tws.client import Client, Handler
from skim_tui.exchange.tws.wire import Reader

REFRESH = 180.0
"""Exchange seconds between two account updates while no position changes, as documented by the broker."""

SUMMARIES = 2
"""Account summaries one client may have."""


@dataclass(slots=True)
class Stream:
    """A running summary or multi-account request, and what was last told by it."""

    head: Sequence[object]
    """The fields before the account."""
    model: tuple[str, ...]
    """The fields between the account and the key."""
    rows: Callable[[], list[Row]]
    told: dict[tuple[str, str], str] = field(default_factory=dict[tuple[str, str], str])

    def changed(self) -> list[Row]:
        """Rows that differ from what was told; they count as told from now on."""
        rows = [row for row in self.rows() if self.told.get((row[0], row[2])) != row[1]]
        self.told.update({(key, currency): value for key, value, currency in rows})
        return rows


class AccountRequests:
    """What a client asks of the account's values, and is told when they change."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._exchange = client.exchange
        self._updates = False
        self._summaries: dict[int, Stream] = {}
        self._multi: dict[int, Stream] = {}
        self._refreshed = 0.0
        self.handlers: dict[int, Handler] = {
            6: self._account_updates, 17: self._managed_accounts,
            62: self._account_summary, 63: self._cancel_summary, 76: self._account_updates_multi,
            77: self._cancel_updates_multi,
        }  # fmt: skip

    def greet(self) -> None:
        self._client.out.send([15, 1, self._exchange.account_id])

    def on_position(self, symbol: str) -> None:
        """A fill: account updates and multi-account updates tell it at once, summaries with their next refresh."""
        if self._updates:
            self._send_updates([symbol])
        for stream in self._multi.values():
            self._send(stream)

    def on_minute(self) -> None:
        """A minute of trading is over."""
        if self._exchange.now() - self._refreshed < REFRESH:
            return
        self._refreshed = self._exchange.now()
        if self._updates:
            self._send_updates(self._exchange.positions)
        for stream in (*self._summaries.values(), *self._multi.values()):
            self._send(stream)

    # ---- updates ------------------------------------------------------------------------------------

    def _account_updates(self, reader: Reader) -> None:
        reader.skip()
        subscribes, code = reader.flag(), reader.text()
        self._check(code)
        self._updates = subscribes
        if subscribes:
            self._refreshed = self._exchange.now()
            self._send_updates(self._exchange.positions)
            self._client.out.send([54, 1, self._exchange.account_id])

    def _send_updates(self, symbols: Iterable[str]) -> None:
        exchange, out = self._exchange, self._client.out
        for key, value, currency in account.account_rows(exchange):
            out.send([6, 2, key, value, currency, exchange.account_id])
        for symbol in symbols:
            out.send(account.portfolio_row(exchange, symbol))
        out.send([8, 1, f"{exchange.day().local(exchange.now()):%H:%M}"])

    def _account_updates_multi(self, reader: Reader) -> None:
        reader.skip()
        request_id, code, model, ledger = reader.integer(), reader.text(), reader.text(), reader.flag()
        self._check(code)
        rows = account.net_rows if ledger else account.account_rows
        stream = Stream([73, 1, request_id], (model,), lambda: rows(self._exchange))
        if not model:  # a model portfolio of this account has nothing in it
            self._multi[request_id] = stream
            self._send(stream)
        self._client.out.send([74, 1, request_id])

    def _cancel_updates_multi(self, reader: Reader) -> None:
        reader.skip()
        self._multi.pop(reader.integer(), None)

    # ---- summary ------------------------------------------------------------------------------------

    def _account_summary(self, reader: Reader) -> None:
        reader.skip()
        request_id, group, tags = reader.integer(), reader.text(), reader.text().split(",")
        if group not in ("All", "", self._exchange.account_id):
            raise Rejected(321, f"Error validating request.-'bW' : cause - Invalid group name '{group}'")
        if request_id not in self._summaries and len(self._summaries) >= SUMMARIES:
            raise Rejected(
                322, "Error processing request.-'bW' : cause - Maximum number of account summary requests exceeded"
            )
        stream = Stream([63, 1, request_id], (), lambda: account.tagged_rows(self._exchange, tags))
        self._summaries[request_id] = stream
        self._send(stream)
        self._client.out.send([64, 1, request_id])

    def _cancel_summary(self, reader: Reader) -> None:
        reader.skip()
        self._summaries.pop(reader.integer(), None)

    def _send(self, stream: Stream) -> None:
        for key, value, currency in stream.changed():
            self._client.out.send([*stream.head, self._exchange.account_id, *stream.model, key, value, currency])

    # ---- whose account it is --------------------------------------------------------------------------

    def _managed_accounts(self, reader: Reader) -> None:
        self.greet()

    def _check(self, code: str) -> None:
        """Raises :class:`Rejected` for an account that is not this one."""
        if code not in ("", "All", self._exchange.account_id):
            raise Rejected(321, f"Error validating request.-'bS' : cause - Invalid account code '{code}'.")
