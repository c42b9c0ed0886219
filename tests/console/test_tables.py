"""The action table, keymaps, themes and what the console may import."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from skim_tui.console.actions import ACTIONS, KeymapError, with_keymap
from skim_tui.console.looking import Looking
from skim_tui.console.operating import Operating
from skim_tui.console.palette import FALLBACK, Palette
from skim_tui.console.themes import ThemeError, load_theme, load_themes, theme_folders


def test_every_action_has_its_own_keys_and_its_method():
    keys = [key for action in ACTIONS for key in action.keys.split(",")]
    assert len(keys) == len(set(keys))
    assert "enter" not in keys
    for action in ACTIONS:
        assert action.id.startswith("pane_") or hasattr(Operating, f"do_{action.id}") != hasattr(
            Looking, f"do_{action.id}"
        )


def test_a_keymap_replaces_keys_and_refuses_conflicts():
    assert next(a for a in with_keymap({"approve": "f5"}) if a.id == "approve").keys == "f5"
    for keymap, said in (
        ({"aprove": "f5"}, "aprove"),
        ({"approve": "d"}, "both approve and decline"),
        ({"approve": "enter"}, "enter"),
    ):
        with pytest.raises(KeymapError, match=said):
            with_keymap(keymap)


def test_the_themes_that_come_along_are_complete():
    themes = load_themes(theme_folders())
    assert {"skim-dark", "skim-light", "skim-contrast", "skim-colourblind", "skim-ansi"} <= themes.keys()
    for theme in themes.values():
        assert theme.variables.keys() >= FALLBACK.keys() - {"accent"}
        palette = Palette()
        palette.load(theme.variables)
        assert palette.style("gain") != palette.style("loss")
        assert palette.style("ink bold on simulated").bold


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("primary = 3", "primary = 3: must be a colour"), ("primary = 'blu-ish'", "'blu-ish'"), ("dark = true", "primary: missing"),
        ("primary = '#fff'\ncolour = '#fff'", "colour: unknown key"), ("primary = \ndark = true", "line 1"),
        ("primary = '#fff'\n[variables]\ngian = '#fff'", "variables.gian: unknown"), ("primary='#fff'\ndark='yes'", "dark = 'yes'"),
    ],
)  # fmt: skip
def test_a_bad_theme_file_is_named_with_its_key(tmp_path: Path, text, said):
    path = tmp_path / "mine.toml"
    path.write_text(text)
    with pytest.raises(ThemeError) as error:
        load_theme(path)
    assert str(path) in str(error.value) and said in str(error.value)


def test_the_console_imports_nothing_heavy():
    code = (
        "import sys, skim_tui.console.app\n"
        "heavy = {'pandas', 'numpy', 'exchange_calendars', 'ib_async', 'peewee', 'skim_tui.desk', 'skim_tui.broker'}\n"
        "print(sorted(heavy & sys.modules.keys()))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
