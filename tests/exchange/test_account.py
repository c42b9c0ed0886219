"""The account: average cost, commissions with their minimum, several currencies; exact to the cent."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skim_tui.domain.fees import FEES
from skim_tui.domain.orders import Side
from skim_tui.exchange.account import Account
from tests.exchange.market import D, Floor

trades = st.lists(
    st.tuples(st.sampled_from(list(Side)), st.integers(1, 500), st.integers(1, 90_000), st.integers(0, 2000)),
    max_size=20,
)


@given(trades)
def test_cash_and_holdings_at_cost_keep_what_was_put_in(plans):
    account = Account(D(100_000))
    for side, quantity, cents, fee in plans:
        account.apply("ABC", side, quantity, D(cents) / 100, D(fee) / 100)
    paid = sum(side.sign * quantity * D(cents) / 100 + D(fee) / 100 for side, quantity, cents, fee in plans)
    assert account.cash == 100_000 - paid
    assert account.quantity("ABC") == sum(side.sign * quantity for side, quantity, _, _ in plans)
    quantity, cost = account.positions.get("ABC", (0, D(0)))
    assert account.cash + quantity * cost == pytest.approx(D(100_000) + account.realised, abs=D("1e-12"))
    assert account.commissions == sum((D(fee) / 100 for *_, fee in plans), D(0))


def test_the_minimum_commission_is_charged_once_over_partial_fills():
    floor = Floor().trade("09:59:05", 10.0, 5000)
    for minute in range(30, 34):
        floor.quote(f"10:{minute}", 10.0, 10.01, 1000, 200)
    floor.open("10:30")
    order = floor.send("BUY", "MKT", 800)
    floor.play("10:40")
    assert [item.commission for item in floor.exchange.executions] == [D("6.00"), D("0.00"), D("0.00"), D("0.41")]
    assert order.commission == FEES["XASX"].order_fee(800, D("8008.00")) == D("6.41")


def test_us_commissions_are_by_the_share_with_a_floor_and_a_ceiling():
    floor = Floor(mic="XNYS").trade("09:30:01", 10.0, 5000).quote("10:00", 10.0, 10.01).open("10:30")
    del floor
    floor = Floor(mic="XNYS").trade("09:30:01", 10.0, 5000).quote("10:00", 10.0, 10.01)
    floor.open("10:30")
    assert floor.send("BUY", "MKT", 100).commission == D("1.00")
    assert floor.send("BUY", "MKT", 400).commission == D("2.00")
    assert floor.exchange.executions[0].currency == "USD"


def test_an_account_in_another_currency_borrows_the_markets():
    floor = Floor(mic="XNYS").trade("09:30:01", 10.0, 5000).quote("10:00", 10.0, 10.01)
    exchange = floor.open("10:30", currency="AUD", rates={"USD": D("1.6")}, cash=D(10_000))
    floor.send("BUY", "MKT", 400)
    assert exchange.currency == "AUD" and exchange.executions[0].currency == "USD"
    assert exchange.balances == {"AUD": D(10_000), "USD": D("-4006.00")}
    assert exchange.cash == D(10_000) - D("4006.00") * D("1.6")
    assert exchange.equity() == exchange.cash + 400 * D("10") * D("1.6")
    with pytest.raises(Exception, match="AVAILABLE FUNDS"):
        floor.send("BUY", "MKT", 400)


def test_an_unknown_rate_is_an_error_before_anything_trades():
    with pytest.raises(LookupError, match="AUD in SEK"):
        Floor().trade("10:00:01", 1.0, 1).open("10:30", currency="SEK")
