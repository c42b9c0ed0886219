"""The gap scan: what makes a symbol a candidate, and the first reason why it is none."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from skim_tui.domain.indicators import median
from skim_tui.domain.market import DailyBar
from skim_tui.domain.volume import RelativeVolume, average_turnover


def gap_pct(prev_close: float, open_price: float) -> float | None:
    """(open / previous close - 1) in percent; None without both prices.

    To nine decimals, so that a gap of exactly 3 % is not 2.9999999999999805 % and refused.
    """
    if prev_close <= 0.0 or open_price <= 0.0:
        return None
    return round((open_price / prev_close - 1.0) * 100.0, 9)


@dataclass(frozen=True, slots=True)
class CorporateAction:
    """What happens to a share at the open of ``ex_date``."""

    symbol: str
    ex_date: date
    split: float = 1.0
    """New shares for each old one: 2.0 for a two-for-one split, 0.1 for a one-for-ten consolidation."""
    dividend: float = 0.0
    """Cash for each old share, in the market's currency."""

    def __post_init__(self) -> None:
        if self.split <= 0 or self.dividend < 0:
            raise ValueError(f"{self.symbol} {self.ex_date}: split {self.split:g}, dividend {self.dividend:g}")


def adjusted_close(close: float, closed: date, today: date, actions: Iterable[CorporateAction]) -> float:
    """The previous ``close`` (of session ``closed``) as it compares with prices of ``today``: less the
    dividends and divided by the splits that came between. 0.0 when nothing is left of it.

    ``close`` is as traded on its day; a history that is adjusted already must come without actions.
    """
    ordered = sorted((action for action in actions if closed < action.ex_date <= today), key=lambda a: a.ex_date)
    for action in ordered:
        close = (close - action.dividend) / action.split
    return max(0.0, close)


@dataclass(frozen=True, slots=True)
class ScanRule:
    """What makes a symbol a candidate. Percentages are plain numbers: 3.0 means 3 %; 0 switches a
    floor off. Money in the market's currency."""

    min_gap_pct: float = 3.0
    max_gap_pct: float = 60.0
    min_volume: int = 50_000
    min_price: float = 0.10
    min_turnover: float = 0.0
    """Average daily turnover of the last 20 sessions."""
    min_rel_volume: float = 0.0
    """Volume so far over what is usual by this time of day."""
    max_spread_pct: float = 0.0
    """Median spread over the opening range."""

    def refusal(self, gap: float | None, open_price: float, daily: Sequence[DailyBar] = ()) -> str:
        """Why a symbol with this gap, open and history is no candidate; empty when it is one."""
        if gap is None:
            return "no previous close"
        if gap < self.min_gap_pct:
            return f"gap {gap:.2f} % below {self.min_gap_pct:g} %"
        if gap > self.max_gap_pct:
            return f"gap {gap:.0f} % above {self.max_gap_pct:g} %: looks like a corporate action"
        if open_price < self.min_price:
            return f"price {open_price:g} below {self.min_price:g}"
        if self.min_turnover > 0:
            turnover = average_turnover(daily)
            if turnover is None:
                return "average turnover unknown: fewer than 5 earlier sessions"
            if turnover < self.min_turnover:
                return f"average turnover {turnover:,.0f} below {self.min_turnover:,.0f}"
        return ""

    def volume_refusal(self, volume: int, relative: RelativeVolume | None) -> str:
        """Why the volume at the break is too little; empty when it is enough."""
        if volume <= self.min_volume:
            return f"volume {volume:,} not above {self.min_volume:,}"
        if self.min_rel_volume > 0:
            if relative is None:
                return "relative volume unknown: fewer than 5 earlier sessions"
            if relative.ratio < self.min_rel_volume:
                return f"relative volume {relative.ratio:.2f} below {self.min_rel_volume:g}"
        return ""

    def spread_refusal(self, spreads: Sequence[float]) -> str:
        """Why the spreads seen over the opening range (percent, one a minute) are too wide; empty when
        they are not, or were not seen: the gate at the ticket then judges by the quote."""
        if self.max_spread_pct <= 0 or len(spreads) < 3:
            return ""
        usual = median(spreads)
        return f"spread {usual:.2f} % above {self.max_spread_pct:g} %" if usual > self.max_spread_pct else ""
