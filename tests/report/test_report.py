"""The daily report and the export of a generated day on which both strategies traded."""

import asyncio
import csv
import json
import logging
from dataclasses import replace
from decimal import Decimal
from types import SimpleNamespace

import pytest

from skim_tui.alerts.alert import AlertKind
from skim_tui.cli import main
from skim_tui.config import Config
from skim_tui.desk.engine import Desk
from skim_tui.desk.telling.report import build_report, newest_session
from skim_tui.desk.telling.reporttext import as_alert, as_json, as_markdown, write_report
from skim_tui.domain.events import SourceReport, SourceState
from skim_tui.exchange import synthetic
from skim_tui.exchange.core import Exchange
from skim_tui.exchange.direct import DirectBroker
from skim_tui.journal import EventRecord, Journal
from skim_tui.journal.export import KINDS, export
from tests.conftest import calendar_of

D = Decimal


@pytest.fixture(scope="module")
def traded(tmp_path_factory):
    """The day traded by itself, with its journal in a data folder."""
    logging.disable(logging.CRITICAL)
    folder = tmp_path_factory.mktemp("data")
    calendar, tape = calendar_of("XASX"), synthetic.generate(1)
    base = Config()
    config = base.model_copy(update={"shock": base.shock.model_copy(update={"enabled": True})})
    exchange = Exchange(tape, calendar, cash=D(100_000))
    broker = DirectBroker(exchange)
    journal = Journal.open(folder / "journal.db", durable=False)
    desk = Desk(config, broker, journal, calendar, wall=broker.now)
    desk.trading_day.on_begun = lambda: desk.operator.set_auto(True, "test")
    closed = []
    desk.keeper.on_closed = closed.append
    over = []
    desk.trading_day.on_over = lambda: over.append(desk.trading_day.report())
    asyncio.run(broker.run(desk.handle))
    desk.handle(SourceReport("announcements", SourceState.STOPPED, "refused with HTTP 403"))
    desk.advance(exchange.now())
    desk.trading_day.finish()
    logging.disable(logging.NOTSET)
    yield SimpleNamespace(
        folder=folder, journal=journal, desk=desk, closed=closed, over=over, exchange=exchange, day=desk.context.day
    )
    journal.close()


def test_the_report_agrees_with_the_books_and_the_exchange(traded):
    report, markdown = traded.desk.trading_day.report()
    books = traded.desk.books
    assert len(traded.over) == 1, "made once, after the close"
    assert report.pnl == books.realised_today() == sum((line.pnl for line in report.strategies), D(0))
    assert report.fees == sum((e.commission for e in traded.exchange.executions), D(0))
    assert {line.strategy for line in report.strategies if line.trades} == {"ORH breakout", "news shock"}
    assert sorted((line.id, line.pnl, line.fees) for line in report.trades) == sorted(
        (position.ticket_id, position.realised, position.fees) for position in traded.closed
    )
    for line in report.trades:
        position = next(one for one in traded.closed if one.ticket_id == line.id)
        assert line.r == pytest.approx(position.r_multiple(position.realised))
        assert (line.exit_slip is not None) == (line.why == "stop")
    assert {line.symbol: line.stop for line in report.open_positions} == {
        symbol: traded.desk.keeper.protection_of(symbol).orders[-1].stop_price for symbol in books.positions
    }
    blocked = [line for line in report.tickets if line.why_not]
    assert blocked and all(line.state == "blocked" and line.why_not for line in blocked)
    assert len(report.tickets) == len(traded.desk.tickets.entries)
    assert [line.what for line in report.incidents] == ["incident"] and "403" in report.incidents[0].text
    for line in (*report.trades, *report.tickets, *report.candidates):
        assert line.symbol in markdown


def test_made_later_from_the_journal_alone_it_is_the_same(traded):
    journal = Journal.open(traded.folder / "journal.db")
    account = traded.desk.context.account_id
    assert newest_session(journal, account) == traded.day.date
    later = build_report(journal, account, traded.day, "AUD")
    journal.close()
    now, _ = traded.desk.trading_day.report()
    assert later == now
    other = build_report(traded.journal, "DU-nobody", traded.day, "AUD")
    assert other.is_empty is False and not other.tickets, "incidents are the desk's, not an account's"


