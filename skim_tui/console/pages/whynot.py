"""Why not: every candidate that was not traded, the first reason, and the move that was missed."""

from __future__ import annotations

from skim_tui.console import figures
from skim_tui.console.columns import Column, cells, fitting, heading
from skim_tui.console.lineview import Row, Sheet
from skim_tui.console.pages.page import Page
from skim_tui.console.spans import Line, Span, clip, joined, wrap
from skim_tui.link.commands import AnyCommand, AskWhyNot
from skim_tui.link.history import WhyNotRow, WhyNotView
from skim_tui.link.messages import AnyView


def missed(row: WhyNotRow) -> Span:
    """The best move after the break; one that ran into its stop first says so."""
    if row.best_pct is None:
        return figures.NONE, "faint"
    return f"{row.best_pct:+.1f}%{' ×' if row.stopped else ''}", "gain" if row.best_pct > 1 else "muted"


class WhyNotPage(Page):
    place = "why not"
    title_text = "Why not"
    rows_title = "Not traded"
    renew = 5.0

    view = WhyNotView()
    session = ""
    """ISO date; empty for today."""

    def question(self) -> AnyCommand:
        return AskWhyNot(self.session)

    def take(self, view: AnyView) -> None:
        if isinstance(view, WhyNotView):
            self.view = view

    def summary_height(self, width: int, height: int) -> int:
        return 5 if height >= 18 else 4

    def summary(self, width: int, height: int) -> list[Line]:
        rows = self.view.rows
        session = self.session or (self.view.sessions[0] if self.view.sessions else "today")
        number = len(self.view.sessions)
        head: Line = ((f" {session}", "text bold"), ("  ← → other sessions" if number > 1 else "", "muted"))
        broke = [row for row in rows if row.break_price]
        ran = [row for row in broke if (row.best_r or 0.0) >= 1]
        counts: Line = joined((
            ((f" {len(rows)} not traded", "text"),), ((f"{len(broke)} broke out", "text"),),
            ((f"{len(ran)} ran 1R or more", "gain" if ran else "muted"),),
        ))  # fmt: skip
        chosen = next((row for row in rows if row.symbol == self.table.key), None) if self.is_attached else None
        detail = self._detail(chosen, width) if chosen is not None else [()]
        return [clip(line, width) for line in (head, counts, *detail)][:height]

    def _detail(self, row: WhyNotRow, width: int) -> list[Line]:
        """The selected row's reason in full, and its prices."""
        reason = wrap(f"{row.symbol}: {row.why or row.state}", width - 2)
        prices: list[Line] = [((" gap ", "muted"), figures.percent(row.gap_pct))]
        if row.or_high and row.or_low:
            prices.append(
                (("range ", "muted"), (f"{figures.price(row.or_low)} to {figures.price(row.or_high)}", "orh"))
            )
        if row.break_price:
            when = figures.clock(row.break_ts, self.skim.store.header.tz, "%H:%M")
            prices.append((("broke ", "muted"), (f"{figures.price(row.break_price)} at {when}", "text")))
        if row.last_pct is not None:
            prices.append((("now ", "muted"), (f"{row.last_pct:+.1f}%", "gain" if row.last_pct > 0 else "loss")))
        if row.stopped:
            prices.append((("× stopped out after its best", "warn"),))
        return [*(((f" {text}", "accent"),) for text in reason[:2]), joined(prices)]

    def sheet(self, width: int) -> Sheet:
        tz = self.skim.store.header.tz
        columns = fitting(
            (
                Column[WhyNotRow]("symbol", 6, lambda v: (v.symbol, "text bold")),
                Column[WhyNotRow]("gap", 7, lambda v: figures.percent(v.gap_pct), "right"),
                Column[WhyNotRow](
                    "broke", 5, lambda v: (figures.clock(v.break_ts, tz, "%H:%M") or figures.NONE, "text")
                ),
                Column[WhyNotRow]("at", 8, lambda v: (figures.price(v.break_price), "orh"), "right", need=4),
                Column[WhyNotRow]("missed", 8, missed, "right"),
                Column[WhyNotRow]("R", 6, lambda v: figures.multiple(v.best_r), "right", need=1),
                Column[WhyNotRow]("state", 10, lambda v: (v.state, "muted"), need=3),
                Column[WhyNotRow](
                    "the first reason", 12, lambda v: (v.why or "still open", "text" if v.why else "faint"), grow=True
                ),
            ),
            width,
        )
        rows = [Row(row.symbol, (cells(columns, row),)) for row in self.view.rows]
        return Sheet(heading(columns), rows, self.empty("No candidate was passed over in this session.", "They appear as the gap scan finds and the rules drop them."))  # fmt: skip

    def do_turn_right(self) -> None:
        self._turn(1)

    def do_turn_left(self) -> None:
        self._turn(-1)

    def _turn(self, by: int) -> None:
        sessions = self.view.sessions
        if len(sessions) < 2:
            self.skim.say("no other session is recorded", "muted")
            return
        at = sessions.index(self.session) if self.session in sessions else 0
        self.session = sessions[(at + by) % len(sessions)]
        if self.session == sessions[0]:
            self.session = ""
        self.reload()
