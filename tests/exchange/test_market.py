"""The exchange: its generated day, its paths, its matching, and its account to the cent."""

import hashlib
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skim_tui.domain.instrument import ASX_LADDER, price
from skim_tui.domain.market import Bar
from skim_tui.domain.orders import Side
from skim_tui.exchange import synthetic
from skim_tui.exchange.core import Exchange
from skim_tui.exchange.model import Rejected, SimOrder
from skim_tui.exchange.path import expand
from skim_tui.exchange.tape import TapeError, load

D = Decimal
TAPE = synthetic.generate(1)


@st.composite
def bars(draw):
    points = draw(st.lists(st.integers(200, 400), min_size=4, max_size=4))
    high, low = max(points), min(points)
    return Bar("BHP", 60000.0, points[0] / 100, high / 100, low / 100, points[3] / 100, draw(st.integers(0, 100000)))


@given(bars())
def test_a_path_never_leaves_its_bar(bar):
    steps = expand(bar, ASX_LADDER)
    assert [step.price for step in steps][0] == bar.open and steps[-1].price == bar.close
    assert max(step.price for step in steps) == bar.high and min(step.price for step in steps) == bar.low
    assert sum(step.size for step in steps) == bar.volume
    assert all(bar.ts <= step.ts < bar.ts + 60 for step in steps) and steps == sorted(steps, key=lambda step: step.ts)
    assert all(step.bid < step.ask for step in steps)
    if bar.high - bar.low >= 0.01:
        assert all(bar.low - 1e-9 <= step.bid and step.ask <= bar.high + 1e-9 for step in steps)
    assert steps == expand(bar, ASX_LADDER)


def test_the_same_seed_gives_the_same_day():
    def dump(tape):
        return hashlib.sha256(repr((tape.bars, tape.daily, tape.announcements)).encode()).hexdigest()

    assert dump(synthetic.generate(1)) == dump(TAPE)
    assert dump(synthetic.generate(2)) != dump(TAPE)


def test_generated_prices_lie_on_the_ladder():
    for bar in TAPE.bars[synthetic.SESSION]:
        assert bar.low <= min(bar.open, bar.close) <= max(bar.open, bar.close) <= bar.high
        assert all(ASX_LADDER.is_on(price(value)) for value in (bar.open, bar.high, bar.low, bar.close))


def test_a_bad_tape_names_file_and_line(tmp_path):
    import gzip

    (tmp_path / "tape.toml").write_text(
        'exchange="XASX"\ncurrency="AUD"\ntimezone="Australia/Sydney"\ndates=["2026-03-03"]\n'
    )
    with gzip.open(tmp_path / "bars.csv.gz", "wt") as file:
        file.write(
            "symbol,ts,open,high,low,close,volume\nNA,2026-03-02T23:00:00Z,1,1,1,1,5\nBHP,2026-03-02T23:01:00Z,1,x,1,1,5\n"
        )
    with pytest.raises(TapeError, match=r"bars\.csv\.gz:3: .*'x'"):
        load(tmp_path)


def exchange_at(calendar, minutes, **settings):
    day = calendar.day(TAPE.dates[0])
    return Exchange(TAPE, calendar, start=day.open + minutes * 60, **settings)


def order(number, side, kind, quantity, *, limit=None, stop=None, **rest):
    return SimOrder(1, number, "PDN", Side(side), kind, quantity, limit=limit, stop=stop, **rest)


def play(exchange, seconds):
    until = exchange.now() + seconds
    exchange.play(until)


def test_a_bracket_protects_what_is_filled_and_ends_together(asx_calendar):
    exchange = exchange_at(asx_calendar, 12)
    ask = price(exchange.quote("PDN").ask)
    parent = order(1, "BUY", "LMT", 1000, limit=ASX_LADDER.up(ask, 15), transmit=False)
    target = order(2, "SELL", "LMT", 1000, limit=ASX_LADDER.up(ask, 200), parent_id=1, transmit=False)
    stop = order(3, "SELL", "STP", 1000, stop=ASX_LADDER.down(ask, 30), parent_id=1, tif="GTC")
    for leg in (parent, target):
        exchange.submit(leg)
        assert leg.status == "ApiPending"
    exchange.submit(stop)
    play(exchange, 120)
    assert parent.status == "Filled" and stop.status == "PreSubmitted" and stop.why_held == "trigger"
    assert target.status == "Submitted"
    exchange.modify(stop, stop=ASX_LADDER.up(ask, 60))
    play(exchange, 300)
    assert stop.status == "Filled" and target.status == "Cancelled"
    assert exchange.positions == {}


