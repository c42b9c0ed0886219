"""The desk's own orders: what was meant (durable first) and what the broker last said of each."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import replace
from decimal import Decimal

from skim_tui.broker.port import NotConnected
from skim_tui.crashpoints import crashpoint
from skim_tui.desk.context import Context
from skim_tui.domain.orders import (
    Bracket,
    OrderSpec,
    OrderStatus,
    OrderType,
    OrderUpdate,
    Side,
    order_ref,
    ticket_of,
)
from skim_tui.journal import EventRecord, JournalError, OrderRecord, TicketRecord
from skim_tui.redaction import redactor

PATIENCE = 5.0
"""Real seconds after which an order without an answer makes the desk ask the broker for its whole truth."""

_ORDER = {
    OrderStatus.INTENDED: 0,
    OrderStatus.SENT: 1,
    OrderStatus.UNKNOWN: 2,
    OrderStatus.HELD: 3,
    OrderStatus.WORKING: 4,
}
"""How far a live order has come; a broker's duplicate never takes it back to SENT."""


def merge(known: OrderUpdate, said: OrderUpdate, *, concluded: bool = False) -> OrderUpdate:
    """What is known after the broker's word ``said``. Idempotent; fills never go backwards and a
    fill supersedes a cancel. An end that only we ``concluded`` is taken back when the broker says otherwise."""
    filled = max(known.filled, said.filled)
    status = said.status
    if known.status.is_done and not said.status.is_done and not concluded:
        status = known.status  # a late duplicate of an earlier state
    if known.status is OrderStatus.FILLED or filled >= max(known.quantity, said.quantity) > 0:
        status = OrderStatus.FILLED
    return replace(
        said,
        status=status,
        filled=filled,
        remaining=0 if status.is_done else max(0, said.quantity - filled),
        avg_price=said.avg_price or known.avg_price,
        limit_price=said.limit_price if said.limit_price is not None else known.limit_price,
        stop_price=said.stop_price if said.stop_price is not None else known.stop_price,
        tif=said.tif or known.tif,
        perm_id=said.perm_id or known.perm_id,
        reason=said.reason or known.reason,
        foreign=False,
    )


