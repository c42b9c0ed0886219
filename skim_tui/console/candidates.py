"""The candidates pane: who gaps, how far the break is, and what became of each."""

from __future__ import annotations

from skim_tui.console import figures
from skim_tui.console.columns import Column, cells, fitting, heading
from skim_tui.console.lineview import Row, Sheet
from skim_tui.console.spans import Span
from skim_tui.console.store import Store
from skim_tui.link.market import CandidateView

STATES = {
    "watching": ("· watch", "muted"),
    "tracking": ("… range", "text"),
    "ready": ("○ ready", "accent"),
    "broken out": ("▲ BREAK", "gain bold"),
    "ticketed": ("◆ TICKET", "accent bold"),
    "entered": ("● in", "good bold"),
    "dropped": ("× out", "faint"),
}

BAR = 8
NEAR_PCT = 4.0
"""The distance bar is empty this far below the opening range's high, percent, and full at it."""


def distance(view: CandidateView) -> float | None:
    """How far the last price is from the opening range's high, percent; negative below it."""
    if not view.or_high or view.last <= 0:
        return None
    return (view.last / view.or_high - 1) * 100


def _distance(view: CandidateView) -> Span:
    away = distance(view)
    if away is None:
        return (figures.NONE, "faint")
    bar = "━" * round(max(0.0, 1 + min(0.0, away) / NEAR_PCT) * (BAR - 2))
    return f"{away:+z6.1f} {bar}", "gain" if away > 0 else "accent" if away > -1 else "muted"


def _state(view: CandidateView) -> Span:
    if view.halted:
        return "‖ HALTED", "bad bold"
    return STATES.get(view.state, (view.state, "text"))


def _note(view: CandidateView) -> Span:
    if view.state == "dropped" and view.why_not:
        return view.why_not, "faint"
    return view.news.lstrip("$ ") or view.name, "warn" if view.news.startswith("$") else "muted"


def _news(view: CandidateView) -> Span:
    return ("$" if view.news.startswith("$") else "n", "warn bold") if view.news else ("", "")


COLUMNS: tuple[Column[CandidateView], ...] = (
    Column("#", 2, lambda v: (str(v.rank or ""), "faint"), "right", need=5),
    Column("symbol", 6, lambda v: (v.symbol, "text bold")),
    Column("gap", 7, lambda v: figures.percent(v.gap_pct), "right"),
    Column("last", 8, lambda v: (figures.price(v.last), "text"), "right"),
    Column("OR high", 8, lambda v: (figures.price(v.or_high), "orh"), "right"),
    Column("OR low", 8, lambda v: (figures.price(v.or_low), "orl"), "right", need=7),
    Column("% to high", BAR + 5, _distance, "left", need=2),
    Column("state", 8, _state),
    Column("volume", 6, lambda v: (figures.volume(v.volume), "muted"), "right", need=9),
    Column("rel", 5, lambda v: (f"{v.rel_volume:.1f}x" if v.rel_volume else figures.NONE, "muted"), "right", need=4),
    Column("trend", 8, lambda v: (figures.sparkline(v.spark, 8), "muted"), need=8),
    Column("n", 1, _news, need=3),
    Column("news / why not", 10, _note, need=6, grow=True),
)


def ordered(store: Store, wanted: str = "") -> list[CandidateView]:
    """The candidates by rank, dropped ones last; only those with the text ``wanted``."""
    text = wanted.casefold()
    views = [
        v for v in store.candidates.values()
        if not text or text in f"{v.symbol} {v.name} {v.state} {v.news}".casefold()
    ]  # fmt: skip
    return sorted(views, key=lambda v: (v.state == "dropped", v.rank or 9999, v.symbol))


def sheet(store: Store, width: int, wanted: str) -> Sheet:
    columns = fitting(COLUMNS, width)
    rows = [
        Row(v.symbol, (cells(columns, v, "faint" if v.state == "dropped" else ""),)) for v in ordered(store, wanted)
    ]
    return Sheet(heading(columns), rows, _empty(store, wanted))


def _empty(store: Store, wanted: str) -> list[str]:
    header = store.header
    if wanted and store.candidates:
        return [f"No candidate matches “{wanted}”.", "esc clears the search."]
    if not store.loaded:
        return ["Waiting for the desk."]
    if header.connection != "OPERATIONAL":
        return [f"No candidates: the broker connection is {header.connection}.", "The scan starts once it is up."]
    if header.phase in ("CLOSED", "POST-CLOSE"):
        return ["No candidates: the market is closed.", "The scan runs again before the next open."]
    if header.phase == "OPEN":
        return ["No stock gaps enough for the scan's limits.", "The scan repeats by itself; [scan] in config.toml."]
    return ["No candidates yet: gaps show once stocks open.", "Nothing to do: the scan runs by itself."]
