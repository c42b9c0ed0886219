"""Answers to questions about the past: what happened while nobody watched, what was not traded, what was."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from decimal import Decimal

from skim_tui.desk.context import Context
from skim_tui.desk.market.watchlist import Followed, Watchlist
from skim_tui.desk.trading.books import Books
from skim_tui.domain.candidate import CandidateState
from skim_tui.domain.market import Bar
from skim_tui.domain.orders import Side
from skim_tui.domain.position import Position, slip
from skim_tui.journal import CandidateRecord, EventRecord, OrderRecord, PositionRecord
from skim_tui.link.history import AwayRow, AwayView, JournalView, PastTrade, WhyNotRow, WhyNotView
from skim_tui.link.trading import TradeView

AWAY_KEPT = 500
PAGE = 1000
ATTACHED, LEFT = "console attached", "console left"
"""Journal events that mark when somebody watched."""

CHATTER = frozenset({"modify", "reconciled", ATTACHED, LEFT})
"""Events that say nothing to an operator who was away."""


class History:
    """Reads the journal and today's candidates. ``consoles`` is told how many watch."""

    def __init__(self, context: Context, watchlist: Watchlist, books: Books) -> None:
        self._context = context
        self._watchlist = watchlist
        self._books = books
        self._consoles = 0
        self._left_at = (0, 0.0)
        """Number and time of the journal's event at which the last console was known to watch."""
        self._away_until = 0

    def consoles(self, count: int) -> None:
        """Note in the journal that the first console came or the last one went."""
        context, before = self._context, self._consoles
        self._consoles = count
        if bool(before) == bool(count):
            return
        if count:
            # A desk that died with its console could not note its leaving: then the coming is the newest sign.
            self._left_at = context.journal.journal.newest_event(ATTACHED, LEFT)
            self._away_until, _ = context.journal.journal.newest_event()
        context.journal.save(events=[context.event("console", ATTACHED if count else LEFT, "desk")])

    def away(self) -> AwayView:
        """What happened between the last console's leaving and the first one's return."""
        number, since = self._left_at
        rows = [
            AwayRow(event.ts, event.who, event.what, event.subject, event.why)
            for at, event in self._events(number)
            if at <= self._away_until and event.what not in CHATTER
        ]
        closed = [trade_view(position) for position in self._books.closed if position.closed > since]
        return AwayView(since=since, until=self._context.now(), rows=tuple(rows[-AWAY_KEPT:]), closed=tuple(closed))

    def why_not(self, session: str) -> WhyNotView:
        """The candidates of a session (ISO date; empty for today) that were not traded."""
        context = self._context
        today = context.session_date.isoformat()
        if session and session != today:
            known = session in self._past_sessions(today)
            records = (
                context.journal.journal.candidates(context.account_id, date.fromisoformat(session)) if known else []
            )
            rows = [_past_why_not(record) for record in records if _was_not_traded(record.state)]
        else:
            rows = [_why_not(today, f) for f in self._watchlist.symbols.values() if f.scanned and _skipped(f)]
        rows.sort(key=lambda row: (-(row.best_pct or 0.0), row.symbol))
        return WhyNotView(rows=tuple(rows), sessions=(today, *self._past_sessions(today)))

    def journal(self) -> JournalView:
        """Every closed trade of the account, oldest first."""
        context = self._context
        account = context.account_id
        tickets = {ticket.id: ticket for ticket in context.journal.journal.tickets(account)}
        stops: dict[str, OrderRecord] = {}
        for order in context.journal.journal.orders(account):
            if order.leg.startswith("S") and order.filled:
                stops[order.ticket_id] = order
        trades: list[PastTrade] = []
        for record in context.journal.journal.positions(account, "closed"):
            ticket = tickets.get(record.ticket_id)
            trades.append(
                _past_trade(
                    record,
                    ticket.strategy if ticket else "",
                    ticket.limit if ticket else None,
                    stops.get(record.ticket_id),
                )
            )
        trades.sort(key=lambda trade: trade.exited)
        return JournalView(trades=tuple(trades), today=context.session_date.isoformat())

    # ---- details ----------------------------------------------------------------------------------

    def _events(self, since: int) -> Iterator[tuple[int, EventRecord]]:
        number = since
        while page := self._context.journal.journal.events(number, PAGE):
            yield from page
            number = page[-1][0]

    def _past_sessions(self, today: str) -> tuple[str, ...]:
        sessions = {
            ticket.session_date.isoformat()
            for ticket in self._context.journal.journal.tickets(self._context.account_id)
        }
        return tuple(sorted(sessions - {today}, reverse=True))


