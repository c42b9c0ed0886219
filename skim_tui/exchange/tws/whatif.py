"""What an order would cost and bind, without its being placed."""

from __future__ import annotations

from decimal import Decimal

from skim_tui.domain.fees import FEES
from skim_tui.domain.instrument import Instrument
from skim_tui.exchange.api import ExchangeApi
from skim_tui.exchange.model import SimOrder
from skim_tui.exchange.tws.account import gross_value
from skim_tui.exchange.tws.orders import OrderState

CENT = Decimal("0.01")


def what_if(exchange: ExchangeApi, order: SimOrder, instrument: Instrument) -> OrderState:
    """Margin of the account before, by how much the order changes it, and after; and its commission.

    Shares are paid in full here, so the margin of a position is its value.
    """
    at = order.limit or order.stop or _market(exchange, order)
    held = exchange.positions.get(order.symbol, (0, Decimal(0)))[0]
    after = held + order.side.sign * order.quantity
    change = (abs(after) - abs(held)) * at
    fee = FEES[instrument.mic].order_fee(order.quantity, at * order.quantity)
    margin, equity = gross_value(exchange), exchange.equity()
    figures = (
        margin, margin, equity,
        change, change, -fee,
        margin + change, margin + change, equity - fee,
    )  # fmt: skip
    return OrderState(
        "PreSubmitted",
        margins=tuple(str(figure.quantize(CENT)) for figure in figures),
        commission=fee, least=fee, most=fee, currency=instrument.currency, what_if=True,
    )  # fmt: skip


def _market(exchange: ExchangeApi, order: SimOrder) -> Decimal:
    """The price a market order would meet: the far side of the quote, else the last or the previous close."""
    quote, stats = exchange.quote(order.symbol), exchange.stats(order.symbol)
    quoted = 0.0 if quote is None else quote.ask if order.side.sign > 0 else quote.bid
    return Decimal(str(quoted or stats.last or stats.prev_close))
