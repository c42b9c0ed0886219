"""The settings: what is in force, what is allowed, and what waits for a restart."""

from __future__ import annotations

from skim_tui.console.columns import Column, cells, fitting, heading
from skim_tui.console.dialogs import Type
from skim_tui.console.lineview import Row, Sheet
from skim_tui.console.pages.page import Page
from skim_tui.console.spans import Line, Span, clip, joined
from skim_tui.link.commands import AnyCommand, AskSettings, SaveSetting
from skim_tui.link.controls import SettingRow, SettingsView
from skim_tui.link.messages import AnyView


class SettingsPage(Page):
    place = "settings"
    title_text = "Settings"
    rows_title = "In force"

    view = SettingsView()

    def question(self) -> AnyCommand:
        return AskSettings()

    def take(self, view: AnyView) -> None:
        if isinstance(view, SettingsView):
            self.view = view

    @property
    def chosen(self) -> SettingRow | None:
        """The row under the cursor."""
        return next((row for row in self.view.rows if f"{row.section}.{row.key}" == self.table.key), None)

    def summary_height(self, width: int, height: int) -> int:
        return 4

    def summary(self, width: int, height: int) -> list[Line]:
        waiting = sum(1 for row in self.view.rows if row.pending)
        note: Line = ((f"{waiting} wait for the desk's next start", "warn"),) if waiting else ()
        lines: list[Line] = [joined((((" file ", "muted"), (self.view.path, "text")), note))]
        row = self.chosen if self.is_attached else None
        if row is not None:
            lines += [
                ((f" {row.section}.{row.key}", "accent bold"), (f"  {row.doc}", "text")),
                ((" allowed: ", "muted"), (row.kind, "text"), ("   default: ", "muted"), (row.default or "empty", "text")),
                ((" a change counts at once", "good"),) if row.at_once else ((" a change counts from the desk's next start", "warn"),),
            ]  # fmt: skip
        return [clip(line, width) for line in lines]

    def sheet(self, width: int) -> Sheet:
        def value(row: SettingRow) -> Span:
            return row.value or "empty", "accent bold" if row.value != row.default else "text"

        def waits(row: SettingRow) -> Span:
            return (f"→ {row.pending} after a restart", "warn") if row.pending else (row.doc, "muted")

        columns = fitting(
            (
                Column[SettingRow]("section", 13, lambda v: (v.section, "muted")),
                Column[SettingRow]("setting", 22, lambda v: (v.key, "text bold")),
                Column[SettingRow]("value", 18, value),
                Column[SettingRow]("", 7, lambda v: ("" if v.at_once else "restart", "faint"), need=1),
                Column[SettingRow]("meaning", 10, waits, need=2, grow=True),
            ),
            width,
        )
        rows = [Row(f"{row.section}.{row.key}", (cells(columns, row),)) for row in self.view.rows]
        return Sheet(heading(columns), rows, self.empty("The desk told no settings."))

    def do_change(self) -> None:
        row = self.chosen
        if row is None:
            return
        text = [row.doc or row.key, f"allowed: {row.kind}", f"default: {row.default or 'empty'}"]

        def answered(value: str | None) -> None:
            if value is not None and value != row.value:
                self.run_worker(self._save(row, value), name="setting", group="command", exclusive=False)

        self.app.push_screen(
            Type(self.skim.palette, f"{row.section}.{row.key}", text, row.pending or row.value), answered
        )

    async def _save(self, row: SettingRow, value: str) -> None:
        reply = await self.skim.attachment.send(SaveSetting(row.section, row.key, value))
        self.skim.say(reply.text, "good" if reply.ok else "bad bold")
        if isinstance(reply.view, SettingsView):
            self.take(reply.view)
        if reply.ok and (row.section, row.key) == ("screen", "theme"):
            self.skim.use_theme(value)
            self.skim.memory.keep(theme=value)
        self.lay_out()
