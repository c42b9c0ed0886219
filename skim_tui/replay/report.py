"""What a replay found: the candidates and trades as CSV files, a summary, and a table on screen."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from skim_tui.domain.position import Position
from skim_tui.journal import CandidateRecord

CANDIDATE_COLUMNS = (
    "symbol",
    "date",
    "prev_close",
    "open",
    "gap_pct",
    "or_high",
    "or_low",
    "first_break_ts",
    "break_price",
    "low_of_day_at_break",
    "state",
    "why_not",
    "rel_volume",
    "signals",
    "source",
    "range_rule",
    "news",
)
TRADE_COLUMNS = (
    "symbol",
    "date",
    "entry_ts",
    "entry_price",
    "exit_ts",
    "exit_price",
    "quantity",
    "stop",
    "fees",
    "pnl",
    "r",
    "why",
)


@dataclass(frozen=True, slots=True)
class ReplayResult:
    """One replay over one or more consecutive days of one market."""

    tapes: tuple[str, ...]
    currency: str
    sessions: tuple[str, ...]
    candidates: tuple[CandidateRecord, ...]
    trades: tuple[Position, ...]
    open_positions: tuple[Position, ...]
    final_equity: Decimal
    start_equity: Decimal
    timezone: str = "UTC"
    problems: tuple[str, ...] = ()
    """Mismatches and faults of the desk: a replay that has one has failed."""

    @property
    def pnl(self) -> Decimal:
        return sum((trade.realised for trade in self.trades), Decimal(0))


def iso(ts: float | None) -> str:
    """UTC ISO time of an epoch second; empty for none."""
    return "" if not ts else datetime.fromtimestamp(ts, UTC).isoformat().replace("+00:00", "Z")


def _number(value: float | Decimal | None) -> str:
    return "" if value is None else str(value)


def candidate_row(record: CandidateRecord) -> tuple[str, ...]:
    return (
        record.symbol,
        record.session_date.isoformat(),
        _number(record.prev_close),
        _number(record.open),
        _number(record.gap_pct),
        _number(record.or_high),
        _number(record.or_low),
        iso(record.first_break_ts),
        _number(record.break_price),
        _number(record.low_of_day_at_break),
        record.state,
        record.why_not,
        _number(record.rel_volume),
        str(record.signals),
        record.source,
        record.range_rule,
        record.news,
    )


def trade_row(trade: Position) -> tuple[str, ...]:
    ratio = trade.r_multiple(trade.realised)
    return (
        trade.symbol,
        trade.opened_session.isoformat(),
        iso(trade.opened),
        f"{trade.entry_price:.6f}",
        iso(trade.closed),
        f"{trade.exit_price:.6f}",
        str(trade.side.sign * trade.entered),
        str(trade.initial_stop),
        f"{trade.fees:.2f}",
        f"{trade.realised:.2f}",
        "" if ratio is None else f"{ratio:.3f}",
        trade.why_closed,
    )


def summary(result: ReplayResult) -> dict[str, Any]:
    wins = sum(1 for trade in result.trades if trade.realised > 0)
    ratios = [ratio for trade in result.trades if (ratio := trade.r_multiple(trade.realised)) is not None]
    reasons: dict[str, int] = {}
    for record in result.candidates:
        reasons[record.state] = reasons.get(record.state, 0) + 1
    return {
        "tapes": list(result.tapes),
        "sessions": list(result.sessions),
        "currency": result.currency,
        "symbol_days": len(result.candidates),
        "states": reasons,
        "trades": len(result.trades),
        "wins": wins,
        "pnl": str(result.pnl.quantize(Decimal("0.01"))),
        "expectancy_r": round(sum(ratios) / len(ratios), 3) if ratios else None,
        "problems": list(result.problems),
        "start_equity": str(result.start_equity),
        "final_equity": str(result.final_equity),
        "open_positions": [
            {"symbol": position.symbol, "quantity": position.quantity, "entry": f"{position.entry_price:.6f}"}
            for position in result.open_positions
        ],
    }


def write(result: ReplayResult, folder: Path) -> None:
    """Write candidates.csv, trades.csv and summary.json into ``folder``, made if missing."""
    folder.mkdir(parents=True, exist_ok=True)
    _write_csv(folder / "candidates.csv", CANDIDATE_COLUMNS, map(candidate_row, result.candidates))
    _write_csv(folder / "trades.csv", TRADE_COLUMNS, map(trade_row, result.trades))
    (folder / "summary.json").write_text(json.dumps(summary(result), indent=2) + "\n")


def _write_csv(path: Path, header: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        writer.writerows(rows)
