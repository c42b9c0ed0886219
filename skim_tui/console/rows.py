"""The panes of tickets, positions, orders, news and log as rows of text."""

from __future__ import annotations

from skim_tui.console import figures
from skim_tui.console.columns import Column, cells, fitting, heading
from skim_tui.console.lineview import Row, Sheet
from skim_tui.console.spans import Line, Span, length
from skim_tui.console.store import Store
from skim_tui.console.ways import SHORT, order_side, way, way_held
from skim_tui.link.news import NewsView
from skim_tui.link.notices import LogView
from skim_tui.link.trading import OrderView, PositionView, TicketView

TICKET_STYLES = {
    "proposed": "accent bold", "approved": "text", "submitted": "text", "working": "text bold",
    "partly filled": "good", "filled": "good bold", "declined": "faint", "expired": "warn", "blocked": "warn",
    "rejected": "bad bold", "cancelled": "muted", "unknown": "bad bold",
}  # fmt: skip

ORDER_STYLES = {
    "working": "text bold", "held": "text", "filled": "good", "cancelled": "faint", "rejected": "bad bold",
    "unknown": "bad bold", "intended": "muted", "sent": "muted",
}  # fmt: skip

DONE = ("filled", "cancelled", "rejected")

LEVELS: dict[str, Span] = {
    "debug": ("·", "faint"), "info": (" ", "text"), "warning": ("!", "warn"), "error": ("×", "bad bold"),
}  # fmt: skip


def tickets(store: Store, width: int, wall: float) -> Sheet:
    def state(v: TicketView) -> Span:
        return v.state, TICKET_STYLES.get(v.state, "text")

    def why(v: TicketView) -> Span:
        if v.state == "proposed":
            return f"expires in {figures.duration(v.expires_unix - wall)}", "accent"
        if v.decided_by == "auto":
            return automatic(v), "auto"
        return v.reason or (f"by {v.decided_by}" if v.decided_by else ""), "muted"

    columns = fitting(
        (
            Column[TicketView]("time", 8, lambda v: (figures.clock(v.created, store.header.tz), "faint"), need=5),
            Column[TicketView]("symbol", 6, lambda v: (v.symbol, "text bold")),
            Column[TicketView]("state", 13, state),
            Column[TicketView]("side", 5, lambda v: (way(v.side).order, way(v.side).style), need=3),
            Column[TicketView]("qty", 7, lambda v: (way(v.side).signed(v.quantity), "text"), "right"),
            Column[TicketView]("limit", 8, lambda v: (figures.price(v.limit), "entry"), "right"),
            Column[TicketView]("stop", 8, lambda v: (figures.price(v.stop), "stop"), "right"),
            Column[TicketView]("risk", 8, lambda v: (figures.money(v.risk), "text"), "right", need=4),
            Column[TicketView]("why", 12, why, need=2, grow=True),
        ),
        width,
    )
    views = sorted(store.tickets.values(), key=lambda v: (v.state != "proposed", -v.created, v.id))
    empty = ["No tickets today.", "One appears when a ready candidate breaks", "its opening range's high."]
    return Sheet(heading(columns), [Row(v.id, (cells(columns, v),)) for v in views], empty)


def automatic(view: TicketView) -> str:
    """Why auto mode did what it did with a ticket."""
    fired = dict(view.evidence).get("break", "")
    passed = sum(1 for gate in view.gates if gate.ok)
    why = view.reason or f"{passed} of {len(view.gates)} gates passed"
    return f"auto: {f'broke {fired}, ' if fired else ''}{why}"


def positions(store: Store, width: int, now: float) -> Sheet:
    columns = fitting(
        (
            Column[PositionView]("symbol", 6, lambda v: (v.symbol, "text bold")),
            Column[PositionView]("shares", 7, lambda v: (way_held(v).signed(v.quantity), "text"), "right"),
            Column[PositionView]("entry", 8, lambda v: (figures.price(v.entry), "entry"), "right"),
            Column[PositionView]("last", 8, lambda v: (figures.price(v.last), "text"), "right"),
            Column[PositionView]("open P&L", 11, lambda v: figures.profit(v.unrealised), "right"),
            Column[PositionView]("R", 6, lambda v: figures.multiple(v.r), "right"),
            Column[PositionView]("day", 3, lambda v: (str(v.day), "muted"), "right", need=3),
            Column[PositionView]("next exit", 9, lambda v: (v.next_exit, "muted"), need=2, grow=True),
        ),
        width,
    )
    views = sorted(store.positions.values(), key=lambda v: (v.protected, v.symbol))
    rows = [Row(v.symbol, (cells(columns, v), protected_by(v, now, width))) for v in views]
    return Sheet(heading(columns), rows, ["No open positions.", "An approved ticket that fills appears here", "with the stop that protects it."])  # fmt: skip


