"""Order entry and ticket editing: the desk computes every figure as it is typed, and one armed key sends."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from textual import events
from textual.app import ComposeResult
from textual.screen import ModalScreen

from skim_tui.console import figures
from skim_tui.console.card import ARMING_SECONDS
from skim_tui.console.form import FIELDS, Form
from skim_tui.console.lineview import LineView
from skim_tui.console.spans import Line, behind, clip, joined
from skim_tui.console.ways import SHORT, way
from skim_tui.link.commands import Amend, AnyCommand, Approve, Enter, Preview
from skim_tui.link.messages import Reply
from skim_tui.link.trading import Draft, DraftView

if TYPE_CHECKING:
    from skim_tui.console.app import SkimApp

REFRESH = 0.5
"""Real seconds between two looks at the market while the form is open."""


class OrderForm(ModalScreen[None]):
    """A form over one draft. The approve key sends, in any field but the symbol's, once the desk has answered
    for exactly what is shown and no key was pressed for the arming delay."""

    def __init__(self, app: SkimApp, form: Form) -> None:
        super().__init__()
        self._skim = app
        self._form = form
        self._answer: DraftView | None = None
        self._answered: Draft | None = None
        self._typed_at = app.monotonic()
        self._busy = False
        self._refusal = ""
        self._key = secrets.token_hex(8)
        """Names this order for the desk: repeated after a lost answer it is not sent again."""
        self._send_keys = next(a for a in app.actions if a.id == "approve").key_names

    def compose(self) -> ComposeResult:
        box = LineView(self._skim.palette, self._paint, id="ask")
        box.border_title = f" {self._heading()} "
        box.styles.height, box.styles.width = 17, 78
        yield box

    def on_mount(self) -> None:
        self._compute()
        self.set_interval(REFRESH, self._compute)

    def _heading(self) -> str:
        ticket = way(self._form.side).ticket
        return f"EDIT {ticket} {self._form.text('symbol')}" if self._form.ticket_id else "BUY by hand"

    # ---- the desk's figures -------------------------------------------------------------------------

    def _compute(self) -> None:
        if self._form.text("symbol") and not self._busy:
            self.run_worker(self._preview(self._form.draft), name="preview", group="preview", exclusive=True)
        self._repaint()

    async def _preview(self, draft: Draft) -> None:
        reply = await self._skim.attachment.send(Preview(draft))
        if draft == self._form.draft:
            if isinstance(reply.view, DraftView):
                self._answer, self._answered = reply.view, draft
            elif not reply.ok:
                self._refusal = reply.text
            self._repaint()

    def _repaint(self) -> None:
        if self.is_attached:
            self.query_one("#ask", LineView).repaint()

    # ---- keys ---------------------------------------------------------------------------------------

    def on_key(self, event: events.Key) -> None:
        event.stop()
        if event.key == "escape":
            self.dismiss(None)
            return
        if event.key in self._send_keys and self._form.field != "symbol":
            self._send()
            return
        self._typed_at = self._skim.monotonic()
        self._refusal = ""
        before = self._form
        if event.character == "r" and self._form.field != "symbol":
            texts = (self._form.texts[0], "", "", "", "")
            self._form = Form(texts, self._form.at, True, self._form.ticket_id, self._form.side)
        else:
            self._form = self._form.press(event.key, event.character, self._answer)
        if self._form.draft != before.draft:
            self._compute()
        self._repaint()

    @property
    def _armed(self) -> bool:
        return self._skim.monotonic() - self._typed_at >= ARMING_SECONDS

    def blocked(self) -> str:
        """Why the send key does nothing now; empty when it sends."""
        view = self._answer
        if self._busy:
            return "sent to the desk, waiting for its answer"
        if view is None or self._answered != self._form.draft:
            return "the desk is still computing"
        if view.problem:
            return view.problem
        if view.side != self._form.side:
            return f"the desk computed a {way(view.side).name} entry, not a {way(self._form.side).name} one"
        failed = [gate for gate in view.gates if not gate.ok]
        if failed:
            return f"{failed[0].name}: {failed[0].text}"
        return "" if self._armed else "arming: keys count in a moment"

    def _send(self) -> None:
        self._refusal = self.blocked()
        view = self._answer
        if self._refusal or view is None:
            self._repaint()
            return
        self._busy = True
        shown = Draft(view.symbol, view.quantity, view.limit, view.stop, view.target, self._form.ticket_id)
        self.run_worker(self._deliver(shown, view), name="order", group="order", exclusive=False)
        self._repaint()

    async def _deliver(self, draft: Draft, view: DraftView) -> None:
        send = self._skim.attachment.send
        last: AnyCommand = Enter(draft, self._key)
        reply = Reply(id=0, ok=True)
        if draft.ticket_id:
            reply = await send(Amend(draft))
            met = view.bid if way(view.side) is SHORT else view.ask
            last = Approve(draft.ticket_id, draft.quantity, draft.limit, draft.stop, met)
        if reply.ok:
            reply = await send(last)
        self._busy = False
        if reply.id:  # the desk itself refused: what is tried next is another order
            self._key = secrets.token_hex(8)
        self._skim.say(reply.text or ("sent" if reply.ok else "refused"), "good" if reply.ok else "bad bold")
        if reply.ok and self.is_attached:
            self.dismiss(None)
            return
        self._refusal = reply.text
        self._typed_at = self._skim.monotonic()
        self._repaint()

    # ---- the picture --------------------------------------------------------------------------------

    def _paint(self, width: int, height: int) -> list[Line]:
        view = self._answer if self._answer is not None and self._answer.symbol else None
        lines: list[Line] = [(), self._market(view), ()]
        for index, field in enumerate(FIELDS):
            chosen = index == self._form.at
            line: Line = (
                (" ▸ " if chosen else "   ", "accent bold"), (f"{field:<9}", "text bold" if chosen else "muted"),
                *self._value(field, view, chosen), *self._note(field, view),
            )  # fmt: skip
            lines.append(behind(line, "selected", width) if chosen else clip(line, width))
        lines += [(), self._risk(view), clip(self._verdict(view), width), ()]
        send, taken = self._send_keys[0], way(self._form.side)
        sends = "sell short" if taken is SHORT else "send"
        keys: Line = (
            (" ", ""), (f" {send} ", f"ink bold on {taken.style}"), (f" {sends}  ", f"{taken.style} bold"), ("↑ ↓ ", "key bold"), ("field  ", "muted"),
            ("← → ", "key bold"), ("step  ", "muted"), ("r ", "key bold"), ("as proposed  ", "muted"), ("esc ", "key bold"),
            ("back", "muted"),
        )  # fmt: skip
        refusal = self.blocked() if not self._armed or self._busy else self._refusal
        return [*lines, keys, clip(((f"  {refusal}", "warn"),), width) if refusal else ()]

    def _market(self, view: DraftView | None) -> Line:
        if view is None:
            return (("  type a symbol; the desk asks the market for it", "muted"),)
        spread = f" {(view.ask / view.bid - 1) * 100:.2f}%" if view.bid > 0 and view.ask > 0 else ""
        return joined((
            ((f"  {view.symbol}", "text bold"), (f" {view.name}", "muted")),
            (("bid/ask ", "muted"), (f"{figures.price(view.bid)}/{figures.price(view.ask)}", "text"), (spread, "muted")),
            (("last ", "muted"), (figures.price(view.last), "text")),
        ))  # fmt: skip

    def _value(self, field: str, view: DraftView | None, chosen: bool) -> Line:
        typed = self._form.text(field)
        if typed:
            style = {"limit": "entry bold", "stop": "stop bold", "target": "target bold"}.get(field, "text bold")
            return ((typed, style), ("▏" if chosen else " ", "accent"), (" " * max(0, 12 - len(typed)), ""))
        proposed = ""
        if view is not None:
            proposed = {
                "shares": figures.shares(view.quantity) if view.quantity else "", "limit": figures.price(view.limit),
                "stop": figures.price(view.stop), "target": "none",
            }.get(field, "")  # fmt: skip
        return (("▏" if chosen else " ", "accent"), (f"{proposed:<12}", "muted"))

    def _note(self, field: str, view: DraftView | None) -> Line:
        if view is None:
            return ()
        if field == "shares" and view.most:
            return ((f"most {figures.shares(view.most)}, bound by {view.bound_by}", "muted"),)
        taken = way(view.side)
        met = view.bid if taken is SHORT else view.ask
        if field == "limit" and met > 0 and view.limit:
            return ((f"{(float(view.limit) / met - 1) * 100:+.2f}% from the {taken.market}", "muted"),)
        if field == "stop" and view.limit:
            lies = f", {taken.stop_lies} it" if taken is SHORT else ""
            return ((f"{(float(view.stop) / float(view.limit) - 1) * 100:+.1f}% from the limit{lies}", "muted"),)
        risk = taken.gain(view.stop, view.limit)
        if field == "target" and view.target is not None and risk > 0:
            return ((f"{float(taken.gain(view.limit, view.target) / risk):.1f}R", "muted"),)
        return ()

    def _risk(self, view: DraftView | None) -> Line:
        if view is None or not view.quantity:
            return ()
        over = view.risk > view.budget
        return joined((
            (("  worst loss ", "muted"), (figures.money(view.risk), "bad bold" if over else "text bold"), (f" of {figures.money(view.budget)}", "muted")),
            (("value ", "muted"), (figures.money(view.value), "text")),
            (("fees ", "muted"), (figures.money(view.fees), "text")),
        ))  # fmt: skip

    def _verdict(self, view: DraftView | None) -> Line:
        if view is None:
            return ()
        if view.problem:
            return (("  × ", "bad bold"), (view.problem, "bad"))
        failed = [gate for gate in view.gates if not gate.ok]
        if failed:
            return (("  × ", "bad bold"), *((f"{gate.name}: {gate.text}  ", "bad") for gate in failed))
        return ((f"  ✓ all {len(view.gates)} gates pass", "good"),)
