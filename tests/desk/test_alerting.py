"""What the desk's day tells the operator: each thing once, where the switches say, and exactly that to Discord."""

import asyncio
import logging
from contextlib import suppress

import pytest

from skim_tui.alerts.alert import Alert, AlertKind
from skim_tui.alerts.discord import DiscordSender
from skim_tui.alerts.webhook import Webhook
from skim_tui.config import Alerts, Config
from skim_tui.desk.alerting import Alerting
from skim_tui.desk.engine import Desk
from skim_tui.desk.telling.reporttext import as_alert
from skim_tui.domain.events import Connection, ConnectionChanged
from skim_tui.exchange import synthetic
from skim_tui.exchange.core import Exchange
from skim_tui.exchange.direct import DirectBroker
from skim_tui.journal import Journal
from tests.alerts.discord_double import discord
from tests.conftest import calendar_of


@pytest.fixture(autouse=True)
def _quiet():
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


def desk_on_a_day(config=None, *, seed=1, minute=None):
    calendar, tape = calendar_of("XASX"), synthetic.generate(seed)
    start = None if minute is None else calendar.day(tape.dates[0]).open + minute * 60.0
    exchange = Exchange(tape, calendar, start=start, speed=None)
    broker = DirectBroker(exchange)
    journal = Journal.open(":memory:", durable=False)
    return Desk(config or Config(), broker, journal, calendar, wall=broker.now), exchange, broker


def titles(desk):
    return [raised.alert.title for raised in desk.alerting.raised]


def test_each_kind_has_its_own_switch():
    for kind in AlertKind:
        for switch, sent, shown, rings in (
            ("off", 0, 0, False), ("screen", 0, 1, False), ("bell", 0, 1, True), ("discord", 1, 1, False),
            ("both", 1, 1, True),
        ):  # fmt: skip
            told = []
            alerting = Alerting(Alerts(**{kind.value: switch}), lambda topic, key: None)
            alerting.to_discord = told.append
            alerting.raise_(Alert(kind, 1.0, "title"))
            assert (len(told), len(alerting.raised)) == (sent, shown)
            assert [raised.rings for raised in alerting.raised] == [rings] * shown


def test_a_broker_away_for_more_than_a_minute_is_told_once_and_its_return():
    alerting = Alerting(Alerts(), lambda topic, key: None)

    def at(wall, operational):
        alert = alerting.watch_connection(operational, "1100 lost", 0.0, wall)
        told.extend([alert] if alert else [])
        return [alert.title for alert in told]

    told = []

    assert at(0, True) == at(10, False) == at(65, False) == at(66, True) == at(100, False) == at(160, False) == []
    assert at(161, False) == at(500, False) == ["Broker away for more than a minute"]
    assert at(520, True) == ["Broker away for more than a minute", "Broker is back"]
    assert told[-1].text == "after 7 min" and told[-1].good is True


def test_a_kill_and_a_mismatch_are_told():
    desk, exchange, broker = desk_on_a_day(minute=30)
    broker.connect(desk.handle)
    desk.operator.kill("console", close_all=False)
    assert titles(desk)[-1] == "Kill switch by console"
    desk.operator.resume("console")
    before = len(titles(desk))
    desk._raise(["BHP: the journal holds 0, the broker 100"])
    desk._raise(["BHP: the journal holds 0, the broker 100"])
    assert titles(desk)[before:] == ["Journal and broker differ"], "the same difference is told once"


def test_candidates_are_told_once_also_to_a_desk_that_comes_late():
    desk, exchange, broker = desk_on_a_day(minute=30)
    broker.connect(desk.handle)
    exchange.play(exchange.now() + 30.0)
    assert not [title for title in titles(desk) if "candidate" in title]
    exchange.play(exchange.now() + 300.0)
    (told,) = [raised.alert for raised in desk.alerting.raised if raised.alert.kind is AlertKind.CANDIDATES]
    assert told.title == f"{len(told.text.splitlines())} candidates" and "**" in told.text


async def test_discord_hears_a_whole_day_exactly(monkeypatch):
    monkeypatch.setattr("skim_tui.alerts.discord.FIRST_WAIT", 0.02)
    base = Config()
    config = base.model_copy(update={"shock": base.shock.model_copy(update={"enabled": True})})
    desk, exchange, broker = desk_on_a_day(config)
    desk.trading_day.on_begun = lambda: desk.operator.set_auto(True, "test")
    desk.trading_day.on_over = lambda: desk.context.alert(as_alert(desk.trading_day.report()[0], broker.now()))
    async with discord() as double:
        double.answers = [(429, 0.05), 503, 204, (429, 0.05)]
        sender = DiscordSender(Webhook(double.url))
        desk.alerting.to_discord = sender.offer
        task = asyncio.create_task(sender.run())
        broker.connect(desk.handle)
        until = exchange.day().open
        for _ in range(80):
            until += 300.0
            exchange.play(until)
            await asyncio.sleep(0)
        desk.advance(exchange.now())
        desk.trading_day.finish()
        async with asyncio.timeout(10):
            while sender.waiting or sender.delivered < len(desk.alerting.raised):
                await asyncio.sleep(0.01)
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
    assert double.titles() == titles(desk)
    kinds = [raised.alert.kind for raised in desk.alerting.raised]
    taken = [entry for entry in desk.tickets.entries.values() if entry.state.value == "filled"]
    assert {entry.ticket.strategy for entry in taken} == {"ORH breakout", "news shock"}
    assert kinds.count(AlertKind.TICKET) == kinds.count(AlertKind.FILL) == len(taken)
    assert kinds.count(AlertKind.EXIT) == len(desk.books.closed) > 0
    assert (kinds[0], kinds[-1]) == (AlertKind.SESSION_START, AlertKind.REPORT)
    assert kinds.count(AlertKind.CANDIDATES) == kinds.count(AlertKind.REPORT) == 1
    assert sender.limited == 2 and sender.dropped == 0


def test_a_lost_connection_is_an_incident_of_the_day():
    desk, exchange, broker = desk_on_a_day(minute=30)
    broker.connect(desk.handle)
    desk.handle(ConnectionChanged(Connection.DISCONNECTED, "socket closed"))
    exchange.play(exchange.now() + 90.0)
    assert "Broker away for more than a minute" in titles(desk)
    report, markdown = desk.trading_day.report()
    assert [line.what for line in report.incidents] == ["incident"] and "socket closed" in markdown
