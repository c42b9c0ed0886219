"""Figures of a list of closed trades: equity curve, expectancy, win rate, R, slippage, by strategy and hour."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from skim_tui.console.figures import clock
from skim_tui.console.ways import way
from skim_tui.link.history import PastTrade

BUCKETS = (-2.0, -1.0, -0.5, 0.0, 0.5, 1.0, 2.0, 3.0)
"""Lower edges of the R distribution's bars; below the first is a bar of its own."""


@dataclass(frozen=True, slots=True)
class Ledger:
    """What a group of trades amounts to. Ratios are None where there is nothing to divide by."""

    trades: int = 0
    wins: int = 0
    pnl: Decimal = Decimal(0)
    fees: Decimal = Decimal(0)
    win_rate: float | None = None
    expectancy: Decimal | None = None
    """Average profit of a trade."""
    expectancy_r: float | None = None
    profit_factor: float | None = None
    """Gains divided by losses."""
    average_win: Decimal | None = None
    average_loss: Decimal | None = None
    worst_run: Decimal = Decimal(0)
    """The deepest fall of the equity curve from a high before it, as a positive amount."""
    slip: Decimal | None = None
    """Money lost between the prices meant and the prices had, of all trades: above zero is against us."""


def ledger(trades: Sequence[PastTrade]) -> Ledger:
    """The figures of ``trades``, oldest first."""
    if not trades:
        return Ledger()
    gains = [trade.pnl for trade in trades if trade.pnl > 0]
    losses = [trade.pnl for trade in trades if trade.pnl < 0]
    ratios = [trade.r for trade in trades if trade.r is not None]
    total = sum((trade.pnl for trade in trades), Decimal(0))
    slips = [slippage(trade) for trade in trades]
    known = [slip for slip in slips if slip is not None]
    return Ledger(
        trades=len(trades), wins=len(gains), pnl=total, fees=sum((trade.fees for trade in trades), Decimal(0)),
        win_rate=len(gains) / len(trades), expectancy=total / len(trades),
        expectancy_r=sum(ratios) / len(ratios) if ratios else None,
        profit_factor=float(sum(gains, Decimal(0)) / -sum(losses, Decimal(0))) if losses else None,
        average_win=sum(gains, Decimal(0)) / len(gains) if gains else None,
        average_loss=sum(losses, Decimal(0)) / len(losses) if losses else None,
        worst_run=worst_run(equity(trades)), slip=sum(known, Decimal(0)) if known else None,
    )  # fmt: skip


def slippage(trade: PastTrade) -> Decimal | None:
    """Money that ``trade`` lost against the limit of its entry and the stop it was to end at."""
    parts = [slip for slip in (trade.entry_slip, trade.exit_slip) if slip is not None]
    return sum(parts, Decimal(0)) * trade.quantity if parts else None


def equity(trades: Iterable[PastTrade]) -> list[Decimal]:
    """Cumulated profit after each trade, beginning with zero."""
    curve = [Decimal(0)]
    for trade in trades:
        curve.append(curve[-1] + trade.pnl)
    return curve


def worst_run(curve: Sequence[Decimal]) -> Decimal:
    """The deepest fall from a high before it."""
    high, worst = curve[0] if curve else Decimal(0), Decimal(0)
    for value in curve:
        high = max(high, value)
        worst = max(worst, high - value)
    return worst


def distribution(trades: Iterable[PastTrade]) -> list[tuple[str, int]]:
    """How many trades ended in each stretch of R, from the worst up."""
    counts = [0] * (len(BUCKETS) + 1)
    for trade in trades:
        if trade.r is not None:
            counts[sum(1 for edge in BUCKETS if trade.r >= edge)] += 1
    names = [f"below {BUCKETS[0]:+g}R"]
    names += [f"{low:+g} to {high:+g}R" for low, high in zip(BUCKETS, BUCKETS[1:], strict=False)]
    return list(zip([*names, f"{BUCKETS[-1]:+g}R and more"], counts, strict=True))


def by_strategy(trades: Iterable[PastTrade]) -> list[tuple[str, Ledger]]:
    """The figures of each strategy, the best first."""
    return sorted(_grouped(trades, lambda trade: trade.strategy or "unknown"), key=lambda row: -row[1].pnl)


def by_hour(trades: Iterable[PastTrade], tz: str) -> list[tuple[str, Ledger]]:
    """The figures of each exchange-local hour of entry, in its order."""
    return sorted(_grouped(trades, lambda trade: clock(trade.entered, tz, "%H:00")))


def by_session(trades: Iterable[PastTrade]) -> list[tuple[str, Ledger]]:
    """The figures of each entry session, the newest first."""
    return sorted(_grouped(trades, lambda trade: trade.session), reverse=True)


def by_side(trades: Iterable[PastTrade]) -> list[tuple[str, Ledger]]:
    """The figures of the long and of the short trades, the best first."""
    return sorted(_grouped(trades, lambda trade: way(trade.side).name), key=lambda row: -row[1].pnl)


def last_sessions(trades: Sequence[PastTrade], count: int, today: str) -> list[PastTrade]:
    """The trades entered in the last ``count`` sessions that have any; 1 is today alone, 0 is all."""
    if not count:
        return list(trades)
    if count == 1:
        return [trade for trade in trades if trade.session == today]
    kept = set(sorted({trade.session for trade in trades})[-count:])
    return [trade for trade in trades if trade.session in kept]


def _grouped(trades: Iterable[PastTrade], key: Callable[[PastTrade], str]) -> list[tuple[str, Ledger]]:
    groups: dict[str, list[PastTrade]] = {}
    for trade in trades:
        groups.setdefault(key(trade), []).append(trade)
    return [(name, ledger(group)) for name, group in groups.items()]
