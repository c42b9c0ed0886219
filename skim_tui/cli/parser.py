"""The commands and their options."""

from __future__ import annotations

import argparse
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from skim_tui import __version__

if TYPE_CHECKING:
    pass


def parser() -> argparse.ArgumentParser:
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--config", metavar="FILE", help="settings (default: config.toml of the data folder, if any)")
    common.add_argument(
        "--data-dir", metavar="DIR", help="journal, logs and lock (default: the platform's data folder)"
    )
    common.add_argument("--debug", action="store_true", help="show tracebacks")
    trading = argparse.ArgumentParser(add_help=False)
    trading.add_argument("--broker", choices=("sim", "tws", "web"), help="sim: the embedded exchange (default)")
    trading.add_argument("--host", help="where TWS or IB Gateway listens")
    trading.add_argument("--port", type=int, help="its port")
    trading.add_argument("--tape", help="folder of a recorded day, or synthetic:asx:SEED")
    trading.add_argument("--speed", type=float, help="exchange seconds for each real second (sim)")
    trading.add_argument("--at", metavar="HH:MM", help="exchange-local start of the simulated clock")
    trading.add_argument("--auto", action="store_true", help="arm auto mode: tickets are sent without a key")
    top = argparse.ArgumentParser(prog="skim", description="Terminal trading console.", parents=[common, trading])
    top.add_argument("--version", action="version", version=f"skim {__version__}")
    top.add_argument("--theme", help="colour theme of the console")
    commands = top.add_subparsers(dest="command", metavar="COMMAND")
    commands.add_parser("desk", parents=[common, trading], help="the desk by itself, in the foreground")
    exchange = commands.add_parser("exchange", parents=[common], help="the embedded exchange by itself")
    exchange.add_argument("--tape", default="synthetic:asx:1")
    exchange.add_argument("--at", metavar="HH:MM")
    exchange.add_argument("--speed", default="1", help="a number, or max")
    exchange.add_argument("--tws-port", type=int, default=0, metavar="P")
    exchange.add_argument("--web-port", type=int, default=0, metavar="P", help="of its announcement pages")
    exchange.add_argument("--faults", type=Path, metavar="F", help="a TOML file of what goes wrong, and when")
    exchange.add_argument("--no-limits", action="store_true", help="no message rate, line or pacing limits")
    exchange.add_argument("--state", type=Path, metavar="F", help="keep account, positions and orders in this file")
    exchange.add_argument("--currency", default="", metavar="C", help="base currency of the account (the market's)")
    exchange.add_argument("--fx", metavar="RATE", help="units of it for one unit of the market's currency")
    exchange.add_argument("--participation", metavar="P", help="share of traded volume that resting orders may fill")
    exchange.add_argument("--impact", metavar="X", help="price steps of market impact: X times root of size over shown")
    exchange.add_argument(
        "--allow-short",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="sell short what can be borrowed (else a cash account)",
    )
    exchange.add_argument("--account", default="DU1234567", help=argparse.SUPPRESS)
    exchange.add_argument("--cash", default="100000", help=argparse.SUPPRESS)
    exchange.add_argument("--idle-exit", type=float, default=0.0, help=argparse.SUPPRESS)
    replay = commands.add_parser("replay", parents=[common], help="recorded days at full speed")
    replay.add_argument("tapes", nargs="+", metavar="TAPE")
    replay.add_argument("--strategy", choices=("orh",), default="orh")
    replay.add_argument("--out", metavar="DIR", default="replay-out")
    stop = commands.add_parser("stop", parents=[common], help="stop a running desk")
    stop.add_argument("--force", action="store_true", help="even with open tickets")
    flatten = commands.add_parser(
        "flatten", parents=[common, trading], help="cancel every entry and close every position"
    )
    flatten.add_argument(
        "--wait", type=float, default=30.0, metavar="S", help="seconds to wait until all is flat (default 30; 0: none)"
    )
    commands.add_parser("selftest", parents=[common], help="crashes and faults against a twin of the desk")
    report = commands.add_parser("report", parents=[common], help="the report of a session, from the journal")
    report.add_argument("--date", type=date.fromisoformat, metavar="D", help="ISO date; default: the newest session")
    report.add_argument("--format", choices=("md", "json"), default="md")
    report.add_argument("--account", help="default: broker.account, or the only one in the journal")
    exporting = commands.add_parser("export", parents=[common], help="the journal as CSV files")
    exporting.add_argument("--out", type=Path, default=Path("skim-export"), metavar="DIR")
    exporting.add_argument("kinds", nargs="*", metavar="KIND", help="tickets, orders, fills, ... (default: all)")
    journal = commands.add_parser("journal", help="back the journal up, check it, encrypt it")
    doing = journal.add_subparsers(dest="action", metavar="ACTION", required=True)
    backup = doing.add_parser("backup", parents=[common], help="a whole copy, also while a desk writes to it")
    backup.add_argument("file", type=Path, metavar="FILE")
    doing.add_parser("check", parents=[common], help="whether it is whole, and encrypted")
    for action, what in (
        ("encrypt", "with the key of SKIM_JOURNAL_KEY or the keyring"),
        ("decrypt", "lay it open again"),
    ):
        rewriting = doing.add_parser(action, parents=[common], help=what)
        rewriting.add_argument("--keep", type=Path, metavar="FILE", help="where the old file stays (default: nowhere)")
    announcements = commands.add_parser("announcements", help="a list of announcements of your own")
    actions = announcements.add_subparsers(dest="action", metavar="ACTION", required=True)
    importing = actions.add_parser(
        "import", parents=[common], help="check a pasted or CSV list and hand it to the desk"
    )
    importing.add_argument("file", type=Path, metavar="FILE")
    check = commands.add_parser(
        "check", parents=[common, trading], help="settings, the day's schedule, connectivity: a doctor"
    )
    check.add_argument("--date", metavar="YYYY-MM-DD", help="the schedule of this session, not of the next")
    return top
