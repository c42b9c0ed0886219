"""The operator's word: what a key, a console command or ``skim flatten`` may ask of the desk."""

from __future__ import annotations

from skim_tui.crashpoints import crashpoint
from skim_tui.desk import alerting
from skim_tui.desk.context import Context
from skim_tui.desk.trading.approvals import Approvals
from skim_tui.desk.trading.books import Books
from skim_tui.desk.trading.exits import RETRY_EVERY, Exits
from skim_tui.desk.trading.keeper import Keeper
from skim_tui.desk.trading.orders import Orders
from skim_tui.domain.orders import leg_of
from skim_tui.journal import LatchRecord

KILL, FLATTEN = "kill", "flatten"


class Operator:
    """Commands by hand. Each answers (done, what happened) and journals who asked."""

    def __init__(
        self, context: Context, orders: Orders, books: Books, exits: Exits, keeper: Keeper, approvals: Approvals
    ) -> None:
        self._context = context
        self._orders = orders
        self._books = books
        self._exits = exits
        self._keeper = keeper
        self._approvals = approvals
        self._look_again = 0.0

    # ---- single orders and positions ------------------------------------------------------------------

    def close(self, symbol: str, who: str) -> tuple[bool, str]:
        """Sell a whole position at market."""
        return self._exits.close(symbol, who, "closed by hand")

    def cancel(self, ref: str, who: str) -> tuple[bool, str]:
        """Cancel one of our orders; the stop of a held position is refused."""
        order = self._orders.updates.get(ref)
        if order is None:
            return False, f"{ref} is not an order of this desk"
        if order.status.is_done:
            return False, f"{ref} is {order.status} already"
        position = self._books.positions.get(order.symbol)
        protects = {stop.ref for stop in self._keeper.protection_of(order.symbol).orders}
        if position is not None and ref in protects:
            return False, f"{ref} protects {position.quantity:,} {order.symbol}: close the position instead"
        not_sent = self._orders.cancel(ref, who, "cancelled by hand")
        return (False, not_sent) if not_sent else (True, f"{ref}: cancel asked")

    # ---- auto mode ------------------------------------------------------------------------------------

    def set_auto(self, armed: bool, who: str) -> tuple[bool, str]:
        """Arm or disarm auto mode. Arming is refused while entries are blocked (S9)."""
        context = self._context
        blocked = context.entries_blocked()
        if armed and blocked:
            return False, f"auto not armed: {blocked}"
        if context.auto != armed:
            context.auto = armed
            word = "ARMED" if armed else "disarmed"
            context.journal.save(events=[context.event(who, f"auto {word}", "auto")])
            context.log("warning", f"AUTO {word} by {who}")
            context.touch("header", "")
        return True, "AUTO armed" if context.auto else "AUTO disarmed: every trade waits for your key"

    # ---- kill switch and flatten (S7) -------------------------------------------------------------------

    def kill(self, who: str, *, close_all: bool) -> tuple[bool, str]:
        """Cancel every entry and block new ones; with ``close_all`` also close every position. Idempotent.

        What cannot be done now (no connection, an order without an answer) is named, and flattening is tried
        again until all is flat or :meth:`resume` takes it back. Both hold over a restart.
        """
        context = self._context
        self._latch(who, close_all=close_all)
        self.set_auto(False, who)
        crashpoint("flatten-begun")
        undone: list[str] = []
        self._approvals.decline_all(f"kill switch ({who})")
        cancelled = self._cancel_entries(who, undone)
        crashpoint("flatten-half-done")
        closing = self._close_all(who, undone) if close_all else 0
        text = f"KILL: entries blocked, {cancelled} cancelled, {closing} positions closing"
        if undone:
            text += "; NOT DONE: " + "; ".join(undone)
            if close_all:
                text += " (tried again until it is)"
        context.log("error", text)
        context.alert(alerting.kill(context.now(), who, text))
        context.touch("header", "")
        return not undone, text

    def _latch(self, who: str, *, close_all: bool) -> None:
        """Remember the operator's word before anything is sent, so that a crash does not forget it."""
        context = self._context
        latches: list[LatchRecord] = []
        if not context.killed:
            context.killed = "kill switch"
            latches.append(LatchRecord(KILL, context.killed, context.now()))
        if close_all and not context.flatten:
            context.flatten = who
            latches.append(LatchRecord(FLATTEN, who, context.now()))
        if latches:
            context.journal.save(*latches, events=[context.event(who, "kill", "all", close_all=close_all)])

    def _cancel_entries(self, who: str, undone: list[str]) -> int:
        cancelled = 0
        for order in self._orders.live():
            if leg_of(order.ref) != "E":
                continue
            not_sent = self._orders.cancel(order.ref, who, "kill switch")
            if not_sent:
                undone.append(f"cancel {order.ref}: {not_sent}")
            else:
                cancelled += 1
        return cancelled

    def _close_all(self, who: str, undone: list[str]) -> int:
        closing = 0
        for symbol in tuple(self._books.positions):
            if self._exits.working(symbol) is not None:
                closing += 1
                continue
            done, text = self._exits.close(symbol, who, "kill switch")
            if done:
                closing += 1
            else:
                undone.append(text)
        return closing

    def resume(self, who: str) -> tuple[bool, str]:
        """Allow entries again after :meth:`kill`; a flatten that is still under way is taken back."""
        context = self._context
        if not context.killed and not context.flatten:
            return False, "entries are not blocked by the kill switch"
        context.killed = context.flatten = ""
        context.journal.save(
            LatchRecord(KILL, "", context.now()),
            LatchRecord(FLATTEN, "", context.now()),
            events=[context.event(who, "resume", "all")],
        )
        context.log("warning", f"entries allowed again by {who}")
        context.touch("header", "")
        return True, "entries allowed again"

    def restore(self, latches: dict[str, str]) -> None:
        """Take over what the operator said before this desk started."""
        context = self._context
        context.killed, context.flatten = latches.get(KILL, ""), latches.get(FLATTEN, "")
        if context.killed:
            context.log("warning", "the kill switch was on when the desk ended: entries stay blocked")
        if context.flatten:
            context.log("warning", f"{context.flatten} wanted all flat when the desk ended: going on with it")

    def on_time(self, now: float) -> None:
        """While all is to be flat: entries that still work are cancelled; flat at last, it is over."""
        context = self._context
        if not context.flatten or context.wall() < self._look_again:
            return
        self._look_again = context.wall() + RETRY_EVERY
        self._cancel_entries(context.flatten, [])
        working = any(leg_of(order.ref) in ("E", "H", "X") for order in self._orders.live())
        working |= any(self._books.unbooked(order) for order in self._orders.updates.values())
        if not self._books.positions and not working:
            context.log("warning", f"flat: {context.flatten} has what was asked")
            context.flatten = ""
            context.journal.save(LatchRecord(FLATTEN, "", now), events=[context.event("desk", "flat", "all")])

    # ---- mismatches -----------------------------------------------------------------------------------

    def acknowledge(self, who: str) -> tuple[bool, str]:
        """The operator has seen the mismatches: they block no longer."""
        context = self._context
        if not context.mismatches:
            return False, "nothing to acknowledge"
        context.journal.save(events=[context.event(who, "acknowledge", "mismatch", "; ".join(context.mismatches))])
        count = len(context.mismatches)
        context.acknowledged.update(context.mismatches)
        context.mismatches.clear()
        context.log("warning", f"{count} mismatch(es) acknowledged by {who}")
        context.touch("header", "")
        return True, f"{count} mismatch(es) acknowledged"
