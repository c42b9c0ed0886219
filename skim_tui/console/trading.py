"""What trading keys do beyond a yes or no: entries by hand, other terms, stops, targets and part sales."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from skim_tui.console import figures
from skim_tui.console.batch import Batch
from skim_tui.console.charting import ladder_of
from skim_tui.console.dial import Dial, DialScreen
from skim_tui.console.dialogs import Choice
from skim_tui.console.form import Form
from skim_tui.console.orderform import OrderForm
from skim_tui.console.spans import Line
from skim_tui.console.ways import SHORT, way_held
from skim_tui.domain.instrument import price
from skim_tui.link.commands import CancelAll, MoveStop, RepairStop, ScaleOut, SetTarget
from skim_tui.link.trading import PositionView

if TYPE_CHECKING:
    from skim_tui.console.app import SkimApp

PARTS = (("1", "a quarter", 4), ("2", "a third", 3), ("3", "half", 2))


class Trading:
    """The operator's own orders: methods ``do_<action id>``."""

    def __init__(self, app: SkimApp) -> None:
        self._app = app

    # ---- entries ------------------------------------------------------------------------------------

    def do_buy(self) -> None:
        self._app.push_screen(OrderForm(self._app, Form.of_symbol(self._app.charting.symbol)))

    def do_edit(self) -> None:
        ticket = self._app.deciding.ticket
        if ticket is None:
            self._app.say("no ticket waits for a decision", "warn")
        elif ticket.id in self._app.deciding.busy:
            self._app.say(f"{ticket.symbol}: already sent to the desk", "warn")
        else:
            self._app.push_screen(OrderForm(self._app, Form.of_ticket(ticket)))

    def do_batch(self) -> None:
        if self._app.deciding.tickets:
            self._app.push_screen(Batch(self._app))
        else:
            self._app.say("no ticket waits for a decision", "warn")

    def do_cancel_all(self) -> None:
        self._app.operating.ask(
            "Cancel every working entry?", ["Stops and targets of open positions stay."],
            [Choice("y", "cancel all entries", "yes")], lambda _: self._app.operating.send(CancelAll()),
        )  # fmt: skip

    # ---- positions ----------------------------------------------------------------------------------

    def _held(self) -> PositionView | None:
        """The position that a key is about: the selected one, or the chart's."""
        app = self._app
        table = app.looking.table()
        symbol = table.key if table is not None else app.charting.symbol
        held = app.store.positions.get(symbol)
        if held is None:
            app.say(f"no position{f' in {symbol}' if symbol else ''}", "warn")
        elif not held.owned:
            app.say(f"{symbol} was not opened by this desk: it only watches", "warn")
            held = None
        return held

    def do_move_stop(self) -> None:
        held = self._held()
        if held is None:
            return
        if held.stop_price is None:
            self._app.say(f"{held.symbol} has no stop at the broker: r repairs", "bad bold")
            return
        symbol, present, way = held.symbol, held.stop_price, way_held(held)
        start = self._pointed(symbol) or present

        def tell(at: Decimal) -> list[Line]:
            locked = way.gain(held.entry, at) * abs(held.quantity)
            return [
                (("now ", "muted"), (figures.price(present), "stop"), ("   last ", "muted"), (figures.price(held.last), "text"), ("   entry ", "muted"), (figures.price(held.entry), "entry")),
                (("filled there ", "muted"), figures.profit(locked), (f" on {way.signed(held.quantity)}", "muted")),
            ]  # fmt: skip

        def answered(answer: str | None) -> None:
            if answer:
                self._app.operating.send(MoveStop(symbol, Decimal(answer)))

        self._app.push_screen(
            DialScreen(
                self._app.palette, f"{way.stop.capitalize()} of {symbol}", self._dial(start), tell,
                lambda at: way.stop_problem(at, present, held.last), confirm=f"move the {way.stop}",
            ),
            answered,
        )  # fmt: skip

    def do_target(self) -> None:
        held = self._held()
        if held is None:
            return
        symbol, way = held.symbol, way_held(held)
        chart = self._app.store.chart.get(symbol)
        present = price(chart.target) if chart is not None and chart.target is not None else None
        risk = way.gain(held.stop_price, held.entry) if held.stop_price is not None else Decimal(0)
        start = self._pointed(symbol) or present or held.entry + way.sign * 2 * max(risk, Decimal(0))
        last = price(held.last)
        if held.last > 0 and (way.gain(last, start) < 0 or start <= 0):
            start = last

        def tell(at: Decimal) -> list[Line]:
            ratio = f"  {float(way.gain(held.entry, at) / risk):.1f}R" if risk > 0 else ""
            return [
                (("now ", "muted"), (figures.price(present) if present else "none", "target"), ("   last ", "muted"), (figures.price(held.last), "text")),
                (("filled there ", "muted"), figures.profit(way.gain(held.entry, at) * abs(held.quantity)), (ratio, "muted")),
            ]  # fmt: skip

        def answered(answer: str | None) -> None:
            if answer:
                self._app.operating.send(SetTarget(symbol, None if answer == "none" else Decimal(answer)))

        self._app.push_screen(
            DialScreen(
                self._app.palette, f"Target of {way.name} {symbol}" if way is SHORT else f"Target of {symbol}",
                self._dial(start), tell, lambda at: way.target_problem(at, held.last),
                confirm="set the target", none="no target" if present else "",
            ),
            answered,
        )  # fmt: skip

    def do_scale_out(self) -> None:
        held = self._held()
        if held is None:
            return
        symbol, way = held.symbol, way_held(held)
        sizes = {key: max(1, held.quantity // part) for key, _, part in PARTS}
        choices = [Choice(key, f"{name}: {figures.shares(sizes[key])}", key) for key, name, _ in PARTS]
        profit = figures.profit(held.unrealised)[0].strip()
        text = [f"{way.signed(held.quantity)} held, open profit {profit}.", f"{way.left.capitalize()} at market; the {way.stop} keeps covering the rest."]  # fmt: skip
        self._app.operating.ask(
            f"{way.leave.capitalize()} part of {symbol}?", text, choices,
            lambda key: self._app.operating.send(ScaleOut(symbol, sizes[key])), grave=True,
        )  # fmt: skip

    def do_repair(self) -> None:
        held = self._held()
        if held is not None:
            self._app.operating.send(RepairStop(held.symbol))

    def _dial(self, start: Decimal) -> Dial:
        ladder = ladder_of(self._app.store.header.market)
        return Dial(ladder, ladder.nearest(start))

    def _pointed(self, symbol: str) -> Decimal | None:
        """The crosshair's price when the key was pressed in this symbol's chart."""
        charting = self._app.charting
        return charting.price if self._app.place == "chart" and charting.symbol == symbol else None
