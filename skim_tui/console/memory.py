"""What the console remembers between two starts: theme, layout, chart interval, log level."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any


class Memory:
    """A small JSON file. One that is missing, damaged or not writable costs the memory, never the console."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._values: dict[str, Any] = {}
        if path is not None:
            with contextlib.suppress(OSError, ValueError):
                read = json.loads(path.read_text(encoding="utf-8"))
                self._values = read if isinstance(read, dict) else {}

    def text(self, key: str, default: str = "") -> str:
        value = self._values.get(key)
        return value if isinstance(value, str) else default

    def number(self, key: str, default: int = 0) -> int:
        value = self._values.get(key)
        return value if isinstance(value, int) and not isinstance(value, bool) else default

    def table(self, key: str) -> Mapping[str, Any]:
        value = self._values.get(key)
        return value if isinstance(value, dict) else {}

    def keep(self, **values: object) -> None:
        """Remember ``values`` from now on; the file is replaced whole."""
        if all(self._values.get(key) == value for key, value in values.items()):
            return
        self._values |= values
        if self._path is None:
            return
        fresh = self._path.with_name(f".{self._path.name}.{os.getpid()}")
        with contextlib.suppress(OSError):
            self._path.parent.mkdir(parents=True, exist_ok=True)
            fresh.write_text(json.dumps(self._values, indent=1), encoding="utf-8")
            fresh.replace(self._path)
