"""A chaos day holds every kind of fault, inside the session, and is the same for the same seed."""

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from skim_tui.domain.session import ASX, TradingCalendar
from skim_tui.exchange.chaos import draw
from skim_tui.exchange.faults import KINDS

CALENDAR = TradingCalendar(ASX, [date(2026, 3, 2), date(2026, 3, 3), date(2026, 3, 4)])


@given(st.integers(0, 10_000))
def test_a_seed_draws_one_valid_day(seed: int) -> None:
    day = CALENDAR.day(date(2026, 3, 3))
    plan = draw(seed, day, ["AAA", "BBB"], len(KINDS) + 5)
    assert plan == draw(seed, day, ["AAA", "BBB"], len(KINDS) + 5)
    assert {fault.kind for fault in plan} == set(KINDS)
    assert all("10:00:00" <= fault.at <= "16:00:00" for fault in plan)
    assert [fault.at for fault in plan] == sorted(fault.at for fault in plan)
