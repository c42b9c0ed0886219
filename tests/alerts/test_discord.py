"""Alerts reach Discord in order and within its limits, whatever it does, and never betray the webhook."""

import asyncio
import io
import logging
from contextlib import asynccontextmanager, suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skim_tui.alerts import discord as module
from skim_tui.alerts.alert import Alert, AlertKind
from skim_tui.alerts.discord import DiscordSender
from skim_tui.alerts.embed import embed, message
from skim_tui.alerts.webhook import Webhook, WebhookError
from tests.alerts.discord_double import TOKEN, Discord, discord


@pytest.fixture(autouse=True)
def _quick(monkeypatch):
    monkeypatch.setattr(module, "FIRST_WAIT", 0.02)
    monkeypatch.setattr(module, "LONGEST_WAIT", 0.1)


def alert(number, kind=AlertKind.TICKET, **more):
    return Alert(kind, 1_790_000_000.0 + number, f"alert {number}", **more)


async def until(holds, seconds=10.0):
    async with asyncio.timeout(seconds):
        while not holds():
            await asyncio.sleep(0.005)


@asynccontextmanager
async def sending(url, **more):
    sender = DiscordSender(Webhook(url), **more)
    task = asyncio.create_task(sender.run())
    try:
        yield sender
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def test_alerts_arrive_once_in_order_and_many_in_one_message():
    async with discord() as double, sending(double.url) as sender:
        for number in range(35):
            sender.offer(alert(number))
        await until(lambda: sender.delivered == 35)
    assert double.titles() == [f"alert {number}" for number in range(35)]
    assert double.messages <= 5
    assert (sender.delivered, sender.waiting, sender.dropped) == (35, 0, 0)


async def test_a_429_is_waited_out_as_it_says():
    async with discord() as double, sending(double.url) as sender:
        double.answers = [(429, 0.3), (429, 0.2)]
        sender.offer(alert(1))
        await double.until(lambda: len(double.requests) == 2)
        sender.offer(alert(2))
        await double.until(lambda: len(double.embeds) == 2)
    first, second, third = double.requests[:3]
    assert second - first >= 0.3 and third - second >= 0.2
    assert double.titles() == ["alert 1", "alert 2"]
    assert sender.limited == 2


@pytest.mark.parametrize("fault", [500, 502, "hang up"])
async def test_faults_are_waited_out_and_nothing_is_lost(fault):
    async with discord() as double, sending(double.url) as sender:
        double.answers = [fault, fault, 204]
        for number in range(3):
            sender.offer(alert(number))
        await until(lambda: sender.delivered == 3)
    assert double.titles() == ["alert 0", "alert 1", "alert 2"]
    assert sender.delivered == 3 and sender.trouble == ""


async def test_a_refused_message_does_not_hold_up_the_next():
    async with discord() as double, sending(double.url) as sender:
        double.answers = [400]
        sender.offer(alert(1))
        await double.until(lambda: double.requests)
        await asyncio.sleep(0.05)
        sender.offer(alert(2))
        await double.until(lambda: double.embeds)
    assert double.titles() == ["alert 2"] and sender.refused == 1


async def test_a_deleted_webhook_is_not_asked_again():
    async with discord() as double, sending(double.url) as sender:
        double.answers = [404]
        sender.offer(alert(1))
        await double.until(lambda: double.requests)
        await asyncio.sleep(0.05)
        sender.offer(alert(2))
        await asyncio.sleep(0.1)
    assert len(double.requests) == 1 and sender.ended and sender.dropped == 2


async def test_offline_alerts_wait_bounded_and_the_oldest_give_way():
    async with discord() as double:
        url, port = double.url, double.port
    async with sending(url, queue=20) as sender:
        for number in range(50):
            sender.offer(alert(number))
        await asyncio.sleep(0.1)
        assert sender.waiting <= 20 and "out of reach" in sender.trouble
        async with discord(port) as double:
            await double.until(lambda: len(double.embeds) >= 20)
            await asyncio.sleep(0.1)
    assert double.titles()[-1] == "alert 49" and double.titles() == sorted(double.titles(), key=lambda t: int(t[6:]))
    assert sender.delivered + sender.dropped == 50 and len(double.embeds) == sender.delivered


async def test_the_webhook_appears_in_no_log_and_no_text():
    log = io.StringIO()
    handler = logging.StreamHandler(log)
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    try:
        async with discord() as double, sending(double.url) as sender:
            double.answers = ["hang up", 503, (429, 0.01), 404]
            sender.offer(alert(1))
            await double.until(lambda: len(double.requests) == 4)
            await asyncio.sleep(0.05)
        assert TOKEN not in repr(sender.__dict__) + str(Webhook(double.url)) + sender.trouble
    finally:
        root.removeHandler(handler)
        root.setLevel(level)
    assert "Discord" in log.getvalue() and TOKEN not in log.getvalue()


@pytest.mark.parametrize(
    "url",
    [
        "discord.com/api/webhooks/1/x",
        "http://discord.com/api/webhooks/1/x",
        "https://example.com/api/webhooks/1/sEcReT",
        "https://discord.com.example.com/api/webhooks/1/sEcReT",
        "https://discord.com/channels/1/sEcReT",
        "https://[discord.com/api/webhooks/1/sEcReT",
    ],
)
def test_what_is_no_webhook_is_refused_without_repeating_it(url):
    with pytest.raises(WebhookError) as refused:
        Webhook(url)
    assert "sEcReT" not in str(refused.value) and url not in str(refused.value)


TEXT = st.builds(str.__mul__, st.text(max_size=12), st.sampled_from((1, 60, 500))) | st.just("\u0000\n\n")


@given(
    st.lists(
        st.builds(
            Alert,
            st.sampled_from(AlertKind),
            st.floats(0, 4e9),
            TEXT,
            TEXT,
            st.lists(st.tuples(TEXT, TEXT), max_size=3).map(lambda some: tuple(some * 9)),
            st.sampled_from((None, True, False)),
        ),
        min_size=1,
        max_size=15,
    )
)
@settings(max_examples=60, deadline=None)
def test_any_alert_fits_discords_limits(alerts):
    body, count = message(alerts)
    assert 1 <= count <= min(10, len(alerts)) and len(body["embeds"]) == count
    assert Discord.problem(body) == ""
    assert body["embeds"][0] == embed(alerts[0])


async def test_a_flush_waits_for_what_is_under_way():
    async with discord() as double, sending(double.url) as sender:
        double.answers = [(429, 0.2)]
        sender.offer(alert(1))
        await double.until(lambda: double.requests)
        assert sender.waiting == 1
        await sender.flush(5)
        assert double.titles() == ["alert 1"] and sender.waiting == 0
    async with discord() as double, sending(double.url) as sender:
        double.answers = [503] * 100
        sender.offer(alert(2))
        await asyncio.wait_for(sender.flush(0.2), 2)
        assert sender.waiting == 1, "a flush has an end"
