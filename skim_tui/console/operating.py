"""What deciding and protecting keys do: each sends one command, grave ones after a question."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from textual.screen import ModalScreen

from skim_tui.console import figures, rows
from skim_tui.console.arrange import CARD
from skim_tui.console.dialogs import Ask, Choice, Type
from skim_tui.console.ways import SHORT, order_side, way_held
from skim_tui.link.commands import (
    Acknowledge,
    AnyCommand,
    Approve,
    CancelOrder,
    ClosePosition,
    Decline,
    Kill,
    OverrideLock,
    Resume,
    SetAuto,
    StopDesk,
)
from skim_tui.link.messages import Reply
from skim_tui.link.trading import TicketView

if TYPE_CHECKING:
    from skim_tui.console.app import SkimApp


class Operating:
    """The operator's hand on the desk: methods ``do_<action id>``."""

    def __init__(self, app: SkimApp) -> None:
        self._app = app

    def send(self, command: AnyCommand, after: Callable[[Reply], None] | None = None) -> None:
        async def send() -> None:
            reply = await self._app.attachment.send(command)
            self._app.say(reply.text or ("done" if reply.ok else "refused"), "good" if reply.ok else "bad bold")
            if after is not None:
                after(reply)

        self._app.run_worker(send(), name=type(command).__name__, group="command", exclusive=False)

    def ask(self, title: str, text: list[str], choices: list[Choice], then: Callable[[str], None], *, grave: bool = False) -> None:  # fmt: skip
        def answered(answer: str | None) -> None:
            if answer:
                then(answer)

        self._app.push_screen(Ask(self._app.palette, title, text, choices, grave=grave), answered)

    def _decide(self, make: Callable[[TicketView], AnyCommand]) -> None:
        deciding = self._app.deciding
        refusal = deciding.refusal(self._app.monotonic(), self._app.wall(), self._app.heard_at)
        ticket = deciding.ticket
        if refusal or ticket is None:
            self._app.say(refusal, "warn")
            return
        ticket_id = ticket.id
        deciding.busy.add(ticket_id)
        self._app.mark({CARD})

        def after(reply: Reply) -> None:
            if not reply.ok:
                # The desk decides once in any case; a refusal may be tried again.
                deciding.busy.discard(ticket_id)
                deciding.refused = reply.text if deciding.selected == ticket_id else ""
            self._app.mark({CARD})

        self.send(make(ticket), after)

    def do_approve(self) -> None:
        """What the card showed goes along, so that the desk refuses what was not looked at."""
        seen = self._app.deciding.seen_price
        self._decide(lambda shown: Approve(shown.id, shown.quantity, shown.limit, shown.stop, seen))

    def do_decline(self) -> None:
        self._decide(lambda shown: Decline(shown.id))

    def do_previous_ticket(self) -> None:
        self._step(-1)

    def do_next_ticket(self) -> None:
        self._step(1)

    def _step(self, by: int) -> None:
        if len(self._app.deciding.tickets) < 2:
            self._app.say("there is no other ticket waiting", "muted")
            return
        self._app.deciding.step(by, self._app.monotonic())
        self._app.card_changed()

    def do_auto(self) -> None:
        if self._app.store.header.auto:
            # Less risk needs no question.
            self.send(SetAuto(False))
            return
        limit = figures.money(self._app.store.header.daily_loss_limit, cents=False)
        text = ["The desk will send entries by itself, within the gates,", f"until a daily loss of {limit}, a mismatch,", "a reconnect or the end of the session."]  # fmt: skip
        self.ask("Arm AUTO?", text, [Choice("y", "arm auto mode", "yes")], lambda _: self.send(SetAuto(True)), grave=True)  # fmt: skip

    def do_close(self) -> None:
        table = self._app.looking.table()
        held = self._app.store.positions.get(table.key) if table is not None else None
        if held is None:
            self._app.say("no position to close", "warn")
            return
        symbol, way = held.symbol, way_held(held)
        text = [f"{way.leave.capitalize()} {figures.shares(abs(held.quantity))} {symbol} at market.", f"Open profit {figures.profit(held.unrealised)[0].strip()}."]  # fmt: skip
        self.ask(f"Close {way.name} {symbol}?" if way is SHORT else f"Close {symbol}?", text, [Choice("y", f"close {symbol}", "yes")], lambda _: self.send(ClosePosition(symbol)), grave=True)  # fmt: skip

    def do_cancel(self) -> None:
        table = self._app.looking.table()
        order = self._app.store.orders.get(table.key) if table is not None else None
        if order is None:
            self._app.say("no order to cancel", "warn")
            return
        if order.status in rows.DONE:
            self._app.say(f"{order.symbol}: this order is {order.status} already", "warn")
            return
        ref = order.ref
        text = [f"{order_side(order)} {figures.shares(order.quantity)} {order.symbol} {order.type}, {order.status}."]
        self.ask("Cancel this order?", text, [Choice("y", "cancel it", "yes")], lambda _: self.send(CancelOrder(ref)))

    def do_kill(self) -> None:
        """Entries stop at once, without a question; closing everything asks."""
        self.send(Kill(close_all=False))
        positions = self._app.store.positions.values()
        count, short = len(positions), sum(way_held(held) is SHORT for held in positions)
        if count:
            which = f", {short} of them short," if short else ""
            text = ["Entries are being cancelled and blocked.", f"{count} open position(s){which} keep their stops."]
            self.ask("KILL SWITCH", text, [Choice("y", "also close every position at market", "yes")], lambda _: self.send(Kill(close_all=True)), grave=True)  # fmt: skip

    def do_resume(self) -> None:
        self.send(Resume())

    def do_override(self) -> None:
        def answered(reason: str | None) -> None:
            if reason:
                self.send(OverrideLock(reason))

        text = ["A lock-out of the loss rules ends only after a delay, and on the record.", "Your reason, in words:"]
        self._app.push_screen(Type(self._app.palette, "Override the lock-out?", text, ""), answered)

    def do_acknowledge(self) -> None:
        self.send(Acknowledge())

    def do_leave(self) -> None:
        if isinstance(self._app.screen, ModalScreen):
            return
        held = len(self._app.store.positions)
        kept = f"{held} open position(s) stay managed by the desk." if held else "No position is open."
        text = [kept, "Start skim again to come back."]
        choices = [Choice("l", "leave the desk running", "left", also="enter"), Choice("s", "stop the desk", "stop")]
        self.ask("Close the console?", text, choices, self._leave)

    def _leave(self, answer: str) -> None:
        if answer == "left":
            self._app.exit("left")
            return
        self.send(StopDesk(), self._stopped)

    def _stopped(self, reply: Reply) -> None:
        if reply.ok:
            self._app.exit("stopped")
            return
        text = [reply.text, "Stops stay at the broker; nothing manages exits while no desk runs."]
        self.ask("The desk refused", text, [Choice("f", "stop it all the same", "force")], lambda _: self.send(StopDesk(force=True), lambda r: self._app.exit("stopped") if r.ok else None), grave=True)  # fmt: skip
