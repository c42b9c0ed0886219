"""The orders and money side of the broker: commands become wire messages, messages become events."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Sequence
from decimal import Decimal

from ib_async import Contract, Order

from skim_tui.broker.port import BrokerError, NotConnected
from skim_tui.broker.tws.account import Account
from skim_tui.broker.tws.orderform import bracket_orders, changed_order, new_order
from skim_tui.broker.tws.orderrecord import Record, Ruling
from skim_tui.broker.tws.orders import OrderBook
from skim_tui.broker.tws.reports import ContractKey, ExecutionReport, OrderReport, StatusReport
from skim_tui.broker.tws.session import Session
from skim_tui.crashpoints import crashpoint
from skim_tui.domain.events import BrokerEvent, BrokerNotice
from skim_tui.domain.orders import Bracket, FillFees, OrderSpec


class Trading:
    """Keeps the order book and the account over all connections of one broker; implements
    :class:`skim_tui.broker.tws.wire.SessionEvents` for each of them."""

    def __init__(
        self,
        client_id: int,
        *,
        emit: Callable[[BrokerEvent], None],
        on_notice: Callable[[int, str], None],
        want_sync: Callable[[str], None],
        contract: Callable[[str], Contract],
        count_sent: Callable[[], None],
    ) -> None:
        self.book = OrderBook(client_id)
        self.account: Account | None = None
        self.telling = False
        """Orders are told one by one only after the snapshot that introduces them."""
        self._client_id = client_id
        self._session: Session | None = None
        self._emit = emit
        self._on_notice = on_notice
        self._want_sync = want_sync
        self._contract = contract
        self._count_sent = count_sent

    def begin(self, session: Session, account: Account) -> None:
        """A connection takes requests."""
        self.book.begin_connection(session.next_valid_id)
        self._session, self.account = session, account

    def end(self) -> None:
        """The connection is over."""
        self._session = None
        self.telling = False

    # ---- commands -----------------------------------------------------------------------------------

    def place(self, bracket: Bracket) -> None:
        session, account = self._ready()
        ids = [self.book.new_id() for _ in bracket.legs]
        for spec, order_id, order in bracket_orders(bracket, account.account, ids):
            self._send(session, spec, order_id, order)
            if spec is bracket.entry:
                crashpoint("between-legs")

    def place_order(self, spec: OrderSpec) -> None:
        session, account = self._ready()
        self._send(session, spec, self.book.new_id(), new_order(spec, account.account))

    def modify(self, ref: str, quantity: int | None, stop_price: Decimal | None, limit_price: Decimal | None) -> None:
        session, account = self._ready()
        record = self._workable("change", ref)
        if record is not None:
            order = changed_order(
                record, account.account, quantity=quantity, stop_price=stop_price, limit_price=limit_price
            )
            session.wire.placeOrder(record.order_id, self._contract(record.update.symbol), order)
            self._count_sent()

    def cancel(self, ref: str) -> None:
        session, _ = self._ready()
        record = self._workable("cancel", ref)
        if record is not None:
            session.wire.cancelOrder(record.order_id)
            self._count_sent()

    # ---- what the session tells ---------------------------------------------------------------------

    def on_notice(self, code: int, text: str) -> None:
        self._on_notice(code, text)

    def owns_order(self, order_id: int) -> bool:
        return self.book.owns_id(order_id)

    def on_order_error(self, order_id: int, code: int, text: str) -> None:
        self._rule(self.book.take_error(order_id, code, text), code)

    def on_open_order(self, report: OrderReport) -> None:
        self.book.reserve(report.order_id)
        if self._is_ours(report.account, report.contract):
            self._tell(self.book.take_open(report))

    def on_completed_order(self, report: OrderReport) -> None:
        if self._is_ours(report.account, report.contract):
            self._tell(self.book.take_completed(report))

    def on_order_status(self, report: StatusReport) -> None:
        self._tell(self.book.take_status(report))

    def on_execution(self, report: ExecutionReport) -> None:
        if self._is_ours(report.account, report.contract):
            self._rule(self.book.take_execution(report), 0)

    def on_fees(self, fees: FillFees) -> None:
        self._tell(self.book.take_fees(fees))

    def on_account_value(self, account: str, tag: str, value: str, currency: str) -> None:
        if self.account is not None:
            self.account.take_value(account, tag, value, currency)

    def on_position(self, account: str, contract: ContractKey, quantity: int, avg_cost: float) -> None:
        if self.account is not None:
            report = self.account.take_position(account, contract, quantity, avg_cost)
            if report is not None:
                self._tell([report])

    def on_packet(self) -> None:
        if self.telling and self.account is not None:
            with contextlib.suppress(BrokerError):  # a value that is no number: the last good report stands
                report = self.account.news()
                if report is not None:
                    self._emit(report)

    # ---- details ------------------------------------------------------------------------------------

    def _ready(self) -> tuple[Session, Account]:
        if self._session is None or self.account is None or not self._session.is_open:
            raise NotConnected("not connected")
        return self._session, self.account

    def _send(self, session: Session, spec: OrderSpec, order_id: int, order: Order) -> None:
        self.book.sent(spec, order_id, order.parentId, order.ocaType, time.monotonic())
        session.wire.placeOrder(order_id, self._contract(spec.symbol), order)
        self._count_sent()

    def _workable(self, verb: str, ref: str) -> Record | None:
        """The order a command can be sent for; when there is none, that is said."""
        record = self.book.find(ref)
        if record is None:
            why = "the broker knows no such order"
            self._want_sync(f"{ref} is unknown")
        elif record.update.status.is_done:
            why = f"it is {record.update.status} already"
        elif record.client_id != self._client_id:
            why = f"it belongs to API client {record.client_id}"
        else:
            return record
        self._emit(BrokerNotice(0, f"cannot {verb} {ref}: {why}"))
        return None

    def _is_ours(self, account: str, contract: ContractKey) -> bool:
        """Whether a message is about the desk's account and market. Orders that arrive before the account
        is known are told again by the sync."""
        ours = self.account
        return ours is not None and account in ("", ours.account) and ours.trades(contract)

    def _rule(self, ruling: Ruling, code: int) -> None:
        self._tell(ruling.events)
        if ruling.notice:
            self._emit(BrokerNotice(code, ruling.notice))
        if ruling.ask:
            self._want_sync(ruling.notice)

    def _tell(self, events: Sequence[BrokerEvent]) -> None:
        if self.telling:
            for event in events:
                self._emit(event)
