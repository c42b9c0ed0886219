"""The life of a candidate, and why it was not traded."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class CandidateState(StrEnum):
    WATCHING = "watching"
    """Known; its open or its previous close is still missing."""
    TRACKING = "tracking"
    """It gaps; its opening range is forming."""
    READY = "ready"
    """Its range is complete and unbroken."""
    BROKEN_OUT = "broken out"
    TICKETED = "ticketed"
    ENTERED = "entered"
    DROPPED = "dropped"


_NEXT: dict[CandidateState, frozenset[CandidateState]] = {
    CandidateState.WATCHING: frozenset({CandidateState.TRACKING, CandidateState.DROPPED}),
    CandidateState.TRACKING: frozenset({CandidateState.READY, CandidateState.BROKEN_OUT, CandidateState.DROPPED}),
    CandidateState.READY: frozenset({CandidateState.BROKEN_OUT, CandidateState.DROPPED}),
    CandidateState.BROKEN_OUT: frozenset({CandidateState.TICKETED, CandidateState.DROPPED}),
    CandidateState.TICKETED: frozenset({CandidateState.ENTERED, CandidateState.DROPPED}),
    CandidateState.ENTERED: frozenset(),
    CandidateState.DROPPED: frozenset(),
}


class IllegalTransition(Exception):
    """A state change that the state machine does not have: a defect, never data."""


def advance(state: CandidateState, to: CandidateState) -> CandidateState:
    """``to``, if the state machine allows it from ``state``; raises :class:`IllegalTransition`."""
    if to not in _NEXT[state]:
        raise IllegalTransition(f"candidate cannot go from {state} to {to}")
    return to


@dataclass(frozen=True, slots=True)
class ScanRule:
    """What makes a symbol a candidate. Percentages are plain numbers: 3.0 means 3 %."""

    min_gap_pct: float = 3.0
    max_gap_pct: float = 60.0
    min_volume: int = 50_000
    min_price: float = 0.10

    def refusal(self, gap: float | None, open_price: float) -> str:
        """Why a symbol with this gap and open is no candidate; empty when it is one."""
        if gap is None:
            return "no previous close"
        if gap < self.min_gap_pct:
            return f"gap {gap:.2f} % below {self.min_gap_pct:g} %"
        if gap > self.max_gap_pct:
            return f"gap {gap:.0f} % above {self.max_gap_pct:g} %: looks like a corporate action"
        if open_price < self.min_price:
            return f"price {open_price:g} below {self.min_price:g}"
        return ""

    def volume_refusal(self, volume: int) -> str:
        """Why this much volume at the break is too little; empty when it is enough."""
        return "" if volume > self.min_volume else f"volume {volume:,} not above {self.min_volume:,}"
