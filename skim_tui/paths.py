"""Where things lie: the data folder with journal and logs, and the desk's socket."""

from __future__ import annotations

import hashlib
import os
import re
import stat
import tempfile
from dataclasses import dataclass
from pathlib import Path

import platformdirs

LONGEST_SOCKET = 103
"""Bytes of a Unix socket's path: 107 on Linux, 103 on macOS and the BSDs; the smaller holds for all."""


class PathError(Exception):
    """A folder that cannot be used; the message names it and says why."""


@dataclass(frozen=True, slots=True)
class Paths:
    """The files of one data folder. One desk for one data folder."""

    data_dir: Path

    @classmethod
    def of(cls, data_dir: str | Path | None) -> Paths:
        """The given data folder, or the platform's."""
        folder = Path(data_dir) if data_dir else Path(platformdirs.user_data_dir("skim", appauthor=False))
        return cls(folder.expanduser().resolve())

    @property
    def journal(self) -> Path:
        return self.data_dir / "journal.db"

    @property
    def logs(self) -> Path:
        return self.data_dir / "logs"

    @property
    def theme_folders(self) -> tuple[Path, Path]:
        """Where the user's own themes may lie; the second wins."""
        own = Path(platformdirs.user_config_dir("skim", appauthor=False))
        return own / "themes", self.data_dir / "themes"

    @property
    def reports(self) -> Path:
        return self.data_dir / "reports"

    @property
    def lock(self) -> Path:
        return self.data_dir / "desk.lock"

    @property
    def exchange(self) -> Path:
        """What is known of the embedded exchange that this data folder's desk started."""
        return self.data_dir / "exchange.json"

    def exchange_state(self, tape: str) -> Path:
        """Where the embedded exchange keeps the account that trades on ``tape``."""
        name = tape if tape.startswith("synthetic:") else Path(tape).name
        return self.data_dir / f"exchange-{re.sub(r'[^A-Za-z0-9.]+', '-', name)}.state.json"

    @property
    def socket(self) -> Path:
        """The desk's socket, in the user's runtime folder (0700). Raises :class:`PathError`."""
        runtime = os.environ.get("XDG_RUNTIME_DIR", "")
        # A relative folder would differ between a desk and a console started elsewhere.
        if os.path.isabs(runtime):
            folder = Path(runtime) / "skim"
        else:
            folder = Path(tempfile.gettempdir()) / f"skim-{os.getuid()}"
        path = folder / f"{hashlib.sha256(str(self.data_dir).encode()).hexdigest()[:12]}.sock"
        if len(os.fsencode(path)) > LONGEST_SOCKET:
            raise PathError(f"{path}: too long for a Unix socket; set XDG_RUNTIME_DIR to a shorter folder")
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            facts = folder.lstat()
        except OSError as error:
            raise PathError(f"{folder}: cannot be made: {error.strerror}") from None
        # In a folder that all may write to, another user could have put a link in our place.
        if not stat.S_ISDIR(facts.st_mode):
            raise PathError(f"{folder}: is not a folder of its own (a link is refused)")
        if facts.st_uid != os.getuid():
            raise PathError(f"{folder}: belongs to another user")
        if facts.st_mode & 0o077:
            folder.chmod(0o700)
        return path
