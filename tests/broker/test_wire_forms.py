"""Orders, contracts, scans and account values in the form TWS wants or gives them."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ib_async.util import UNSET_DOUBLE

from skim_tui.broker.port import BrokerError, ScanRequest
from skim_tui.broker.tws.account import Account, WrongAccount, choose_account
from skim_tui.broker.tws.lookup import market_rule_id
from skim_tui.broker.tws.orderform import bracket_orders, changed_order, new_order, stock
from skim_tui.broker.tws.orders import OrderBook
from skim_tui.broker.tws.reports import ContractKey, exact, is_unset, shares
from skim_tui.broker.tws.scanner import gap_scan, scan_rows
from skim_tui.domain.orders import PositionReport

from .harness import bracket, buy, sell_stop


def test_every_order_says_its_time_in_force_and_hours() -> None:
    order = new_order(sell_stop("t1.S", oca_group="t1.OCA"), "DU1")
    assert (order.tif, order.outsideRth, order.account, order.orderRef) == ("GTC", False, "DU1", "t1.S")
    assert (order.orderType, order.auxPrice, order.lmtPrice) == ("STP", Decimal("9.50"), UNSET_DOUBLE)
    assert (order.ocaGroup, order.ocaType, order.transmit) == ("t1.OCA", 2, True)


def test_only_the_last_leg_of_a_bracket_transmits() -> None:
    legs = bracket_orders(bracket("t1"), "DU1", [20, 21])
    assert [(order_id, order.parentId, order.transmit) for _, order_id, order in legs] == [
        (20, 0, False),
        (21, 20, True),
    ]


@given(st.decimals(min_value="0.0001", max_value="99999", places=4))
def test_prices_are_plain_text_on_the_wire(price: Decimal) -> None:
    order = new_order(buy("t1.E", limit=str(price.normalize())), "DU1")
    assert "E" not in str(order.lmtPrice)
    assert Decimal(str(order.lmtPrice)) == price


def test_a_change_sends_only_what_is_ours() -> None:
    book = OrderBook(7)
    record = book.sent(sell_stop("t1.S", oca_group="t1.OCA"), 11, 10, 2, 0.0)
    order = changed_order(record, "DU1", stop_price=Decimal("9.75"), quantity=60)
    assert (order.auxPrice, order.totalQuantity, order.lmtPrice) == (Decimal("9.75"), 60, UNSET_DOUBLE)
    assert (order.parentId, order.ocaGroup, order.ocaType, order.tif) == (10, "t1.OCA", 2, "GTC")
    assert order.trailStopPrice == UNSET_DOUBLE


def test_contracts_name_currency_and_listing() -> None:
    asx, us = stock("BHP", "XASX", 5), stock("BHP", "XNYS")
    assert (asx.exchange, asx.primaryExchange, asx.currency, asx.conId) == ("SMART", "ASX", "AUD", 5)
    assert (us.exchange, us.primaryExchange, us.currency) == ("SMART", "", "USD")


@pytest.mark.parametrize(
    ("mic", "instrument", "location"),
    [("XASX", "STOCK.HK", "STK.HK.ASX"), ("XNYS", "STK", "STK.US.MAJOR")],
)
def test_the_gap_scan(mic: str, instrument: str, location: str) -> None:
    subscription, filters = gap_scan(ScanRequest(3.0, 50_000, 0.1, max_rows=80), mic)
    assert (subscription.instrument, subscription.locationCode) == (instrument, location)
    assert (subscription.scanCode, subscription.numberOfRows) == ("HIGH_OPEN_GAP", 50)
    assert {value.tag: value.value for value in filters} == {
        "openGapPercAbove": "3",
        "priceAbove": "0.1",
        "volumeAbove": "50000",
    }


def test_scan_rows_are_shares_of_the_market_best_first() -> None:
    rows = scan_rows(
        [
            (1, ContractKey(2, "FMG", "STK", "AUD")),
            (0, ContractKey(1, "BHP", "STK", "AUD")),
            (2, ContractKey(3, "BHP", "STK", "USD")),
            (3, ContractKey(4, "XJO", "IND", "AUD")),
        ],
        "XASX",
    )
    assert [(row.rank, row.symbol, row.con_id) for row in rows] == [(0, "BHP", 1), (1, "FMG", 2)]


@pytest.mark.parametrize(
    ("rules", "exchanges", "expected"),
    [("239,240", "SMART,ASX", 239), ("26,239", "ASX,SMART", 239), ("26", "ASX", 26), ("", "SMART", None)],
)
def test_the_market_rule_is_that_of_smart(rules: str, exchanges: str, expected: int | None) -> None:
    assert market_rule_id(rules, exchanges) == expected


@pytest.mark.parametrize("value", [None, float("nan"), UNSET_DOUBLE, 1.7976931348623157e308, -1.79e308])
def test_unset_numbers_are_recognised(value: float | None) -> None:
    assert is_unset(value)
    if value is not None:
        assert exact(value) == 0
        assert shares(value) == 0


@given(st.decimals(min_value="-99999", max_value="99999", places=4))
def test_numbers_come_back_exact(number: Decimal) -> None:
    assert exact(float(number)) == number


# ---- account ------------------------------------------------------------------------------------


def test_the_account_must_be_the_configured_one_or_the_only_one() -> None:
    assert choose_account("", ["DU1"], "here") == "DU1"
    assert choose_account("DU2", ["DU1", "DU2"], "here") == "DU2"
    with pytest.raises(WrongAccount, match=r"account U9 is not logged in at here \(there: DU1, DU2\)"):
        choose_account("U9", ["DU1", "DU2"], "here")
    with pytest.raises(WrongAccount, match="several accounts"):
        choose_account("", ["DU1", "DU2"], "here")


def account_with(**values: str) -> Account:
    account = Account("DU1", "XASX")
    for tag, value in values.items():
        account.take_value("DU1", tag, value, "AUD")
    return account


def test_money_is_reported_once_per_change() -> None:
    account = account_with(NetLiquidation="1000.10", TotalCashValue="900", BuyingPower="4000", AccountType="SIMULATED")
    report = account.news()
    assert report is not None
    assert (report.equity, report.cash, report.buying_power) == (Decimal("1000.10"), Decimal(900), Decimal(4000))
    assert (report.simulated, report.paper, report.currency) == (True, True, "AUD")
    assert account.news() is None
    account.take_value("DU2", "NetLiquidation", "5", "AUD")
    assert account.news() is None
    account.take_value("DU1", "NetLiquidation", "1001", "AUD")
    assert account.news() is not None


def test_missing_or_spoilt_money_is_an_error() -> None:
    with pytest.raises(BrokerError, match="no NetLiquidation and no TotalCashValue"):
        account_with().report()
    with pytest.raises(BrokerError, match="NetLiquidation is 'lots'"):
        account_with(NetLiquidation="lots", TotalCashValue="1").report()


def test_positions_are_shares_of_the_desks_market_only() -> None:
    account = Account("DU1", "XASX")
    asx, adr = ContractKey(1, "BHP", "STK", "AUD"), ContractKey(2, "BHP", "STK", "USD")
    assert account.take_position("DU1", asx, 100, 10.123456789) == PositionReport("BHP", 100, Decimal("10.123457"))
    assert account.take_position("DU1", asx, 100, 10.123456789) is None
    assert account.take_position("DU1", adr, 50, 60.0) is None
    assert account.take_position("DU2", asx, 50, 60.0) is None
    account.begin_positions()
    account.take_position("DU1", ContractKey(3, "FMG", "STK", "AUD"), 10, 20.0)
    account.end_positions()
    assert [report.symbol for report in account.positions] == ["FMG"]
