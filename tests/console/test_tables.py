"""The action table, keymaps, themes and what the console may import."""

from __future__ import annotations

import subprocess
import sys
from itertools import combinations
from pathlib import Path

import pytest

from skim_tui.console.actions import ACTIONS, KeymapError, collide, resolve, with_keymap
from skim_tui.console.arrange import PANES
from skim_tui.console.charting import Charting
from skim_tui.console.leafing import Leafing
from skim_tui.console.looking import Looking
from skim_tui.console.operating import Operating
from skim_tui.console.pages.away import AwayPage
from skim_tui.console.pages.health import HealthPage
from skim_tui.console.pages.help import HelpPage
from skim_tui.console.pages.journal import JournalPage
from skim_tui.console.pages.replay import ReplayPage
from skim_tui.console.pages.settings import SettingsPage
from skim_tui.console.pages.text import ArticlePage, ReportPage
from skim_tui.console.pages.whynot import WhyNotPage
from skim_tui.console.palette import FALLBACK, Palette
from skim_tui.console.themes import ThemeError, load_theme, load_themes, theme_folders
from skim_tui.console.trading import Trading

HANDS = (Operating, Trading, Looking, Leafing, Charting)
PAGES = {
    page.place: page
    for page in (
        AwayPage,
        WhyNotPage,
        JournalPage,
        ReplayPage,
        HealthPage,
        SettingsPage,
        HelpPage,
        ArticlePage,
        ReportPage,
    )
}


def test_every_action_has_its_keys_and_its_one_method():
    assert all(
        not collide(one, other) for one, other in combinations(ACTIONS, 2) if {*one.key_names} & {*other.key_names}
    )
    assert all("enter" not in action.key_names for action in ACTIONS)
    for action in ACTIONS:
        on_pages = [place for place in action.where if place in PAGES]
        name = f"do_{action.id}"
        if action.id.startswith("pane_"):
            continue
        if any(hasattr(hand, name) for hand in HANDS):
            assert sum(hasattr(hand, name) for hand in HANDS) == 1
        else:
            assert on_pages and all(hasattr(PAGES[place], name) for place in on_pages)


def test_every_page_is_opened_by_an_action_and_named_where_its_keys_work():
    assert {place.replace(" ", "_") for place in PAGES} <= {action.id for action in ACTIONS}
    assert {place for action in ACTIONS for place in action.where} <= {*PAGES, *PANES}


@pytest.mark.parametrize(("key", "place", "means"), [
    ("s", "positions", "move_stop"), ("s", "replay", "seek"), ("l", "chart", "crosshair_right"), ("l", "log", "next_pane"),
    ("e", "candidates", "edit"), ("e", "settings", "change"), ("K", "journal", "kill"), ("a", "journal", "approve"),
])  # fmt: skip
def test_a_key_means_what_its_place_says(key, place, means):
    assert resolve(ACTIONS, key, place).id == means


def test_a_keymap_replaces_keys_and_refuses_conflicts():
    assert next(a for a in with_keymap({"approve": "f5"}) if a.id == "approve").keys == "f5"
    for keymap, said in (
        ({"aprove": "f5"}, "aprove"),
        ({"approve": "d"}, "both approve and decline"),
        ({"approve": "enter"}, "enter"),
        ({"zoom": "T"}, "T is both"),
        ({"zoom": 3}, "zoom = 3: must be text"),
        ({"close": "b"}, "b is both"),
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
