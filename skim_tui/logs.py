"""The log files: one JSON object a line, rotating, without secrets."""

from __future__ import annotations

import json
import logging
import logging.handlers
import sys
import traceback
from datetime import UTC, datetime
from pathlib import Path

from skim_tui.redaction import redactor

LARGEST = 4_000_000
"""Bytes after which a file is put aside; so many of them are kept."""
KEPT = 5

QUIET = ("ib_async.wrapper", "ib_async.client", "ib_async.ib", "asyncio")
"""Libraries whose chatter would hide what the desk says."""

_PLAIN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


class JsonLines(logging.Formatter):
    """``{"ts": ..., "level": ..., "logger": ..., "text": ...}`` and what was given as ``extra``."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "ts": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "text": redactor.text(record.getMessage()),
        }
        for name, value in record.__dict__.items():
            if name not in _PLAIN:
                line[name] = redactor.value(value, name)
        if record.exc_info:
            line["error"] = redactor.text("".join(traceback.format_exception(*record.exc_info)))
        return json.dumps(line, default=lambda value: redactor.text(str(value)), ensure_ascii=False)


class _Rotating(logging.handlers.RotatingFileHandler):
    """A log that cannot be written (disk full) must not take the desk with it, nor print into its terminal."""

    def handleError(self, record: logging.LogRecord) -> None:
        self.failed = True

    failed = False


def log_to(folder: Path, name: str = "desk.log") -> None:
    """Send this process's log to ``folder/name`` from now on; secrets of the environment are learnt first."""
    redactor.learn_environment()
    folder.mkdir(parents=True, exist_ok=True)
    handler = _Rotating(folder / name, maxBytes=LARGEST, backupCount=KEPT, encoding="utf-8")
    handler.setFormatter(JsonLines())
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    for noisy in QUIET:
        logging.getLogger(noisy).setLevel(logging.ERROR)
    sys.excepthook = lambda kind, error, trace: logging.getLogger("skim").critical(
        "ended by an error", exc_info=(kind, error, trace)
    )
