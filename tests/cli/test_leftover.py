"""``skim flatten`` waits for both sides of the market, and is not content with what it does not know."""

from decimal import Decimal

import pytest

from skim_tui.cli.leftover import Leftover
from skim_tui.link.account import HeaderView
from skim_tui.link.messages import Delta
from skim_tui.link.trading import OrderView, PositionView

UP = HeaderView(connection="OPERATIONAL", account="DU1")
T = "M001-260310-DRO-1"


def whole(head=UP, positions=(), orders=()):
    rows = {"header": {"": head}, "positions": {p.symbol: p for p in positions}, "orders": {o.ref: o for o in orders}}
    return Delta(whole=True, upserts=rows)


def held(side, quantity=500, **changes):
    return PositionView(symbol="DRO", quantity=quantity, entry=Decimal("4.34"), side=side, **changes)


def order(leg, side, status="working", **changes):
    return OrderView(f"{T}.{leg}", "DRO", side, "LMT", 500, status=status, **changes)


@pytest.mark.parametrize(
    ("first", "said"),
    [
        (Delta(whole=True), "the broker is unknown"),
        (whole(HeaderView(connection="DISCONNECTED", account="DU1")), "the broker is DISCONNECTED"),
        (whole(), ""),
        (whole(positions=[held("BUY")]), "500 DRO"),
        (whole(positions=[held("SELL")]), "-500 DRO"),
        (whole(positions=[held("SELL", -500, owned=False)]), ""),
        (whole(orders=[order("E", "SELL")]), f"{T}.E"),
        (whole(orders=[order("E", "BUY"), order("S", "SELL")]), f"{T}.E"),
        # A protective stop or an exit that buys back opens nothing.
        (whole(orders=[order("S", "BUY"), order("X1", "BUY"), order("E", "SELL", "filled")]), ""),
        (whole(orders=[order("E", "SELL", foreign=True)]), ""),
    ],
)
def test_what_is_left(first, said):
    leftover = Leftover()
    leftover.take(first)
    assert leftover.text() == said


def test_rows_that_come_and_go_are_followed():
    leftover = Leftover()
    leftover.take(whole(positions=[held("SELL")], orders=[order("E", "SELL")]))
    leftover.take(Delta(upserts={"positions": {"DRO": held("SELL", 200)}}, removes={"orders": (f"{T}.E",)}))
    assert leftover.text() == "-200 DRO"
    leftover.take(Delta(removes={"positions": ("DRO", "gone before")}))
    assert leftover.text() == ""
