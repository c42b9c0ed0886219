"""A link with a desk made by hand, and a trading morning to show on it."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from textual.pilot import Pilot

from skim_tui.console.app import SkimApp
from skim_tui.link.account import Ahead, HeaderView
from skim_tui.link.commands import (
    AnyCommand,
    AskAway,
    AskJournal,
    AskPlayback,
    AskSettings,
    AskWhyNot,
    MakeReport,
    Preview,
    ReadArticle,
    SelectChart,
)
from skim_tui.link.market import CandidateView, ChartBar, ChartView
from skim_tui.link.messages import Delta, Reply
from skim_tui.link.news import NewsView
from skim_tui.link.notices import LogView
from skim_tui.link.port import LinkError
from skim_tui.link.trading import GateView, OrderView, PositionView, TicketView, TradeView

D = Decimal
WALL = 1_790_000_000.0
OPEN = datetime(2026, 3, 10, 10, 0, tzinfo=ZoneInfo("Australia/Sydney")).timestamp()
NOW = OPEN + 23 * 60 + 41


async def until(pilot: Pilot[str], holds: Callable[[], bool]) -> None:
    """Wait until ``holds``; fails after ten seconds."""
    for _ in range(500):
        if holds():
            return
        await pilot.pause(0.02)
    raise AssertionError("the screen never came to what was waited for")


async def quiet(pilot: Pilot[str]) -> None:
    """Wait until every command was answered and every change was drawn."""
    app = pilot.app
    assert isinstance(app, SkimApp)

    def at_rest() -> bool:
        busy = [worker for worker in app.workers if not worker.is_finished and worker.name not in ("attachment",)]
        return not app.is_running or (not busy and not app.frames.due)

    await pilot.pause()
    await until(pilot, at_rest)
    await pilot.pause()


QUESTIONS = (ReadArticle, MakeReport, SelectChart, Preview, AskAway, AskWhyNot, AskJournal, AskSettings, AskPlayback)
"""Commands that change nothing."""


class ScriptedLink:
    """Delivers the deltas it is given and remembers the commands it was sent."""

    def __init__(self, first: Delta | None = None) -> None:
        self.first = first
        self.sent: list[AnyCommand] = []
        self.answers: dict[type, Reply] = {}
        self.attaches = 0
        self.closed = False
        self.refuse = ""
        self._on_delta: Callable[[Delta], None] = lambda _: None
        self._on_lost: Callable[[str], None] = lambda _: None

    async def attach(self, on_delta: Callable[[Delta], None], on_lost: Callable[[str], None]) -> None:
        if self.refuse:
            raise LinkError(self.refuse)
        self.attaches += 1
        self._on_delta, self._on_lost = on_delta, on_lost
        if self.first is not None:
            on_delta(self.first)

    async def send(self, command: AnyCommand) -> Reply:
        self.sent.append(command)
        done = Reply(id=1, ok=True, text="" if isinstance(command, QUESTIONS) else f"{type(command).__name__} done")
        return self.answers.get(type(command), done)

    async def close(self) -> None:
        self.closed = True

    def push(self, **topics: dict[str, object]) -> None:
        self._on_delta(Delta(upserts=topics))  # type: ignore[arg-type]

    def lose(self, reason: str) -> None:
        self._on_lost(reason)


AHEAD = (
    ("gateway restart", 1.5, 1.6), ("server reset", 12.1, 13.1), ("market opens", 23.6, 23.6),
    ("weekend maintenance", 77.0, 81.0), ("weekly login", 103.5, 104.0),
)  # fmt: skip


def header(**changes: object) -> HeaderView:
    values: dict[str, object] = {
        "desk_version": "1", "market": "XASX", "tz": "Australia/Sydney", "session_date": "2026-03-10", "now": NOW,
        "speed": 15.0, "phase": "OPEN", "phase_until": OPEN + 6 * 3600, "connection": "OPERATIONAL",
        "connection_reason": "synced", "account": "DSIM001", "simulated": True, "currency": "AUD",
        "equity": D("100412.80"), "realised": D("182.40"), "unrealised": D("230.40"), "open_risk": D("612.00"),
        "daily_loss_limit": D(1500), "positions": 2, "max_positions": 5,
        "ahead": tuple(Ahead(name, NOW + hours * 3600.0, NOW + ends * 3600.0) for name, hours, ends in AHEAD),
    }  # fmt: skip
    return HeaderView(**{**values, **changes})  # type: ignore[arg-type]


GATES = ("connection", "entries allowed", "phase", "entry time", "halt", "quote", "spread", "price", "positions")


def ticket(symbol: str = "PLS", number: int = 1, **changes: object) -> TicketView:
    values: dict[str, object] = {
        "id": f"M001-260310-{symbol}-{number}", "symbol": symbol, "strategy": "opening range breakout",
        "state": "proposed", "quantity": 1_480, "limit": D("3.41"), "stop": D("3.10"), "value": D("5046.80"),
        "risk": D("478.90"), "fees": D("12.00"), "gates": tuple(GateView(name, True, "ok") for name in GATES),
        "evidence": (
            ("gap", "+7.42 %"), ("range", "3.18 to 3.39"), ("break", "3.4 at 10:23:38"), ("low of day", "3.11"),
            ("volume", "2,114,880"), ("size bound by", "risk"),
            ("news", "$Quarterly activities report: record spodumene shipments"),
        ),
        "created": NOW - 4, "expires_unix": WALL + 52,
    }  # fmt: skip
    return TicketView(**{**values, **changes})  # type: ignore[arg-type]


NAMES = (
    ("PLS", "Pilbara Minerals", 7.42, "ticketed"), ("BHP", "BHP Group", 3.18, "entered"),
    ("LTR", "Liontown Resources", 11.90, "broken out"), ("WHC", "Whitehaven Coal", 5.51, "ready"),
    ("ZIP", "Zip Co", 9.04, "ready"), ("DRO", "DroneShield", 14.35, "ready"),
    ("BOE", "Boss Energy", 4.62, "tracking"), ("PDN", "Paladin Energy", 3.97, "tracking"),
    ("A2M", "The a2 Milk Company", 3.33, "watching"), ("NEU", "Neuren Pharmaceuticals", 6.08, "entered"),
    ("IMU", "Imugene", 22.73, "dropped"), ("SYR", "Syrah Resources", 8.16, "dropped"),
)  # fmt: skip
WHY = {"IMU": "volume 38,400 not above 50,000", "SYR": "spread: 2.44 % of 2 %"}


def candidate(rank: int, symbol: str, name: str, gap: float, state: str) -> CandidateView:
    base = 1.5 + (sum(map(ord, symbol)) % 40) / 7
    opened = round(base * (1 + gap / 100), 3)
    high = round(opened * 1.012, 3)
    last = round(high * {"ready": 0.991, "broken out": 1.006, "ticketed": 1.004, "entered": 1.021}.get(state, 0.98), 3)
    ranged = state not in ("tracking", "watching")
    return CandidateView(
        symbol=symbol, rank=rank, name=name, state=state, why_not=WHY.get(symbol, ""), prev_close=round(base, 3),
        open=opened, gap_pct=gap, last=last, bid=last - 0.005, ask=last, volume=rank * 173_000,
        rel_volume=5.2 / rank + 0.8, or_high=high if ranged else None, or_low=round(opened * 0.985, 3) if ranged else None,
        news="$Quarterly activities report" if symbol in ("PLS", "DRO") else "Change of director's interest" if symbol == "ZIP" else "",
        spark=tuple(opened * (1 + 0.01 * math.sin(i / 3 + rank)) for i in range(30)), halted=symbol == "BOE",
    )  # fmt: skip


def bars(count: int = 24) -> tuple[ChartBar, ...]:
    made: list[ChartBar] = []
    before = 3.24
    for i in range(count):
        close = round(3.26 + 0.06 * math.sin(i / 2.3) + 0.0045 * i, 2)
        high, low = max(before, close) + 0.01 * (i % 3), min(before, close) - 0.01 * ((i + 1) % 3)
        made.append(ChartBar(OPEN + 60 * i, before, high, low, close, 40_000 + 90_000 * (i * 7 % 5)))
        before = close
    return tuple(made)


def short_ticket(**changes: object) -> TicketView:
    """A downward shock to be sold short: the stop lies above, the target below."""
    values: dict[str, object] = {
        "strategy": "news shock", "side": "SELL", "quantity": 500, "limit": D("12.34"), "stop": D("12.80"),
        "target": D("11.42"), "value": D("6170.00"), "risk": D("248.40"),
        "gates": (*(GateView(name, True, "ok") for name in GATES), GateView("short sale", True, "41,000 to borrow")),
        "evidence": (("shock", "-6.1 % in 90 s"), ("news", "$Phase 3 trial paused after a safety review")),
    }  # fmt: skip
    return ticket("TLX", **{**values, **changes})


def falling() -> CandidateView:
    return CandidateView(
        symbol="TLX", rank=13, name="Telix Pharmaceuticals", state="ticketed", prev_close=13.20, open=12.90, gap_pct=-2.27,
        last=12.33, bid=12.33, ask=12.35, volume=812_000, rel_volume=3.4, or_high=12.95, or_low=12.60,
        news="$Phase 3 trial paused after a safety review", borrow="41,000 to borrow",
    )  # fmt: skip


def short_position(**changes: object) -> PositionView:
    values: dict[str, object] = {
        "symbol": "DRO", "side": "SELL", "quantity": 500, "entry": D("4.34"), "last": 4.21, "unrealised": D("65.00"),
        "r": 0.72, "opened": NOW - 600, "stop_price": D("4.52"), "stop_quantity": 500, "stop_status": "working",
        "stop_ref": "M001-260310-DRO-1.S", "stop_perm_id": 1200131, "stop_confirmed": NOW - 200, "protected": True,
        "next_exit": "all at the close",
    }  # fmt: skip
    return PositionView(**{**values, **changes})  # type: ignore[arg-type]


def short_morning(*, tickets: tuple[TicketView, ...] = ()) -> Delta:
    """The morning with a short position beside the long ones, its orders, and its chart."""
    made = morning(tickets=tickets, head=header(positions=3))
    falls = tuple(
        ChartBar(bar.ts, *(round(7.72 - price, 2) for price in (bar.open, bar.low, bar.high, bar.close)), bar.volume)
        for bar in bars()
    )
    ref = "M001-260310-DRO-1"
    made.upserts["positions"]["DRO"] = short_position()
    made.upserts["candidates"]["TLX"] = falling()
    made.upserts["orders"] |= {
        f"{ref}.E": OrderView(
            ref=f"{ref}.E", symbol="DRO", side="SELL", type="LMT", quantity=500, filled=500, limit=D("4.33"),
            avg_price=D("4.34"), tif="DAY", status="filled", perm_id=1200130, updated=NOW - 600,
        ),
        f"{ref}.S": OrderView(
            ref=f"{ref}.S", symbol="DRO", side="BUY", type="STP", quantity=500, stop=D("4.52"), tif="GTC",
            status="working", perm_id=1200131, updated=NOW - 598,
        ),
    }  # fmt: skip
    made.upserts["chart"]["DRO"] = ChartView(
        symbol="DRO", bars=falls, or_high=4.52, or_low=4.38, or_from=OPEN, or_until=OPEN + 600, prev_close=4.60,
        side="SELL", entry=4.34, stop=4.52, target=4.16,
    )  # fmt: skip
    return made


def morning(*, tickets: tuple[TicketView, ...] = (), head: HeaderView | None = None) -> Delta:
    """The whole state of a desk at 10:23 on a busy morning."""
    done = ticket("NEU", state="filled", decided_by="console", created=NOW - 500)
    out = ticket("SYR", state="blocked", reason="spread: 2.44 % of 2 %", created=NOW - 700)
    log = (
        (1, "info", "session 2026-03-10 on XASX"), (2, "info", "connection OPERATIONAL: synced"),
        (3, "info", "TICKET NEU: buy 300 at 18.42 or better, stop 17.60, risk 258.00"),
        (4, "warning", "SYR: ticket blocked: spread: 2.44 % of 2 %"), (5, "info", "NEU: entry filled"),
        (6, "error", "CBA: order rejected: The price does not conform to the minimum price variation"),
    )  # fmt: skip
    return Delta(
        whole=True,
        upserts={
            "header": {"": head or header()},
            "candidates": {row[0]: candidate(i, *row) for i, row in enumerate(NAMES, 1)},
            "tickets": {t.id: t for t in (*tickets, done, out)},
            "positions": {
                "NEU": PositionView(
                    symbol="NEU", quantity=300, entry=D("18.42"), last=19.31, unrealised=D("267.00"), r=1.08, day=1,
                    opened=NOW - 480, stop_price=D("17.60"), stop_quantity=300, stop_status="working",
                    stop_ref="M001-260310-NEU-1.S", stop_perm_id=1200114, stop_confirmed=NOW - 200, protected=True,
                    next_exit="half on day 3",
                ),
                "BHP": PositionView(
                    symbol="BHP", quantity=120, entry=D("45.10"), last=44.79, unrealised=D("-36.60"), r=-0.31, day=2,
                    opened=NOW - 86_400, stop_price=None, protected=False, next_exit="half on day 3",
                ),
            },
            "orders": {
                "M001-260310-NEU-1.E": OrderView(
                    ref="M001-260310-NEU-1.E", symbol="NEU", side="BUY", type="LMT", quantity=300, filled=300,
                    limit=D("18.45"), avg_price=D("18.42"), tif="DAY", status="filled", perm_id=1200113,
                    updated=NOW - 480,
                ),
                "M001-260310-NEU-1.S": OrderView(
                    ref="M001-260310-NEU-1.S", symbol="NEU", side="SELL", type="STP", quantity=300, stop=D("17.60"),
                    tif="GTC", status="working", perm_id=1200114, updated=NOW - 478,
                ),
                "M001-260310-CBA-1.E": OrderView(
                    ref="M001-260310-CBA-1.E", symbol="CBA", side="BUY", type="LMT", quantity=40, limit=D("118.2"),
                    tif="DAY", status="rejected", reason="The price does not conform to the minimum price variation",
                    updated=NOW - 300,
                ),
            },
            "trades": {
                "t1": TradeView(
                    id="t1", symbol="ZIP", quantity=900, entry=D("2.80"), exit=D("3.02"), entered=NOW - 900,
                    exited=NOW - 600, fees=D("12"), pnl=D("182.40"), r=0.9, why="closed by hand",
                )
            },
            "news": {
                "n1": NewsView(key="n1", ts=OPEN - 1800, symbol="PLS", headline="Quarterly activities report: record spodumene shipments", price_sensitive=True),
                "n2": NewsView(key="n2", ts=OPEN - 1200, symbol="ZIP", headline="Change of director's interest notice"),
                "n3": NewsView(key="n3", ts=OPEN + 300, symbol="DRO", headline="Contract award, A$61.6m \u6f22\u5b57", price_sensitive=True),
            },
            "log": {str(seq): LogView(seq=seq, ts=NOW - 900 + seq * 60, level=level, text=text) for seq, level, text in log},
            "chart": {
                "PLS": ChartView(
                    symbol="PLS", bars=bars(), or_high=3.39, or_low=3.18, or_from=OPEN, or_until=OPEN + 600,
                    prev_close=3.02, entry=3.41, stop=3.10,
                )
            },
        },
    )  # fmt: skip
