"""The order book: what the broker's messages, in any order and any number, make of an order."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skim_tui.broker.tws.errors import Verdict, order_verdict
from skim_tui.broker.tws.orders import OrderBook
from skim_tui.broker.tws.reports import ContractKey, ExecutionReport, OrderReport, StatusReport
from skim_tui.domain.orders import Fill, FillFees, OrderStatus, OrderType, OrderUpdate, Side

from .harness import buy, sell_stop

BHP = ContractKey(4036812, "BHP", "STK", "AUD")


def new_book() -> OrderBook:
    book = OrderBook(client_id=7)
    book.begin_connection(next_valid_id=10)
    book.begin_sync()
    book.end_sync(0.0)
    return book


def sent(book: OrderBook, ref: str = "t1.E", quantity: int = 100, now: float = 0.0) -> int:
    order_id = book.new_id()
    book.sent(buy(ref, quantity=quantity), order_id, 0, 0, now)
    return order_id


def status(order_id: int, word: str, filled: int = 0, *, perm_id: int = 900, client_id: int = 7) -> StatusReport:
    return StatusReport(
        order_id, client_id, perm_id, word, filled, 100 - filled, Decimal("10") if filled else Decimal(0)
    )


def opened(
    order_id: int, word: str, *, ref: str = "t1.E", perm_id: int = 900, client_id: int = 7, **more: object
) -> OrderReport:
    values: dict[str, object] = {
        "contract": BHP, "order_id": order_id, "client_id": client_id, "perm_id": perm_id, "ref": ref,
        "account": "DU1", "side": Side.BUY, "type": OrderType.LIMIT, "quantity": 100, "limit": Decimal("10"),
        "stop": None, "tif": "DAY", "outside_rth": False, "oca_group": "", "oca_type": 3, "parent_id": 0,
        "status": word,
    }  # fmt: skip
    return OrderReport(**(values | more))  # type: ignore[arg-type]


def executed(exec_id: str, quantity: int, cumulative: int, *, ref: str = "t1.E", perm_id: int = 900) -> ExecutionReport:
    return ExecutionReport(
        contract=BHP, exec_id=exec_id, order_id=10, client_id=7, perm_id=perm_id, ref=ref, account="DU1",
        side=Side.BUY, quantity=quantity, price=Decimal("10"), ts=1.0, filled=cumulative, avg_price=Decimal("10"),
    )  # fmt: skip


def state(book: OrderBook, ref: str = "t1.E") -> OrderUpdate:
    record = book.find(ref)
    assert record is not None
    return record.update


# ---- life ---------------------------------------------------------------------------------------


def test_a_limit_order_from_sent_to_filled() -> None:
    book = new_book()
    order_id = sent(book)
    assert state(book).status is OrderStatus.SENT
    book.take_open(opened(order_id, "PreSubmitted"))
    assert state(book).status is OrderStatus.HELD
    book.take_status(status(order_id, "Submitted"))
    assert (state(book).status, state(book).perm_id) == (OrderStatus.WORKING, 900)
    events = book.take_execution(executed("0001", 40, 40)).events
    assert isinstance(events[0], Fill)
    assert events[0].ref == "t1.E"
    assert (state(book).filled, state(book).remaining) == (40, 60)
    book.take_status(status(order_id, "Filled", 100))
    assert (state(book).status, state(book).filled, state(book).remaining) == (OrderStatus.FILLED, 100, 0)


def test_duplicates_tell_nothing() -> None:
    book = new_book()
    order_id = sent(book)
    fees = FillFees("0001", Decimal("6.60"), "AUD")
    assert book.take_open(opened(order_id, "Submitted"))
    assert book.take_execution(executed("0001", 100, 100)).events
    assert book.take_fees(fees) == [fees]
    assert book.take_open(opened(order_id, "Submitted")) == []
    assert book.take_status(status(order_id, "Filled", 100)) == []
    assert book.take_execution(executed("0001", 100, 100)).events == ()
    assert book.take_fees(fees) == []
    assert len(book.fills) == 1


def test_executions_alone_fill_an_order() -> None:
    """A fast market order may get no status message at all."""
    book = new_book()
    sent(book)
    book.take_execution(executed("0001", 60, 60))
    book.take_execution(executed("0002", 40, 100))
    assert state(book).status is OrderStatus.FILLED


def test_a_fill_supersedes_a_cancel() -> None:
    book = new_book()
    order_id = sent(book)
    book.take_status(status(order_id, "Submitted"))
    book.take_status(status(order_id, "Cancelled"))
    assert state(book).status is OrderStatus.CANCELLED
    book.take_execution(executed("0001", 100, 100))
    assert state(book).status is OrderStatus.FILLED


def test_a_late_live_status_does_not_revive_a_cancelled_order() -> None:
    book = new_book()
    order_id = sent(book)
    book.take_status(status(order_id, "Cancelled"))
    assert book.take_status(status(order_id, "Submitted")) == []
    assert state(book).status is OrderStatus.CANCELLED


@given(st.data())
def test_any_order_and_repetition_of_messages_ends_in_the_same_truth(data: st.DataObject) -> None:
    """Filled means filled: whatever is repeated, late or missing but the executions."""
    book = new_book()
    order_id = sent(book)
    messages = [
        lambda: book.take_open(opened(order_id, "PreSubmitted")),
        lambda: book.take_status(status(order_id, "PreSubmitted")),
        lambda: book.take_status(status(order_id, "Submitted")),
        lambda: book.take_status(status(order_id, "Submitted", 40)),
        lambda: book.take_status(status(order_id, "PendingCancel", 40)),
        lambda: book.take_status(status(order_id, "Cancelled", 40)),
        lambda: book.take_error(order_id, 202, "Order Canceled - reason:"),
        lambda: book.take_error(order_id, 10349, "Order TIF was set to DAY based on order preset."),
        lambda: list(book.take_execution(executed("0001", 40, 40)).events),
        lambda: list(book.take_execution(executed("0002", 60, 100)).events),
    ]
    chosen = data.draw(st.lists(st.sampled_from(messages), max_size=30))
    fills: list[Fill] = []
    filled = 0
    for message in [*chosen, messages[8], messages[9]]:
        result = message()
        fills += [event for event in result if isinstance(event, Fill)] if isinstance(result, list) else []
        assert state(book).filled >= filled  # shares filled never go back
        filled = state(book).filled
    assert sorted(fill.exec_id for fill in fills) == ["0001", "0002"]
    assert (state(book).status, state(book).filled, state(book).remaining) == (OrderStatus.FILLED, 100, 0)


def test_fees_before_their_execution_are_told_after_it() -> None:
    book = new_book()
    sent(book)
    fees = FillFees("0001", Decimal("6.60"), "AUD")
    assert book.take_fees(fees) == []
    assert book.fees == ()
    assert [type(event) for event in book.take_execution(executed("0001", 100, 100)).events][:2] == [Fill, FillFees]
    assert book.fees == (fees,)


# ---- error codes --------------------------------------------------------------------------------


@pytest.mark.parametrize("code", [399, 404, 481, 2109, 2113, 10311, 10349])
def test_warnings_leave_a_live_order_alive(code: int) -> None:
    book = new_book()
    order_id = sent(book)
    book.take_status(status(order_id, "Submitted"))
    ruling = book.take_error(order_id, code, "a warning")
    assert state(book).status is OrderStatus.WORKING
    assert ruling.events == ()
    assert not ruling.ask
    assert "t1.E" in ruling.notice


@pytest.mark.parametrize("code", [110, 200, 201, 203, 321, 10052, 103])
def test_a_refused_new_order_is_rejected_with_the_reason(code: int) -> None:
    book = new_book()
    order_id = sent(book)
    book.take_error(order_id, code, "Order rejected - reason:Too cheap.")
    assert (state(book).status, state(book).reason) == (OrderStatus.REJECTED, "Too cheap.")


@pytest.mark.parametrize("code", [110, 201, 321, 329, 10326])
def test_a_refused_change_leaves_the_old_order_and_asks(code: int) -> None:
    book = new_book()
    order_id = sent(book)
    book.take_status(status(order_id, "PreSubmitted"))
    ruling = book.take_error(order_id, code, "no")
    assert state(book).status is OrderStatus.HELD
    assert ruling.ask


def test_202_cancels_and_keeps_the_reason() -> None:
    book = new_book()
    order_id = sent(book)
    book.take_status(status(order_id, "Submitted"))
    book.take_error(order_id, 202, "Order Canceled - reason:The price is too far")
    assert (state(book).status, state(book).reason) == (OrderStatus.CANCELLED, "The price is too far")


def test_a_reason_after_the_status_is_kept() -> None:
    book = new_book()
    order_id = sent(book)
    book.take_status(status(order_id, "Inactive"))
    events = book.take_error(order_id, 201, "Order rejected - reason:No margin")
    assert (state(book).status, state(book).reason) == (OrderStatus.REJECTED, "No margin")
    assert events.events


@pytest.mark.parametrize("code", [161, 10148, 136])
def test_a_cancel_that_comes_too_late_says_nothing_of_a_done_order(code: int) -> None:
    book = new_book()
    order_id = sent(book)
    book.take_status(status(order_id, "Filled", 100))
    ruling = book.take_error(order_id, code, "cannot be cancelled, state: Filled")
    assert (ruling.events, ruling.notice, ruling.ask) == ((), "", False)


@pytest.mark.parametrize("code", [161, 10147, 10148, 10002, 99999])
def test_what_is_not_understood_is_asked_of_the_broker(code: int) -> None:
    book = new_book()
    order_id = sent(book)
    book.take_status(status(order_id, "Submitted"))
    ruling = book.take_error(order_id, code, "what?")
    assert state(book).status is OrderStatus.WORKING
    assert ruling.ask


def test_an_order_an_error_declared_dead_lives_when_its_status_says_so() -> None:
    book = new_book()
    order_id = sent(book)
    book.take_error(order_id, 201, "Order rejected - reason:maybe")
    book.take_status(status(order_id, "Submitted"))
    assert state(book).status is OrderStatus.WORKING


def test_a_code_not_in_the_table_decides_nothing() -> None:
    assert order_verdict(123456) is Verdict.ASK


# ---- identities ---------------------------------------------------------------------------------


def test_ids_given_out_again_after_a_restart_do_not_mix_orders() -> None:
    book = new_book()
    order_id = sent(book)
    book.take_status(status(order_id, "Submitted"))
    book.begin_connection(next_valid_id=order_id)  # the gateway forgot it had given this id out
    assert book.new_id() > order_id
    book.take_status(status(order_id, "Filled", 100, perm_id=901))
    assert state(book).status is OrderStatus.WORKING


def test_an_order_from_before_a_restart_is_found_by_its_reference() -> None:
    book = new_book()
    book.take_open(
        opened(3, "PreSubmitted", ref="t9.S", perm_id=77, type=OrderType.STOP, stop=Decimal("9.5"), limit=None)
    )
    update = state(book, "t9.S")
    assert (update.status, update.stop_price, update.foreign) == (OrderStatus.HELD, Decimal("9.5"), False)
    assert book.new_id() > 3
    assert book.owns_id(3)


@pytest.mark.parametrize("ref", ["", "my order", "algo-7"])
def test_an_order_of_others_is_foreign_and_named_by_its_perm_id(ref: str) -> None:
    book = new_book()
    events = book.take_open(opened(0, "Submitted", ref=ref, perm_id=55, client_id=0))
    assert len(events) == 1
    update = events[0]
    assert isinstance(update, OrderUpdate)
    assert (update.ref, update.foreign) == ("tws-55", True)
    fill = book.take_execution(executed("0009", 10, 10, ref=ref, perm_id=55)).events[0]
    assert isinstance(fill, Fill)
    assert fill.ref == "tws-55"
    assert not book.owns_id(0)


def test_a_corrected_execution_is_no_second_fill() -> None:
    book = new_book()
    sent(book)
    book.take_execution(executed("0000e0d5.67fe667b.01.01", 100, 100))
    ruling = book.take_execution(executed("0000e0d5.67fe667b.01.02", 100, 100))
    assert ruling.events == ()
    assert ruling.ask
    assert len(book.fills) == 1


# ---- the whole truth ----------------------------------------------------------------------------


def test_a_sync_tells_lost_orders_from_listed_and_fresh_ones() -> None:
    book = new_book()
    listed = sent(book, "t1.E")
    book.take_open(opened(listed, "Submitted", ref="t1.E", perm_id=1))
    lost = sent(book, "t2.E")
    book.take_open(opened(lost, "Submitted", ref="t2.E", perm_id=2))
    book.begin_sync()
    book.take_open(opened(listed, "Submitted", ref="t1.E", perm_id=1))
    sent(book, "t3.E", now=100.0)
    assert book.end_sync(100.5) == ["t2.E"]
    assert {update.ref for update in book.open_orders()} == {"t1.E", "t3.E"}
    assert state(book, "t2.E").status is OrderStatus.UNKNOWN


def test_an_order_sent_on_the_lost_connection_is_judged_by_the_lists() -> None:
    book = new_book()
    sent(book, now=100.0)
    book.begin_connection(next_valid_id=11)
    book.begin_sync()
    assert book.end_sync(100.1) == ["t1.E"]


def test_an_order_filled_while_away_comes_back_filled() -> None:
    book = new_book()
    sent(book, now=100.0)
    book.begin_connection(next_valid_id=11)
    book.begin_sync()
    report = opened(0, "Filled", perm_id=900, filled=100, reason="Filled Size: 100", client_id=0)
    book.take_completed(report)
    assert book.end_sync(100.1) == []
    assert (state(book).status, state(book).filled, state(book).reason) == (OrderStatus.FILLED, 100, "")
    assert book.open_orders() == ()


def test_a_lost_order_that_turns_up_again_is_live() -> None:
    book = new_book()
    order_id = sent(book)
    book.begin_connection(next_valid_id=11)
    book.begin_sync()
    book.end_sync(50.0)
    book.take_open(opened(order_id, "Submitted"))
    assert state(book).status is OrderStatus.WORKING


def test_a_stop_keeps_its_price_when_the_echo_carries_a_limit() -> None:
    book = new_book()
    order_id = book.new_id()
    book.sent(sell_stop("t1.S"), order_id, 0, 2, 0.0)
    book.take_open(
        opened(
            order_id, "PreSubmitted", ref="t1.S", side=Side.SELL, type=OrderType.STOP, stop=Decimal("9.5"), limit=None
        )
    )
    assert (state(book, "t1.S").limit_price, state(book, "t1.S").stop_price) == (None, Decimal("9.5"))


def test_memory_is_bounded() -> None:
    book = new_book()
    for number in range(2_500):
        book.take_completed(opened(0, "Cancelled", ref=f"t{number}.E", perm_id=number + 1))
    book.begin_sync()
    book.end_sync(0.0)
    assert len(book.completed_orders()) == 2_000
    assert book.find("t0.E") is None
    assert book.find("t2499.E") is not None
