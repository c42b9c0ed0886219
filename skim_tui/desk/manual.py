"""Entries by hand and other terms for a waiting ticket, through the same sizing, ladder, gates and bracket as
every ticket."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal

from skim_tui.desk.engine import Desk
from skim_tui.desk.market.followed import Followed
from skim_tui.desk.rules import entry_rule
from skim_tui.desk.trading.approvals import Seen
from skim_tui.desk.trading.sizing import risk_budget, sizing_limits
from skim_tui.desk.trading.ticketbook import TicketEntry
from skim_tui.domain.entry import EntryRule
from skim_tui.domain.fees import FEES
from skim_tui.domain.gates import first_failed
from skim_tui.domain.instrument import Instrument, PriceLadder, price
from skim_tui.domain.market import Quote
from skim_tui.domain.orders import Side, leg_of
from skim_tui.domain.rounding import limit_price, stop_price
from skim_tui.domain.sizing import size_entry, slippage
from skim_tui.domain.ticket import Ticket, TicketState
from skim_tui.link.trading import Draft, DraftView, GateView

STRATEGY = "by hand"


@dataclass(frozen=True, slots=True)
class _Terms:
    """A draft with everything filled in and put on the ladder."""

    followed: Followed
    instrument: Instrument
    ticket: Ticket
    most: int
    bound_by: str
    problem: str


SLIP_PCT, SLIP_STEPS = Decimal(5), 5
"""A limit further than both beyond the market is refused: percent of the price, and price steps, which are the wider
of the two for shares of a few cents."""


class Manual:
    """The operator's own entries. Every method answers at once: (done, what happened)."""

    def __init__(self, desk: Desk) -> None:
        self._context = desk.context
        self._watchlist = desk.watchlist
        self._tickets = desk.tickets
        self._judging = desk.judging
        self._approvals = desk.approvals
        self._orders = desk.orders
        self._entered: dict[str, tuple[bool, str]] = {}
        """Keys of the entries made in this run, with what was answered."""

    # ---- entries ----------------------------------------------------------------------------------

    def preview(self, draft: Draft) -> DraftView:
        """What ``draft`` would send now. Following the symbol is the only thing this does."""
        symbol = _symbol(draft)
        if not symbol:
            return DraftView(symbol="", problem="type a symbol")
        terms = self._complete(draft, draft.ticket_id or f"preview-{symbol}")
        if isinstance(terms, str):
            return DraftView(symbol=symbol, problem=terms)
        ticket, followed, quote = terms.ticket, terms.followed, terms.followed.quote
        return DraftView(
            symbol=symbol,
            side=ticket.side.value,
            name=terms.instrument.name,
            problem=terms.problem,
            quantity=ticket.quantity,
            most=terms.most,
            bound_by=terms.bound_by,
            limit=ticket.limit,
            stop=ticket.stop,
            target=ticket.target,
            value=ticket.value,
            risk=ticket.risk,
            budget=risk_budget(self._context) or Decimal(0),
            fees=ticket.fees,
            step=terms.instrument.ladder.step_at(ticket.limit),
            lot=terms.instrument.lot,
            last=followed.last,
            bid=quote.bid if quote else 0.0,
            ask=quote.ask if quote else 0.0,
            gates=tuple(GateView(gate.name, gate.ok, gate.text) for gate in ticket.gates),
        )

    def enter(self, draft: Draft, who: str, key: str = "") -> tuple[bool, str]:
        """Send an entry by hand: one ticket, approved by the same key that made it. A ``key`` that was
        carried out before gets its first answer again."""
        if key and key in self._entered:
            return self._entered[key]
        done, text = self._enter(draft, who)
        if done and key:
            self._entered[key] = done, text
        return done, text

    def _enter(self, draft: Draft, who: str) -> tuple[bool, str]:
        symbol = _symbol(draft)
        terms = self._complete(draft, f"preview-{symbol}")
        if isinstance(terms, str):
            return False, f"{symbol or 'order'} not sent: {terms}"
        if terms.problem:
            return False, f"{symbol} not sent: {terms.problem}"
        failed = first_failed(terms.ticket.gates)
        if failed is not None:
            return False, f"{symbol} not sent: {failed.name}: {failed.text}"
        ticket = replace(terms.ticket, id=self._tickets.new_id(symbol))
        self._approvals.take(ticket, who)
        done, text = self._approvals.approve(ticket.id, who)
        if not done:
            self._approvals.decline(ticket.id, who)
        return done, text

    def amend(self, draft: Draft, who: str) -> tuple[bool, str]:
        """Other terms for a waiting ticket."""
        entry = self._waiting(draft.ticket_id)
        if entry is None:
            return False, f"ticket {draft.ticket_id} does not wait any more"
        terms = self._complete(draft, draft.ticket_id)
        if isinstance(terms, str):
            return False, f"{entry.ticket.symbol} not changed: {terms}"
        if terms.problem:
            return False, f"{entry.ticket.symbol} not changed: {terms.problem}"
        return self._approvals.amend(terms.ticket, who)

    def approve(self, ticket_id: str, who: str, seen: Seen) -> tuple[bool, str]:
        return self._approvals.approve(ticket_id, who, seen)

    def cancel_all(self, who: str) -> tuple[bool, str]:
        """Ask to cancel every working entry; stops and targets stay."""
        asked: list[str] = []
        undone: list[str] = []
        for order in self._orders.live():
            if leg_of(order.ref) == "E":
                not_sent = self._orders.cancel(order.ref, who, "all entries cancelled by hand")
                (undone if not_sent else asked).append(f"{order.symbol}{f': {not_sent}' if not_sent else ''}")
        if undone:
            return False, f"NOT cancelled: {', '.join(undone)}"
        return bool(asked), f"cancel asked: {', '.join(asked)}" if asked else "no entry works"

    # ---- details ----------------------------------------------------------------------------------

    def _complete(self, draft: Draft, ticket_id: str) -> _Terms | str:
        """``draft`` with the desk's proposals for what it leaves out; or what is missing to judge it."""
        context, symbol = self._context, _symbol(draft)
        followed = self._watchlist.follow(symbol)
        instrument, quote, account = followed.instrument, followed.quote, context.account
        if account is None:
            return "the account is not known yet"
        if instrument is None:
            return followed.why_not or f"waiting for the broker to describe {symbol}"
        waiting = self._waiting(draft.ticket_id)
        side = waiting.ticket.side if waiting else Side.BUY
        market = quote.facing(side) if quote is not None else 0.0
        if quote is None or market <= 0:
            return f"waiting for {'an offer' if side is Side.BUY else 'a bid'} in {symbol}"
        rule, ladder = entry_rule(context.config), instrument.ladder
        beyond = ladder.up if side is Side.BUY else ladder.down
        limit = limit_price(ladder, draft.limit, side) if draft.limit else beyond(price(market), rule.limit_steps)
        if limit is None or limit <= 0:
            return "the limit must be above zero"
        stop = (
            stop_price(ladder, draft.stop, side.other) if draft.stop else _stop(followed, instrument, limit, side, rule)
        )
        if stop is None or stop <= 0:
            return "the stop must be above zero"
        limits = sizing_limits(context, followed, self._judging.exposure())
        if isinstance(limits, str):
            return limits
        fees = FEES[context.day.mic]
        sized = size_entry(instrument, limit, stop, limits, fees, side)
        quantity = instrument.round_lot(draft.quantity) if draft.quantity else sized.quantity
        value = quantity * max(limit, stop)
        round_trip = fees.order_fee(quantity, value) + fees.order_fee(quantity, quantity * stop)
        target = limit_price(ladder, draft.target, side.other) if draft.target else None
        ticket = Ticket(
            id=ticket_id,
            symbol=symbol,
            strategy=waiting.ticket.strategy if waiting else STRATEGY,
            quantity=quantity,
            limit=limit,
            stop=stop,
            value=value,
            risk=quantity * (abs(limit - stop) + slippage(instrument, limit)) + round_trip,
            fees=round_trip,
            created=waiting.ticket.created if waiting else context.now(),
            session_date=context.session_date.isoformat(),
            side=side,
            target=target,
            evidence=waiting.ticket.evidence if waiting else _evidence(followed),
        )
        ticket = replace(ticket, gates=self._judging.judge(ticket))
        problem = _misplaced(ticket, quote) or _far_beyond(ticket, quote, ladder)
        if not problem and quantity <= 0:
            problem = sized.reason or "no share"
        elif not problem and value < instrument.min_order_value:
            problem = f"{value:,.2f} is below the least order of {instrument.min_order_value:,}"
        return _Terms(followed, instrument, ticket, sized.quantity, sized.bound_by, problem)

    def _waiting(self, ticket_id: str) -> TicketEntry | None:
        entry = self._tickets.entries.get(ticket_id)
        return entry if entry is not None and entry.state is TicketState.PROPOSED else None


