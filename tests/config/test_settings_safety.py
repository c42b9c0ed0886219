"""Settings under what goes wrong: slips that look valid, broken files, and writing back."""

import tomllib
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from skim_tui.config import Config
from skim_tui.config_file import ConfigError, load, read, save
from tests.conftest import ROOT

DEFAULT = (ROOT / "config.toml").read_bytes()


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("[risk]\nmax_positions = 51\n", ("= 51", "greater than or equal to 1 and less than or equal to 50")),
        ("[risk]\nmax_positions = true\n", ("risk.max_positions = True", "like 5")),
        ("[breakout]\nlatest_entry = 15\n", ("breakout.latest_entry = 15", "time of day", "15:00:00")),
        ("risk = 3\n", ("risk = 3", "must be a table")),
        ("scan = {}\nscan = {}\n", ("line 2",)),
        ('[risk]\n"odd\\nkey\\u001b[2J" = 1\n', ("risk.odd key", "unknown key")),
        ("a = " + "[" * 5000, ("nested too deeply",)),
        ("[scan]\nmin_volume = " + "9" * 5000, ("4300 digits",)),
    ],
)
def test_a_slip_is_one_printable_line(tmp_path, text, parts):
    path = tmp_path / "config.toml"
    path.write_text(text)
    with pytest.raises(ConfigError) as error:
        load(path)
    assert str(error.value).startswith(f"{path}: ") and str(error.value).isprintable()
    for part in parts:
        assert part in str(error.value)


@pytest.mark.parametrize(
    ("variable", "value", "parts"),
    [
        ("SKIM_RISK__MAX_POSITION", "3", ("did you mean max_positions",)),
        ("SKIM_SCAN__MIN_GAP", "3", ("did you mean min_gap_pct",)),
        ("SKIM_RISC__MAX_POSITIONS", "3", ("SKIM_SECTION__KEY",)),
        ("SKIM_RISK", "3", ("SKIM_RISK: no such setting",)),
        ("SKIM_RISK__MAX_POSITIONS", "many", ("risk.max_positions = 'many'", "integer")),
    ],
)
def test_a_wrong_variable_is_named(variable, value, parts):
    with pytest.raises(ConfigError) as error:
        load(None, {variable: value, "HOME": "/"})
    assert str(error.value).startswith(variable)
    for part in parts:
        assert part in str(error.value)


def test_a_wrong_flag_is_named_and_a_variable_cannot_hide_a_broken_section(tmp_path):
    with pytest.raises(ConfigError, match=r"flag for broker\.port: broker\.port = 0: must be greater"):
        load(None, {}, {"broker.port": 0})
    path = tmp_path / "config.toml"
    path.write_text("risk = 3\n")
    with pytest.raises(ConfigError, match=r"config\.toml: risk = 3: must be a table"):
        load(path, {"SKIM_RISK__MAX_POSITIONS": "3"})


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150, deadline=None)
@given(st.data())
def test_any_change_of_the_file_is_taken_or_refused_in_one_line(tmp_path, data):
    start = data.draw(st.integers(0, len(DEFAULT)))
    end = data.draw(st.integers(start, min(start + 12, len(DEFAULT))))
    path = tmp_path / "config.toml"
    path.write_bytes(DEFAULT[:start] + data.draw(st.binary(max_size=6)) + DEFAULT[end:])
    try:
        assert isinstance(load(path), Config)
    except ConfigError as error:
        assert str(error).startswith(f"{path}: ") and str(error).isprintable()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
@given(st.decimals("0.01", "1e9", places=2), st.integers(1, 50), st.times(), st.floats(0, 100))
def test_settings_come_back_as_they_were_saved(tmp_path, value, positions, latest, gap):
    wanted = Config.model_validate(
        {
            "risk": {"max_order_value": value, "max_positions": positions},
            "breakout": {"latest_entry": latest},
            "scan": {"min_gap_pct": gap, "mine": "kept"},
        }
    )
    save(tmp_path / "config.toml", wanted)
    assert load(tmp_path / "config.toml") == wanted


def test_saving_refuses_what_loading_would_and_leaves_the_file(tmp_path):
    real, link = tmp_path / "real.toml", tmp_path / "config.toml"
    real.write_text("[risk]\nmax_positions = 2\n")
    real.chmod(0o600)
    link.symlink_to(real)
    with pytest.raises(ConfigError, match=r"config\.toml: risk\.max_positions = 0"):
        save(link, {"risk": {"max_positions": 0}})
    assert load(link).risk.max_positions == 2
    save(link, {**read(link), "risk": {"max_positions": 4, "max_exposure": Decimal("100.50")}})
    assert link.is_symlink() and tomllib.loads(real.read_text())["risk"]["max_positions"] == 4
    assert real.stat().st_mode & 0o777 == 0o600 and sorted(tmp_path.iterdir()) == [link, real]
    with pytest.raises(ConfigError, match="cannot be written"):
        save(tmp_path / "nowhere" / "config.toml", {})
