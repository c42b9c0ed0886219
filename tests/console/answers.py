"""What the scripted desk answers to questions: a past to show on the pages."""

from __future__ import annotations

from decimal import Decimal

from skim_tui.link.commands import AskAway, AskJournal, AskPlayback, AskSettings, AskWhyNot
from skim_tui.link.controls import PlaybackView, SettingRow, SettingsView
from skim_tui.link.health import ConnectionRow, VitalsView
from skim_tui.link.history import AwayRow, AwayView, JournalView, PastTrade, WhyNotRow, WhyNotView
from skim_tui.link.messages import Reply
from skim_tui.link.trading import Draft, DraftView, GateView, TradeView

from .scripted import GATES, NOW, OPEN

D = Decimal
DAY = 86_400.0

AWAY = AwayView(
    since=NOW - 1500, until=NOW,
    rows=(
        AwayRow(NOW - 1400, "desk", "ticket", "M001-260310-NEU-1", ""),
        AwayRow(NOW - 1390, "auto", "approve", "M001-260310-NEU-1", ""),
        AwayRow(NOW - 1389, "broker", "fill", "M001-260310-NEU-1.E", ""),
        AwayRow(NOW - 900, "desk", "rejected", "M001-260310-CBA-1.E", "The price does not conform to the minimum price variation"),
        AwayRow(NOW - 600, "broker", "fill", "M001-260310-ZIP-1.X1", ""),
        AwayRow(NOW - 300, "desk", "order", "M001-260310-BHP-1.S2", "replace a lost stop"),
    ),
    closed=(TradeView("t1", "ZIP", 900, D("2.80"), D("3.02"), NOW - 900, NOW - 600, D("12"), D("182.40"), 0.9, "by hand"),),
)  # fmt: skip

WHY_NOT = WhyNotView(
    sessions=("2026-03-10", "2026-03-09", "2026-03-06"),
    rows=(
        WhyNotRow("2026-03-10", "IMU", "dropped", "volume 38,400 not above 50,000", 22.73, 0.052, 0.047, OPEN + 720, 0.053, 18.9, 3.2, 15.1),
        WhyNotRow("2026-03-10", "SYR", "dropped", "spread: 2.44 % of 2 %", 8.16, 0.745, 0.71, OPEN + 860, 0.75, 4.0, 0.9, -1.2, True),
        WhyNotRow("2026-03-10", "AKE", "dropped", "ticket expired", 4.02, 12.31, 12.02, OPEN + 1100, 12.34, 0.6, 0.2, 0.4),
        WhyNotRow("2026-03-10", "LYC", "dropped", "gap 2.61 % below 3 %", 2.61),
        WhyNotRow("2026-03-10", "WHC", "ready", "", 5.51, 7.80, 7.62),
    ),
)  # fmt: skip


def trades(count: int = 36) -> tuple[PastTrade, ...]:
    made: list[PastTrade] = []
    for i in range(count):
        r = ((i * 7) % 11 - 4) / 2.0 + (0.15 if i % 3 else -0.1)
        entered = OPEN - DAY * (count - 1 - i) / 3 + 900 * (i % 5)
        exit_price = (D("4.10") + D(str(round(r * 0.12, 2)))).quantize(D("0.01"))
        made.append(PastTrade(
            id=f"t{i}", session=f"2026-0{2 if i < 24 else 3}-{(i // 3) % 24 + 1:02d}" if i < count - 2 else "2026-03-10",
            symbol=("PLS", "NEU", "ZIP", "DRO", "BOE")[i % 5], strategy="ORH breakout" if i % 4 else "news shock",
            quantity=1200, entry=D("4.10"), exit=exit_price, entered=entered, exited=entered + 5400, fees=D("12.00"),
            pnl=(exit_price - D("4.10")) * 1200 - 12, r=r, why="stop" if r < 0 else "half on day 3",
            entry_slip=D("-0.01"), exit_slip=D("0.02") if r < 0 else None,
        ))  # fmt: skip
    return tuple(made)


JOURNAL = JournalView(trades=trades(), today="2026-03-10")

