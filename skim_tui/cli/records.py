"""Commands that read or write the records of a data folder: report, export, announcements."""

from __future__ import annotations

import argparse
import contextlib
import json
from typing import TYPE_CHECKING

from skim_tui.cli.common import UsageError, load_calendar, load_config, mic_of, paths_of

if TYPE_CHECKING:
    from skim_tui.journal import Journal


def _open_journal(args: argparse.Namespace) -> Journal:
    """The journal of the data folder, which must exist: reading never makes one."""
    from skim_tui.journal import Journal

    path = paths_of(args).journal
    if not path.exists():
        raise UsageError(f"{path}: there is no journal yet")
    return Journal.open(path)


def run_report(args: argparse.Namespace) -> int:
    from skim_tui.desk.telling.report import build_report, newest_session
    from skim_tui.desk.telling.reporttext import as_json, as_markdown
    from skim_tui.domain.session import CURRENCIES

    paths = paths_of(args)
    config = load_config(args, paths)
    with contextlib.closing(_open_journal(args)) as journal:
        account = args.account or config.broker.account or _only_account(journal)
        session = args.date or newest_session(journal, account)
        if session is None:
            raise UsageError(f"the journal has no session of account {account}")
        mic = mic_of(config.sim.tape) if config.broker.kind == "sim" else config.market.exchange
        try:
            day = load_calendar(mic).day(session)
        except LookupError as error:
            raise UsageError(str(error)) from None
        report = build_report(journal, account, day, CURRENCIES[mic])
    if args.format == "json":
        print(json.dumps(as_json(report), indent=2))
    else:
        print(as_markdown(report, day), end="")
    return 0


def _only_account(journal: Journal) -> str:
    accounts = journal.accounts()
    if len(accounts) != 1:
        found = ", ".join(accounts) or "none"
        raise UsageError(f"which account? the journal has {found}: name one with --account")
    return accounts[0]


def run_export(args: argparse.Namespace) -> int:
    from skim_tui.journal.export import KINDS, export

    unknown = [kind for kind in args.kinds if kind not in KINDS]
    if unknown:
        raise UsageError(f"{unknown[0]}: no such rows; there are {', '.join(KINDS)}")
    with contextlib.closing(_open_journal(args)) as journal:
        written = export(journal, args.out, args.kinds or tuple(KINDS))
    for kind, count in written.items():
        print(f"{args.out / kind}.csv  {count:,} rows")
    return 0


def run_announcements(args: argparse.Namespace) -> int:
    from skim_tui.announcements.watched import import_list

    count, target = import_list(args.file, paths_of(args).data_dir)
    print(f"{count} announcements are in {target}; a running desk reads them within seconds")
    return 0
