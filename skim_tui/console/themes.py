"""Theme files: read, checked and turned into Textual themes, with errors that name file and key."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from textual.color import Color, ColorParseError
from textual.theme import BUILTIN_THEMES, Theme

from skim_tui.console.palette import FALLBACK

COLORS = (
    "primary", "secondary", "warning", "error", "success", "accent", "foreground", "background", "surface", "panel",
    "boost",
)  # fmt: skip
FLAGS = ("dark", "ansi")


class ThemeError(Exception):
    """A theme file cannot be used; the message names the file, the key and what is allowed."""


def theme_folders() -> list[Path]:
    """Where themes come with the program: inside the package when installed, beside it in a checkout."""
    package = Path(__file__).resolve().parents[1]
    return [folder for folder in (package / "themes", package.parent / "themes") if folder.is_dir()]


def load_themes(folders: Iterable[Path]) -> dict[str, Theme]:
    """All themes of ``folders`` by name; a later folder wins. Raises :class:`ThemeError`."""
    themes: dict[str, Theme] = {}
    for folder in folders:
        for path in sorted(folder.glob("*.toml")):
            theme = load_theme(path)
            themes[theme.name] = theme
    return themes


def load_theme(path: Path) -> Theme:
    """The theme in file ``path``. Raises :class:`ThemeError`."""
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ThemeError(f"{path}: {error}") from error
    name = data.pop("name", path.stem)
    if not isinstance(name, str) or not name:
        raise ThemeError(f"{path}: name = {name!r}: must be text")
    variables = data.pop("variables", {})
    if not isinstance(variables, dict):
        raise ThemeError(f"{path}: variables: must be a table")
    colors: dict[str, Any] = {}
    flags: dict[str, bool] = {}
    for key, value in data.items():
        if key in FLAGS:
            if not isinstance(value, bool):
                raise ThemeError(f"{path}: {key} = {value!r}: must be true or false")
            flags[key] = value
        elif key in COLORS:
            colors[key] = _color(path, key, value)
        else:
            raise ThemeError(f"{path}: {key}: unknown key; known are name, {', '.join((*FLAGS, *COLORS))}, variables")
    if "primary" not in colors:
        raise ThemeError(f"{path}: primary: missing")
    # Textual's own stylesheets need these variables of any theme in terminal colours.
    ours = dict(BUILTIN_THEMES["ansi-dark"].variables) if flags.get("ansi") else {}
    for key, value in variables.items():
        if key not in FALLBACK:
            raise ThemeError(f"{path}: variables.{key}: unknown; known are {', '.join(FALLBACK)}")
        ours[key] = _color(path, f"variables.{key}", value)
    return Theme(
        name=name, primary=colors.pop("primary"), dark=flags.get("dark", True), ansi=flags.get("ansi", False),
        variables=ours, **colors,
    )  # fmt: skip


def _color(path: Path, key: str, value: object) -> str:
    if not isinstance(value, str):
        raise ThemeError(f"{path}: {key} = {value!r}: must be a colour like #1e90ff")
    try:
        Color.parse(value)
    except ColorParseError as error:
        raise ThemeError(f"{path}: {key} = {value!r}: must be a colour like #1e90ff or ansi_red") from error
    return value
