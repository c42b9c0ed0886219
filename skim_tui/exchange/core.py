"""The exchange: one market on one clock, and one account that trades in it, whatever door a client came through."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from skim_tui.domain.fees import FEES
from skim_tui.domain.instrument import price
from skim_tui.domain.market import Announcement, Bar, DailyBar, Quote, Trade
from skim_tui.domain.session import ExchangeDay, TradingCalendar
from skim_tui.exchange import agenda as ranks
from skim_tui.exchange.account import Account
from skim_tui.exchange.actions import Actions, CorporateAction
from skim_tui.exchange.agenda import Agenda
from skim_tui.exchange.api import DayStats as DayStats
from skim_tui.exchange.api import ExchangeApi as ExchangeApi
from skim_tui.exchange.api import Listener as Listener
from skim_tui.exchange.archive import Archive
from skim_tui.exchange.audience import Audience
from skim_tui.exchange.book import Book
from skim_tui.exchange.clock import SimClock
from skim_tui.exchange.disturbance import Disturbance
from skim_tui.exchange.families import Families
from skim_tui.exchange.funds import Funds
from skim_tui.exchange.impact import Impact
from skim_tui.exchange.lending import Lending, Offer
from skim_tui.exchange.listings import listings
from skim_tui.exchange.matching import PARTICIPATION, Matcher
from skim_tui.exchange.model import Execution, SimOrder
from skim_tui.exchange.playback import Playback
from skim_tui.exchange.player import Player
from skim_tui.exchange.sessions import Sessions
from skim_tui.exchange.statefile import StateFile
from skim_tui.exchange.survival import Survival
from skim_tui.exchange.tape import Tape
from skim_tui.exchange.timetable import Timetable
from skim_tui.exchange.validation import Rules
from skim_tui.exchange.venue import Venue


class Exchange:
    """Plays a tape on a clock and matches its clients' orders against it (:class:`ExchangeApi`)."""

    def __init__(
        self,
        tape: Tape,
        calendar: TradingCalendar,
        *,
        account_id: str = "DU1234567",
        cash: Decimal = Decimal(100_000),
        currency: str = "",
        rates: Mapping[str, Decimal] | None = None,
        start: float | None = None,
        speed: float | None = None,
        allow_short: bool = True,
        participation: float = PARTICIPATION,
        impact: float = 0.0,
        state: StateFile | None = None,
    ) -> None:
        """``currency`` is the account's (the market's if not given), ``rates`` units of it for one of another.
        Without ``allow_short`` it is a cash account: no sale goes below zero.

        Raises :class:`skim_tui.exchange.statefile.StateError` when ``state`` holds another account's world,
        :class:`LookupError` when no rate between the two currencies is known.
        """
        self.tape = tape
        self.calendar = calendar
        self.currency = currency or tape.currency
        self.start_cash = cash
        self.instruments = listings(tape)
        self._symbol_of = {listed.con_id: symbol for symbol, listed in self.instruments.items()}
        self.account = Account(cash, self.currency, rates)
        self.account.rate(tape.currency)
        self.disturbance = Disturbance()
        self._day = calendar.day(tape.dates[0])
        self._agenda = Agenda()
        self._player = Player(
            self._agenda, calendar, tape.dates, begin_day=self._begin_day, after=lambda: self._survival.save()
        )
        self._actions = Actions(tape.actions)
        self._sessions = Sessions(self._day, self.now)
        self._archive = Archive(tape, calendar, self._actions)
        self._playback = Playback(
            tape, self.instruments, self._archive, self._agenda, self._sessions, self.now, told=self
        )
        self._families = Families()
        venue = Venue(self.instruments, self.now, self._sessions, self._playback)
        fees = FEES[tape.mic]
        self.lending = Lending(tape.borrow, self.account, self.daily_bars)
        self._funds = Funds(self.account, self._families, venue)
        rules = Rules(self._families, self.account, fees, venue, self._funds, self.lending, allow_short=allow_short)
        self.book = Book(
            account_id,
            self.account,
            fees,
            venue,
            self._families,
            rules,
            on_order=self._tell_order,
            on_execution=self._tell_execution,
        )
        self._matcher = Matcher(
            self.book, self._families, venue, self.disturbance, participation=participation, impact=Impact(impact)
        )
        self._audience = Audience(self.disturbance)
        self._survival = Survival(state, self.account, self.book, self._families, now=self.now, day=self.day)
        self._timetable = Timetable(
            venue,
            self.account,
            self.book,
            self._families,
            self._matcher,
            self._sessions,
            self._playback,
            self._agenda,
            self._actions,
            on_order=self._tell_order,
            on_position=self._audience.position_changed,
            on_end=self._end_day,
        )
        self._player.start(start, speed)
        self._take_up()

    def close(self) -> None:
        """Write the state for the next run."""
        self._survival.close()

    # ---- what doors ask: the account ------------------------------------------------------------------

    @property
    def account_id(self) -> str:
        return self.book.account_id

    @property
    def orders(self) -> dict[int, SimOrder]:
        return self._families.orders

    @property
    def executions(self) -> list[Execution]:
        return self.book.executions

    @property
    def cash(self) -> Decimal:
        return self.account.cash

    @property
    def balances(self) -> dict[str, Decimal]:
        return self.account.balances

    @property
    def positions(self) -> dict[str, tuple[int, Decimal]]:
        return self.account.positions

    @property
    def realised(self) -> Decimal:
        return self.account.realised

    def rate(self, currency: str) -> Decimal:
        return self.account.rate(currency)

    def equity(self) -> Decimal:
        total = self.account.cash
        for symbol, (quantity, cost) in self.account.positions.items():
            last = self.stats(symbol).last or self.stats(symbol).prev_close
            value = quantity * (price(last) if last > 0.0 else cost)
            total += value * self.rate(self.instruments[symbol].currency)
        return total

    def free_funds(self) -> Decimal:
        return self._funds.free()

    def next_order_id(self, client_id: int) -> int:
        return 1 + self._families.highest_ids.get(client_id, 0)

    # ---- what doors ask: the market -------------------------------------------------------------------

    @property
    def announcements(self) -> list[Announcement]:
        return self._playback.announcements

    @property
    def clock(self) -> SimClock:
        return self._player.clock

    def now(self) -> float:
        return self._player.clock.now()

    def day(self) -> ExchangeDay:
        return self._day

    def symbol_of(self, con_id: int) -> str:
        """The symbol of a contract id; empty when there is none."""
        return self._symbol_of.get(con_id, "")

    def call_at(self, ts: float, action: Callable[[], None]) -> None:
        self._agenda.enter(ts, ranks.TIMER, action)

    def join(self, listener: Listener) -> None:
        self._audience.join(listener)

    def leave(self, listener: Listener) -> None:
        for symbol in self._audience.leave(listener):
            self.unsubscribe(listener, symbol)

    def subscribe(self, listener: Listener, symbol: str) -> None:
        self._audience.follow(listener, symbol)
        self._playback.activate(symbol)

    def unsubscribe(self, listener: Listener, symbol: str) -> None:
        if self._audience.unfollow(listener, symbol) and not self._families.live.get(symbol):
            self._playback.active.discard(symbol)

    def stats(self, symbol: str) -> DayStats:
        return self._playback.stats(symbol)

    def quote(self, symbol: str) -> Quote | None:
        quote = self._playback.quote(symbol)
        return None if quote is None else self.disturbance.shown(quote)

    def last(self, symbol: str) -> Trade | None:
        stats = self.stats(symbol)
        return Trade(symbol, stats.last_ts, stats.last, 0, stats.volume) if stats.last > 0.0 else None

    def minute_bars(self, symbol: str, start: float, end: float) -> list[Bar]:
        bars = self._archive.minutes(symbol, self._day.date) if start < self._day.pre_open else []
        bars += self._archive.today.get(symbol, ())
        forming = self._playback.forming(symbol)
        if forming is not None:
            bars.append(forming)
        return [bar for bar in bars if start <= bar.ts < end]

    def recorded_minutes(self, symbol: str, day: date) -> list[Bar]:
        return self._archive.recorded(symbol, day)

    def daily_bars(self, symbol: str, sessions: int) -> list[DailyBar]:
        return self._archive.daily(symbol, sessions, self._day.date)

    def borrowable(self, symbol: str) -> tuple[float, int]:
        return self.lending.told(symbol)

    # ---- what doors ask: orders -----------------------------------------------------------------------

    def submit(self, order: SimOrder) -> None:
        self.disturbance.refuse(order)
        self._playback.activate(order.symbol)
        self.book.submit(order)
        self._timetable.watch(order)
        self._survival.save()

    def transmit(self, order: SimOrder) -> None:
        """Release a parked order and the family that waits with it."""
        self.book.transmit(order)
        self._survival.save()

    def modify(self, order: SimOrder, **terms: Any) -> None:
        try:
            self.book.modify(order, **terms)
        finally:
            self._survival.save()
        self._timetable.watch(order)

    def cancel(self, order: SimOrder, reason: str = "") -> None:
        self.book.cancel(order, reason)
        self._survival.save()

    # ---- what tests and faults do to the market -----------------------------------------------------------

    def halt(self, symbol: str) -> None:
        """Stop trading of ``symbol``; orders are taken in, none matches."""
        self.halt_changed(symbol, True)

    def resume(self, symbol: str) -> None:
        """Trading resumes with the auction that the tape's next trade is the print of."""
        self.halt_changed(symbol, False)

    def lend(self, symbol: str, offer: Offer) -> None:
        """From now on this can be borrowed of ``symbol``; sales that waited for it go on."""
        self.lending.put(symbol, offer)
        self._audience.borrow_changed(symbol)
        self.book.locate(symbol)
        self._survival.save()

    def publish(self, item: Announcement) -> None:
        """Let news break now that no tape foresaw."""
        self._playback.publish(item)

    def corporate_action(self, action: CorporateAction) -> None:
        """Let a split or dividend of a later day come; it takes effect when that day begins."""
        self._actions.add(action)

    # ---- what the tape tells (Told) -------------------------------------------------------------------

    def quoted(self, quote: Quote) -> None:
        self._audience.quoted(quote)
        self._matcher.match(quote.symbol)

    def traded(self, trade: Trade, printed: int) -> None:
        self._audience.traded(trade)
        self._timetable.traded(trade, printed)

    def bars_closed(self, bars: Sequence[Bar]) -> None:
        self._survival.changed()
        self._audience.bars_closed(bars)

    def announced(self, item: Announcement) -> None:
        self._audience.announced(item)

    def halt_changed(self, symbol: str, halted: bool) -> None:
        if self._sessions.halt(symbol) if halted else self._sessions.resume(symbol):
            self._playback.interrupt(symbol)
            self.book.forget_queues(symbol)
            self._audience.halt_changed(symbol, halted)

    # ---- playing the tape -----------------------------------------------------------------------

    async def run(self, linger: bool = False) -> None:
        """Play to the end of the last day. With ``linger`` the doors stay open afterwards, until cancelled."""
        await self._player.run(linger)

    def play(self, until: float = float("inf")) -> None:
        """Play at once, without a loop: to exchange time ``until``, or to the end. Not for a clock that runs."""
        self._player.play(until)

    def _begin_day(self, day: date) -> None:
        before, self._day = self._day.date, self.calendar.day(day)
        self._sessions.begin(self._day)
        self._playback.begin(self._day)
        self.lending.begin()
        self._timetable.begin(self._day, before)
        self._agenda.begin()
        self._survival.session_began()
        self._audience.day_began(self._day)

    def _end_day(self) -> None:
        self._archive.roll(self._day.date, self._playback.end())
        self._survival.session_ended()

    def _take_up(self) -> None:
        """Go on with what an earlier run left in the state file."""
        state = self._survival.restore(self.instruments)
        if state is None:
            return
        self._timetable.adjust_between(state.session, self._day.date)
        for symbol, live in self._families.live.items():
            self._playback.activate(symbol)
            for order in live:
                self._timetable.watch(order)

    # ---- what clients are told ----------------------------------------------------------------------

    def _tell_order(self, order: SimOrder) -> None:
        self._survival.changed()
        self._audience.order_changed(order)

    def _tell_execution(self, execution: Execution) -> None:
        self._survival.changed()
        self._audience.executed(execution)
        self._audience.borrow_changed(execution.symbol)
