"""The methods ib_async's decoder calls, turned into plain values for the session and its listener."""

from __future__ import annotations

import time
from datetime import UTC
from types import SimpleNamespace
from typing import TYPE_CHECKING

from ib_async import (
    BarData,
    CommissionReport,
    Contract,
    ContractDetails,
    Execution,
    NewsProvider,
    Order,
    OrderState,
    PriceIncrement,
)

from skim_tui.broker.tws.feed import SymbolFeed
from skim_tui.broker.tws.newsrows import ArticleBody, PastHeadline
from skim_tui.broker.tws.reports import (
    ContractKey,
    StatusReport,
    contract_key,
    exact,
    execution_report,
    is_unset,
    order_report,
    shares,
)
from skim_tui.broker.tws.wire import SessionEvents
from skim_tui.domain.orders import FillFees

if TYPE_CHECKING:
    from skim_tui.broker.tws.session import Session


class Callbacks:
    """One session's callbacks, by the names ib_async gives them."""

    defaultTimezone = UTC
    ib = SimpleNamespace(TimezoneTWS="UTC")
    """What ib_async reads its zones from; times of executions come in epoch seconds (see ``exectime``)."""

    def __init__(self, session: Session, events: SessionEvents) -> None:
        self._session = session
        self._events = events
        self._touched: set[SymbolFeed] = set()
        self._scan_rows: dict[int, list[tuple[int, ContractKey]]] = {}

    # connection

    def connectAck(self) -> None: ...

    def managedAccounts(self, accountsList: str) -> None:
        self._session.accounts = [account for account in accountsList.split(",") if account]

    def nextValidId(self, orderId: int) -> None:
        self._session.next_valid_id = orderId

    def tcpDataArrived(self) -> None:
        self._session.last_received = time.monotonic()

    def tcpDataProcessed(self) -> None:
        for feed in self._touched:
            feed.end_packet()
        self._touched.clear()
        self._events.on_packet()

    def setEventsDone(self) -> None:
        self._session.closed_by_peer()

    def connectionClosed(self) -> None: ...

    def error(self, reqId: int, errorCode: int, errorString: str, advancedOrderRejectJson: str) -> None:
        self._session.error(reqId, errorCode, errorString)

    def currentTime(self, seconds: int) -> None:
        self._session.add("time", seconds)
        self._session.finish("time")

    # account

    def updateAccountValue(self, tag: str, val: str, currency: str, account: str) -> None:
        self._events.on_account_value(account, tag, val, currency)

    def updatePortfolio(self, contract: Contract, *_values: object) -> None:
        """Told by the position messages too."""

    def accountDownloadEnd(self, account: str) -> None:
        self._session.finish("account")

    def position(self, account: str, contract: Contract, posSize: float, avgCost: float) -> None:
        self._events.on_position(account, contract_key(contract), shares(posSize), avgCost)

    def positionEnd(self) -> None:
        self._session.finish("positions")

    # orders

    def openOrder(self, orderId: int, contract: Contract, order: Order, orderState: OrderState) -> None:
        if not order.whatIf:
            self._events.on_open_order(order_report(contract, order, orderState.status))

    def openOrderEnd(self) -> None:
        self._session.finish("open orders")

    def completedOrder(self, contract: Contract, order: Order, orderState: OrderState) -> None:
        report = order_report(contract, order, orderState.status, orderState.completedStatus)
        self._events.on_completed_order(report)

    def completedOrdersEnd(self) -> None:
        self._session.finish("completed orders")

    def orderStatus(
        self, orderId: int, status: str, filled: float, remaining: float, avgFillPrice: float, permId: int,
        parentId: int, lastFillPrice: float, clientId: int, whyHeld: str, mktCapPrice: float = 0.0,
    ) -> None:  # fmt: skip
        self._events.on_order_status(
            StatusReport(
                order_id=max(0, orderId),
                client_id=clientId,
                perm_id=permId,
                status=status,
                filled=shares(filled),
                remaining=shares(remaining),
                avg_price=exact(avgFillPrice),
            )
        )

    def execDetails(self, reqId: int, contract: Contract, execution: Execution) -> None:
        self._events.on_execution(execution_report(contract, execution))

    def execDetailsEnd(self, reqId: int) -> None:
        self._session.finish(reqId)

    def commissionReport(self, report: CommissionReport) -> None:
        realised = None if is_unset(report.realizedPNL) else exact(report.realizedPNL)
        self._events.on_fees(FillFees(report.execId, exact(report.commission), report.currency, realised))

    # contracts and history

    def contractDetails(self, reqId: int, contractDetails: ContractDetails) -> None:
        self._session.add(reqId, contractDetails)

    def contractDetailsEnd(self, reqId: int) -> None:
        self._session.finish(reqId)

    def marketRule(self, marketRuleId: int, priceIncrements: list[PriceIncrement]) -> None:
        key = f"market rule {marketRuleId}"
        for increment in priceIncrements:
            self._session.add(key, increment)
        self._session.finish(key)

    def historicalData(self, reqId: int, bar: BarData) -> None:
        self._session.add(reqId, bar)

    def historicalDataEnd(self, reqId: int, start: str, end: str) -> None:
        self._session.finish(reqId)

    def historicalDataUpdate(self, reqId: int, bar: BarData) -> None:
        stream = self._session.histories.get(reqId)
        if stream is not None:
            stream.on_bar(bar)

    # market data

    def priceSizeTick(self, reqId: int, tickType: int, price: float, size: float) -> None:
        feed = self._session.feeds.get(reqId)
        if feed is not None:
            feed.on_price(tickType, price, size)
            self._touched.add(feed)

    def tickSize(self, reqId: int, tickType: int, size: float) -> None:
        feed = self._session.feeds.get(reqId)
        if feed is not None:
            feed.on_size(tickType, size)
            self._touched.add(feed)

    def tickString(self, reqId: int, tickType: int, value: str) -> None:
        feed = self._session.feeds.get(reqId)
        if feed is not None:
            feed.on_string(tickType, value)

    def tickGeneric(self, reqId: int, tickType: int, value: float) -> None:
        feed = self._session.feeds.get(reqId)
        if feed is not None:
            feed.on_generic(tickType, value)
            self._touched.add(feed)

    def marketDataType(self, reqId: int, marketDataId: int) -> None:
        feed = self._session.feeds.get(reqId)
        if feed is not None:
            feed.on_data_type(marketDataId)

    # scanner

    def scannerData(self, reqId: int, rank: int, contractDetails: ContractDetails, *_texts: str) -> None:
        if contractDetails.contract is not None:
            self._scan_rows.setdefault(reqId, []).append((rank, contract_key(contractDetails.contract)))

    def scannerDataEnd(self, reqId: int) -> None:
        rows = self._scan_rows.pop(reqId, [])
        stream = self._session.scans.get(reqId)
        if stream is not None:
            stream.on_rows(rows)

    # news

    def newsProviders(self, providers: list[NewsProvider]) -> None:
        for provider in providers:
            self._session.add("news providers", provider)
        self._session.finish("news providers")

    def tickNews(
        self, tickerId: int, timeStamp: int, providerCode: str, articleId: str, headline: str, extraData: str
    ) -> None:
        stream = self._session.news.get(tickerId)
        if stream is not None:
            stream.on_news(timeStamp, providerCode, articleId, headline, extraData)

    def historicalNews(self, reqId: int, time: str, providerCode: str, articleId: str, headline: str) -> None:
        self._session.add(reqId, PastHeadline(time, providerCode, articleId, headline))

    def historicalNewsEnd(self, reqId: int, hasMore: bool) -> None:
        self._session.finish(reqId)

    def newsArticle(self, reqId: int, articleType: int, articleText: str) -> None:
        self._session.add(reqId, ArticleBody(articleType, articleText))
        self._session.finish(reqId)
