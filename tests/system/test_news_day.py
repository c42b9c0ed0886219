"""A day with announcements and news, traded by both strategies in a real terminal, and told to Discord exactly."""

import asyncio
import re
import subprocess
import sys

from skim_tui.journal import Journal
from tests.alerts.discord_double import TOKEN, discord
from tests.system import test_first_session
from tests.system.processes import end_desk, end_embedded_exchange, environment
from tests.system.test_first_session import Terminal

SEED, BEGIN, SPEED = 44, "10:33", "40"
"""News moves a share at 10:36; another breaks its opening range at 10:46."""


def skim(data_dir, *arguments):
    return subprocess.run(
        [sys.executable, "-m", "skim_tui", *arguments, "--data-dir", str(data_dir)],
        env=environment(data_dir), capture_output=True, text=True, timeout=60,
    )  # fmt: skip


async def test_both_strategies_trade_and_discord_hears_all_of_it_once(tmp_path, monkeypatch):
    async with discord() as double:
        double.answers = [(429, 0.2), 503]
        variables = {
            "SKIM_ALERTS__DISCORD_URL": double.url,
            "SKIM_SHOCK__ENABLED": "true",
            "SKIM_RISK__MAX_QUOTE_AGE": "120",
            "SKIM_RISK__ORDERS_PER_MINUTE": "600",
        }
        monkeypatch.setattr(test_first_session, "environment", lambda data_dir: environment(data_dir) | variables)
        arguments = ("--tape", f"synthetic:asx:{SEED}", "--at", BEGIN, "--speed", SPEED, "--auto")
        terminal = Terminal(tmp_path, *arguments)
        try:
            await asyncio.to_thread(terminal.wait, "OPERATIONAL", "AUTO", seconds=60)

            async with asyncio.timeout(120):
                while not {"news shock", "ORH breakout"} <= strategies(double):
                    await asyncio.to_thread(terminal.look, 0.3)
            flat = await asyncio.to_thread(skim, tmp_path, "flatten")
            assert flat.returncode == 0, flat.stderr
            await asyncio.to_thread(lambda: [terminal.look(0.3) for _ in range(10)])
            assert (await asyncio.to_thread(skim, tmp_path, "stop", "--force")).returncode == 0
            await asyncio.to_thread(terminal.look, 4.0)
        finally:
            terminal.child.close(force=True)
            end_desk(tmp_path)
            end_embedded_exchange(tmp_path)
        log = (tmp_path / "logs" / "desk.log").read_text()
        counted = [title for title in double.titles() if "candidate" in title]
        assert len(counted) == 1 and int(counted[0].split()[0]) > 3
        heard = [shape(title) for title in double.titles() if title not in counted]
        assert sorted(heard) == sorted(expected(tmp_path, log))
        assert double.titles()[0].startswith("Session 2026-03-03 on XASX")
    everything = log + "".join(
        path.read_text(errors="replace") for path in tmp_path.rglob("*") if path.is_file() and path.suffix != ".db"
    )
    assert TOKEN not in everything
    assert "announcements working" in log and "broker news working" in log and "NEWS SHOCK up" in log


def strategies(double):
    """Of the tickets that Discord heard of."""
    fields = [field for embed in double.embeds for field in embed.get("fields", ())]
    return {field["value"] for field in fields if field["name"] == "strategy"}


def shape(title):
    """A title without its prices and reasons."""
    return re.sub(r" (at [\d.]+|by \w.*|\(.*\))$", "", re.sub(r" at [\d.]+ ", " ", title))


def expected(data_dir, log):
    """What Discord must have heard, from the journal and the desk's own log."""
    journal = Journal.open(data_dir / "journal.db")
    (account,) = journal.accounts()
    tickets = journal.tickets(account)
    positions = journal.positions(account)
    journal.close()
    assert {ticket.strategy for ticket in tickets} == {"news shock", "ORH breakout"}
    titles = ["Session 2026-03-03 on XASX", "Kill switch"]
    titles += [f"{symbol} breaks out" for symbol in re.findall(r"(\w+): ticketed", log)]
    titles += [f"Ticket {symbol}" for symbol in re.findall(r"TICKET (\w+): ", log)]
    titles += [f"Bought {position.bought:,} {position.symbol}" for position in positions]
    titles += [
        f"Sold {position.exit_quantity:,} {position.symbol}" for position in positions if position.state == "closed"
    ]
    return titles
