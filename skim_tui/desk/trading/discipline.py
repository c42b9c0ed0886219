"""Holds the trader to the loss rules decided beforehand: warns, locks entries out, and makes an override slow."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal

from skim_tui.desk.context import Context
from skim_tui.desk.trading.books import Books
from skim_tui.domain.discipline import WARN_AT, DisciplineRule, gave_back, loss_stage, streak_until
from skim_tui.journal import LatchRecord
from skim_tui.redaction import redactor

LOCKOUT, OVERRIDE = "lock-out", "override"


class Discipline:
    """Watches the day's profit. A lock-out holds to the next session, over restarts too; exits know nothing of it."""

    def __init__(self, context: Context, books: Books, disarm: Callable[[str], None]) -> None:
        self._context = context
        self._books = books
        self._disarm = disarm
        risk = context.config.risk
        self.rule = DisciplineRule(
            max_daily_loss=risk.max_daily_loss,
            give_back_from=risk.give_back_from,
            give_back_pct=risk.give_back_pct,
            streak=risk.loss_streak,
            streak_minutes=risk.loss_streak_minutes,
        )
        self._stage = 0
        self._best = Decimal(0)
        self._locked = ""
        self._streak_told = 0.0
        self._overrides = 0
        self._override_due = 0.0
        self._override_by = ""

    @property
    def max_daily_loss(self) -> Decimal:
        """Today's limit: the configured one, and half of it more for each override that has taken effect."""
        return self.rule.max_daily_loss * (2 + self._overrides) / 2

    def start_day(self) -> None:
        """A new session: what was locked is open again."""
        had = bool(self._locked or self._overrides or self._override_due)
        self._stage, self._best, self._streak_told = 0, Decimal(0), 0.0
        self._locked, self._overrides, self._override_due = "", 0, 0.0
        self._context.lockout = ""
        if had:
            self._save()

    def restore(self, latches: dict[str, str]) -> None:
        """Take over a lock-out and its overrides of this same session, after a restart."""
        session = self._context.session_date.isoformat()
        if LOCKOUT in latches:
            day, reason = json.loads(latches[LOCKOUT])
            if day == session:
                self._locked = self._context.lockout = reason
        if OVERRIDE in latches:
            day, self._overrides, due, by = json.loads(latches[OVERRIDE])
            if day == session:
                self._override_due, self._override_by = due, by
            else:
                self._overrides = 0

    def on_time(self, now: float) -> None:
        """Judge the day's profit as it stands."""
        if self._override_due and now >= self._override_due:
            self._override_takes_effect()
        pnl = self._books.day_pnl()
        if pnl is not None:
            self._best = max(self._best, pnl)
            self._warn(pnl)
            if not self._locked and gave_back(self._best, pnl, self.rule):
                self._lock(f"gave back {self._best - pnl:,.0f} of the day's {self._best:,.0f}")
        self._cool_down(now)

    def override(self, who: str, why: str) -> tuple[bool, str]:
        """Ask for the lock-out to end. It does so only after a delay, for this session, and is journaled twice:
        when asked and when it takes effect."""
        context = self._context
        if not self._locked:
            return False, "nothing is locked out"
        if not why.strip():
            return False, "an override needs a reason in words"
        if self._override_due:
            return False, f"an override is due at {context.day.local(self._override_due):%H:%M:%S} already"
        self._override_due = context.now() + context.config.risk.override_minutes * 60.0
        self._override_by = who
        self._save()
        context.journal.save(events=[context.event(who, "override asked", "lock-out", why)])
        text = f"override of '{self._locked}' takes effect at {context.day.local(self._override_due):%H:%M:%S}"
        context.log("warning", f"{text}: {why} ({who})")
        return True, text

    # ---- details ----------------------------------------------------------------------------------

    def _warn(self, pnl: Decimal) -> None:
        stage = loss_stage(pnl, self.max_daily_loss)
        if stage <= self._stage:
            return
        self._stage = stage
        limit = self.max_daily_loss
        if stage < len(WARN_AT):
            self._context.log(
                "warning", f"DAILY LOSS {-pnl:,.2f} is past {WARN_AT[stage - 1]:.0%} of the limit {limit:,.0f}"
            )
            return
        self._lock(f"daily loss limit {limit:,.0f} reached")

    def _lock(self, reason: str) -> None:
        context = self._context
        reason = redactor.text(reason)
        self._locked = context.lockout = f"{reason}: no entry until the next session"
        self._save()
        context.journal.save(events=[context.event("desk", "lock-out", "entries", reason)])
        context.log("error", f"LOCKED OUT: {self._locked}")
        if context.auto:
            self._disarm("daily loss" if "loss" in reason else "give-back")
        context.touch("header", "")

    def _cool_down(self, now: float) -> None:
        """A losing streak keeps entries back for a while; it is over by itself."""
        if self._locked:
            return
        results = [(position.closed, position.realised) for position in self._books.closed]
        until = streak_until(sorted(results), self.rule)
        if now < until:
            self._context.lockout = (
                f"{self.rule.streak} losses in a row: cooling down until {self._context.day.local(until):%H:%M:%S}"
            )
            if until != self._streak_told:
                self._streak_told = until
                self._context.log("warning", self._context.lockout)
        elif self._context.lockout:
            self._context.lockout = ""
            self._context.log("info", "cool-down after a losing streak is over")

    def _override_takes_effect(self) -> None:
        context = self._context
        self._override_due = 0.0
        self._overrides += 1
        locked, self._locked, context.lockout = self._locked, "", ""
        self._stage = loss_stage(self._books.day_pnl() or Decimal(0), self.max_daily_loss)
        self._best = Decimal(0)
        self._save()
        context.journal.save(events=[context.event(self._override_by, "override in effect", "lock-out", locked)])
        context.log(
            "warning", f"OVERRIDE by {self._override_by} in effect; the day's limit is {self.max_daily_loss:,.0f}"
        )
        context.touch("header", "")

    def _save(self) -> None:
        now, session = self._context.now(), self._context.session_date.isoformat()
        locked = json.dumps([session, self._locked]) if self._locked else ""
        asked = self._overrides or self._override_due
        override = json.dumps([session, self._overrides, self._override_due, self._override_by]) if asked else ""
        self._context.journal.save(LatchRecord(LOCKOUT, locked, now), LatchRecord(OVERRIDE, override, now))
