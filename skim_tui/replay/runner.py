"""Recorded days through the same desk, as fast as they can be handled, every ticket approved."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from decimal import Decimal

from skim_tui import corporate_actions
from skim_tui.config import Config
from skim_tui.desk.engine import Desk
from skim_tui.domain.position import Position
from skim_tui.domain.session import TradingCalendar
from skim_tui.exchange.core import Exchange
from skim_tui.exchange.direct import DirectBroker
from skim_tui.exchange.tape import Tape, chain
from skim_tui.journal import Journal
from skim_tui.replay.report import ReplayResult


def replay(tapes: Sequence[Tape], config: Config, calendar: TradingCalendar) -> ReplayResult:
    """Play ``tapes`` (one market, consecutive days) and return what the desk did."""
    tape = chain(tapes)
    config = config.model_copy(update={"market": config.market.model_copy(update={"exchange": tape.mic})})
    exchange = Exchange(tape, calendar, cash=config.sim.cash)
    broker = DirectBroker(exchange)
    journal = Journal.open(":memory:", durable=False)
    actions = corporate_actions.load(config.scan.corporate_actions)
    desk = Desk(config, broker, journal, calendar, wall=broker.now, track_all=True, actions=actions)
    desk.trading_day.keep_records = True
    closed: list[Position] = []
    desk.keeper.on_closed = closed.append

    def arm() -> None:
        desk.operator.set_auto(True, "replay")

    desk.trading_day.on_begun = arm
    try:
        asyncio.run(broker.run(desk.handle))
        desk.advance(exchange.now())
        desk.trading_day.finish()
    finally:
        journal.close()
    records = sorted(desk.trading_day.candidate_records, key=lambda record: (record.session_date, record.symbol))
    return ReplayResult(
        tapes=tuple(item.name for item in tapes),
        currency=tape.currency,
        sessions=tuple(day.isoformat() for day in tape.dates),
        candidates=tuple(records),
        trades=tuple(closed),
        open_positions=tuple(desk.books.positions.values()),
        final_equity=exchange.equity().quantize(Decimal("0.01")),
        start_equity=config.sim.cash,
        timezone=tape.timezone,
        problems=tuple(desk.problems()),
    )
