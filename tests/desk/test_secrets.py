"""S10: a planted secret is in no log, journal, error, alert or published row, by its value and by the key before it."""

import json
import logging
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skim_tui.config import Alerts as AlertsSection
from skim_tui.console.app import SkimApp
from skim_tui.desk import alerting
from skim_tui.desk.settings import Settings
from skim_tui.desk.telling.publisher import Publisher
from skim_tui.domain.events import BrokerNotice, RequestFailed
from skim_tui.domain.orders import OrderStatus
from skim_tui.link.commands import AskSettings
from skim_tui.link.framing import frame
from skim_tui.link.hub import Hub
from skim_tui.link.messages import Reply
from skim_tui.logs import log_to
from skim_tui.redaction import MASK, Redactor, redactor
from tests.conftest import ROOT
from tests.console.scripted import ScriptedLink, quiet, until
from tests.desk.scripted import Script, T

PLANTED = "pl4nted-5ecret-value-9182"


@pytest.fixture
def planted(monkeypatch):
    monkeypatch.setenv("SOME_API_TOKEN", PLANTED)
    redactor.learn_environment()
    yield PLANTED
    redactor._values.discard(PLANTED)


@pytest.fixture
def logs(tmp_path):
    root = logging.getLogger()
    before, level, hook = root.handlers[:], root.level, sys.excepthook
    log_to(tmp_path / "logs")
    yield tmp_path / "logs" / "desk.log"
    for handler in root.handlers[:]:
        handler.close()
    root.handlers[:] = before
    root.setLevel(level)
    sys.excepthook = hook


def test_by_value_everywhere_a_desk_writes(tmp_path, planted, logs):
    script = Script(tmp_path / "j.db")
    script.desk.handle(BrokerNotice(2104, f"connected with {planted}"))
    script.desk.handle(RequestFailed("watch", "BHP", f"https://user:{planted}@data.example/x failed"))
    script.enter()
    script.say(f"{T}.S", OrderStatus.REJECTED, reason=f"key {planted} is not allowed")
    script.desk.discipline._lock(f"because of {planted}")
    script.desk.context.fault = f"desk fault: {planted}"
    try:
        raise RuntimeError(f"defect at {planted}")
    except RuntimeError:
        logging.getLogger("skim.desk").exception(
            "with %s", planted, extra={"token": "other", "where": {"url": planted}}
        )
    hub = Hub()
    Publisher(script.desk, hub).publish()
    viewer = hub.open()
    sent = frame(hub.take(viewer))
    script.journal.close()
    text = logs.read_text()
    assert planted not in text and MASK in text
    lines = [json.loads(line) for line in text.splitlines()]
    assert all({"ts", "level", "logger", "text"} <= line.keys() for line in lines)
    trouble = next(line for line in lines if "error" in line)
    assert trouble["token"] == MASK and MASK in trouble["error"] and "RuntimeError" in trouble["error"]
    for file in tmp_path.glob("j.db*"):
        assert planted.encode() not in file.read_bytes(), file.name
    assert planted.encode() not in sent, sent[
        max(0, sent.find(planted.encode()) - 200) : sent.find(planted.encode()) + 40
    ]
    assert all(planted not in line.text for line in script.desk.context.lines)


async def test_no_screen_and_no_alert_shows_it(planted):
    script = Script(alerts=AlertsSection(discord_url=f"https://discord.com/api/webhooks/1/{planted}").model_dump())
    sent = []
    script.desk.alerting.to_discord = sent.append
    script.desk.handle(BrokerNotice(2103, f"Market data farm connection is broken:{planted}"))
    script.enter()
    script.say(f"{T}.S", OrderStatus.REJECTED, reason=f"key {planted} is not allowed")
    script.desk._raise([f"BHP: {planted} differs"])
    script.desk.context.alert(alerting.source_stopped(1.0, f"source {planted}", f"token {planted}"))
    hub = Hub()
    Publisher(script.desk, hub).publish()
    viewer = hub.open()
    link = ScriptedLink(hub.take(viewer))
    settings = Settings(script.desk.context, Path("config.toml")).view()
    link.answers[AskSettings] = Reply(id=1, ok=True, text="", view=settings)
    app = SkimApp(link)
    pictures = []
    async with app.run_test(size=(160, 50)) as pilot:
        await until(pilot, lambda: app.store.loaded)
        for key in ("7", "z", "z", "H", "escape", "S", "escape", "5", "z"):
            await pilot.press(key)
            await quiet(pilot)
            pictures.append(app.export_screenshot())
    assert any("redacted" in picture for picture in pictures)
    assert not any(planted in picture for picture in pictures)
    assert sent and not any(planted in repr(alert) for alert in sent)


@pytest.mark.parametrize(
    "text",
    [
        "password=hunter2222", "PASSWORD: 'hunter2222'", '{"api_key": "hunter2222"}', "Authorization: Bearer hunter2222",
        "https://discord.com/api/webhooks/123/hunter2222", "postgres://me:hunter2222@host/db", "auth_token = hunter2222,",
    ],
)  # fmt: skip
def test_by_the_key_before_it(text):
    assert "hunter2222" not in Redactor().text(text) and MASK in Redactor().text(text)


@pytest.mark.parametrize("text", ["bought 100 at 10.50", "token economy: APX up 3 %", "stop 10.00 resized to 60", ""])
def test_ordinary_words_stay(text):
    assert Redactor().text(text) == text


@given(st.text(min_size=6, max_size=40), st.text(max_size=60), st.text(max_size=60))
def test_a_learnt_value_never_comes_through(secret, before, after):
    known = Redactor()
    known.learn(secret)
    if secret in MASK:
        return
    masked = known.value({"note": [before + secret + after, {"deep": secret}]})
    assert all(secret not in text for text in (masked["note"][0].replace(MASK, ""), masked["note"][1]["deep"]))


def test_an_error_on_the_command_line_is_one_line_without_it(tmp_path, planted):
    ran = subprocess.run(
        [sys.executable, "-m", "skim_tui", "check", "--config", str(tmp_path / f"{planted}.toml")],
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT), "SOME_API_TOKEN": planted, "HOME": str(tmp_path)},
        capture_output=True, text=True, timeout=30,
    )  # fmt: skip
    assert ran.returncode == 1 and planted not in ran.stderr + ran.stdout
    assert len(ran.stderr.strip().splitlines()) == 1 and MASK in ran.stderr


def test_the_log_rotates_and_a_full_disk_does_not_reach_the_desk(tmp_path, monkeypatch):
    from skim_tui import logs

    monkeypatch.setattr(logs, "LARGEST", 2_000)
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    try:
        log_to(tmp_path)
        for number in range(200):
            logging.getLogger("skim.desk").info("line %d", number)
        files = sorted(path.name for path in tmp_path.iterdir())
        assert files == ["desk.log"] + [f"desk.log.{number}" for number in range(1, logs.KEPT + 1)]
        assert all(path.stat().st_size <= 2_000 for path in tmp_path.iterdir())
        (handler,) = root.handlers
        handler.stream.close()
        logging.getLogger("skim.desk").info("nowhere to go")
        assert handler.failed
    finally:
        root.handlers[:] = before
        root.setLevel(level)
