"""What holds whatever the market does and clients send: money, shares, ranges, groups, families and time."""

from collections import defaultdict

from hypothesis import given, settings
from hypothesis import strategies as st

from skim_tui.domain.instrument import ASX_LADDER, price
from skim_tui.domain.orders import Side
from skim_tui.exchange.model import Rejected, SimOrder
from tests.exchange.market import D, Floor

MINUTES = 14
LENT = 5000
"""Shares of the listing that can be borrowed: a twentieth of its average day."""


@st.composite
def minutes(draw):
    """Bars in whole cents that jump, trend and stand still; some without volume, some minutes missing."""
    at, found = 1000, []
    for minute in range(MINUTES):
        at = max(200, at + draw(st.integers(-12, 12)))
        up, down, end = draw(st.integers(0, 15)), draw(st.integers(0, 15)), draw(st.integers(-15, 15))
        close = min(max(at + end, at - down), at + up)
        if draw(st.integers(0, 9)) or minute == 0:
            volume = draw(st.sampled_from([0, 40, 900, 5000, 40_000]))
            found.append((minute, at / 100, (at + up) / 100, (at - down) / 100, close / 100, volume))
        at = close
    return found


def single():
    return st.tuples(
        st.just("single"),
        st.sampled_from(["BUY", "SELL"]),
        st.sampled_from(["MKT", "LMT", "LMT", "STP", "STP LMT", "TRAIL", "MTL", "MIT", "MOC"]),
        st.integers(60, 3000),
        st.integers(-8, 8),
        st.sampled_from(["DAY", "GTC", "IOC"]),
        st.sampled_from(["", "", "red", "blue"]),
        st.sampled_from([1, 2, 3]),
    )


def plans():
    bracket = st.tuples(
        st.just("bracket"), st.sampled_from(list(Side)), st.integers(60, 3000), st.integers(-6, 6), st.integers(1, 12)
    )
    exits = st.tuples(st.just("exits"), st.integers(1, 3000), st.integers(1, 8), st.sampled_from([2, 3]))
    change = st.tuples(st.just("change"), st.integers(0, 30), st.integers(1, 3000), st.integers(-8, 8))
    cancel = st.tuples(st.just("cancel"), st.integers(0, 30))
    halt = st.tuples(st.just("halt"))
    step = st.one_of(single(), single(), bracket, exits, change, cancel, halt)
    return st.lists(st.tuples(step, st.integers(1, 130)), min_size=1, max_size=14)


class Witness:
    """Watches every execution for the order that should have been served before it."""

    def __init__(self, exchange):
        self.exchange = exchange
        exchange.book._on_execution = self._watch(exchange.book._on_execution)
        self.initial = {}
        self.overtaken = []

    def _watch(self, tell):
        def told(execution):
            order = self.exchange.orders[execution.perm_id]
            for other in self.exchange._families.live.get(order.symbol, ()):
                if self._comes_first(other, order):
                    self.overtaken.append((execution, other))
            tell(execution)

        return told

    @staticmethod
    def _comes_first(other, order):
        """Whether ``other`` rests at the same price on the same side, is earlier, and could have been filled."""
        return (
            other is not order
            and other.side is order.side
            and other.resting
            and order.resting
            and other.limit == order.limit
            and other.priority < order.priority
            and not other.is_done
            and other.remaining > 0
            and other.queue_ahead > max(order.queue_ahead, 0)
        )


class Trader:
    def __init__(self, floor):
        self.floor = floor
        self.exchange = floor.exchange
        self.witness = Witness(self.exchange)
        self.number = 0
        self.sent = []
        self.brackets = []
        self.resized = set()
        """Parents a child of which was given another quantity when they were done: it is an order of its own then."""
        self.regrouped = set()
        """OCA groups an order of which was given another quantity: it counts anew then."""

    def steps(self, count):
        quote = self.exchange.quote("ABC")
        base = ASX_LADDER.nearest(price(quote.bid if quote else 10.0))
        return ASX_LADDER.up(base, count) if count > 0 else ASX_LADDER.down(base, -count)

    def submit(self, side, kind, quantity, **rest):
        self.number += 1
        order = SimOrder(1, self.number, "ABC", Side(side), kind, quantity, **rest)
        try:
            self.exchange.submit(order)
        except Rejected:
            return None
        self.sent.append(order)
        self.witness.initial[order.perm_id] = quantity
        return order

    def single(self, side, kind, quantity, offset, tif, group, oca_type):
        at = self.steps(offset)
        self.submit(
            side, kind, quantity, tif=tif, oca_group=group, oca_type=oca_type,
            limit=at if "LMT" in kind else None, stop=at if kind in ("STP", "STP LMT", "MIT") else None,
            trail_amount=D("0.05") if kind == "TRAIL" else None,
        )  # fmt: skip

    def bracket(self, side, quantity, offset, width):
        parent = self.submit(side, "LMT", quantity, limit=self.steps(offset), transmit=False)
        if parent is None:
            return
        rest = {"parent_id": parent.order_id, "tif": "GTC"}
        away, gain = Side.SELL if side is Side.BUY else Side.BUY, side.sign * width
        target = self.submit(away, "LMT", quantity, limit=self.steps(offset + gain), transmit=False, **rest)
        stop = self.submit(away, "STP", quantity, stop=self.steps(offset - gain), **rest)
        self.brackets.append((parent, [child for child in (target, stop) if child is not None]))

    def exits(self, quantity, width, oca_type):
        """A stop and a target for shares that are held, in one group."""
        group = f"exit {self.number}"
        stop = self.submit("SELL", "STP", quantity, stop=self.steps(-width), oca_group=group, oca_type=oca_type)
        if stop is not None and stop.filled:
            self.regrouped.add(group)  # it began to sell before it had a group
        self.submit("SELL", "LMT", quantity, limit=self.steps(width), oca_group=group, oca_type=oca_type)

    def change(self, index, quantity, offset):
        if self.sent:
            order = self.sent[index % len(self.sent)]
            try:
                self.exchange.modify(order, quantity=quantity, limit=self.steps(offset) if order.limit else None)
            except Rejected:
                return
            self.witness.initial[order.perm_id] = max(self.witness.initial[order.perm_id], quantity)
            self.regrouped.add(order.oca_group)
            parent = self.exchange._families.parent(order)
            if parent is not None and parent.is_done:
                self.resized.add(parent.perm_id)

    def cancel(self, index):
        if self.sent:
            try:
                self.exchange.cancel(self.sent[index % len(self.sent)])
            except Rejected:
                pass

    def halt(self):
        if self.exchange.stats("ABC").halted:
            self.exchange.resume("ABC")
        else:
            self.exchange.halt("ABC")

    def run(self, plan):
        for (what, *arguments), wait in plan:
            getattr(self, what)(*arguments)
            self.exchange.play(self.exchange.now() + wait)


