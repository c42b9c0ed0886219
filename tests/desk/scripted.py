"""A desk on a broker that says exactly what the test tells it to, and remembers what the desk asked of it."""

from dataclasses import replace
from decimal import Decimal

from skim_tui.broker.port import NotConnected
from skim_tui.config import Config
from skim_tui.desk.engine import Desk
from skim_tui.domain.events import (
    BrokerSnapshot,
    Connection,
    ConnectionChanged,
    HaltChanged,
    InstrumentResolved,
    ShortAvailability,
)
from skim_tui.domain.instrument import ASX_LADDER, Instrument
from skim_tui.domain.market import Quote
from skim_tui.domain.orders import (
    AccountReport,
    Fill,
    FillFees,
    OrderStatus,
    OrderUpdate,
    PositionReport,
    Side,
    leg_of,
    order_ref,
)
from skim_tui.domain.session import ASX
from skim_tui.domain.ticket import Ticket
from skim_tui.journal import Journal
from tests.conftest import calendar_of

D = Decimal
WORKING, HELD, FILLED = OrderStatus.WORKING, OrderStatus.HELD, OrderStatus.FILLED
CANCELLED, REJECTED, SENT = OrderStatus.CANCELLED, OrderStatus.REJECTED, OrderStatus.SENT
T = "4567-260303-BHP-1"


class Broker:
    """The port, scripted."""

    speed = 1.0

    def __init__(self, now):
        self.time = now
        self.up = True
        self.asked = []
        """Every command, oldest first: ("place", ref), ("modify", ref, quantity, stop), ("cancel", ref), ("resync",)."""
        self.specs = {}
        self.reconciliations = 0

    def now(self):
        return self.time

    def _send(self, *command):
        if not self.up:
            raise NotConnected("not connected")
        self.asked.append(command)

    def place(self, bracket):
        self._send("place", *(leg.ref for leg in bracket.legs))
        self.specs.update({leg.ref: leg for leg in bracket.legs})

    def place_order(self, order):
        self._send("place", order.ref)
        self.specs[order.ref] = order

    def modify(self, ref, *, quantity=None, stop_price=None, limit_price=None):
        self._send("modify", ref, quantity, stop_price)

    def cancel(self, ref):
        self._send("cancel", ref)

    def resync(self):
        self.asked.append(("resync",))

    def reconciled(self):
        self.reconciliations += 1

    def scan(self, request): ...
    def resolve(self, symbol): ...
    def fetch_daily(self, symbol, sessions): ...
    def watch(self, symbol): ...
    def unwatch(self, symbol): ...


