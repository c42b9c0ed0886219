"""S1: no entry leaves into a known absence of the broker, into an unnamed live account, or on a silent feed unnoticed."""

from dataclasses import replace
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skim_tui.config import Config
from skim_tui.desk.market import silence
from skim_tui.desk.market.silence import Silence
from skim_tui.desk.telling.publisher import Publisher
from skim_tui.domain.market import Quote
from skim_tui.domain.windows import LEAD, PUBLISHED, RESTART, ahead, known_windows, parse_window
from tests.desk.scripted import CANCELLED, D, Script, T

SYDNEY = ZoneInfo("Australia/Sydney")


def at(day, text, zone=SYDNEY):
    return datetime.combine(day, datetime.strptime(text, "%H:%M").time(), zone).timestamp()


def test_a_window_is_in_its_own_zone_on_both_sides_of_a_clock_change():
    window = parse_window("23:45-23:55 Australia/Sydney gateway restart")
    for day in (date(2026, 4, 4), date(2026, 4, 5), date(2026, 10, 3), date(2026, 10, 4)):
        begins, ends = window.next(at(day, "12:00"))
        assert datetime.fromtimestamp(begins, SYDNEY).strftime("%d %H:%M") == f"{day.day:02} 23:45"
        assert ends - begins == 600.0


def test_a_weekly_window_past_midnight_comes_once_a_week():
    window = parse_window("Fri 23:00-03:00 America/New_York weekly maintenance")
    begins, ends = window.next(at(date(2026, 3, 3), "12:00"))
    there = ZoneInfo("America/New_York")
    assert datetime.fromtimestamp(begins, there).strftime("%a %H:%M") == "Fri 23:00"
    assert datetime.fromtimestamp(ends, there).strftime("%a %H:%M") == "Sat 03:00"
    assert window.next(begins + 1.0)[0] == begins and window.next(ends)[0] - begins == pytest.approx(
        7 * 86_400, abs=3700
    )


@given(st.integers(0, 14 * 24 * 60))
def test_entries_are_blocked_exactly_in_a_window_and_the_minutes_before_it(minute):
    windows = [parse_window("23:45-00:10 Australia/Sydney restart"), parse_window("Sun 05:00-06:00 UTC login")]
    now = at(date(2026, 3, 30), "00:00") + minute * 60.0
    coming = ahead(windows, now)
    found = coming[0]
    inside = any(
        window.on(day)[0] - LEAD <= now < window.on(day)[1]
        for window in windows
        for day in (datetime.fromtimestamp(now, window.zone).date() + timedelta(days=n) for n in (-1, 0, 1))
        if window.weekday is None or day.weekday() == window.weekday
    )
    assert any(one.blocks for one in coming) == inside and found.ends > now and found.text(now)
    assert {one.name for one in coming} == {"restart", "login"} and found.begins == min(one.begins for one in coming)


@pytest.mark.parametrize(
    "text", ["", "23:45 Australia/Sydney x", "25:00-26:00 UTC x", "23:45-23:50 Mars/Base x", "Foo 23:45-23:50 UTC x"]
)
def test_s11_a_window_that_cannot_be_read_is_named(text):
    with pytest.raises(ValueError, match="window"):
        parse_window(text)
    with pytest.raises(ValueError, match="window"):
        Config.model_validate({"broker": {"windows": [text]}})


@pytest.mark.parametrize("region", ["", *PUBLISHED])
@pytest.mark.parametrize("mic", ["XASX", "XNYS"])
def test_what_the_broker_publishes_is_known_without_a_word_in_the_settings(mic, region):
    windows = known_windows(mic, region, "23:45 Australia/Sydney", ("Sat 10:00-11:00 UTC line works",))
    names = [window.name for window in windows]
    assert {RESTART, "server reset", "weekend maintenance", "weekly login", "line works"} <= set(names)


@pytest.mark.parametrize(
    ("mic", "zone", "open_", "close"),
    [
        ("XASX", SYDNEY, time(10), time(16)),
        ("XNYS", ZoneInfo("America/New_York"), time(9, 30), time(16)),
    ],
)
def test_no_published_absence_meets_a_session_of_the_market_it_is_taken_for(mic, zone, open_, close):
    windows = known_windows(mic, "", "", ())
    for day in (date(2026, month, 1) + timedelta(days=n) for month in (1, 7) for n in range(14)):
        begins, ends = (datetime.combine(day, moment, zone).timestamp() for moment in (open_, close))
        if day.weekday() < 5:
            assert not [one for one in ahead(windows, begins - LEAD) if one.begins < ends]


def test_a_gateways_restart_is_five_minutes_of_every_day_in_its_own_zone():
    (restart, *_) = known_windows("XASX", "", "23:58 Australia/Sydney", ())
    begins, ends = restart.next(at(date(2026, 3, 3), "12:00"))
    assert (begins, ends) == (at(date(2026, 3, 3), "23:58"), at(date(2026, 3, 4), "00:03"))


@pytest.mark.parametrize("text", ["23:45", "11.45 pm Australia/Sydney", "23:45 Mars/Base", "25:00 UTC"])
def test_s11_a_restart_that_cannot_be_read_is_named(text):
    with pytest.raises(ValueError, match="restart|window"):
        Config.model_validate({"broker": {"gateway_restart": text}})


def live(**sections):
    """A desk on an account that is not simulated, in its session."""
    script = Script(connect=False, **sections)
    script.account = replace(script.account, account="U1234567", simulated=False)
    script.connect()
    return script


