"""The two ways to be in the market, long and short: which direction helps, and the words the screen has for each."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from skim_tui.console import figures
from skim_tui.domain.orders import leg_of
from skim_tui.link.market import CandidateView
from skim_tui.link.trading import OrderView, PositionView


@dataclass(frozen=True, slots=True)
class Way:
    """One way to be in the market. All that differs between long and short on the screen is named here."""

    sign: int
    """1 where a rising price earns, -1 where a falling one does."""
    name: str
    enter: str
    """The entry on a card, which is read at a glance and without colour."""
    order: str
    """The entry in a column."""
    ticket: str
    send: str
    """What the approving key does."""
    leave: str
    left: str
    stop: str
    """The order that protects."""
    tightens: str
    """Where a stop may move."""
    stop_lies: str
    """Where the stop lies from the entry; the target lies on the other side."""
    market: str
    """The price that the entry meets."""
    style: str

    def signed(self, quantity: int) -> str:
        """Shares with the sign of the holding: a short one is negative."""
        return figures.shares(self.sign * abs(quantity))

    def gain(self, entry: Decimal, at: Decimal) -> Decimal:
        """Profit of one share from ``entry`` to ``at``."""
        return (at - entry) * self.sign

    def met(self, view: CandidateView) -> float:
        """The price that the entry meets now: the offer for a purchase, the bid for a short sale."""
        return view.ask if self.sign > 0 else view.bid

    def stop_problem(self, at: Decimal, present: Decimal, last: float) -> str:
        """Why a stop at ``present`` must not move to ``at`` with the market at ``last``; empty when it may."""
        if self.gain(present, at) <= 0:
            return f"a stop is never widened: this one moves {self.tightens} from {figures.price(present)}"
        if last > 0 and self.gain(at, Decimal(str(last))) <= 0:
            where = "above" if self.sign > 0 else "below"
            return f"at or {where} the last price: it would {self.leave} at once"
        return ""

    def target_problem(self, at: Decimal, last: float) -> str:
        """Why a target must not rest at ``at`` with the market at ``last``; empty when it may."""
        if last > 0 and self.gain(Decimal(str(last)), at) <= 0:
            where = "above" if self.sign > 0 else "below"
            return f"a target lies {where} the last price: here it would {self.leave} at once"
        return ""


LONG = Way(
    sign=1, name="long", enter="BUY", order="BUY", ticket="TICKET", send="approve and send", leave="sell", left="sold",
    stop="stop", tightens="up", stop_lies="below", market="offer", style="gain",
)  # fmt: skip
SHORT = Way(
    sign=-1, name="short", enter="SELL SHORT", order="SHORT", ticket="SHORT TICKET", send="approve and sell short",
    leave="buy back", left="bought back", stop="buy stop", tightens="down", stop_lies="above", market="bid", style="loss",
)  # fmt: skip


def way(side: str) -> Way:
    """The way that an entry of ``side`` opens."""
    return SHORT if side == "SELL" else LONG


def way_held(view: PositionView) -> Way:
    """The way of a holding; one that the desk did not open tells it by the sign of its shares."""
    return SHORT if view.side == "SELL" or view.quantity < 0 else LONG


def order_side(view: OrderView) -> str:
    """An order's side as a trader says it: SHORT opens and COVER closes a short position. What an order that
    this desk did not send is for is not known: its plain side."""
    leg = "" if view.foreign else leg_of(view.ref)
    if view.side == "SELL":
        return SHORT.order if leg == "E" else "SELL"
    return "COVER" if leg and leg != "E" else "BUY"