def _symbol(draft: Draft) -> str:
    return draft.symbol.strip().upper()


def _stop(followed: Followed, instrument: Instrument, limit: Decimal, side: Side, rule: EntryRule) -> Decimal | None:
    """Beyond the day's extreme like a signal's stop; half the widest allowed distance while there is none."""
    bars, ladder, sign = followed.bars, instrument.ladder, side.sign
    extreme = min((bar.low for bar in bars), default=0.0) if sign > 0 else max((bar.high for bar in bars), default=0.0)
    if extreme > 0 and (limit - price(extreme)) * sign > 0:
        return (ladder.down if sign > 0 else ladder.up)(price(extreme), rule.stop_buffer_steps)
    return stop_price(ladder, limit * (1 - sign * price(rule.max_stop_pct) / 200), side.other)


def _misplaced(ticket: Ticket, quote: Quote) -> str:
    """Which price of the ticket is on the wrong side; empty when none is."""
    sign, closing = ticket.side.sign, ticket.side.other
    under, over = ("below", "above") if sign > 0 else ("above", "below")
    market = price(quote.facing(closing))
    if (ticket.limit - ticket.stop) * sign <= 0:
        return f"the stop {ticket.stop} is not {under} the limit {ticket.limit}"
    if market > 0 and (market - ticket.stop) * sign <= 0:
        what = "bid" if sign > 0 else "offer"
        return f"the stop {ticket.stop} is not {under} the {what} {market.normalize():f}: it would act at once"
    if ticket.target is not None and (ticket.target - ticket.limit) * sign <= 0:
        return f"the target {ticket.target} is not {over} the limit {ticket.limit}"
    return ""


def _far_beyond(ticket: Ticket, quote: Quote, ladder: PriceLadder) -> str:
    """Why a limit so far beyond the market can only be a slip of the finger; empty when it is not."""
    market, sign = price(quote.facing(ticket.side)), ticket.side.sign
    if sign > 0:
        is_far = ticket.limit > max(market * (1 + SLIP_PCT / 100), ladder.up(market, SLIP_STEPS))
    else:
        is_far = ticket.limit < min(market * (1 - SLIP_PCT / 100), ladder.down(market, SLIP_STEPS))
    if not is_far:
        return ""
    what, where = ("offer", "above") if sign > 0 else ("bid", "below")
    far = abs(ticket.limit / market - 1) * 100
    return f"the limit {ticket.limit} is {far:.0f} % {where} the {what} {market.normalize():f}"


def _evidence(followed: Followed) -> tuple[tuple[str, str], ...]:
    gap = followed.gap
    return (
        ("gap", f"{gap:+.2f} %" if gap is not None else "unknown"),
        ("volume", f"{followed.tracker.volume:,}"),
        ("news", followed.headline or "none"),
    )