def test_an_exit_in_the_stops_oca_group_reduces_it(asx_calendar):
    exchange = exchange_at(asx_calendar, 12)
    ask = price(exchange.quote("PDN").ask)
    exchange.submit(order(1, "BUY", "LMT", 1000, limit=ASX_LADDER.up(ask, 15), transmit=False))
    stop = order(
        2, "SELL", "STP", 1000, stop=ASX_LADDER.down(ask, 30), parent_id=1, tif="GTC", oca_group="g", oca_type=2
    )
    exchange.submit(stop)
    play(exchange, 120)
    exchange.submit(order(3, "SELL", "MKT", 400, oca_group="g", oca_type=2))
    play(exchange, 120)
    assert exchange.positions["PDN"][0] == 600 and stop.remaining == 600
    exchange.submit(order(4, "SELL", "MKT", 600, oca_group="g", oca_type=2))
    play(exchange, 120)
    assert exchange.positions == {} and stop.status == "Cancelled"


@pytest.mark.parametrize(
    ("bad", "code"),
    [
        (order(1, "BUY", "LMT", 100, limit=D("9.605")), 110),
        (order(1, "SELL", "MKT", 100), 201),
        (order(1, "BUY", "LMT", 10, limit=D("9.60")), 201),
        (order(1, "BUY", "LMT", 99999999, limit=D("9.60")), 201),
        (order(1, "BUY", "TRAIL", 100), 201),
        (order(1, "BUY", "LMT", 100, limit=D("9.60"), tif="XXX"), 10052),
    ],
)
def test_what_the_exchange_refuses(asx_calendar, bad, code):
    with pytest.raises(Rejected) as refused:
        exchange_at(asx_calendar, 12, allow_short=False).submit(bad)
    assert refused.value.code == code


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(["BUY", "SELL"]), st.sampled_from(["MKT", "LMT", "STP"]), st.integers(60, 4000),
                          st.integers(-6, 6), st.integers(5, 200)), min_size=1, max_size=8))  # fmt: skip
def test_money_is_conserved_and_no_fill_leaves_the_bar(asx_calendar, plans):
    exchange = exchange_at(asx_calendar, 12, allow_short=False)
    ranges = {bar.ts: bar for bar in TAPE.bars[TAPE.dates[0]] if bar.symbol == "PDN"}
    for number, (side, kind, quantity, steps, wait) in enumerate(plans, 1):
        base = price(exchange.quote("PDN").bid)
        at = ASX_LADDER.up(base, steps) if steps > 0 else ASX_LADDER.down(base, -steps) if steps else base
        new = order(
            number, side, kind, quantity, limit=at if kind == "LMT" else None, stop=at if kind == "STP" else None
        )
        try:
            exchange.submit(new)
        except Rejected:
            pass
        play(exchange, wait)
    spent = sum((fill.side.sign * fill.quantity * fill.price + fill.commission for fill in exchange.executions), D(0))
    assert exchange.cash == exchange.start_cash - spent
    held = sum(fill.side.sign * fill.quantity for fill in exchange.executions)
    assert exchange.positions.get("PDN", (0,))[0] == held >= 0
    for filled in exchange.orders.values():
        assert (
            filled.filled
            == sum(fill.quantity for fill in exchange.executions if fill.perm_id == filled.perm_id)
            <= filled.quantity
        )
    for fill in exchange.executions:
        bar = ranges.get(fill.ts - fill.ts % 60) or ranges[max(ts for ts in ranges if ts <= fill.ts)]
        previous = ranges[max(ts for ts in ranges if ts < bar.ts)]
        assert min(bar.low, previous.low) <= float(fill.price) <= max(bar.high, previous.high)


@pytest.mark.parametrize(("oca_type", "left"), [(1, 0), (2, 100), (3, 100)])
def test_a_group_reaches_over_listings(asx_calendar, oca_type, left):
    """Half of one order fills: the other, in another listing, is cancelled or loses half."""
    exchange = exchange_at(asx_calendar, 12)
    exchange.disturbance.stall_fills("PDN", 0.5)
    other = order(1, "BUY", "LMT", 200, limit=D("20.00"), oca_group="g", oca_type=oca_type)
    other.symbol = "BHP"
    exchange.submit(other)
    exchange.submit(order(2, "BUY", "MKT", 100, oca_group="g", oca_type=oca_type))
    assert exchange.positions["PDN"][0] == 50
    assert (other.remaining if not other.is_done else 0) == left
