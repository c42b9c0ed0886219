"""The command line: which process to be, and what to wire together in it."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from importlib import import_module

from skim_tui.cli.common import UsageError
from skim_tui.cli.parser import parser

HOMES = {
    "console": "console",
    "desk": "desk",
    "exchange": "exchange",
    "replay": "replay",
    "stop": "asking",
    "flatten": "asking",
    "selftest": "asking",
    "report": "records",
    "export": "records",
    "announcements": "records",
    "journal": "journal",
    "check": "check",
}
"""The module of each command: ``run_COMMAND`` in it. Only the one that is asked for is imported."""


def _command(name: str) -> Callable[[argparse.Namespace], int]:
    return getattr(import_module(f"skim_tui.cli.{HOMES[name]}"), f"run_{name}")


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; the exit code. Errors are one plain line on stderr."""
    args = parser().parse_args(argv)
    from skim_tui.calendar_source import CalendarError
    from skim_tui.config_file import ConfigError
    from skim_tui.paths import PathError

    known: tuple[type[Exception], ...] = (UsageError, ConfigError, CalendarError, PathError, OSError)
    try:
        return _command(args.command or "console")(args)
    except KeyboardInterrupt:
        return 130
    except Exception as error:
        # Errors of parts that not every command loads are told apart by their base names.
        told = isinstance(error, known) or type(error).__name__ in (
            "TapeError",
            "StateError",
            "JournalError",
            "LinkError",
            "DeskRunning",
            "BrokerError",
            "ThemeError",
            "KeymapError",
            "ListError",
            "LayoutChanged",
        )
        if args.debug:
            raise
        from skim_tui.redaction import redactor

        redactor.learn_environment()
        print(redactor.text(f"skim: {error if told else f'{type(error).__name__}: {error}'}"), file=sys.stderr)
        return 1
