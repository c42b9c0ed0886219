"""The daily report as Markdown, as JSON, and as the few lines that fit an alert."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import fields, is_dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from skim_tui.alerts.alert import Alert, AlertKind
from skim_tui.desk.telling.report import DailyReport
from skim_tui.domain.session import ExchangeDay

TIMES = frozenset({"time", "opened", "closed"})
"""Fields that hold UTC epoch seconds."""
CENT = Decimal("0.01")


def as_json(report: DailyReport) -> dict[str, Any]:
    """The report as plain values: money and prices as exact text, times as UTC ISO text."""
    return _plain(report)


def as_markdown(report: DailyReport, day: ExchangeDay) -> str:
    """The report to read; times are the exchange's."""
    taken = sum(1 for ticket in report.tickets if not ticket.why_not)
    parts = [
        f"# Report {report.session} on {report.market}",
        f"Account {report.account}: **{_money(report.pnl)} {report.currency}** realised after {_plain_money(report.fees)} "
        f"fees; {len(report.trades)} trade{_s(report.trades)} closed, {taken} of {len(report.tickets)} "
        f"ticket{_s(report.tickets)} taken, {len(report.open_positions)} position{_s(report.open_positions)} open.",
        _section(
            "Strategies",
            ("strategy", "tickets", "taken", "trades", "won", "fees", "P&L"),
            (
                (
                    line.strategy, line.tickets, line.taken, line.trades, line.winners, _plain_money(line.fees),
                    _money(line.pnl),
                )
                for line in report.strategies
            ),
            "No strategy did anything.",
        ),
        _section(
            "Trades",
            ("closed", "symbol", "strategy", "shares", "entry", "exit", "R", "entry slip", "exit slip", "fees", "P&L", "why"),
            (
                (
                    _clock(day, line.closed), line.symbol, line.strategy, f"{line.quantity:,}", _price(line.entry),
                    _price(line.exit), "" if line.r is None else f"{line.r:+.2f}", _price(line.entry_slip),
                    _price(line.exit_slip), _plain_money(line.fees), _money(line.pnl), line.why,
                )
                for line in report.trades
            ),
            "No position was closed.",
        ),
        _section(
            "Tickets",
            ("time", "symbol", "strategy", "shares", "limit", "stop", "state", "decided by", "why not taken"),
            (
                (
                    _clock(day, line.time), line.symbol, line.strategy, f"{line.quantity:,}", line.limit, line.stop,
                    line.state, line.decided_by, line.why_not,
                )
                for line in report.tickets
            ),
            "No ticket was offered.",
        ),
        _section(
            "Open positions",
            ("symbol", "strategy", "shares", "entry", "stop", "since", "state"),
            (
                (
                    line.symbol, line.strategy, f"{line.quantity:,}", _price(line.entry),
                    "**none**" if line.stop is None else line.stop, line.opened_session, line.state,
                )
                for line in report.open_positions
            ),
            "Nothing is held.",
        ),
        _section(
            "Candidates",
            ("symbol", "gap", "range", "state", "why not"),
            (
                (
                    line.symbol, "" if line.gap_pct is None else f"{line.gap_pct:+.2f} %",
                    "" if line.or_high is None else f"{line.or_low:g} to {line.or_high:g}", line.state, line.why_not,
                )
                for line in report.candidates
            ),
            "Nothing gapped.",
        ),
        _section(
            "Incidents",
            ("time", "who", "what", "text"),
            ((_clock(day, line.time), line.who, line.what, line.text) for line in report.incidents),
            "None.",
        ),
    ]  # fmt: skip
    return "\n\n".join(parts) + "\n"


def as_alert(report: DailyReport, now: float) -> Alert:
    """The report in short."""
    lines = [
        f"**{trade.symbol}** {_money(trade.pnl)}{'' if trade.r is None else f' ({trade.r:+.2f} R)'} {trade.why}"
        for trade in report.trades
    ]
    lines += [
        f"open: **{held.symbol}** {held.quantity:,} at {_price(held.entry)}, stop {held.stop or 'NONE'}"
        for held in report.open_positions
    ]
    columns = [("fees", _plain_money(report.fees))]
    columns += [
        (line.strategy, f"{_money(line.pnl)}, {line.winners} of {line.trades} won") for line in report.strategies
    ]
    not_taken = sum(1 for ticket in report.tickets if ticket.why_not)
    columns += [("tickets not taken", str(not_taken)), ("incidents", str(len(report.incidents)))]
    title = f"Report {report.session}: {_money(report.pnl)} {report.currency}"
    good = None if not report.trades else report.pnl >= 0
    return Alert(AlertKind.REPORT, now, title, "\n".join(lines) or "No trade.", tuple(columns), good)


def write_report(folder: Path, report: DailyReport, markdown: str) -> Path:
    """Write DATE.md and DATE.json; the first's place. Raises :class:`OSError`."""
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / f"{report.session}.md"
    for path, text in ((target.with_suffix(".json"), json.dumps(as_json(report), indent=2)), (target, markdown)):
        fresh = path.with_name(f".{path.name}.new")
        fresh.write_text(text, encoding="utf-8")
        fresh.replace(path)
    return target


# ---- details ------------------------------------------------------------------------------------


def _plain(value: Any, name: str = "") -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: _plain(getattr(value, field.name), field.name) for field in fields(value)}
    if isinstance(value, tuple):
        return [_plain(item) for item in value]  # pyright: ignore[reportUnknownVariableType]
    if isinstance(value, float) and name in TIMES:
        return datetime.fromtimestamp(value, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    return str(value) if isinstance(value, Decimal | date) else value


def _section(title: str, heads: Sequence[str], rows: Iterable[Sequence[object]], empty: str) -> str:
    lines = ["| " + " | ".join(_cell(cell) for cell in row) + " |" for row in rows]
    if not lines:
        return f"## {title}\n{empty}"
    return "\n".join([f"## {title}", "| " + " | ".join(heads) + " |", "|---" * len(heads) + "|", *lines])


def _cell(value: object) -> str:
    """Text that does not break a table."""
    return " ".join(str(value).replace("|", "/").split())


def _clock(day: ExchangeDay, ts: float) -> str:
    return f"{day.local(ts):%H:%M:%S}"


def _money(value: Decimal) -> str:
    return f"{value.quantize(CENT):+,}"


def _plain_money(value: Decimal) -> str:
    return f"{value.quantize(CENT):,}"


def _price(value: Decimal | None) -> str:
    return "" if value is None else f"{value.quantize(Decimal('0.0001')).normalize() + 0:f}"


def _s(items: Sequence[object]) -> str:
    return "" if len(items) == 1 else "s"
