"""What of the desk's day is worth an alert, in which words, and where the operator wants to hear it."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal

from skim_tui.alerts.alert import Alert, AlertKind
from skim_tui.config import Alerts as Switches
from skim_tui.domain.breakout import Breakout
from skim_tui.domain.orders import OrderUpdate, Side, leg_of
from skim_tui.domain.position import Position
from skim_tui.domain.ticket import Ticket

KEPT = 50
AWAY_FOR = 60.0
"""Real seconds without the broker before that is worth an alert."""


@dataclass(frozen=True, slots=True)
class Raised:
    """An alert as raised, for the screens: its running number and whether it rings."""

    seq: int
    alert: Alert
    rings: bool


class Alerting:
    """Raises alerts by the operator's switches. ``to_discord`` must not block."""

    def __init__(self, switches: Switches, touch: Callable[[str, str], None]) -> None:
        self._switches = switches
        self._touch = touch
        self.to_discord: Callable[[Alert], None] = lambda alert: None
        self.raised: deque[Raised] = deque(maxlen=KEPT)
        self._seq = 0
        self._away_since: float | None = None
        self._told_away = False

    def raise_(self, alert: Alert) -> None:
        """Show, ring and send, as the switch of its kind says."""
        switch: str = getattr(self._switches, alert.kind.value)
        if switch == "off":
            return
        self._seq += 1
        if len(self.raised) == KEPT:
            self._touch("alerts", str(self.raised[0].seq))
        self.raised.append(Raised(self._seq, alert, switch in ("bell", "both")))
        self._touch("alerts", str(self._seq))
        if switch in ("discord", "both"):
            self.to_discord(alert)

    def watch_connection(self, operational: bool, reason: str, now: float, wall: float) -> Alert | None:
        """What is to be told of the broker connection, called as time passes; ``wall`` is the operator's clock,
        by which a minute is a minute."""
        told: Alert | None = None
        if operational:
            if self._told_away and self._away_since is not None:
                away = wall - self._away_since
                text = f"after {away / 60:.0f} min" if away >= 120 else f"after {away:.0f} s"
                told = Alert(AlertKind.DISCONNECT, now, "Broker is back", text, good=True)
            self._away_since, self._told_away = None, False
        elif self._away_since is None:
            self._away_since = wall
        elif not self._told_away and wall - self._away_since > AWAY_FOR:
            self._told_away = True
            text = f"{reason}. No entry can leave; resting stops stay at the broker."
            told = Alert(AlertKind.DISCONNECT, now, "Broker away for more than a minute", text, good=False)
        return told


# ---- the words ----------------------------------------------------------------------------------


def session_start(now: float, session: str, market: str, account: str, equity: Decimal | None, auto: bool) -> Alert:
    fields = [("account", account or "unknown"), ("mode", "AUTO" if auto else "by hand")]
    if equity is not None:
        fields.insert(1, ("equity", f"{equity:,.2f}"))
    return Alert(AlertKind.SESSION_START, now, f"Session {session} on {market}", fields=tuple(fields))


def candidates(now: float, rows: Iterable[tuple[str, float | None, str]]) -> Alert:
    """``rows``: symbol, gap in percent, newest headline."""
    lines = [
        f"**{symbol}** {f'{gap:+.1f} %' if gap is not None else ''}{f'  {headline}' if headline else ''}"
        for symbol, gap, headline in rows
    ]
    title = f"{len(lines)} candidate{'s' if len(lines) != 1 else ''}"
    return Alert(AlertKind.CANDIDATES, now, title, "\n".join(lines) or "Nothing gaps enough today.")


def breakout(now: float, seen: Breakout, headline: str) -> Alert:
    fields = (("range", f"{seen.or_low:g} to {seen.or_high:g}"), ("low of day", f"{seen.low_of_day:g}"))
    return Alert(AlertKind.BREAKOUT, now, f"{seen.symbol} breaks out at {seen.price:g}", headline, fields)


def ticket(now: float, offered: Ticket, waits: float) -> Alert:
    """``waits``: the operator's seconds to decide; 0 when auto mode decides."""
    fields = [
        (offered.verb, f"{offered.quantity:,} at {offered.limit} or better"),
        ("stop", str(offered.stop)),
        ("risk", f"{offered.risk:,.2f}"),
        ("strategy", offered.strategy),
    ]
    text = f"Waits {waits:.0f} s for your decision." if waits > 0 else "Auto mode decides."
    return Alert(AlertKind.TICKET, now, f"Ticket {offered.symbol}", text, tuple(fields))


def fill(now: float, entered: Ticket, quantity: int, average: Decimal, whole: bool) -> Alert:
    did = "Bought" if entered.side is Side.BUY else "Sold short"
    symbol = entered.symbol
    title = f"{did} {quantity:,} {symbol} at {average:.4g}" if whole else f"{did} only {quantity:,} {symbol}"
    fields = (("average", f"{average:.4f}"), ("stop", str(entered.stop)))
    return Alert(AlertKind.FILL, now, title, fields=fields, good=True)


def exit_(now: float, position: Position, why: str) -> Alert:
    """A position closed, wholly or in part. The result is before fees, which may come later."""
    gross = position.gross
    r = position.r_multiple(gross)
    fields = [("result before fees", f"{gross:+,.2f}"), ("R", f"{r:+.2f}" if r is not None else "unknown")]
    fields.append(("left", f"{position.quantity:,}" if position.quantity else "nothing"))
    did = "Bought back" if position.is_short else "Sold"
    title = f"{did} {position.exited:,} {position.symbol} at {position.exit_price:.4g} ({why})"
    return Alert(AlertKind.EXIT, now, title, fields=tuple(fields), good=gross >= 0)


LEGS = {"E": "entry", "S": "stop", "T": "target", "H": "half exit", "X": "exit"}


def refused(now: float, order: OrderUpdate) -> Alert:
    """An order that the broker refused or took away: nobody may be looking at the screen."""
    title = f"{order.symbol}: {LEGS.get(leg_of(order.ref), 'order')} {order.status}"
    fields = (("order", f"{order.side.lower()} {order.quantity:,} {order.type}"), ("filled", f"{order.filled:,}"))
    return Alert(AlertKind.REFUSED, now, title, order.reason or "The broker gives no reason.", fields, good=False)


def mismatch(now: float, texts: Iterable[str]) -> Alert:
    text = "\n".join(texts) + "\nEntries wait until you acknowledge it."
    return Alert(AlertKind.MISMATCH, now, "Journal and broker differ", text, good=False)


def kill(now: float, who: str, text: str) -> Alert:
    return Alert(AlertKind.KILL, now, f"Kill switch by {who}", text, good=False)


def source_stopped(now: float, source: str, text: str) -> Alert:
    return Alert(AlertKind.SOURCE, now, f"Source stopped: {source}", text, good=False)
