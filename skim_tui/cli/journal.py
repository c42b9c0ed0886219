"""``skim journal``: back the journal up, check it, encrypt it or lay it open again."""

from __future__ import annotations

import argparse
import contextlib
from pathlib import Path
from typing import TYPE_CHECKING

from skim_tui.cli.common import UsageError, paths_of

if TYPE_CHECKING:
    from skim_tui.paths import Paths


def run_journal(args: argparse.Namespace) -> int:
    paths = paths_of(args)
    if not paths.journal.exists():
        raise UsageError(f"{paths.journal}: there is no journal yet")
    match args.action:
        case "encrypt":
            return _encrypt(paths, args.keep)
        case "decrypt":
            return _decrypt(paths, args.keep)
        case "backup":
            return _backup(paths, args.file)
        case _:
            return _check(paths)


def _encrypt(paths: Paths, keep: Path | None) -> int:
    from skim_tui.journal.encryption import SERVICE, VARIABLE, journal_key, lies_open

    if not lies_open(paths.journal):
        raise UsageError(f"{paths.journal}: is encrypted already")
    key = journal_key(paths.journal)
    if not key:
        raise UsageError(f"no key: set {VARIABLE}, or put it into the keyring as {SERVICE} {paths.journal}")
    return _rewrite(paths, "", key, keep, "encrypted")


def _decrypt(paths: Paths, keep: Path | None) -> int:
    from skim_tui.journal.encryption import VARIABLE, journal_key, lies_open

    if lies_open(paths.journal):
        raise UsageError(f"{paths.journal}: is not encrypted")
    key = journal_key(paths.journal)
    if not key:
        raise UsageError(f"{paths.journal}: is encrypted and there is no key: set {VARIABLE}")
    return _rewrite(paths, key, "", keep, "not encrypted any more: take its key away")


def _rewrite(paths: Paths, old_key: str, new_key: str, keep: Path | None, done: str) -> int:
    """Under the desk's own lock, so that none starts meanwhile."""
    from skim_tui.desk.service import single_desk
    from skim_tui.journal.rewriting import rewrite

    with single_desk(paths.lock):
        rows = rewrite(paths.journal, old_key, new_key, keep=keep)
    kept = f"; the old file is {keep}" if keep is not None else ""
    print(f"{paths.journal}: {sum(rows.values()):,} rows in {len(rows)} tables compared, {done}{kept}")
    return 0


def _backup(paths: Paths, target: Path) -> int:
    from skim_tui.journal import Journal

    with contextlib.closing(Journal.open(paths.journal)) as journal:
        journal.backup(target)
    print(f"{target}: a whole copy of {paths.journal}")
    return 0


def _check(paths: Paths) -> int:
    from skim_tui.journal import Journal
    from skim_tui.journal.encryption import lies_open

    with contextlib.closing(Journal.open(paths.journal)) as journal:
        number, _ = journal.newest_event()
    print(f"{paths.journal}: whole, {'in the clear' if lies_open(paths.journal) else 'encrypted'}, {number:,} events")
    return 0