def protected_by(view: PositionView, now: float, width: int) -> Line:
    """The line that names the stop protecting a position, or says that none does."""
    way = way_held(view)
    hook = f"  └ {way.name}, " if way is SHORT else "  └ "
    if not view.owned:
        return ((f"{hook}not opened by this desk: it watches, you protect", "warn"),)
    held = figures.shares(view.quantity)
    if view.stop_price is None:
        return ((hook, "bad"), (" UNPROTECTED ", "ink bold on bad"), (f" no {way.stop} at the broker for {held}", "bad bold"))  # fmt: skip
    number = f" #{view.stop_perm_id}" if view.stop_perm_id else ""
    stop = f"{way.stop} {figures.price(view.stop_price)} × {figures.shares(view.stop_quantity)}{number}"
    if view.stop_status != "held":
        stop += f" {view.stop_status}"
    if not view.protected:
        return ((hook, "bad"), (" UNPROTECTED ", "ink bold on bad"), (f" {stop}: covers {figures.shares(view.stop_quantity)} of {held}", "bad bold"))  # fmt: skip
    confirmed = f"  seen {figures.age(now - view.stop_confirmed)}" if view.stop_confirmed else ""
    line: Line = ((f"{hook}protected by ", "muted"), (stop, "good"))
    return (*line, (confirmed, "faint")) if length(line) + len(confirmed) <= width else line


def orders(store: Store, width: int) -> Sheet:
    def priced(v: OrderView) -> Span:
        asked = v.stop if v.stop is not None else v.limit
        return (figures.price(asked) if asked is not None else "market", "stop" if v.stop is not None else "entry")

    def why(v: OrderView) -> Span:
        return v.reason or ("not sent by this desk" if v.foreign else ""), "muted"

    def state(v: OrderView) -> Span:
        return v.status, ORDER_STYLES.get(v.status, "text")

    columns = fitting(
        (
            Column[OrderView]("time", 8, lambda v: (figures.clock(v.updated, store.header.tz), "faint"), need=4),
            Column[OrderView]("symbol", 6, lambda v: (v.symbol, "text bold")),
            Column[OrderView]("side", 5, lambda v: (order_side(v), "text")),
            Column[OrderView]("type", 7, lambda v: (v.type, "muted"), need=3),
            Column[OrderView]("qty", 7, lambda v: (figures.shares(v.quantity), "text"), "right"),
            Column[OrderView]("filled", 7, lambda v: (figures.shares(v.filled), "muted"), "right", need=5),
            Column[OrderView]("price", 8, priced, "right"),
            Column[OrderView]("avg", 8, lambda v: (figures.price(v.avg_price), "muted"), "right", need=6),
            Column[OrderView]("tif", 3, lambda v: (v.tif, "faint"), need=7),
            Column[OrderView]("status", 9, state),
            Column[OrderView]("why", 10, why, need=2, grow=True),
        ),
        width,
    )
    views = sorted(store.orders.values(), key=lambda v: (v.status in DONE, -v.updated, v.ref))
    rows = [Row(v.ref, (cells(columns, v, "faint" if v.status == "cancelled" else ""),)) for v in views]
    return Sheet(heading(columns), rows, ["No orders today.", "Approving a ticket sends an entry", "together with its stop."])  # fmt: skip


def news(store: Store, width: int) -> Sheet:
    columns = fitting(
        (
            Column[NewsView]("time", 8, lambda v: (figures.clock(v.ts, store.header.tz), "faint")),
            Column[NewsView]("symbol", 6, lambda v: (v.symbol, "text bold")),
            Column[NewsView]("$", 1, lambda v: ("$" if v.price_sensitive else " ", "warn bold")),
            Column[NewsView](
                "headline ($ price sensitive)", 10, lambda v: (v.headline, "text" if v.price_sensitive else "muted"),
                grow=True,
            ),
        ),
        width,
    )  # fmt: skip
    views = sorted(store.news.values(), key=lambda v: (-v.ts, v.key))
    return Sheet(heading(columns), [Row(v.key, (cells(columns, v),)) for v in views], ["No announcements yet.", "They appear as companies publish them."])  # fmt: skip


SHOWN_LEVELS = {
    "all": ("debug", "info", "warning", "error"),
    "warnings and errors": ("warning", "error"),
    "errors": ("error",),
}
"""Which lines the log shows, by the name of the choice."""


def log(store: Store, width: int, shown: str = "all") -> Sheet:
    def mark(v: LogView) -> Span:
        return LEVELS.get(v.level, (" ", "text"))

    columns = fitting(
        (
            Column[LogView]("time", 8, lambda v: (figures.clock(v.ts, store.header.tz), "faint")),
            Column[LogView]("", 1, mark),
            Column[LogView]("what happened", 10, lambda v: (v.text, "text" if v.level == "info" else mark(v)[1]), grow=True),
        ),
        width,
    )  # fmt: skip
    kept = SHOWN_LEVELS[shown]
    views = sorted((v for v in store.log.values() if v.level in kept), key=lambda v: -v.seq)
    empty = ["Nothing has happened yet."] if shown == "all" else [f"No {shown} so far.", "f shows every line."]
    return Sheet(heading(columns), [Row(str(v.seq), (cells(columns, v),)) for v in views], empty)
