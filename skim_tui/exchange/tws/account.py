"""The account as the API tells it: values, ledgers by currency, portfolio and positions."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from skim_tui.exchange.api import ExchangeApi
from skim_tui.exchange.tws.contracts import contract12

CENT = Decimal("0.01")
BASE = "BASE"
LEDGER = "$LEDGER"

Row = tuple[str, str, str]
"""Key, value and currency of an account value."""


@dataclass(frozen=True, slots=True)
class Ledger:
    """What the account holds in one currency."""

    currency: str
    cash: Decimal
    stock: Decimal
    unrealised: Decimal
    realised: Decimal
    rate: Decimal
    """Units of the base currency for one of this."""

    def rows(self, name: str = "") -> list[Row]:
        """The rows of this ledger, under its currency or another ``name`` of it."""
        currency = name or self.currency
        zero = "0.00"
        money = {
            "AccruedCash": zero, "CashBalance": _cents(self.cash), "CorporateBondValue": zero, "FundValue": zero,
            "FutureOptionValue": zero, "FuturesPNL": zero, "FxCashBalance": zero, "IssuerOptionValue": zero,
            "MoneyMarketFundValue": zero, "MutualFundValue": zero, "NetDividend": zero,
            "NetLiquidationByCurrency": _cents(self.cash + self.stock), "OptionMarketValue": zero,
            "RealizedPnL": _cents(self.realised), "StockMarketValue": _cents(self.stock), "TBillValue": zero,
            "TBondValue": zero, "TotalCashBalance": _cents(self.cash), "UnrealizedPnL": _cents(self.unrealised),
            "WarrantValue": zero,
        }  # fmt: skip
        return [
            ("Currency", currency, currency),
            ("RealCurrency", currency, currency),
            ("ExchangeRate", f"{self.rate:.2f}", currency),
            *((key, value, currency) for key, value in money.items()),
        ]


def ledgers(exchange: ExchangeApi) -> list[Ledger]:
    """One for each currency that the account holds cash or shares in, the base currency first."""
    currencies = dict.fromkeys(
        (exchange.currency, *exchange.balances, *(_currency(exchange, symbol) for symbol in exchange.positions))
    )
    return [
        Ledger(
            currency,
            exchange.balances.get(currency, Decimal(0)),
            sum((_value(exchange, symbol) for symbol in _in(exchange, currency)), Decimal(0)),
            sum((unrealised(exchange, symbol) for symbol in _in(exchange, currency)), Decimal(0)),
            _realised(exchange, currency),
            exchange.rate(currency),
        )
        for currency in currencies
    ]


def base_ledger(exchange: ExchangeApi) -> Ledger:
    """All ledgers in the base currency."""
    parts = ledgers(exchange)

    def total(amounts: Iterable[Decimal]) -> Decimal:
        return sum((amount * part.rate for amount, part in zip(amounts, parts, strict=True)), Decimal(0))

    return Ledger(
        exchange.currency,
        total(part.cash for part in parts),
        total(part.stock for part in parts),
        total(part.unrealised for part in parts),
        total(part.realised for part in parts),
        Decimal(1),
    )


def ledger_rows(exchange: ExchangeApi) -> list[Row]:
    """Every currency's ledger and their sum under ``BASE``."""
    rows = [row for ledger in ledgers(exchange) for row in ledger.rows()]
    return [*rows, *base_ledger(exchange).rows(BASE)]


def summary_rows(exchange: ExchangeApi) -> list[Row]:
    """The account's own values; ``AccountType`` says that the account is simulated.

    Shares are paid in full, long and short alike: margins are the positions' value, and what may be bought is what
    the equity leaves above them.
    """
    base, gross = base_ledger(exchange), gross_value(exchange)
    equity = base.cash + base.stock
    free = max(exchange.free_funds(), Decimal(0))
    cushion = (free / equity).quantize(Decimal("0.000001")) if equity > 0 else Decimal(0)
    money: dict[str, Decimal] = {
        "AccruedCash": Decimal(0), "AccruedDividend": Decimal(0), "AvailableFunds": free, "Billable": Decimal(0),
        "BuyingPower": free, "EquityWithLoanValue": equity, "ExcessLiquidity": free, "FullAvailableFunds": free,
        "FullExcessLiquidity": free, "FullInitMarginReq": gross, "FullMaintMarginReq": gross,
        "GrossPositionValue": gross, "Guarantee": Decimal(0), "IncentiveCoupons": Decimal(0), "InitMarginReq": gross,
        "LookAheadAvailableFunds": free, "LookAheadExcessLiquidity": free, "LookAheadInitMarginReq": gross,
        "LookAheadMaintMarginReq": gross, "MaintMarginReq": gross, "NetLiquidation": equity,
        "PhysicalCertificateValue": Decimal(0), "PostExpirationExcess": Decimal(0),
        "PostExpirationMargin": Decimal(0), "PreviousDayEquityWithLoanValue": equity,
        "PreviousEquityWithLoanValue": equity, "RegTEquity": equity, "RegTMargin": gross, "SMA": free,
        "SettledCash": base.cash, "TotalCashValue": base.cash, "TotalDebitCardPendingCharges": Decimal(0),
    }  # fmt: skip
    words = {
        "AccountCode": exchange.account_id, "AccountOrGroup": exchange.account_id, "AccountReady": "true",
        "AccountType": "SIMULATED", "Cushion": f"{cushion}", "DayTradesRemaining": "-1", "HighestSeverity": "0",
        "Leverage": f"{gross / equity if equity > 0 else Decimal(0):.2f}", "LookAheadNextChange": "0",
        "NLVAndMarginInReview": "false", "TradingType-S": "STKNOPT", "WhatIfPMEnabled": "true",
    }  # fmt: skip
    rows = [(key, value, "") for key, value in words.items()]
    rows += [(key, _cents(value), exchange.currency) for key, value in money.items()]
    return sorted(rows)


