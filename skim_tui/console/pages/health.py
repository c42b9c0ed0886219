"""Health: the connection and its history, delays, queues, rates and errors of desk and console."""

from __future__ import annotations

from skim_tui.console import figures
from skim_tui.console.columns import Column, cells, fitting, heading
from skim_tui.console.dialogs import Choice
from skim_tui.console.header import coming
from skim_tui.console.lineview import Row, Sheet
from skim_tui.console.pages.page import Page
from skim_tui.console.spans import Line, Span, clip, joined, length
from skim_tui.link.commands import SelfTest
from skim_tui.link.health import ConnectionRow, HealthView, SelfTestView

STATES = {"OPERATIONAL": "good", "SYNCING": "warn", "CONNECTING": "warn", "DISCONNECTED": "bad bold"}
LEVELS = {"ok": "text", "warning": "warn", "error": "bad bold"}
LABEL = 11
"""Cells of the words at the left."""
SLOW = 50.0
"""Milliseconds of loop lag that are a stall."""


def milliseconds(value: float) -> Span:
    return f"{value:.0f} ms" if value >= 10 else f"{value:.1f} ms", "bad bold" if value > SLOW else "text"


class HealthPage(Page):
    place = "health"
    title_text = "Health"
    rows_title = "Connection history"
    topics = frozenset({"vitals", "health", "header", "selftest"})

    def summary_height(self, width: int, height: int) -> int:
        more = len(self._told()) + len(self._feeds()) + len(self._tested()) + len(self._ahead(width))
        return min(9 + more, max(6, height - 7))

    def summary(self, width: int, height: int) -> list[Line]:
        app, header, vitals = self.skim, self.skim.store.header, self.skim.store.pulse()
        state: Line = (
            (" broker    ", "muted"), (header.connection, STATES.get(header.connection, "text")),
            (f"  {header.connection_reason}", "muted"),
        )  # fmt: skip
        lines: list[Line] = [state, *self._ahead(width)]
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
        dog, sent = app.watchdog, app.frames.sent
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
        lines += self._feeds() + self._tested()
        return [clip(line, width) for line in lines][:height]

    def _ahead(self, width: int) -> list[Line]:
        """How long until the broker's known absences and the market's open, as many to a line as fit."""
        lines: list[list[Line]] = []
        now = self.skim.shown_now
        for one in self.skim.store.header.ahead:
            part = coming(one, now)
            if lines and length(joined((*lines[-1], part))) + LABEL <= width:
                lines[-1].append(part)
            else:
                lines.append([part])
        return [
            ((f" {'ahead' if not number else '':<{LABEL - 1}}", "muted"), *joined(parts))
            for number, parts in enumerate(lines)
        ]

    def _feeds(self) -> list[Line]:
        """The subscriptions that have been silent longest."""
        vitals = self.skim.store.pulse()
        if vitals is None or not vitals.feeds:
            return []
        line: list[Span] = [(" ticks     ", "muted"), ("quietest ", "muted")]
        for row in vitals.feeds[:5]:
            age = "never" if row.tick is None else figures.duration(row.tick)
            line += [(f"{row.symbol} ", "text bold"), (f"{age}  ", "warn" if row.tick is None else "text")]
        return [tuple(line)]

    def _tested(self) -> list[Line]:
        """What the self-test found, the verdict last."""
        rows = [row for row in self.skim.store.other.get("selftest", {}).values() if isinstance(row, SelfTestView)]
        rows.sort(key=lambda row: row.name == "verdict")
        return [
            (
                (" self-test ", "muted"), ("✓ " if row.ok else "✗ ", "good" if row.ok else "bad bold"),
                (f"{row.name}  ", "text"), (row.text, "muted" if row.ok else "bad"),
            )
            for row in rows
        ]  # fmt: skip

    def do_selftest(self) -> None:
        def start(_: str) -> None:
            self.skim.operating.send(SelfTest())

        text = [
            "A twin of this desk, in a folder of its own, is killed and disturbed",
            "on a simulated exchange. It takes a minute or two of one core.",
        ]
        self.skim.operating.ask("Run the self-test?", text, [Choice("y", "run it", "run")], start)

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
