"""What became of a candidate is in the journal within the minute, not only after the close."""

from skim_tui.domain.candidate import CandidateState
from tests.conftest import calendar_of
from tests.desk.stage import Stage


def test_a_desk_that_dies_at_noon_has_the_mornings_candidates_in_its_journal():
    stage = Stage(calendar_of("XASX"))
    stage.play(30)
    account, day = stage.exchange.account_id, stage.exchange.day().date
    kept = {record.symbol: record.state for record in stage.journal.candidates(account, day)}
    living = {one.symbol: one.state.value for one in stage.desk.watchlist.symbols.values() if one.scanned}
    assert kept == living
    assert CandidateState.TICKETED.value in kept.values() and len(kept) >= 5
