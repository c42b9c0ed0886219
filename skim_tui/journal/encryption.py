"""Encryption of the journal at rest with SQLCipher: optional, its key from the environment or the keyring."""

from __future__ import annotations

import importlib
import os
import sqlite3
from pathlib import Path
from typing import Any

import peewee as pw

from skim_tui.redaction import redactor

VARIABLE = "SKIM_JOURNAL_KEY"
SERVICE = "skim-journal"
"""The keyring's name for the entry; its user is the journal's path."""

CLEAR = b"SQLite format 3\0"
"""How every SQLite file begins that is not encrypted."""

EXTRA = "an encrypted journal needs SQLCipher: pip install 'skim-tui[encrypted]'"


class NoEncryption(Exception):
    """A key is set and this installation cannot encrypt."""


def journal_key(path: Path | str) -> str:
    """The key of the journal at ``path``: from the environment, else the keyring if one is installed, else empty.

    Whatever it is, it is masked in everything this process writes from now on.
    """
    key = os.environ.get(VARIABLE, "") or _from_keyring(str(path))
    redactor.learn(key)
    return key


def _from_keyring(path: str) -> str:
    try:
        keyring: Any = importlib.import_module("keyring")
        return keyring.get_password(SERVICE, path) or ""
    except Exception:
        return ""  # none is installed, or it is locked: then the file itself says whether a key is needed


def lies_open(path: Path | str) -> bool:
    """Whether there is a journal at ``path`` that everybody can read."""
    try:
        with open(path, "rb") as file:
            return file.read(len(CLEAR)) == CLEAR
    except FileNotFoundError:
        return False


def database(path: str, pragmas: dict[str, Any], key: str) -> pw.SqliteDatabase:
    """The database of ``path``, encrypted when ``key`` is not empty. Raises :class:`NoEncryption`."""
    if not key:
        return pw.SqliteDatabase(path, pragmas=pragmas)
    try:
        module: Any = importlib.import_module("playhouse.sqlcipher_ext")
    except ImportError:
        raise NoEncryption(EXTRA) from None
    # Its own complaints about a wrong key would stand on the terminal beside our one line.
    return module.SqlCipherDatabase(path, passphrase=key, pragmas={"cipher_log_level": "NONE"} | pragmas)


def copy_to(path: Path, key: str) -> Any:
    """A connection to a fresh file at ``path`` with the same encryption."""
    if not key:
        return sqlite3.connect(path)
    connection: Any = importlib.import_module("sqlcipher3.dbapi2").connect(path)
    connection.execute(f"PRAGMA key = '{key.replace(chr(39), chr(39) * 2)}'")
    return connection


def errors() -> tuple[type[Exception], ...]:
    """What a database, encrypted or not, raises."""
    try:
        return pw.PeeweeException, sqlite3.Error, importlib.import_module("sqlcipher3.dbapi2").Error
    except ImportError:
        return pw.PeeweeException, sqlite3.Error


ERRORS = errors()
