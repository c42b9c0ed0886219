"""The ticket card: everything a decision in ten seconds needs, and when a key counts."""

from __future__ import annotations

from dataclasses import dataclass

from skim_tui.console import figures
from skim_tui.console.spans import Line, Span, clip, joined, length, spread, wrap
from skim_tui.console.ways import SHORT, way
from skim_tui.link.market import CandidateView
from skim_tui.link.news import NewsView
from skim_tui.link.trading import TicketView

ARMING_SECONDS = 0.7
"""Real time between the card's appearance, or the last stray key, and the first keypress that counts."""

LIVE = ("gap", "news", "volume")
"""Evidence that the card shows live instead of as it was when the ticket was made."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the market says now about a ticket's symbol."""

    candidate: CandidateView | None = None
    news: NewsView | None = None
    now: float = 0.0
    """Exchange time."""


def card(
    ticket: TicketView, *, place: tuple[int, int], wall: float, armed: bool, busy: bool, currency: str, keys: Line,
    width: int, height: int, live: Evidence = Evidence(), refusal: str = "",
) -> list[Line]:  # fmt: skip
    """The card of ``ticket``, which is number ``place`` (n, of). ``busy``: a decision is on its way.
    ``refusal``: why the last key was refused."""
    left = ticket.expires_unix - wall
    clock: Span = (f"{figures.duration(left)} left", "bad bold" if left <= 10 else "accent bold")
    if left <= 0:
        clock = ("EXPIRED", "bad bold")
    number: Line = ((f" {place[0]} of {place[1]}  [ ]", "muted"),) if place[1] > 1 else ()
    taken = way(ticket.side)
    head: Line = (
        (f"{taken.enter} ", f"{taken.style} bold"), (ticket.symbol, "text bold"), (f"  {figures.shares(ticket.quantity)}", "text bold"),
        (" at ", "muted"), (figures.price(ticket.limit), "entry bold"), (" or better", "muted"),
    )  # fmt: skip
    away = float(ticket.stop / ticket.limit - 1) * 100 if ticket.limit else 0.0
    side = f" {taken.stop_lies}" if taken is SHORT else ""
    target: Line = (("target ", "muted"), (figures.price(ticket.target), "target")) if ticket.target else ()
    lines: list[Line] = [
        spread(head, (*number, ("  ", ""), clock), width),
        joined((
            ((f"{taken.stop} ", "muted"), (figures.price(ticket.stop), "stop bold"), (f" {away:+.1f}%{side}", "stop")),
            (("worst loss ", "muted"), (f"{figures.money(ticket.risk)} {currency}", "text bold"), (f" {_r(ticket)}", "muted")),
            target,
        )),
    ]  # fmt: skip
    if live.candidate is not None:
        lines.append(_market(ticket, live.candidate, width))
    headline = _headline(live, ticket, width)
    if headline:
        lines.append(headline)
    room = max(1, height - len(lines) - 2)
    lines += _evidence(ticket, width, room, live.candidate is not None)
    lines = lines[: height - 2]
    lines += [()] * (height - 2 - len(lines))
    if refusal and length(keys) + len(refusal) + 3 > width:
        lines.append(clip(((f"× {refusal}", "bad bold"),), width))
        refusal = ""
    else:
        lines.append(_gates(ticket, width))
    lines.append(_foot(left, armed=armed, busy=busy, keys=keys, refusal=refusal))
    return lines[:height]


def _foot(left: float, *, armed: bool, busy: bool, keys: Line, refusal: str) -> Line:
    if busy:
        return (("sent to the desk, waiting for its answer", "accent"),)
    if left <= 0:
        return ((" EXPIRED ", "ink bold on warn"), ("  nothing was sent; the desk takes it away", "warn"))
    if not armed:
        return (("arming …", "warn"), ("  keys count in a moment", "muted"))
    return (*keys, (f"   {refusal}", "bad")) if refusal else keys


