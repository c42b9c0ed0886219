"""What the TWS door tells of the account adds up, whatever was traded."""

from __future__ import annotations

from datetime import UTC, time
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skim_tui.domain.orders import Side
from skim_tui.exchange import synthetic
from skim_tui.exchange.core import Exchange
from skim_tui.exchange.model import Rejected, SimOrder
from skim_tui.exchange.tws import account
from skim_tui.exchange.tws.executions import ExecutionFilter
from skim_tui.exchange.tws.orderrules import moment_of
from skim_tui.exchange.tws.pnl import profit_of, profit_of_account
from skim_tui.exchange.tws.wire import Reader

D = Decimal
TAPE = synthetic.generate(1)
PLANS = st.lists(
    st.tuples(st.sampled_from(["BUY", "SELL"]), st.integers(60, 3000), st.integers(5, 600)), min_size=1, max_size=8
)


def traded(calendar, plans) -> Exchange:
    """The exchange after market orders, each with some time to fill and move."""
    exchange = Exchange(TAPE, calendar, start=calendar.day(TAPE.dates[0]).open + 720)
    for number, (side, quantity, wait) in enumerate(plans, 1):
        try:
            exchange.submit(SimOrder(1, number, "PDN", Side(side), "MKT", quantity))
        except Rejected:
            pass
        exchange.play(exchange.now() + wait)
    return exchange


@settings(max_examples=15, deadline=None)
@given(PLANS)
def test_profit_is_what_the_account_gained(asx_calendar, plans):
    exchange = traded(asx_calendar, plans)
    profit = profit_of_account(exchange)
    gained = exchange.equity() - exchange.start_cash
    assert abs(profit.daily - gained) < D("0.01")
    assert abs(profit.realised + profit.unrealised - gained) < D("0.01")
    assert profit == profit_of(exchange, "PDN") or not exchange.executions


@settings(max_examples=15, deadline=None)
@given(PLANS)
def test_values_agree_with_each_other(asx_calendar, plans):
    exchange = traded(asx_calendar, plans)
    rows = {(key, currency): value for key, value, currency in account.account_rows(exchange)}
    assert D(rows[("NetLiquidation", "AUD")]) == exchange.equity().quantize(D("0.01"))
    assert rows[("CashBalance", "AUD")] == rows[("CashBalance", "BASE")]
    total = D(rows[("CashBalance", "AUD")]) + D(rows[("StockMarketValue", "AUD")])
    assert abs(total - D(rows[("NetLiquidationByCurrency", "BASE")])) <= D("0.01")
    assert abs(total - D(rows[("NetLiquidation", "AUD")])) <= D("0.01")
    assert len({(key, currency) for key, _, currency in account.account_rows(exchange)}) == len(rows)
    tagged = account.tagged_rows(exchange, ["NetLiquidation", "$LEDGER:ALL", "Nonsense"])
    assert {key for key, _, _ in tagged} >= {"NetLiquidation", "CashBalance"}


def test_times_of_three_forms_name_the_same_moment(asx_calendar):
    day = asx_calendar.day(TAPE.dates[0])
    assert moment_of(f"{day.date:%Y%m%d} 10:00:00", day) == day.open
    assert moment_of(f"{day.date:%Y%m%d} 10:00", day) == day.open
    assert moment_of(f"{day.date:%Y%m%d}  10:00:00 Australia/Sydney", day) == day.open
    before = day.local(day.open).astimezone(UTC)
    assert moment_of(f"{before:%Y%m%d-%H:%M:%S}", day) == day.open
    assert moment_of(f"{day.date:%Y%m%d}", day) == day.at(time(0)) + 86_400


@given(st.text(max_size=30))
def test_any_other_text_is_refused_as_a_time(asx_calendar, text):
    day = asx_calendar.day(TAPE.dates[0])
    try:
        assert moment_of(text, day) > 0 or text.startswith(("0", "1"))
    except Rejected as refusal:
        assert refusal.code == 337


def test_a_filter_takes_what_it_names(asx_calendar):
    exchange = traded(asx_calendar, [("BUY", 600, 300), ("SELL", 200, 300)])
    bought, sold = exchange.executions[0], exchange.executions[-1]
    instrument = exchange.instruments["PDN"]

    def takes(execution, *fields: str) -> bool:
        return ExecutionFilter.read(Reader(list(fields)), exchange.day()).takes(execution, instrument)

    assert takes(bought, "0", "", "", "", "", "", "") and takes(
        sold, "1", exchange.account_id, "", "pdn", "stk", "asx", ""
    )
    assert takes(bought, "0", "", "", "", "", "", "BOT") and not takes(sold, "0", "", "", "", "", "", "BUY")
    assert not takes(bought, "2", "", "", "", "", "", "") and not takes(bought, "0", "DU1", "", "", "", "", "")
    moment = exchange.day().local(sold.ts)
    assert takes(sold, "0", "", f"{moment:%Y%m%d %H:%M:%S}", "", "", "", "")
    assert not takes(bought, "0", "", f"{moment:%Y%m%d %H:%M:%S}", "", "", "", "")
    assert takes(bought, "0", "", f"{moment:%Y%m%d}", "", "", "", "")
    with pytest.raises(Rejected):
        takes(bought, "0", "", "", "", "", "", "HOLD")
