"""The daily report: one session of one account, made from the journal alone, so that it can be made any time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from skim_tui.desk.market.followed import Followed
from skim_tui.domain.orders import Side, ticket_of
from skim_tui.domain.position import PositionState, slip
from skim_tui.domain.session import ExchangeDay
from skim_tui.domain.ticket import TicketState
from skim_tui.journal import EventRecord, FillRecord, Journal, OrderRecord, PositionRecord, TicketRecord

INCIDENT = "incident"
"""The journal's word for what the operator was alerted of and nothing else records."""
INCIDENTS = frozenset({INCIDENT, "kill", "flat", "shares gone", "acknowledge", "ticket rejected", "ticket unknown"})
"""Journal events that belong into the report as they are; a reconciliation does when it names a mismatch."""
PAGE = 1000
NO_STRATEGY = "unknown"


@dataclass(frozen=True, slots=True)
class CandidateLine:
    symbol: str
    gap_pct: float | None
    or_low: float | None
    or_high: float | None
    state: str
    why_not: str


@dataclass(frozen=True, slots=True)
class TicketLine:
    id: str
    time: float
    symbol: str
    strategy: str
    quantity: int
    """Signed shares: negative for a short sale."""
    limit: Decimal
    stop: Decimal
    state: str
    decided_by: str
    why_not: str
    """Why it was not taken, empty for one that was."""


@dataclass(frozen=True, slots=True)
class TradeLine:
    """A position that was closed in the session; money after fees."""

    id: str
    symbol: str
    strategy: str
    quantity: int
    """Signed shares: negative for a short position."""
    entry: Decimal
    exit: Decimal
    opened: float
    closed: float
    r: float | None
    entry_slip: Decimal | None
    """How much worse than the ticket's limit each share's entry was; negative when it was better."""
    exit_slip: Decimal | None
    """How much worse than the stop's price each share's exit was; None when no stop ended it."""
    fees: Decimal
    pnl: Decimal
    why: str


@dataclass(frozen=True, slots=True)
class OpenLine:
    symbol: str
    strategy: str
    quantity: int
    """Signed shares: negative for a short position."""
    entry: Decimal
    stop: Decimal | None
    """Of the stop that last rested at the broker; None when the journal knows none."""
    opened_session: date
    state: str


@dataclass(frozen=True, slots=True)
class StrategyLine:
    """A strategy's session: what its exits gained on their entries, and all fees of the day."""

    strategy: str
    tickets: int
    taken: int
    trades: int
    winners: int
    fees: Decimal
    pnl: Decimal


@dataclass(frozen=True, slots=True)
class IncidentLine:
    time: float
    who: str
    what: str
    text: str


@dataclass(frozen=True, slots=True)
class DailyReport:
    session: date
    market: str
    currency: str
    account: str
    candidates: tuple[CandidateLine, ...]
    tickets: tuple[TicketLine, ...]
    trades: tuple[TradeLine, ...]
    open_positions: tuple[OpenLine, ...]
    strategies: tuple[StrategyLine, ...]
    incidents: tuple[IncidentLine, ...]
    fees: Decimal
    pnl: Decimal
    """Realised in the session, after fees."""

    @property
    def is_empty(self) -> bool:
        return not (self.candidates or self.tickets or self.trades or self.open_positions or self.incidents)


def build_report(
    journal: Journal, account: str, day: ExchangeDay, currency: str, candidates: Sequence[CandidateLine] | None = None
) -> DailyReport:
    """The report of session ``day``; until its end the journal has no candidates and they are passed in.

    Raises :class:`skim_tui.journal.JournalError`.
    """
    start, end = day.pre_open, _end(day)
    tickets = journal.tickets(account)
    of_day = [ticket for ticket in tickets if ticket.session_date == day.date]
    strategies = {ticket.id: ticket.strategy for ticket in tickets}
    fills = [fill for fill in journal.fills(account, start) if fill.ts < end]
    positions = journal.positions(account)
    closed = [row for row in positions if row.closed is not None and start <= row.closed < end]
    orders = journal.orders_of(
        {row.ticket_id for row in positions if row.state != PositionState.CLOSED or row in closed}
    )
    by_id = {ticket.id: ticket for ticket in tickets}
    trades = tuple(
        _trade(row, by_id.get(row.ticket_id), orders) for row in sorted(closed, key=lambda row: row.closed or 0)
    )
    still = [row for row in positions if row.state != PositionState.CLOSED and row.opened < end]
    lines = _strategies(of_day, trades, fills, strategies, {row.ticket_id: row for row in positions})
    return DailyReport(
        session=day.date,
        market=day.mic,
        currency=currency,
        account=account,
        candidates=tuple(candidates) if candidates is not None else _candidates(journal, account, day.date),
        tickets=tuple(_ticket(ticket) for ticket in of_day),
        trades=trades,
        open_positions=tuple(_open(row, strategies.get(row.ticket_id, NO_STRATEGY)) for row in still),
        strategies=lines,
        incidents=tuple(_incidents(journal, start, end)),
        fees=sum((fill.fees for fill in fills if fill.fees is not None), Decimal(0)),
        pnl=sum((line.pnl for line in lines), Decimal(0)),
    )