def _market(ticket: TicketView, candidate: CandidateView, width: int) -> Line:
    """Price, spread, distance to the range's edge that was broken, gap and relative volume as they are now; for a
    short sale what can be borrowed."""
    taken = way(ticket.side)
    edge, name = (candidate.or_low, "ORL") if taken is SHORT else (candidate.or_high, "ORH")
    spread_pct = (candidate.ask / candidate.bid - 1) * 100 if candidate.bid > 0 and candidate.ask > 0 else None
    over = (candidate.last / edge - 1) * 100 if edge and candidate.last > 0 else None
    met = taken.met(candidate)
    beyond = met > 0 < float(ticket.limit) and (met - float(ticket.limit)) * taken.sign > 0
    offered: Line = (
        ("bid/ask ", "muted"),
        (f"{figures.price(candidate.bid)}/{figures.price(candidate.ask)}", "warn" if beyond else "text bold"),
    )
    if spread_pct is not None:
        offered = (*offered, (f" {spread_pct:.2f}%", "warn" if spread_pct > 1 else "muted"))
    parts: list[Line] = [offered]
    if over is not None:
        parts.append(((f"to {name} ", "muted"), (f"{over:+z.1f}%", "gain" if over * taken.sign > 0 else "warn")))
    if taken is SHORT:
        parts.append(((candidate.borrow, "text") if candidate.borrow else ("borrow unknown", "warn"),))
    if candidate.gap_pct is not None:
        parts.append((("gap ", "muted"), figures.percent(candidate.gap_pct)))
    if candidate.rel_volume is not None:
        parts.append((("rel vol ", "muted"), (f"{candidate.rel_volume:.1f}x", "text")))
    if candidate.halted:
        parts.insert(0, ((" HALTED ", "ink bold on bad"),))
    while len(parts) > 1 and length(joined(parts)) > width:
        parts.pop()  # a figure cut in two reads as another one
    return clip(joined(parts), width)


def _headline(live: Evidence, ticket: TicketView, width: int) -> Line:
    """The newest headline and its age."""
    if live.news is not None:
        mark = "$ " if live.news.price_sensitive else ""
        label = f"news {figures.age(live.now - live.news.ts)} "
        return ((label, "muted"), *_value(f"{mark}{live.news.headline}", max(8, width - len(label))))
    text = live.candidate.news if live.candidate is not None else dict(ticket.evidence).get("news", "")
    if not text or text == "none":
        return (("news ", "muted"), ("none", "muted"))
    return (("news ", "muted"), *_value(text, max(8, width - 5)))


def _r(ticket: TicketView) -> str:
    """The worst loss in R, one R being the plain distance to the stop."""
    distance = abs(ticket.limit - ticket.stop) * ticket.quantity
    return f"-{ticket.risk / distance:.1f}R" if distance > 0 else ""


def _evidence(ticket: TicketView, width: int, room: int, has_live: bool) -> list[Line]:
    """Cost, then what fired the ticket, as label and value pairs flowed over at most ``room`` lines."""
    pieces: list[Line] = [
        (("value ", "muted"), (figures.money(ticket.value), "text")),
        (("fees ", "muted"), (figures.money(ticket.fees), "text")),
    ]
    for label, value in ticket.evidence:
        if label != "news" and not (has_live and label in LIVE):
            pieces.append(((f"{label} ", "muted"), *_value(value, max(8, width - len(label) - 1))))
    pieces.append(((ticket.strategy, "faint"),))
    lines: list[Line] = [()]
    for piece in pieces:
        if lines[-1] and length(lines[-1]) + 2 + length(piece) > width:
            lines.append(())
        lines[-1] = joined((lines[-1], piece))
    return [clip(line, width) for line in lines[:room]]


def _value(value: str, width: int) -> Line:
    parts = wrap(value, width)
    shown = parts[0] if len(parts) == 1 else f"{parts[0][: width - 2]} …" if parts else ""
    return ((shown, "warn" if value.startswith("$") else "text"),)


def _gates(ticket: TicketView, width: int) -> Line:
    failed = [gate for gate in ticket.gates if not gate.ok]
    if failed:
        return clip((("× ", "bad bold"), *(((f"{g.name}: {g.text}  "), "bad") for g in failed)), width)
    names = ", ".join(gate.name for gate in ticket.gates)
    line: Line = ((f"✓ all {len(ticket.gates)} gates pass ", "good"), (names, "faint"))
    return clip(line, width)
