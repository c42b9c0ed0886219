"""What may be sent: the checks an order passes before it is accepted, with the broker's codes and texts."""

from __future__ import annotations

from dataclasses import dataclass, fields
from decimal import Decimal

from skim_tui.domain.fees import FeeSchedule
from skim_tui.domain.instrument import Instrument, price
from skim_tui.domain.orders import Side
from skim_tui.exchange import bands
from skim_tui.exchange.account import Account
from skim_tui.exchange.families import Families
from skim_tui.exchange.funds import Funds
from skim_tui.exchange.lending import Lending, Supply
from skim_tui.exchange.model import AFTER_TRIGGER, TRAILING, Rejected, SimOrder
from skim_tui.exchange.sessions import Trading
from skim_tui.exchange.venue import Venue

TYPES = ("MKT", "LMT", "MTL", "MOC", "LOC", *AFTER_TRIGGER)
LIMITED = ("LMT", "LOC", "STP LMT", "LIT")
"""Types that must name a limit. (A TRAIL LIMIT may name an offset instead.)"""

STOPPED = ("STP", "STP LMT", "MIT", "LIT")
TIFS = ("DAY", "GTC", "IOC", "GTD", "OPG")
MOST_ACTIVE = 20
"""Active orders per contract, side and account."""

GROUP_FILLED = "Order rejected - reason:OCA group is already filled"
"""Source: the words of live gateways in several public logs of 2026, for orders sent after one of their group had
filled; that a group which reduces is over only with its last order is a choice."""

NOT_SHORTABLE = "Order rejected - reason:The contract is not available for short sale"
"""Source: the words of live gateways in several public logs, 2023 to 2026."""


@dataclass(slots=True)
class Terms:
    """What an order says, or would say after a change."""

    type: str
    quantity: int
    limit: Decimal | None
    stop: Decimal | None
    tif: str
    trail_amount: Decimal | None
    trail_percent: Decimal | None
    trail_stop: Decimal | None
    limit_offset: Decimal | None
    good_till: float
    good_after: float
    outside_rth: bool

    @classmethod
    def of(cls, order: SimOrder) -> Terms:
        return cls(**{field.name: getattr(order, field.name) for field in fields(cls)})

    def put_on(self, order: SimOrder) -> None:
        for field in fields(self):
            setattr(order, field.name, getattr(self, field.name))

    def drop_unused(self) -> None:
        """Forget prices that the order type does not use, as a gateway does."""
        if self.type in ("MKT", "MOC", "STP", "TRAIL", "MIT"):
            self.limit = None
        if self.type not in STOPPED:
            self.stop = None


