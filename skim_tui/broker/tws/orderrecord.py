"""One order in our book: what is known of it, and the rules by which a message changes its state."""

from __future__ import annotations

import re
from collections.abc import Container
from dataclasses import dataclass

from skim_tui.domain.orders import Fill, FillFees, OrderStatus, OrderUpdate

OrderEvent = OrderUpdate | Fill | FillFees

_OUR_REF = re.compile(r"\S+\.[A-Z]\d*")
"""The shape of :func:`skim_tui.domain.orders.order_ref`; any other reference is not this desk's."""

_EXEC_ID = re.compile(r"[0-9a-f]{8}\.[0-9a-f]{8}\.\d\d\.\d\d")

STATUS = {
    "ApiPending": OrderStatus.SENT,
    "PendingSubmit": OrderStatus.SENT,
    "PreSubmitted": OrderStatus.HELD,
    "Submitted": OrderStatus.WORKING,
    "Filled": OrderStatus.FILLED,
    "Cancelled": OrderStatus.CANCELLED,
    "ApiCancelled": OrderStatus.CANCELLED,
    "Inactive": OrderStatus.REJECTED,
}
"""PendingCancel is not here: until the cancel is confirmed the order is what it was."""


@dataclass(slots=True)
class Record:
    """One order: what is known of it, and what a change of it must send again."""

    update: OrderUpdate
    order_id: int = 0
    client_id: int = -1
    con_id: int = 0
    outside_rth: bool = False
    oca_group: str = ""
    oca_type: int = 0
    parent_id: int = 0
    sent_at: float = 0.0
    connection: int = 0
    """The connection it was sent on; 0 when another program sent it."""
    seen: int = 0
    """The last sync in which the broker spoke of it."""
    said_done: bool = False
    """The broker's status, not an error code, ended it."""
    doubtful: bool = False
    """A message raised doubt: only the broker's lists decide."""


@dataclass(frozen=True, slots=True)
class Ruling:
    """What a message about an order led to."""

    events: tuple[OrderEvent, ...] = ()
    notice: str = ""
    """What the operator should read; empty when the events say it all."""
    ask: bool = False
    """The broker must be asked for its whole truth."""


def is_our_ref(ref: str) -> bool:
    """Whether a reference has the shape this desk gives them."""
    return _OUR_REF.fullmatch(ref) is not None


def ref_of(ref: str, perm_id: int) -> str:
    """The name of an order: our reference, or for an order of others one made of the perm id."""
    return ref if is_our_ref(ref) else f"tws-{perm_id}"


def next_status(record: Record, said: OrderStatus | None, filled: int, quantity: int) -> OrderStatus:
    """The state after a message that said ``said`` (None: nothing of it). A fill supersedes a cancel."""
    known = record.update.status
    if known is OrderStatus.FILLED or 0 < quantity <= filled:
        return OrderStatus.FILLED
    if said is None:
        return known
    if said.is_done:
        record.said_done = True
        record.doubtful = False
        return said
    if known.is_done:
        # Messages of one connection come in order, so a live status after an error code revives the
        # order; after a final status it is a late duplicate.
        return known if record.said_done else said
    if said is OrderStatus.SENT and known.is_resting:
        return known
    record.doubtful = False
    return said


def corrected_execution(exec_id: str, known: Container[str]) -> str:
    """The known execution that ``exec_id`` corrects: the same id but for its last number. Empty for none."""
    head, _, revision = exec_id.rpartition(".")
    if not _EXEC_ID.fullmatch(exec_id):
        return ""
    earlier = (f"{head}.{number:02d}" for number in range(int(revision) - 1, 0, -1))
    return next((candidate for candidate in earlier if candidate in known), "")


def why(text: str) -> str:
    """The reason inside a cancel or reject message, e.g. ``Order rejected - reason:...``."""
    _, mark, reason = text.partition("reason:")
    return (reason if mark else text).strip()