def test_json_is_exact_and_markdown_whole(traded, tmp_path):
    report, markdown = traded.desk.trading_day.report()
    document = json.loads(json.dumps(as_json(report)))
    assert D(document["pnl"]) == report.pnl and document["session"] == "2026-03-03"
    assert [D(row["pnl"]) for row in document["trades"]] == [line.pnl for line in report.trades]
    assert document["trades"][0]["closed"].endswith("Z")
    target = write_report(tmp_path / "reports", report, markdown)
    assert target.read_text() == markdown and json.loads(target.with_suffix(".json").read_text()) == document
    widths = {}
    for line in markdown.splitlines():
        if line.startswith("## "):
            section = line
        if line.startswith("|"):
            widths.setdefault(section, set()).add(line.count("|"))
    assert len(widths) == 6 and all(len(width) == 1 for width in widths.values()), "no cell breaks its table"


def test_the_alert_names_result_trades_and_stops(traded):
    report, _ = traded.desk.trading_day.report()
    alert = as_alert(report, 1.0)
    assert alert.kind is AlertKind.REPORT and f"{report.pnl:+,.2f}"[:-1] in alert.title
    assert all(line.symbol in alert.text for line in (*report.trades, *report.open_positions))
    assert dict(alert.fields)["tickets not taken"] == str(sum(1 for line in report.tickets if line.why_not))
    nothing = replace(report, trades=(), open_positions=(), pnl=D(0))
    assert as_alert(nothing, 1.0).text == "No trade." and as_alert(nothing, 1.0).good is None


def test_a_mismatch_and_a_kill_are_incidents(traded, tmp_path):
    journal = Journal.open(tmp_path / "j.db")
    at = traded.day.open
    journal.save(
        events=[
            EventRecord(at, "desk", "reconciled", "DU1", "BHP: the journal holds 100, the broker 0"),
            EventRecord(at, "desk", "reconciled", "DU1", ""),
            EventRecord(at + 1, "console", "kill", "all"),
            EventRecord(at - 86_400, "console", "kill", "all"),
        ]
    )
    report = build_report(journal, "DU1", traded.day, "AUD")
    journal.close()
    assert [line.what for line in report.incidents] == ["mismatch", "kill"]
    assert "## Trades\nNo position was closed." in as_markdown(report, traded.day)


def test_export_keeps_every_row_exactly(traded, tmp_path):
    written = export(traded.journal, tmp_path)
    account = traded.desk.context.account_id
    assert set(written) == set(KINDS)
    with (tmp_path / "fills.csv").open() as file:
        rows = list(csv.DictReader(file))
    fills = traded.journal.fills(account)
    assert [(row["exec_id"], D(row["price"]), D(row["fees"])) for row in rows] == [
        (fill.exec_id, fill.price, fill.fees) for fill in fills
    ]
    assert rows[0]["ts"].startswith("2026-03-0") and rows[0]["ts"].endswith("Z")
    with (tmp_path / "events.csv").open() as file:
        assert len(list(csv.DictReader(file))) == written["events"] > 20
    with (tmp_path / "tickets.csv").open() as file:
        assert json.loads(next(csv.DictReader(file))["evidence"])[0][0] == "gap"


def test_a_text_that_a_spreadsheet_would_run_is_disarmed(tmp_path):
    journal = Journal.open(tmp_path / "j.db")
    journal.save(events=[EventRecord(1.0, "=cmd()", "x", "BHP")])
    export(journal, tmp_path, ("events",))
    journal.close()
    with (tmp_path / "events.csv").open() as file:
        assert next(csv.DictReader(file))["who"] == "'=cmd()"


def test_the_commands(traded, tmp_path, capsys):
    data = ["--data-dir", str(traded.folder)]
    assert main(["report", *data]) == 0
    assert capsys.readouterr().out == traded.desk.trading_day.report()[1]
    assert main(["report", *data, "--date", "2026-03-03", "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["market"] == "XASX"
    assert main(["report", *data, "--date", "2026-03-04"]) == 0
    assert "No ticket was offered." in capsys.readouterr().out
    assert main(["report", *data, "--date", "2026-03-07"]) == 1
    assert "2026-03-07 is not a session of XASX" in capsys.readouterr().err
    assert main(["export", *data, "--out", str(tmp_path / "out"), "fills", "orders"]) == 0
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"fills.csv", "orders.csv"}
    assert main(["export", *data, "--out", str(tmp_path), "dividends"]) == 1
    assert "dividends: no such rows; there are tickets" in capsys.readouterr().err
    assert main(["report", "--data-dir", str(tmp_path / "none")]) == 1
    assert "there is no journal yet" in capsys.readouterr().err and not (tmp_path / "none").exists()
