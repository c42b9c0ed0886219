"""Settings: precedence, and one clear line for everything that is wrong."""

import tomllib
from pathlib import Path

import pytest
import tomli_w
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from skim_tui.config import Config
from skim_tui.config_file import ConfigError, load, save
from tests.conftest import ROOT


def test_the_default_file_holds_exactly_the_defaults():
    assert load(ROOT / "config.toml") == Config()


def test_flag_before_environment_before_file_before_default(tmp_path):
    path = tmp_path / "config.toml"
    path.write_text("[risk]\nmax_positions = 2\n[sim]\nspeed = 2.0\n[scan]\nmin_gap_pct = 4.0\n")
    config = load(
        path, {"SKIM_RISK__MAX_POSITIONS": "3", "SKIM_SIM__SPEED": "3"}, {"sim.speed": 9.0, "broker.port": None}
    )
    assert (config.sim.speed, config.risk.max_positions, config.scan.min_gap_pct) == (9.0, 3, 4.0)
    assert config.broker.port == 4002


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("[risk]\nmax_positions = 0\n", ("risk.max_positions", "0", "greater than or equal to 1")),
        ("[risk]\nmax_position = 3\n", ("risk.max_position", "did you mean max_positions")),
        ('[broker]\nkind = "ibkr"\n', ("broker.kind", "'ibkr'", "'sim', 'tws' or 'web'")),
        ('[breakout]\nlatest_entry = "soon"\n', ("breakout.latest_entry", "'soon'")),
        ("[risk\n", ("line 1",)),
    ],
)
def test_a_bad_setting_is_one_line_with_place_key_found_and_allowed(tmp_path, text, parts):
    path = tmp_path / "config.toml"
    path.write_text(text)
    with pytest.raises(ConfigError) as error:
        load(path)
    line = str(error.value)
    assert str(path) in line and "\n" not in line
    for part in parts:
        assert part in line


def test_unknown_keys_outside_risk_are_kept(tmp_path):
    path = tmp_path / "config.toml"
    path.write_text('[mine]\nnote = "x"\n[scan]\nodd = 1\nmin_gap_pct = 4.0\n')
    document = tomllib.loads(path.read_text())
    document["scan"]["min_gap_pct"] = 5.0
    save(path, document)
    assert tomllib.loads(path.read_text()) == {"mine": {"note": "x"}, "scan": {"odd": 1, "min_gap_pct": 5.0}}
    assert load(path).scan.min_gap_pct == 5.0


values = st.one_of(
    st.integers(-5, 10**7),
    st.floats(allow_nan=False),
    st.text(max_size=8),
    st.booleans(),
    st.lists(st.integers(), max_size=2),
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150)
@given(st.sampled_from(sorted(Config.model_fields)), st.data())
def test_any_value_is_taken_or_refused_in_one_line(tmp_path, section, data):
    keys = sorted(Config.model_fields[section].annotation.model_fields) or ["approve"]
    path = Path(tmp_path) / "config.toml"
    path.write_bytes(tomli_w.dumps({section: {data.draw(st.sampled_from(keys)): data.draw(values)}}).encode())
    try:
        assert isinstance(load(path), Config)
    except ConfigError as error:
        assert "\n" not in str(error) and str(path) in str(error)
