"""What every command reads first: the data folder, the settings, the tape, the calendar."""

from __future__ import annotations

import argparse
import os
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from decimal import Decimal

    from skim_tui.config import Config
    from skim_tui.domain.session import TradingCalendar
    from skim_tui.exchange.tape import Tape
    from skim_tui.paths import Paths


class UsageError(Exception):
    """What was asked cannot be done; one plain line."""


def paths_of(args: argparse.Namespace) -> Paths:
    from skim_tui.paths import Paths

    return Paths.of(args.data_dir or os.environ.get("SKIM_DATA_DIR"))


def load_config(args: argparse.Namespace, paths: Paths) -> Config:
    from skim_tui.config_file import load

    flags = {
        "broker.kind": getattr(args, "broker", None),
        "broker.host": getattr(args, "host", None),
        "broker.port": getattr(args, "port", None),
        "screen.theme": getattr(args, "theme", None),
    }
    if args.command != "exchange":
        flags |= {
            "sim.tape": getattr(args, "tape", None),
            "sim.speed": getattr(args, "speed", None),
            "sim.start": getattr(args, "at", None),
        }
    return load(settings_of(args, paths), os.environ, flags)


def settings_of(args: argparse.Namespace, paths: Paths) -> Path | None:
    """The settings file in force, if there is one."""
    path = Path(args.config) if args.config else paths.data_dir / "config.toml"
    return path if args.config or path.exists() else None


def load_tape(name: str) -> Tape:
    from skim_tui.exchange import synthetic
    from skim_tui.exchange.tape import TapeError, load

    if name.startswith("synthetic:"):
        kind, _, seed = name.removeprefix("synthetic:").partition(":")
        if kind != "asx" or not seed.isdigit():
            raise TapeError(f"{name}: a generated day is named synthetic:asx:SEED with a whole number")
        return synthetic.generate(int(seed))
    return load(Path(name))


def load_calendar(mic: str) -> TradingCalendar:
    from skim_tui.calendar_source import calendar

    return calendar(mic, today=datetime.now(UTC).date())


def start_of(text: str | None, day: date, calendar: TradingCalendar) -> float:
    """When the simulated clock starts: ``HH:MM`` local, or two minutes before the open."""
    timetable = calendar.day(day)
    if not text:
        return timetable.open - 120.0
    try:
        return timetable.at(datetime.strptime(text, "%H:%M").time())
    except ValueError:
        raise UsageError(f"--at {text}: not a time of day (HH:MM)") from None


def read_amount(option: str, text: str, least: Decimal | None = None) -> Decimal:
    """A number above 0 (or not below ``least``). Raises :class:`UsageError` naming the option."""
    from decimal import Decimal, InvalidOperation

    try:
        value = Decimal(text)
    except InvalidOperation:
        raise UsageError(f"{option} {text}: not a number") from None
    if not value.is_finite() or value < 0 or (value == 0 and least is None):
        raise UsageError(f"{option} {text}: must be {'above' if least is None else 'at least'} 0")
    return value


def mic_of(tape: str) -> Any:
    """The exchange of a tape, without reading its rows."""
    import tomllib

    from skim_tui.domain.session import ASX

    if tape.startswith("synthetic:"):
        return ASX
    return tomllib.loads((Path(tape) / "tape.toml").read_text())["exchange"]
