"""The strip at the top and the banners under it: what every glance must find in the same place."""

from __future__ import annotations

from decimal import Decimal

from skim_tui.console import figures
from skim_tui.console.spans import Line, Span, behind, joined, length, spread, wrap
from skim_tui.link.account import Ahead, HeaderView

LIGHTS = {
    "OPERATIONAL": ("●", "good"),
    "SYNCING": ("◐", "warn"),
    "CONNECTING": ("◌", "warn"),
    "DISCONNECTED": ("○", "bad bold"),
}


def money_mark(header: HeaderView) -> Span:
    """Whose money this is: the one thing nobody may be mistaken about."""
    if header.simulated:
        return " SIMULATED ", "ink bold on simulated"
    if header.paper:
        return " PAPER ", "ink bold on paper"
    if header.account:
        return " LIVE MONEY ", "ink bold on live"
    return " NO ACCOUNT ", "muted"


def risk_used(header: HeaderView) -> Decimal:
    """What the day has lost so far plus what it loses if every stop fills."""
    return header.open_risk + max(Decimal(0), -header.realised)


SOON = 3600.0
"""Exchange seconds before an absence of the broker from which the strip names it."""


def coming(one: Ahead, now: float) -> Line:
    """A thing that is known to come, and how long until it does; or how long it still lasts."""
    if one.begins <= now < one.ends:
        return ((f"{one.name} ", "warn bold"), (f"{figures.minutes(one.ends - now)} more", "warn bold"))
    hue = "warn" if one.blocks else "text"
    return ((f"{one.name} in ", "muted"), (figures.minutes(one.begins - now), hue))


def strip(header: HeaderView, now: float, width: int, *, short: int = 0) -> list[Line]:
    """The two header lines; ``now`` is the exchange's time, ``short`` the number of short positions."""
    light, light_style = LIGHTS.get(header.connection, ("○", "bad"))
    state = header.connection
    if header.connection_reason and header.connection != "OPERATIONAL":
        state = f"{state}: {header.connection_reason}"
    left = header.phase_until - now
    phase: Line = ((header.phase or "no session", "text bold"),)
    if header.phase_until > 0 and left > 0:
        phase = (*phase, (f" {figures.duration(left)} left", "muted"))
    time = figures.clock(now, header.tz)
    city = header.tz.rpartition("/")[2].replace("_", " ")
    mode: Span = (" AUTO ", "ink bold on auto") if header.auto else (" MANUAL ", "text on selected")
    first = joined(
        (
            (money_mark(header),),
            ((light, light_style), (f" {state}", light_style if header.connection != "OPERATIONAL" else "muted")),
            ((time, "text bold"), (f" {city}" if width >= 100 else "", "muted")),
            phase,
        )
    )
    # The speed is the desk's estimate of a running clock: its decimals are noise.
    speed: Line = ((f"{header.speed:.0f}x ", "muted"),) if header.speed >= 1.5 else ()
    session: Line = ((f"{header.market} {header.session_date}  ", "faint"),) if width >= 120 else ()
    # The market's open is the phase's own end; what the broker does nobody sees otherwise.
    near = next((one for one in header.ahead if one.ends > one.begins and one.begins - now < SOON), None)
    absence: Line = (*coming(near, now), ("  ", "")) if near is not None and width >= 100 else ()
    one = spread(first, (*absence, *session, *speed, mode), width)
    day = header.realised + header.unrealised
    used, limit = risk_used(header), header.daily_loss_limit
    share = float(used / limit) if limit > 0 else 0.0
    hue = "bad" if share >= 0.9 else "warn" if share >= 0.6 else "good"
    text, style = figures.profit(day)
    parts: list[Line] = [((" P&L ", "muted"), (text, f"{style} bold"), (f" {header.currency}", "faint"))]
    if width >= 110:
        done, opened = figures.profit(header.realised), figures.profit(header.unrealised)
        parts.append((("realised ", "faint"), done, ("  open ", "faint"), opened))
    parts.append((
        ("risk ", "muted"), (figures.meter(share, 8), hue),
        (f" {figures.money(used, cents=False)} of {figures.money(limit, cents=False)}", "text"),
    ))  # fmt: skip
    held: Line = (("pos ", "muted"), (f"{header.positions}/{header.max_positions}", "text"))
    parts.append((*held, (f", {short} short", "loss")) if short else held)
    if width >= 90 and header.equity is not None:
        parts.append((("equity ", "faint"), (figures.money(header.equity, cents=False), "text")))
    two = spread(joined(parts), ((f"{header.account} ", "faint"),), width)
    return [behind(one, "strip", width), behind(two, "strip", width)]


def banners(header: HeaderView, lost: str, width: int, last_auto: str = "") -> list[Line]:
    """Rows that nobody can miss, worst first; none on a quiet day. ``lost``: lines that say the desk is
    gone. ``last_auto``: what auto mode did last."""
    rows: list[Line] = []
    if lost:
        parts = (part for line in lost.split("\n") for part in wrap(line, width - 1))
        rows += [_banner(f" {part}", "ink bold on bad", width) for part in parts]
        return rows
    if header.auto:
        text = " AUTO ARMED: the desk sends entries by itself, without asking.  A disarms."
        rows.append(_banner(text, "ink bold on auto", width))
        if last_auto:
            rows.append(_banner(f" last: {last_auto}"[:width], "auto on selected", width))
    for mismatch in header.mismatches[:3]:
        rows.append(_banner(f" MISMATCH {mismatch}", "ink bold on bad", width))
    if header.mismatches:
        more = len(header.mismatches) - 3
        tail = f"{more} more; " if more > 0 else ""
        rows.append(_banner(f" {tail}entries wait until you acknowledge: m", "ink bold on bad", width))
    elif header.entries_blocked:
        hint = "  R resumes." if "kill" in header.entries_blocked else ""
        rows.append(_banner(f" ENTRIES BLOCKED: {header.entries_blocked}.{hint}", "warn bold on selected", width))
    return rows


def _banner(text: str, style: str, width: int) -> Line:
    line: Line = ((text, style),)
    return (*line, (" " * max(0, width - length(line)), style))