def account_rows(exchange: ExchangeApi) -> list[Row]:
    """What account updates consist of."""
    return [*summary_rows(exchange), *ledger_rows(exchange)]


def net_rows(exchange: ExchangeApi) -> list[Row]:
    """Ledgers and net liquidation alone, as the multi-account request can ask."""
    return [row for row in summary_rows(exchange) if row[0] == "NetLiquidation"] + ledger_rows(exchange)


def tagged_rows(exchange: ExchangeApi, tags: Iterable[str]) -> list[Row]:
    """The rows that an account summary asks for by tag, ``$LEDGER``, ``$LEDGER:USD`` and ``$LEDGER:ALL`` included."""
    wanted = {tag.strip() for tag in tags}
    rows = [row for row in summary_rows(exchange) if row[0] in wanted]
    for tag in sorted(wanted):
        if tag == LEDGER:
            rows += base_ledger(exchange).rows(BASE)
        elif tag == f"{LEDGER}:ALL":
            rows += ledger_rows(exchange)
        elif tag.startswith(f"{LEDGER}:"):
            currency = tag.removeprefix(f"{LEDGER}:")
            rows += [row for ledger in ledgers(exchange) if ledger.currency == currency for row in ledger.rows()]
    return rows


def gross_value(exchange: ExchangeApi) -> Decimal:
    """What the positions are worth, long and short alike, in the base currency."""
    return sum(
        (abs(_value(exchange, symbol)) * exchange.rate(_currency(exchange, symbol)) for symbol in exchange.positions),
        Decimal(0),
    )


def position_fields(exchange: ExchangeApi, symbol: str) -> list[object]:
    """Contract, position and average cost; a position of 0 tells that it is gone."""
    quantity, cost = exchange.positions.get(symbol, (0, Decimal(0)))
    return [*contract12(exchange.instruments[symbol]), quantity, _price(cost)]


def portfolio_row(exchange: ExchangeApi, symbol: str) -> list[object]:
    """An updatePortfolio message of 20 fields."""
    quantity, cost = exchange.positions.get(symbol, (0, Decimal(0)))
    last = last_price(exchange, symbol)
    return [
        7, 8, *contract12(exchange.instruments[symbol]), quantity, _price(last), _cents(last * quantity), _price(cost),
        _cents(unrealised(exchange, symbol)), _cents(realised_today(exchange, symbol)), exchange.account_id,
    ]  # fmt: skip


def last_price(exchange: ExchangeApi, symbol: str) -> Decimal:
    """The last trade's price, else the previous close, else what the position cost."""
    stats = exchange.stats(symbol)
    known = stats.last or stats.prev_close
    return Decimal(str(known)) if known else exchange.positions.get(symbol, (0, Decimal(0)))[1]


def unrealised(exchange: ExchangeApi, symbol: str) -> Decimal:
    quantity, cost = exchange.positions.get(symbol, (0, Decimal(0)))
    return (last_price(exchange, symbol) - cost) * quantity


def realised_today(exchange: ExchangeApi, symbol: str) -> Decimal:
    since = exchange.day().pre_open
    return sum(
        (fill.realised for fill in exchange.executions if fill.symbol == symbol and fill.ts >= since and fill.realised),
        Decimal(0),
    )


def _value(exchange: ExchangeApi, symbol: str) -> Decimal:
    return last_price(exchange, symbol) * exchange.positions[symbol][0]


def _realised(exchange: ExchangeApi, currency: str) -> Decimal:
    """Realised profit of the day in one currency."""
    since = exchange.day().pre_open
    fills = (fill for fill in exchange.executions if fill.ts >= since and fill.currency == currency)
    return sum((fill.realised for fill in fills if fill.realised is not None), Decimal(0))


def _currency(exchange: ExchangeApi, symbol: str) -> str:
    return exchange.instruments[symbol].currency


def _in(exchange: ExchangeApi, currency: str) -> list[str]:
    return [symbol for symbol in exchange.positions if _currency(exchange, symbol) == currency]


def _cents(value: Decimal) -> str:
    return str(value.quantize(CENT))


def _price(value: Decimal) -> str:
    return f"{value.quantize(Decimal('0.00000001')).normalize():f}"
