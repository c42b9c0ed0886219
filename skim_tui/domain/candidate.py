"""The life of a candidate, and why it was not traded."""

from __future__ import annotations

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
    # A halt before the break makes a second open: the range forms anew.
    CandidateState.READY: frozenset({CandidateState.TRACKING, CandidateState.BROKEN_OUT, CandidateState.DROPPED}),
    # A signal that came to nothing may arm the candidate again.
    CandidateState.BROKEN_OUT: frozenset({CandidateState.TICKETED, CandidateState.READY, CandidateState.DROPPED}),
    CandidateState.TICKETED: frozenset({CandidateState.ENTERED, CandidateState.READY, CandidateState.DROPPED}),
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
