"""Signals become tickets: a breakout or a news shock is priced, sized and put before the gates."""

from __future__ import annotations

from skim_tui.desk.context import Context
from skim_tui.desk.market.followed import Followed
from skim_tui.desk.market.watchlist import Watchlist
from skim_tui.desk.rules import ORH, SHOCK, entry_rule
from skim_tui.desk.trading.approvals import Approvals
from skim_tui.desk.trading.judging import Judging
from skim_tui.desk.trading.sizing import short_sale, sizing_limits
from skim_tui.desk.trading.ticketbook import TicketBook
from skim_tui.domain.breakout import Breakout
from skim_tui.domain.candidate import CandidateState
from skim_tui.domain.entry import EntryPlan, plan_entry, plan_shock
from skim_tui.domain.fees import FEES
from skim_tui.domain.shock import Direction, ShockSignal
from skim_tui.domain.shortsale import describe_borrow, refuse_short_sale
from skim_tui.domain.sizing import size_entry
from skim_tui.domain.ticket import Ticket

Evidence = tuple[tuple[str, str], ...]

NO_INSTRUMENT = "instrument unknown: price steps and lot size missing"


class Signals:
    """The way from a strategy's signal to a proposed ticket; the first reason against it is kept."""

    def __init__(
        self, context: Context, watchlist: Watchlist, tickets: TicketBook, judging: Judging, approvals: Approvals
    ) -> None:
        self._context = context
        self._watchlist = watchlist
        self._tickets = tickets
        self._judging = judging
        self._approvals = approvals

    def on_breakout(self, followed: Followed, breakout: Breakout) -> None:
        """Propose the entry of a break of the opening range's high, or let the candidate lapse."""
        context, gap, relative = self._context, followed.gap, followed.relative
        if followed.instrument is None:
            self._watchlist.candidacy.lapse(followed, NO_INSTRUMENT)
            return
        plan = plan_entry(breakout, followed.instrument, entry_rule(context.config), followed.daily_atr)
        evidence = (
            ("gap", f"{gap:+.2f} %" if gap is not None else "unknown"),
            (
                "range",
                f"{breakout.or_low:g} to {breakout.or_high:g} ({breakout.range_pct:.1f} %), {followed.tracker.rule}",
            ),
            ("break", f"{breakout.price:g} at {context.day.local(breakout.ts):%H:%M:%S}"),
            ("low of day", f"{breakout.low_of_day:g}"),
            ("volume", f"{followed.tracker.volume:,}"),
            ("relative volume", f"{relative.ratio:.1f} ({relative.basis})" if relative else "unknown"),
            ("news", followed.headline or "none"),
        )
        ticket = self._ticket(followed, plan, ORH, evidence)
        if isinstance(ticket, str):
            self._watchlist.candidacy.lapse(followed, ticket)
            return
        self._watchlist.candidacy.move(followed, CandidateState.TICKETED)
        refusal = self._approvals.propose(ticket)
        if refusal and followed.state is CandidateState.TICKETED:
            self._watchlist.candidacy.lapse(followed, refusal)

    def on_shock(self, signal: ShockSignal) -> str:
        """Propose the entry of a news shock. Why there is no ticket; empty when there is one.

        The symbol must be followed already: its quote and its instrument are needed.
        """
        context = self._context
        context.log("info", f"{signal.symbol}: NEWS SHOCK {signal.direction.value}: {signal.item.headline}")
        refusal = self._propose_shock(signal)
        if refusal:
            context.journal.save(events=[context.event("desk", "signal refused", signal.symbol, refusal)])
            context.log("info", f"{signal.symbol}: no ticket for the news shock: {refusal}")
        return refusal

    def _propose_shock(self, signal: ShockSignal) -> str:
        context, shock = self._context, self._context.config.shock
        followed = self._watchlist.symbols.get(signal.symbol)
        if followed is None or followed.instrument is None:
            return f"{signal.symbol}: {NO_INSTRUMENT if followed else 'not followed'}"
        if signal.direction is Direction.DOWN:
            refusal = refuse_short_sale(short_sale(context, followed, followed.instrument.lot))
            if refusal:
                return f"downward shock: {refusal}"
        if not shock.enabled:
            return "news shocks are not traded (shock.enabled)"
        plan = plan_shock(signal, followed.instrument, entry_rule(context.config, SHOCK), followed.last)
        evidence = (
            ("news", signal.item.headline),
            ("published", f"{context.day.local(signal.item.ts):%H:%M:%S}"),
            ("detector", f"{signal.detector}, {signal.minutes} min from {context.day.local(signal.start):%H:%M}"),
            ("move", f"{signal.reference:g} to {signal.price:g}"),
            *((measure.name, str(measure)) for measure in signal.evidence),
            *((("short sale", describe_borrow(followed.borrow)),) if signal.direction is Direction.DOWN else ()),
        )
        ticket = self._ticket(followed, plan, SHOCK, evidence)
        return ticket if isinstance(ticket, str) else self._approvals.propose(ticket)

    def _ticket(self, followed: Followed, plan: EntryPlan | str, strategy: str, evidence: Evidence) -> Ticket | str:
        """A sized ticket, not yet judged; or why there is none."""
        context, instrument = self._context, followed.instrument
        if isinstance(plan, str):
            return plan
        if instrument is None:
            return NO_INSTRUMENT
        limits = sizing_limits(context, followed, self._judging.exposure())
        if isinstance(limits, str):
            return f"size: {limits}"
        sizing = size_entry(instrument, plan.limit, plan.stop, limits, FEES[context.day.mic], plan.side)
        if sizing.quantity == 0:
            return f"size: {sizing.reason}"
        return Ticket(
            id=self._tickets.new_id(followed.symbol),
            symbol=followed.symbol,
            strategy=strategy,
            quantity=sizing.quantity,
            limit=plan.limit,
            stop=plan.stop,
            target=plan.target,
            value=sizing.value,
            risk=sizing.risk,
            fees=sizing.fees,
            created=context.now(),
            session_date=context.session_date.isoformat(),
            side=plan.side,
            evidence=(*evidence, ("size bound by", sizing.bound_by)),
        )
