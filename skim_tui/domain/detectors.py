"""The two news-shock tests. Pure: the same case gives the same answer.

An averaging window never contains the bar it is compared with.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from skim_tui.domain.indicators import Vwap, WilderAtr
from skim_tui.domain.instrument import price
from skim_tui.domain.market import MINUTE, Bar
from skim_tui.domain.shock import (
    BAR_LAG,
    Direction,
    Measure,
    NoShock,
    NotYet,
    ShockCase,
    ShockSignal,
    Verdict,
    event_start,
    is_known,
)


@dataclass(frozen=True, slots=True)
class ClassicDetector:
    """One-minute move above ``atr_multiple`` * ATR and volume above ``volume_multiple`` * SMA.

    The move is close to close, so that a jump between two bars counts; ATR (Wilder) and SMA are those
    of the bars before. Each bar from the event on is tested until ``window`` minutes have passed.
    """

    atr_period: int = 10
    atr_multiple: float = 3.0
    volume_period: int = 20
    volume_multiple: float = 5.0
    window: int = 5
    name: str = "classic"

    def judge(self, case: ShockCase) -> Verdict:
        start = event_start(case)
        if isinstance(start, NotYet | NoShock):
            return start
        average, bars = WilderAtr(self.atr_period), case.bars
        best: tuple[Measure, ...] = ()
        largest = 0.0
        for index, bar in enumerate(bars):
            if start <= bar.ts < start + self.window * MINUTE and bar.ts + MINUTE <= case.now:
                if average.value is None or index < self.volume_period:
                    return NoShock(f"{index} bars before the event, {self._needed_bars} needed")
                recent = [before.volume for before in bars[index - self.volume_period : index]]
                usual = math.fsum(recent) / self.volume_period
                move = bar.close - bars[index - 1].close
                evidence = (
                    Measure("move", abs(move), self.atr_multiple * average.value, more=True),
                    Measure(f"ATR({self.atr_period})", average.value),
                    Measure("volume", bar.volume, self.volume_multiple * usual, more=True),
                    Measure(f"SMA({self.volume_period}) of volume", usual),
                )
                if all(measure.ok for measure in evidence):
                    return _signal(self.name, case, start, bar, move, bars[index - 1].close, average.value, evidence)
                if not best or abs(move) > largest:
                    best, largest = evidence, abs(move)
            average.update(bar.high, bar.low, bar.close)
        return _wait_or_no(case, start, (self.window,), best)

    @property
    def _needed_bars(self) -> int:
        return max(self.atr_period + 1, self.volume_period)


@dataclass(frozen=True, slots=True)
class RobustDetector:
    """Return and volume since the event against the symbol's own usual, by time of day.

    For each window of k minutes: ``z = r_k / sigma_k`` with ``r_k = ln(P / P_ref)`` less the market index's
    return over the same span (beta 1) where there is an index, and sigma_k the largest of the robust sigma of k-minute returns of the same clock time over
    20 sessions (of close-to-open returns when the news came before the open), half the spread, and one
    price step. Relative volume is shares over the median of the same window; ``z_v`` is taken on
    ln(1 + shares), which is nearly normal. A shock needs z, (relative volume or z_v), a least move and
    a least turnover; the least move is the share's own, in the direction of its excess over the index. An
    index whose price is not known lets nothing pass. Thresholds are choices, not findings. Evidence for drift after shocks with news:
    Savor, Stock returns after major price shocks (2012); robust scale: Hampel (1974).
    """

    windows: tuple[int, ...] = (1, 3, 5, 10)
    min_z: float = 3.0
    min_rel_volume: float = 3.0
    min_z_volume: float = 2.0
    min_move_pct: float = 2.0
    min_move_steps: int = 4
    min_turnover: float = 50_000.0
    name: str = "robust"

    def judge(self, case: ShockCase) -> Verdict:
        start = event_start(case)
        if isinstance(start, NotYet | NoShock):
            return start
        if case.baseline is None:
            return NoShock("no baseline: earlier sessions unknown")
        reference, overnight = _reference(case)
        if reference <= 0.0:
            return NoShock("no price before the news")
        best: tuple[Measure, ...] = ()
        largest = 0.0
        for length in self.windows:
            until = start + length * MINUTE
            if case.now < until:
                break
            late = _late(case, until)
            if late:
                return NotYet(late, until + BAR_LAG)
            window = [bar for bar in case.bars if start <= bar.ts < until]
            if not window:
                continue
            usual = case.baseline.usual(case.day, start, length)
            sigma = case.baseline.overnight_sigma() if overnight else usual and usual.sigma
            if usual is None or sigma is None:
                return NoShock("baseline too short: fewer than 5 earlier sessions")
            last = window[-1]
            total = math.log(last.close / reference)
            market = _market_move(case, until, overnight=overnight)
            if isinstance(market, str):
                return NoShock(market)
            excess = total - (market.value or 0.0) / 100
            step = float(case.ladder.step_at(price(reference)))
            spread = case.quote.ask - case.quote.bid if case.quote is not None and case.quote.two_sided else 0.0
            scale = max(sigma, spread / 2 / reference, step / reference)
            volume = sum(bar.volume for bar in window)
            turnover = sum(bar.volume * (bar.high + bar.low + bar.close) / 3 for bar in window)
            rel_volume = volume / usual.volume if usual.volume > 0 else math.inf if volume else 0.0
            z_volume = (math.log1p(volume) - usual.log_volume) / usual.log_volume_sd if usual.log_volume_sd > 0 else 0.0
            least = max(self.min_move_pct / 100, self.min_move_steps * step / reference, 2 * spread / reference)
            evidence = (
                Measure("z of return", abs(excess) / scale, self.min_z),
                Measure("move %", abs(total) * 100, least * 100),
                Measure("relative volume", rel_volume, self.min_rel_volume),
                Measure("z of volume", z_volume, self.min_z_volume),
                Measure("turnover", turnover, self.min_turnover),
                Measure("sigma %", scale * 100),
                Measure("usual volume", usual.volume),
                market,
                Measure("minutes", length),
            )
            z, move, by_ratio, by_z, money = evidence[:5]
            if z.ok and move.ok and (by_ratio.ok or by_z.ok) and money.ok and total * excess > 0:
                return _signal(
                    self.name, case, start, last, total, reference, _minute_atr(case, last.ts), evidence, length
                )
            if not best or abs(excess) / scale > largest:
                best, largest = evidence, abs(excess) / scale
        return _wait_or_no(case, start, self.windows, best)


# ---- details --------------------------------------------------------------------------------------


def _reference(case: ShockCase) -> tuple[float, bool]:
    """(last price before the news, whether a night lies between)."""
    day = case.day
    before = [bar for bar in case.bars if day.opening_auction <= bar.ts and bar.ts + MINUTE <= case.item.ts]
    return (before[-1].close, False) if before else (case.prev_close, True)


def _late(case: ShockCase, until: float) -> str:
    """Which bar before ``until`` may still come; empty when none."""
    if not is_known(case.bars, until, case.now):
        return "the window's last minute is not known yet"
    if case.index is not None and not is_known(case.index.bars, until, case.now):
        return f"the last minute of index {case.index.symbol} is not known yet"
    return ""


def _market_move(case: ShockCase, until: float, *, overnight: bool) -> Measure | str:
    """The index's log return in percent over the span of the share's move; or why it is not known."""
    index = case.index
    if index is None:
        return Measure("index", None)
    move = index.log_return(case.day, None if overnight else case.item.ts, until)
    if move is None:
        return f"no price of index {index.symbol} to measure the market's move by"
    return Measure(f"index {index.symbol} %", move * 100)


def _minute_atr(case: ShockCase, until: float, period: int = 14) -> float:
    average = WilderAtr(period)
    for bar in case.bars:
        if case.day.open <= bar.ts <= until:
            average.update(bar.high, bar.low, bar.close)
    return average.value or 0.0


def _signal(
    name: str,
    case: ShockCase,
    start: float,
    last: Bar,
    move: float,
    reference: float,
    atr: float,
    evidence: tuple[Measure, ...],
    minutes: int | None = None,
) -> ShockSignal:
    since = [bar for bar in case.bars if start <= bar.ts <= last.ts]
    average = Vwap()
    for bar in since:
        average.update((bar.high + bar.low + bar.close) / 3, bar.volume)
    return ShockSignal(
        symbol=last.symbol,
        detector=name,
        direction=Direction.UP if move > 0 else Direction.DOWN,
        item=case.item,
        start=start,
        ts=last.ts + MINUTE,
        minutes=minutes or round((last.ts - start) / MINUTE) + 1,
        reference=reference,
        price=last.close,
        high=max(bar.high for bar in since),
        low=min(bar.low for bar in since),
        vwap=average.value or last.close,
        atr=atr,
        evidence=evidence,
    )


def _wait_or_no(case: ShockCase, start: float, windows: Sequence[int], best: tuple[Measure, ...]) -> NotYet | NoShock:
    """Look again when the next minute closes, as long as a window is still open or its last bar may come."""
    until = start + max(windows) * MINUTE
    if case.now < case.day.close:
        if case.now < until:
            return NotYet("within what is usual so far", (case.now // MINUTE + 1) * MINUTE)
        if not is_known(case.bars, until, case.now):
            return NotYet("the window's last minute is not known yet", until + BAR_LAG)
    missing = [f"{measure.name} {measure}" for measure in best if not measure.ok]
    return NoShock(f"no shock within {max(windows)} min: {', '.join(missing) or 'nothing traded'}", best)