@settings(max_examples=60, deadline=None)
@given(minutes(), plans(), st.sampled_from([0.25, 1.0]), st.sampled_from([0.0, 3.0]), st.booleans())
def test_nothing_a_client_can_send_breaks_the_market(bars, plan, participation, impact, short):
    floor = Floor().bar("09:59", 10.0, 10.0, 10.0, 10.0, 5000)
    for minute, opened, high, low, close, volume in bars:
        floor.bar(f"10:{minute:02}", opened, high, low, close, volume)
    floor.bar("16:10", *([bars[-1][4]] * 4), 3000)
    exchange = floor.open("09:58:30", participation=participation, impact=impact, cash=D(150_000), allow_short=short)
    trader = Trader(floor)
    trader.run(plan)
    exchange.play(floor.at("16:30"))

    fills = exchange.executions
    # Money: to the cent, exactly.
    paid = sum((fill.side.sign * fill.quantity * fill.price + fill.commission for fill in fills), D(0))
    assert exchange.cash == exchange.start_cash - paid
    held = sum(fill.side.sign * fill.quantity for fill in fills)
    assert exchange.positions.get("ABC", (0,))[0] == held
    quantity, cost = exchange.positions.get("ABC", (0, D(0)))
    assert abs(exchange.cash + quantity * cost - exchange.start_cash - exchange.realised) < D("0.000001")
    # Shares: never below what can be borrowed (nothing in a cash account), never beyond order, parent or group.
    running = 0
    for fill in fills:
        running += fill.side.sign * fill.quantity
        assert running >= (-LENT if short else 0)
    filled = defaultdict(int)
    for fill in fills:
        filled[fill.perm_id] += fill.quantity
    for order in exchange.orders.values():
        assert order.filled == filled[order.perm_id] <= trader.witness.initial[order.perm_id]
        assert order.filled <= order.quantity
    for parent, children in trader.brackets:
        if parent.perm_id not in trader.resized:
            assert sum(child.filled for child in children) <= parent.filled
    groups = defaultdict(list)
    for order in exchange.orders.values():
        if order.oca_group.startswith("exit") and order.oca_group not in trader.regrouped:
            groups[order.oca_group].append(order)
    for group in groups.values():
        assert sum(order.filled for order in group) <= max(trader.witness.initial[order.perm_id] for order in group)
    # Prices: within the tape's range at that time, on its ladder, and never worse than the limit.
    recorded = [(floor.at("09:59"), 10.0, 10.0)]
    recorded += [(floor.at(f"10:{minute:02}"), low, high) for minute, _, high, low, _, _ in bars]
    recorded += [(floor.at("16:10"), bars[-1][4], bars[-1][4])]
    for fill in fills:
        near = [(low, high) for ts, low, high in recorded if ts <= fill.ts][-2:]
        low, high = min(low for low, _ in near), max(high for _, high in near)
        assert low <= float(fill.price) <= high, (fill, near)
    assert trader.witness.overtaken == []
    assert not [order for order in exchange.orders.values() if not order.is_done and order.tif == "DAY"]


def test_the_witness_sees_an_order_that_is_overtaken():
    """The check above can fail: an order put behind by hand is reported."""
    floor = Floor().trade("09:59:05", 10.0, 5000).quote("10:00:00", 10.0, 10.02, 400, 400).trade("10:00:05", 10.0, 10)
    floor.trade("10:31", 10.0, 5000).open("10:30", participation=1.0)
    first, second = floor.send("BUY", "LMT", 100, "10.00"), floor.send("BUY", "LMT", 100, "10.00")
    witness = Witness(floor.exchange)
    first.queue_ahead, second.queue_ahead = 10_000, 0
    floor.play("10:32")
    assert [other for _, other in witness.overtaken] == [first]
