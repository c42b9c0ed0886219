"""The strategies' rules out of the settings: the one place where a setting becomes a rule's parameter."""

from __future__ import annotations

from decimal import Decimal

from skim_tui.config import Config
from skim_tui.domain.announcements import AnnouncementRule, NewsNeed
from skim_tui.domain.breakout import BreakRule, Confirm
from skim_tui.domain.detectors import ClassicDetector, RobustDetector
from skim_tui.domain.entry import EntryRule
from skim_tui.domain.exits import ExitRule, TrailWhen
from skim_tui.domain.gapscan import ScanRule
from skim_tui.domain.money import FxRate
from skim_tui.domain.news import NewsRule
from skim_tui.domain.opening_range import RangeRule
from skim_tui.domain.schedule import ScheduleRule
from skim_tui.domain.session import ASX
from skim_tui.domain.shock import Detector

ORH = "ORH breakout"
SHOCK = "news shock"


def scan_rule(config: Config) -> ScanRule:
    scan = config.scan
    return ScanRule(
        min_gap_pct=scan.min_gap_pct,
        max_gap_pct=scan.max_gap_pct,
        min_volume=scan.min_volume,
        min_price=scan.min_price,
        min_turnover=float(scan.min_turnover),
        min_rel_volume=scan.min_rel_volume,
        max_spread_pct=scan.max_spread_pct,
    )


def range_rule(config: Config) -> RangeRule:
    opening = config.opening_range
    return RangeRule(minutes=opening.minutes, include_auction=opening.include_auction, min_bars=opening.min_bars)


def break_rule(config: Config) -> BreakRule:
    breakout = config.breakout
    return BreakRule(
        margin_steps=breakout.margin_steps,
        margin_pct=breakout.margin_pct,
        confirm=Confirm(breakout.confirm),
        max_signals=breakout.max_signals,
        rearm_steps=breakout.rearm_steps,
        max_quote_age=config.risk.max_quote_age,
    )


def announcement_rule(config: Config) -> AnnouncementRule:
    return AnnouncementRule(NewsNeed(config.scan.news), frozenset(config.scan.news_exclude))


def entry_rule(config: Config, strategy: str = ORH) -> EntryRule:
    """How a signal of ``strategy`` is priced."""
    exits = config.exits
    return EntryRule(
        limit_steps=config.breakout.limit_steps,
        limit_pct=config.breakout.limit_pct,
        stop_buffer_steps=exits.stop_buffer_steps,
        min_stop_steps=exits.min_stop_steps,
        max_stop_pct=exits.max_stop_pct,
        max_stop_atr=exits.max_stop_atr if strategy == ORH else 0.0,
        stop_loss_pct=exits.stop_loss_pct,
        target_r=exits.take_profit_r if strategy == ORH else config.shock.take_profit_r,
        stop_atr=config.shock.stop_atr,
    )


def exit_rule(config: Config, strategy: str = ORH) -> ExitRule:
    """How a position of ``strategy`` is sold. A news shock is a matter of the day."""
    exits = config.exits
    if strategy == SHOCK:
        return ExitRule(
            end_of_day=True,
            end_of_day_minutes=exits.end_of_day_minutes,
            half_on_day=0,
            trail_sma_days=0,
            time_stop_minutes=config.shock.time_stop_minutes,
            break_even_r=exits.break_even_r,
        )
    return ExitRule(
        end_of_day=exits.end_of_day,
        end_of_day_minutes=exits.end_of_day_minutes,
        half_on_day=exits.half_on_day,
        half_after_open=exits.half_after_open,
        half_in_profit=exits.half_in_profit,
        trail_sma_days=exits.trail_sma_days,
        trail_when=TrailWhen(exits.trail_when),
        decide_minutes=exits.decide_minutes,
        time_stop_minutes=exits.time_stop_minutes,
        break_even_r=exits.break_even_r,
        break_even_after_half=exits.break_even_after_half,
    )


def schedule_rule(config: Config) -> ScheduleRule:
    return ScheduleRule(
        range_minutes=config.opening_range.minutes,
        latest_entry=config.breakout.latest_entry,
        no_entry_before_close=config.breakout.no_entry_before_close,
        decide_minutes=config.exits.decide_minutes,
    )


def detector(config: Config) -> Detector:
    """The shock test that the settings name."""
    shock = config.shock
    if shock.detector == "classic":
        return ClassicDetector(
            atr_period=shock.atr_period,
            atr_multiple=shock.atr_multiple,
            volume_period=shock.volume_period,
            volume_multiple=shock.volume_multiple,
            window=shock.window_minutes,
        )
    return RobustDetector(
        min_z=shock.min_z,
        min_rel_volume=shock.min_rel_volume,
        min_z_volume=shock.min_z_volume,
        min_move_pct=shock.min_move_pct,
        min_move_steps=shock.min_move_steps,
        min_turnover=float(shock.min_turnover),
    )


def index_symbol(config: Config) -> str:
    """The index fund that news shocks are measured against; empty when there is none."""
    shock = config.shock
    if not shock.enabled or shock.detector == "classic":
        return ""
    return shock.index_asx if config.market.exchange == ASX else shock.index_us


def news_rule(config: Config) -> NewsRule:
    return NewsRule(max_age=config.shock.max_age_minutes * 60.0, same_event=config.shock.same_event_minutes * 60.0)


def fx_rate(config: Config) -> FxRate | None:
    """The rate the operator stated between account and market, if any."""
    return FxRate.parse(config.sizing.fx_rate) if config.sizing.fx_rate else None


def percent(part: float, of: Decimal | int) -> Decimal:
    """``part`` percent of ``of``."""
    return of * Decimal(str(part)) / 100