def candidate_line(followed: Followed) -> CandidateLine:
    """A candidate of a session that is not over yet, as its report shows it."""
    tracker = followed.tracker
    low, high = (tracker.or_low, tracker.or_high) if tracker.has_range else (None, None)
    return CandidateLine(followed.symbol, followed.gap, low, high, followed.state.value, followed.why_not)


def newest_session(journal: Journal, account: str) -> date | None:
    """The last session of which the journal has a ticket or a candidate; None when it has neither."""
    sessions = [ticket.session_date for ticket in journal.tickets(account)]
    return max([*sessions, *journal.candidate_sessions(account)], default=None)


# ---- lines --------------------------------------------------------------------------------------


def _end(day: ExchangeDay) -> float:
    """Late reports of fills and fees come after the last trade; the next session begins at its own pre-open."""
    return day.end + 6 * 3600.0


def _candidates(journal: Journal, account: str, session: date) -> tuple[CandidateLine, ...]:
    records = journal.candidates(account, session)
    records.sort(key=lambda record: (-(record.gap_pct if record.gap_pct is not None else -1e9), record.symbol))
    return tuple(
        CandidateLine(record.symbol, record.gap_pct, record.or_low, record.or_high, record.state, record.why_not)
        for record in records
    )


def _ticket(record: TicketRecord) -> TicketLine:
    taken = record.state in (TicketState.FILLED, TicketState.PARTLY_FILLED)
    return TicketLine(
        id=record.id,
        time=record.created,
        symbol=record.symbol,
        strategy=record.strategy,
        quantity=Side(record.side).sign * record.quantity,
        limit=record.limit,
        stop=record.stop,
        state=record.state,
        decided_by=record.decided_by,
        why_not="" if taken else record.reason or record.state,
    )


def _trade(row: PositionRecord, ticket: TicketRecord | None, orders: Sequence[OrderRecord]) -> TradeLine:
    risk = row.risk_per_share * row.bought
    stops = [
        order
        for order in orders
        if order.ticket_id == row.ticket_id and order.leg.startswith("S") and order.filled and order.stop is not None
    ]
    stop = stops[-1] if stops and row.why_closed == "stop" else None
    side = Side(row.side)
    return TradeLine(
        id=row.ticket_id,
        symbol=row.symbol,
        strategy=ticket.strategy if ticket else NO_STRATEGY,
        quantity=side.sign * row.bought,
        entry=row.entry_price,
        exit=row.exit_value / row.exit_quantity if row.exit_quantity else Decimal(0),
        opened=row.opened,
        closed=row.closed or 0.0,
        r=float(row.realised / risk) if risk > 0 else None,
        entry_slip=slip(side, ticket.limit, row.entry_price) if ticket else None,
        exit_slip=slip(side.other, stop.stop, stop.avg_price) if stop is not None and stop.stop is not None else None,
        fees=row.fees,
        pnl=row.realised,
        why=row.why_closed,
    )


def _open(row: PositionRecord, strategy: str) -> OpenLine:
    shares = Side(row.side).sign * row.quantity
    return OpenLine(row.symbol, strategy, shares, row.entry_price, row.stop_price, row.opened_session, row.state)


def _strategies(
    tickets: Sequence[TicketRecord],
    trades: Sequence[TradeLine],
    fills: Sequence[FillRecord],
    strategy_of: dict[str, str],
    position_of: dict[str, PositionRecord],
) -> tuple[StrategyLine, ...]:
    """Money by strategy, from the session's own fills: each exit against the average entry, less fees."""
    pnl: dict[str, Decimal] = {}
    fees: dict[str, Decimal] = {}
    for fill in fills:
        ticket_id = ticket_of(fill.ref)
        name = strategy_of.get(ticket_id, NO_STRATEGY)
        paid = fill.fees or Decimal(0)
        gain = Decimal(0)
        position = position_of.get(ticket_id)
        if position is not None and fill.side != position.side:
            gain = (fill.price - position.entry_price) * fill.quantity * Side(position.side).sign
        fees[name] = fees.get(name, Decimal(0)) + paid
        pnl[name] = pnl.get(name, Decimal(0)) + gain - paid
    names = sorted({*pnl, *(ticket.strategy for ticket in tickets), *(trade.strategy for trade in trades)})
    lines: list[StrategyLine] = []
    for name in names:
        mine = [ticket for ticket in tickets if ticket.strategy == name]
        done = [trade for trade in trades if trade.strategy == name]
        lines.append(
            StrategyLine(
                strategy=name,
                tickets=len(mine),
                taken=sum(1 for ticket in mine if not _ticket(ticket).why_not),
                trades=len(done),
                winners=sum(1 for trade in done if trade.pnl > 0),
                fees=fees.get(name, Decimal(0)),
                pnl=pnl.get(name, Decimal(0)),
            )
        )
    return tuple(lines)


def _incidents(journal: Journal, start: float, end: float) -> Iterator[IncidentLine]:
    for event in _events(journal):
        if not start <= event.ts < end:
            continue
        if event.what in INCIDENTS or (event.what == "reconciled" and event.why):
            what = "mismatch" if event.what == "reconciled" else event.what
            yield IncidentLine(event.ts, event.who, what, " ".join(part for part in (event.subject, event.why) if part))


def _events(journal: Journal) -> Iterator[EventRecord]:
    number = 0
    while page := journal.events(number, PAGE):
        yield from (event for _, event in page)
        number = page[-1][0]
