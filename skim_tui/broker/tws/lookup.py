"""Questions about instruments with one answer: contract details, price ladder, bars of earlier sessions."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

from ib_async import BarData, Contract, ContractDetails, PriceIncrement

from skim_tui.broker.pacing import Pacer, Priority
from skim_tui.broker.port import BrokerError
from skim_tui.broker.tws.errors import NO_SUCH_SHARE, NoAnswer, RequestRefused
from skim_tui.broker.tws.orderform import stock
from skim_tui.broker.tws.reports import exact, shares
from skim_tui.broker.tws.session import Session
from skim_tui.domain.instrument import ASX_LADDER, US_LADDER, Instrument, PriceLadder, price
from skim_tui.domain.market import Bar, DailyBar
from skim_tui.domain.session import ASX, CURRENCIES, TIME_ZONES

DETAILS_TIMEOUT = 15.0
HISTORY_TIMEOUT = 40.0
ASX_MIN_ORDER_VALUE = price("500")
"""Marketable parcel: an opening buy on the ASX below A$500 is refused."""

_LADDERS = {ASX: ASX_LADDER}


class Lookup:
    """Looks instruments up over one connection; answers are shared by all who ask."""

    def __init__(self, session: Session, pacer: Pacer, mic: str) -> None:
        self._session = session
        self._pacer = pacer
        self._mic = mic
        self._details: dict[str, asyncio.Task[ContractDetails | BrokerError]] = {}
        self._rules: dict[int, PriceLadder] = {}

    async def details(self, symbol: str) -> ContractDetails:
        """The share ``symbol`` of the desk's exchange. Raises :class:`BrokerError` when there is none."""
        task = self._details.get(symbol)
        if task is None:
            task = asyncio.create_task(self._find(symbol), name=f"details {symbol}")
            self._details[symbol] = task
        # Shielded: one asker that leaves must not take the answer from the others.
        found = await asyncio.shield(task)
        if isinstance(found, BrokerError):
            self._details.pop(symbol, None)
            raise found
        return found

    def known_con_id(self, symbol: str) -> int:
        """The contract id of ``symbol`` if it was looked up, else 0."""
        task = self._details.get(symbol)
        if task is None or not task.done() or task.cancelled():
            return 0
        found = task.result()
        return 0 if isinstance(found, BrokerError) or found.contract is None else found.contract.conId

    async def instrument(self, symbol: str) -> Instrument:
        details = await self.details(symbol)
        assert details.contract is not None  # _match lets none through without
        return Instrument(
            symbol=symbol,
            mic=self._mic,
            currency=details.contract.currency,
            ladder=await self._ladder(details),
            lot=max(1, shares(details.sizeIncrement)),
            con_id=details.contract.conId,
            name=details.longName,
            min_order_value=ASX_MIN_ORDER_VALUE if self._mic == ASX else price("0"),
        )

    async def daily(self, symbol: str, sessions: int, today: Callable[[], date]) -> tuple[DailyBar, ...]:
        """The last ``sessions`` daily bars before today, oldest first."""
        # Today's bar comes with them. More than a year must be asked for in years.
        duration = f"{sessions + 1} D" if sessions < 365 else f"{sessions // 250 + 1} Y"
        rows = await self._history(symbol, duration, "1 day")
        bars = [daily_bar(symbol, row) for row in rows]
        before = sorted((bar for bar in bars if bar.date < today()), key=lambda bar: bar.date)
        return tuple(before[-sessions:]) if sessions > 0 else ()

    async def minutes(self, symbol: str, sessions: int, today: Callable[[], date]) -> tuple[Bar, ...]:
        """One-minute bars in regular hours of the last ``sessions`` sessions before today, oldest first."""
        zone = ZoneInfo(TIME_ZONES[self._mic])
        rows = await self._history(symbol, f"{sessions + 1} D", "1 min")
        midnight = datetime.combine(today(), time(), zone).timestamp()
        return tuple(bar for bar in (minute_bar(symbol, row) for row in rows) if bar.ts < midnight)

    async def _history(self, symbol: str, duration: str, size: str) -> list[BarData]:
        details = await self.details(symbol)
        assert details.contract is not None
        contract = stock(symbol, self._mic, details.contract.conId)
        request_id = self._session.new_request_id()
        async with self._pacer.history():
            try:
                return await self._session.ask(
                    request_id,
                    lambda: self._session.wire.reqHistoricalData(
                        request_id, contract, "", duration, size, "TRADES", True, 2, False, []
                    ),
                    HISTORY_TIMEOUT,
                )
            except NoAnswer:
                if self._session.is_open:  # it would keep one of the few places for open requests
                    self._session.wire.cancelHistoricalData(request_id)
                raise

    async def symbol_of(self, con_id: int) -> str:
        """The symbol of a contract id, if it is a share of this market; empty when not, or when unknown."""
        for task in self._details.values():
            found = task.result() if task.done() and not task.cancelled() else None
            if isinstance(found, ContractDetails) and found.contract is not None and found.contract.conId == con_id:
                return found.contract.symbol
        request_id = self._session.new_request_id()
        try:
            await self._pacer.turn(Priority.LOOKUP)
            rows: list[ContractDetails] = await self._session.ask(
                request_id,
                lambda: self._session.wire.reqContractDetails(request_id, Contract(conId=con_id)),
                DETAILS_TIMEOUT,
            )
            contract = rows[0].contract if len(rows) == 1 else None
            if contract is None:
                return ""
            details = self._match(contract.symbol, rows)
        except BrokerError:
            return ""
        if contract.symbol not in self._details:
            self._details[contract.symbol] = asyncio.create_task(_known(details), name=f"details {contract.symbol}")
        return contract.symbol

    def close(self) -> None:
        """Give up what is still being looked up."""
        for task in self._details.values():
            task.cancel()

    async def _find(self, symbol: str) -> ContractDetails | BrokerError:
        request_id = self._session.new_request_id()
        contract = stock(symbol, self._mic)
        try:
            await self._pacer.turn(Priority.LOOKUP)
            found: list[ContractDetails] = await self._session.ask(
                request_id,
                lambda: self._session.wire.reqContractDetails(request_id, contract),
                DETAILS_TIMEOUT,
            )
            return self._match(symbol, found)
        except BrokerError as error:
            return error

    def _match(self, symbol: str, found: list[ContractDetails]) -> ContractDetails:
        """The one that is the share we mean. An American receipt may carry the same symbol."""
        currency = CURRENCIES[self._mic]
        for details in found:
            contract = details.contract
            if contract is None or contract.conId == 0 or contract.symbol != symbol:
                continue
            listed_here = self._mic != ASX or contract.primaryExchange == "ASX"
            if contract.secType == "STK" and contract.currency == currency and listed_here:
                return details
        others = [
            f"{details.contract.symbol} {details.contract.primaryExchange or '?'} {details.contract.currency}"
            for details in found
            if details.contract is not None
        ]
        answer = f"the broker knows {', '.join(others)}" if others else "the broker knows none"
        raise RequestRefused(NO_SUCH_SHARE, f"no share {symbol} on {self._mic} in {currency}: {answer}")

    async def _ladder(self, details: ContractDetails) -> PriceLadder:
        """The broker's market rule for SMART orders; the exchange's own ladder when there is no answer."""
        fallback = _LADDERS.get(self._mic, US_LADDER)
        rule_id = market_rule_id(details.marketRuleIds, details.validExchanges)
        if rule_id is None:
            return fallback
        if rule_id not in self._rules:
            await self._pacer.turn(Priority.LOOKUP)
            try:
                rows: list[PriceIncrement] = await self._session.ask(
                    f"market rule {rule_id}",
                    lambda: self._session.wire.reqMarketRule(rule_id),
                    DETAILS_TIMEOUT,
                )
                self._rules[rule_id] = PriceLadder(
                    tuple((exact(row.lowEdge), exact(row.increment)) for row in rows),
                )
            except (NoAnswer, RequestRefused, ValueError):
                return fallback
        return self._rules[rule_id]


async def _known(details: ContractDetails) -> ContractDetails | BrokerError:
    """An answer that is there already, in the form of one that is waited for."""
    return details


def market_rule_id(rule_ids: str, exchanges: str) -> int | None:
    """The rule that stands where SMART stands in the list of exchanges; the first when it is not there."""
    rules = [int(rule) for rule in rule_ids.split(",") if rule.strip().isdigit()]
    venues = exchanges.split(",")
    if not rules:
        return None
    index = venues.index("SMART") if "SMART" in venues else 0
    return rules[index] if index < len(rules) else rules[0]


def daily_bar(symbol: str, row: BarData) -> DailyBar:
    """A daily bar, whose date TWS writes ``yyyymmdd`` whatever format was asked for."""
    day = datetime.strptime(str(row.date)[:8], "%Y%m%d").replace(tzinfo=UTC).date()
    return DailyBar(symbol, day, row.open, row.high, row.low, row.close, shares(row.volume))


def minute_bar(symbol: str, row: BarData) -> Bar:
    """A minute bar, whose start TWS writes in epoch seconds when asked for that format."""
    return Bar(symbol, float(str(row.date)), row.open, row.high, row.low, row.close, shares(row.volume))
