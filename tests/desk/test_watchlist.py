"""Candidates on the desk: from a gap to a ticket, and the reason at every step where one is dropped."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from skim_tui.desk.telling.publisher import Publisher
from skim_tui.domain.candidate import CandidateState as State
from skim_tui.domain.events import (
    BarsClosed,
    Connection,
    DailyHistory,
    HaltChanged,
    MinuteHistory,
    OpenPrice,
    RequestFailed,
    ScanResult,
    ScanRow,
    ShortAvailability,
    TodayBars,
)
from skim_tui.domain.market import Announcement, Bar, DailyBar, Quote, Trade
from skim_tui.domain.orders import AccountReport, Side
from skim_tui.domain.shock import Direction, Measure, ShockSignal
from skim_tui.domain.ticket import TicketState
from tests.desk.scripted import CANCELLED, HELD, WORKING, D, Script


class Day(Script):
    """PLS closed at 10.00 yesterday and opens at 10.50 today; about 400,000 shares a day."""

    symbol = "PLS"

    def begin(self, volume=400_000, close=10.0, sessions=20):
        self.broker.time = self.day.open - 120
        self.desk.handle(ScanResult((ScanRow(0, self.symbol),)))
        calendar, day = self.desk.context.calendar, self.day.date
        history = [
            DailyBar(self.symbol, calendar.offset(day, -back), close, close + 0.2, close - 0.2, close, volume)
            for back in range(sessions, 0, -1)
        ]
        self.desk.handle(DailyHistory(self.symbol, tuple(history)))
        self.desk.handle(TodayBars(self.symbol, ()))
        self.market(10.49, 10.50, symbol=self.symbol)
        self.followed.kept = False
        return self

    def minute(self, index, close=10.5, high=None, low=None, volume=20_000, bid=10.49, ask=10.50):
        """A closed bar, with the quote of its end before it."""
        start = self.day.open + index * 60
        self.broker.time = start + 60
        self.desk.handle(Quote(self.symbol, self.broker.time, bid, 5_000, ask, 5_000))
        high, low = max(close, high or close), min(close, low or close)
        self.desk.handle(BarsClosed((Bar(self.symbol, start, close, high, low, close, volume),)))
        return self

    def range(self, **terms):
        for index in range(10):
            self.minute(index, high=10.6, low=10.4, **terms)
        return self

    def break_out(self, index=10, ask=10.66):
        return self.minute(index, close=10.65, bid=ask - 0.01, ask=ask)

    @property
    def followed(self):
        return self.desk.watchlist.symbols[self.symbol]

    @property
    def tickets(self):
        return [entry for entry in self.desk.tickets.entries.values() if entry.ticket.symbol == self.symbol]


def test_a_gap_its_range_and_its_break_become_a_ticket_with_its_evidence():
    day = Day().begin().range()
    assert day.followed.state is State.READY and day.followed.source == "scan"
    day.break_out()
    (entry,) = day.tickets
    assert (entry.state, day.followed.state) == (TicketState.PROPOSED, State.TICKETED)
    evidence = dict(entry.ticket.evidence)
    assert evidence["gap"] == "+5.00 %" and evidence["range"] == "10.4 to 10.6 (1.9 %), 10 min, with the auction"
    assert evidence["relative volume"].startswith("6.") and "estimated" in evidence["relative volume"]
    assert (entry.ticket.limit, entry.ticket.stop) == (D("10.65"), D("10.39"))
    assert entry.ticket.quantity <= 400_000 // 100, "1 % of the average volume"


def test_the_gap_is_measured_by_the_exchanges_open_where_the_bars_lack_the_auction():
    """The auction printed 10.50; the first bar begins at 10.20, which alone would be too small a gap."""
    day = Day().begin()
    day.broker.time = day.day.open + 120
    day.desk.handle(OpenPrice("PLS", day.broker.time, 10.5))
    day.desk.handle(TodayBars("PLS", (Bar("PLS", day.day.open, 10.2, 10.3, 10.2, 10.2, 20_000),)))
    assert day.followed.state is State.TRACKING and day.followed.gap == pytest.approx(5.0)
    assert day.followed.tracker.or_high == 10.5
    other = Day().begin()
    other.broker.time = other.day.open + 120
    other.desk.handle(TodayBars("PLS", (Bar("PLS", other.day.open, 10.2, 10.3, 10.2, 10.2, 20_000),)))
    assert other.followed.state is State.DROPPED and other.followed.why_not.startswith("gap 2")


def test_a_candidate_is_not_judged_by_a_price_in_the_middle_of_the_first_minute():
    day = Day().begin()
    day.broker.time = day.day.open + 31
    day.desk.handle(Trade("PLS", day.broker.time, 10.2, 100, 60_000))
    assert day.followed.state is State.WATCHING and day.followed.gap is None
    day.minute(0, close=10.5)
    assert day.followed.state is State.TRACKING and day.followed.gap == pytest.approx(5.0)


@pytest.mark.parametrize(
    ("sections", "begin", "terms", "state", "why"),
    [
        ({}, {"close": 10.4}, {}, State.DROPPED, "gap 0.96 % below 3 %"),
        ({}, {"volume": 40_000}, {}, State.DROPPED, "average turnover 400,000 below 500,000"),
        ({}, {"sessions": 4}, {}, State.DROPPED, "average turnover unknown"),
        ({}, {}, {"bid": 10.2, "ask": 10.5}, State.DROPPED, "spread 2.86 % above 2 %"),
        ({"opening_range": {"min_bars": 11}}, {}, {}, State.DROPPED, "opening range has 10 of 11 bars"),
        ({"scan": {"min_rel_volume": 50.0}}, {}, {}, State.DROPPED, "relative volume 6"),
        ({"scan": {"min_volume": 10**6}}, {}, {}, State.DROPPED, "volume 220,000 not above 1,000,000"),
        ({"scan": {"news": "required"}}, {}, {}, State.DROPPED, "no price-sensitive announcement"),
        ({"exits": {"max_stop_atr": 0.5}}, {}, {}, State.DROPPED, "0.7 ATR below the entry"),
        ({"exits": {"max_stop_pct": 1.0}}, {}, {}, State.DROPPED, "2.4 % below the entry"),
        ({"sizing": {"max_fee_pct": 1.0}}, {}, {}, State.DROPPED, "size: fees 29.27 are"),
        (
            {"sizing": {"max_adv_pct": 0.0001}},
            {},
            {},
            State.DROPPED,
            "size: share of average volume allows no share",
        ),
        ({"risk": {"max_spread_pct": 0.05}}, {}, {}, State.DROPPED, "spread: 0.09 % of 0.05 %"),
    ],
)
def test_every_dropped_name_has_its_reason(sections, begin, terms, state, why):
    day = Day(**sections).begin(**begin).range(**terms).break_out()
    assert day.followed.state is state and why in day.followed.why_not


def test_a_close_of_an_earlier_session_is_no_previous_close():
    """A share that was suspended yesterday: its gap is over days, not over a night."""
    day = Day().begin()
    calendar, today = day.desk.context.calendar, day.day.date
    history = [DailyBar("PLS", calendar.offset(today, -back), 10, 10, 10, 10, 400_000) for back in range(20, 1, -1)]
    day.desk.handle(DailyHistory("PLS", tuple(history)))
    day.minute(0)
    assert day.followed.gap is None and day.followed.why_not == "no previous close"


def test_a_spread_of_exactly_the_limit_is_not_above_it():
    day = Day().begin().range(bid=10.78, ask=11.0)  # 2.0000000000000058 in floats
    assert day.followed.state is State.READY and set(day.followed.spreads) == {2.0}


def announce(day, headline, *, minutes_before_open=30, sensitive=True, symbol="PLS"):
    at = day.day.open - minutes_before_open * 60
    day.desk.handle(Announcement(symbol, at, headline, sensitive, "ASX", headline))


def test_the_announcement_filter_reads_what_came_since_the_last_close_followed_or_not():
    day = Day(scan={"news": "required"})
    announce(day, "Binding offtake agreement", minutes_before_open=13 * 60)  # last night, before the scan named it
    day.begin().range().break_out()
    assert len(day.tickets) == 1
    assert dict(day.tickets[0].ticket.evidence)["news"] == "$ Binding offtake agreement"
    old = Day(scan={"news": "required"})
    announce(old, "Binding offtake agreement", minutes_before_open=30 * 60)
    assert not old.begin().range().break_out().tickets


def test_an_excluded_kind_of_announcement_refuses_and_is_named():
    day = Day().begin()
    announce(day, "Completion of institutional placement")
    day.range().break_out()
    assert not day.tickets and "announcement is a raising" in day.followed.why_not


def test_a_signal_that_came_to_nothing_may_arm_the_candidate_again():
    day = Day(breakout={"max_signals": 2}).begin().range().break_out()
    day.desk.approvals.decline(day.tickets[0].ticket.id, "test")
    assert day.followed.state is State.READY and day.followed.lapsed == "declined" and not day.followed.why_not
    day.minute(11, close=10.7, bid=10.65, ask=10.66)
    assert len(day.tickets) == 1, "still above: not armed"
    day.minute(12, close=10.5).break_out(13)
    assert len(day.tickets) == 2 and day.followed.state is State.TICKETED
    day.desk.approvals.decline(day.tickets[1].ticket.id, "test")
    assert day.followed.state is State.DROPPED and day.followed.why_not == "declined"


def test_by_default_a_lapsed_signal_ends_the_candidacy():
    day = Day().begin().range().break_out()
    day.desk.approvals.decline(day.tickets[0].ticket.id, "test")
    assert day.followed.state is State.DROPPED


def test_at_most_one_entry_a_day_even_when_it_may_arm_again():
    day = Day(breakout={"max_signals": 3}).begin().range().break_out()
    ticket = day.tickets[0].ticket
    assert day.desk.approvals.approve(ticket.id, "test")[0]
    day.say(f"{ticket.id}.E", WORKING)
    day.say(f"{ticket.id}.S", HELD)
    day.fill(f"{ticket.id}.E", ticket.quantity, str(ticket.limit))
    day.minute(11, close=10.5).break_out(12)
    assert len(day.tickets) == 1 and day.followed.state is State.ENTERED
    done, _ = day.desk.exits.close("PLS", "test", "by hand")
    assert done
    day.fill(f"{ticket.id}.X1", ticket.quantity, "10.70")
    proposed = day.propose("4567-260303-PLS-9", 100)
    assert "already entered today" in day.desk.approvals.approve(proposed, "test")[1]


def test_a_halt_before_the_break_makes_it_track_a_new_range():
    day = Day().begin().range()
    day.desk.handle(HaltChanged("PLS", day.day.open + 900, True))
    day.desk.handle(HaltChanged("PLS", day.day.open + 1500, False))
    assert day.followed.state is State.TRACKING
    for index in range(25, 35):
        day.minute(index, high=11.0, low=10.8, close=10.9, bid=10.89, ask=10.90)
    assert day.followed.state is State.READY and day.followed.tracker.or_high == 11.0
    assert day.followed.halts[0].end == day.day.open + 1500


def test_a_break_that_became_known_late_is_history():
    day = Day().begin().range()
    day.disconnect()
    day.reconnect()
    day.broker.time = day.day.open + 1800
    late = [Bar("PLS", day.day.open + index * 60, 10.7, 10.7, 10.7, 10.7, 20_000) for index in range(10, 20)]
    day.desk.handle(TodayBars("PLS", tuple(late)))
    assert day.followed.state is State.DROPPED and "broke at 10:11, known only" in day.followed.why_not


def test_no_range_ends_while_the_line_is_down():
    day = Day().begin()
    for index in range(5):
        day.minute(index, high=10.6, low=10.4)
    day.disconnect()
    assert day.followed.tracker.blind
    day.broker.time = day.day.open + 1800
    day.desk.advance(day.broker.time)
    assert day.followed.state is State.TRACKING
    day.reconnect()
    missed = [Bar("PLS", day.day.open + i * 60, 10.5, 10.9, 10.5, 10.5, 20_000) for i in range(5, 29)]
    day.desk.handle(TodayBars("PLS", tuple(missed)))
    assert day.followed.tracker.or_high == 10.9 and day.followed.state is State.READY


def test_an_account_in_another_currency_needs_a_stated_rate_and_is_sized_by_it():
    usd = AccountReport("DU1234567", "USD", D(100_000), D(100_000), D(100_000))
    day = Day().begin()
    day.desk.handle(usd)
    day.range().break_out()
    assert not day.tickets and "no USD/AUD rate" in day.followed.why_not
    sizes = {}
    for rate in ("USD/AUD 1.5", "USD/AUD 0.5"):
        day = Day(sizing={"fx_rate": rate, "max_adv_pct": 100.0, "max_volume_pct": 100.0}).begin()
        day.desk.handle(usd)
        day.range().break_out()
        sizes[rate] = day.tickets[0].ticket.risk
    assert sizes["USD/AUD 1.5"] <= Decimal(750) and sizes["USD/AUD 0.5"] <= Decimal(250) < sizes["USD/AUD 1.5"]


def test_fixed_value_sizing_and_a_target_come_from_the_settings():
    sections = {"sizing": {"mode": "value", "fixed_value": D(3000)}, "exits": {"take_profit_r": 2.0}}
    ticket = Day(**sections).begin().range().break_out().tickets[0].ticket
    assert ticket.quantity == 281 and ticket.value <= 3000
    assert ticket.target == D("11.17"), "10.65 + 2 x 0.26"


def test_dropped_names_give_their_place_to_new_ones_but_held_ones_never_do():
    day = Day(scan={"max_candidates": 2}).begin(close=10.4).minute(0)
    assert day.followed.state is State.DROPPED
    day.desk.watchlist.symbols["PLS"].kept = False
    day.desk.watchlist.symbols.pop("BHP", None)
    day.desk.handle(ScanResult((ScanRow(0, "AAA"), ScanRow(1, "BBB"), ScanRow(2, "CCC"))))
    watched = {symbol for symbol, followed in day.desk.watchlist.symbols.items() if followed.watched}
    assert watched == {"AAA", "BBB"} and "CCC" not in day.desk.watchlist.symbols
    assert any("CCC: on the gap scan at rank 3, not followed: 2" in line.text for line in day.desk.context.lines)


def test_the_operators_list_and_announcements_are_sources_too():
    day = Day(scan={"symbols": ("MIN",), "follow_announcements": True})
    assert day.desk.watchlist.symbols["MIN"].source == "list"
    announce(day, "Quarterly report", symbol="XYZ")
    announce(day, "Change of director's interest", symbol="ABC", sensitive=False)
    assert day.desk.watchlist.symbols["XYZ"].source == "announcement" and "ABC" not in day.desk.watchlist.symbols


def test_yesterdays_news_is_forgotten_and_last_nights_is_kept():
    day = Day()
    announce(day, "Old", minutes_before_open=-60)
    announce(day, "Overnight", minutes_before_open=-8 * 60)
    context = day.desk.context
    context.day = context.calendar.day(context.calendar.offset(day.day.date, 1))
    day.desk.watchlist.start_day()
    news = day.desk.watchlist.news
    assert news.headline("PLS") == "$ Overnight"
    assert news.finding("PLS").refusal == "" and [item.headline for item in news._items["PLS"]] == ["Overnight"]


def test_latest_entry_on_a_half_day_lies_before_its_close():
    day = Day()
    calendar = day.desk.context.calendar
    half = calendar.day(day.day.date.replace(month=12, day=24, year=2025))
    assert half.half_day
    day.desk.context.day = half
    day.broker.time = half.close - 29 * 60
    gates = {gate.name: gate for gate in day.desk.judging.judge(day_ticket(day))}
    assert gates["entry time"].text == "1 min past the latest entry"


def day_ticket(day):
    day.propose("4567-260303-PLS-7")
    return day.desk.tickets.entries["4567-260303-PLS-7"].ticket


def test_only_a_candidates_minutes_are_asked_for_and_relative_volume_then_rests_on_them():
    day = Day()
    asked = []
    type(day.broker).fetch_minutes = lambda self, symbol, sessions: asked.append((symbol, sessions))
    try:
        day.begin()
        assert not asked, "it may not gap"
        day.minute(0)
    finally:
        del type(day.broker).fetch_minutes
    assert asked == [("PLS", 20)]
    calendar = day.desk.context.calendar
    earlier = []
    for back in range(6, 0, -1):
        session = calendar.day(calendar.offset(day.day.date, -back))
        earlier += [Bar("PLS", session.open + 60 * i, 10, 10, 10, 10, 1_000 * back) for i in range(360)]
    day.desk.handle(MinuteHistory("PLS", tuple(earlier)))
    day.minute(1)
    # Two minutes of 20,000 against a median of two minutes of 3,500
    assert day.followed.relative.ratio == pytest.approx(40_000 / 7_000)
    assert day.followed.relative.basis == "same minutes of 6 sessions"
    assert len(day.followed.baseline.minutes) == 6
    day.desk.handle(RequestFailed("fetch_minutes", "PLS", "no data"))
    assert day.followed.state is State.TRACKING


# ---- news shocks ----------------------------------------------------------------------------------


def shock(day, direction=Direction.UP):
    item = Announcement("PLS", day.broker.time - 60, "Guidance upgrade", True, "ASX", "1")
    now = day.broker.time
    evidence = (Measure("z of return", 4.2, 3.0),)
    return ShockSignal("PLS", "robust", direction, item, now - 60, now, 1, 10.0, 10.5, 10.6, 10.3, 10.4, 0.05, evidence)


def test_a_news_shock_takes_the_same_way_to_a_ticket_and_has_its_own_exits():
    day = Day(shock={"enabled": True}).begin().range()
    assert day.desk.signals.on_shock(shock(day)) == ""
    (entry,) = day.tickets
    evidence = dict(entry.ticket.evidence)
    assert entry.ticket.strategy == "news shock" and evidence["news"] == "Guidance upgrade"
    assert evidence["z of return"] == "4.2 of 3" and entry.ticket.target is not None
    assert day.desk.approvals.approve(entry.ticket.id, "test")[0]
    day.say(f"{entry.ticket.id}.E", WORKING)
    day.fill(f"{entry.ticket.id}.E", entry.ticket.quantity, str(entry.ticket.limit))
    rule = day.desk.exits.rule_of(day.desk.books.positions["PLS"])
    assert (rule.time_stop_minutes, rule.half_on_day, rule.end_of_day) == (60, 0, True)
    plan = day.desk.exits.plan("PLS")
    assert plan[0].when == pytest.approx(day.desk.books.positions["PLS"].opened + timedelta(hours=1).total_seconds())


@pytest.mark.parametrize(
    ("settings", "direction", "said"),
    [
        ({}, Direction.UP, "not traded"),
        ({"enabled": True}, Direction.DOWN, "short selling is not enabled"),
        ({"enabled": True, "short": True}, Direction.DOWN, "not known whether shares can be borrowed"),
    ],
)
def test_a_shock_that_is_not_traded_says_why(settings, direction, said):
    day = Day(shock=settings).begin().range()
    day.followed.borrow = None
    assert said in day.desk.signals.on_shock(shock(day, direction)) and not day.tickets


def test_a_downward_shock_is_sold_short_protected_from_above_and_bought_back():
    day = Day(shock={"enabled": True, "short": True}).begin().range()
    now = day.broker.time
    day.desk.handle(ShortAvailability("PLS", now, True, 5_000_000))
    day.desk.handle(Quote("PLS", now, 10.29, 50_000, 10.30, 50_000))
    day.followed.tracker.tally.last = 10.30
    fall = replace(shock(day, Direction.DOWN), price=10.30, reference=10.8, high=10.45, low=10.28, vwap=10.35)
    assert day.desk.signals.on_shock(fall) == ""
    (entry,) = day.tickets
    ticket = entry.ticket
    assert ticket.side is Side.SELL and ticket.limit < D("10.30") < ticket.stop and ticket.target < ticket.limit
    assert dict(ticket.evidence)["short sale"] == "5,000,000 to borrow"
    assert ticket.gates[-1].name == "short sale" and ticket.gates[-1].ok
    assert day.desk.approvals.approve(ticket.id, "test")[0]
    entered, stop, target = (day.broker.specs[f"{ticket.id}.{leg}"] for leg in "EST")
    assert (entered.side, stop.side, target.side) == (Side.SELL, Side.BUY, Side.BUY)
    assert stop.stop_price == ticket.stop and stop.parent_ref == entered.ref
    for ref in (entered.ref, stop.ref, target.ref):
        day.say(ref, WORKING)
    day.fill(entered.ref, ticket.quantity, "10.29")
    position = day.desk.books.positions["PLS"]
    assert position.is_short and position.signed == -ticket.quantity == day.held["PLS"]
    day.followed.tracker.tally.last = 10.19
    assert position.unrealised(D("10.19")) == D("0.10") * ticket.quantity
    assert day.desk.books.day_pnl() == D("0.10") * ticket.quantity - D("6.00")
    done, text = day.desk.operator.close("PLS", "test")
    assert done and text == "PLS: closing once its target is cancelled"
    day.say(target.ref, CANCELLED)
    day.fill(f"{ticket.id}.X1", ticket.quantity, "10.19")
    assert day.held["PLS"] == 0 and not day.desk.books.positions
    assert day.desk.books.realised_today() == D("0.10") * ticket.quantity - D("12.00")
    (row,) = day.journal.positions("DU1234567")
    assert (row.side, row.state, row.bought, row.exit_quantity) == ("SELL", "closed", ticket.quantity, ticket.quantity)


def test_the_connection_gate_holds_for_shocks_too():
    day = Day(shock={"enabled": True}).begin().range()
    signal = shock(day)
    day.disconnect()
    assert "connection" in day.desk.signals.on_shock(signal)
    assert day.desk.context.connection is Connection.DISCONNECTED and not day.placed("E")


def test_a_break_even_move_is_made_once_and_only_upwards():
    script = Script(exits={"break_even_r": 1.0})
    script.enter(100)
    script.market(bid=10.99, ask=11.00)
    script.desk.watchlist.symbols["BHP"].tracker.tally.last = 10.99
    script.wait(3)
    assert not [asked for asked in script.broker.asked if asked[0] == "modify"]
    script.desk.watchlist.symbols["BHP"].tracker.tally.last = 11.00
    script.wait(1)
    moved = [asked for asked in script.broker.asked if asked[0] == "modify"]
    assert moved == [("modify", "4567-260303-BHP-1.S", None, D("10.50"))]
    script.say("4567-260303-BHP-1.S", HELD, stop_price=D("10.50"))
    script.wait(6)
    assert len([asked for asked in script.broker.asked if asked[0] == "modify"]) == 1


def test_a_positions_whole_plan_is_published_on_the_day_of_entry():
    script = Script()
    script.enter(101)
    published = {}

    class Board:
        def publish(self, topic, key, view):
            published[topic, key] = view

        def remove(self, topic, key): ...

    Publisher(script.desk, Board()).publish()
    half, rest = published["positions", "BHP"].plan
    local = script.day.local
    assert (half.quantity, half.why, f"{local(half.when):%m-%d %H:%M}") == (50, "half off on day 3", "03-05 10:15")
    assert (rest.quantity, rest.conditional, f"{local(rest.when):%m-%d %H:%M}") == (51, True, "03-05 15:50")
