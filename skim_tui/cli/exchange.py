"""``skim exchange``: the embedded exchange by itself."""

from __future__ import annotations

import argparse
import asyncio
from typing import TYPE_CHECKING

from skim_tui.cli.common import UsageError, load_calendar, load_tape, read_amount, start_of

if TYPE_CHECKING:
    from skim_tui.domain.session import TradingCalendar
    from skim_tui.exchange.core import Exchange
    from skim_tui.exchange.tape import Tape


def run_exchange(args: argparse.Namespace) -> int:
    tape = load_tape(args.tape)
    calendar = load_calendar(tape.mic)
    if args.speed == "max":
        speed = None
    else:
        try:
            speed = float(args.speed)
        except ValueError:
            raise UsageError(f"--speed {args.speed}: a number, or max") from None
        if speed <= 0:
            raise UsageError(f"--speed {args.speed}: must be above 0")
    from skim_tui.exchange.faults import FaultError, read_faults
    from skim_tui.exchange.serve import Serving, serve

    try:
        faults = read_faults(args.faults) if args.faults else ()
    except FaultError as error:
        raise UsageError(str(error)) from None
    exchange = _build_exchange(args, tape, calendar, speed)
    serving = Serving(args.tws_port, args.web_port, faults, limits=not args.no_limits, idle_exit=args.idle_exit)
    asyncio.run(serve(exchange, serving))
    return 0


def _build_exchange(args: argparse.Namespace, tape: Tape, calendar: TradingCalendar, speed: float | None) -> Exchange:
    from decimal import Decimal

    from skim_tui.exchange.core import Exchange
    from skim_tui.exchange.matching import PARTICIPATION
    from skim_tui.exchange.statefile import StateFile
    from skim_tui.exchange.survival import resume_time

    state, start = None, start_of(args.at, tape.dates[0], calendar)
    if args.state:
        state = StateFile(args.state)
        left = resume_time(state.load(), tape.dates, lambda day: start_of(None, day, calendar))
        if left is not None and not args.at:
            start = left
    try:
        return Exchange(
            tape,
            calendar,
            account_id=args.account,
            cash=read_amount("--cash", args.cash),
            currency=args.currency.upper(),
            rates={tape.currency: read_amount("--fx", args.fx)} if args.fx else None,
            speed=speed,
            start=start,
            allow_short=args.allow_short,
            participation=float(read_amount("--participation", args.participation or str(PARTICIPATION))),
            impact=float(read_amount("--impact", args.impact or "0", least=Decimal(0))),
            state=state,
        )
    except LookupError as error:
        raise UsageError(f"--currency {args.currency}: {error.args[0]}; give it with --fx") from None
    except ValueError as error:
        raise UsageError(str(error)) from None
