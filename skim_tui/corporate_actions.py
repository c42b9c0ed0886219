"""Splits and dividends from the operator's CSV file, for histories that are not adjusted."""

from __future__ import annotations

import csv
from datetime import date
from pathlib import Path

from skim_tui.config_file import ConfigError
from skim_tui.domain.gapscan import CorporateAction

COLUMNS = ["symbol", "ex_date", "split", "dividend"]


def load(path: str) -> dict[str, tuple[CorporateAction, ...]]:
    """Actions by symbol; none for an empty path. An empty split or dividend means none.

    Raises :class:`ConfigError` naming the file, the line and what is wrong.
    """
    if not path:
        return {}
    found: dict[str, list[CorporateAction]] = {}
    place = path
    try:
        with Path(path).expanduser().open(encoding="utf-8-sig", newline="") as file:
            rows = csv.reader(file)
            header = [name.strip() for name in next(rows, [])]
            if header != COLUMNS:
                raise ValueError(f"the first line must be {','.join(COLUMNS)}")
            for number, row in enumerate(rows, start=2):
                place = f"{path}:{number}"
                if not row:
                    continue
                symbol, day, split, dividend = (cell.strip() for cell in row)
                if not symbol:
                    raise ValueError("no symbol")
                action = CorporateAction(
                    symbol.upper(), date.fromisoformat(day), float(split or 1), float(dividend or 0)
                )
                found.setdefault(action.symbol, []).append(action)
    except OSError as error:
        raise ConfigError(f"scan.corporate_actions: {path}: {error.strerror}") from None
    except (ValueError, csv.Error) as error:
        raise ConfigError(f"scan.corporate_actions: {place}: {error}") from None
    return {symbol: tuple(actions) for symbol, actions in found.items()}
