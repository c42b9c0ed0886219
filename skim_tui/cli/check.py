"""``skim check``: whether settings, folders and broker are as they should be, and the schedule of the day."""

from __future__ import annotations

import argparse
import time
from datetime import date
from typing import TYPE_CHECKING

from skim_tui.cli.common import UsageError, load_calendar, load_config, paths_of, settings_of
from skim_tui.cli.desk import secrets

if TYPE_CHECKING:
    from collections.abc import Iterator

    from skim_tui.config import Config
    from skim_tui.domain.session import ExchangeDay, TradingCalendar


def _session(text: str, calendar: TradingCalendar) -> ExchangeDay:
    try:
        return calendar.day(date.fromisoformat(text))
    except ValueError:
        raise UsageError(f"--date {text}: not a date (YYYY-MM-DD)") from None
    except LookupError as error:
        raise UsageError(f"--date {text}: {error}") from None


def _absences(config: Config, day: ExchangeDay) -> Iterator[str]:
    """The broker's known absences as they come next, in the exchange's time."""
    from skim_tui.domain.windows import ahead, known_windows

    told = config.broker
    windows = known_windows(config.market.exchange, told.region, told.gateway_restart, told.windows)
    for one in ahead(windows, time.time()):
        yield f"{one.name:<22}{day.local(one.begins):%a %d %b %H:%M} to {day.local(one.ends):%H:%M}"
    if not told.gateway_restart:
        yield "gateway restart       not told: broker.gateway_restart"


def run_check(args: argparse.Namespace) -> int:
    from skim_tui import corporate_actions, daysheet
    from skim_tui.desk.rules import schedule_rule

    paths = paths_of(args)
    config = load_config(args, paths)
    calendar = load_calendar(config.market.exchange)
    day = _session(args.date, calendar) if args.date else calendar.current_or_next(time.time())
    print(f"settings   valid ({settings_of(args, paths) or 'defaults'})")
    print(f"data       {paths.data_dir}")
    actions = corporate_actions.load(config.scan.corporate_actions)
    if actions:
        print(f"actions    {sum(map(len, actions.values()))} splits and dividends of {len(actions)} shares")
    for number, line in enumerate(daysheet.lines(day, schedule_rule(config))):
        print(f"{'' if number else 'market':<11}{line}")
    if config.broker.kind == "tws":
        for number, line in enumerate(_absences(config, day)):
            print(f"{'' if number else 'away':<11}{line}")
    print(f"alerts     {'Discord' if secrets(config) else 'on screen only'}")
    if config.broker.kind == "tws":
        import socket

        try:
            with socket.create_connection((config.broker.host, config.broker.port), 3.0):
                print(f"broker     {config.broker.host}:{config.broker.port} accepts connections")
        except OSError as error:
            raise UsageError(f"broker {config.broker.host}:{config.broker.port}: {error.strerror or error}") from None
    return 0