SETTINGS = SettingsView(
    path="/home/trader/.local/share/skim/config.toml",
    rows=(
        SettingRow("scan", "min_gap_pct", "3", "3", "number, at least 0, at most 100", "percent over the previous close"),
        SettingRow("scan", "min_volume", "50000", "50000", "whole number, at least 0", "shares at the break"),
        SettingRow("opening_range", "minutes", "10", "10", "whole number, at least 1, at most 60", "1 to 60", pending="5"),
        SettingRow("exits", "end_of_day", "false", "false", "true | false", "close everything before the close"),
        SettingRow("risk", "risk_per_trade_pct", "0.4", "0.5", "number, above 0, at most 5", "of equity, lost at the stop", True),
        SettingRow("risk", "max_positions", "5", "5", "whole number, at least 1, at most 50", "", True),
        SettingRow("desk", "without_console", "exits-only", "exits-only", "exits-only | continue | flatten", "or continue, flatten", True),
        SettingRow("screen", "theme", "skim-dark", "skim-dark", "text", "", True),
    ),
)  # fmt: skip

VITALS = VitalsView(
    pid=4711, uptime=5400, memory_mb=71.4, cpu_pct=6.2, loop_lag=1.4, loop_worst=22.0, stalls=0, events_per_second=412.0,
    events=1_480_220, round_trip=3.1, slowest_event=4.4, orders_last_minute=2, orders_per_minute=20, requests_waiting=0,
    followed=31, streamed=30, consoles=1, dirty_rows=0, warnings=2, errors=1,
    connection=(
        ConnectionRow(OPEN - 7200, "CONNECTING", "127.0.0.1:4002"), ConnectionRow(OPEN - 7199, "SYNCING", "connected"),
        ConnectionRow(OPEN - 7198, "OPERATIONAL", "synced"), ConnectionRow(OPEN - 3000, "DISCONNECTED", "1100: connectivity between IBKR and TWS has been lost"),
        ConnectionRow(OPEN - 2960, "SYNCING", "1102: restored"), ConnectionRow(OPEN - 2959, "OPERATIONAL", "synced"),
    ),
)  # fmt: skip

PLAYBACK = PlaybackView(
    tape="synthetic:asx:1", speed=15.0, now=NOW, start=OPEN - 600, end=OPEN + 6 * 3600 + 600,
    tapes=("synthetic:asx:1", "synthetic:asx:2", "asx-2026-02-12"),
)  # fmt: skip

ANSWERS = {
    AskAway: Reply(1, True, "", AWAY), AskWhyNot: Reply(1, True, "", WHY_NOT), AskJournal: Reply(1, True, "", JOURNAL),
    AskSettings: Reply(1, True, "", SETTINGS), AskPlayback: Reply(1, True, "", PLAYBACK),
}  # fmt: skip


def draft_view(draft: Draft, side: str = "BUY") -> DraftView:
    """The desk's answer to a draft: 2,000 a trade at most, risk by the distance of the stop."""
    sign, lies = (-1, "above") if side == "SELL" else (1, "below")
    bid, ask, name = (3.40, 3.41, "Pilbara Minerals") if side == "BUY" else (12.33, 12.35, "Telix Pharmaceuticals")
    limit, stop = draft.limit or D(str(bid)) + D("0.02"), draft.stop or D(str(bid)) + D("0.02") - sign * D("0.18")
    distance = (limit - stop) * sign
    most = int(D(500) / distance) if distance > 0 else 0
    quantity = draft.quantity or most
    risk = quantity * distance + 12
    gates = (*(GateView(name, True, "ok") for name in GATES), GateView("risk", risk <= 520, f"{risk:.2f} of 520.00"))
    return DraftView(
        symbol=draft.symbol.upper(), side=side, name=name, problem="" if distance > 0 else f"the stop {stop} is not {lies} the limit {limit}",
        quantity=quantity, most=most, bound_by="risk", limit=limit, stop=stop, target=draft.target, value=quantity * limit,
        risk=risk, budget=D(520), fees=D("12.00"), step=D("0.01"), last=bid, bid=bid, ask=ask, gates=gates,
    )  # fmt: skip