class Script:
    """One desk and its broker. ``path`` is the journal; a second Script on the same file is the desk after a crash.

    Prices are written for a long position entered at 10.50; with ``side`` SELL they are mirrored at that price.
    """

    side = Side.BUY

    def __init__(self, path=":memory:", *, connect=True, **sections):
        calendar = calendar_of("XASX")
        config = Config()
        always = {"desk": {"without_console": "continue"}}
        if self.side is Side.SELL:
            always["shock"] = {"short": True}
        for name, changes in (always | sections).items():
            config = config.model_copy(update={name: getattr(config, name).model_copy(update=changes)})
        from datetime import date

        self.day = calendar.day(date(2026, 3, 3))
        self.broker = Broker(self.day.open + 1800.0)
        self.wall = 1_000.0
        self.journal = Journal.open(path, durable=False)
        self.desk = Desk(config, self.broker, self.journal, calendar, wall=lambda: self.wall)
        self.account = AccountReport("DU1234567", "AUD", D(100_000), D(100_000), D(100_000), simulated=True)
        self.said = {}
        self.fills = []
        self.held = {}
        self.commission = True
        if connect:
            self.connect()

    # ---- the broker speaks ------------------------------------------------------------------------

    def connect(self):
        for state in (Connection.CONNECTING, Connection.SYNCING):
            self.desk.handle(ConnectionChanged(state, "script"))
        self.snapshot()
        self.desk.handle(ConnectionChanged(Connection.OPERATIONAL, "script"))
        self.market()

    def disconnect(self):
        self.broker.up = False
        self.desk.handle(ConnectionChanged(Connection.DISCONNECTED, "script"))

    def reconnect(self, **truth):
        self.broker.up = True
        for state in (Connection.CONNECTING, Connection.SYNCING):
            self.desk.handle(ConnectionChanged(state, "script"))
        self.snapshot(**truth)
        self.desk.handle(ConnectionChanged(Connection.OPERATIONAL, "script"))

    def market(self, bid=10.49, ask=10.50, halted=False, symbol="BHP"):
        self.desk.watchlist.follow(symbol)
        self.desk.handle(InstrumentResolved(Instrument(symbol, ASX, "AUD", ASX_LADDER, con_id=1)))
        self.desk.handle(HaltChanged(symbol, self.broker.time, halted))
        if self.side is Side.SELL:
            bid, ask = 21.0 - ask, 21.0 - bid
        self.desk.handle(ShortAvailability(symbol, self.broker.time, True, 1_000_000))
        self.desk.handle(Quote(symbol, self.broker.time, bid, 5_000, ask, 5_000))

    @classmethod
    def at(cls, text):
        """A price of the long story, as it is on this side."""
        return D(text) if cls.side is Side.BUY else D("21.00") - D(text)

    def snapshot(self, open_orders=None, completed=None, positions=None, fills=None):
        """The broker's whole truth; what is left out is what was said before. ``positions``: shares on this side."""
        said = [update for update in self.said.values() if update.status is not SENT]
        live = [update for update in said if not update.status.is_done]
        done = [update for update in said if update.status.is_done]
        signed = {symbol: self.side.sign * shares for symbol, shares in (positions or {}).items()}
        holding = self.held if positions is None else signed
        self.desk.handle(
            BrokerSnapshot(
                self.account,
                tuple(PositionReport(symbol, quantity, D("10.50")) for symbol, quantity in holding.items()),
                tuple(live if open_orders is None else open_orders),
                tuple(done if completed is None else completed),
                tuple(self.fills if fills is None else fills),
            )
        )

    def update(self, ref, status, **changes):
        """What an order's message would be, from its spec and what was said of it before."""
        spec = self.broker.specs.get(ref)
        known = self.said.get(ref)
        if known is None:
            known = OrderUpdate(
                ref, spec.symbol, spec.side, spec.type, spec.quantity, SENT, 0, spec.quantity, D(0),
                limit_price=spec.limit_price, stop_price=spec.stop_price, tif=spec.tif.value,
                perm_id=900 + len(self.said),
            )  # fmt: skip
        after = replace(known, status=status, **changes)
        remaining = 0 if after.status.is_done else after.quantity - after.filled
        return replace(after, remaining=remaining)

    def say(self, ref, status, **changes):
        self.said[ref] = self.update(ref, status, **changes)
        self.desk.handle(self.said[ref])

    def execution(self, ref, quantity, price="10.50", exec_id=None):
        """An execution, not told yet."""
        spec = self.broker.specs[ref]
        number = exec_id or f"0001.{len(self.fills) + 1:04d}.01"
        fill = Fill(number, ref, spec.symbol, spec.side, quantity, self.at(price), self.broker.time, 1)
        self.fills.append(fill)
        self.held[spec.symbol] = self.held.get(spec.symbol, 0) + spec.side.sign * quantity
        return fill

    def fill(self, ref, quantity, price="10.50", *, status=True):
        """An execution and the status after it."""
        fill = self.execution(ref, quantity, price)
        self.desk.handle(fill)
        if self.commission:
            self.desk.handle(FillFees(fill.exec_id, D("6.00"), "AUD"))
        if status:
            known = self.update(ref, WORKING)
            filled = known.filled + quantity
            self.say(ref, FILLED if filled == known.quantity else WORKING, filled=filled)
        return fill

    # ---- time and the operator --------------------------------------------------------------------

    def wait(self, seconds=3.0):
        """Let time pass, the operator's and the exchange's, a second at a time."""
        for _ in range(int(seconds)):
            self.wall += 1.0
            self.broker.time += 1.0
            self.desk.advance(self.broker.time)

    def propose(self, ticket_id=T, quantity=100, **changes):
        symbol = ticket_id.split("-")[2]
        if symbol != "BHP":
            self.market(symbol=symbol)
        ticket = Ticket(
            id=ticket_id, symbol=symbol, strategy="test", quantity=quantity, limit=D("10.50"), stop=self.at("10.00"),
            value=D("10.50") * quantity, risk=D("0.50") * quantity, fees=D(12), created=self.broker.time,
            session_date="2026-03-03", side=self.side,
        )  # fmt: skip
        self.desk.approvals.take(replace(ticket, **changes), "test")
        return ticket_id

    def enter(self, quantity=100, filled=None, ticket_id=T):
        """An approved entry, filled (wholly, or ``filled`` shares) and protected."""
        done, text = self.desk.approvals.approve(self.propose(ticket_id, quantity), "test")
        assert done, text
        entry, stop = order_ref(ticket_id, "E"), order_ref(ticket_id, "S")
        self.say(entry, WORKING)
        self.say(stop, HELD)
        shares = quantity if filled is None else filled
        if shares:
            self.fill(entry, shares)
        return entry, stop

    # ---- what can be seen ---------------------------------------------------------------------------

    def placed(self, leg=""):
        """References of all orders sent, or of one leg, in order."""
        refs = [ref for command in self.broker.asked if command[0] == "place" for ref in command[1:]]
        return [ref for ref in refs if not leg or leg_of(ref) == leg]

    def asked(self, verb):
        return [command for command in self.broker.asked if command[0] == verb]

    @property
    def position(self):
        return self.desk.books.positions.get("BHP")

    @property
    def covered(self):
        return self.desk.keeper.protection_of("BHP").covered

    def lines(self, level=None):
        return [line.text for line in self.desk.context.lines if level in (None, line.level)]
