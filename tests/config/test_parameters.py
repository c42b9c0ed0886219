"""config.toml explains every parameter: its unit, its default and the range that validation allows."""

import re
import tomllib

import pytest

from skim_tui.config import Config
from skim_tui.config_file import ConfigError, load
from tests.conftest import ROOT

SECTIONS = tuple(name for name in Config.model_fields if name != "keys")
TEXT = (ROOT / "config.toml").read_text()
LINES = {
    (section, match[1]): match[2]
    for section, body in re.findall(r"^\[(\w+)\][^\n]*\n(.*?)(?=^\[|\Z)", TEXT, re.MULTILINE | re.DOTALL)
    for match in re.finditer(r"^(\w+) = [^\n#]*# ?([^\n]*)$", body, re.MULTILINE)
}
PARAMETERS = [
    (section, key, field)
    for section in SECTIONS
    for key, field in Config.model_fields[section].annotation.model_fields.items()
]


@pytest.mark.parametrize(
    ("section", "key", "field"), PARAMETERS, ids=lambda part: part if isinstance(part, str) else ""
)
def test_each_parameter_states_its_unit_and_its_range(section, key, field):
    said = LINES.get((section, key))
    assert said, f"{section}.{key} has no comment in config.toml"
    for bound in field.metadata:
        for name in ("ge", "le", "gt", "lt"):
            limit = getattr(bound, name, None)
            if limit is None:
                continue
            shown = "10^12" if limit == 10**12 else f"{limit:.10g}"
            assert re.search(rf"(?<![\d.]){re.escape(shown)}(?![\d])", said), f"{section}.{key}: {name} {shown}: {said}"
    if field.annotation is bool:
        assert "true or false" in said or "true" in said


def test_the_file_holds_every_parameter_and_no_other():
    document = tomllib.loads(TEXT)
    assert document.keys() == Config.model_fields.keys()
    for section, table in document.items():
        assert table.keys() == Config.model_fields[section].annotation.model_fields.keys(), section


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("[opening_range]\nminutes = 0\n", ("opening_range.minutes = 0", "greater than or equal to 1")),
        ("[opening_range]\nminutes = 61\n", ("opening_range.minutes = 61", "less than or equal to 60")),
        ('[breakout]\nconfirm = "ask"\n', ("breakout.confirm", "'trade', 'bid' or 'bar close'")),
        ('[scan]\nnews_exclude = ["rumour"]\n', ("scan.news_exclude", "rumour")),
        ('[sizing]\nfx_rate = "1.52"\n', ("sizing.fx_rate", "USD/AUD 1.5230")),
        ('[sizing]\nfx_rate = "AUD/AUD 1"\n', ("sizing.fx_rate", "two currencies")),
        ("[sizing]\nmax_adv_pc = 2\n", ("sizing.max_adv_pc", "did you mean max_adv_pct")),
        ("[shock]\nmin_z = 0\n", ("shock.min_z", "greater than 0")),
    ],
)
def test_a_wrong_parameter_is_one_clear_line(tmp_path, text, parts):
    path = tmp_path / "config.toml"
    path.write_text(text)
    with pytest.raises(ConfigError) as error:
        load(path)
    assert "\n" not in str(error.value) and all(part in str(error.value) for part in (str(path), *parts))


def test_every_parameter_is_read_somewhere():
    """A setting that nothing reads would be a promise that nothing keeps."""
    code = "\n".join(
        path.read_text()
        for path in (ROOT / "skim_tui").rglob("*.py")
        if path.name not in ("config.py", "config_file.py")
    )
    unread = [f"{section}.{key}" for section, key, _ in PARAMETERS if not re.search(rf"\.{key}\b", code)]
    assert not unread