def trade_view(position: Position) -> TradeView:
    """A closed round trip as it is shown."""
    return TradeView(
        id=position.ticket_id,
        symbol=position.symbol,
        side=position.side.value,
        quantity=position.entered,
        entry=position.entry_price,
        exit=position.exit_price,
        entered=position.opened,
        exited=position.closed,
        fees=position.fees,
        pnl=position.realised,
        r=position.r_multiple(position.realised),
        why=position.why_closed,
    )


def _skipped(followed: Followed) -> bool:
    return _was_not_traded(followed.state.value)


def _was_not_traded(state: str) -> bool:
    return state not in (CandidateState.ENTERED, CandidateState.TICKETED)


def _why_not(session: str, followed: Followed) -> WhyNotRow:
    tracker = followed.tracker
    breakout = tracker.breakout
    row = WhyNotRow(
        session=session,
        symbol=followed.symbol,
        state=followed.state.value,
        why=followed.why_not,
        gap_pct=followed.gap,
        or_high=tracker.or_high if tracker.has_range else None,
        or_low=tracker.or_low if tracker.has_range else None,
    )
    if breakout is None:
        return row
    best, stopped = missed(followed.bars, breakout.minute, breakout.low_of_day)
    risk = breakout.price - breakout.low_of_day
    return WhyNotRow(
        session=row.session,
        symbol=row.symbol,
        state=row.state,
        why=row.why,
        gap_pct=row.gap_pct,
        or_high=row.or_high,
        or_low=row.or_low,
        break_ts=breakout.ts,
        break_price=breakout.price,
        best_pct=(best / breakout.price - 1) * 100 if best > 0 else None,
        best_r=(best - breakout.price) / risk if best > 0 and risk > 0 else None,
        last_pct=(followed.last / breakout.price - 1) * 100 if followed.last > 0 else None,
        stopped=stopped,
    )


def missed(bars: Iterable[Bar], since: float, stop: float) -> tuple[float, bool]:
    """(best price after the break's minute until ``stop`` broke, whether it broke). 0.0 when nothing followed.

    A bar that holds both counts as stopped: which came first inside a minute is not known.
    """
    best = 0.0
    for bar in bars:
        if bar.ts <= since:
            continue
        if bar.low < stop:
            return best, True
        best = max(best, bar.high)
    return best, False


def _past_why_not(record: CandidateRecord) -> WhyNotRow:
    return WhyNotRow(
        session=record.session_date.isoformat(),
        symbol=record.symbol,
        state=record.state,
        why=record.why_not,
        gap_pct=record.gap_pct,
        or_high=record.or_high,
        or_low=record.or_low,
        break_ts=record.first_break_ts or 0.0,
        break_price=record.break_price,
    )


def _past_trade(record: PositionRecord, strategy: str, limit: Decimal | None, stop: OrderRecord | None) -> PastTrade:
    exit_price = record.exit_value / record.exit_quantity if record.exit_quantity else Decimal(0)
    risk = record.risk_per_share * record.bought
    exit_side = Side(record.side).other
    by_stop = stop is not None and record.why_closed == "stop" and stop.stop is not None
    return PastTrade(
        id=record.ticket_id,
        session=record.opened_session.isoformat(),
        symbol=record.symbol,
        strategy=strategy,
        side=record.side,
        quantity=record.bought,
        entry=record.entry_price,
        exit=exit_price,
        entered=record.opened,
        exited=record.closed or 0.0,
        fees=record.fees,
        pnl=record.realised,
        r=float(record.realised / risk) if risk > 0 else None,
        why=record.why_closed,
        entry_slip=slip(exit_side.other, limit, record.entry_price) if limit is not None else None,
        exit_slip=slip(exit_side, stop.stop, stop.avg_price)
        if by_stop and stop is not None and stop.stop is not None
        else None,
    )
