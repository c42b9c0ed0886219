"""The gates an entry must pass (safety rules S1 and S6).

Each gate looks at facts and answers with its number and its reason. A fact that is missing refuses
the entry and is named. Exits never pass through here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from skim_tui.domain.events import Connection
from skim_tui.domain.market import Quote
from skim_tui.domain.money import FxRate, convert
from skim_tui.domain.orders import Side
from skim_tui.domain.session import Phase
from skim_tui.domain.shortsale import ShortSale, describe_borrow, refuse_short_sale

RISK_SLACK = Decimal("1.01")
"""Equity moves with every tick of an open position, and the budget with it: a ticket sized to the last share a moment
ago may be over by so much without being refused."""


@dataclass(frozen=True, slots=True)
class Limits:
    """The operator's limits; money in the market's currency, times in exchange seconds."""

    max_positions: int
    max_order_value: Decimal
    max_exposure: Decimal
    max_risk: Decimal | None
    """Most that one trade may lose; None while equity is unknown."""
    max_daily_loss: Decimal
    max_quote_age: float
    max_spread_pct: float
    max_price_move_pct: float
    orders_per_minute: int
    cooldown_seconds: float


@dataclass(frozen=True, slots=True)
class EntryFacts:
    """Everything an entry is judged by, at one moment. None means not known."""

    now: float
    connection: Connection
    blocked: str
    """Why entries are blocked as a whole (kill switch, mismatch, journal fault); empty if not."""
    phase: Phase | None
    latest_entry: float
    halted: bool | None
    quote: Quote | None
    limit: Decimal
    value: Decimal
    risk: Decimal
    positions: int | None
    """Open positions and entries under way, without this one."""
    exposure: Decimal | None
    day_pnl: Decimal | None
    """Realised and open profit of the day."""
    live_tickets: int
    """Other live tickets or entries of the same symbol."""
    entries_today: int
    """Entries already made today in this symbol."""
    last_loss_ts: float
    """When the last losing trade closed; 0.0 for none."""
    orders_last_minute: int
    side: Side = Side.BUY
    short: ShortSale | None = None
    """What a short sale is judged by; None for a purchase."""
    strange: int = 0
    """Shares of the symbol that the account holds and this desk did not open, signed."""
    currency: str = ""
    """The market's currency: that of prices, values and limits."""
    account_currency: str = ""
    """The account's base currency: that of its equity; empty while unknown."""
    fx_rate: FxRate | None = None
    """The rate between the two, where the operator stated one."""


@dataclass(frozen=True, slots=True)
class Gate:
    name: str
    ok: bool
    text: str


GateRule = Callable[[EntryFacts, Limits], Gate]


def connection(facts: EntryFacts, _: Limits) -> Gate:
    return Gate("connection", facts.connection is Connection.OPERATIONAL, facts.connection.value)


def blocked(facts: EntryFacts, _: Limits) -> Gate:
    return Gate("entries allowed", not facts.blocked, facts.blocked or "yes")


def phase(facts: EntryFacts, _: Limits) -> Gate:
    if facts.phase is None:
        return Gate("phase", False, "session phase unknown")
    return Gate("phase", facts.phase is Phase.OPEN, facts.phase.value)


def latest_entry(facts: EntryFacts, _: Limits) -> Gate:
    late = facts.now - facts.latest_entry
    return Gate("entry time", late <= 0, "in time" if late <= 0 else f"{late / 60:.0f} min past the latest entry")


def halted(facts: EntryFacts, _: Limits) -> Gate:
    if facts.halted is None:
        return Gate("halt", False, "halt state unknown")
    return Gate("halt", not facts.halted, "halted" if facts.halted else "trading")


def quote(facts: EntryFacts, limits: Limits) -> Gate:
    if facts.quote is None:
        return Gate("quote", False, "no quote")
    age = facts.now - facts.quote.ts
    if age > limits.max_quote_age:
        return Gate("quote", False, f"quote is {age:.0f} s old, limit {limits.max_quote_age:g} s")
    if not facts.quote.two_sided:
        return Gate("quote", False, f"quote is not two-sided: {facts.quote.bid:g} / {facts.quote.ask:g}")
    return Gate("quote", True, f"{facts.quote.bid:g} / {facts.quote.ask:g}")


def spread(facts: EntryFacts, limits: Limits) -> Gate:
    if facts.quote is None or not facts.quote.two_sided:
        return Gate("spread", False, "no two-sided quote")
    width = (facts.quote.ask - facts.quote.bid) / facts.quote.ask * 100
    return Gate("spread", width <= limits.max_spread_pct, f"{width:.2f} % of {limits.max_spread_pct:g} %")


