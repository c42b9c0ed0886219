"""Reading and writing config.toml. Precedence: flag, then environment, then file, then default."""

from __future__ import annotations

import contextlib
import difflib
import os
import shutil
import tomllib
from collections.abc import Iterable, Mapping
from datetime import time
from pathlib import Path
from typing import Any

import tomli_w
from pydantic import BaseModel, ValidationError

from skim_tui.config import Config

PREFIX = "SKIM_"
NOT_SETTINGS = {"SKIM_CACHE_DIR", "SKIM_TAPES", "SKIM_DATA_DIR", "SKIM_PYTHON"}
BOUNDS = {
    "gt": "greater than",
    "ge": "greater than or equal to",
    "lt": "less than",
    "le": "less than or equal to",
}
"""A limit of the settings in words, as validation itself says them."""


class ConfigError(Exception):
    """A setting that cannot be used: one line with the place, the key, what was found, what is allowed."""

    def __init__(self, message: str) -> None:
        # Keys come from a file: one with a line break or a terminal code must not leave the line.
        super().__init__("".join(char if char.isprintable() else " " for char in message))


def read(path: Path) -> dict[str, Any]:
    """The file as nested dicts. Raises :class:`ConfigError`."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        raise ConfigError(f"{path}: no such file") from None
    except RecursionError:
        raise ConfigError(f"{path}: nested too deeply") from None
    except ValueError as error:  # TOML syntax, not UTF-8, or a number beyond all measure
        raise ConfigError(f"{path}: {error}") from None
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}") from None


def load(
    path: Path | None, environment: Mapping[str, str] | None = None, flags: Mapping[str, Any] | None = None
) -> Config:
    """The settings in force. ``flags`` holds dotted keys, e.g. ``{"sim.speed": 20}``; None values are
    ignored. Raises :class:`ConfigError`."""
    place = str(path or "settings")
    document: dict[str, Any] = read(path) if path is not None else {}
    origin: dict[str, str] = {}
    for name, text in sorted((environment or {}).items()):
        if name.startswith(PREFIX) and name not in NOT_SETTINGS:
            section, _, key = name[len(PREFIX) :].lower().partition("__")
            # A file may keep keys for a later program; a variable that sets nothing is a slip.
            if key not in _keys(section):
                hint = _near(key, _keys(section)) if _keys(section) else "write SKIM_SECTION__KEY"
                raise ConfigError(f"{name}: no such setting, {hint}, e.g. SKIM_RISK__MAX_POSITIONS")
            _put(document, place, section, key, text)
            origin[f"{section}.{key}"] = name
    for dotted, value in (flags or {}).items():
        if value is not None:
            section, _, key = dotted.partition(".")
            _put(document, place, section, key, value)
            origin[dotted] = f"flag for {dotted}"
    return _checked(document, place, origin)


def save(path: Path, settings: Config | Mapping[str, Any]) -> None:
    """Write settings, or a document from :func:`read`, back whole.

    Unknown keys are kept, comments are lost. ``path`` holds the former file or the new one, never a
    part; a link stays a link. Raises :class:`ConfigError`; settings that :func:`load` would refuse
    are not written.
    """
    document = settings.model_dump() if isinstance(settings, Config) else dict(settings)
    _checked(document, str(path), {})
    target = path.resolve()
    fresh = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        with fresh.open("wb") as file:
            tomli_w.dump(document, file)
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(FileNotFoundError):
            shutil.copymode(target, fresh)
        fresh.replace(target)
    except OSError as error:
        raise ConfigError(f"{path}: cannot be written: {error.strerror}") from None
    finally:
        fresh.unlink(missing_ok=True)


# ---- details ------------------------------------------------------------------------------------


def _keys(section: str) -> list[str]:
    """The known keys of a section; none when there is no such section."""
    field = Config.model_fields.get(section)
    known = field.annotation if field is not None else None
    return list(known.model_fields) if isinstance(known, type) and issubclass(known, BaseModel) else []


def _near(key: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(key, known, 1)
    return f"did you mean {near[0]}?" if near else f"known keys: {', '.join(known)}"


def _put(document: dict[str, Any], place: str, section: str, key: str, value: Any) -> None:
    table = document.get(section, {})
    if not isinstance(table, dict):
        raise ConfigError(f"{place}: {section} = {_shown(table)}: must be a table")
    document[section] = {**table, key: value}


def _checked(document: Mapping[str, Any], place: str, origin: Mapping[str, str]) -> Config:
    try:
        config = Config.model_validate(document)
    except ValidationError as error:
        raise ConfigError(_explain(error, place, origin)) from None
    # Validation is lenient where a slip hides: true counts as 1, and 15 as fifteen seconds past midnight.
    for section, default in Config():
        for key, value in document.get(section, {}).items():
            wanted = getattr(default, key, value)
            where = f"{origin.get(f'{section}.{key}', place)}: {section}.{key} = {_shown(value)}"
            if isinstance(value, bool) and not isinstance(wanted, bool):
                raise ConfigError(f"{where}: must not be true or false, but like {wanted}")
            if isinstance(value, int | float) and isinstance(wanted, time):
                raise ConfigError(f"{where}: must be a time of day, like {wanted}")
    return config


def _explain(error: ValidationError, place: str, origin: Mapping[str, str]) -> str:
    first = error.errors()[0]
    section, *rest = (str(part) for part in first["loc"])
    dotted = ".".join((section, *rest))
    place = origin.get(dotted, place)
    if first["type"] == "extra_forbidden":
        return f"{place}: {dotted}: unknown key under a risk limit, {_near(rest[-1], _keys(section))}"
    return f"{place}: {dotted} = {_shown(first['input'])}: must be {_allowed(section, rest, first)}"


def _allowed(section: str, rest: list[str], error: Mapping[str, Any]) -> str:
    if error["type"] == "model_type":
        return "a table"
    bounds: list[str] = []
    if set(error.get("ctx", {})) & set(BOUNDS):
        known: Any = Config.model_fields[section].annotation
        for limit in known.model_fields[rest[0]].metadata:
            bounds += [f"{words} {getattr(limit, name)}" for name, words in BOUNDS.items() if hasattr(limit, name)]
    return " and ".join(bounds) or error["msg"].removeprefix("Input should be ").removeprefix("Value error, ")


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