class Orders:
    """Every order of this desk by its reference, mirrored in the journal; foreign ones are only shown."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self.updates: dict[str, OrderUpdate] = {}
        self.foreign: dict[str, OrderUpdate] = {}
        self.confirmed: dict[str, float] = {}
        """When the broker last spoke of an order."""
        self._meta: dict[str, tuple[str, str, float]] = {}
        """ref -> (OCA group, parent ref, created)."""
        self._sent_at: deque[float] = deque(maxlen=1000)
        self._concluded: set[str] = set()
        """Orders whose end no message of the broker said: it followed from the broker's lists."""
        self._asked: dict[str, float] = {}
        """When the broker was last asked about an order without an answer."""

    def load(self, records: Iterable[OrderRecord]) -> None:
        """Take over what the journal knows, after a restart."""
        for record in records:
            self.updates[record.ref] = OrderUpdate(
                ref=record.ref,
                symbol=record.symbol,
                side=Side(record.side),
                type=OrderType(record.type),
                quantity=record.quantity,
                status=OrderStatus(record.status),
                filled=record.filled,
                remaining=record.quantity - record.filled,
                avg_price=record.avg_price,
                limit_price=record.limit,
                stop_price=record.stop,
                tif=record.tif,
                perm_id=record.perm_id,
                reason=record.reason,
            )
            self._meta[record.ref] = (record.oca_group, record.parent_ref, record.created)

    def sent_last_minute(self) -> int:
        now = self._context.now()
        return sum(1 for ts in self._sent_at if now - ts < 60.0)

    def created(self, ref: str) -> float:
        """When the order was intended."""
        return self._meta[ref][2]

    def exit_group(self, ticket_id: str) -> str:
        """The OCA group for one more order that closes: that of the orders which work for the same shares, or may
        (dead by our reckoning alone). When none does and something of it was filled or refused it is a new one, for
        the broker takes no order into a group that was filled."""
        used: dict[str, list[OrderUpdate]] = {}
        for update in self.of_ticket(ticket_id):
            if group := self._meta[update.ref][0]:
                used.setdefault(group, []).append(update)
        for group, members in used.items():
            if any(not update.status.is_done for update in members):
                return group
        first = order_ref(ticket_id, "OCA")
        if not used:
            return first
        last, members = list(used.items())[-1]
        doubtful = any(update.ref in self._concluded for update in members)
        refused = any(update.status is OrderStatus.REJECTED for update in members)
        if refused or (not doubtful and any(update.filled for update in members)):
            return f"{first}{len(used) + 1}"
        return last

    def next_ref(self, ticket_id: str, leg: str) -> str:
        """The next unused reference of a leg: S2, S3 ..., H1, H2 ..., X1, X2 ..."""
        number = 2 if leg == "S" else 1
        while order_ref(ticket_id, f"{leg}{number}") in self.updates:
            number += 1
        return order_ref(ticket_id, f"{leg}{number}")

    def of_symbol(self, symbol: str) -> list[OrderUpdate]:
        return [update for update in self.updates.values() if update.symbol == symbol]

    def of_ticket(self, ticket_id: str) -> list[OrderUpdate]:
        """The orders of one ticket, oldest first."""
        return [update for update in self.updates.values() if ticket_of(update.ref) == ticket_id]

    def working_entry(self, ticket_id: str) -> OrderUpdate | None:
        """The entry of a ticket while it may still fill."""
        entry = self.updates.get(order_ref(ticket_id, "E"))
        return entry if entry is not None and not entry.status.is_done else None

    def live(self) -> list[OrderUpdate]:
        return [update for update in self.updates.values() if not update.status.is_done]

    # ---- sending: the journal first, the broker second ------------------------------------------

    def send_bracket(self, bracket: Bracket, ticket: TicketRecord, who: str) -> str:
        """Write the intents, then send. Returns why nothing was sent; empty when bytes left.

        Raises :class:`skim_tui.journal.JournalError` when the intents are not durable: nothing is sent (S3).
        """
        event = self._context.event(who, "approve", ticket.id, quantity=ticket.quantity)
        crashpoint("before-intent")
        self._intend(bracket.legs, event, ticket)
        crashpoint("after-intent")
        try:
            self._context.broker.place(bracket)
        except NotConnected as error:
            return self._not_sent(bracket.legs, str(error))
        self._sent(bracket.legs)
        crashpoint("after-send")
        return ""

    def send(self, spec: OrderSpec, who: str, why: str) -> str:
        """Write the intent of a stop or an exit, then send it. Returns why nothing was sent; empty when bytes left.

        A journal that cannot be written does not hold it back: what protects or closes always leaves.
        """
        self._intend((spec,), self._context.event(who, "order", spec.ref, why, quantity=spec.quantity))
        try:
            self._context.broker.place_order(spec)
        except NotConnected as error:
            return self._not_sent((spec,), str(error))
        self._sent((spec,))
        return ""

    def modify(
        self,
        ref: str,
        why: str,
        *,
        quantity: int | None = None,
        stop_price: Decimal | None = None,
        limit_price: Decimal | None = None,
    ) -> str:
        """Change a working order in place. Returns why nothing was sent; empty when bytes left."""
        context = self._context
        change = {"quantity": quantity, "stop": stop_price, "limit": limit_price}
        context.journal.save(events=[context.event("desk", "modify", ref, why, **change)])
        crashpoint("before-modify")
        try:
            context.broker.modify(ref, quantity=quantity, stop_price=stop_price, limit_price=limit_price)
        except NotConnected as error:
            return str(error)
        crashpoint("after-modify")
        return ""

    def cancel(self, ref: str, who: str, why: str) -> str:
        """Ask to cancel one order. Returns why nothing was sent; empty when bytes left."""
        context = self._context
        context.journal.save(events=[context.event(who, "cancel", ref, why)])
        try:
            context.broker.cancel(ref)
        except NotConnected as error:
            return str(error)
        crashpoint("after-cancel")
        return ""

    # ---- what the broker says ---------------------------------------------------------------------

    def take(self, said: OrderUpdate, *, listed: bool = False) -> tuple[OrderUpdate | None, OrderUpdate]:
        """Apply the broker's word on an order; (before, after). Foreign orders are kept apart.

        ``listed``: it stands in the broker's list of open orders, which takes back a rejection: some are not final.
        """
        if said.reason:
            said = replace(said, reason=redactor.text(said.reason))
        if said.ref not in self.updates:
            before = self.foreign.get(said.ref)
            after = replace(said, foreign=True)
            self.foreign[said.ref] = after
            if after.status.is_done:
                self.foreign.pop(said.ref)
            self._context.touch("orders", said.ref)
            return before, after
        before = self.updates[said.ref]
        revived = listed and before.status is OrderStatus.REJECTED
        after = merge(before, said, concluded=said.ref in self._concluded or revived)
        self.confirmed[said.ref] = self._context.now()
        if after != before:
            crashpoint("before-ack")
            if before.status.is_done and not after.status.is_done:
                self._context.log("error", f"{said.symbol}: {said.ref} was taken for dead and is {said.status}")
            self._concluded.discard(said.ref)
            self.updates[said.ref] = after
            self._context.journal.save(self.record(after))
            crashpoint("after-ack")
            self._context.touch("orders", said.ref)
        return before, after

    def on_time(self, unbooked: Callable[[OrderUpdate], int]) -> None:
        """Ask the broker about orders without an answer, and about fills whose execution never came: what is lost
        and what is late look the same from here, and nothing is ever sent again."""
        now = self._context.wall()
        for order in self.updates.values():
            silent = not order.status.is_done and not order.status.is_resting
            if not silent and not unbooked(order):
                self._asked.pop(order.ref, None)
                continue
            since = self._asked.setdefault(order.ref, now)
            if now - since >= PATIENCE:
                self._asked[order.ref] = now
                what = "has no answer" if silent else "was filled by an execution not told"
                self._context.log("warning", f"{order.symbol}: {order.ref} {what}, asking the broker")
                self._context.broker.resync()

    def mark(self, ref: str, status: OrderStatus, reason: str) -> OrderUpdate:
        """Set a status that followed from the broker's lists; its own later word may take it back."""
        self._concluded.add(ref)
        after = replace(self.updates[ref], status=status, reason=reason)
        if status.is_done:
            after = replace(after, remaining=0)
        self.updates[ref] = after
        self._context.journal.save(self.record(after), events=[self._context.event("desk", status.value, ref, reason)])
        self._context.touch("orders", ref)
        return after

    def record(self, update: OrderUpdate) -> OrderRecord:
        oca_group, parent_ref, created = self._meta[update.ref]
        return OrderRecord(
            ref=update.ref,
            ticket_id=ticket_of(update.ref),
            account=self._context.account_id,
            symbol=update.symbol,
            leg=update.ref.rpartition(".")[2],
            side=update.side.value,
            type=update.type.value,
            quantity=update.quantity,
            limit=update.limit_price,
            stop=update.stop_price,
            tif=update.tif,
            oca_group=oca_group,
            parent_ref=parent_ref,
            status=update.status.value,
            filled=update.filled,
            avg_price=update.avg_price,
            perm_id=update.perm_id,
            reason=update.reason,
            created=created,
            updated=self._context.now(),
        )

    # ---- details ----------------------------------------------------------------------------------

    def _intend(self, specs: Iterable[OrderSpec], event: EventRecord, ticket: TicketRecord | None = None) -> None:
        records: list[OrderRecord | TicketRecord] = [] if ticket is None else [ticket]
        specs = tuple(specs)
        for spec in specs:
            if spec.ref in self.updates:
                raise RuntimeError(f"order {spec.ref} was intended before: it is never sent twice")
            self.updates[spec.ref] = OrderUpdate.first(spec, OrderStatus.INTENDED)
            self._meta[spec.ref] = (spec.oca_group, spec.parent_ref, self._context.now())
            records.append(self.record(self.updates[spec.ref]))
        if ticket is None:
            self._context.journal.save(*records, events=[event])
            return
        try:
            self._context.journal.commit(*records, events=[event])
        except JournalError:
            for spec in specs:
                self.updates.pop(spec.ref, None)
            raise

    def _sent(self, specs: Iterable[OrderSpec]) -> None:
        for spec in specs:
            self._sent_at.append(self._context.now())
            update = self.updates[spec.ref]
            if _ORDER.get(update.status, 9) < _ORDER[OrderStatus.SENT]:
                self.updates[spec.ref] = replace(update, status=OrderStatus.SENT)
            self._context.touch("orders", spec.ref)

    def _not_sent(self, specs: Iterable[OrderSpec], reason: str) -> str:
        for spec in specs:
            self.mark(spec.ref, OrderStatus.CANCELLED, f"not sent: {reason}")
        return reason
