"""A replay on the terminal: what gapped and what became of it, the trades, the money."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.table import Table

from skim_tui.domain.position import Position
from skim_tui.journal import CandidateRecord
from skim_tui.replay.report import ReplayResult

SHOWN = 60
"""Candidates on screen; the files hold all."""


def show(result: ReplayResult, console: Console) -> None:
    """Print the replay. Times are the exchange's. Only the last column of a table gives way to a narrow terminal."""
    zone = ZoneInfo(result.timezone)
    gapped = [record for record in result.candidates if record.gap_pct is not None and _was_candidate(record)]
    gapped.sort(key=lambda record: (record.session_date, -(record.gap_pct or 0.0)))
    first, last = result.sessions[0], result.sessions[-1]
    days = first if first == last else f"{first} to {last} ({len(result.sessions)} sessions)"
    console.print(f"{days} · {len(result.candidates)} symbol-days · {len(gapped)} candidates", style="bold")
    if gapped:
        console.print(_candidates(gapped[:SHOWN], zone))
    if len(gapped) > SHOWN:
        console.print(f"… and {len(gapped) - SHOWN} more in candidates.csv")
    if result.trades:
        console.print()
        console.print(_trades(result.trades, result.currency, zone))
    for position in result.open_positions:
        console.print(f"still open: {position.quantity:,} {position.symbol} from {position.entry_price:.3f}")
    console.print(
        f"{len(result.trades)} trades, {result.pnl:+,.2f} {result.currency}; "
        f"equity {result.start_equity:,.2f} to {result.final_equity:,.2f}"
    )


def _table(*columns: str, right: tuple[str, ...]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        is_last = column == columns[-1]
        table.add_column(column, justify="right" if column in right else "left", no_wrap=not is_last, overflow="fold")
    return table


def _candidates(records: list[CandidateRecord], zone: ZoneInfo) -> Table:
    table = _table(
        "date", "symbol", "gap %", "open", "OR low", "OR high", "break", "state", "why not",
        right=("gap %", "open", "OR low", "OR high"),
    )  # fmt: skip
    for record in records:
        table.add_row(
            f"{record.session_date:%m-%d}",
            record.symbol,
            f"{record.gap_pct:+.1f}",
            _short(record.open),
            _short(record.or_low),
            _short(record.or_high),
            _local(record.first_break_ts, zone, "%H:%M"),
            record.state,
            record.why_not,
        )
    return table


def _trades(trades: tuple[Position, ...], currency: str, zone: ZoneInfo) -> Table:
    profit = f"P&L {currency}"
    table = _table(
        "symbol", "in", "entry", "out", "exit", "shares", "R", profit, "why",
        right=("entry", "exit", "shares", "R", profit),
    )  # fmt: skip
    for trade in trades:
        ratio = trade.r_multiple(trade.realised)
        table.add_row(
            trade.symbol,
            _local(trade.opened, zone, "%m-%d %H:%M"),
            f"{trade.entry_price:.3f}",
            _local(trade.closed, zone, "%m-%d %H:%M"),
            f"{trade.exit_price:.3f}",
            f"{trade.side.sign * trade.entered:,}",
            "" if ratio is None else f"{ratio:+.2f}",
            f"{trade.realised:+,.2f}",
            trade.why_closed,
        )
    return table


def _was_candidate(record: CandidateRecord) -> bool:
    return not record.why_not.startswith(("gap ", "no previous close"))


def _local(ts: float | None, zone: ZoneInfo, form: str) -> str:
    return datetime.fromtimestamp(ts, zone).strftime(form) if ts else ""


def _short(value: float | None) -> str:
    return "" if value is None else f"{value:g}"
