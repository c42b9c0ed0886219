"""Requests for profit and loss, of the account or of one position, told again as prices move."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

from skim_tui.domain.market import Quote, Trade
from skim_tui.exchange.api import ExchangeApi
from skim_tui.exchange.model import Rejected
from skim_tui.exchange.tws import account
from skim_tui.exchange.tws.client import Client, Handler
from skim_tui.exchange.tws.wire import DBL_MAX, Reader

PAUSE = 1.0
"""Exchange seconds between two updates of the same request."""


@dataclass(frozen=True, slots=True)
class Profit:
    """Profit of a position today, in its currency."""

    daily: Decimal
    unrealised: Decimal
    realised: Decimal
    value: Decimal

    def __add__(self, other: Profit) -> Profit:
        return Profit(
            self.daily + other.daily,
            self.unrealised + other.unrealised,
            self.realised + other.realised,
            self.value + other.value,
        )

    def times(self, rate: Decimal) -> Profit:
        """In another currency."""
        return Profit(self.daily * rate, self.unrealised * rate, self.realised * rate, self.value * rate)


NONE = Profit(Decimal(0), Decimal(0), Decimal(0), Decimal(0))


def profit_of(exchange: ExchangeApi, symbol: str) -> Profit:
    """Daily: what was held at the previous close and what was traded today, both against the price now."""
    held = exchange.positions.get(symbol, (0, Decimal(0)))[0]
    now, previous = account.last_price(exchange, symbol), exchange.stats(symbol).prev_close
    since = exchange.day().pre_open
    today = [fill for fill in exchange.executions if fill.symbol == symbol and fill.ts >= since]
    overnight = held - sum(fill.side.sign * fill.quantity for fill in today)
    paid = sum((fill.side.sign * fill.quantity * fill.price + fill.commission for fill in today), Decimal(0))
    before = overnight * (Decimal(str(previous)) if previous else now)
    return Profit(
        held * now - before - paid,
        account.unrealised(exchange, symbol),
        account.realised_today(exchange, symbol),
        held * now,
    )


def profit_of_account(exchange: ExchangeApi) -> Profit:
    """Of everything held or traded today, in the base currency."""
    since = exchange.day().pre_open
    symbols = set(exchange.positions) | {fill.symbol for fill in exchange.executions if fill.ts >= since}
    rates = {symbol: exchange.rate(exchange.instruments[symbol].currency) for symbol in symbols}
    return sum((profit_of(exchange, symbol).times(rates[symbol]) for symbol in sorted(symbols)), NONE)


@dataclass(slots=True)
class Watch:
    """One running request."""

    symbol: str
    """Empty: the whole account."""
    at: float = 0.0
    told: list[object] = field(default_factory=list[object])


class ProfitRequests:
    """One client's profit subscriptions. Listens to the quotes and trades of what they are about."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._exchange = client.exchange
        self._accounts: dict[int, Watch] = {}
        self._singles: dict[int, Watch] = {}
        self._listening: set[str] = set()
        self.handlers: dict[int, Handler] = {
            92: self._pnl, 93: self._cancel_pnl, 94: self._pnl_single, 95: self._cancel_single,
        }  # fmt: skip

    def close(self) -> None:
        """The client is gone: listen to nothing any more."""
        self._accounts.clear()
        self._singles.clear()
        self._listen()

    # ---- what the exchange says ---------------------------------------------------------------------

    def on_quote(self, quote: Quote) -> None:
        """Profit is measured at the last price, not at the quote."""

    def on_halt(self, symbol: str, halted: bool) -> None:
        """A halt moves no price."""

    def on_borrow(self, symbol: str) -> None:
        """Nor does what can be borrowed."""

    def on_trade(self, trade: Trade) -> None:
        self._tell(trade.symbol, at_once=False)

    def on_position(self, symbol: str) -> None:
        self._listen()
        self._tell(symbol, at_once=True)

    # ---- requests -----------------------------------------------------------------------------------

    def _pnl(self, reader: Reader) -> None:
        request_id, code, model = reader.integer(), reader.text(), reader.text()
        self._check(request_id, code)
        self._accounts[request_id] = Watch("")
        self._listen()
        if not model:
            self._send(request_id, self._accounts[request_id])

    def _pnl_single(self, reader: Reader) -> None:
        request_id, code = reader.integer(), reader.text()
        reader.skip()
        con_id = reader.integer()
        self._check(request_id, code)
        symbol = self._exchange.symbol_of(con_id)
        if not symbol:
            raise Rejected(200, "No security definition has been found for the request")
        self._singles[request_id] = Watch(symbol)
        self._listen()
        self._send(request_id, self._singles[request_id])

    def _cancel_pnl(self, reader: Reader) -> None:
        self._drop(self._accounts, reader.integer(), "PnL")

    def _cancel_single(self, reader: Reader) -> None:
        self._drop(self._singles, reader.integer(), "PnLSingle")

    def _drop(self, watches: dict[int, Watch], request_id: int, name: str) -> None:
        if watches.pop(request_id, None) is None:
            raise Rejected(10194 if name == "PnL" else 10195, f"{name} subscription not found")
        self._listen()

    def _check(self, request_id: int, code: str) -> None:
        if request_id in self._accounts or request_id in self._singles:
            raise Rejected(322, "Error processing request.-'bZ' : cause - Duplicate ticker id")
        if code not in ("", "All", self._exchange.account_id):
            raise Rejected(321, f"Error validating request.-'bZ' : cause - Invalid account code '{code}'.")

    # ---- telling ------------------------------------------------------------------------------------

    def _listen(self) -> None:
        """Follow the prices of every position asked about, and of no other."""
        wanted = {watch.symbol for watch in self._singles.values()}
        if self._accounts:
            wanted |= set(self._exchange.positions)
        for symbol in wanted - self._listening:
            self._exchange.subscribe(self, symbol)  # type: ignore[arg-type]
        for symbol in self._listening - wanted:
            self._exchange.unsubscribe(self, symbol)  # type: ignore[arg-type]
        self._listening = wanted

    def _tell(self, symbol: str, *, at_once: bool) -> None:
        now = self._exchange.now()
        for request_id, watch in (*self._accounts.items(), *self._singles.items()):
            if watch.symbol in ("", symbol) and (at_once or now - watch.at >= PAUSE):
                self._send(request_id, watch)

    def _send(self, request_id: int, watch: Watch) -> None:
        if watch.symbol:
            profit = profit_of(self._exchange, watch.symbol)
            held = self._exchange.positions.get(watch.symbol, (0, Decimal(0)))[0]
            figures: list[object] = [95, request_id, held, *_figures(profit), _plain(profit.value) if held else DBL_MAX]
        else:
            figures = [94, request_id, *_figures(profit_of_account(self._exchange))]
        watch.at = self._exchange.now()
        if figures != watch.told:
            watch.told = figures
            self._client.out.send(figures)


def _figures(profit: Profit) -> list[object]:
    return [_plain(profit.daily), _plain(profit.unrealised), _plain(profit.realised)]


def _plain(value: Decimal) -> str:
    return f"{value.quantize(Decimal('0.0001')).normalize():f}"
