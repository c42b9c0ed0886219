"""The settings as rows to look at and to change one by one, checked before they are written."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from skim_tui.config import Config
from skim_tui.config_file import ConfigError, load, read, save
from skim_tui.desk.context import Context
from skim_tui.link.controls import SettingRow, SettingsView

AT_ONCE = frozenset({"risk", "breakout", "desk", "screen"})
"""Sections of which a change counts at once: they are read at each use."""

HIDDEN = frozenset({"keys"})


class Settings:
    """One file of settings and what is in force. ``path`` need not exist yet."""

    def __init__(self, context: Context, path: Path) -> None:
        self._context = context
        self._path = path
        self._docs = explained()

    def view(self) -> SettingsView:
        """Every setting with its value in force."""
        try:
            written = read(self._path) if self._path.exists() else {}
        except ConfigError:
            written = {}
        rows: list[SettingRow] = []
        defaults = Config()
        for section, table in self._context.config:
            if section in HIDDEN or not isinstance(table, BaseModel):
                continue
            for key, field in type(table).model_fields.items():
                value, kind = shown(getattr(table, key), secret=not field.repr), _kind(field)
                in_file = written.get(section, {}).get(key)
                said = shown(in_file, secret=not field.repr)
                pending = said if in_file is not None and said != value else ""
                rows.append(
                    SettingRow(
                        section=section,
                        key=key,
                        value=value,
                        default=shown(getattr(getattr(defaults, section), key)),
                        kind=kind,
                        doc=self._docs.get((section, key), ""),
                        at_once=section in AT_ONCE,
                        pending=pending,
                    )
                )
        return SettingsView(path=str(self._path), rows=tuple(rows))

    def save(self, section: str, key: str, text: str, who: str) -> tuple[bool, str]:
        """Check one setting, write it to the file, and put it in force where it counts at once."""
        table = getattr(self._context.config, section, None)
        if not isinstance(table, BaseModel) or section in HIDDEN or key not in type(table).model_fields:
            return False, f"{section}.{key}: no such setting"
        before = getattr(table, key)
        try:
            document = read(self._path) if self._path.exists() else {}
            document[section] = {**document.get(section, {}), key: _typed(before, text)}
            self._path.parent.mkdir(parents=True, exist_ok=True)
            save(self._path, document)
            fresh = load(self._path)
        except (ConfigError, OSError) as error:
            return False, str(error)
        context = self._context
        after = getattr(getattr(fresh, section), key)
        secret = not type(table).model_fields[key].repr
        change = f"{shown(before, secret=secret)} -> {shown(after, secret=secret)}"
        context.journal.save(events=[context.event(who, "setting", f"{section}.{key}", change)])
        if section not in AT_ONCE:
            said = shown(after, secret=secret)
            return True, f"{section}.{key} = {said} written: it counts from the desk's next start"
        changed = table.model_copy(update={key: after})
        context.config = context.config.model_copy(update={section: changed})
        context.log("warning" if section == "risk" else "info", f"setting {section}.{key}: {change} ({who})")
        context.touch("header", "")
        return True, f"{section}.{key} = {shown(after)} counts from now on"


def shown(value: Any, *, secret: bool = False) -> str:
    """A setting's value the way the file writes it, without quotes. A secret is only said to be set."""
    if secret:
        return "set, not shown" if value else ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"{value:g}" if isinstance(value, float) else str(value)


def explained() -> dict[tuple[str, str], str]:
    """The comments of the settings file that comes along, by section and key."""
    package = Path(__file__).resolve().parents[1]
    for path in (package / "default_config.toml", package.parent / "config.toml"):
        if path.is_file():
            return comments(path.read_text(encoding="utf-8"))
    return {}


def comments(text: str) -> dict[tuple[str, str], str]:
    """What stands behind ``#`` on each line that sets a key."""
    section, found = "", dict[tuple[str, str], str]()
    for line in text.splitlines():
        if heading := re.match(r"\[(\w+)\]", line):
            section = heading[1]
        elif setting := re.match(r'(\w+)\s*=\s*("[^"]*"\s*|[^#"]*)#\s*(.+)', line):
            found[section, setting[1]] = setting[3].strip()
    return found


def _typed(before: Any, text: str) -> Any:
    """``text`` as the kind of value that ``before`` is; what does not convert is left for the check to refuse."""
    text = text.strip()
    if isinstance(before, bool):
        return {"true": True, "false": False}.get(text.lower(), text)
    convert = type(before) if isinstance(before, int | float) else str
    try:
        return convert(text)
    except ValueError:
        return text


def _kind(field: FieldInfo) -> str:
    """What is allowed, in words."""
    choices: tuple[object, ...] = getattr(field.annotation, "__args__", ())
    texts = [choice for choice in choices if isinstance(choice, str)]
    if texts and len(texts) == len(choices):
        return " | ".join(texts)
    words = {"gt": "above", "ge": "at least", "lt": "below", "le": "at most"}
    bounds = [
        f"{said} {getattr(limit, name)}"
        for limit in field.metadata
        for name, said in words.items()
        if hasattr(limit, name)
    ]
    plain = getattr(field.annotation, "__name__", "text")
    names = {
        "str": "text",
        "bool": "true | false",
        "int": "whole number",
        "float": "number",
        "Decimal": "amount",
        "time": "HH:MM:SS",
    }
    return ", ".join([names.get(plain, plain), *bounds])
