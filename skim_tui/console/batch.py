"""All waiting tickets in one list: mark the ones you want, then send or decline them with one armed key."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from textual import events
from textual.app import ComposeResult
from textual.screen import ModalScreen

from skim_tui.console import figures
from skim_tui.console.card import ARMING_SECONDS
from skim_tui.console.columns import Column, cells, fitting, heading
from skim_tui.console.lineview import LineView
from skim_tui.console.spans import Line, behind, clip, joined
from skim_tui.console.ways import way
from skim_tui.link.commands import Approve, Decline
from skim_tui.link.messages import Reply
from skim_tui.link.trading import TicketView

if TYPE_CHECKING:
    from skim_tui.console.app import SkimApp


class Batch(ModalScreen[None]):
    """Nothing is marked at first, and the list arms anew with each key: what was not looked at is not sent."""

    def __init__(self, app: SkimApp) -> None:
        super().__init__()
        self._skim = app
        self._key = ""
        self._marked: set[str] = set()
        self._met: dict[str, float] = {}
        """By ticket: the price its entry meets, as the list showed it last."""
        self._said: dict[str, tuple[str, str]] = {}
        self._typed_at = app.monotonic()
        self._refusal = ""
        self._keys = {a.id: a.key_names[0] for a in app.actions if a.id in ("approve", "decline")}

    def compose(self) -> ComposeResult:
        box = LineView(self._skim.palette, self._paint, id="ask")
        box.border_title = " WAITING TICKETS "
        box.styles.width, box.styles.height = "96%", min(30, max(14, len(self._waiting()) + 9))
        yield box

    def on_mount(self) -> None:
        self.set_interval(0.25, self._repaint)

    def _waiting(self) -> list[TicketView]:
        return self._skim.deciding.tickets

    def _repaint(self) -> None:
        if self.is_attached:
            self.query_one("#ask", LineView).repaint()

    def on_key(self, event: events.Key) -> None:
        event.stop()
        ids = [ticket.id for ticket in self._waiting()]
        if event.key == "escape":
            self.dismiss(None)
        elif event.key == self._keys["approve"]:
            self._decide(approve=True)
        elif event.key == self._keys["decline"]:
            self._decide(approve=False)
        else:
            self._typed_at = self._skim.monotonic()
            self._refusal = ""
            at = ids.index(self._key) if self._key in ids else 0
            if event.key in ("down", "j", "up", "k") and ids:
                self._key = ids[max(0, min(len(ids) - 1, at + (1 if event.key in ("down", "j") else -1)))]
            elif event.key == "space" and ids:
                self._marked ^= {ids[at]}
            elif event.key == "m":
                self._marked = set() if self._marked >= {*ids} else {*ids}
            self._repaint()

    def _decide(self, *, approve: bool) -> None:
        chosen = [ticket for ticket in self._waiting() if ticket.id in self._marked - self._skim.deciding.busy]
        if not chosen:
            self._refusal = "nothing is marked: space marks the line, m marks all"
        elif self._skim.monotonic() - self._typed_at < ARMING_SECONDS:
            self._refusal = "not armed yet, look first"
            self._typed_at = self._skim.monotonic()
        else:
            self._marked.clear()
            for ticket in chosen:
                self._skim.deciding.busy.add(ticket.id)
            self._skim.run_worker(self._send(chosen, approve=approve), name="batch", group="command", exclusive=False)
        self._repaint()

    async def _send(self, tickets: list[TicketView], *, approve: bool) -> None:
        for ticket in tickets:
            command = Decline(ticket.id)
            if approve:
                met = self._met.get(ticket.id, 0.0)
                command = Approve(ticket.id, ticket.quantity, ticket.limit, ticket.stop, met)
            reply: Reply = await self._skim.attachment.send(command)
            self._said[ticket.id] = (reply.text, "good" if reply.ok else "bad")
            if not reply.ok:
                self._skim.deciding.busy.discard(ticket.id)
            self._skim.say(reply.text, "good" if reply.ok else "bad bold")
            self._repaint()

    def _paint(self, width: int, height: int) -> list[Line]:
        store, wall = self._skim.store, self._skim.wall()
        waiting = self._waiting()
        if self._key not in {ticket.id for ticket in waiting}:
            self._key = waiting[0].id if waiting else ""

        def why(ticket: TicketView) -> tuple[str, str]:
            return self._said.get(ticket.id, (f"{figures.duration(ticket.expires_unix - wall)} left", "accent"))

        columns = fitting(
            (
                Column[TicketView]("", 1, lambda v: ("✓" if v.id in self._marked else " ", "gain bold")),
                Column[TicketView]("symbol", 6, lambda v: (v.symbol, "text bold")),
                Column[TicketView]("side", 5, lambda v: (way(v.side).order, way(v.side).style)),
                Column[TicketView]("shares", 7, lambda v: (way(v.side).signed(v.quantity), "text"), "right"),
                Column[TicketView]("limit", 8, lambda v: (figures.price(v.limit), "entry"), "right"),
                Column[TicketView]("market", 8, lambda v: (figures.price(self._market(v)), "text"), "right"),
                Column[TicketView]("stop", 8, lambda v: (figures.price(v.stop), "stop"), "right"),
                Column[TicketView]("risk", 9, lambda v: (figures.money(v.risk), "text"), "right"),
                Column[TicketView]("value", 10, lambda v: (figures.money(v.value), "muted"), "right", need=3),
                Column[TicketView]("left", 10, why, grow=True),
            ),
            width - 3,
        )
        lines: list[Line] = [((" ", ""), *heading(columns))]
        for ticket in waiting[: height - 7]:
            self._met[ticket.id] = self._market(ticket)
            line: Line = (("▌" if ticket.id == self._key else " ", "accent"), *cells(columns, ticket))
            lines.append(behind(line, "selected", width) if ticket.id == self._key else line)
        if not waiting:
            lines += [(), (("  No ticket waits any more.", "muted"),)]
        lines += [()] * (height - 5 - len(lines))
        marked = [ticket for ticket in waiting if ticket.id in self._marked]
        risk = sum((ticket.risk for ticket in marked), Decimal(0))
        left = store.header.daily_loss_limit - store.header.open_risk - max(Decimal(0), -store.header.realised)
        lines.append(clip(joined((
            ((f"  {len(marked)} of {len(waiting)} marked", "text bold"),),
            (("together risk ", "muted"), (figures.money(risk), "bad bold" if risk > left else "text bold"), (f" of {figures.money(left)} left today", "muted")),
            (("value ", "muted"), (figures.money(sum((ticket.value for ticket in marked), Decimal(0))), "text")),
        )), width))  # fmt: skip
        lines.append(())
        lines.append((
            ("  ", ""), (f" {self._keys['approve']} ", "ink bold on gain"), (" send marked  ", "gain bold"),
            (f" {self._keys['decline']} ", "ink bold on muted"), (" decline marked  ", "text"),
            ("space ", "key bold"), ("mark  ", "muted"), ("m ", "key bold"), ("all  ", "muted"), ("esc ", "key bold"), ("back", "muted"),
        ))  # fmt: skip
        lines.append(((f"  {self._refusal}", "warn"),) if self._refusal else ())
        return lines

    def _market(self, ticket: TicketView) -> float:
        candidate = self._skim.store.candidates.get(ticket.symbol)
        return way(ticket.side).met(candidate) if candidate is not None else 0.0
