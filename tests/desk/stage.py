"""A desk on the in-process exchange that a test plays forward to the moment it wants."""

from decimal import Decimal

from skim_tui.config import Config
from skim_tui.desk.engine import Desk
from skim_tui.desk.manual import Manual
from skim_tui.desk.telling.history import History
from skim_tui.desk.tending import Tending
from skim_tui.exchange import synthetic
from skim_tui.exchange.core import Exchange
from skim_tui.exchange.direct import DirectBroker
from skim_tui.journal import Journal


class Stage:
    """The generated day, minute by minute. ``wall`` is the operator's clock."""

    def __init__(self, calendar, path=":memory:", **sections):
        tape = synthetic.generate(1)
        config = Config()
        for name, changes in sections.items():
            config = config.model_copy(update={name: getattr(config, name).model_copy(update=changes)})
        self.exchange = Exchange(tape, calendar, cash=Decimal(100_000))
        self.broker = DirectBroker(self.exchange)
        self.journal = Journal.open(path, durable=False)
        self.wall = 1_000.0
        self.desk = Desk(config, self.broker, self.journal, calendar, wall=lambda: self.wall)
        desk = self.desk
        self.manual = Manual(desk)
        self.tending = Tending(desk)
        self.history = History(desk.context, desk.watchlist, desk.books)
        self.broker.connect(desk.handle)
        self.open = calendar.day(tape.dates[0]).open

    def play(self, minutes):
        """Play until so many minutes after the open."""
        self.exchange.play(self.open + minutes * 60)
        self.desk.advance(self.exchange.now())

    @property
    def orders(self):
        return self.desk.orders.updates
