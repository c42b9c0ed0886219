"""Health: the connection and its history, delays, queues, rates and errors of desk and console."""

from __future__ import annotations

from skim_tui.console import figures
from skim_tui.console.columns import Column, cells, fitting, heading
from skim_tui.console.lineview import Row, Sheet
from skim_tui.console.pages.page import Page
from skim_tui.console.spans import Line, Span, clip, joined
from skim_tui.link.values import ConnectionRow, HealthView

STATES = {"OPERATIONAL": "good", "SYNCING": "warn", "CONNECTING": "warn", "DISCONNECTED": "bad bold"}
LEVELS = {"ok": "text", "warning": "warn", "error": "bad bold"}
SLOW = 50.0
"""Milliseconds of loop lag that are a stall."""


def milliseconds(value: float) -> Span:
    return f"{value:.0f} ms" if value >= 10 else f"{value:.1f} ms", "bad bold" if value > SLOW else "text"


class HealthPage(Page):
    place = "health"
    title_text = "Health"
    rows_title = "Connection history"
    topics = frozenset({"vitals", "health", "header"})

    def summary_height(self, width: int, height: int) -> int:
        figures_told = len(self._told())
        return min(9 + figures_told, max(6, height - 7))

    def summary(self, width: int, height: int) -> list[Line]:
        app, header, vitals = self.skim, self.skim.store.header, self.skim.store.pulse()
        state: Line = (
            (" broker    ", "muted"), (header.connection, STATES.get(header.connection, "text")),
            (f"  {header.connection_reason}", "muted"),
        )  # fmt: skip
        if header.outlook:
            state = (*state, (f"  {header.outlook}", "warn"))
        lines: list[Line] = [state]
        if vitals is None:
            lines.append(((" desk      waiting for its first pulse", "muted"),))
        else:
            trip: Span = milliseconds(vitals.round_trip) if vitals.round_trip is not None else (figures.NONE, "faint")
            orders = f"{vitals.orders_last_minute} of {vitals.orders_per_minute}"
            waiting = vitals.requests_waiting
            lines += [
                joined((
                    ((" line      ", "muted"), ("round trip ", "muted"), trip),
                    (("requests waiting ", "muted"), (str(waiting) if waiting is not None else figures.NONE, "warn" if waiting else "text")),
                    (("orders a minute ", "muted"), (orders, "text")),
                )),
                joined((
                    ((" feed      ", "muted"), (f"{vitals.events_per_second:,.0f}", "text bold"), (" events/s", "muted")),
                    ((f"{vitals.streamed} of {vitals.followed}", "text"), (" followed stream", "muted")),
                    (("slowest event ", "muted"), milliseconds(vitals.slowest_event)),
                )),
                joined((
                    ((" desk      ", "muted"), ("loop lag ", "muted"), milliseconds(vitals.loop_lag)),
                    (("worst ", "muted"), milliseconds(vitals.loop_worst)),
                    (("stalls ", "muted"), (str(vitals.stalls), "warn" if vitals.stalls else "text")),
                    (("CPU ", "muted"), (f"{vitals.cpu_pct:.0f}%", "text")),
                    (("memory ", "muted"), (f"{vitals.memory_mb:.0f} MB", "text")),
                )),
                joined((
                    ((" link      ", "muted"), (f"{vitals.consoles}", "text"), (" console(s)", "muted")),
                    (("rows not told yet ", "muted"), (str(vitals.dirty_rows), "text")),
                    (("desk up ", "muted"), (figures.duration(vitals.uptime), "text"), (f" (process {vitals.pid})", "faint")),
                )),
                joined((
                    ((" log       ", "muted"), (f"{vitals.errors}", "bad bold" if vitals.errors else "text"), (" errors", "muted")),
                    ((f"{vitals.warnings}", "warn" if vitals.warnings else "text"), (" warnings in the last 500 lines", "muted")),
                )),
            ]  # fmt: skip
        dog, sent = app.watchdog, app.drawn()
        lines += [
            joined((
                ((" console   ", "muted"), ("loop lag ", "muted"), milliseconds(dog.recent * 1000)),
                (("worst ", "muted"), milliseconds(dog.worst * 1000)),
                (("stalls ", "muted"), (str(dog.stalls), "warn" if dog.stalls else "text")),
            )),
            joined((
                ((" terminal  ", "muted"), (f"{sent.per_second / 1000:.1f}", "text"), (" kB/s", "muted")),
                ((f"{sent.total / 1e6:.1f}", "text"), (" MB sent", "muted")),
                ((f"{sent.dropped}", "warn" if sent.dropped else "text"), (" pictures dropped", "muted")),
            )),
        ]  # fmt: skip
        lines += [
            ((f" {told.group:<10}", "muted"), (f"{told.label} ", "muted"), (told.value, LEVELS.get(told.level, "text")))
            for told in self._told()
        ]
        return [clip(line, width) for line in lines][:height]

    def _told(self) -> list[HealthView]:
        """Figures that parts of the desk publish of themselves."""
        rows = self.skim.store.other.get("health", {}).values()
        return sorted((row for row in rows if isinstance(row, HealthView)), key=lambda row: (row.group, row.label))

    def sheet(self, width: int) -> Sheet:
        tz = self.skim.store.header.tz
        columns = fitting(
            (
                Column[ConnectionRow]("time", 15, lambda v: (figures.clock(v.ts, tz, "%d %b %H:%M:%S"), "faint")),
                Column[ConnectionRow]("state", 13, lambda v: (v.state, STATES.get(v.state, "text"))),
                Column[ConnectionRow]("why", 10, lambda v: (v.reason, "text"), grow=True),
            ),
            width,
        )
        vitals = self.skim.store.pulse()
        history = vitals.connection if vitals is not None else ()
        rows = [Row(str(n), (cells(columns, row),)) for n, row in reversed(list(enumerate(history)))]
        return Sheet(heading(columns), rows, ["The connection has not changed since this desk started."])
