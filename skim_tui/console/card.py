"""The ticket card: everything a decision in ten seconds needs, and when a key counts."""

from __future__ import annotations

from skim_tui.console import figures
from skim_tui.console.spans import Line, Span, clip, joined, length, spread, wrap
from skim_tui.link.values import TicketView

ARMING_SECONDS = 0.7
"""Real time between the card's appearance and the first keypress that counts."""


def card(
    ticket: TicketView, *, place: tuple[int, int], wall: float, armed: bool, busy: bool, currency: str, keys: Line,
    width: int, height: int,
) -> list[Line]:  # fmt: skip
    """The card of ``ticket``, which is number ``place`` (n, of). ``busy``: a decision is on its way."""
    left = ticket.expires_unix - wall
    clock: Span = (f"{figures.duration(left)} left", "bad bold" if left <= 10 else "accent bold")
    if left <= 0:
        clock = ("expired", "bad bold")
    number: Line = ((f" {place[0]} of {place[1]}  [ ]", "muted"),) if place[1] > 1 else ()
    head: Line = (
        (f"{ticket.side} ", "gain bold"), (ticket.symbol, "text bold"), (f"  {figures.shares(ticket.quantity)}", "text bold"),
        (" at ", "muted"), (figures.price(ticket.limit), "entry bold"), (" or better", "muted"),
    )  # fmt: skip
    per_share = ticket.limit - ticket.stop
    away = float(per_share / ticket.limit * 100) if ticket.limit else 0.0
    target: Line = (("target ", "muted"), (figures.price(ticket.target), "target")) if ticket.target else ()
    lines: list[Line] = [
        spread(head, (*number, ("  ", ""), clock), width),
        joined((
            (("stop ", "muted"), (figures.price(ticket.stop), "stop bold"), (f" -{away:.1f}%", "stop")),
            (("worst loss ", "muted"), (f"{figures.money(ticket.risk)} {currency}", "text bold"), (f" {_r(ticket)}", "muted")),
            target,
        )),
        joined((
            (("value ", "muted"), (figures.money(ticket.value), "text")),
            (("fees ", "muted"), (figures.money(ticket.fees), "text")),
            ((ticket.strategy, "faint"),),
        )),
    ]  # fmt: skip
    room = max(1, height - len(lines) - 2)
    lines += _evidence(ticket, width, room)
    lines += [()] * (height - 2 - len(lines))
    lines.append(_gates(ticket, width))
    if busy:
        foot: Line = (("sent to the desk, waiting for its answer", "accent"),)
    elif left <= 0:
        foot = (("expired: the desk takes it away", "warn"),)
    elif not armed:
        foot = (("arming …", "warn"), ("  keys count in a moment", "muted"))
    else:
        foot = keys
    lines.append(foot)
    return lines[:height]


def _r(ticket: TicketView) -> str:
    """The worst loss in R, one R being the plain distance to the stop."""
    distance = (ticket.limit - ticket.stop) * ticket.quantity
    return f"-{ticket.risk / distance:.1f}R" if distance > 0 else ""


def _evidence(ticket: TicketView, width: int, room: int) -> list[Line]:
    """Label and value pairs flowed over at most ``room`` lines; a long value gets lines of its own."""
    lines: list[Line] = [()]
    for label, value in ticket.evidence:
        piece: Line = ((f"{label} ", "muted"), *_value(value, max(8, width - len(label) - 1)))
        if lines[-1] and length(lines[-1]) + 2 + length(piece) > width:
            lines.append(())
        lines[-1] = joined((lines[-1], piece))
    return [clip(line, width) for line in lines[:room]]


def _value(value: str, width: int) -> Line:
    parts = wrap(value, width)
    shown = parts[0] + (" …" if len(parts) > 1 else "") if parts else ""
    return ((shown, "warn" if value.startswith("$") else "text"),)


def _gates(ticket: TicketView, width: int) -> Line:
    failed = [gate for gate in ticket.gates if not gate.ok]
    if failed:
        return clip((("× ", "bad bold"), *(((f"{g.name}: {g.text}  "), "bad") for g in failed)), width)
    names = ", ".join(gate.name for gate in ticket.gates)
    line: Line = ((f"✓ all {len(ticket.gates)} gates pass ", "good"), (names, "faint"))
    return clip(line, width)
