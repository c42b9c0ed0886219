"""The journal: closed trades of today and before, with what they add up to."""

from __future__ import annotations

from collections.abc import Callable

from skim_tui.console import figures
from skim_tui.console.columns import Column, cells, fitting, heading
from skim_tui.console.curve import curve
from skim_tui.console.ledger import (
    Ledger,
    by_hour,
    by_session,
    by_side,
    by_strategy,
    distribution,
    equity,
    last_sessions,
    ledger,
    slippage,
)
from skim_tui.console.lineview import Row, Sheet
from skim_tui.console.pages.page import Page
from skim_tui.console.spans import Line, Span, clip, spread
from skim_tui.console.ways import way
from skim_tui.link.commands import AnyCommand, AskJournal
from skim_tui.link.history import JournalView, PastTrade
from skim_tui.link.messages import AnyView

VIEWS = ("trades", "sessions", "strategies", "hours", "sides", "R distribution")
PERIODS = ((0, "all sessions"), (1, "today"), (5, "last 5 sessions"), (20, "last 20 sessions"))


class JournalPage(Page):
    place = "journal"
    title_text = "Journal"
    topics = frozenset({"trades"})

    view = JournalView()
    shown = 0
    """Index in :data:`VIEWS`."""
    span = 0
    """Index in :data:`PERIODS`."""
    _known = 0

    def question(self) -> AnyCommand:
        return AskJournal()

    def take(self, view: AnyView) -> None:
        if isinstance(view, JournalView):
            self.view = view

    def repaint(self) -> None:
        if len(self.skim.store.trades) != self._known:
            self._known = len(self.skim.store.trades)
            self.reload()
        self.table.border_title = VIEWS[self.shown]
        super().repaint()

    @property
    def trades(self) -> list[PastTrade]:
        """The trades of the chosen period, oldest first."""
        return last_sessions(self.view.trades, PERIODS[self.span][0], self.view.today)

    @property
    def rows_title(self) -> str:  # type: ignore[override]
        return f"{VIEWS[self.shown].capitalize()} (← → others)"

    # ---- the summary --------------------------------------------------------------------------------

    def summary_height(self, width: int, height: int) -> int:
        return 6 if height < 22 else 9

    def summary(self, width: int, height: int) -> list[Line]:
        trades = self.trades
        total = ledger(trades)
        head = spread(
            (
                (f" {PERIODS[self.span][1]}", "text bold"),
                (f"  {total.trades} trade{'' if total.trades == 1 else 's'}", "muted"),
            ),
            (("p other period ", "muted"),),
            width,
        )
        if not trades:
            return [head, (), ((" No closed trade in this time.", "muted"),)]
        left = self._figures(total)
        room = width - 52
        if room < 12:
            return [head, *(clip(line, width) for line in left)][:height]
        curve_lines = curve([float(value) for value in equity(trades)], room - 2, height - 1)
        lines: list[Line] = [head]
        for index in range(height - 1):
            text: Line = left[index] if index < len(left) else ()
            padded = clip((*text, (" " * 52, "")), 52)
            lines.append((*padded, *(curve_lines[index] if index < len(curve_lines) else ())))
        return lines

    def _figures(self, total: Ledger) -> list[Line]:
        def said(label: str, *value: Span) -> Line:
            return ((f" {label:<12}", "muted"), *value)

        def ratio(value: float | None, form: str) -> str:
            return form.format(value) if value is not None else figures.NONE

        def amount(value: object) -> Span:
            return figures.profit(value) if value is not None else (figures.NONE, "faint")  # type: ignore[arg-type]

        slip = total.slip
        return [
            said("profit", *(amount(total.pnl), (f"  fees {figures.money(total.fees)}", "muted"))),
            said(
                "expectancy", amount(total.expectancy), (f"  {ratio(total.expectancy_r, '{:+.2f}R')} a trade", "text")
            ),
            said(
                "win rate",
                (ratio(total.win_rate, "{:.0%}"), "text bold"),
                (f"  {total.wins} of {total.trades}", "muted"),
            ),
            said("factor", (ratio(total.profit_factor, "{:.2f}"), "text"), ("  gains / losses", "muted")),
            said("average", amount(total.average_win), ("  ", ""), amount(total.average_loss)),
            said("worst run", (figures.money(-total.worst_run), "loss" if total.worst_run else "muted")),
            said(
                "slippage",
                (figures.money(slip, sign=True) if slip is not None else figures.NONE, "text"),
                ("  against limit and stop", "muted"),
            ),
        ]

    # ---- the table ----------------------------------------------------------------------------------

    def sheet(self, width: int) -> Sheet:
        view = VIEWS[self.shown]
        if view == "trades":
            return self._trades(width)
        if view == "R distribution":
            return self._distribution(width)
        tz = self.skim.store.header.tz
        groups: dict[str, Callable[[], list[tuple[str, Ledger]]]] = {
            "sessions": lambda: by_session(self.trades), "strategies": lambda: by_strategy(self.trades),
            "hours": lambda: by_hour(self.trades, tz), "sides": lambda: by_side(self.trades),
        }  # fmt: skip
        return self._groups(view, groups[view](), width)

    def _trades(self, width: int) -> Sheet:
        tz = self.skim.store.header.tz

        def slip(v: PastTrade) -> Span:
            lost = slippage(v)
            return (figures.money(lost, sign=True) if lost is not None else figures.NONE, "muted")

        columns = fitting(
            (
                Column[PastTrade]("date", 10, lambda v: (v.session, "faint"), need=4),
                Column[PastTrade]("in", 5, lambda v: (figures.clock(v.entered, tz, "%H:%M"), "text")),
                Column[PastTrade](
                    "out", 12, lambda v: (figures.clock(v.exited, tz, "%d %b %H:%M").lstrip("0"), "muted"), need=3
                ),
                Column[PastTrade]("symbol", 6, lambda v: (v.symbol, "text bold")),
                Column[PastTrade]("side", 5, lambda v: (way(v.side).name, way(v.side).style), need=2),
                Column[PastTrade]("shares", 7, lambda v: (way(v.side).signed(v.quantity), "text"), "right", need=2),
                Column[PastTrade]("entry", 8, lambda v: (figures.price(v.entry), "entry"), "right"),
                Column[PastTrade]("exit", 8, lambda v: (figures.price(v.exit), "text"), "right"),
                Column[PastTrade]("P&L", 11, lambda v: figures.profit(v.pnl), "right"),
                Column[PastTrade]("R", 6, lambda v: figures.multiple(v.r), "right"),
                Column[PastTrade]("slip", 8, slip, "right", need=5),
                Column[PastTrade]("fees", 7, lambda v: (figures.money(v.fees), "faint"), "right", need=6),
                Column[PastTrade]("strategy", 12, lambda v: (v.strategy, "muted"), need=7),
                Column[PastTrade]("ended by", 8, lambda v: (v.why, "muted"), need=1, grow=True),
            ),
            width,
        )
        rows = [Row(trade.id, (cells(columns, trade),)) for trade in reversed(self.trades)]
        empty = self.empty(
            "No closed trade in this time: p shows another.", "A trade is here once its last share is out."
        )
        return Sheet(heading(columns), rows, empty)

    def _groups(self, title: str, groups: list[tuple[str, Ledger]], width: int) -> Sheet:
        most = max((abs(float(found.pnl)) for _, found in groups), default=0.0) or 1.0

        def bar(v: tuple[str, Ledger]) -> Span:
            pnl = float(v[1].pnl)
            return ("━" * round(abs(pnl) / most * 20), "gain" if pnl > 0 else "loss")

        columns = fitting(
            (
                Column[tuple[str, Ledger]](title.removesuffix("s"), 14, lambda v: (v[0], "text bold")),
                Column[tuple[str, Ledger]]("trades", 6, lambda v: (str(v[1].trades), "text"), "right"),
                Column[tuple[str, Ledger]]("won", 5, lambda v: (f"{v[1].win_rate or 0:.0%}", "text"), "right"),
                Column[tuple[str, Ledger]]("P&L", 12, lambda v: figures.profit(v[1].pnl), "right"),
                Column[tuple[str, Ledger]]("R a trade", 9, lambda v: figures.multiple(v[1].expectancy_r), "right"),
                Column[tuple[str, Ledger]]("", 20, bar, need=1, grow=True),
            ),
            width,
        )
        rows = [Row(row[0], (cells(columns, row),)) for row in groups]
        return Sheet(heading(columns), rows, self.empty("No closed trade in this time: p shows another."))

    def _distribution(self, width: int) -> Sheet:
        found = distribution(self.trades)
        most = max((count for _, count in found), default=0) or 1
        rows = [
            Row(name, (((f"{name:<14}", "text"), (f"{count:>5}  ", "text bold"), ("█" * round(count / most * max(4, width - 30)), "loss" if name.startswith(("-", "below")) else "gain")),))
            for name, count in found
        ]  # fmt: skip
        heading_line: Line = (("result         trades", "faint"),)
        return Sheet(
            heading_line, rows if self.trades else [], self.empty("No closed trade in this time: p shows another.")
        )

    # ---- keys ---------------------------------------------------------------------------------------

    def do_turn_right(self) -> None:
        self._turn(1)

    def do_turn_left(self) -> None:
        self._turn(-1)

    def _turn(self, by: int) -> None:
        self.shown = (self.shown + by) % len(VIEWS)
        self.lay_out()

    def do_period(self) -> None:
        self.span = (self.span + 1) % len(PERIODS)
        self.lay_out()
