"""The chart's state: whose it is, how long its bars are, and where the crosshair stands."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

from skim_tui.console import candidates, figures
from skim_tui.console.chart import CHOICES, DAILY, Frame, Look, frame
from skim_tui.domain.instrument import ASX_LADDER, US_LADDER, PriceLadder
from skim_tui.domain.instrument import price as exact
from skim_tui.link.commands import SelectChart
from skim_tui.link.market import ChartView

if TYPE_CHECKING:
    from skim_tui.console.app import SkimApp

DELAY = 0.15
"""The chart follows the cursor once it rests this long, real seconds."""


class Charting:
    """Follows the cursor, and takes the keys of the chart's pane (methods ``do_<action id>``)."""

    def __init__(self, app: SkimApp, minutes: int) -> None:
        self._app = app
        self.symbol = ""
        self.refusal = ""
        self.is_chosen = False
        """The operator or a ticket chose the stock; until then the chart follows the first candidate."""
        self.look = Look(minutes if minutes in CHOICES else 0)

    @property
    def view(self) -> ChartView | None:
        return self._app.store.chart.get(self.symbol)

    @property
    def price(self) -> Decimal | None:
        """The price under the crosshair, on the exchange's ladder; None while it is off."""
        if self.look.at is None or self.look.price is None:
            return None
        return ladder_of(self._app.store.header.market).nearest(exact(round(self.look.price, 6)))

    # ---- whose chart ------------------------------------------------------------------------------

    def follow_first(self) -> None:
        """Nobody chose yet: the first candidate, or what is held."""
        first = next(iter(candidates.ordered(self._app.store)), None)
        if first is not None:
            self._turn_to(first.symbol)
        elif self._app.store.positions:
            self._turn_to(next(iter(self._app.store.positions)))

    def choose(self, symbol: str) -> None:
        """Show the chart of ``symbol`` and stay with it."""
        self.is_chosen = True
        self._turn_to(symbol)

    def _turn_to(self, symbol: str) -> None:
        if symbol == self.symbol:
            return
        self.symbol, self.refusal = symbol, ""
        self.look = Look(self.look.minutes)
        self._app.mark({"chart"})
        self._app.set_timer(DELAY, lambda: self.ask(symbol))

    def ask(self, symbol: str) -> None:
        if symbol == self.symbol and self._app.attachment.attached:
            self._app.run_worker(self._request(symbol), name="chart", group="chart", exclusive=True)

    async def _request(self, symbol: str) -> None:
        reply = await self._app.attachment.send(SelectChart(symbol))
        if symbol == self.symbol:
            self.refusal = "" if reply.ok else reply.text
            self._app.mark({"chart"})

    # ---- keys -------------------------------------------------------------------------------------

    def do_interval(self) -> None:
        at = CHOICES.index(self.look.minutes)
        minutes = CHOICES[(at + 1) % len(CHOICES)]
        self.look = Look(minutes)
        self._app.memory.keep(interval=minutes)
        self._app.mark({"chart"})
        names = {0: "as the day fits", DAILY: "days"}
        self._app.say(f"bars: {names.get(minutes, f'{minutes} min')}", "muted")

    def do_crosshair_left(self) -> None:
        self._step(-1)

    def do_crosshair_right(self) -> None:
        self._step(1)

    def do_crosshair_up(self) -> None:
        self._raise(1)

    def do_crosshair_down(self) -> None:
        self._raise(-1)

    def end(self) -> bool:
        """Take the crosshair away; whether there was one."""
        if self.look.at is None:
            return False
        self.look = Look(self.look.minutes)
        self._app.mark({"chart"})
        return True

    def point(self, x: int, y: int) -> None:
        """Put the crosshair where the mouse clicked, cells from the chart's corner."""
        drawn = self._frame()
        if drawn is not None and 0 <= x < drawn.columns and 0 <= y < drawn.rows:
            bar = drawn.bars[min(x // drawn.wide, len(drawn.bars) - 1)]
            self.look = replace(self.look, at=bar.ts, price=drawn.scale.price(y))
            self._app.mark({"chart"})

    def _step(self, by: int) -> None:
        drawn = self._frame()
        if drawn is None:
            return
        starts = [bar.ts for bar in drawn.bars]
        at = len(starts) - 1
        if self.look.at is not None:
            at = min(range(len(starts)), key=lambda i: abs(starts[i] - (self.look.at or 0.0)))
            at = max(0, min(len(starts) - 1, at + by))
        price = self.look.price if self.look.price is not None else drawn.bars[at].close
        self.look = replace(self.look, at=starts[at], price=price)
        self._app.mark({"chart"})

    def _raise(self, rows: int) -> None:
        drawn = self._frame()
        if drawn is None:
            return
        before = self.look.price if self.look.price is not None else drawn.bars[-1].close
        ladder = ladder_of(self._app.store.header.market)
        step = max(drawn.scale.step, float(ladder.step_at(exact(round(before, 6)))))
        at = self.look.at if self.look.at is not None else drawn.bars[-1].ts
        price = min(drawn.scale.high, max(drawn.scale.low, before + rows * step))
        self.look = replace(self.look, at=at, price=price)
        self._app.mark({"chart"})
        self._app.say(f"{self.symbol} {figures.price(self.price)}: s moves the stop here, t the target", "muted")

    def _frame(self) -> Frame | None:
        size = self._app.view("chart").content_size
        return frame(self.view, self.look, size.width, size.height)


def ladder_of(mic: str) -> PriceLadder:
    """The price ladder of the exchange ``mic``, for steps on the screen; the desk rounds by the instrument's own."""
    return ASX_LADDER if mic == "XASX" else US_LADDER
