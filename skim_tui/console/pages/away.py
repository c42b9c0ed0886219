"""What happened while you were away: the desk's own account since the last console left."""

from __future__ import annotations

from decimal import Decimal

from skim_tui.console import figures
from skim_tui.console.columns import Column, cells, fitting, heading
from skim_tui.console.lineview import Row, Sheet
from skim_tui.console.pages.page import Page
from skim_tui.console.spans import Line, clip, joined
from skim_tui.link.commands import AnyCommand, AskAway
from skim_tui.link.history import AwayRow, AwayView
from skim_tui.link.messages import AnyView

LOUD = ("kill", "MISMATCH", "reject", "order rejected", "lockout", "stop", "fault")
"""Words of an event that want an eye first."""


def is_loud(row: AwayRow) -> bool:
    text = f"{row.what} {row.why}".casefold()
    return any(word.casefold() in text for word in LOUD)


class AwayPage(Page):
    place = "away"
    title_text = "While you were away"
    rows_title = "What the desk did"
    topics = frozenset({"positions"})

    view = AwayView()

    def question(self) -> AnyCommand:
        return AskAway()

    def take(self, view: AnyView) -> None:
        if isinstance(view, AwayView):
            self.view = view

    def summary_height(self, width: int, height: int) -> int:
        return 4

    def summary(self, width: int, height: int) -> list[Line]:
        store, view = self.skim.store, self.view
        header = store.header
        if not view.since:
            return [(), clip(((" No console was attached to this desk before: everything is new.", "muted"),), width)]
        tz = header.tz
        span: Line = (
            (f" {figures.clock(view.since, tz, '%a %H:%M')}", "text bold"), (" to ", "muted"),
            (figures.clock(view.until, tz, "%a %H:%M"), "text bold"),
            (f"  {figures.duration(view.until - view.since)}", "muted"),
        )  # fmt: skip
        earned = sum((trade.pnl for trade in view.closed), Decimal(0))
        bare = [held.symbol for held in store.positions.values() if held.owned and not held.protected]
        guard: Line = (("every stop is at the broker", "good"),) if store.positions else (("nothing is held", "muted"),)
        if bare:
            guard = ((f" UNPROTECTED: {', '.join(bare)} ", "ink bold on bad"),)
        return [
            clip(line, width)
            for line in (
                span,
                joined((
                    ((f" {len(view.closed)} closed", "text bold"), ("  ", ""), figures.profit(earned)),
                    ((f"{len(store.positions)} open", "text bold"), ("  ", ""), figures.profit(header.unrealised)),
                    guard,
                )),
                joined(
                    (((" entries blocked: ", "muted"), (header.entries_blocked, "warn")),)
                    if header.entries_blocked
                    else (((" entries are allowed", "muted"),),)
                ),
                ((" esc goes to the desk", "muted"),),
            )
        ]  # fmt: skip

    def sheet(self, width: int) -> Sheet:
        tz = self.skim.store.header.tz
        columns = fitting(
            (
                Column[AwayRow]("time", 8, lambda v: (figures.clock(v.ts, tz), "faint")),
                Column[AwayRow]("", 1, lambda v: ("!" if is_loud(v) else " ", "warn bold")),
                Column[AwayRow]("what", 16, lambda v: (v.what, "warn" if is_loud(v) else "text")),
                Column[AwayRow]("of", 22, lambda v: (v.subject, "text bold"), need=1),
                Column[AwayRow]("why", 10, lambda v: (v.why, "muted"), need=2, grow=True),
                Column[AwayRow]("by", 12, lambda v: (v.who, "faint"), need=3),
            ),
            width,
        )
        rows = [Row(str(n), (cells(columns, row),)) for n, row in reversed(list(enumerate(self.view.rows)))]
        return Sheet(heading(columns), rows, self.empty("Nothing happened: no ticket, no order, no fill.", "esc goes to the desk."))  # fmt: skip
