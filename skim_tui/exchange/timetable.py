"""What the hour does to orders: auctions, the post-close session, expiry, corporate actions on the day's open."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from skim_tui.domain.instrument import price
from skim_tui.domain.market import Trade
from skim_tui.domain.session import ASX, ExchangeDay
from skim_tui.exchange.account import Account
from skim_tui.exchange.actions import Actions, CorporateAction, adjust_order
from skim_tui.exchange.agenda import SESSION, Agenda
from skim_tui.exchange.auction import Auction
from skim_tui.exchange.book import Book
from skim_tui.exchange.families import Families
from skim_tui.exchange.lending import LOCATE_SECONDS
from skim_tui.exchange.matching import Matcher
from skim_tui.exchange.model import SimOrder
from skim_tui.exchange.playback import Playback
from skim_tui.exchange.sessions import CALL, PRINT_WINDOW, Sessions
from skim_tui.exchange.venue import Closing, Venue


class Timetable:
    """Carries a day's own events out on the book. It decides nothing about single orders."""

    def __init__(
        self,
        venue: Venue,
        account: Account,
        book: Book,
        families: Families,
        matcher: Matcher,
        sessions: Sessions,
        playback: Playback,
        agenda: Agenda,
        actions: Actions,
        *,
        on_order: Callable[[SimOrder], None],
        on_position: Callable[[str], None],
        on_end: Callable[[], None],
    ) -> None:
        self._venue = venue
        self._account = account
        self._book = book
        self._families = families
        self._matcher = matcher
        self._sessions = sessions
        self._playback = playback
        self._agenda = agenda
        self._actions = actions
        self._on_order = on_order
        self._on_position = on_position
        self._on_end = on_end
        book.looking = self._look_for_shares

    def begin(self, day: ExchangeDay, before: date) -> None:
        """Plan the events of ``day``, the first one after ``before``."""
        self._day = day
        self._venue.closings.clear()
        self._book.forget_queues()
        self.adjust_between(before, day.date)
        plan = self._agenda.plan
        opens = {self._sessions.opens_at(symbol) for symbol in self._venue.instruments} | {day.open}
        for ts in opens:
            plan(ts, SESSION, self._match_all)
            plan(ts + PRINT_WINDOW, SESSION, self._opening_is_over)
        plan(day.closing_auction + CALL, SESSION, self._closing_is_over)
        plan(day.end, SESSION, self._end_day)

    def adjust_between(self, after: date, until: date) -> None:
        """Bring holdings and orders over the corporate actions with ``after < date <= until``."""
        for action in self._actions.between(after, until):
            self._adjust(action)

    def traded(self, trade: Trade, printed: int) -> None:
        """A trade of the tape: an auction's print of ``printed`` shares, or one that resting orders may share."""
        symbol = trade.symbol
        auction = self._sessions.print_of(symbol, trade.ts)
        if auction is not None:
            self._uncross(symbol, auction, trade.price, printed)
            return
        closing = self._venue.closings.get(symbol)
        if closing is not None and price(trade.price) == closing.price:
            more = int(trade.size * self._matcher.participation)
            closing.to_buy, closing.to_sell = closing.to_buy + more, closing.to_sell + more
        self._matcher.match(symbol, trade.price, trade.size)

    def watch(self, order: SimOrder) -> None:
        """Wake an order when it becomes active, end it when its time is over."""
        if order.is_done:
            return
        if order.good_after > self._venue.now():
            self._agenda.enter(order.good_after, SESSION, self._matcher.match, order.symbol)
        if order.tif == "GTD":
            self._agenda.enter(max(order.good_till, self._venue.now()), SESSION, self._end_in_time, order)
        if order.waits_locate:
            self._look_for_shares(order)

    def _look_for_shares(self, order: SimOrder) -> None:
        found = max(order.entered + LOCATE_SECONDS, self._venue.now())
        self._agenda.enter(found, SESSION, self._book.locate, order.symbol)

    # ---- the day's events -----------------------------------------------------------------------------

    def _opening_is_over(self) -> None:
        self._matcher.end_auction(Auction.OPENING)
        self._match_all()

    def _closing_is_over(self) -> None:
        if not self._playback.prints_closings:
            # The tape ends with continuous trading: the last price stands for the closing auction's.
            for symbol in list(self._families.live):
                last = self._venue.last_today(symbol)
                if last > 0.0:
                    self._uncross(symbol, Auction.CLOSING, last, self._playback.last_minute_volume(symbol))
        if self._day.mic != ASX:
            self._book.expire(lambda order: order.tif == "DAY" and not order.outside_rth, "expired at the close")
        self._match_all()

    def _end_day(self) -> None:
        self._book.expire(lambda order: order.tif == "DAY", "expired at the end of the session")
        self._on_end()

    def _match_all(self) -> None:
        for symbol in list(self._families.live):
            self._matcher.match(symbol)

    def _uncross(self, symbol: str, auction: Auction, at: float, volume: int) -> None:
        bought, sold = self._matcher.uncross(symbol, auction, at, volume)
        if auction is Auction.CLOSING:
            self._playback.stats(symbol).close = at
            share = int(volume * self._matcher.participation)
            self._venue.closings[symbol] = Closing(price(at), max(0, share - bought), max(0, share - sold))

    def _adjust(self, action: CorporateAction) -> None:
        listed = self._venue.instruments.get(action.symbol)
        if listed is None:
            return
        action.apply_to(self._account, listed.currency)
        for order in list(self._families.live.get(action.symbol, ())):
            adjust_order(order, action, listed.ladder)
            if order.remaining <= 0:
                self._book.end(order, f"nothing is left of it after the {action.kind}")
            else:
                self._on_order(order)
        self._on_position(action.symbol)

    def _end_in_time(self, order: SimOrder) -> None:
        if not order.is_done and order.tif == "GTD" and order.good_till <= self._venue.now():
            self._book.end(order, "its good till date is over")
