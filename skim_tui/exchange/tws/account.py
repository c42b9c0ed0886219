"""The account as the API tells it: values, portfolio and positions."""

from __future__ import annotations

from decimal import Decimal

from skim_tui.exchange.core import ExchangeApi
from skim_tui.exchange.tws.contracts import contract12

CENT = Decimal("0.01")


def account_values(exchange: ExchangeApi) -> list[tuple[str, str, str]]:
    """(key, value, currency) rows; ``AccountType`` says that the account is simulated."""
    currency, cash, equity = exchange.currency, exchange.cash, exchange.equity()
    gross = gross_value(exchange)
    unrealised = sum((_unrealised(exchange, symbol) for symbol in exchange.positions), Decimal(0))
    money = {
        "NetLiquidation": equity, "TotalCashValue": cash, "CashBalance": cash, "TotalCashBalance": cash,
        "AvailableFunds": cash, "BuyingPower": cash, "ExcessLiquidity": cash, "EquityWithLoanValue": equity,
        "GrossPositionValue": gross, "StockMarketValue": gross, "UnrealizedPnL": unrealised,
        "RealizedPnL": exchange.realised, "InitMarginReq": gross, "MaintMarginReq": gross,
    }  # fmt: skip
    return [
        ("AccountCode", exchange.account_id, ""),
        ("AccountReady", "true", ""),
        ("AccountType", "SIMULATED", ""),
        ("Currency", currency, currency),
        ("ExchangeRate", "1.00", currency),
        *((key, str(value.quantize(CENT)), currency) for key, value in money.items()),
    ]


def gross_value(exchange: ExchangeApi) -> Decimal:
    """What the positions are worth, long and short alike."""
    return sum((abs(_value(exchange, symbol)) for symbol in exchange.positions), Decimal(0))


def position_row(exchange: ExchangeApi, symbol: str) -> list[object]:
    """A position message; quantity 0 tells that it is gone."""
    quantity, cost = exchange.positions.get(symbol, (0, Decimal(0)))
    return [61, 3, exchange.account_id, *contract12(exchange.instruments[symbol]), quantity, _price(cost)]


def portfolio_row(exchange: ExchangeApi, symbol: str) -> list[object]:
    """An updatePortfolio message of 20 fields."""
    quantity, cost = exchange.positions.get(symbol, (0, Decimal(0)))
    last = _last(exchange, symbol)
    return [
        7, 8, *contract12(exchange.instruments[symbol]), quantity, _price(last),
        (last * quantity).quantize(CENT), _price(cost), _unrealised(exchange, symbol).quantize(CENT), 0, exchange.account_id,
    ]  # fmt: skip


def _last(exchange: ExchangeApi, symbol: str) -> Decimal:
    stats = exchange.stats(symbol)
    return Decimal(str(stats.last or stats.prev_close))


def _value(exchange: ExchangeApi, symbol: str) -> Decimal:
    return _last(exchange, symbol) * exchange.positions[symbol][0]


def _unrealised(exchange: ExchangeApi, symbol: str) -> Decimal:
    quantity, cost = exchange.positions.get(symbol, (0, Decimal(0)))
    return (_last(exchange, symbol) - cost) * quantity


def _price(value: Decimal) -> str:
    return f"{value.quantize(Decimal('0.00000001')).normalize():f}"
