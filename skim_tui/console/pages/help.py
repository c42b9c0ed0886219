"""Help: every key with what it does and where, from the action table in force."""

from __future__ import annotations

from skim_tui.console.actions import Action
from skim_tui.console.arrange import PANES
from skim_tui.console.columns import Column, cells, fitting, heading
from skim_tui.console.lineview import Row, Sheet
from skim_tui.console.pages.page import Page


def where(action: Action) -> str:
    """The places in which an action works, in words."""
    if not action.where:
        return "everywhere"
    return "the desk" if {*action.where} >= {*PANES} else ", ".join(action.where)


class HelpPage(Page):
    place = "help"
    title_text = "Keys"

    def sheet(self, width: int) -> Sheet:
        columns = fitting(
            (
                Column[Action]("", 8, lambda v: (v.group, "accent"), need=1),
                Column[Action]("key", 10, lambda v: (v.shown_keys, "key bold")),
                Column[Action]("does", 46, lambda v: (v.what, "text"), grow=True),
                Column[Action]("where", 18, lambda v: (where(v), "muted"), need=2),
            ),
            width,
        )
        rows = [Row(action.id, (cells(columns, action),)) for action in self.skim.actions]
        palette = Action("palette", "ctrl+p", "commands", "all of these by name", "Screens")
        return Sheet(heading(columns), [*rows, Row("palette", (cells(columns, palette),))], [])