class Rules:
    """The checks, in the order in which a gateway makes them."""

    def __init__(
        self,
        families: Families,
        account: Account,
        fees: FeeSchedule,
        venue: Venue,
        funds: Funds,
        lending: Lending,
        *,
        allow_short: bool,
    ) -> None:
        self._families = families
        self._account = account
        self._fees = fees
        self._venue = venue
        self._funds = funds
        self._lending = lending
        self._allow_short = allow_short

    def check(self, order: SimOrder, terms: Terms) -> Decimal:
        """The price a share that what ``terms`` open reserves of the funds (0 for a sale of held shares).
        Raises :class:`Rejected`."""
        instrument = self._venue.instruments[order.symbol]
        self._check_form(terms, instrument)
        if order.perm_id == 0:
            self._check_count(order)
            if self._families.is_spent(order):
                raise Rejected(201, GROUP_FILLED)
        if order.side is Side.BUY:
            worth = self._worth(order, terms)
            self._check_purchase(order, instrument, terms.quantity, worth)
            return worth
        opening = self._check_sale(order, terms.quantity)
        if opening or (terms.type == "MKT" and order.perm_id == 0 and not order.parent_id):
            worth = self._worth(order, terms)
            if opening:
                self._check_funds(order, instrument, opening, worth)
                return worth
        return Decimal(0)

    def must_locate(self, order: SimOrder) -> bool:
        """Whether a sale opens a short position for which shares have to be found before it may work."""
        opening = self._opening_sale(order, order.quantity)
        if opening <= 0:
            return False
        free = self._lending.at_hand(order.symbol, self._venue.now() - order.entered)
        return opening > free - self._to_be_borrowed(order)

    def band_refusal(self, order: SimOrder, limit: Decimal | None) -> str:
        """Why the market's price band refuses ``limit``; empty when it does not. Bands begin with trading."""
        last = self._venue.last_today(order.symbol)
        if limit is None or order.type != "LMT" or last <= 0.0:
            return ""
        if self._venue.state(order.symbol) is not Trading.CONTINUOUS:
            return ""
        return bands.refusal(self._venue.instruments[order.symbol], order.side, limit, price(last))

    # ---- the form ---------------------------------------------------------------------------------

    def _check_form(self, terms: Terms, instrument: Instrument) -> None:
        kind = terms.type
        if kind not in TYPES:
            raise Rejected(201, f"Order rejected - reason:order type {kind} is not supported")
        if terms.tif == "FOK":
            raise Rejected(201, "Order rejected - reason:time in force FOK is not supported for this contract")
        if terms.tif not in TIFS:
            raise Rejected(10052, f"Invalid time in force:{terms.tif or 'Empty'}")
        if terms.tif == "OPG" and kind not in ("MKT", "LMT"):
            raise Rejected(201, f"Order rejected - reason:time in force OPG is not supported for {kind}")
        if terms.tif == "GTD" and terms.good_till <= self._venue.now():
            raise Rejected(201, "Order rejected - reason:the good till date is missing or in the past")
        if terms.quantity == 0:
            raise Rejected(434, "The order size cannot be zero.")
        if terms.quantity < 0 or terms.quantity % instrument.lot:
            raise Rejected(201, f"Order rejected - reason:quantity {terms.quantity} is not a positive number of lots")
        if kind in LIMITED and terms.limit is None:
            raise Rejected(201, f"Order rejected - reason:{kind} without a limit price")
        if kind in STOPPED and terms.stop is None:
            raise Rejected(201, f"Order rejected - reason:{kind} without a stop price")
        if kind in TRAILING:
            self._check_trail(terms)
        for named in (terms.limit, terms.stop, terms.trail_stop):
            if named is not None and not instrument.ladder.is_on(named):
                raise Rejected(110, "The price does not conform to the minimum price variation for this contract.")

    @staticmethod
    def _check_trail(terms: Terms) -> None:
        distances = [distance for distance in (terms.trail_amount, terms.trail_percent) if distance is not None]
        if len(distances) != 1 or distances[0] <= 0 or (terms.trail_percent or 0) >= 100:
            raise Rejected(201, "Order rejected - reason:a trailing order needs one trailing amount or percentage")
        if terms.type == "TRAIL LIMIT" and terms.limit_offset is None and None in (terms.limit, terms.trail_stop):
            raise Rejected(201, "Order rejected - reason:TRAIL LIMIT without a limit offset, or a limit and a stop")

    def _check_count(self, order: SimOrder) -> None:
        active = sum(1 for other in self._families.live.get(order.symbol, ()) if other.side is order.side)
        if active >= MOST_ACTIVE:
            raise Rejected(
                201,
                f"Order rejected - reason:Maximum of {MOST_ACTIVE} orders working on either the buy or sell side "
                "for this particular contract has already been reached.",
            )

    # ---- what is there to sell ----------------------------------------------------------------------

    def _check_sale(self, order: SimOrder, quantity: int) -> int:
        """The shares that would be sold short. Raises :class:`Rejected`."""
        parent = self._families.parent(order)
        closes_parent = parent is not None and parent.side is Side.BUY and not parent.is_done
        if parent is not None and closes_parent and quantity > parent.quantity:
            raise Rejected(
                201, f"Order rejected - reason:a child of {quantity} shares under a parent of {parent.quantity}"
            )
        opening = self._opening_sale(order, quantity)
        if opening and not self._allow_short:
            free = max(0, quantity - order.filled - opening)
            raise Rejected(201, f"Order rejected - reason:short sale: {quantity} to sell, {free} available")
        if opening and self._lending.offer(order.symbol).supply is Supply.NONE:
            raise Rejected(201, NOT_SHORTABLE)
        return opening

    def _opening_sale(self, order: SimOrder, quantity: int) -> int:
        """Shares that a sale of ``quantity`` would sell beyond what is held and promised to no other sale."""
        if order.side is not Side.SELL:
            return 0
        parent = self._families.parent(order)
        if parent is not None and parent.side is Side.BUY and not parent.is_done:
            return 0
        free = max(0, self._account.quantity(order.symbol) - self._promised(order))
        return max(0, quantity - order.filled - free)

    def _to_be_borrowed(self, order: SimOrder) -> int:
        """Shares that the other working sales will borrow when they fill."""
        return max(0, self._promised(order) - max(0, self._account.quantity(order.symbol)))

    def _promised(self, order: SimOrder) -> int:
        """Shares that other working sales may take: an OCA group takes them once. One that waits for shares to
        borrow takes none, so that it never stands in an exit's way."""
        own = self._families.group(order)
        promised: dict[str, int] = {}
        for other in self._families.live.get(order.symbol, ()):
            if other.side is not Side.SELL or other is order or other.waits_parent or other.waits_locate:
                continue
            group = self._families.group(other)
            if group and group == own:
                continue
            key = group or f"!{other.perm_id}"
            promised[key] = max(promised.get(key, 0), self._families.capacity(other))
        return sum(promised.values())

    # ---- what it costs ------------------------------------------------------------------------------

    def _worth(self, order: SimOrder, terms: Terms) -> Decimal:
        """The price a share that an order is reckoned at. Raises :class:`Rejected` when there is none."""
        named = terms.limit or terms.stop or terms.trail_stop
        if named is not None:
            return named
        market = self._venue.market(order.symbol)
        if market is not None:
            touch = market.ask if order.side is Side.BUY else market.bid or market.ask
            if touch > 0.0:
                return price(touch)
        known = self._venue.last_today(order.symbol) or self._venue.prev_close(order.symbol)
        if known <= 0.0 or self._venue.state(order.symbol) is Trading.CONTINUOUS:
            raise Rejected(201, "Order rejected - reason:no market data for a market order")
        return price(known)

    def _check_purchase(self, order: SimOrder, instrument: Instrument, quantity: int, worth: Decimal) -> None:
        held = self._account.quantity(order.symbol)
        if order.parent_id:
            return  # it closes what its parent sells short
        opening = quantity - order.filled - max(0, -held)
        if opening <= 0:
            return
        value = worth * opening
        if order.perm_id == 0 and value < instrument.min_order_value and held <= 0:
            raise Rejected(
                201,
                f"Order rejected - reason:opening order of {value:.2f} is below the minimum of "
                f"{instrument.min_order_value} {instrument.currency}",
            )
        self._check_funds(order, instrument, opening, worth)

    def _check_funds(self, order: SimOrder, instrument: Instrument, opening: int, worth: Decimal) -> None:
        value = worth * opening
        needed = (value + self._fees.order_fee(opening, value)) * self._account.rate(instrument.currency)
        available = self._funds.free() - self._funds.committed(order)
        if needed > available:
            raise Rejected(
                201,
                "Order rejected - reason:YOUR ORDER IS NOT ACCEPTED. IN ORDER TO OBTAIN THE DESIRED POSITION YOUR "
                f"AVAILABLE FUNDS [{available:.2f} {self._account.currency}] MUST EXCEED [{needed:.2f}]",
            )
