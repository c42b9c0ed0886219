"""The money an entry may use now: the account's facts and the settings, in the market's currency."""

from __future__ import annotations

from decimal import Decimal

from skim_tui.desk.context import Context
from skim_tui.desk.market.followed import Followed
from skim_tui.desk.rules import fx_rate, percent
from skim_tui.domain.money import convert
from skim_tui.domain.session import CURRENCIES
from skim_tui.domain.shortsale import ShortSale
from skim_tui.domain.sizing import SizingLimits
from skim_tui.domain.volume import average_volume


def in_market_currency(context: Context, amount: Decimal) -> Decimal | str:
    """Money of the account in the market's currency, or why it cannot be told."""
    if context.account is None:
        return "equity unknown"
    return convert(amount, context.account.currency, CURRENCIES[context.day.mic], fx_rate(context.config))


def short_sale(context: Context, followed: Followed, quantity: int) -> ShortSale:
    """What a short sale of ``quantity`` shares is judged by now."""
    return ShortSale(
        enabled=context.config.shock.short,
        quantity=quantity,
        borrow=followed.borrow,
        mic=context.day.mic,
        prev_close=followed.prev_close,
        low=followed.tracker.low,
    )


def risk_budget(context: Context) -> Decimal | None:
    """Most that one trade may lose, in the market's currency; None while that cannot be told."""
    if context.account is None:
        return None
    equity = in_market_currency(context, context.account.equity)
    return None if isinstance(equity, str) else percent(context.config.risk.risk_per_trade_pct, equity)


def sizing_limits(context: Context, followed: Followed, exposure: Decimal) -> SizingLimits | str:
    """What a new entry in ``followed`` is bound by beside ``exposure``, or which fact is missing to tell."""
    account, settings = context.account, context.config.sizing
    if account is None:
        return "equity unknown"
    cash = in_market_currency(context, min(account.cash, account.buying_power))
    budget = risk_budget(context)
    if isinstance(cash, str):
        return cash
    average = average_volume(followed.daily)
    if budget is None or average is None:
        return "average volume unknown: fewer than 5 earlier sessions" if budget else "equity unknown"
    return SizingLimits(
        risk_budget=budget,
        max_order_value=context.config.risk.max_order_value,
        exposure_left=context.config.risk.max_exposure - exposure,
        cash=cash,
        fixed_value=settings.fixed_value if settings.mode == "value" else None,
        average_volume=int(average * settings.max_adv_pct / 100),
        traded_volume=int(percent(settings.max_volume_pct, followed.tracker.volume)),
        max_fee_pct=Decimal(str(settings.max_fee_pct)),
    )