def test_s1_before_a_restart_no_entry_leaves_and_exits_do():
    at_restart = "10:33-10:40 Australia/Sydney gateway restart"
    script = live(broker={"account": "U1234567", "windows": (at_restart,)})
    script.broker.time = script.day.open + 27 * 60.0
    script.market()
    script.enter()
    script.broker.time = script.day.open + 29 * 60.0
    script.market()
    script.wait(2)
    done, text = script.desk.approvals.approve(script.propose("4567-260303-CBA-1"), "test")
    assert not done and "gateway restart in 4 min" in text
    assert script.desk.exits.close("BHP", "test", "by hand")[0]
    assert any("no entry until Tue 10:40" in line for line in script.lines("warning"))


class Board:
    """Remembers the newest header."""

    def publish(self, topic, key, view):
        self.header = view

    def remove(self, topic, key): ...


def test_minutes_to_every_absence_and_to_the_open_are_published():
    script = live(broker={"account": "U1234567", "gateway_restart": "23:45 Australia/Sydney"})
    board = Board()
    for moment, opens in ((script.day.open - 900.0, script.day.open), (script.day.open + 60.0, None)):
        script.broker.time = moment
        script.desk.advance(moment)
        Publisher(script.desk, board).publish()
        ahead = {one.name: one for one in board.header.ahead}
        assert {"market opens", RESTART, "server reset", "weekend maintenance", "weekly login"} <= set(ahead)
        expected = opens or script.desk.context.calendar.day(date(2026, 3, 4)).open
        assert ahead["market opens"].begins == expected
        assert datetime.fromtimestamp(ahead[RESTART].begins, SYDNEY).strftime("%d %H:%M") == "03 23:45"
        assert [one.begins for one in board.header.ahead] == sorted(one.begins for one in board.header.ahead)


def test_a_simulated_market_shows_its_open_and_no_absence():
    script = Script()
    board = Board()
    script.wait(1)
    Publisher(script.desk, board).publish()
    assert [one.name for one in board.header.ahead] == ["market opens"]


def test_the_simulated_exchange_knows_no_windows():
    script = Script(broker={"windows": ("00:00-23:59 UTC always",)})
    script.wait(2)
    assert script.desk.context.outlook is None and script.desk.approvals.approve(script.propose(), "test")[0]


def test_f07_a_live_account_must_be_named_before_anything_is_bought():
    script = live(broker={"windows": ()})
    done, text = script.desk.approvals.approve(script.propose(), "test")
    assert not done and "live account U1234567 must be named in broker.account" in text
    named = live(broker={"windows": (), "account": "U1234567"})
    assert named.desk.approvals.approve(named.propose(), "test")[0]


class Listening:
    def __init__(self):
        self.script = Script()
        self.script.desk.watchlist.symbols["BHP"].watched = True
        self.silence = Silence(
            self.script.desk.context, lambda symbol: symbol in self.script.desk.books.positions, self.watched
        )

    def watched(self):
        return [symbol for symbol, followed in self.script.desk.watchlist.symbols.items() if followed.watched]

    def tick(self, symbol="BHP"):
        self.silence.hear(Quote(symbol, self.script.broker.time, 10.49, 100, 10.50, 100))

    def wait(self, seconds, *ticking):
        for _ in range(int(seconds)):
            self.script.wall += 1.0
            for symbol in ticking:
                self.tick(symbol)
            self.silence.on_time()


def test_s1_a_symbol_that_goes_silent_is_named_once_and_asked_for_again_when_held():
    """mmr#8: subscription accepted, no ticks ever, no error."""
    listening = Listening()
    script = listening.script
    script.enter()
    asked = []
    script.broker.watch = lambda symbol: asked.append(symbol)
    listening.tick()
    listening.tick("CBA")
    listening.wait(silence.FEED_SILENT + 30, "CBA")
    said = [line for line in script.lines("error") if "FEED SILENT" in line]
    assert len(said) == 1 and said[0].startswith("BHP") and asked == ["BHP"]
    listening.tick()
    assert any("BHP: ticks again" in line for line in script.lines("info"))
    rows = listening.silence.rows()
    assert rows[0].symbol in ("BHP", "CBA") and rows[0].tick is not None


def test_a_feed_that_goes_silent_as_a_whole_is_told_once_and_not_symbol_by_symbol():
    listening = Listening()
    listening.tick()
    listening.wait(silence.FEED_SILENT * 2)
    said = [line for line in listening.script.lines("error") if "SILENT" in line]
    assert said == [f"FEED SILENT: no tick of any of 1 symbols for {silence.ALL_SILENT:.0f} s"]
    listening.tick()
    listening.wait(1)
    assert any("the feed ticks again" in line for line in listening.script.lines("warning"))


def test_no_silence_is_named_while_the_market_is_closed_or_the_line_is_down():
    listening = Listening()
    listening.tick()
    listening.script.disconnect()
    listening.wait(500)
    assert not [line for line in listening.script.lines("error") if "SILENT" in line]
    listening.script.reconnect()
    listening.script.broker.time = listening.script.day.close + 60.0
    listening.wait(500)
    assert not [line for line in listening.script.lines("error") if "SILENT" in line]


def test_a_position_keeps_its_stop_in_every_window():
    script = live(broker={"account": "U1234567", "windows": ("10:00-16:00 Australia/Sydney all day",)})
    script.desk.context.ahead = ()
    script.enter()
    script.wait(2)
    script.say(f"{T}.S", CANCELLED)
    assert script.placed("S")[-1] == f"{T}.S2" and script.broker.specs[f"{T}.S2"].stop_price == D("10.00")