def price_collar(facts: EntryFacts, limits: Limits) -> Gate:
    """How far the market has gone beyond the limit: the offer above a purchase's, the bid below a short sale's."""
    what = "offer" if facts.side is Side.BUY else "bid"
    market = facts.quote.facing(facts.side) if facts.quote is not None else 0.0
    if market <= 0:
        return Gate("price", False, f"no {what}")
    move = (market / float(facts.limit) - 1) * 100
    text = f"{what} {market:g} is {move:+.2f} % from the limit {facts.limit}"
    return Gate("price", move * facts.side.sign <= limits.max_price_move_pct, text)


def short_sale(facts: EntryFacts, _: Limits) -> Gate:
    refusal = refuse_short_sale(facts.short) if facts.short is not None else "nothing known of it"
    return Gate("short sale", not refusal, refusal or describe_borrow(facts.short.borrow if facts.short else None))


def currency(facts: EntryFacts, _: Limits) -> Gate:
    """Equity in one currency and prices in another would be mixed in every size and every limit."""
    if not facts.account_currency:
        return Gate("currency", False, "account currency unknown")
    one = convert(Decimal(1), facts.account_currency, facts.currency, facts.fx_rate)
    if isinstance(one, str):
        return Gate("currency", False, one)
    same = facts.account_currency == facts.currency
    text = facts.currency if same else f"1 {facts.account_currency} is {one:.4f} {facts.currency}"
    return Gate("currency", True, text)


def positions(facts: EntryFacts, limits: Limits) -> Gate:
    if facts.positions is None:
        return Gate("positions", False, "positions unknown")
    return Gate("positions", facts.positions < limits.max_positions, f"{facts.positions} of {limits.max_positions}")


def order_value(facts: EntryFacts, limits: Limits) -> Gate:
    text = f"{facts.value:.0f} of {limits.max_order_value:.0f}"
    return Gate("order value", 0 < facts.value <= limits.max_order_value, text)


def exposure(facts: EntryFacts, limits: Limits) -> Gate:
    if facts.exposure is None:
        return Gate("exposure", False, "exposure unknown")
    total = facts.exposure + facts.value
    return Gate("exposure", total <= limits.max_exposure, f"{total:.0f} of {limits.max_exposure:.0f}")


def trade_risk(facts: EntryFacts, limits: Limits) -> Gate:
    if limits.max_risk is None:
        return Gate("risk", False, "equity unknown")
    text = f"{facts.risk:.2f} of {limits.max_risk:.2f}"
    if limits.max_risk < facts.risk <= limits.max_risk * RISK_SLACK:
        return Gate("risk", True, f"{text}, sized before equity fell a little")
    return Gate("risk", facts.risk <= limits.max_risk, text)


def daily_loss(facts: EntryFacts, limits: Limits) -> Gate:
    if facts.day_pnl is None:
        return Gate("daily loss", False, "day's profit unknown")
    loss = max(Decimal(0), -facts.day_pnl)
    text = f"{loss:.0f} of {limits.max_daily_loss:.0f}"
    return Gate("daily loss", loss < limits.max_daily_loss, text)


def one_per_symbol(facts: EntryFacts, _: Limits) -> Gate:
    if facts.live_tickets:
        return Gate("symbol", False, "another ticket or entry of this symbol is live")
    if facts.entries_today:
        return Gate("symbol", False, "already entered today")
    if facts.strange:
        return Gate("symbol", False, f"the account holds {facts.strange:,} that are not this desk's")
    return Gate("symbol", True, "first today")


def cooldown(facts: EntryFacts, limits: Limits) -> Gate:
    left = facts.last_loss_ts + limits.cooldown_seconds - facts.now if facts.last_loss_ts else 0.0
    return Gate("cool-down", left <= 0, f"{left:.0f} s after a loss" if left > 0 else "none")


def order_rate(facts: EntryFacts, limits: Limits) -> Gate:
    text = f"{facts.orders_last_minute} of {limits.orders_per_minute} a minute"
    return Gate("order rate", facts.orders_last_minute < limits.orders_per_minute, text)


GATES: tuple[GateRule, ...] = (
    connection,
    blocked,
    phase,
    latest_entry,
    halted,
    quote,
    spread,
    price_collar,
    currency,
    positions,
    order_value,
    exposure,
    trade_risk,
    daily_loss,
    one_per_symbol,
    cooldown,
    order_rate,
)


def judge(facts: EntryFacts, limits: Limits) -> tuple[Gate, ...]:
    """Every gate's answer, in the order in which they are shown; a purchase is not asked what only a short
    sale must answer."""
    gates = GATES if facts.side is Side.BUY else (*GATES, short_sale)
    return tuple(gate(facts, limits) for gate in gates)


def first_failed(gates: tuple[Gate, ...]) -> Gate | None:
    return next((gate for gate in gates if not gate.ok), None)
