"""Reading and writing config.toml. Precedence: flag, then environment, then file, then default."""

from __future__ import annotations

import difflib
import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import tomli_w
from pydantic import BaseModel, ValidationError

from skim_tui.config import Config

PREFIX = "SKIM_"
NOT_SETTINGS = {"SKIM_CACHE_DIR", "SKIM_TAPES", "SKIM_DATA_DIR", "SKIM_PYTHON"}


class ConfigError(Exception):
    """A setting that cannot be used: one line with the place, the key, what was found, what is allowed."""


def read(path: Path) -> dict[str, Any]:
    """The file as nested dicts. Raises :class:`ConfigError`."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ConfigError(f"{path}: no such file") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: {' '.join(str(error).split())}") from None
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}") from None


def load(
    path: Path | None, environment: Mapping[str, str] | None = None, flags: Mapping[str, Any] | None = None
) -> Config:
    """The settings in force. ``flags`` holds dotted keys, e.g. ``{"sim.speed": 20}``; None values are
    ignored. Raises :class:`ConfigError`."""
    document: dict[str, Any] = read(path) if path is not None else {}
    origin: dict[str, str] = {}
    for name, text in sorted((environment or {}).items()):
        if name.startswith(PREFIX) and name not in NOT_SETTINGS:
            keys = tuple(name[len(PREFIX) :].lower().split("__"))
            if len(keys) != 2 or keys[0] not in Config.model_fields:
                raise ConfigError(f"{name}: no such setting (write SKIM_SECTION__KEY, e.g. SKIM_RISK__MAX_POSITIONS)")
            _put(document, keys, text)
            origin[".".join(keys)] = name
    for dotted, value in (flags or {}).items():
        if value is not None:
            _put(document, tuple(dotted.split(".")), value)
            origin[dotted] = f"flag for {dotted}"
    try:
        return Config.model_validate(document)
    except ValidationError as error:
        raise ConfigError(_explain(error, str(path or "settings"), origin)) from None


def save(path: Path, document: Mapping[str, Any]) -> None:
    """Write a document back whole, unknown keys included (comments are lost). Atomic."""
    Config.model_validate(document)
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    fresh.write_bytes(tomli_w.dumps(dict(document)).encode())
    fresh.replace(path)


def _put(document: dict[str, Any], keys: tuple[str, ...], value: Any) -> None:
    table = document
    for key in keys[:-1]:
        table = table.setdefault(key, {})
        if not isinstance(table, dict):
            raise ConfigError(f"{'.'.join(keys)}: {key} is not a table")
    table[keys[-1]] = value


def _explain(error: ValidationError, place: str, origin: Mapping[str, str]) -> str:
    first = error.errors()[0]
    dotted = ".".join(str(part) for part in first["loc"])
    place = origin.get(dotted, place)
    if first["type"] == "extra_forbidden":
        section = Config.model_fields[str(first["loc"][0])].annotation
        known = list(section.model_fields) if isinstance(section, type) and issubclass(section, BaseModel) else []
        near = difflib.get_close_matches(str(first["loc"][-1]), known, 1)
        hint = f"did you mean {near[0]}?" if near else f"known keys: {', '.join(known)}"
        return f"{place}: {dotted}: unknown key under a risk limit, {hint}"
    allowed = first["msg"].removeprefix("Input should be ").removeprefix("Value error, ")
    return f"{place}: {dotted} = {first['input']!r}: must be {allowed}".replace("\n", " ")
