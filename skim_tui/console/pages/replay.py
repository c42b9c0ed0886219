"""Replay: the tape that the embedded exchange plays, and the keys that steer it."""

from __future__ import annotations

from datetime import datetime

from skim_tui.console import figures
from skim_tui.console.dialogs import Choice, Type
from skim_tui.console.lineview import Row, Sheet
from skim_tui.console.pages.page import Page
from skim_tui.console.spans import Line, clip, joined
from skim_tui.link.commands import AnyCommand, AskPlayback, SetPlayback, StopDesk
from skim_tui.link.controls import PlaybackView
from skim_tui.link.messages import AnyView

STEP = 60.0
"""Exchange seconds of one step."""
SLOWEST, FASTEST = 0.25, 960.0


class ReplayPage(Page):
    place = "replay"
    title_text = "Replay"
    rows_title = "Tapes"
    renew = 0.5

    view = PlaybackView()

    def question(self) -> AnyCommand:
        return AskPlayback()

    def take(self, view: AnyView) -> None:
        if isinstance(view, PlaybackView):
            self.view = view

    def summary_height(self, width: int, height: int) -> int:
        return 5

    def summary(self, width: int, height: int) -> list[Line]:
        view, tz = self.view, self.skim.store.header.tz
        if not view.tape:
            said = self.refusal or "asking the desk …"
            return [(), clip(((f" {said}", "muted"),), width)]
        share = (view.now - view.start) / (view.end - view.start) if view.end > view.start else 0.0
        state: Line = (
            ((" PAUSED ", "ink bold on warn"),) if view.paused else ((f" {view.speed:g}x ", "ink bold on good"),)
        )
        return [
            clip(line, width)
            for line in (
                joined((((" ", ""), *state), ((figures.clock(view.now, tz), "text bold"),), ((view.tape, "muted"),))),
                (),
                ((" ", ""), (figures.clock(view.start, tz, "%H:%M"), "muted"), (" ", ""), (figures.meter(share, max(10, width - 16)), "accent"), (" ", ""), (figures.clock(view.end, tz, "%H:%M"), "muted")),
                (),
                ((" The same desk trades this tape: esc goes to it.", "muted"),),
            )
        ]  # fmt: skip

    def sheet(self, width: int) -> Sheet:
        rows = [
            Row(
                tape,
                (
                    (
                        (
                            f"{'▸ ' if tape == self.view.tape else '  '}{tape}",
                            "text bold" if tape == self.view.tape else "text",
                        ),
                    ),
                ),
            )
            for tape in self.view.tapes
        ]
        heading: Line = (("  e starts the selected tape", "faint"),)
        return Sheet(
            heading,
            rows,
            self.empty(
                "No other tape is known.", "Put tape folders into the data folder's tapes, or start with --tape."
            ),
        )

    # ---- keys ---------------------------------------------------------------------------------------

    def do_pause(self) -> None:
        self._steer("resume" if self.view.paused else "pause")

    def do_faster(self) -> None:
        self._steer("speed", min(FASTEST, max(SLOWEST, self.view.speed) * 2))

    def do_slower(self) -> None:
        self._steer("speed", max(SLOWEST, self.view.speed / 2))

    def do_step(self) -> None:
        self._steer("step", STEP)

    def do_seek(self) -> None:
        tz = self.skim.store.header.tz
        text = ["Plays at once up to this time of the tape's day, e.g. 14:30.", "Time only goes forward."]

        def answered(value: str | None) -> None:
            if not value:
                return
            try:
                at = datetime.strptime(value.strip(), "%H:%M")
            except ValueError:
                self.skim.say(f"{value}: not a time of day like 14:30", "warn")
                return
            day = datetime.fromtimestamp(self.view.now, figures.zone(tz))
            self._steer("seek", day.replace(hour=at.hour, minute=at.minute, second=0, microsecond=0).timestamp())

        self.app.push_screen(Type(self.skim.palette, "Seek", text, figures.clock(self.view.now, tz, "%H:%M")), answered)

    def do_choose(self) -> None:
        tape = self.table.key
        if not tape:
            return

        def start(_: str) -> None:
            self.run_worker(self._change(tape), name="tape", group="command", exclusive=False)

        text = [
            "The exchange and the desk start anew with this tape.",
            "What is held on the present tape stays with it.",
        ]
        self.skim.operating.ask(f"Play {tape}?", text, [Choice("y", "start it", "yes")], start, grave=True)

    async def _change(self, tape: str) -> None:
        """End the exchange and its desk; the attachment starts the next one."""
        reply = await self.skim.attachment.send(SetPlayback("end"))
        if not reply.ok:
            self.skim.say(reply.text, "bad bold")
            return
        self.skim.next_tape = tape
        await self.skim.attachment.send(StopDesk(force=True))

    def _steer(self, action: str, value: float = 0.0) -> None:
        self.run_worker(self._send(SetPlayback(action, value)), name="playback", group="command", exclusive=False)

    async def _send(self, command: SetPlayback) -> None:
        reply = await self.skim.attachment.send(command)
        self.skim.say(reply.text, "muted" if reply.ok else "bad bold")
        if reply.view is not None:
            self.answered(reply)
